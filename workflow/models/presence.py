"""Who is with each member of a party, from the door to the door (R5.1): now, and all the time before."""

from datetime import datetime

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Member
from studio.staff.models import Department, User
from workflow.models.work_order import Look, WorkOrder


class StayKind(models.TextChoices):
    """How a member spends a part of the day. Only `ALONE` is a gap; who steps out is escorted (R5.6)."""

    WITH = "with", _("in a department")
    STEPPED_OUT = "out", _("Stepped out (with someone)")
    ON_LOCATION = "location", _("On location")
    ALONE = "alone", _("Unattended")


AS_ITS_STAYS = """
FOR whose IN SELECT p.* FROM workflow_presence p WHERE p.id = {presence}
LOOP
    SELECT count(*), min(s.since), bool_and(s.since = s.before OR s.before IS NULL) AS joined
    INTO found FROM (
        SELECT since, lag(until) OVER (ORDER BY since, until NULLS LAST, id) AS before
        FROM workflow_stay WHERE presence_id = whose.id AND superseded_by_id IS NULL
    ) s;
    SELECT * INTO now_in FROM workflow_stay
    WHERE presence_id = whose.id AND superseded_by_id IS NULL
    ORDER BY since DESC, until DESC NULLS FIRST, id DESC LIMIT 1;
    IF found.count = 0 OR found.min <> whose.arrived_at OR NOT found.joined
        OR now_in.until IS DISTINCT FROM whose.left_at
        OR now_in.kind <> whose.kind OR now_in.department_id <> whose.department_id
        OR now_in.since <> whose.since
        OR (now_in.user_id IS NOT NULL AND now_in.user_id <> whose.with_user_id)
    THEN
        RAISE EXCEPTION 'The stays of presence % leave a hole, or are not where it says they are', whose.id
            USING ERRCODE = 'check_violation';
    END IF;
END LOOP;
RETURN NULL;
"""


def door_to_door(presence: str) -> pgtrigger.Trigger:
    """At the end of the transaction the stays of a presence reach from the door to the door without a hole,
    and the last of them is what the presence says (R5.1)."""
    return pgtrigger.Trigger(
        name="door_to_door",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update,
        timing=pgtrigger.Deferred,
        declare=[("whose", "RECORD"), ("found", "RECORD"), ("now_in", "RECORD")],
        func=AS_ITS_STAYS.format(presence=presence),
    )


class Presence(models.Model):
    """One member of a party in the house, from arrival to the door, and with whom now.

    `with_user` answers for them; while they are unattended (`kind` alone) it is who had them last. Everything
    here but the door's two times is the last of its stays; `workflow.presences` writes both.
    """

    work_order = models.ForeignKey(WorkOrder, models.PROTECT, related_name="presences")
    member = models.ForeignKey(Member, models.PROTECT, related_name="presences")
    arrived_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True, blank=True)
    with_user = models.ForeignKey(User, models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=StayKind.choices, default=StayKind.WITH)
    place = models.CharField(max_length=80, blank=True)
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["arrived_at", "id"]
        indexes = [
            models.Index(fields=["since"], name="unattended", condition=Q(kind="alone", left_at__isnull=True))
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(left_at__isnull=True), name="in_the_house_once"
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(left_at__gte=F("arrived_at")), name="left_after_arrival"
            ),
        ]
        triggers = [door_to_door("NEW.id")]

    def __str__(self) -> str:
        return f"{self.member_id} with {self.with_user_id}"

    @property
    def is_alone(self) -> bool:
        return self.kind == StayKind.ALONE


class StayQuerySet(models.QuerySet["Stay"]):
    def standing(self) -> "StayQuerySet":
        """What is held to be true; a record made afterwards may have taken another's place (F9)."""
        return self.filter(superseded_by=None)

    def gaps(self) -> "StayQuerySet":
        return self.standing().filter(kind=StayKind.ALONE)


class Stay(models.Model):
    """One piece of a member's day: with one person in one department, or unattended (a gap, measured and
    kept).

    Pieces of a presence never overlap and never leave a hole (exclusion constraint, trigger). `written_by` is
    who pressed; `superseded_by` the later record (from paper, or kept without network) that corrected it."""

    presence = models.ForeignKey(Presence, models.CASCADE, related_name="stays")
    kind = models.CharField(max_length=8, choices=StayKind.choices, default=StayKind.WITH)
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    department = models.ForeignKey(Department, models.PROTECT, related_name="+")
    place = models.CharField(max_length=80, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    look = models.ForeignKey(Look, models.PROTECT, null=True, blank=True, related_name="+")
    hand_off = models.ForeignKey(
        "workflow.HandOff", models.PROTECT, null=True, blank=True, related_name="stays"
    )
    written_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    written_at = models.DateTimeField(default=timezone.now)
    record = models.ForeignKey(
        "workflow.LateRecord", models.PROTECT, null=True, blank=True, related_name="stays"
    )
    superseded_by = models.ForeignKey(
        "workflow.LateRecord", models.PROTECT, null=True, blank=True, related_name="superseded"
    )

    objects = StayQuerySet.as_manager()

    class Meta:
        ordering = ["since", "until", "id"]
        indexes = [
            models.Index(fields=["since"], name="gap_by_day", condition=Q(kind="alone")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="alone", user__isnull=True) | (~Q(kind="alone") & Q(user__isnull=False)),
                name="with_somebody_or_alone",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="stay_ends_after_it_began"
            ),
            models.UniqueConstraint(
                fields=["presence"],
                condition=Q(until__isnull=True, superseded_by__isnull=True),
                name="one_stay_now",
            ),
            ExclusionConstraint(
                name="in_one_pair_of_hands",
                index_type="GIST",
                expressions=[
                    (
                        Func(F("presence"), F("presence"), Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func(F("since"), F("until"), function="tstzrange", output_field=DateTimeRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(superseded_by__isnull=True),
                # Looked at when the transaction ends, as the trigger does: a correction replaces several at
                # once.
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]
        triggers = [door_to_door("NEW.presence_id")]

    def __str__(self) -> str:
        return f"{self.kind} {self.since:%H:%M}"

    def seconds(self, now: datetime) -> float:
        return ((self.until or now) - self.since).total_seconds()
