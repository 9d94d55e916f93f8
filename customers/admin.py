"""Customers are only looked at here, by general managers: the owner has one door (R1.4)."""

from django.contrib import admin

from customers.models import Customer
from studio.staff.configuration import ReadOnlyAdmin


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    list_display = ["name", "branch", "kind", "owner", "is_active"]
    list_filter = ["kind", "is_active"]
    search_fields = ["name", "name_key"]
