"""The file's own history, and the timeline that every app adds to; the sentences stand here."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import (
    ConsentScope,
    Customer,
    CustomerEvent,
    DisputeOutcome,
    OwnershipChange,
    Way,
)
from customers.registries import TimelineEntry, timeline_sources
from studio.staff.models import User

SENTENCES = {
    "opened": (gettext_lazy("File opened; %(owner)s received them first"), "user-plus"),
    "edited": (gettext_lazy("File changed: %(fields)s"), "pencil"),
    "owner_changed": (gettext_lazy("New owner: %(to)s, before %(from)s (%(reason)s)"), "arrow-right-left"),
    "contact_refused": (gettext_lazy("Asked not to be contacted any more"), "ban"),
    "contact_allowed": (gettext_lazy("May be contacted again"), "phone"),
    "stopped": (gettext_lazy("Wants to hear of nothing but what they ordered"), "bell-off"),
    "stop_taken_back": (gettext_lazy("May hear of other things again, as before"), "bell"),
    "consent_given": (gettext_lazy("May be told by %(way)s about %(scope)s"), "bell"),
    "consent_refused": (gettext_lazy("No %(way)s about %(scope)s any more"), "bell-off"),
    "contact_wish": (gettext_lazy("Said whom to ring, when, or how to write to them"), "phone"),
    "numbers_revealed": (gettext_lazy("Looked at the telephone numbers"), "eye"),
    "taboo_added": (gettext_lazy("Noted something to keep in mind"), "flower-2"),
    "taboo_lifted": (gettext_lazy("Something to keep in mind no longer holds"), "flower-2"),
    "transfer_asked": (gettext_lazy("Asked for another owner: %(to)s (%(reason)s)"), "user-round-search"),
    "transfer_refused": (gettext_lazy("Another owner was refused: %(to)s"), "user-round-x"),
    "transfer_withdrawn": (gettext_lazy("No longer asks for another owner: %(to)s"), "undo-2"),
    "dispute_raised": (gettext_lazy("Says that this customer is theirs"), "scale"),
    "dispute_decided": (gettext_lazy("Decided on what %(from)s claimed: %(outcome)s"), "gavel"),
}
QUIET = {"transfer_asked", "transfer_refused", "transfer_withdrawn", "dispute_raised", "dispute_decided"}
"""Between colleagues: for the ownership page, not for the timeline that every department reads. Apps above
add what is between colleagues there, with its sentence in `SENTENCES`."""
FIELDS = {
    "kind": gettext_lazy("kind"),
    "name": gettext_lazy("name"),
    "language": gettext_lazy("language"),
    "heard_from": gettext_lazy("heard of us from"),
    "wedding_day": gettext_lazy("wedding day"),
    "special_care": gettext_lazy("special care"),
    "members": gettext_lazy("people"),
    "phones": gettext_lazy("telephone"),
    "emails": gettext_lazy("e-mail"),
}
MOST_ENTRIES = 60


def tell(customer: Customer, kind: str, *, by: User | None, now: datetime, **parameters: Any) -> None:
    """Write an event of the file; `parameters` are ids and codes, never names or numbers of a person."""
    CustomerEvent.objects.create(customer=customer, actor=by, at=now, kind=kind, parameters=parameters)


def sentence(event: CustomerEvent, people: dict[int, str]) -> str:
    """What happened, in the reader's language; `people` gives the names of colleagues by id."""
    text = SENTENCES[event.kind][0] if event.kind in SENTENCES else event.kind
    given = event.parameters
    reasons = dict(OwnershipChange.Reason.choices)
    return str(text) % {
        "owner": people.get(given.get("owner"), "–"),
        "to": people.get(given.get("to"), "–"),
        "from": people.get(given.get("from"), "–"),
        "reason": reasons.get(given.get("reason"), "–"),
        "outcome": dict(DisputeOutcome.choices).get(given.get("outcome"), "–"),
        "percent": given.get("percent", 0),
        "way": dict(Way.choices).get(given.get("way"), "–"),
        "scope": dict(ConsentScope.choices).get(given.get("scope"), "–"),
        "fields": _(", ").join(str(FIELDS.get(field, field)) for field in given.get("fields", [])),
    }


def ids_in(event: CustomerEvent) -> list[int]:
    """The colleagues that an event names."""
    return [event.parameters[key] for key in ("owner", "to", "from") if event.parameters.get(key)]


def names_of(events: Iterable[CustomerEvent]) -> dict[int, str]:
    people = User.objects.filter(pk__in={pk for event in events for pk in ids_in(event)})
    return {person.pk: person.display_name for person in people}


def entries_of(told: Iterable[CustomerEvent]) -> list[TimelineEntry]:
    """Events as lines, the names of colleagues in one query."""
    events = list(told)
    people = names_of(events)
    return [
        TimelineEntry(
            at=event.at,
            actor=event.actor,
            text=sentence(event, people),
            icon=SENTENCES[event.kind][1] if event.kind in SENTENCES else "circle",
            people=tuple(ids_in(event)),
        )
        for event in events
    ]


def file_history(customer: Customer) -> list[TimelineEntry]:
    """The timeline source of this app: the file's events and what was noticed."""
    told = customer.events.exclude(kind__in=QUIET).select_related("actor").order_by("-at", "-id")
    entries = entries_of(told[:MOST_ENTRIES])
    noticed = customer.observations.select_related("by")[:MOST_ENTRIES]
    return entries + [
        TimelineEntry(at=seen.at, actor=seen.by, text=seen.text, icon="feather") for seen in noticed
    ]


def timeline(customer: Customer) -> list[TimelineEntry]:
    """What every app tells of the customer, the newest first."""
    entries = [entry for source in timeline_sources for entry in source(customer)]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:MOST_ENTRIES]
