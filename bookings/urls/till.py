from django.urls import path

from bookings.views import till

urlpatterns = [
    path("till/", till.till, name="till"),
    path("till/opening/", till.opening, name="till_opening"),
    path("till/movements/new/", till.movement, name="till_movement"),
    path("till/count/", till.count, name="till_count"),
    path("till/export/", till.export, name="till_export"),
    path("till/shifts/", till.shift_list, name="shifts"),
    path("till/shifts/<int:pk>/", till.shift, name="shift"),
]
