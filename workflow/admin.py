"""Settings of the workflow, by part. Work orders are only looked at here: the stage has one door."""

from django.contrib import admin

from studio.staff.configuration import ReadOnlyAdmin
from workflow import (  # noqa: F401  they register their pages
    admin_calls,
    admin_follow_up,
    admin_house,
    admin_reminders,
    admin_rotation,
)
from workflow.models import WorkOrder


@admin.register(WorkOrder)
class WorkOrderAdmin(ReadOnlyAdmin):
    list_display = ["booking", "branch", "stage", "stage_since"]
    list_filter = ["stage"]
    search_fields = ["booking__number"]
