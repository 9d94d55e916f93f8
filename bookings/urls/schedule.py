from django.urls import path

from bookings.views import schedule

urlpatterns = [
    path("schedule/", schedule.schedule, name="schedule"),
]
