"""Whatever is asked for, granted, taken back, fallen ill and come back from, always through the doors: no circle
ever, each colleague has exactly one acting person each day, who is there, and each due thing is on one list (R8)."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from customers.models import Customer
from studio.foundation.models import StaleEdit
from studio.staff import absence, leaves
from studio.staff.duties import deputies_on, stands_in_for, who_acts_for
from studio.staff.models import Leave, LeaveDay, Role
from tests.factories import BranchFactory, make_person
from workflow import call_lists
from workflow.models import CallTask

NOON = datetime(2026, 5, 16, 4, 0, tzinfo=UTC)
PEOPLE, DAYS = 4, 4
REFUSED = (ValidationError, StaleEdit, leaves.NotYours)

person = st.integers(0, PEOPLE - 1)
day = st.integers(0, DAYS - 1)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), person, person, day, day),
        st.tuples(st.just("grant"), st.integers(0, 8)),
        st.tuples(st.just("refuse"), st.integers(0, 8)),
        st.tuples(st.just("withdraw"), st.integers(0, 8)),
        st.tuples(st.just("back"), st.integers(0, 8), day),
        st.tuples(st.just("ill"), person, st.one_of(st.none(), person), day),
        st.tuples(st.just("another"), st.integers(0, 12), person, day),
    ),
    max_size=16,
)


class Shop:
    """Four consultants and a manager who decides; what is refused changes nothing."""

    def __init__(self) -> None:
        self.branch = BranchFactory()
        self.people = [make_person(self.branch, Role.CONSULTANT, f"门市{n}") for n in range(PEOPLE)]
        self.manager = make_person(self.branch, Role.MANAGER, "店长")
        self.today = self.branch.today(NOON)

    def date(self, number: int):
        return self.today + timedelta(days=number)

    def carry_out(self, step) -> None:
        what, *given = step
        with suppress(REFUSED):
            getattr(self, what)(*given)

    def ask(self, who, deputy, first, last) -> None:
        days = [self.date(number) for number in range(first, last + 1)]
        leaves.ask_leave(
            user=self.people[who], branch=self.branch, starts_on=self.date(first), ends_on=self.date(last),
            deputies=dict.fromkeys(days, self.people[deputy]), by=self.people[who], now=NOON,
        )  # fmt: skip

    def of(self, number):
        rows = list(Leave.objects.order_by("pk"))
        if not rows:
            raise ValidationError("there is none")
        return rows[number % len(rows)]

    def grant(self, number) -> None:
        leaves.grant(self.of(number), by=self.manager, now=NOON)

    def refuse(self, number) -> None:
        leaves.refuse(self.of(number), why="too many", by=self.manager, now=NOON)

    def withdraw(self, number) -> None:
        leaves.withdraw(self.of(number), by=self.manager, now=NOON)

    def back(self, number, on) -> None:
        absence.come_back(self.of(number), by=self.manager, now=NOON + timedelta(days=on))

    def ill(self, who, deputy, on) -> None:
        absence.fall_ill(
            user=self.people[who], branch=self.branch, deputy=None if deputy is None else self.people[deputy],
            by=self.manager, now=NOON + timedelta(days=on),
        )  # fmt: skip

    def another(self, number, deputy, on) -> None:
        rows = list(LeaveDay.objects.order_by("pk"))
        if rows:
            off = rows[number % len(rows)]
            absence.change_deputy(off, to=self.people[deputy], by=self.manager, now=NOON + timedelta(days=on))


class AlwaysSomebodyThere(TestCase):
    @settings(max_examples=30, deadline=None)
    @given(steps)
    def test_r8_1_each_day_each_colleague_s_work_is_with_one_person_who_is_there(self, given_steps) -> None:
        shop = Shop()
        everybody = [*shop.people, shop.manager]
        for step in given_steps:
            shop.carry_out(step)
            for number in range(DAYS):
                date = shop.date(number)
                off = deputies_on(date, shop.branch)
                lists = {one.pk: stands_in_for(one, branch=shop.branch, day=date) for one in everybody}
                for one in everybody:
                    acting = who_acts_for(one, branch=shop.branch, day=date)
                    assert acting.pk not in off, f"nobody is there after {step}"
                    assert [pk for pk, work in lists.items() if one in work] == [acting.pk]

    @settings(max_examples=12, deadline=None)
    @given(steps)
    def test_r8_1_every_due_call_is_on_exactly_one_list(self, given_steps) -> None:
        shop = Shop()
        everybody = [*shop.people, shop.manager]
        for number, owner in enumerate(everybody):
            customer = Customer.objects.create(
                branch=shop.branch, name=f"顾客{number}", name_key=f"{number}", owner=owner
            )
            CallTask.objects.create(
                branch=shop.branch, customer=customer, kind="agree_date", dedupe_key=f"{shop.branch.pk}:{number}",
                due_at=NOON - timedelta(hours=1), created_at=NOON,
            )  # fmt: skip
        for step in given_steps:
            shop.carry_out(step)
        for number in range(DAYS):
            now = NOON + timedelta(days=number)
            found = [
                line.call.pk
                for one in everybody
                for line in call_lists.calls_due(
                    stands_in_for(one, branch=shop.branch, day=shop.date(number)), shop.branch, now
                )
            ]
            assert sorted(found) == sorted(
                CallTask.objects.filter(branch=shop.branch).values_list("pk", flat=True)
            )
