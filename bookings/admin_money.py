"""Money in the settings: looked at, never changed."""

from django.contrib import admin

from bookings.models import Payment
from studio.staff.configuration import ReadOnlyAdmin


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    branch_path = "booking__branch"
    list_display = ["at", "booking", "kind", "method", "amount", "by"]
    list_filter = ["kind", "method"]
    search_fields = ["booking__number"]
