"""Settings: reminder rules. Work orders are only looked at here: the stage has one door."""

from django.contrib import admin

from studio.staff.configuration import ConfigurationAdmin, ReadOnlyAdmin
from workflow import admin_calls, admin_follow_up, admin_rotation  # noqa: F401  they register their pages
from workflow.models import ReminderRule, WorkOrder


@admin.register(ReminderRule)
class ReminderRuleAdmin(ConfigurationAdmin):
    list_display = [
        "__str__",
        "branch",
        "appointment_kind",
        "action",
        "channel",
        "days_before",
        "at",
        "is_active",
    ]
    list_filter = ["appointment_kind", "action", "is_active"]
    search_fields = ["name_en", "name_zh_hans", "name_zh_hant"]


@admin.register(WorkOrder)
class WorkOrderAdmin(ReadOnlyAdmin):
    list_display = ["booking", "branch", "stage", "stage_since"]
    list_filter = ["stage"]
    search_fields = ["booking__number"]
