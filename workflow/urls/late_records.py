from django.urls import URLPattern, path

from workflow.views import late_records

urlpatterns: list[URLPattern] = [
    path("late-records/", late_records.late_records, name="late_records"),
    path("late-records/clashes/", late_records.late_clash_list, name="late_clashes"),
    path("late-records/<int:pk>/", late_records.late_clash, name="late_clash"),
]
