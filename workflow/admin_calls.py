"""Settings of calling: how often, how long apart, and what a manager looks at (R3.2, R3.3)."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from studio.staff.configuration import ConfigurationAdmin
from workflow.models import CallRules


@admin.register(CallRules)
class CallRulesAdmin(ConfigurationAdmin):
    list_display = [
        "branch",
        "again_after_minutes",
        "most_tries",
        "writes_after_tries",
        "behind_at",
        "undated_every_days",
        "holds_minutes",
    ]
    fieldsets = [
        (None, {"fields": ["branch"]}),
        (
            _("When nobody answers"),
            {"fields": ["again_after_minutes", "most_tries", "writes_after_tries"]},
        ),
        (_("What a manager looks at"), {"fields": ["behind_at"]}),
        (_("Two people, one customer"), {"fields": ["holds_minutes"]}),
        (_("Orders without a date"), {"fields": ["undated_every_days"]}),
    ]
