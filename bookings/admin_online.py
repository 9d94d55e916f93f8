"""Settings of the customers' own booking page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from bookings.models import OnlineBooking, Package
from studio.staff.configuration import ConfigurationAdmin, branches_of


@admin.register(OnlineBooking)
class OnlineBookingAdmin(ConfigurationAdmin):
    list_display = ["branch", "mode", "lead_days", "horizon_days", "per_number"]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only packages of one's own branches are offered, so only they can be sent."""
        kwargs.setdefault("queryset", Package.objects.filter(branch__in=branches_of(request)))
        return super().formfield_for_manytomany(db_field, request, **kwargs)
