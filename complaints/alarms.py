"""The bell for a customer who leaves unhappy: loud, at once, to managers and the owner (R9.3); and again to
managers when nobody has spoken with them in time (R10.4). No name in the group chat."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from complaints.models import Recovery
from studio.outbox import alerts
from studio.outbox.alert_words import AlertKind, Parameters
from studio.outbox.watching import managers_of
from studio.staff.duties import who_acts_for
from studio.staff.models import User


def left_unhappy(recovery: Recovery, *, by: User | None, now: datetime) -> None:
    told = [*managers_of(recovery.branch), *owners_of(recovery, now)]
    if recovery.taken_by is not None:
        told.append(recovery.taken_by)
    ring(recovery, "left_unhappy", [user for user in told if user != by], now=now)


def answer_is_late(recovery: Recovery, *, now: datetime) -> int:
    told = list(managers_of(recovery.branch))
    told += [recovery.taken_by] if recovery.taken_by is not None else owners_of(recovery, now)
    with transaction.atomic():
        return ring(recovery, "first_answer_late", told, now=now)


def owners_of(recovery: Recovery, now: datetime) -> list[User]:
    """Whose customer it is, or who does their work today (R8.1)."""
    owner, branch = recovery.departure.work_order.booking.customer.owner, recovery.branch
    return [who_acts_for(owner, branch=branch, day=branch.today(now))] if owner else []


def ring(recovery: Recovery, kind: str, users: Sequence[User], *, now: datetime) -> int:
    return alerts.ring(
        users,
        kind,
        branch=recovery.branch,
        about=str(recovery.pk),
        now=now,
        link=reverse("complaints:word", args=[recovery.departure_id]),
        parameters={"recovery": recovery.pk},
    )


# --- How it reads -------------------------------------------------------------------------------------
def unhappy_words(parameters: Parameters) -> str:
    return _("A customer is leaving unhappy. Somebody speaks to them now, before the door.")


def late_words(parameters: Parameters) -> str:
    return _("Nobody has spoken yet with the customer who left unhappy: the hour is over.")


def with_names(sentence: Callable[[Parameters], str]) -> Callable[[Sequence[Parameters]], list[str]]:
    """The same, with the customer before it, for the bell; one question for a whole list."""

    def sentences(asked: Sequence[Parameters]) -> list[str]:
        rows = Recovery.objects.filter(pk__in=[one.get("recovery", 0) for one in asked])
        names = dict(rows.values_list("pk", "departure__work_order__booking__customer__name"))
        return [
            _("%(name)s: %(what)s")
            % {"name": names.get(one.get("recovery", 0), "–"), "what": sentence(one)}
            for one in asked
        ]  # fmt: skip

    return sentences


def still_open(parameters: Parameters) -> bool:
    return Recovery.objects.open().filter(pk=parameters.get("recovery", 0)).exists()


KINDS = {
    "left_unhappy": AlertKind(
        unhappy_words, icon="frown", loud=True, sentences=with_names(unhappy_words), holds=still_open
    ),
    "first_answer_late": AlertKind(
        late_words, icon="clock-alert", loud=True, sentences=with_names(late_words), holds=still_open
    ),
}
