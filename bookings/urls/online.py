from django.urls import path

from bookings.views import online

urlpatterns = [
    path("book/<slug:code>/", online.start, name="online"),
    path("book/<slug:code>/r/<str:token>/", online.wish, name="online_request"),
    path("book/<slug:code>/<slug:what>/", online.days, name="online_days"),
    path("book/<slug:code>/<slug:what>/you/", online.details, name="online_details"),
]
