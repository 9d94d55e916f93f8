"""Settings: by which measure a branch looks after who is in the house (R4.2, R4.4, R5.1)."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from studio.staff.configuration import ConfigurationAdmin
from workflow.models import HouseRules


@admin.register(HouseRules)
class HouseRulesAdmin(ConfigurationAdmin):
    """One row per branch; without it the defaults that stand in the form hold."""

    list_display = [
        "branch",
        "offer_waits_seconds",
        "styling_within_minutes",
        "look_in_every_minutes",
        "lockers",
    ]
    fieldsets = [
        (None, {"fields": ["branch"]}),
        (_("From hand to hand"), {"fields": ["offer_waits_seconds", "styling_within_minutes"]}),
        (_("Looking after them"), {"fields": ["look_in_every_minutes", "lockers"]}),
        (_("Meals"), {"fields": ["lunch_from", "lunch_until", "dinner_from", "dinner_until"]}),
    ]
