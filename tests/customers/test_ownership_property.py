"""R1.1, R1.4 for any story: each active customer has exactly one owner with a place, and the history adds up."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from customers import disputes, files, leaving, ownership
from customers.files import CannotOwn
from customers.leaving import CannotLeave
from customers.models import Dispute, TransferRequest
from studio.foundation.models import StaleEdit
from studio.staff.models import Membership, User
from tests import factories
from tests.customers.owning import assert_owned_once, opened

NOON = datetime(2026, 5, 16, 4, 0, tzinfo=UTC)
PEOPLE = ("owner", "colleague", "third", "manager", "general_manager", "artist", "neighbour")
REFUSALS = (CannotOwn, CannotLeave, ValidationError, StaleEdit)
person = st.sampled_from(PEOPLE)
number = st.integers(0, 20)


class Stories(RuleBasedStateMachine):
    """Opens, asks, grants, refusals, transfers, disputes, leavings and returns, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = factories.make_shop()
        self.shop.third = factories.make_person(self.shop.branch, "consultant", "许静")
        self.now = NOON
        self.customers = [opened(self.shop, self.now)]

    def attempt(self, action) -> None:
        self.now += timedelta(minutes=1)
        with contextlib.suppress(*REFUSALS):
            action()

    def who(self, name: str) -> User:
        return User.objects.get(pk=getattr(self.shop, name).pk)

    @rule(name=person)
    def open(self, name):
        self.attempt(lambda: self.customers.append(opened(self.shop, self.now, self.who(name))))

    @rule(which=number, to=person, by=person)
    def ask(self, which, to, by):
        customer = self.customers[which % len(self.customers)]
        to, by = self.who(to), self.who(by)
        self.attempt(lambda: ownership.ask_for_transfer(customer, to=to, reason="asked", by=by, now=self.now))

    @rule(which=number, to=st.one_of(st.none(), person))
    def wish(self, which, to):
        customer = self.customers[which % len(self.customers)]
        wished = self.who(to) if to else None
        self.attempt(lambda: ownership.ask_in_private(customer, to=wished, note="", now=self.now))

    @rule(which=number, to=st.one_of(st.none(), person))
    def grant(self, which, to):
        rows = list(TransferRequest.objects.order_by("pk"))
        if rows:
            chosen = self.who(to) if to else None
            row = rows[which % len(rows)]
            self.attempt(lambda: ownership.grant(row, to=chosen, by=self.shop.manager, now=self.now))

    @rule(which=number)
    def refuse(self, which):
        rows = list(TransferRequest.objects.order_by("pk"))
        if rows:
            row = rows[which % len(rows)]
            self.attempt(lambda: ownership.refuse(row, why="No", by=self.shop.manager, now=self.now))

    @rule(which=number, to=person)
    def transfer(self, which, to):
        customer, heir = self.customers[which % len(self.customers)], self.who(to)
        self.attempt(
            lambda: files.transfer(customer, to=heir, reason="load", by=self.shop.manager, now=self.now)
        )

    @rule(which=number, by=person)
    def claim(self, which, by):
        customer, claimant = self.customers[which % len(self.customers)], self.who(by)
        self.attempt(lambda: disputes.raise_dispute(customer, claim="Mine", by=claimant, now=self.now))

    @rule(which=number, outcome=st.sampled_from(["stays", "transferred", "shared", "withdrawn"]))
    def decide(self, which, outcome):
        rows = list(Dispute.objects.order_by("pk"))
        if rows:
            row = rows[which % len(rows)]
            self.attempt(
                lambda: disputes.decide(row, outcome=outcome, why="So", by=self.shop.manager, now=self.now)
            )

    @rule(name=st.sampled_from(PEOPLE[:4]))
    def leave(self, name):
        user = self.who(name)
        by = self.shop.general_manager
        self.attempt(lambda: leaving.let_go(user, self.shop.branch, by=by, now=self.now))

    @rule(name=st.sampled_from(PEOPLE[:4]))
    def come_back(self, name):
        Membership.objects.filter(user=self.who(name)).update(is_active=True)
        User.objects.filter(pk=self.who(name).pk).update(is_active=True)

    @invariant()
    def everybody_has_one_owner(self):
        assert_owned_once(self.shop.branch)

    @invariant()
    def at_most_one_shared_case_and_it_is_the_owners(self):
        for customer in self.customers:
            customer.refresh_from_db()
            case = customer.shared_cases.filter(ended_at=None).first()
            assert case is None or case.first_id == customer.owner_id != case.second_id


class InOneTransaction(Stories):
    """Each story starts from nothing: what it wrote is rolled back at its end."""

    def __init__(self) -> None:
        self.outer = transaction.atomic()
        self.outer.__enter__()
        super().__init__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.outer.__exit__(None, None, None)


@pytest.mark.django_db
def test_r1_1_any_story_leaves_each_customer_with_one_owner():
    thorough = settings(
        max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(InOneTransaction, settings=thorough)
