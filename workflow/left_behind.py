"""Whose colleague is gone, off or ill since, while they are in the house (R5.1)."""

from datetime import datetime

from django.db import connection

from studio.staff.models import Branch, Leave, LeaveDay, Membership, User
from workflow.models import Presence, WorkOrder

PRESENT, ORDER, BRANCH = (model._meta.db_table for model in (Presence, WorkOrder, Branch))
PLACE, PERSON = (model._meta.db_table for model in (Membership, User))
DAY_OFF, LEAVE = (model._meta.db_table for model in (LeaveDay, Leave))

LEFT_THEM = f"""
    FROM {PRESENT} here
    JOIN {ORDER} whose ON whose.id = here.work_order_id
    JOIN {BRANCH} branch ON branch.id = whose.branch_id
    LEFT JOIN LATERAL (
        SELECT GREATEST(
            COALESCE(leave.decided_at, leave.asked_at), day_off.day::timestamp AT TIME ZONE branch.time_zone
        ) AS at
        FROM {DAY_OFF} day_off JOIN {LEAVE} leave ON leave.id = day_off.leave_id
        WHERE day_off.branch_id = branch.id AND day_off.user_id = here.with_user_id AND day_off.is_granted
            AND day_off.day = (%(now)s::timestamptz AT TIME ZONE branch.time_zone)::date
    ) off ON true
    WHERE here.left_at IS NULL AND here.kind IN ('with', 'out')
        AND (off.at > here.since AND off.at <= %(now)s::timestamptz OR NOT EXISTS (
            SELECT 1 FROM {PLACE} place JOIN {PERSON} person ON person.id = place.user_id
            WHERE place.user_id = here.with_user_id AND place.branch_id = branch.id
                AND place.is_active AND person.is_active
        ))
"""
"""Who is in the house with a colleague who went off while having them, or works here no more. Who was off
before they came to them has come in all the same. On location there is no such alarm (R5.6)."""


def left_since(
    now: datetime, *, order: WorkOrder | None = None, branch: Branch | None = None
) -> dict[int, datetime | None]:
    """The presences (of an order, of a branch) whose colleague is gone, each with since when; None: it was
    noticed only now."""
    asked = {"now": now, "order": order.pk if order else None, "branch": branch.pk if branch else None}
    narrow = (" AND whose.id = %(order)s" if order else "") + (
        " AND branch.id = %(branch)s" if branch else ""
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT here.id, off.at {LEFT_THEM}{narrow}", asked)
        return dict(cursor.fetchall())
