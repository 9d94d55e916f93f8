from django.urls import path

from bookings.views import schedule

app_name = "bookings"
urlpatterns = [
    path("schedule/", schedule.schedule, name="schedule"),
    path("receipts/<int:pk>/", schedule.receipt, name="receipt"),
]
