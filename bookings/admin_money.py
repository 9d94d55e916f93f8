"""Money in the settings: looked at, never changed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from bookings.models import (
    CashMovement,
    CashShift,
    CreditNote,
    Fapiao,
    Payment,
    PriceLine,
    Settlement,
    ShiftCount,
)
from studio.staff.configuration import ConfigurationInline, ReadOnlyAdmin


class ReadOnlyInline(ConfigurationInline):
    """What belongs to the paper that is looked at."""

    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    branch_path = "booking__branch"
    list_display = ["at", "booking", "kind", "method", "amount", "by"]
    list_filter = ["kind", "method"]
    list_select_related = ["booking", "by"]
    search_fields = ["booking__number"]


class LineInline(ReadOnlyInline):
    model = PriceLine
    fields = ["kind", "label", "amount", "why", "by", "at"]


@admin.register(CreditNote)
class CreditNoteAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "branch", "booking", "why", "by", "at"]
    list_filter = ["year"]
    list_select_related = ["branch", "booking", "by"]
    search_fields = ["booking__number", "why"]
    inlines = [LineInline]


@admin.register(Settlement)
class SettlementAdmin(ReadOnlyAdmin):
    branch_path = "booking__branch"
    list_display = ["booking", "fault", "kept", "why", "by", "at"]
    list_filter = ["fault"]
    list_select_related = ["booking", "by"]
    search_fields = ["booking__number", "why"]


@admin.register(Fapiao)
class FapiaoAdmin(ReadOnlyAdmin):
    list_display = ["number", "booking", "buyer", "amount", "issued_on", "voids", "by"]
    list_filter = ["issued_on"]
    list_select_related = ["booking", "voids", "by"]
    search_fields = ["number", "buyer", "tax_number", "booking__number"]


class CountInline(ReadOnlyInline):
    model = ShiftCount
    fields = ["method", "expected", "counted", "why"]


class MovementInline(ReadOnlyInline):
    model = CashMovement
    fields = ["kind", "amount", "why", "by", "at"]


@admin.register(CashShift)
class CashShiftAdmin(ReadOnlyAdmin):
    list_display = ["number", "branch", "opened_at", "opened_by", "closed_at", "closed_by", "left_in_drawer"]
    list_filter = ["branch"]
    list_select_related = ["branch", "opened_by", "closed_by"]
    date_hierarchy = "opened_at"
    inlines = [CountInline, MovementInline]
