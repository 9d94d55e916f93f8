"""Which messages the panel lists: what stands in its address (habit 17), and nothing that is made up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from studio.outbox.models import Channel, Message, State
from studio.outbox.models.message import MessageQuerySet
from studio.outbox.purposes import purposes
from studio.staff.models import Branch
from workflow import late_messages

TO_LOOK_AT, WAITING, ALL = "", "open", "all"
LATE = "late"
"""A filter of its own: due for longer than promised, whatever the state."""


@dataclass(frozen=True)
class Filter:
    """`show` is the tab; the others narrow it down. A value that there is not counts as none."""

    show: str = TO_LOOK_AT
    state: str = ""
    purpose: str = ""
    channel: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Filter":
        def one(name: str, known: Any) -> str:
            value = str(given.get(name, ""))
            return value if value in known else ""

        return cls(
            show=one("show", (WAITING, ALL)),
            state=one("state", [*State.values, LATE]),
            purpose=one("purpose", purposes.names()),
            channel=one("channel", Channel.values),
        )

    @property
    def narrows(self) -> bool:
        return bool(self.state or self.purpose or self.channel)

    @property
    def query(self) -> str:
        """As it stands in the address; empty where nothing is chosen."""
        chosen = {name: value for name, value in vars(self).items() if value}
        return urlencode(chosen)

    def rows(self, branch: Branch, now: datetime) -> MessageQuerySet:
        """The newest first; what waits, the next due first. The same order for every page of the list."""
        rows = Message.objects.filter(branch=branch)
        if self.show == TO_LOOK_AT and not self.state:
            rows = late_messages.to_look_at(branch, now)
        elif self.show == WAITING:
            rows = rows.open()
        if self.state == LATE:
            rows = rows.filter(late_messages.late(now))
        elif self.state:
            rows = rows.filter(state=self.state)
        if self.purpose:
            rows = rows.filter(purpose=self.purpose)
        if self.channel:
            rows = rows.filter(channel=self.channel)
        return rows.order_by("due_at", "pk") if self.show == WAITING else rows.order_by("-created_at", "-pk")


def choices() -> dict[str, list[tuple[str, Any]]]:
    """What can be chosen in each field, in the reader's language."""
    return {
        "state": [(LATE, _("late")), *State.choices],
        "purpose": sorted(
            ((name, purposes[name].title) for name in purposes.names()), key=lambda one: str(one[1])
        ),
        "channel": list(Channel.choices),
    }
