"""The dates of an order on their pages: agreed, moved, called off, confirmed at the desk."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.models import Appointment, PackageNeed
from bookings.schedule import ask_another_time, hold, move
from tests.bookings.conftest import Sale
from tests.bookings.resources import make
from tests.factories import LeaveFactory
from workflow.orders import sell_and_open


@pytest.fixture
def sale(shop):
    noon = shop.branch.at(shop.branch.today(timezone.now()), timezone.datetime.min.time().replace(hour=12))
    return Sale(shop, noon)


@pytest.fixture
def order(sale):
    return sell_and_open(
        customer=sale.customer(name="欧阳家"),
        package_version=sale.shop.package,
        by=sale.shop.owner,
        now=sale.now,
        terms_accepted=True,
        payment=sale.money("1000"),
        shoot=sale.slot(days=7),
    )


@pytest.fixture
def shoot(order):
    return order.booking.appointments.get()


@pytest.fixture
def owner(shop, sign_in):
    return sign_in(shop.owner)


def typed(sale, days, **fields):
    start = {
        "submission": str(uuid.uuid4()),
        "day": str(sale.shop.branch.today(sale.now) + timedelta(days=days)),
        "time": "12:00",
        "minutes": "360",
        "photographer": sale.shop.photographer_resource.pk,
        "place": sale.shop.floor.pk,
        "artist": sale.shop.artist_resource.pk,
    }
    return start | fields


def test_the_selection_is_proposed_as_many_days_after_the_shoot_as_the_package_says(order, owner, sale):
    page = owner.get(f"/orders/{order.pk}/appointments/new/?kind=selection")
    form = page.context["form"]
    assert form.initial["day"] == sale.shop.branch.today(sale.now) + timedelta(days=14)
    assert form.initial["minutes"] == 120
    assert [field.name for field in form.resource_fields] == ["room"]


def test_a_selection_date_is_agreed_once(order, owner, sale):
    url = f"/orders/{order.pk}/appointments/new/?kind=selection"
    form = typed(sale, 14, minutes="120", room=sale.shop.selection_room.pk)
    for _ in range(2):
        assert owner.post(url, form)["Location"] == f"/orders/{order.pk}/#appointments"
    row = order.booking.appointments.get(kind="selection")
    assert row.allocations.get().resource == sale.shop.selection_room
    again = owner.post(url, typed(sale, 15, minutes="120"))
    assert again.status_code == 422
    assert "move it instead" in again.content.decode()


@pytest.mark.parametrize("kind", ["", "party", "shoot'--"])
def test_a_kind_that_does_not_exist_is_a_clear_400(order, owner, kind):
    assert owner.get(f"/orders/{order.pk}/appointments/new/?kind={kind}").status_code == 400


def test_moving_asks_for_confirmation_anew_and_a_stale_page_gets_409(shoot, owner, sale):
    url = f"/appointments/{shoot.pk}/move/"
    assert owner.get(url).context["form"].initial["photographer"] == sale.shop.photographer_resource.pk
    assert owner.post(url, typed(sale, 8, version=shoot.version)).status_code == 302
    shoot.refresh_from_db()
    assert shoot.starts_at == sale.slot(days=8).starts_at
    stale = owner.post(url, typed(sale, 9, version=1))
    text = stale.content.decode()
    assert stale.status_code == 409
    assert "was moved from" in text  # who changed what
    assert str(sale.shop.branch.today(sale.now) + timedelta(days=9)) in text  # nothing typed is lost
    shoot.refresh_from_db()
    assert shoot.starts_at == sale.slot(days=8).starts_at


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 40])
def test_a_form_without_a_version_is_refused(shoot, owner, sale, version):
    response = owner.post(f"/appointments/{shoot.pk}/move/", typed(sale, 8, version=version))
    assert response.status_code in {400, 409}
    shoot.refresh_from_db()
    assert shoot.schedule_version == 1


def test_moving_onto_somebody_shows_who_and_three_answers_that_fill_the_form(shoot, owner, sale):
    other = sale.make(sale.slot(days=9))
    url = f"/appointments/{shoot.pk}/move/"
    refused = owner.post(url, typed(sale, 9, version=1))
    text = refused.content.decode()
    assert refused.status_code == 422
    assert 'id="id_photographer_error"' in text
    assert other.customer.name.replace("&", "&amp;") in text
    assert text.count('name="fill" value="20') == 3
    answer = refused.context["taken"].free[0].starts_at.isoformat()
    filled = owner.post(url, typed(sale, 9, version=1, fill=answer))
    assert filled.status_code == 200
    form = filled.context["form"]
    assert 'name="version" value="1"' in filled.content.decode()
    free = typed(sale, 9, version=1, day=form["day"].value(), time=form["time"].value())
    assert owner.post(url, free).status_code == 302


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"day": "2001-01-01"}, "day"),
        ({"day": "0001-01-01"}, "day"),
        ({"day": "9999-12-31"}, "day"),
        ({"time": ""}, "time"),
        ({"minutes": "0"}, "minutes"),
        ({"minutes": "-60"}, "minutes"),
        ({"minutes": "99999999999999999999"}, "minutes"),
        ({"minutes": "1081"}, "minutes"),
        ({"photographer": "0"}, "photographer"),
    ],
)
def test_bad_dates_are_refused_at_their_field(shoot, owner, sale, fields, at):
    response = owner.post(f"/appointments/{shoot.pk}/move/", typed(sale, 8, version=1, **fields))
    assert response.status_code == 422
    assert f'id="id_{at}_error"' in response.content.decode()
    shoot.refresh_from_db()
    assert shoot.schedule_version == 1


def test_calling_off_needs_a_reason_and_frees_the_time(shoot, owner, sale):
    url = f"/appointments/{shoot.pk}/cancellation/"
    assert owner.post(url, {"why": ""}).status_code == 422
    assert owner.post(url, {"why": "新娘感冒"}).status_code == 302
    shoot.refresh_from_db()
    assert (shoot.state, shoot.cancelled_why) == ("cancelled", "新娘感冒")
    sale.make(sale.slot(days=7))
    assert owner.post(url, {"why": "again"}).status_code == 302


def test_what_has_taken_place_is_not_called_off(shoot, owner, shop, sale):
    hold(shoot, by=shop.owner, now=sale.now)
    response = owner.post(f"/appointments/{shoot.pk}/cancellation/", {"why": "x"})
    assert response.status_code == 422
    assert "taken place" in response.content.decode()


def test_r3_1_confirmed_at_the_desk_moves_the_order_and_twice_is_once(shoot, order, owner):
    url = f"/appointments/{shoot.pk}/confirmation/"
    for _ in range(2):
        assert owner.post(url, {"version": shoot.schedule_version}).status_code == 302
    order.refresh_from_db()
    shoot.refresh_from_db()
    assert (shoot.confirmation, order.stage) == ("confirmed", "shoot")
    assert order.booking.events.filter(kind="confirmed").count() == 1
    assert owner.get(url).status_code == 405


def test_a_time_that_moved_meanwhile_is_not_confirmed_by_mistake(shoot, owner, shop, sale):
    move(shoot, slot=sale.slot(days=8), version=1, by=shop.colleague, now=sale.now)
    response = owner.post(f"/appointments/{shoot.pk}/confirmation/", {"version": 1})
    assert response.status_code == 409
    shoot.refresh_from_db()
    assert shoot.confirmation == "none"


def test_a_wish_for_another_time_stands_where_it_is_moved(shoot, order, owner, sale):
    ask_another_time(shoot, wish="周日 <b>上午</b>", via="link", by=None, now=sale.now)
    for page in (f"/orders/{order.pk}/", f"/appointments/{shoot.pk}/move/"):
        assert "周日 &lt;b&gt;上午" in owner.get(page).content.decode()


def test_who_may_and_what_the_neighbour_finds(shoot, order, shop, sign_in, sale):
    pages = [
        f"/orders/{order.pk}/appointments/new/?kind=selection",
        f"/appointments/{shoot.pk}/move/",
        f"/appointments/{shoot.pk}/cancellation/",
        f"/appointments/{shoot.pk}/confirmation/",
    ]
    form = typed(sale, 9, version=1, why="x")
    for page in pages:
        assert sign_in(shop.artist).post(page, form).status_code == 403
        assert sign_in(shop.cashier).post(page, form).status_code == 403
        assert sign_in(shop.neighbour).post(page, form).status_code == 404
    assert Appointment.objects.count() == 1
    shoot.refresh_from_db()
    assert (shoot.version, shoot.confirmation) == (1, "none")


def test_the_order_shows_dates_to_everybody_and_buttons_to_the_front(shoot, order, shop, sign_in, owner):
    assert "Confirmed here" in owner.get(f"/orders/{order.pk}/").content.decode()
    text = sign_in(shop.artist).get(f"/orders/{order.pk}/").content.decode()
    assert "Zhao Ming" in text
    assert "Confirmed here" not in text


# --- Outside the hours, by span, somebody besides -------------------------------------------------
def test_outside_the_hours_the_page_asks_whether_overtime_is_agreed(shoot, owner, sale):
    url = f"/appointments/{shoot.pk}/move/"
    late = {"version": 1, "time": "19:00"}
    assert 'name="overtime"' not in owner.get(url).content.decode()
    refused = owner.post(url, typed(sale, 8, **late))
    text = refused.content.decode()
    assert refused.status_code == 422
    assert 'name="overtime"' in text
    assert 'id="id_photographer_error"' in text
    assert "does not work" in text
    assert text.count('name="fill" value="20') == 3
    assert owner.post(url, typed(sale, 8, **late, overtime="on")).status_code == 302
    shoot.refresh_from_db()
    assert shoot.events.get(kind="moved").parameters["overtime"] is True


def test_leave_is_refused_with_other_answers_and_no_overtime(shoot, owner, sale, shop):
    day = shop.branch.today(sale.now) + timedelta(days=8)
    LeaveFactory(branch=shop.branch, user=shop.photographer, starts_on=day, ends_on=day, deputy=shop.manager)
    there = make(shop, "photographer", "Li Qiang")
    url = f"/appointments/{shoot.pk}/move/"
    refused = owner.post(url, typed(sale, 8, version=1))
    text = refused.content.decode()
    assert refused.status_code == 422
    assert "is off on" in text
    assert 'name="overtime"' not in text
    assert refused.context["others"] == [(f"photographer:{there.pk}", "Li Qiang")]
    crafted = owner.post(url, typed(sale, 8, version=1, overtime="on"))
    assert crafted.status_code == 422
    shoot.refresh_from_db()
    assert shoot.schedule_version == 1


def test_a_package_asks_for_an_artist_for_each_look_and_the_order_shows_the_times(sale, shop, owner):
    PackageNeed.objects.create(version=shop.package, kind="artist", minutes=90, look=1)
    PackageNeed.objects.create(
        version=shop.package, kind="artist", from_minute=150, minutes=45, look=2, position=2
    )
    order = sell_and_open(
        customer=sale.customer(), package_version=shop.package, by=shop.owner, now=sale.now, terms_accepted=True,
        payment=sale.money("1000"),
    )  # fmt: skip
    url = f"/orders/{order.pk}/appointments/new/?kind=shoot"
    page = owner.get(url)
    assert [field.name for field in page.context["form"].resource_fields] == ["artist", "artist_2"]
    missing = owner.post(url, typed(sale, 9, artist=""))
    assert 'id="id_artist_error"' in missing.content.decode()
    assert owner.post(url, typed(sale, 9)).status_code == 302
    row = order.booking.appointments.get()
    assert [(a.look, a.resource) for a in row.allocations.order_by("used")] == [
        (1, shop.artist_resource),
        (2, shop.artist_resource),
    ]
    text = owner.get(f"/orders/{order.pk}/").content.decode()
    assert "look 1 12:00–13:30" in text
    assert "look 2 14:30–15:15" in text


def test_who_is_held_besides_moves_along(shoot, owner, sale, shop):
    gown = make(shop, "gown", "A line")
    url = f"/appointments/{shoot.pk}/move/"
    assert owner.post(url, typed(sale, 7, version=1, also=[gown.pk])).status_code == 302
    shoot.refresh_from_db()
    assert (shoot.schedule_version, shoot.version) == (1, 2)  # only somebody more: the time stands
    form = owner.get(url).context["form"]
    assert form["also"].value() == [gown.pk]
    assert owner.post(url, typed(sale, 8, version=2, also=[gown.pk])).status_code == 302
    assert {a.resource for a in shoot.allocations.active()} == {*sale.team, gown}
    other = sale.make(sale.slot(days=9, resources=[gown]))
    refused = owner.post(url, typed(sale, 9, version=3, also=[gown.pk]))
    assert 'id="id_also_error"' in refused.content.decode()
    assert other.customer.name.replace("&", "&amp;") in refused.content.decode()


def test_a_free_answer_keeps_who_is_held_besides(shoot, owner, sale, shop):
    gown = make(shop, "gown", "A line")
    url = f"/appointments/{shoot.pk}/move/"
    answer = owner.post(url, typed(sale, 9, version=1, also=[gown.pk], fill="2027-01-02T12:00"))
    assert [str(pk) for pk in answer.context["form"]["also"].value()] == [str(gown.pk)]


def test_who_knows_already_is_written_down_with_the_move_and_the_calling_off(shoot, owner, sale):
    owner.post(f"/appointments/{shoot.pk}/move/", typed(sale, 8, version=1, knows="on"))
    assert shoot.events.get(kind="moved").parameters["knows"] is True
    owner.post(f"/appointments/{shoot.pk}/cancellation/", {"why": "x", "knows": "on"})
    assert shoot.events.get(kind="cancelled").parameters["knows"] is True
