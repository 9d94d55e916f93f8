"""The lines of the sheet (F2): who had whom, in and out, and how they signed for it; and what is still to be
filled in by hand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from studio.staff.models.branch import DepartmentKind
from workflow.lines import listed
from workflow.models import HandOffWay, LateSource, LookState, Stay, StayKind, WorkOrder
from workflow.route import SHOOT_DAY

SPARE = 2
"""Empty lines at the end: a day goes as it goes."""


@dataclass(frozen=True)
class Step:
    """One line of the sheet: who had whom in which department, in and out (F2). Those who were together
    share it; `names` is empty where that is the whole party."""

    names: str
    stay: Stay

    @property
    def is_gap(self) -> bool:
        return self.stay.kind == StayKind.ALONE

    @property
    def where(self) -> str:
        """The department; a side trip or a location with its place."""
        if self.stay.kind == StayKind.WITH:
            return self.stay.department.name
        parts = (StayKind(self.stay.kind).label, self.stay.place)
        return " · ".join(str(part) for part in parts if part)

    @property
    def who(self) -> str:
        """Who had them, with who helps."""
        if self.stay.user is None:
            return ""
        helper = self.stay.hand_off.assistant if self.stay.hand_off else None
        names = [self.stay.user, *([helper] if helper else [])]
        return listed(person.spoken_name for person in names)

    @cached_property
    def signed(self) -> str:
        """How they said "I take over": pressed, together, without network, or signed on paper."""
        stay, record = self.stay, self.stay.record
        if self.is_gap:
            return ""
        if record is not None and record.source == LateSource.PAPER:
            return _("on paper, entered by %(name)s") % {"name": record.entered_by.spoken_name}
        if record is not None:
            return _("pressed without network")
        if stay.hand_off is not None and stay.hand_off.way == HandOffWay.TOGETHER:
            return _("given and taken together")
        if stay.hand_off is not None:
            return _("taken over on screen")
        if stay.written_by_id in {None, stay.user_id}:
            return _("on screen")
        return _("on screen, by %(name)s") % {"name": stay.written_by.spoken_name}  # type: ignore[union-attr]


def steps_of(order: WorkOrder, stays: Iterable[Stay], *, gaps: bool = True) -> list[Step]:
    """The lines in the order of time; who were together since the same moment share one."""
    together: dict[tuple, list[Stay]] = {}
    for stay in stays:
        if stay.kind == StayKind.ALONE and not gaps:
            continue
        key = (stay.user_id, stay.department_id, stay.kind, stay.place, stay.since, stay.until)
        together.setdefault(key, []).append(stay)
    everybody = len({stay.presence.member_id for group in together.values() for stay in group})
    rows = [
        Step("" if len(group) == everybody else listed(stay.presence.member.name for stay in group), group[0])
        for group in together.values()
    ]
    return sorted(rows, key=lambda step: (step.stay.since, step.names))


@dataclass(frozen=True)
class Blank:
    """A line that is signed by hand: where, and for which look."""

    kind: str
    what: str = ""
    look: int | None = None

    @property
    def where(self) -> str:
        return str(DepartmentKind(self.kind).label) if self.kind else ""


def blanks_of(order: WorkOrder, *, lines: Iterable[Step] = ()) -> list[Blank]:
    """What is still to be signed on paper (F9): the way of the day, look by look (R5.2), and some spare
    lines. What `lines` say already is not asked for twice."""
    lines = list(lines)
    pending = [look for look in order.looks.all() if look.state == LookState.PENDING]
    rows: list[Blank] = [] if lines else [Blank(DepartmentKind.FRONT_DESK)]
    is_reshoot = any(row.ended_at is None for row in order.reshoots.all())
    if pending and (order.stage in SHOOT_DAY or is_reshoot):
        way = [
            blank
            for look in pending
            for blank in (
                Blank(DepartmentKind.STYLING, look.name),
                Blank(DepartmentKind.SHOOTING, look.name, look.pk),
            )
        ]
        rows += way[begun_of_the_next_look(order, lines) :]
        rows.append(Blank(DepartmentKind.STYLING, _("headdress and makeup off")))
        rows.append(Blank(DepartmentKind.FRONT_DESK))
    return rows + [Blank("")] * SPARE


def begun_of_the_next_look(order: WorkOrder, lines: list[Step]) -> int:
    """How many lines of the next look stand on the sheet: it is being dressed (1), or shot (2). Who is still
    on the floor with a look that is done, or is here and there, has none of it yet."""
    here = {line.stay.department.kind for line in lines if line.stay.until is None}
    if here == {DepartmentKind.STYLING}:
        return 1
    if here != {DepartmentKind.SHOOTING}:
        return 0
    dressed = [line.stay.since for line in lines if line.stay.department.kind == DepartmentKind.STYLING]
    done = [look.at for look in order.looks.all() if look.state != LookState.PENDING and look.at]
    return 2 if dressed and max(dressed) > max(done, default=min(dressed) - timedelta(1)) else 0
