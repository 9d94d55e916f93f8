"""The file's own history, and the timeline that every app adds to; the sentences stand here."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer, CustomerEvent, OwnershipChange
from customers.registries import TimelineEntry, timeline_sources
from studio.staff.models import User

SENTENCES = {
    "opened": (gettext_lazy("File opened; %(owner)s received them first"), "user-plus"),
    "edited": (gettext_lazy("File changed: %(fields)s"), "pencil"),
    "owner_changed": (gettext_lazy("New owner: %(to)s, before %(from)s (%(reason)s)"), "arrow-right-left"),
    "contact_refused": (gettext_lazy("Asked not to be contacted any more"), "ban"),
    "contact_allowed": (gettext_lazy("May be contacted again"), "phone"),
    "numbers_revealed": (gettext_lazy("Looked at the telephone numbers"), "eye"),
    "taboo_added": (gettext_lazy("Noted something to keep in mind"), "flower-2"),
    "taboo_lifted": (gettext_lazy("Something to keep in mind no longer holds"), "flower-2"),
}
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
        "fields": _(", ").join(str(FIELDS.get(field, field)) for field in given.get("fields", [])),
    }


def names_of(events: Iterable[CustomerEvent]) -> dict[int, str]:
    ids = {event.parameters.get(key) for event in events for key in ("owner", "to", "from")}
    people = User.objects.filter(pk__in=ids - {None})
    return {person.pk: person.display_name for person in people}


def file_history(customer: Customer) -> list[TimelineEntry]:
    """The timeline source of this app: the file's events and what was noticed."""
    events = list(customer.events.select_related("actor").order_by("-at", "-id")[:MOST_ENTRIES])
    people = names_of(events)
    entries = [
        TimelineEntry(
            at=event.at,
            actor=event.actor,
            text=sentence(event, people),
            icon=SENTENCES[event.kind][1] if event.kind in SENTENCES else "circle",
        )
        for event in events
    ]
    noticed = customer.observations.select_related("by")[:MOST_ENTRIES]
    return entries + [
        TimelineEntry(at=seen.at, actor=seen.by, text=seen.text, icon="feather") for seen in noticed
    ]


def timeline(customer: Customer) -> list[TimelineEntry]:
    """What every app tells of the customer, the newest first."""
    entries = [entry for source in timeline_sources for entry in source(customer)]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:MOST_ENTRIES]
