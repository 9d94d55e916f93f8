"""The sale page: one screen, clear sentences at the fields, nothing typed lost, nothing sold twice."""

import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import Appointment, Booking, Package, PackageVersion, Payment, Resource
from bookings.sales import revise
from bookings.schedule import Slot, make_appointment
from bookings.till import balance
from tests.bookings.conftest import Sale
from tests.bookings.together import together
from tests.factories import CustomerFactory, make_package
from workflow import visits
from workflow.models import WorkOrder


@pytest.fixture
def sale(shop):
    return Sale(shop, timezone.now())


@pytest.fixture
def customer(sale):
    return sale.customer()


@pytest.fixture
def desk(sale, sign_in, customer):
    return Desk(sale, sign_in(sale.shop.owner), customer)


class Desk:
    def __init__(self, sale, client, customer):
        self.sale, self.client, self.customer = sale, client, customer
        self.shop = sale.shop
        self.day = sale.shop.branch.today(sale.now) + timedelta(days=20)

    @property
    def url(self):
        return f"/customers/{self.customer.pk}/orders/new/"

    def typed(self, **fields):
        start = {
            "submission": str(uuid.uuid4()),
            "package_version": self.shop.package.pk,
            "binding": "earnest",
            "method": "wechat",
            "amount": "1000",
            "terms": "on",
            "hopes": "想要自然一点",
            "wedding_day": "2026-10-01",
            "wedding_day_seen": "2026-10-01",
            "day": "",
            "time": "",
            "photographer": "",
            "place": "",
            "artist": "",
        }
        return start | fields

    def dated(self, **fields):
        people = {
            "day": f"{self.day}",
            "time": "10:00",
            "photographer": self.shop.photographer_resource.pk,
            "place": self.shop.floor.pk,
            "artist": self.shop.artist_resource.pk,
        }
        return self.typed(**people | fields)

    def post(self, **fields):
        return self.client.post(self.url, self.typed(**fields))

    def taken(self, days=0, hour=12, resources=None):
        """Somebody else has the team on the page's day."""
        start = self.shop.branch.at(self.day + timedelta(days=days), timezone.datetime.min.time())
        start += timedelta(hours=hour)
        return make_appointment(
            branch=self.shop.branch,
            customer=CustomerFactory(branch=self.shop.branch, owner=self.shop.owner, name="周志强 & 孙美玲"),
            booking=None,
            kind="shoot",
            slot=Slot(start, start + timedelta(hours=6), resources or self.sale.team),
            by=None,
            now=self.sale.now,
        )


def assert_refused(desk, response, *words):
    text = response.content.decode()
    assert response.status_code == 422, text[:2000]
    assert not Booking.objects.filter(customer=desk.customer).exists()
    assert not Payment.objects.exists()
    assert "想要自然一点" in text  # nothing that was typed is lost
    for word in words:
        assert word in text


def test_the_page_shows_packages_what_they_hold_and_the_limit(desk):
    text = desk.client.get(desk.url).content.decode()
    for word in ("Evergreen", "¥5,999", "White gown", "Album", "¥1,199.80", "20%"):
        assert word in text


def test_a_sale_opens_an_order_and_leads_to_it(desk):
    response = desk.client.post(desk.url, desk.dated())
    order = WorkOrder.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"/orders/{order.pk}/"
    booking = order.booking
    assert (booking.customer, booking.sold_by, booking.hopes) == (
        desk.customer,
        desk.shop.owner,
        "想要自然一点",
    )
    assert booking.number == f"SH-{desk.shop.branch.today(desk.sale.now):%y%m%d}-001"
    assert balance(booking) == Decimal("4999.00")
    shoot = booking.appointments.get()
    local = timezone.localtime(shoot.starts_at, desk.shop.branch.zone)
    assert (local.date(), local.hour, shoot.allocations.count()) == (desk.day, 10, 3)
    assert order.stage == "confirm"


def test_no_date_yet_is_no_obstacle(desk):
    assert desk.post().status_code == 302
    assert not Appointment.objects.exists()


def test_pays_later_waits_at_the_first_stage(desk):
    assert desk.post(binding="later", amount="", method="", terms="").status_code == 302
    order = WorkOrder.objects.get()
    assert (order.stage, order.booking.terms_accepted_at) == ("consult", None)


def test_the_second_press_sells_nothing_and_leads_to_the_same_order(desk):
    form = desk.dated()
    first, second = (desk.client.post(desk.url, form) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert (Booking.objects.count(), Payment.objects.count()) == (1, 1)


def test_the_visit_in_the_house_ends_as_won(desk):
    visit = visits.receive(branch=desk.shop.branch, by=desk.shop.owner, now=desk.sale.now)
    assert f'value="{visit.pk}"' in desk.client.get(f"{desk.url}?visit={visit.pk}").content.decode()
    desk.post(visit=visit.pk)
    visit.refresh_from_db()
    assert (visit.outcome, visit.customer) == ("won", desk.customer)


def test_a_visit_of_somebody_else_is_left_alone(desk):
    other = desk.sale.customer()
    visit = visits.receive(branch=desk.shop.branch, by=desk.shop.owner, now=desk.sale.now, customer=other)
    assert desk.post(visit=visit.pk).status_code == 302
    visit.refresh_from_db()
    assert visit.outcome == "open"


# --- Bad input ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "amount",
    [
        "NaN",
        "Infinity",
        "-5",
        "0",
        "0.001",
        "1e9",
        "99999999999",
        "abc",
        "1.2.3",
        "12" * 400,
        "٣x",
        "",
        "1\x00",
    ],
)
def test_bad_amounts_are_refused_at_the_field(desk, amount):
    assert_refused(desk, desk.post(amount=amount), 'id="id_amount_error"')


@pytest.mark.parametrize("amount", ["1,000", "¥1000", "１０００", " 1000.00 ", "1000元", "RMB 1000", "1e3"])
def test_amounts_as_people_type_them_are_understood(desk, amount):
    assert desk.post(amount=amount).status_code == 302
    assert Payment.objects.get().amount == Decimal("1000")


def test_f6_earnest_money_above_a_fifth_is_refused_with_the_limit_and_a_way_out(desk):
    response = desk.post(amount="1199.81")
    assert_refused(desk, response, 'id="id_amount_error"', "20%", "¥1,199.80", "prepayment")
    assert desk.post(amount="1199.81", binding="prepayment").status_code == 302


def test_more_than_the_price_is_refused(desk):
    assert_refused(desk, desk.post(amount="6000", binding="prepayment"), "¥5,999", 'id="id_amount_error"')


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"package_version": ""}, "package_version"),
        ({"package_version": "999999"}, "package_version"),
        ({"package_version": "x'--"}, "package_version"),
        ({"binding": ""}, "binding"),
        ({"binding": "gift"}, "binding"),
        ({"binding": "later"}, "binding"),  # with an amount filled in
        ({"method": ""}, "method"),
        ({"method": "cheque"}, "method"),
        ({"wedding_day": "0001-01-01"}, "wedding_day"),
        ({"wedding_day": "9999-12-31"}, "wedding_day"),
        ({"wedding_day": "tomorrow"}, "wedding_day"),
    ],
)
def test_bad_input_is_refused_at_its_field(desk, fields, at):
    assert_refused(desk, desk.post(**fields), f'id="id_{at}_error"')


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"day": "2020-01-01"}, "day"),
        ({"day": "0001-01-01"}, "day"),
        ({"day": "9999-12-31"}, "day"),
        ({"day": "2026-02-30"}, "day"),
        ({"day": "soon"}, "day"),
        ({"day": ""}, "day"),  # a time and people without a day
        ({"time": ""}, "time"),
        ({"time": "25:00"}, "time"),
        ({"photographer": ""}, "photographer"),
        ({"photographer": "999999"}, "photographer"),
        ({"place": ""}, "place"),
        ({"artist": "1 OR 1=1"}, "artist"),
    ],
)
def test_bad_dates_are_refused_at_their_field(desk, fields, at):
    assert_refused(desk, desk.client.post(desk.url, desk.dated(**fields)), f'id="id_{at}_error"')


def test_too_long_a_hope_is_refused_and_kept(desk):
    hopes = "想要自然一点" + "x" * 600
    assert_refused(desk, desk.post(hopes=hopes), hopes, 'id="id_hopes_error"')
    assert_refused(desk, desk.post(hopes="想要自然一点\x00"), 'id="id_hopes_error"')


def test_hopes_are_kept_in_their_words_without_marks_that_nobody_sees(desk):
    desk.post(hopes="自然一点\u202e\r\n<script>alert(1)</script>")
    booking = Booking.objects.get()
    assert booking.hopes == "自然一点\n<script>alert(1)</script>"
    text = desk.client.get(f"/orders/{booking.work_order.pk}/").content.decode()
    assert "<script>alert(1)" not in text


def test_ids_of_another_branch_are_refused(desk):
    foreign = make_package(desk.shop.other_branch)
    assert_refused(desk, desk.post(package_version=foreign.pk), 'id="id_package_version_error"')
    floor = Resource.objects.create(
        branch=desk.shop.other_branch, kind="floor", name_en="X", name_zh_hans="X", name_zh_hant="X"
    )
    assert_refused(desk, desk.client.post(desk.url, desk.dated(place=floor.pk)), 'id="id_place_error"')


def test_fields_that_the_form_does_not_show_change_nothing(desk):
    desk.post(
        price="1",
        total="1",
        state="closed",
        stage="closed",
        number="SH-000000-999",
        version="77",
        sold_by=desk.shop.manager.pk,
        earnest_waived_by=desk.shop.owner.pk,
        waiver="because",
        branch=desk.shop.other_branch.pk,
    )
    booking = Booking.objects.get()
    assert (booking.state, booking.branch, booking.sold_by) == ("open", desk.shop.branch, desk.shop.owner)
    assert booking.number.endswith("-001")
    assert booking.earnest_waived_by is None
    assert booking.price_lines.get().amount == Decimal("5999.00")
    assert booking.work_order.stage == "confirm"


def test_f6_a_consultant_can_not_waive_and_a_manager_can(desk, sign_in):
    crafted = {"binding": "waiver", "waiver": "朋友", "amount": "", "method": ""}
    assert_refused(desk, desk.post(**crafted))
    manager = sign_in(desk.shop.manager)
    silent = manager.post(desk.url, desk.typed(**crafted | {"waiver": " "}))
    assert_refused(desk, silent, 'id="id_waiver_error"')
    assert manager.post(desk.url, desk.typed(**crafted)).status_code == 302
    assert Booking.objects.get().earnest_waived_by == desk.shop.manager


def test_a_package_that_was_replaced_meanwhile_is_chosen_again(desk):
    revise(desk.shop.package, by=None, now=desk.sale.now, price=Decimal("6299"))
    assert_refused(desk, desk.post(), 'id="id_package_version_error"', "¥6,299")


def test_a_wedding_day_that_somebody_else_changed_is_not_lost(desk):
    desk.customer.wedding_day = date(2026, 12, 24)
    desk.customer.save()
    assert_refused(desk, desk.post(wedding_day="2027-01-01"), 'id="id_wedding_day_error"', "2026-12-24")
    assert desk.post(wedding_day="2026-10-01").status_code == 302  # untouched here: theirs stays
    desk.customer.refresh_from_db()
    assert desk.customer.wedding_day == date(2026, 12, 24)


def test_a_wedding_day_told_at_the_sale_goes_to_the_file(desk):
    assert desk.post(wedding_day="2027-01-01").status_code == 302
    desk.customer.refresh_from_db()
    assert desk.customer.wedding_day == date(2027, 1, 1)


# --- A clash --------------------------------------------------------------------------------------
def test_a_clash_says_at_the_field_who_has_it_and_offers_three_free_times(desk):
    desk.taken()
    response = desk.client.post(desk.url, desk.dated())
    assert_refused(desk, response, "周志强 &amp; 孙美玲", 'id="id_photographer_error"', 'id="id_place_error"')
    assert response.content.decode().count('name="fill" value="20') == 3
    assert response.context["form"].errors.keys() == {"photographer", "place", "artist"}


def test_a_free_answer_fills_the_form_and_sells_nothing(desk):
    desk.taken()
    refused = desk.client.post(desk.url, desk.dated())
    answer = refused.context["taken"].free[0].starts_at.isoformat()
    filled = desk.client.post(desk.url, desk.dated(fill=answer))
    assert filled.status_code == 200
    assert not Booking.objects.filter(customer=desk.customer).exists()
    form = filled.context["form"]
    typed = {name: form[name].value() for name in desk.dated() if name in form.fields and name != "terms"}
    assert typed["hopes"] == "想要自然一点"
    assert typed["day"] != str(desk.day)
    assert "checked" in str(form["terms"])
    sold = desk.client.post(desk.url, desk.dated(day=typed["day"], time=typed["time"]))
    assert sold.status_code == 302


def test_a_colleague_who_is_free_then_is_one_press_away(desk):
    other = Resource.objects.create(
        branch=desk.shop.branch,
        kind="photographer",
        name_en="Li Qiang",
        name_zh_hans="李强",
        name_zh_hant="李強",
    )
    desk.taken()
    refused = desk.client.post(desk.url, desk.dated())
    assert (f"photographer:{other.pk}", "Li Qiang") in refused.context["others"]
    filled = desk.client.post(desk.url, desk.dated(fill=f"photographer:{other.pk}"))
    assert filled.context["form"]["photographer"].value() == str(other.pk)


@pytest.mark.parametrize("answer", ["", "x", "photographer:x", "day:1", "2026-99-99T00:00", "9" * 500])
def test_a_crafted_answer_is_harmless(desk, answer):
    response = desk.client.post(desk.url, desk.dated(fill=answer))
    assert response.status_code == 200
    assert not Booking.objects.exists()


def test_the_day_is_drawn_beside_the_form(desk):
    desk.taken()
    shown = desk.client.post(desk.url, desk.dated(fill="-")).content.decode()
    assert 'class="day-plan"' in shown
    assert "周志强 &amp; 孙美玲" in shown


# --- Who may --------------------------------------------------------------------------------------
def test_only_the_front_sells_and_the_neighbour_finds_nothing(desk, sign_in):
    for person in (desk.shop.cashier, desk.shop.artist, desk.shop.head, desk.shop.administrator):
        client = sign_in(person)
        assert client.get(desk.url).status_code == 403
        assert client.post(desk.url, desk.typed()).status_code == 403
    neighbour = sign_in(desk.shop.neighbour)
    assert neighbour.get(desk.url).status_code == 404
    assert neighbour.post(desk.url, desk.typed()).status_code == 404
    assert not Booking.objects.exists()


def test_the_page_asks_the_same_number_of_questions_however_much_there_is(desk):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            assert desk.client.post(desk.url, desk.dated(fill="-")).status_code == 200
        return len(asked)

    questions()
    desk.taken()
    before = questions()
    for number in range(4):
        package = Package.objects.create(
            branch=desk.shop.branch, kind="baby", name_en=f"P{number}", name_zh_hans="P", name_zh_hant="P"
        )
        PackageVersion.objects.create(package=package, price=Decimal("100"))
        floor = Resource.objects.create(
            branch=desk.shop.branch, kind="floor", name_en="F", name_zh_hans="F", name_zh_hant="F"
        )
        desk.taken(resources=[floor])
    assert questions() == before


@pytest.mark.django_db(transaction=True)
def test_two_desks_that_sell_one_photographer_in_the_same_second_leave_one(sale, sign_in):
    """The other one reads who has it and what is free instead, and has lost nothing."""
    people = [sale.shop.owner, sale.shop.colleague]
    desks = [Desk(sale, sign_in(person), sale.customer()) for person in people]
    answers = together([lambda desk=desk: desk.client.post(desk.url, desk.dated()) for desk in desks])
    assert sorted(answer.status_code for answer in answers) == [302, 422], answers
    refused = next(answer for answer in answers if answer.status_code == 422)
    assert refused.content.decode().count('name="fill" value="20') == 3
    assert Booking.objects.count() == Appointment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_four_times_at_once_sells_once(sale, sign_in):
    desk = Desk(sale, sign_in(sale.shop.owner), sale.customer())
    form = desk.dated()
    clients = [sign_in(sale.shop.owner) for _ in range(4)]
    answers = together([lambda client=client: client.post(desk.url, form) for client in clients])
    assert {answer["Location"] for answer in answers} == {WorkOrder.objects.get().get_absolute_url()}
    assert Payment.objects.count() == 1
