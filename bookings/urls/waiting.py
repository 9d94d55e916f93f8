from django.urls import path

from bookings.views import waiting

urlpatterns = [
    path("waiting/", waiting.waiting_entries, name="waiting"),
    path("waiting/new/", waiting.new, name="waiting_new"),
    path("waiting/<int:pk>/place/", waiting.place, name="waiting_place"),
    path("waiting/<int:pk>/withdrawal/", waiting.withdrawal, name="waiting_withdrawal"),
]
