"""F1: who asks for the first consultant half-way makes it a shared case; the credit of a sale is split."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from bookings.till import Money
from customers import disputes, files, leaving
from tests import factories
from tests.bookings.together import together
from tests.customers.owning import opened
from workflow import credit, shared_cases, visits
from workflow.models import IncomingCall, RotationRules, SharedCase
from workflow.orders import sell_and_open

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def customer(shop, now):
    return opened(shop, now)


def share(shop, customer, now, **more):
    more = {"second": shop.colleague, "why": "Both served", "by": shop.manager, "now": now} | more
    return shared_cases.share(customer, **more)


def sell(shop, customer, now):
    money = Money("earnest", "cash", Decimal("1000"))
    return sell_and_open(
        customer=customer, package_version=shop.package, by=shop.owner, now=now, terms_accepted=True, payment=money
    )  # fmt: skip


def received_by(shop, customer, now, who):
    """A visit of this customer that `who` has begun."""
    visit = visits.receive(branch=shop.branch, by=shop.owner, now=now, customer=customer)
    return (
        visits.pass_on(visit, to=who, why="Began", by=shop.owner, now=now)
        if visit.consultant != who
        else visit
    )


# --- Agreeing it -------------------------------------------------------------------------------
def test_f1_half_each_unless_the_branch_agreed_otherwise(shop, customer, now):
    case = share(shop, customer, now)
    assert (case.first, case.second, case.first_percent) == (shop.owner, shop.colleague, 50)
    shared_cases.end_share(case, by=shop.manager, now=now)
    RotationRules.objects.create(branch=shop.branch, first_share=70)
    assert share(shop, customer, now).first_percent == 70


def test_a_repeat_is_the_same_case_and_a_third_one_has_to_wait(shop, customer, now):
    assert share(shop, customer, now) == share(shop, customer, now, first_percent=10)
    with pytest.raises(ValidationError, match="already"):
        share(shop, customer, now, second=shop.manager)
    assert SharedCase.objects.get().first_percent == 50


@pytest.mark.parametrize(
    "wrong",
    [{"why": " "}, {"first_percent": 0}, {"first_percent": 100}, {"first_percent": -1}, {"first_percent": 10**9}],
)  # fmt: skip
def test_what_cannot_be_agreed_is_refused_in_words(shop, customer, now, wrong):
    with pytest.raises(ValidationError):
        share(shop, customer, now, **wrong)
    for nobody in (shop.owner, shop.artist, shop.neighbour):
        with pytest.raises(ValidationError):
            share(shop, customer, now, second=nobody)
    assert not SharedCase.objects.exists()


def test_f1_asking_for_the_first_consultant_half_way_shares_the_case(shop, customer, now):
    visit = received_by(shop, customer, now, shop.colleague)
    case = shared_cases.agree_half_way(visit, by=shop.colleague, now=now)
    visit.refresh_from_db()
    customer.refresh_from_db()
    assert visit.consultant == customer.owner == shop.owner
    assert (case.first, case.second, case.visit) == (shop.owner, shop.colleague, visit)
    assert shared_cases.agree_half_way(visit, by=shop.colleague, now=now) is None
    for language, words in [("en", "first consultant half-way"), ("zh-hans", "中途"), ("zh-hant", "中途")]:
        with translation.override(language):
            assert words in case.why_in_words
            assert words in visit.passed_on_in_words


def test_r8_2_is_the_first_one_off_their_deputy_serves_and_the_case_is_the_owners(shop, customer, now):

    today = shop.branch.today(now)
    factories.LeaveFactory(
        branch=shop.branch, user=shop.owner, starts_on=today, ends_on=today, deputy=shop.manager
    )
    visit = received_by(shop, customer, now, shop.colleague)
    case = shared_cases.agree_half_way(visit, by=shop.colleague, now=now)
    visit.refresh_from_db()
    assert visit.consultant == shop.manager
    assert (case.first, case.second) == (shop.owner, shop.colleague)


def test_who_has_no_first_consultant_shares_nothing(shop, now):
    visit = visits.receive(branch=shop.branch, by=shop.owner, now=now)
    assert shared_cases.agree_half_way(visit, by=shop.owner, now=now) is None


def test_a_manager_agrees_another_split(shop, customer, now):
    case = share(shop, customer, now)
    shared_cases.adjust(case, first_percent=30, by=shop.manager, now=now)
    shared_cases.adjust(case, first_percent=30, by=shop.manager, now=now)
    assert SharedCase.objects.get().first_percent == 30
    told = customer.events.get(kind="share_adjusted")
    assert told.parameters["percent"] == 30
    shared_cases.end_share(case, by=shop.manager, now=now)
    with pytest.raises(ValidationError):
        shared_cases.adjust(case, first_percent=40, by=shop.manager, now=now)


def test_r1_4_another_owner_ends_what_the_two_before_agreed(shop, customer, now):
    share(shop, customer, now)
    files.transfer(customer, to=shop.colleague, by=shop.manager, reason="asked", now=now)
    assert SharedCase.objects.get().ended_at == now


@pytest.mark.parametrize("who", ["owner", "colleague"])
def test_with_who_leaves_the_house_nothing_more_is_shared(shop, customer, now, who):
    share(shop, customer, now)
    leaving.let_go(getattr(shop, who), shop.branch, by=shop.manager, now=now)
    assert SharedCase.objects.get().ended_at == now


@pytest.mark.django_db(transaction=True)
def test_eight_managers_at_once_agree_one_case(shop, now):
    customer = opened(shop, now)
    answers = together([lambda: share(shop, customer, now)] * 8)
    assert {answer.pk for answer in answers} == {SharedCase.objects.get().pk}


@pytest.mark.django_db(transaction=True)
def test_pressed_at_two_desks_half_way_is_half_way_once(shop, now):
    customer = opened(shop, now)
    visit = received_by(shop, customer, now, shop.colleague)
    answers = together([lambda: shared_cases.agree_half_way(visit, by=shop.colleague, now=now)] * 6)
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    assert SharedCase.objects.count() == 1


# --- Credit --------------------------------------------------------------------------------------
def test_f1_a_sale_is_the_owners(shop, customer, now):
    assert credit.of_booking(sell(shop, customer, now).booking) == [(shop.owner, 100)]


def test_f1_a_shared_case_splits_what_is_sold_while_it_is_open(shop, customer, now):
    before = sell(shop, customer, now).booking
    case = share(shop, customer, now + HOUR, first_percent=60)
    within = sell(shop, customer, now + 2 * HOUR).booking
    shared_cases.end_share(case, by=shop.manager, now=now + 3 * HOUR)
    after = sell(shop, customer, now + 4 * HOUR).booking
    assert credit.of_booking(before) == credit.of_booking(after) == [(shop.owner, 100)]
    assert credit.of_booking(within) == [(shop.owner, 60), (shop.colleague, 40)]


def test_f1_a_later_owner_takes_no_credit_away(shop, customer, now):
    sold = sell(shop, customer, now).booking
    share(shop, customer, now + HOUR)
    shared = sell(shop, customer, now + HOUR).booking
    files.transfer(customer, to=shop.manager, by=shop.general_manager, reason="load", now=now + 2 * HOUR)
    assert credit.of_booking(sold) == [(shop.owner, 100)]
    assert credit.of_booking(shared) == [(shop.owner, 50), (shop.colleague, 50)]


def test_f1_the_order_shows_whose_sale_it_was(shop, customer, now, sign_in):
    share(shop, customer, now)
    order = sell(shop, customer, now + HOUR)
    page = sign_in(shop.owner).get(order.get_absolute_url()).content.decode()
    assert "Sale of" in page
    assert "50 %" in page


# --- Evidence ------------------------------------------------------------------------------------
def test_r1_4_the_evidence_tells_of_turns_visits_calls_shares_and_sales(shop, customer, now):
    visit = received_by(shop, customer, now, shop.colleague)
    shared_cases.agree_half_way(visit, by=shop.colleague, now=now + HOUR)
    sell(shop, customer, now + 2 * HOUR)
    told = [entry.text for entry in disputes.evidence(customer)]
    for words in (
        "Turn of 陈晓静",
        "Visit: They came in",
        "Visit: Went on to a colleague",
        "Shared with 周敏",
    ):
        assert any(words in line for line in told), words
    assert any("old" in line for line in told)
    assert told.index("File opened; 陈晓静 received them first") == 0
    mine = disputes.evidence(customer, of=shop.colleague.pk)
    assert 0 < len(mine) < len(told)


def test_the_evidence_of_a_long_story_costs_no_more_queries(
    shop, customer, now, django_assert_max_num_queries
):
    for number in range(6):
        visit = visits.receive(branch=shop.branch, by=shop.owner, now=now + number * HOUR, customer=customer)
        visits.end(visit, outcome="undecided", by=shop.owner, now=now + number * HOUR)
    with django_assert_max_num_queries(12):
        assert len(disputes.evidence(customer)) > 15


# --- Leaving with things in hand -------------------------------------------------------------------
def test_r1_4_visits_and_call_backs_go_on_with_the_customers(shop, customer, now):

    visit = received_by(shop, customer, now, shop.owner)
    stranger = visits.receive(branch=shop.branch, by=shop.owner, now=now)
    visits.pass_on(stranger, to=shop.owner, why="Began", by=shop.owner, now=now)
    call = IncomingCall.objects.create(
        branch=shop.branch, customer=customer, handler=shop.owner, state="parked", call_back_at=now + HOUR, rang_at=now
    )  # fmt: skip
    leaving.let_go(shop.owner, shop.branch, by=shop.manager, now=now)
    for row in (visit, stranger, call):
        row.refresh_from_db()
    assert visit.consultant == stranger.consultant == call.handler == shop.colleague
    assert call.events.get().kind == "handed_on"


def test_r1_4_open_orders_and_prospects_weigh_more(shop, customer, now):
    sell(shop, customer, now)
    prospect = opened(shop, now)
    visits.receive(branch=shop.branch, by=shop.owner, now=now, customer=prospect)
    opened(shop, now)
    weights = {share.customer.pk: share.weight for share in leaving.propose(shop.owner, shop.branch).shares}
    assert sorted(weights.values(), reverse=True) == [3, 2, 1]
    assert weights[customer.pk] == 3


@pytest.mark.django_db(transaction=True)
def test_leaving_while_visitors_come_and_go_on_locks_nobody_out(shop, now):

    factories.make_person(shop.branch, "consultant", "许静")
    customers = [opened(shop, now) for _number in range(4)]
    visit = received_by(shop, customers[0], now, shop.colleague)

    def receive(customer):
        return lambda: visits.receive(branch=shop.branch, by=shop.manager, now=now, customer=customer)

    actions = [lambda: leaving.let_go(shop.owner, shop.branch, by=shop.manager, now=now)]
    actions += [receive(customer) for customer in customers]
    actions += [lambda: shared_cases.agree_half_way(visit, by=shop.manager, now=now)]
    answers = together(actions)
    failed = [answer for answer in answers if isinstance(answer, Exception)]
    assert all(isinstance(error, ValidationError) for error in failed), failed
    assert not shop.owner.visits.filter(outcome="open").exists()


# --- Who has the customer now ----------------------------------------------------------------------
def test_r5_1_owner_and_holder_are_two_things_and_are_shown_so(shop, sign_in):
    now = timezone.now()
    customer = opened(shop, now)
    received_by(shop, customer, now, shop.colleague)
    page = sign_in(shop.owner).get(customer.get_absolute_url()).content.decode()
    part = page[page.index('id="owner"') : page.index("</section>", page.index('id="owner"'))]
    assert "陈晓静" in part
    assert "With now" in part
    assert "周敏" in part
