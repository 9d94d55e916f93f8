"""On the day the deputy has everything, marked “for …”, with the first words to say and the owner's notes (R8)."""

from datetime import timedelta

import pytest
import time_machine

from bookings import schedule
from bookings.schedule import Slot
from studio.staff import handover
from studio.staff.duties import stands_in_for
from tests import factories
from tests.staff.leave import Rota
from tests.workflow import shoots
from tests.workflow.calling import Desk
from workflow import calls, cases, day, handoffs, house, promises, readiness, visits
from workflow.models import CallTask

pytestmark = pytest.mark.django_db
WORDS = "小陈 has something to see to today"


@pytest.fixture(autouse=True)
def noon(now):
    """Pages read the clock: it stands at noon in the branch, so that an arrival can still come today."""
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def rota(shop, now):
    return Rota(shop, now)


@pytest.fixture
def busy(shop, rota):
    """The owner has something of each kind: a call, an arrival, a promise, a selection that is not ready."""
    now = rota.now
    order = shoots.make_order(shop, now=now, at=now + timedelta(hours=1))
    call = Desk(shop, now).call(appointment=order.booking.appointments.get(kind="shoot"))
    promises.promise(order, what="两张精修", by_when=rota.today, by=shop.owner, now=now)
    begins = now + timedelta(days=1)
    chosen = schedule.make_appointment(
        branch=shop.branch, customer=order.booking.customer, booking=order.booking, kind="selection", by=shop.owner,
        now=now, slot=Slot(begins, begins + timedelta(hours=1), [shop.selection_room]),
    )  # fmt: skip
    readiness.ensure(chosen, now=now)
    order.call = call
    return order


PARTS = ("calls", "arrivals", "promises", "not_ready")


def sections(page: str) -> dict[str, str]:
    """The parts of Today by the name of their duty."""
    pieces = page.split('<section class="section" id="duty-')[1:]
    return {piece.split('"')[0]: piece.split("</section>")[0] for piece in pieces}


def test_r8_1_every_list_is_the_deputy_s_on_the_day_and_marked_for_whom(shop, rota, busy, sign_in):
    client = sign_in(shop.colleague)
    before = sections(client.get("/").content.decode())
    assert not set(PARTS) & set(before)
    rota.off(shop.owner, shop.colleague, 0)
    after = sections(client.get("/").content.decode())
    for name in PARTS:
        assert "for 小陈" in after[name], name
    own = sections(sign_in(shop.owner).get("/").content.decode())
    assert not set(PARTS) & set(own)


def test_the_owner_s_own_lists_are_not_marked(shop, rota, busy, sign_in):
    page = sections(sign_in(shop.owner).get("/").content.decode())
    for name in PARTS:
        assert "for 小陈" not in page[name], name


def test_r8_2_the_first_words_stand_where_the_deputy_meets_the_customer(shop, rota, busy, sign_in):
    rota.off(shop.owner, shop.colleague, 0)
    client = sign_in(shop.colleague)
    visit = visits.receive(
        branch=shop.branch, by=shop.colleague, now=rota.now, customer=busy.booking.customer
    )
    assert visit.consultant == shop.colleague
    for address in (
        "/",
        busy.call.get_absolute_url(),
        f"/orders/{busy.pk}/arrival/",
        visit.get_absolute_url(),
    ):
        assert WORDS in client.get(address).content.decode(), address
    own = sign_in(shop.owner).get(visit.get_absolute_url()).content.decode()
    assert WORDS not in own


def test_r8_2_nobody_says_so_of_an_owner_who_is_there(shop, rota, busy, sign_in):
    visit = visits.receive(branch=shop.branch, by=shop.owner, now=rota.now, customer=busy.booking.customer)
    for address in (busy.call.get_absolute_url(), f"/orders/{busy.pk}/arrival/", visit.get_absolute_url()):
        assert WORDS not in sign_in(shop.colleague).get(address).content.decode(), address


def test_r8_1_the_owner_s_notes_stand_on_the_call_and_on_the_arrival(shop, rota, busy, sign_in):
    off = rota.off(shop.owner, shop.colleague, 0)
    arrival = cases.arrival_key(busy.booking.appointments.get(kind="shoot"))
    about = busy.booking.appointments.get(kind="shoot").pk
    notes = {arrival: "请她先喝茶", f"call:confirm:{about}": "她喜欢晚上接电话"}
    assert handover.write_notes(off, notes, by=shop.owner, now=rota.now) == []
    client = sign_in(shop.colleague)
    assert "她喜欢晚上接电话" in client.get(busy.call.get_absolute_url()).content.decode()
    assert "请她先喝茶" in client.get(f"/orders/{busy.pk}/arrival/").content.decode()
    assert "请她先喝茶" in client.get("/").content.decode()


def test_r8_1_today_leads_the_deputy_to_the_hand_over_and_offers_to_take_over(shop, rota, busy, sign_in):
    off = rota.off(shop.owner, shop.colleague, 0)
    client = sign_in(shop.colleague)
    page = client.get("/").content.decode()
    assert page.count(off.get_absolute_url()) >= 2
    assert f'action="/hand-over/{off.pk}/acceptance/"' in page
    client.post(f"/hand-over/{off.pk}/acceptance/", {"whole": "1"})
    page = client.get("/").content.decode()
    assert f'action="/hand-over/{off.pk}/acceptance/"' not in page
    assert off.get_absolute_url() in page


def test_r8_1_the_day_before_today_says_that_there_is_a_hand_over(shop, rota, busy, sign_in):
    off = rota.off(shop.owner, shop.colleague, 1)
    assert "Your hand-over" in sign_in(shop.owner).get("/").content.decode()
    assert "Hand-over of 小陈" in sign_in(shop.colleague).get("/").content.decode()
    assert off.get_absolute_url() in sign_in(shop.owner).get("/").content.decode()


def test_r8_1_what_nobody_took_over_the_manager_sees_on_the_day(shop, rota, sign_in):
    rota.off(shop.owner, shop.colleague, 0)
    assert "not taken over" in sign_in(shop.manager).get("/").content.decode()


def test_r8_1_the_deputy_s_customers_and_calls_pages_have_both(shop, rota, busy, sign_in):
    rota.off(shop.owner, shop.colleague, 0)
    client = sign_in(shop.colleague)
    name = busy.booking.customer.name.replace("&", "&amp;")
    for address in ("/customers/?whose=mine", "/calls/", "/board/?whose=mine"):
        assert name in client.get(address).content.decode(), address


# --- Departments ----------------------------------------------------------------------------------
def test_r8_1_a_manager_who_stands_in_for_a_lone_artist_sees_and_takes_over_who_is_brought(
    shop, rota, sign_in
):
    order = shoots.arrived(shop, now=rota.now)
    rota.off(shop.artist, shop.manager, 0)
    [offer, *_more] = handoffs.offer(
        order, members=shoots.party(order), to=shop.styling, by=shop.owner, now=rota.now
    )
    page = sections(sign_in(shop.manager).get("/").content.decode())
    assert "offered" in page
    assert handoffs.accept([offer], by=shop.manager, now=rota.now)[0].receiver == shop.manager


def test_r8_1_what_a_department_must_deliver_comes_along_to_a_deputy_of_another_role(
    shop, rota, busy, sign_in
):
    assert "deliveries" not in sections(sign_in(shop.manager).get("/").content.decode())
    rota.off(shop.head, shop.producer, 0)
    rota.off(shop.producer, shop.manager, 0)
    assert "deliveries" in sections(sign_in(shop.manager).get("/").content.decode())


def test_r8_1_who_fetches_the_customer_back_is_told_the_deputy_s_name(shop, rota):
    order = shoots.arrived(shop, now=rota.now)
    rota.off(shop.owner, shop.colleague, 0)
    [row] = house.of_order(order, now=rota.now)
    assert row.acting_owner == shop.colleague
    assert shop.colleague.pk in row.givers


def test_r5_1_who_falls_ill_leaves_nobody_alone_unseen(shop, rota, sign_in):
    order = shoots.arrived(shop, now=rota.now - timedelta(minutes=10))
    assert not house.of_order(order, now=rota.now)[0].is_unattended
    rota.ill(shop.owner)
    assert house.of_order(order, now=rota.now)[0].is_unattended
    assert "Unattended" in sign_in(shop.colleague).get("/house/").content.decode()


def test_who_is_off_still_finds_their_own_customers(shop, rota, busy, sign_in):
    rota.off(shop.owner, shop.colleague, 0)
    name = busy.booking.customer.name.replace("&", "&amp;")
    assert name in sign_in(shop.owner).get("/customers/?whose=mine").content.decode()


# --- Questions -----------------------------------------------------------------------------------
def test_every_due_call_is_on_exactly_one_person_s_list(shop, rota):
    people = [
        shop.owner,
        shop.colleague,
        *(factories.make_person(shop.branch, "consultant", f"门市{n}") for n in range(3)),
    ]
    desk = Desk(shop, rota.now)
    for person in people:
        desk.call(appointment=desk.appointment(customer=desk.customer(owner=person)))
    rota.off(people[0], people[1], 0)
    rota.off(people[1], people[2], 0)
    lists = [
        calls.calls_for(handover_people(person, rota), shop.branch, rota.now)
        for person in [*people, shop.manager]
    ]
    found = [call.pk for listed in lists for call in listed]
    assert sorted(found) == sorted(CallTask.objects.values_list("pk", flat=True))


def handover_people(person, rota):
    return stands_in_for(person, branch=rota.branch, day=rota.today)


def test_looks_not_shot_are_marked_too(shop, rota, sign_in):
    order = shoots.arrived(shop, now=rota.now)
    day.leave_undone(order.looks.first(), why="rain", by=shop.photographer, now=rota.now)
    rota.off(shop.owner, shop.colleague, 0)
    assert "for 小陈" in sections(sign_in(shop.colleague).get("/").content.decode())["undone"]
