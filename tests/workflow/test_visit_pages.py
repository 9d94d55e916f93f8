"""The one press, the one screen and the log, as a browser uses them."""

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from customers import files
from customers.models import Customer
from tests import factories
from workflow import rotation, visits
from workflow.models import Visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(shop, sign_in):
    return sign_in(shop.owner)


@pytest.fixture
def visit(shop):
    return visits.receive(branch=shop.branch, by=shop.owner, now=timezone.now())


def typed(version=1, names=("",), **more):
    """What the browser sends for the intake."""
    data = {
        "version": str(version),
        "phone": "",
        "kind": "couple",
        "special_care": "",
        "party_size": "2",
        "heard_from": "",
        "came_for": "",
        "wish_date": "",
        "interest": "",
        "notes": "",
        "guests-TOTAL_FORMS": str(len(names)),
        "guests-INITIAL_FORMS": "0",
        "do": "save",
    }
    for number, name in enumerate(names):
        data |= {f"guests-{number}-name": name, f"guests-{number}-salutation": ["ms", "mr"][number % 2]}
    return data | more


# --- Receiving ------------------------------------------------------------------------------
def test_r1_1_one_press_and_the_intake_is_there(shop, desk):
    page = desk.get("/").content.decode()
    submission = re.search(r'name="submission" value="([^"]+)"', page)[1]
    first = desk.post("/visits/", {"submission": submission})
    again = desk.post("/visits/", {"submission": submission})
    assert first["Location"] == again["Location"] == Visit.objects.get().get_absolute_url()
    assert "What they told us" in desk.get(first["Location"]).content.decode()


def test_f1_from_the_file_a_returning_customer_goes_to_their_owner(shop, desk):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.colleague)
    assert "They are here: receive" in desk.get(customer.get_absolute_url()).content.decode()
    page = desk.post("/visits/", {"customer": customer.pk}, follow=True).content.decode()
    visit = Visit.objects.get()
    assert (visit.consultant, visit.turn.counts) == (shop.colleague, False)
    assert "周敏 receives them: please fetch 周敏." in page


@pytest.mark.parametrize("typed_id", ["x", "0", "9" * 40, "-1", "²"])
def test_a_crafted_customer_is_not_there(shop, desk, typed_id):
    assert desk.post("/visits/", {"customer": typed_id}).status_code == 404


def test_the_neighbours_customer_is_not_there(shop, desk):
    other = factories.CustomerFactory(branch=shop.other_branch, owner=shop.neighbour)
    assert desk.post("/visits/", {"customer": other.pk}).status_code == 404
    assert not Visit.objects.exists()


@pytest.mark.parametrize("who", ["artist", "cashier", "administrator"])
def test_only_the_front_receives(shop, sign_in, visit, who):
    client = sign_in(getattr(shop, who))
    for address in ("/visits/", "/rotation/", visit.get_absolute_url(), "/visits/number/?phone=1"):
        assert client.get(address).status_code == 403
    assert client.post("/visits/").status_code == 403


# --- The intake -----------------------------------------------------------------------------
def test_r1_1_a_name_opens_the_file_and_the_visit_has_its_customer(shop, desk, visit):
    response = desk.post(
        visit.get_absolute_url(),
        typed(
            names=("李娜", "张伟"),
            phone="１３８ 0013 8000",
            came_for="wedding",
            special_care="Pregnant, week 14",
            heard_from="friend",
        ),
    )
    assert response["Location"] == visit.get_absolute_url()
    customer = Customer.objects.get()
    assert (customer.owner, customer.name) == (shop.owner, "李娜 & 张伟")
    assert [(m.name, m.role) for m in customer.members.all()] == [("李娜", "bride"), ("张伟", "groom")]
    assert customer.special_care == "Pregnant, week 14"
    page = desk.get(visit.get_absolute_url()).content.decode()
    assert "李娜 &amp; 张伟" in page
    assert 'name="phone"' not in page


def test_an_anonymous_visit_is_kept_without_a_name(shop, desk, visit):
    desk.post(visit.get_absolute_url(), typed(came_for="baby photos", notes="will come back"))
    visit.refresh_from_db()
    assert (visit.customer, visit.came_for, visit.notes) == (None, "baby photos", "will come back")


@pytest.mark.parametrize("more", [{"phone": "13800138000"}, {"special_care": "Nuts"}])
def test_a_number_needs_somebody_whose_it_is(shop, desk, visit, more):
    response = desk.post(visit.get_absolute_url(), typed(notes="kept", **more))
    page = response.content.decode()
    assert response.status_code == 422
    assert "Write down at least one name" in page
    assert "kept" in page
    assert next(iter(more.values())) in page


def test_r1_5_greeted_in_one_press(shop, desk, visit):
    desk.post(f"/visits/{visit.pk}/greeting/")
    visit.refresh_from_db()
    assert visit.greeted_at
    assert "Not greeted yet" not in desk.get("/").content.decode()


def test_r1_5_greeting_on_the_intake_saves_what_is_typed(shop, desk, visit):
    desk.post(visit.get_absolute_url(), typed(do="greet", notes="typed meanwhile"))
    visit.refresh_from_db()
    assert visit.greeted_at
    assert visit.notes == "typed meanwhile"


def test_r1_3_won_leads_to_the_sale_with_what_was_typed_saved(shop, desk, visit):
    response = desk.post(visit.get_absolute_url(), typed(do="won", names=("李娜",), notes="yes!"))
    visit.refresh_from_db()
    assert response["Location"].endswith(f"?visit={visit.pk}")
    assert str(visit.customer_id) in response["Location"]
    assert (visit.outcome, visit.notes) == ("open", "yes!")


def test_r1_3_won_without_a_name_says_what_is_missing(shop, desk, visit):
    response = desk.post(visit.get_absolute_url(), typed(do="won", notes="yes!"))
    assert response.status_code == 422
    assert "an order needs a customer" in response.content.decode()
    visit.refresh_from_db()
    assert visit.notes == ""


@pytest.mark.parametrize(
    ("pressed", "outcome", "reason"),
    [
        ("undecided", "undecided", ""),
        ("lost-price", "lost", "price"),
        ("lost-date_full", "lost", "date_full"),
    ],
)
def test_r1_3_one_press_ends_the_visit(shop, desk, visit, pressed, outcome, reason):
    response = desk.post(visit.get_absolute_url(), typed(do=pressed, notes="typed"))
    assert response["Location"] == "/"
    visit.refresh_from_db()
    assert (visit.outcome, visit.loss_reason, visit.notes) == (outcome, reason, "typed")


@pytest.mark.parametrize("pressed", ["lost-", "lost-whim", "closed", "open", "lost-price; DROP", "x" * 5000])
def test_a_crafted_press_only_saves(shop, desk, visit, pressed):
    assert desk.post(visit.get_absolute_url(), typed(do=pressed)).status_code == 302
    visit.refresh_from_db()
    assert visit.outcome == "open"


def test_r1_5_left_before_talking_in_one_press_and_taken_back(shop, desk, visit):
    desk.post(f"/visits/{visit.pk}/departure/")
    visit.refresh_from_db()
    assert (visit.outcome, visit.loss_reason) == ("lost", "left")
    page = desk.get(visit.get_absolute_url()).content.decode()
    assert "Take the outcome back" in page
    desk.post(f"/visits/{visit.pk}/reopening/")
    visit.refresh_from_db()
    assert visit.outcome == "open"


def test_what_has_ended_does_not_end_again_otherwise(shop, desk, visit):
    visits.end(visit, outcome="undecided", by=shop.owner, now=timezone.now())
    response = desk.post(visit.get_absolute_url(), typed(version=2, do="lost-price", notes="kept"))
    assert response.status_code == 422
    assert "has ended already" in response.content.decode()
    page = desk.post(f"/visits/{visit.pk}/departure/", follow=True).content.decode()
    assert "has ended already" in page


def test_two_people_on_one_intake_the_second_is_told(shop, desk, sign_in, visit):
    sign_in(shop.colleague).post(visit.get_absolute_url(), typed(notes="theirs"))
    response = desk.post(visit.get_absolute_url(), typed(notes="mine", names=("李娜",)))
    page = response.content.decode()
    assert response.status_code == 409
    assert "mine" in page
    assert "周敏" in page
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    "field", ["outcome", "consultant", "greeted_at", "branch", "customer", "loss_reason", "turn"]
)
def test_fields_that_the_form_does_not_show_change_nothing(shop, desk, visit, field):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.colleague)
    desk.post(visit.get_absolute_url(), typed(notes="x", **{field: str(customer.pk)}))
    after = Visit.objects.get()
    assert (after.outcome, after.consultant, after.customer) == ("open", shop.owner, None)
    assert after.greeted_at is None
    assert after.turn == visit.turn


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("phone", "1380", "too short"),
        ("party_size", "0", "greater than or equal to 1"),
        ("party_size", "9" * 40, "less than or equal to 60"),
        ("party_size", "NaN", "whole number"),
        ("wish_date", "0001-01-01", "lies outside"),
        ("wish_date", "9999-12-31", "lies outside"),
        ("wish_date", "2000-01-01", "lies outside"),
        ("notes", "x" * 1_000_000, "at most 2000"),
        ("came_for", "x" * 121, "at most 120"),
        ("interest", "love", "love is not one of"),
        ("visitor_kind", "thief", "thief is not one of"),
        ("guests-0-name", "长" * 41, "at most 40"),
        ("guests-TOTAL_FORMS", "999", "at most 12"),
    ],
)
def test_bad_input_gets_a_sentence_and_loses_nothing(shop, desk, visit, field, value, sentence):
    data = typed(names=("李娜",), came_for="wedding") | {field: value}
    response = desk.post(visit.get_absolute_url(), data)
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    if field not in {"came_for", "guests-0-name", "guests-TOTAL_FORMS"}:
        assert 'value="wedding"' in page
        assert 'value="李娜"' in page
    assert not Customer.objects.exists()


def test_a_wish_date_before_the_visit_is_refused_at_its_field(shop, desk, visit):
    day = shop.branch.today(timezone.now()) - timedelta(days=2)
    response = desk.post(visit.get_absolute_url(), typed(wish_date=day.isoformat()))
    assert response.status_code == 422
    assert "lies between the day of the visit" in response.content.decode()


def test_more_people_without_javascript(shop, desk, visit):
    page = desk.post(visit.get_absolute_url(), typed(names=("李娜",), more="guests")).content.decode()
    assert 'name="guests-3-name"' in page
    assert 'value="李娜"' in page
    assert not Customer.objects.exists()


# --- Numbers --------------------------------------------------------------------------------
def known_customer(shop, owner):
    return factories.CustomerFactory(branch=shop.branch, owner=owner, phone="+8613800138000")


def test_a_known_number_shows_at_once_with_owner_and_what_to_keep_in_mind(shop, desk, visit):
    customer = known_customer(shop, shop.colleague)
    files.add_taboo(customer, "Never mention her father", by=shop.colleague, now=timezone.now())
    page = desk.get("/visits/number/", {"phone": "138-0013-8000"}).content.decode()
    for piece in ("张伟 &amp; 李娜", "周敏", "Never mention her father", "This is them"):
        assert piece in page
    assert "<html" not in page


@pytest.mark.parametrize("phone", ["", "138", "x", "\x00", "9" * 5000, "13900139000"])
def test_an_unknown_number_shows_nothing(shop, desk, phone):
    response = desk.get("/visits/number/", {"phone": phone})
    assert response.status_code == 200
    assert response.content.decode().strip() == ""


def test_f8_the_neighbours_customer_shows_only_owner_and_branch(shop, desk):
    other = factories.CustomerFactory(
        branch=shop.other_branch, owner=shop.neighbour, name="秘密", phone="+8613800138000"
    )
    page = desk.get("/visits/number/", {"phone": "13800138000"}).content.decode()
    assert "A customer of 黃店長, Taipei." in page
    for secret in ("秘密", f"/customers/{other.pk}/", "This is them", "button"):
        assert secret not in page


def test_r1_2_this_is_them_attaches_and_the_owner_takes_over(shop, desk, visit):
    customer = known_customer(shop, shop.colleague)
    data = typed(names=("",), phone="13800138000", notes="typed", attach=str(customer.pk))
    desk.post(visit.get_absolute_url(), data)
    visit.refresh_from_db()
    assert (visit.customer, visit.consultant, visit.notes) == (customer, shop.colleague, "typed")
    assert Customer.objects.count() == 1


def test_without_javascript_a_known_number_shows_on_sending(shop, desk, visit):
    known_customer(shop, shop.colleague)
    for names in (("",), ("李娜",)):
        response = desk.post(visit.get_absolute_url(), typed(names=names, phone="138 0013 8000"))
        page = response.content.decode()
        assert response.status_code == 422
        assert "This is them" in page
        assert "This belongs to" in page
        assert 'value="138 0013 8000"' in page


def test_the_neighbours_file_is_not_attached(shop, desk, visit):
    other = factories.CustomerFactory(branch=shop.other_branch, owner=shop.neighbour)
    for chosen in (str(other.pk), "x", "9" * 50):
        assert desk.post(visit.get_absolute_url(), typed(attach=chosen)).status_code == 404
    visit.refresh_from_db()
    assert visit.customer is None


@pytest.mark.parametrize(
    ("day", "shown"),
    [("2026-10-01", "Lunar month 8, day 21"), ("0001-01-01", ""), ("x", ""), ("", ""), ("9999-12-31", "")],
)
def test_the_wish_date_shows_its_lunar_date(shop, desk, day, shown):
    page = desk.get("/visits/lunar/", {"wish_date": day}).content.decode()
    assert shown in page
    assert bool(shown) == bool(page.strip())


# --- Log, rotation, neighbour ---------------------------------------------------------------
def test_the_log_shows_a_day_and_filters_by_outcome(shop, desk, visit):
    visits.end(visit, outcome="lost", loss_reason="price", by=shop.owner, now=timezone.now())
    other = visits.receive(branch=shop.branch, by=shop.owner, now=timezone.now())
    everything = desk.get("/visits/").content.decode()
    assert visit.get_absolute_url() in everything
    assert other.get_absolute_url() in everything
    lost = desk.get("/visits/?outcome=lost").content.decode()
    assert visit.get_absolute_url() in lost
    assert other.get_absolute_url() not in lost
    assert visit.get_absolute_url() not in desk.get("/visits/?day=2026-01-01").content.decode()


@pytest.mark.parametrize("day", ["x", "0001-01-01", "9999-12-31", "2026-02-30", "\x00", "1" * 5000])
def test_any_day_in_the_address_is_answered(shop, desk, day):
    assert desk.get("/visits/", {"day": day, "outcome": "x", "page": "x"}).status_code == 200


@pytest.mark.parametrize(
    ("method", "tail"),
    [("get", ""), ("post", ""), ("post", "greeting/"), ("post", "departure/"), ("post", "reopening/")],
)
def test_the_neighbour_branch_finds_nothing(shop, sign_in, visit, method, tail):
    response = getattr(sign_in(shop.neighbour), method)(f"/visits/{visit.pk}/{tail}")
    assert response.status_code == 404
    assert visit.get_absolute_url() not in sign_in(shop.neighbour).get("/visits/").content.decode()


def test_r1_2_the_roster_shows_who_was_passed_over_and_why(shop, desk, visit):
    desk.post("/visits/")
    desk.post("/visits/")
    page = desk.get("/rotation/").content.decode()
    assert "陈晓静 (receiving)" not in page, "all were busy: nobody was passed over for it"
    first = Visit.objects.order_by("pk")[1]
    visits.end(first, outcome="undecided", by=shop.owner, now=timezone.now())
    desk.post("/visits/")
    page = desk.get("/rotation/").content.decode()
    assert "Was next" in page


def test_r1_2_one_steps_away_with_a_reason_and_comes_back(shop, desk):
    refused = desk.post("/rotation/absence/", {"colleague": shop.owner.pk, "why": " "})
    assert refused.status_code == 422
    assert "Say why" in refused.content.decode()
    page = desk.post(
        "/rotation/absence/", {"colleague": shop.owner.pk, "why": "Lunch <b>"}, follow=True
    ).content.decode()
    assert "Lunch &lt;b&gt;" in page
    assert rotation.next_up(shop.branch, now=timezone.now()) == shop.colleague
    desk.post(f"/rotation/{shop.owner.pk}/presence/")
    assert rotation.next_up(shop.branch, now=timezone.now()) == shop.owner


def test_r1_2_only_a_manager_sends_others_away(shop, desk, sign_in):
    data = {"colleague": shop.colleague.pk, "why": "Lunch"}
    assert desk.post("/rotation/absence/", data).status_code == 422
    assert sign_in(shop.manager).post("/rotation/absence/", data).status_code == 302
    assert desk.post(f"/rotation/{shop.colleague.pk}/presence/").status_code == 403
    assert sign_in(shop.neighbour).post(f"/rotation/{shop.colleague.pk}/presence/").status_code == 404


def test_queries_do_not_grow_with_the_log_and_the_roster(shop, desk, django_assert_max_num_queries):
    def fill(count):
        for number in range(count):
            visit = visits.receive(branch=shop.branch, by=shop.owner, now=timezone.now())
            customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner)
            visits.attach_customer(visit, customer, by=shop.owner, now=timezone.now())
            factories.make_person(shop.branch, "consultant", f"门市{number}", "", shop.front_desk)

    fill(3)
    few = {}
    for address in ("/visits/", "/rotation/"):
        desk.get(address)
        with django_assert_max_num_queries(40) as seen:
            desk.get(address)
        few[address] = len(seen.captured_queries)
    fill(27)
    for address, count in few.items():
        with django_assert_max_num_queries(count):
            desk.get(address)


def test_a_press_that_names_a_used_form_of_somebody_else_is_their_own(shop, desk, sign_in):
    data = {"submission": str(uuid.uuid4())}
    desk.post("/visits/", data)
    sign_in(shop.colleague).post("/visits/", data)
    assert Visit.objects.count() == 2


# --- The clock, the keys, the competitor, whom to fetch ------------------------------------------
def test_r1_5_the_clock_on_the_intake_says_how_long_they_wait(shop, desk):
    now = timezone.now()
    visit = visits.receive(branch=shop.branch, by=None, now=now, came_before=timedelta(minutes=4))
    for address in (visit.get_absolute_url(), f"{visit.get_absolute_url()}clock/", "/"):
        page = desk.get(address).content.decode()
        assert "<span data-ring-ok hidden>" in page, "too long since two minutes"
        assert "<span data-ring-bad>" in page
        assert re.search(r'data-seconds="24\d">4:0\d</time>', page)
    visits.greet(visit, by=None, now=now)
    page = desk.get(f"{visit.get_absolute_url()}clock/").content.decode()
    assert "greeted after 4 min" in page
    assert "data-live" not in page


def test_r1_5_the_clock_of_the_neighbour_is_not_there(shop, sign_in, visit):
    assert sign_in(shop.neighbour).get(f"{visit.get_absolute_url()}clock/").status_code == 404


def test_r1_3_each_way_out_of_the_intake_has_its_key(desk, visit):
    page = desk.get(visit.get_absolute_url()).content.decode()
    keys = re.findall(r'value="([\w-]+)" data-key="(alt\+\w)" aria-keyshortcuts="(Alt\+\w)"', page)
    assert {value: key for value, key, _ in keys} == {
        "greet": "alt+g",
        "won": "alt+w",
        "undecided": "alt+u",
        "lost-left": "alt+7",
        "lost-comparing": "alt+1",
        "lost-price": "alt+2",
        "lost-style": "alt+3",
        "lost-date_full": "alt+4",
        "lost-family": "alt+5",
        "lost-competitor": "alt+6",
    }
    assert all(key == shown.lower() for _, key, shown in keys)


def test_r11_4_which_competitor_is_typed_once_and_offered_from_then_on(shop, desk, visit):
    desk.post(visit.get_absolute_url(), typed(do="lost-competitor", competitor="Golden Lady"))
    visit.refresh_from_db()
    assert (visit.loss_reason, visit.competitor) == ("competitor", "Golden Lady")
    other = visits.receive(branch=shop.branch, by=None, now=timezone.now())
    assert '<option value="Golden Lady">' in desk.get(other.get_absolute_url()).content.decode()
    desk.post(visit.get_absolute_url(), typed(version=visit.version, competitor="Aurora"))
    visit.refresh_from_db()
    assert visit.competitor == "Aurora"
    assert "A competitor · Aurora" in desk.get(visit.get_absolute_url()).content.decode()


def test_r11_4_a_competitor_typed_for_another_reason_breaks_nothing(desk, visit):
    desk.post(visit.get_absolute_url(), typed(do="lost-price", competitor="Golden Lady"))
    visit.refresh_from_db()
    assert (visit.loss_reason, visit.competitor) == ("price", "")


def test_a_competitor_of_any_length_is_refused_at_its_field(desk, visit):
    response = desk.post(
        visit.get_absolute_url(), typed(do="lost-competitor", competitor="x" * 61, notes="kept")
    )
    assert response.status_code == 422
    assert "kept" in response.content.decode()


def test_r1_2_a_known_number_says_who_comes(shop, desk, visit):
    known_customer(shop, shop.colleague)
    asked = {"phone": "13800138000", "visit": visit.pk}
    page = desk.get("/visits/number/", asked).content.decode()
    assert "周敏 is free and comes: press, and fetch 周敏." in page
    rotation.step_away(
        branch=shop.branch, consultant=shop.colleague, why="Upstairs", by=None, now=timezone.now()
    )
    page = desk.get("/visits/number/", asked).content.decode()
    assert "The owner is not free right now: 陈晓静 goes on." in page


@pytest.mark.parametrize("number", ["x", "", "9" * 40, "²"])
def test_a_crafted_visit_shows_the_customer_all_the_same(shop, desk, number):
    known_customer(shop, shop.colleague)
    page = desk.get("/visits/number/", {"phone": "13800138000", "visit": number}).content.decode()
    assert "This is them" in page


def test_r1_2_this_is_them_says_whom_to_fetch(shop, desk, visit):
    customer = known_customer(shop, shop.colleague)
    page = desk.post(visit.get_absolute_url(), typed(attach=customer.pk), follow=True).content.decode()
    assert "Saved. Please fetch 周敏." in page


def test_r1_4_the_intake_offers_to_pass_them_on_and_shows_why(shop, desk, visit):
    assert "Pass them on to a colleague" in desk.get(visit.get_absolute_url()).content.decode()
    visits.pass_on(visit, to=shop.colleague, why="Speaks <Cantonese>", by=None, now=timezone.now())
    page = desk.get(visit.get_absolute_url()).content.decode()
    assert "Speaks &lt;Cantonese&gt;" in page


# --- The number on the form for a new file (F8) --------------------------------------------------
def test_r1_5_a_number_typed_for_a_new_file_shows_whose_it_is(shop, desk):
    customer = known_customer(shop, shop.colleague)
    page = desk.get("/customers/number/", {"phones-0-value": "138 0013 8000"}).content.decode()
    assert customer.get_absolute_url() in page
    assert "周敏" in page
    assert 'hx-get="/customers/number/"' in desk.get("/customers/new/").content.decode()
    assert "/customers/number/" not in desk.get(f"{customer.get_absolute_url()}edit/").content.decode()


def test_f8_a_number_of_another_branch_shows_owner_and_place_and_nothing_else(shop, sign_in):
    known_customer(shop, shop.colleague)
    page = (
        sign_in(shop.neighbour)
        .get("/customers/number/", {"phones-1-value": "+86 13800138000"})
        .content.decode()
    )
    assert "A customer of 周敏, Bund." in page
    assert "李娜" not in page


@pytest.mark.parametrize("typed_number", ["", "x", "\x00", "1" * 5000, "0" * 11])
def test_any_number_is_answered(desk, typed_number):
    assert desk.get("/customers/number/", {"phones-0-value": typed_number}).content.decode().strip() == ""
