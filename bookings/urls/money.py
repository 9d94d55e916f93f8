from django.urls import path

from bookings.views import receipts

urlpatterns = [
    path("receipts/<int:pk>/", receipts.receipt, name="receipt"),
]
