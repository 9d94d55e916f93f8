from django.urls import URLPattern, path

from workflow.views import undone

urlpatterns: list[URLPattern] = [
    path("looks/<int:pk>/undone/", undone.look_undone, name="look_undone"),
    path("orders/<int:pk>/undone/", undone.new, name="undone_new"),
    path("undone/<int:pk>/", undone.settle, name="undone"),
]
