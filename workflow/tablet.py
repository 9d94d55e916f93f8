"""The page of a department (R5): who is brought to us, who is with us, who stands alone; and what comes next.

It stands where customers walk by: nothing on it tells of money (R9.9), and what to mind is folded (R9.4).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import translation
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from studio.staff import screens
from studio.staff.models import Branch, Department, User
from studio.staff.models.branch import DepartmentKind
from workflow import house
from workflow.lines import Line
from workflow.models import LookState, Stage, StayKind

PLACES = [_("washroom"), _("changing room"), _("car"), _("outside for a moment")]
"""Where people step out to (R5.6)."""


@dataclass
class Card:
    """Members of one party, as the page of `department` shows them to `reader` (None: whoever stands
    there)."""

    care: house.Care
    department: Department
    reader: User | None

    @property
    def key(self) -> str:
        return self.care.key

    @property
    def is_mine(self) -> bool:
        """On one's own phone: they are with the reader."""
        return self.reader is not None and self.care.with_user.pk == self.reader.pk

    @property
    def is_out(self) -> bool:
        return self.care.kind == StayKind.STEPPED_OUT

    @property
    def is_on_location(self) -> bool:
        return self.care.kind == StayKind.ON_LOCATION

    @property
    def is_meant_for_reader(self) -> bool:
        meant = self.care.hand_off.meant_for_id if self.care.hand_off else None
        return self.reader is not None and meant == self.reader.pk

    @property
    def look_to_tick(self) -> object:
        """The look that "Look done" ticks: one is being shot here, and the shoot is on (R5.2)."""
        order, look = self.care.order, self.care.look
        is_here = self.care.department.kind == DepartmentKind.SHOOTING and not self.is_out
        is_on = order.sheet_issued_at is not None and order.stage in {Stage.SHOOT, Stage.SELECTION}
        return look if is_here and is_on and look and look.state == LookState.PENDING else None

    @property
    def styling(self) -> Department | None:
        """Where "Look done" brings them."""
        return self.care.next_department if self.look_to_tick else None

    @cached_property
    def line(self) -> Line | None:
        """What is said: the words of who takes over here, else those of the way that comes next."""
        offer = self.care.hand_off
        if offer is not None and offer.to_department_id == self.department.pk:
            return self.care.line_to(self.department, receiver=self.reader)
        if self.care.department.pk != self.department.pk:
            return self.care.line_to(self.department, receiver=self.reader)
        return self.care.line


@dataclass(frozen=True)
class Hands:
    """A colleague and the parties that are with them."""

    user: User
    cards: list[Card]


@dataclass(frozen=True)
class Page:
    """`alone` first: nobody is with them. `coming` are brought to us, `expected` may be brought next."""

    department: Department
    alone: list[Card]
    coming: list[Card]
    here: list[Hands]
    expected: list[Card]

    @property
    def is_empty(self) -> bool:
        return not (self.alone or self.coming or self.here or self.expected)

    @property
    def people(self) -> int:
        """How many guests are with us."""
        return sum(len(card.care.members) for hands in self.here for card in hands.cards)


def page(department: Department, *, reader: User | None, now: datetime) -> Page:
    """`reader`: whose own phone it is, their own parties first; None: a screen for everybody there."""
    rows = house.in_house(department.branch, now=now)
    cards = [Card(row, department, reader) for row in rows]
    alone = [card for card in cards if card.care.is_unattended]
    coming = [card for card in cards if card not in alone and is_brought(card, department)]
    here = [
        card
        for card in cards
        if card not in alone and card not in coming and card.care.department.pk == department.pk
    ]
    rest = [card for card in cards if card not in [*alone, *coming, *here]]
    return Page(
        department=department,
        alone=[
            card for card in alone if card.care.department.pk == department.pk or is_brought(card, department)
        ],
        coming=sorted(
            coming, key=lambda card: (not card.is_meant_for_reader, card.care.hand_offs[0].offered_at)
        ),
        here=by_colleague(here),
        expected=[card for card in rest if may_come(card, department)],
    )


def is_brought(card: Card, department: Department) -> bool:
    offer = card.care.hand_off
    return offer is not None and offer.to_department_id == department.pk


def may_come(card: Card, department: Department) -> bool:
    """The route leads here next: they may stand at the door before anybody has pressed."""
    care = card.care
    leads_here = care.next_department is not None and care.next_department.pk == department.pk
    return leads_here and care.hand_off is None and not care.needs_sheet and not card.is_out


def by_colleague(cards: Iterable[Card]) -> list[Hands]:
    groups: dict[int, Hands] = {}
    for card in cards:
        groups.setdefault(card.care.with_user.pk, Hands(card.care.with_user, [])).cards.append(card)
    rows = list(groups.values())
    return sorted(rows, key=lambda hands: not any(card.is_mine for card in hands.cards))


# --- A scan ---------------------------------------------------------------------------------------
def meant_for(user: User, department: Department, *, now: datetime) -> list[Card]:
    """The parties that `user` of `department` may be taking over: those brought there, else those who may
    come next, else those whom a colleague there has (R5.1). One: it is done at once; several: the page
    asks."""
    found = page(department, reader=user, now=now)
    others = [hands for hands in found.here if hands.user.pk != user.pk]
    relief = [card for hands in others for card in hands.cards if not card.care.hand_off]
    for cards in (found.coming, found.expected, relief):
        mine = [card for card in cards if not card.is_mine]
        if mine:
            return mine
    return []


# --- What the cards offer -------------------------------------------------------------------------
def places(branch: Branch) -> list[tuple[str, object]]:
    """(what is kept, what is read): kept in the branch's own language, since everybody there reads it."""
    with translation.override(branch.customer_language):
        kept = [str(place) for place in PLACES]
    return list(zip(kept, PLACES, strict=True))


def escorts(department: Department, *, now: datetime) -> list[User]:
    return screens.people(screens.of_department(department, day=department.branch.today(now)))
