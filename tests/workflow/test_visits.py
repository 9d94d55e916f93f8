"""The visitor log: received, greeted, written down, and how it ended (R1.1, R1.3, R1.5, R2.3)."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from customers import files
from customers.files import MemberDraft, NumberTaken
from customers.models import Customer
from studio.foundation.models import StaleEdit
from tests import factories
from workflow import visits
from workflow.models import VisitEvent, VisitOutcome
from workflow.visit_history import of_customer
from workflow.visits import AlreadyEnded, NoCustomer, Party

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(shop, now):
    return visits.receive(branch=shop.branch, by=shop.owner, now=now)


def party(*names, phone="13800138000"):
    members = [MemberDraft(name, "ms", "bride") for name in names]
    return Party(kind="couple", members=members, phones=[phone] if phone else [])


def test_r1_1_one_press_starts_the_clock_and_names_the_consultant(shop, visit, now):
    assert (visit.arrived_at, visit.consultant, visit.customer) == (now, shop.owner, None)
    assert (visit.outcome, visit.greeted_at) == (VisitOutcome.OPEN, None)
    assert VisitEvent.objects.get().parameters == {"consultant": shop.owner.pk, "reason": "next"}


def test_r1_5_the_greeting_stands_once(shop, visit, now):
    visits.greet(visit, by=shop.owner, now=now + timedelta(minutes=1))
    visits.greet(visit, by=shop.owner, now=now + timedelta(minutes=9))
    visit.refresh_from_db()
    assert visit.greeted_at == now + timedelta(minutes=1)
    assert visit.events.filter(kind="greeted").count() == 1


def test_r1_5_a_clock_that_runs_behind_greets_nobody_before_they_came(shop, visit, now):
    assert visits.greet(visit, by=shop.owner, now=now - timedelta(minutes=1)).greeted_at == now


def test_r2_3_what_they_told_us_is_kept_and_the_event_names_the_fields(shop, visit, now):
    row = visits.describe(
        visit,
        version=1,
        by=shop.owner,
        now=now,
        party_size=3,
        came_for="wedding photos \u202e",
        interest="desire",
        notes="one\r\ntwo",
        heard_from="friend",
    )
    assert (row.version, row.came_for, row.notes) == (2, "wedding photos", "one\ntwo")
    assert row.events.last().parameters == {
        "fields": ["came_for", "heard_from", "interest", "notes", "party_size"]
    }
    again = visits.describe(row, version=2, by=shop.owner, now=now, party_size=3)
    assert again.version == 2


def test_a_stale_intake_is_refused(shop, visit, now):
    visits.describe(visit, version=1, by=shop.owner, now=now, party_size=3)
    with pytest.raises(StaleEdit) as refusal:
        visits.describe(visit, version=1, by=shop.colleague, now=now, party_size=4)
    changes = refusal.value.current.recent_changes()
    assert changes[0]["by"] == shop.owner


@pytest.mark.parametrize("field", ["outcome", "consultant", "version", "branch", "greeted_at", "turn"])
def test_what_has_a_door_of_its_own_is_not_described(shop, visit, now, field):
    with pytest.raises(TypeError):
        visits.describe(visit, version=1, by=shop.owner, now=now, **{field: None})


def test_wish_dates_lie_in_reach(shop, visit, now):
    day = shop.branch.today(now)
    for wish in (day - timedelta(days=1), day + timedelta(days=366 * 6)):
        with pytest.raises(ValidationError):
            visits.describe(visit, version=1, by=shop.owner, now=now, wish_date=wish)
    row = visits.describe(visit, version=1, by=shop.owner, now=now, wish_date=day)
    later = now + timedelta(days=30)
    assert visits.describe(row, version=2, by=shop.owner, now=later, wish_date=day, notes="x").notes == "x"


def test_r1_1_the_first_name_opens_the_file_of_who_receives_them(shop, visit, now):
    row = visits.take_down(
        visit, version=1, by=shop.colleague, now=now, party=party("李娜"), heard_from="friend"
    )
    customer = Customer.objects.get()
    assert row.customer == customer
    assert customer.owner == shop.owner == row.consultant
    assert customer.heard_from == "friend"


def test_a_known_number_rolls_the_whole_intake_back(shop, visit, now):
    known = factories.CustomerFactory(branch=shop.branch, owner=shop.owner, phone="+8613800138000")
    with pytest.raises(NumberTaken) as refusal:
        visits.take_down(visit, version=1, by=shop.owner, now=now, party=party("李娜"), notes="typed")
    assert refusal.value.customer == known
    visit.refresh_from_db()
    assert (visit.notes, visit.version) == ("", 1)


def test_the_customer_of_another_branch_is_not_attached(shop, visit, now):
    other = factories.CustomerFactory(branch=shop.other_branch, owner=shop.neighbour)
    with pytest.raises(ValidationError):
        visits.attach_customer(visit, other, by=shop.owner, now=now)


def test_r1_3_lost_with_a_reason_stays_in_the_log(shop, visit, now):
    visits.describe(visit, version=1, by=shop.owner, now=now, notes="liked the sea")
    row = visits.end(visit, outcome="lost", loss_reason="price", by=shop.owner, now=now)
    assert (row.outcome, row.loss_reason, row.ended_at) == ("lost", "price", now)
    assert row.notes == "liked the sea"
    assert row.events.last().sentence == "Lost (price)"


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [("lost", ""), ("lost", "whim"), ("undecided", "price"), ("open", "price"), ("", ""), ("shut", "")],
)
def test_r1_3_an_outcome_that_makes_no_sense_is_refused(shop, visit, now, outcome, reason):
    with pytest.raises(ValueError, match=r"is not a valid|Only a lost"):
        visits.end(visit, outcome=outcome, loss_reason=reason, by=shop.owner, now=now)
    visit.refresh_from_db()
    assert visit.outcome == "open"


def test_r1_3_nothing_is_won_without_a_customer(shop, visit, now):
    with pytest.raises(NoCustomer):
        visits.end(visit, outcome="won", by=shop.owner, now=now)


def test_r1_3_a_repeat_does_nothing_and_the_undecided_can_still_be_won(shop, visit, now):
    visits.end(visit, outcome="undecided", by=shop.owner, now=now)
    visits.end(visit, outcome="undecided", by=shop.owner, now=now + timedelta(hours=1))
    assert visit.events.filter(kind="ended").count() == 1
    with pytest.raises(AlreadyEnded):
        visits.end(visit, outcome="lost", loss_reason="price", by=shop.owner, now=now)
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner)
    visits.attach_customer(visit, customer, by=shop.owner, now=now)
    row = visits.end(visit, outcome="won", by=shop.owner, now=now + timedelta(hours=2))
    assert row.outcome == "won"
    assert row.ended_at == now


def test_an_outcome_pressed_by_mistake_is_taken_back_but_not_a_sale(shop, visit, now):
    visits.end(visit, outcome="lost", loss_reason="left", by=shop.owner, now=now)
    assert visits.reopen(visit, by=shop.owner, now=now).outcome == "open"
    visits.reopen(visit, by=shop.owner, now=now)
    assert visit.events.filter(kind="reopened").count() == 1
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner)
    visits.attach_customer(visit, customer, by=shop.owner, now=now)
    visits.end(visit, outcome="won", by=shop.owner, now=now)
    with pytest.raises(AlreadyEnded):
        visits.reopen(visit, by=shop.owner, now=now)
    other = factories.CustomerFactory(branch=shop.branch, owner=shop.owner)
    with pytest.raises(AlreadyEnded):
        visits.attach_customer(visit, other, by=shop.owner, now=now)


def test_the_visit_stands_on_the_customers_timeline(shop, visit, now):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner)
    visits.attach_customer(visit, customer, by=shop.owner, now=now)
    visits.end(visit, outcome="lost", loss_reason="family", by=shop.owner, now=now)
    (entry,) = of_customer(customer)
    assert (entry.text, entry.link) == ("Was here: Lost (family disagrees)", visit.get_absolute_url())


def test_f8_a_number_of_ours_is_unknown_next_door(shop, visit, now):
    visits.take_down(visit, version=1, by=shop.owner, now=now, party=party("李娜"))
    assert files.find_by_number("13800138000", branch=shop.branch) is not None
    assert files.find_by_number("13800138000", branch=shop.other_branch) is None
