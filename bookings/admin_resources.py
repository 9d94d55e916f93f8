"""Settings: who and what can be booked, when it works, and the branch's rules for dates."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from bookings.models import Resource, SchedulingRules, Skill, WorkingHours
from studio.staff.configuration import ConfigurationAdmin, ConfigurationInline, of_own_branches

NAMES = ["name_en", "name_zh_hans", "name_zh_hant"]


@admin.register(Skill)
class SkillAdmin(ConfigurationAdmin):
    list_display = ["__str__", "branch"]
    search_fields = NAMES


class WorkingHoursInline(ConfigurationInline):
    """A resource without any follows its branch; locations and things without any are always there."""

    model = WorkingHours
    fields = ["weekday", "starts_at", "ends_at"]


@admin.register(Resource)
class ResourceAdmin(ConfigurationAdmin):
    list_display = ["__str__", "kind", "user", "units", "code", "branch", "is_active"]
    list_filter = ["kind", "is_active", "skills"]
    search_fields = [*NAMES, "code", "style"]
    inlines = [WorkingHoursInline]
    fieldsets = [
        (None, {"fields": ["branch", "kind", *NAMES, "is_active"]}),
        (_("Who and what it is"), {"fields": ["user", "skills", "code", "size", "style"]}),
        (_("How it is booked"), {"fields": ["units", "buffer_before", "buffer_after"]}),
    ]

    def formfield_for_manytomany(
        self, db_field: models.ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> Any:
        kwargs.setdefault("queryset", of_own_branches(Skill, request))
        return super().formfield_for_manytomany(db_field, request, **kwargs)


@admin.register(SchedulingRules)
class SchedulingRulesAdmin(ConfigurationAdmin):
    list_display = ["branch", "fitting_before_shoot", "pickup_before_wedding", "slack_days", "undo_minutes"]
