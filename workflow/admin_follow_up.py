"""Settings of follow-up: the branch's rules, and its library of occasions (R2.1)."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from studio.staff.configuration import ConfigurationAdmin, branches_of
from workflow import occasions
from workflow.models import FollowUpRules, Occasion


@admin.register(FollowUpRules)
class FollowUpRulesAdmin(ConfigurationAdmin):
    list_display = ["branch", "contacts", "first_after", "apart_from", "apart_to", "call_at"]


@admin.register(Occasion)
class OccasionAdmin(ConfigurationAdmin):
    """A branch that has no occasions yet finds the library here, and makes it its own."""

    list_display = ["__str__", "branch", "kind", "suits", "when", "position", "is_active"]
    list_filter = ["kind", "suits", "is_active"]
    search_fields = ["name_en", "name_zh_hans", "name_zh_hant", "line_zh_hans", "line_zh_hant", "line_en"]
    fieldsets = [
        (None, {"fields": ["branch", "name_en", "name_zh_hans", "name_zh_hant", "position", "is_active"]}),
        (
            _("What is said"),
            {
                "fields": ["line_en", "line_zh_hans", "line_zh_hant"],
                "description": _("%(guests)s stands for how the customer is called."),
            },
        ),
        (_("When"), {"fields": ["kind", "suits", "calendar", "month", "day", "starts_on", "ends_on"]}),
    ]

    @admin.display(description=_("when"))
    def when(self, occasion: Occasion) -> str:
        if occasion.month and occasion.day:
            return f"{occasion.get_calendar_display()} {occasion.month}/{occasion.day}"
        span = [day.isoformat() for day in (occasion.starts_on, occasion.ends_on) if day]
        return " – ".join(span)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.has_view_permission(request):
            for branch in branches_of(request):
                occasions.install_library(branch)
        return super().changelist_view(request, *args, **kwargs)
