"""The planner before a wedding (F5): deadlines from the wedding day backwards."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from bookings import almanac
from bookings.models import AppointmentState, SchedulingRules
from bookings.schedule import hold
from bookings.templatetags import almanac_marks
from bookings.wedding_plan import STEPS, WORST, Time, plan
from bookings.wedding_plans import for_sale, of_booking, warning
from tests.factories import make_package

DAY = timedelta(days=1)
WEDDING = date(2026, 10, 1)
RULES = SchedulingRules(fitting_before_shoot=7, pickup_before_wedding=14, slack_days=10)
VERSION = SimpleNamespace(selection_after_days=7, pickup_after_days=30)


def of(today, **more):
    return plan(VERSION, WEDDING, today=today, rules=RULES, **more)


def test_f5_deadlines_count_back_from_the_wedding_day() -> None:
    """Pickup two weeks before; a month for production; a week to the selection; the fitting a week before."""
    found = {step.kind: step.deadline for step in of(date(2026, 5, 1)).steps}
    assert found == {
        "pickup": date(2026, 9, 17),
        "selection": date(2026, 8, 18),
        "shoot": date(2026, 8, 11),
        "fitting": date(2026, 8, 4),
    }


def test_f5_days_to_spare_run_out() -> None:
    assert of(date(2026, 8, 1)).spare_days == 10
    assert of(date(2026, 8, 1)).state == Time.OK
    assert of(date(2026, 8, 2)).state == Time.TIGHT
    assert of(date(2026, 8, 11)).spare_days == 0
    assert of(date(2026, 8, 11)).state == Time.TIGHT
    assert of(date(2026, 8, 12)).needs_rush
    assert of(date(2026, 8, 14)).missing_days == 3


def test_an_agreed_shoot_leaves_its_own_days_to_spare() -> None:
    found = of(date(2026, 5, 1), dates={"shoot": date(2026, 8, 20)})
    assert found.step("shoot").state == Time.LATE
    assert found.step("selection").earliest == date(2026, 8, 27)
    assert found.needs_rush
    assert found.missing_days == 9


def test_an_early_date_draws_what_comes_before_it_along() -> None:
    found = of(date(2026, 5, 1), dates={"selection": date(2026, 6, 8)})
    assert found.step("shoot").deadline == date(2026, 6, 1)
    assert found.step("fitting").deadline == date(2026, 5, 25)
    assert found.step("pickup").deadline == date(2026, 9, 17)


def test_what_is_done_can_not_be_late() -> None:
    found = of(
        date(2026, 9, 10),
        dates={"shoot": date(2026, 8, 30), "selection": date(2026, 9, 6)},
        done={"shoot", "selection"},
    )
    assert found.step("shoot").state == found.step("selection").state == Time.OK
    assert [step.kind for step in found.ahead] == ["pickup"]
    assert found.needs_rush, "a month of production ends after the wedding"


def test_a_fitting_without_time_worries_nobody_alone() -> None:
    """It may be held on the day of the shoot: the plan as a whole stays in time."""
    found = of(date(2026, 5, 1), dates={"shoot": date(2026, 5, 3)})
    assert found.step("fitting").state == Time.LATE
    assert found.state == Time.OK


def test_when_all_is_done_nothing_is_to_spare() -> None:
    found = of(date(2026, 9, 1), done=set(STEPS))
    assert found.spare_days is None
    assert found.missing_days == 0
    assert found.state == Time.OK


def test_days_at_the_ends_of_the_calendar_are_no_error() -> None:
    for wedding, today in ((date(1, 1, 2), date.max), (date.max, date.min)):
        found = plan(VERSION, wedding, today=today, rules=RULES)
        assert all(step.deadline <= wedding for step in found.steps)


days = st.dates(date(2020, 1, 1), date(2040, 1, 1))
few = st.integers(0, 400)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    wedding=days,
    today=days,
    later=st.integers(0, 900),
    gaps=st.tuples(few, few, few, few, few),
    dates=st.dictionaries(st.sampled_from(STEPS), days),
    done=st.sets(st.sampled_from(STEPS)),
)
def test_f5_for_any_rules_deadlines_are_in_order_and_time_only_gets_shorter(
    wedding, today, later, gaps, dates, done
) -> None:
    version = SimpleNamespace(selection_after_days=gaps[0], pickup_after_days=gaps[1])
    rules = SchedulingRules(fitting_before_shoot=gaps[2], pickup_before_wedding=gaps[3], slack_days=gaps[4])
    now, then = (
        plan(version, wedding, today=day, rules=rules, dates=dates, done=done)
        for day in (today, today + later * DAY)
    )
    deadlines = [step.deadline for step in now.steps]
    assert deadlines == sorted(deadlines)
    assert all(day <= wedding for day in deadlines)
    assert deadlines == [step.deadline for step in then.steps], "a deadline does not depend on today"
    for before, after in zip(now.steps, then.steps, strict=True):
        assert WORST.index(after.state) >= WORST.index(before.state)
    assert WORST.index(then.state) >= WORST.index(now.state)
    assert now.needs_rush == (now.missing_days > 0)


# --- Asked for a sale, an order, a day ---------------------------------------------------------
@pytest.mark.django_db
def test_only_who_buys_for_a_wedding_to_come_has_a_plan(sale) -> None:
    customer = sale.customer()
    assert for_sale(sale.shop.package, customer, now=sale.now).wedding_day == WEDDING
    assert for_sale(None, customer, now=sale.now) is None
    assert for_sale(sale.shop.package, sale.customer(wedding_day=None), now=sale.now) is None
    over = sale.customer(wedding_day=date(2026, 5, 15))
    assert for_sale(sale.shop.package, over, now=sale.now) is None
    portrait = make_package(sale.shop.branch)
    portrait.package.kind = "portrait"
    assert for_sale(portrait, customer, now=sale.now) is None


@pytest.mark.django_db
def test_the_rules_of_the_branch_hold(sale) -> None:
    SchedulingRules.objects.create(branch=sale.shop.branch, pickup_before_wedding=30)
    found = for_sale(sale.shop.package, sale.customer(), now=sale.now, shoot=date(2026, 6, 1))
    assert found.step("pickup").deadline == date(2026, 9, 1)
    assert found.step("shoot").planned == date(2026, 6, 1)


@pytest.mark.django_db
def test_the_orders_dates_stand_in_its_plan(sale) -> None:
    booking = sale.sell(shoot=sale.slot(days=7))
    shoot = booking.appointments.get()
    assert of_booking(booking, now=sale.now).step("shoot").planned == date(2026, 5, 23)
    hold(shoot, by=None, now=sale.now)
    assert of_booking(booking, now=sale.now).step("shoot").is_done
    sale.make(sale.slot(days=20), "shoot", booking)
    again = of_booking(booking, now=sale.now).step("shoot")
    assert (again.planned, again.is_done) == (date(2026, 6, 5), False), "a reshoot is to come"


@pytest.mark.django_db
def test_what_went_by_without_the_customer_is_not_agreed(sale) -> None:
    booking = sale.sell(shoot=sale.slot(days=7))
    assert of_booking(booking, now=sale.now + 30 * DAY).step("shoot").planned is None
    booking.appointments.update(state=AppointmentState.CANCELLED)
    assert of_booking(booking, now=sale.now).step("shoot").planned is None


@pytest.mark.django_db
def test_a_cancelled_order_has_no_plan(sale) -> None:
    booking = sale.sell()
    booking.state = "cancelled"
    assert of_booking(booking, now=sale.now) is None


@pytest.mark.django_db
def test_f5_a_day_that_makes_it_tight_is_warned_of_and_not_refused(sale) -> None:
    booking = sale.sell()
    assert warning(booking, "shoot", date(2026, 6, 1), now=sale.now) is None
    tight = warning(booking, "shoot", date(2026, 8, 5), now=sale.now)
    assert tight.step("shoot").state == Time.TIGHT
    assert warning(booking, "shoot", date(2026, 9, 25), now=sale.now).needs_rush
    assert warning(booking, "consult", date(2026, 9, 25), now=sale.now) is None
    assert warning(None, "shoot", date(2026, 9, 25), now=sale.now) is None
    assert warning(booking, "shoot", None, now=sale.now) is None
    sale.make(sale.slot(days=141), "shoot", booking)  # it is agreed all the same


# --- As people see it --------------------------------------------------------------------------
def drawn(template: str, **context) -> str:
    branch = SimpleNamespace(region="CN")
    return render_to_string(f"bookings/{template}", {"request": SimpleNamespace(branch=branch), **context})


def test_beside_each_day_stand_the_lunar_date_and_the_holiday() -> None:
    page = drawn("_wedding_plan.html", wedding_plan=of(date(2026, 5, 1)))
    assert "Lunar month 8, day 21 · National Day" in page
    assert "102 days to spare" in page
    with translation.override("zh-hans"):
        assert "农历八月廿一 · 国庆节" in drawn("_wedding_plan.html", wedding_plan=of(date(2026, 5, 1)))
    assert almanac_marks.day_marks(None) == almanac_marks.day_marks(date(1, 1, 1)) == ""
    assert almanac.holiday(WEDDING, "XX") == ""


def test_f5_when_time_does_not_reach_the_page_says_what_to_do() -> None:
    page = drawn("_wedding_plan.html", wedding_plan=of(date(2026, 9, 1)))
    assert "21 days are missing" in page
    assert "Offer a rush" in page
    quiet = drawn("_wedding_plan.html", wedding_plan=of(date(2026, 5, 1)))
    assert "rush" not in quiet
    assert drawn("_wedding_plan.html", wedding_plan=None).strip() == ""
    assert drawn("_wedding_warning.html", wedding_warning=None).strip() == ""
    warned = drawn("_wedding_warning.html", wedding_warning=of(date(2026, 9, 1)))
    assert "It can be agreed all the same" in warned
