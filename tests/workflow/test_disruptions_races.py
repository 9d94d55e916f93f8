"""R9.7 with several people at once: one date settled by two, the last two dates, a sale while a day breaks."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from bookings.allocation import SlotTaken
from bookings.schedule import NotBookable
from studio.foundation.models import StaleEdit
from tests.workflow.broken import BrokenDay, row_of, rows, states
from workflow import disruptions, running_late
from workflow.models import Disruption

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def day(shop, now):
    return BrokenDay(shop, now)


def at_once(*presses):
    """All of them in the same moment, each in a thread with a connection of its own; what each answered."""
    gate, answers = threading.Barrier(len(presses), timeout=30), [None] * len(presses)

    def run(place, press):
        try:
            gate.wait()
            answers[place] = press()
        except Exception as error:
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, press)) for place, press in enumerate(presses)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def agreeing(day, row, by):
    return lambda: disruptions.agree(row, starts_at=row.proposed_at, version=row.version, by=by, now=day.now)


def test_r9_7_two_people_settle_one_date_and_one_of_them_is_told(day, shop):
    date = day.date("10:00")
    found = day.break_it()
    day.propose(found)
    row = row_of(date)
    answers = at_once(
        agreeing(day, row, shop.owner),
        lambda: disruptions.stand(row, version=row.version, by=shop.colleague, now=day.now),
    )
    assert sum(isinstance(answer, StaleEdit) for answer in answers) == 1
    assert states(found) in (["moved"], ["stands"])
    assert date.events.filter(kind="moved").count() == (states(found) == ["moved"])


def test_r9_7_the_last_two_dates_settled_in_the_same_moment_close_it(day, shop):
    one, other = day.date("10:00"), day.date("13:00")
    found = day.break_it()
    day.propose(found)
    answers = at_once(
        lambda: disruptions.stand(row_of(one), version=None, by=shop.owner, now=day.now),
        agreeing(day, row_of(other), shop.colleague),
    )
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert Disruption.objects.get().ended_at is not None


def test_r9_7_one_free_colleague_goes_to_one_of_two_who_agree_at_once(day, shop):
    shop.photographer_resource.units = 2
    shop.photographer_resource.save()
    day.make("photographer", "李雷")
    dates = [day.date("10:00", held=[shop.photographer_resource]) for _n in range(2)]
    found = day.break_it()
    day.propose(found)
    asked = [row_of(date) for date in dates]
    answers = at_once(
        *[
            lambda row=row: disruptions.agree(
                row, starts_at=row.appointment.starts_at, version=None, by=shop.owner, now=day.now
            )
            for row in asked
        ]
    )
    assert sum(isinstance(answer, SlotTaken | NotBookable) for answer in answers) == 1
    assert sorted(states(found)) == ["stands", "touched"]


def test_r9_7_a_sale_while_the_day_breaks_is_refused_or_stands_on_the_list(day, shop):
    """Never in between: booked into it and nobody knows."""
    for _round in range(3):
        found, sold = at_once(day.break_it, lambda: day.date("10:00"))
        assert isinstance(found, Disruption)
        if isinstance(sold, Exception):
            assert isinstance(sold, SlotTaken | NotBookable)
        else:
            assert [row.appointment for row in rows(found)] == [sold]
        disruptions.over(found, by=shop.manager, now=day.now)
        day.day += timedelta(days=7)


def test_f7_everybody_agrees_in_the_same_moment_and_all_are_shifted(shop, now):
    day = BrokenDay(shop, now, days=0)
    dates = [day.date(clock, held=[shop.photographer_resource]) for clock in ("13:00", "15:00", "17:00")]
    found = running_late.open_late(
        shop.photographer_resource, minutes=40, why="堵车", by=shop.manager, now=now
    )
    asked = [row_of(date) for date in dates]
    answers = at_once(
        *[
            lambda row=row: running_late.agree(row, version=row.version, by=shop.owner, now=now)
            for row in asked
        ]
    )
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    running_late.shift(found, by=shop.owner, now=now)
    assert states(found) == ["moved"] * 3
    assert [date.events.filter(kind="moved").count() for date in dates] == [1, 1, 1]
