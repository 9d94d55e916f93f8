"""Settings: how a branch takes turns (F1), and why somebody steps away for a while."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from studio.staff.configuration import ConfigurationAdmin
from workflow.models import AwayReason, RotationRules


@admin.register(RotationRules)
class RotationRulesAdmin(ConfigurationAdmin):
    """One row per branch; without it the defaults that stand in the form hold."""

    list_display = ["branch", "first_place", "unnamed_to_owner", "team_first", "make_up", "greet_within"]
    fieldsets = [
        (None, {"fields": ["branch"]}),
        (_("Taking turns"), {"fields": ["first_place", "unnamed_to_owner", "team_first", "make_up"]}),
        (_("Shared cases"), {"fields": ["first_share"]}),
        (
            _("At the door and on the telephone"),
            {"fields": ["greet_within", "ring_at_most", "call_back_after"]},
        ),
    ]


@admin.register(AwayReason)
class AwayReasonAdmin(ConfigurationAdmin):
    list_display = ["__str__", "branch", "is_made_up", "minutes", "position", "is_active"]
    list_filter = ["is_made_up", "is_active"]
    search_fields = ["name_en", "name_zh_hans", "name_zh_hant"]
