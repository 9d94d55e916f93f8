"""The machinery is watched: managers hear when a gateway rests, and when the dispatcher or beat stands still.

While the dispatcher stands still beat's worker still looks, and the other way round. Do both stand still,
nobody rings: the pages themselves then say so (`still`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studio.foundation.templatetags.studio import local_moment, local_time
from studio.outbox import alerts
from studio.outbox.alert_words import AlertKind, Parameters
from studio.outbox.heartbeat import BEAT, DISPATCHER, WORKER, Still, standing_still
from studio.outbox.models import Gateway, GatewayHealth, Heartbeat, Message
from studio.staff.duties import Duty
from studio.staff.models import Branch, Membership, User
from studio.staff.models.membership import CONFIGURES, FRONT, MANAGERS

LATE_AFTER = timedelta(minutes=5)
A_MOMENT = timedelta(minutes=1)
MESSAGES_PAGE = "/messages/"
WATCHES = MANAGERS | CONFIGURES
"""Who sees on every page that the machinery stands still."""
NAMES = {
    DISPATCHER: gettext_lazy("dispatcher"),
    BEAT: gettext_lazy("beat"),
    WORKER: gettext_lazy("worker"),
}


# --- Standing still -------------------------------------------------------------------------------
def still(now: datetime) -> list[Still]:
    """What stands still. A house where nothing has ever run yet is only just being set up, until the first
    message is late."""
    found = standing_still(now)
    if not found or any(one.since is not None for one in found) or Heartbeat.objects.exists():
        return found
    return found if Message.objects.due(at=now - LATE_AFTER).exists() else []


def since(found: Iterable[Still]) -> datetime | None:
    """Since when one of these stands still; None: it has never been at work."""
    moments = [one.since for one in found if one.since is not None]
    return min(moments, default=None)


def still_words(one: Still) -> str:
    """For Today: which part, and since when."""
    part = NAMES.get(one.name, one.name)
    if one.since is None:
        return _("The %(part)s has never been at work.") % {"part": part}
    return _("The %(part)s stands still since %(since)s.") % {"part": part, "since": moment_words(one.since)}


class Watch:
    """One process that watches. It says nothing before it has watched for as long as a standstill takes to
    show: after a power cut all the signs of life are old, and everything is only just starting."""

    def __init__(self) -> None:
        self.began: datetime | None = None

    def plan(self, now: datetime) -> int:
        """Ring the managers of every branch for what stands still; once for each standstill."""
        if self.began is None or now < self.began:
            self.began = now
        rung = 0
        for one in standing_still(now):
            patience = timedelta(seconds=settings.OUTBOX_STANDS_STILL_AFTER[one.name])
            if one.since is not None and now - self.began >= patience:
                rung += ring_for(one, now)
        return rung


watch = Watch()


def ring_for(still: Still, now: datetime) -> int:
    assert still.since is not None
    return sum(
        alerts.ring(
            people,
            "standstill",
            branch=branch,
            about=f"{still.name}:{still.since.isoformat()}",
            now=now,
            link=MESSAGES_PAGE,
            parameters={"name": still.name, "since": still.since.isoformat()},
        )
        for branch, people in managers_by_branch()
    )


def managers_by_branch() -> list[tuple[Branch, list[User]]]:
    places = Membership.objects.active().filter(role__in=MANAGERS).select_related("user", "branch")
    found: dict[int, tuple[Branch, list[User]]] = {}
    for place in places.order_by("pk"):
        found.setdefault(place.branch_id, (place.branch, []))[1].append(place.user)
    return list(found.values())


def managers_of(branch: Branch) -> list[User]:
    places = Membership.objects.active().filter(role__in=MANAGERS, branch=branch).select_related("user")
    return [place.user for place in places.order_by("pk")]


def moment_of(parameters: Parameters, name: str) -> datetime | None:
    return parse_datetime(str(parameters.get(name) or ""))


def standstill_words(parameters: Parameters) -> str:
    moment = moment_of(parameters, "since")
    return _("The %(part)s stands still since %(since)s: calls are to be made by hand.") % {
        "part": NAMES.get(parameters["name"], parameters["name"]),
        "since": moment_words(moment),
    }


def moment_words(moment: datetime | None) -> str:
    """The time of day; with the day where it is another one."""
    if moment is None:
        return "–"
    is_today = timezone.localtime(moment).date() == timezone.localdate()
    return local_time(moment) if is_today else local_moment(moment)


def stands_still(parameters: Parameters) -> bool:
    """Asked when the group chat is written to: it may be at work again."""
    moment = moment_of(parameters, "since")
    return not Heartbeat.objects.filter(name=parameters["name"], at__gt=moment).exists()


# --- Gateways -------------------------------------------------------------------------------------
def follow_gateway(gateway: Gateway, *, rests_until: datetime | None, trouble: str, now: datetime) -> None:
    """Listener to the gateways (`health.gateway_changes`), in the transaction in which it shows."""
    alerts.ring(
        managers_of(gateway.branch),
        "gateway_rests" if rests_until else "gateway_back",
        branch=gateway.branch,
        about=f"{gateway.pk}:{now.isoformat()}",
        now=now,
        link=MESSAGES_PAGE,
        parameters={"gateway": gateway.pk, "until": rests_until.isoformat() if rests_until else ""},
    )


def gateway_sentences(words: Any) -> Any:
    """A kind's `sentence` and `sentences` from one function of (name of the gateway, parameters)."""

    def sentences(several: Iterable[Parameters]) -> list[str]:
        rows = list(several)
        known = Gateway.objects.in_bulk({row["gateway"] for row in rows})
        return [
            words(known[row["gateway"]].name if row["gateway"] in known else _("a gateway"), row)
            for row in rows
        ]

    return {"sentences": sentences, "sentence": lambda row: sentences([row])[0]}


def rests_words(name: str, parameters: Parameters) -> str:
    moment = moment_of(parameters, "until")
    words = _("%(gateway)s keeps failing and rests until %(time)s. What is late meanwhile becomes a call.")
    return words % {"gateway": name, "time": local_time(moment) if moment else "–"}


def back_words(name: str, parameters: Parameters) -> str:
    return _("%(gateway)s works again.") % {"gateway": name}


def rests(parameters: Parameters) -> bool:
    return GatewayHealth.objects.filter(gateway=parameters["gateway"], rests_until__isnull=False).exists()


KINDS = {
    "standstill": AlertKind(
        standstill_words, icon="octagon-alert", loud=True, any_hour=True, holds=stands_still
    ),
    "gateway_rests": AlertKind(icon="moon", loud=True, holds=rests, **gateway_sentences(rests_words)),
    "gateway_back": AlertKind(icon="circle-check", **gateway_sentences(back_words)),
}


# --- On Today -------------------------------------------------------------------------------------
def on_today(users: Iterable[User], branch: Branch, now: datetime) -> list[str]:
    return [still_words(one) for one in still(now)]


STANDSTILL = Duty(
    title=gettext_lazy("Reminders stand still"),
    template="outbox/_standstill_duty.html",
    roles=frozenset(FRONT),
    items=on_today,
    icon="octagon-alert",
    order=0,
    extra={"silent": True},
)


# --- How it does ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Part:
    """A part of the machinery: when it was last at work, and how that looks."""

    name: str
    title: Any
    at: datetime | None
    tone: str
    just_now: bool = False


def parts(now: datetime) -> list[Part]:
    """Dispatcher, beat and worker. A worker's silence says nothing where nothing was due."""
    beats = dict(Heartbeat.objects.values_list("name", "at"))
    bad = {one.name for one in standing_still(now)}
    return [
        Part(
            name,
            title,
            beats.get(name),
            "bad" if name in bad else "ok" if name in beats else "idle",
            just_now=name in beats and now - beats[name] < A_MOMENT,
        )
        for name, title in NAMES.items()
    ]
