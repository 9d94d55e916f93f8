"""Settings: who and what can be booked."""

from django.contrib import admin

from bookings.models import Resource
from studio.staff.configuration import ConfigurationAdmin

NAMES = ["name_en", "name_zh_hans", "name_zh_hant"]


@admin.register(Resource)
class ResourceAdmin(ConfigurationAdmin):
    list_display = ["__str__", "kind", "user", "units", "branch", "is_active"]
    list_filter = ["kind", "is_active"]
    search_fields = NAMES
