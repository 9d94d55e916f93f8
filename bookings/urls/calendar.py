from django.urls import path

from bookings.views import calendar

urlpatterns = [
    path("calendar/", calendar.calendars, name="calendars"),
    path("calendar/<int:pk>/revocation/", calendar.revocation, name="calendar_revocation"),
    path("calendar/<str:token>.ics", calendar.calendar, name="calendar"),
]
