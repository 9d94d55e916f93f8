from django.urls import path

from bookings.views import receipts

urlpatterns = [
    path("receipts/<int:pk>/", receipts.receipt, name="receipt"),
    path("credit-notes/<int:pk>/", receipts.credit_note, name="credit_note"),
]
