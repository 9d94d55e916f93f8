"""Whatever stands on a sheet of paper: either each line that can't be is named and nothing is written, or each
member has a day from the door to the door, with people or in a gap that the paper admits (F9, R5.1)."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workflow.papers import MINUTE, line
from tests.workflow.shoots import make_order, party
from workflow import paper
from workflow.models import HandOff, LateRecord, Presence, Stay, StayKind
from workflow.paper import Leaving
from workflow.paper_rows import WrongSheet

PEOPLE = [("owner", "front_desk"), ("artist", "styling"), ("photographer", "shooting")]

one_line = st.tuples(
    st.sampled_from(range(3)),  # who signed
    st.sampled_from([(0, 1), (0,), (1,)]),  # who of the party
    st.sampled_from([0, 0, 0, 0, 5, -5]),  # minutes between the line before and this one
    st.sampled_from([10, 20, 45, 0]),  # minutes that it lasts; 0: wrong
    st.booleans(),  # "alone before that"
)


class Rollback(Exception):
    pass


@pytest.fixture
def unrecorded(shop, now):
    """Shot yesterday, and nothing was recorded."""
    return make_order(shop, now=now, at=now - timedelta(hours=25), looks=1)


def expected_of(lines) -> tuple[bool, dict[int, list[tuple[int, int, bool]]]]:
    """Whether the sheet can be, and each member's pieces (from, until, with somebody), thought of independently: a clock
    that runs along the lines, and a hand for each member."""
    days: dict[int, list[tuple[int, int, bool]]] = {}
    good, clock, first = True, 0, True
    for _who, members, skip, lasts, alone in lines:
        start = clock if first else clock + skip
        end = start + lasts
        good = good and lasts > 0
        for member in members:
            pieces = days.setdefault(member, [])
            if not pieces:
                good = good and not alone
            elif pieces[-1][1] > start:
                good = False
            elif pieces[-1][1] < start:
                good = good and alone
                pieces.append((pieces[-1][1], start, False))
            pieces.append((start, end, True))
        clock, first = end, False
    return good, days


def lines_on_paper(shop, order, start, lines):
    rows, clock = [], start
    people = party(order)
    for number, (who, members, skip, lasts, alone) in enumerate(lines, start=1):
        since = clock if number == 1 else clock + skip * MINUTE
        clock = since + lasts * MINUTE
        user, department = (getattr(shop, name) for name in PEOPLE[who])
        chosen = [people[index] for index in members]
        rows.append(line(order, number, user, department, since, clock, members=chosen, alone_before=alone))
    return rows


@settings(
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(lines=st.lists(one_line, min_size=1, max_size=8))
def test_f9_a_sheet_is_carried_out_whole_or_not_at_all(shop, unrecorded, now, lines) -> None:
    try:
        with transaction.atomic():
            play(shop, unrecorded, now, lines)
            raise Rollback
    except Rollback:
        pass


def play(shop, order, now, lines) -> None:
    start = now - timedelta(hours=25)
    rows = lines_on_paper(shop, order, start, lines)
    good, days = expected_of(lines)
    try:
        with transaction.atomic():
            paper.enter(order, rows, leaving=Leaving("satisfied"), by=shop.colleague, now=now)
    except WrongSheet as wrong:
        assert not good, wrong
        assert all(1 <= fault.number <= len(rows) for fault in wrong.faults)
        for model in (Presence, HandOff, LateRecord):
            assert not model.objects.filter(work_order=order).exists()
        return
    assert good
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    people = party(order)
    for member, pieces in days.items():
        row = Presence.objects.get(work_order=order, member=people[member])
        stays = list(Stay.objects.standing().filter(presence=row).order_by("since"))
        assert [
            ((stay.since - start) // MINUTE, (stay.until - start) // MINUTE, stay.kind != StayKind.ALONE)
            for stay in stays
        ] == pieces
        assert sum((stay.until - stay.since for stay in stays), timedelta()) == row.left_at - row.arrived_at
