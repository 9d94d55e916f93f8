from django.urls import URLPattern, path

from workflow.views import brief, care

urlpatterns: list[URLPattern] = [
    path("orders/<int:pk>/brief/", brief.brief, name="brief"),
    path("orders/<int:pk>/care/", care.page, name="care"),
    path("lockers/<int:pk>/emptied/", care.locker_emptied, name="locker_emptied"),
    path("appointments/<int:pk>/absence/", brief.absence, name="absence"),
]
