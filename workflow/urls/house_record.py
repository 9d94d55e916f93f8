from django.urls import URLPattern, path

from workflow.views import house_record

urlpatterns: list[URLPattern] = [
    path("house/record/", house_record.record, name="house_record"),
    path("house/record/<slug:what>/", house_record.rows, name="house_record_rows"),
]
