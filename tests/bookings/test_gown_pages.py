"""The wardrobe and the waiting list as people use them."""

import io
import re

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from bookings import duties_gowns, gowns, outings, schedule, waiting, waiting_list
from bookings.models import Booking, Outing, OutingPhoto, WaitingEntry
from bookings.photos import Picture
from tests.bookings.test_gowns import DAY, HOUR, make_gown
from tests.workflow.orders import dated as date_of
from tests.workflow.orders import sold

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon(now):
    """Pages use the clock: it stands still at noon of a Saturday in May."""
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def order(shop, now):
    return sold(shop, now)


@pytest.fixture
def wedding(order, now):
    return date_of(order, "wedding", now + 30 * DAY, now=now, hours=8)


@pytest.fixture
def gown(shop):
    return make_gown(shop)


def picture(name="a.jpg", size=(60, 40)) -> SimpleUploadedFile:
    data = io.BytesIO()
    Image.new("RGB", size, "ivory").save(data, "JPEG")
    return SimpleUploadedFile(name, data.getvalue(), "image/jpeg")


def only_hold(gown):
    return gown.allocations.active().get(appointment__isnull=False)


def text(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


# --- Held, from the order's page -----------------------------------------------------------------
def test_a_gown_is_held_from_the_orders_page(shop, order, wedding, gown, sign_in) -> None:
    client = sign_in(shop.owner)
    page = text(client.get(order.get_absolute_url()))
    address = reverse("bookings:gown_hold", args=[wedding.pk])
    assert address in page
    form = client.get(address)
    initial = form.context["form"].initial
    assert (initial["from_day"].isoformat(), initial["until_day"].isoformat()) == ("2026-06-14", "2026-06-16")
    sent = {"from_day": "2026-06-14", "from_time": "17:00", "until_day": "2026-06-16", "until_time": "12:00"}
    answer = client.post(address, sent | {"gown": gown.pk}, follow=True)
    assert "Gown G-1" in text(answer)
    assert "17:00" in text(answer)


def test_a_gown_that_is_taken_is_said_at_its_field_and_nothing_typed_is_lost(
    shop, order, wedding, gown, now, sign_in
) -> None:
    gowns.hold(wedding, gown, starts_at=wedding.starts_at, ends_at=wedding.ends_at, by=shop.owner, now=now)
    other = date_of(sold(shop, now), "wedding", now + 30 * DAY, now=now, hours=8)
    sent = {"from_day": "2026-06-14", "from_time": "16:45", "until_day": "2026-06-16", "until_time": "12:00"}
    answer = sign_in(shop.owner).post(
        reverse("bookings:gown_hold", args=[other.pk]), sent | {"gown": gown.pk}
    )
    assert answer.status_code == 422
    assert "is taken" in answer.context["form"].errors["gown"][0]
    assert 'value="16:45"' in answer.content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"from_day": "9999-12-31"},
        {"until_day": "9999-12-31"},
        {"from_day": "0001-01-01", "until_day": "0001-01-01"},
        {"from_day": "\x00"},
        {"gown": "x"},
        {"gown": "99999999999999999999"},
        {"until_time": "25:00"},
        {"look": "77"},
    ],
)
def test_wrong_input_is_a_sentence_and_never_an_error(shop, wedding, gown, sign_in, wrong) -> None:
    sent = {"from_day": "2026-06-14", "from_time": "17:00", "until_day": "2026-06-16", "until_time": "12:00"}
    address = reverse("bookings:gown_hold", args=[wedding.pk])
    answer = sign_in(shop.owner).post(address, sent | {"gown": gown.pk} | wrong)
    assert answer.status_code in ({302} if "look" in wrong else {400, 422})


def test_it_is_let_go_again(shop, wedding, gown, now, sign_in) -> None:
    gowns.hold(wedding, gown, starts_at=wedding.starts_at, ends_at=wedding.ends_at, by=shop.owner, now=now)
    address = reverse("bookings:gown_release", args=[only_hold(gown).pk])
    for _press in range(2):
        assert sign_in(shop.owner).post(address).status_code == 302
    assert not gown.allocations.active().exists()


# --- Out and back --------------------------------------------------------------------------------
@pytest.fixture
def held(shop, wedding, gown, now):
    gowns.hold(wedding, gown, starts_at=now + HOUR, ends_at=wedding.ends_at, by=shop.owner, now=now)
    return only_hold(gown)


def give(client, row, **more):
    sent = {"condition": "good", "due_day": "2026-06-10", "due_time": "12:00", "note": "with veil"}
    return client.post(reverse("bookings:gown_out", args=[row.pk]), sent | more)


def test_a_gown_goes_out_with_photographs_and_they_are_for_this_branch_only(
    shop, held, gown, sign_in
) -> None:
    answer = give(sign_in(shop.artist), held, front=picture(), more=[picture(), picture()])
    assert answer.status_code == 302
    outing = Outing.objects.get()
    assert (outing.note, outing.out_by) == ("with veil", shop.artist)
    assert outing.photos.count() == 3
    address = reverse("bookings:gown_photo", args=[outing.photos.first().pk])
    for person in (shop.artist, shop.cashier, shop.manager):
        shown = sign_in(person).get(address)
        assert (shown.status_code, shown["Content-Type"]) == (200, "image/jpeg")
        assert "no-store" in shown["Cache-Control"]
    assert sign_in(shop.administrator).get(address).status_code == 403
    assert sign_in(shop.neighbour).get(address).status_code == 404


@pytest.mark.parametrize(
    ("files", "field", "words"),
    [
        ({"front": SimpleUploadedFile("a.heic", b"\0\0\0\x18ftypheic" + b"\0" * 99)}, "front", "HEIC"),
        ({"rear": SimpleUploadedFile("a.jpg", b"<svg/>")}, "rear", "not a photograph"),
        ({"detail": SimpleUploadedFile("a.jpg", b"")}, "detail", "empty"),
        ({"more": [picture() for _n in range(7)]}, "more", "Six"),
        ({"front": picture(), "more": [picture() for _n in range(6)]}, "more", "Six"),
    ],
)
def test_what_is_no_photograph_is_refused_at_its_field(shop, held, sign_in, files, field, words) -> None:
    answer = give(sign_in(shop.artist), held, **files)
    assert answer.status_code == 422
    assert words in answer.context["form"].errors[field][0]
    assert "Choose them again" in answer.content.decode()
    assert not Outing.objects.exists()


def test_on_a_tablet_the_camera_opens(shop, held, sign_in) -> None:
    page = sign_in(shop.artist).get(reverse("bookings:gown_out", args=[held.pk])).content.decode()
    assert page.count('capture="environment"') == 3
    assert 'enctype="multipart/form-data"' in page


def test_who_takes_money_is_told_that_no_security_is_held_and_departments_see_no_sums(
    shop, held, sign_in
) -> None:
    address = reverse("bookings:gown_out", args=[held.pk])
    assert "No security is held" in text(sign_in(shop.owner).get(address))
    assert "No security is held" not in text(sign_in(shop.artist).get(address))


def test_back_damaged_the_till_decides_who_pays(shop, order, held, gown, sign_in) -> None:
    give(sign_in(shop.artist), held)
    outing = Outing.objects.get()
    sent = {"condition": "damaged", "note": "a tear", "front": picture()}
    client = sign_in(shop.owner)
    address = reverse("bookings:gown_back", args=[outing.pk])
    refused = client.post(address, sent)
    assert (refused.status_code, "repaired" in refused.context["form"].errors) == (422, True)
    answer = client.post(address, sent | {"repaired": "2026-05-20", "front": picture()})
    assert answer["Location"] == reverse("bookings:gown_damage", args=[outing.pk])
    page = text(client.get(reverse("bookings:gown", args=[gown.pk])))
    assert "not in order" in page
    assert "a tear" in page
    for wrong in ({}, {"decision": "charge"}, {"decision": "charge", "amount": "NaN"}, {"decision": "spare"}):
        assert client.post(answer["Location"], wrong).status_code == 422
    assert client.post(answer["Location"], {"decision": "charge", "amount": "300"}).status_code == 302
    booking = Booking.objects.with_money().get(pk=order.booking_id)
    assert booking.price_lines.get(kind="damage").amount == 300
    assert "Nothing is to be decided" in text(client.get(answer["Location"]))


def test_the_department_that_takes_it_back_sees_no_money(shop, held, gown, sign_in) -> None:
    give(sign_in(shop.artist), held)
    client = sign_in(shop.artist)
    sent = {"condition": "damaged", "repaired": "2026-05-20"}
    answer = client.post(reverse("bookings:gown_back", args=[Outing.objects.get().pk]), sent)
    assert answer["Location"] == reverse("bookings:gown", args=[gown.pk])
    assert "Who pays" not in text(client.get(answer["Location"]))
    assert client.post(reverse("bookings:gown_in_order", args=[gown.pk])).status_code == 302
    assert "in the house" in text(client.get(answer["Location"]))


def test_taken_back_twice_is_once(shop, held, sign_in) -> None:
    give(sign_in(shop.artist), held)
    address = reverse("bookings:gown_back", args=[Outing.objects.get().pk])
    for _press in range(2):
        assert sign_in(shop.artist).post(address, {"condition": "good"}).status_code == 302
    assert "It is back already" in text(sign_in(shop.artist).get(address))


# --- Photographs that come later -----------------------------------------------------------------
def test_photographs_are_added_later_and_say_so(shop, held, gown, now, sign_in) -> None:
    """While it is out to how it left, afterwards to how it came back; a second press adds nothing."""
    client = sign_in(shop.artist)
    give(client, held)
    outing = Outing.objects.get()
    before = outing.photos.count()
    address = reverse("bookings:gown_photos", args=[outing.pk])
    page = text(client.get(reverse("bookings:gown", args=[gown.pk])))
    assert address in page
    assert "Photographs added" not in page
    with time_machine.travel(now + HOUR, tick=False):
        form = {"submission": "7b2c1ddc-7d0e-4b39-9c0e-1f3a5a6f0a31"}
        for _press in range(2):
            sent = form | {"front": picture(), "more": [picture("b.jpg")]}
            assert client.post(address, sent)["Location"] == reverse("bookings:gown", args=[gown.pk])
        added = outing.photos.filter(is_back=False)
        assert added.count() == before + 2
        assert (added.last().by, added.last().at) == (shop.artist, now + HOUR)
        page = text(client.get(reverse("bookings:gown", args=[gown.pk])))
        assert page.count("Photographs added") == 1
        client.post(reverse("bookings:gown_back", args=[outing.pk]), {"condition": "good"})
    with time_machine.travel(now + 2 * HOUR, tick=False):
        assert client.post(address, {"rear": picture()}).status_code == 302
    assert list(outing.photos.filter(is_back=True).values_list("at", flat=True)) == [now + 2 * HOUR]
    assert held.appointment.events.filter(kind="gown_photographed").count() == 2
    sentence = held.appointment.events.filter(kind="gown_photographed").last().sentence
    assert sentence.startswith("Photographs of")


def test_photographs_too_many_or_none_are_refused_at_their_field(shop, held, gown, sign_in) -> None:
    client = sign_in(shop.artist)
    give(client, held)
    outing = Outing.objects.get()
    room = 6 - outing.photos.count()
    address = reverse("bookings:gown_photos", args=[outing.pk])
    refused = client.post(address, {})
    assert (refused.status_code, "Take at least one" in text(refused)) == (422, True)
    refused = client.post(address, {"more": [picture(f"{n}.jpg") for n in range(room + 1)]})
    assert refused.status_code == 422
    assert "Six photographs at most" in text(refused)
    broken = SimpleUploadedFile("a.jpg", b"not a picture", "image/jpeg")
    assert client.post(address, {"front": broken}).status_code == 422
    assert client.post(address, {"more": [picture(f"{n}.jpg") for n in range(room)]}).status_code == 302
    assert outing.photos.count() == 6
    assert address not in text(client.get(reverse("bookings:gown", args=[gown.pk])))
    assert sign_in(shop.neighbour).get(address).status_code == 404


# --- Another gown --------------------------------------------------------------------------------
def test_the_best_substitute_stands_first_and_is_chosen(shop, order, held, gown, sign_in) -> None:
    far, near = make_gown(shop, "F", style="mermaid", size="S"), make_gown(shop, "N")
    client, address = sign_in(shop.owner), reverse("bookings:gown_substitute", args=[held.pk])
    form = client.get(address)
    assert [row.pk for row in form.context["free"]] == [near.pk, far.pk]
    assert client.post(address, {"gown": near.pk, "why": ""}).status_code == 422
    answer = client.post(address, {"gown": near.pk, "why": "a stain"}, follow=True)
    assert "Exchanged" in text(answer)
    assert "takes the place of" in text(answer), "it stands on the order's timeline"
    assert near.allocations.active().exists()


def test_where_nothing_is_free_the_page_says_what_to_do(shop, held, sign_in) -> None:
    page = text(sign_in(shop.owner).get(reverse("bookings:gown_substitute", args=[held.pk])))
    assert "No other gown is free then" in page


# --- The wardrobe --------------------------------------------------------------------------------
def test_filters_stand_in_the_address(shop, held, gown, sign_in) -> None:
    free = make_gown(shop, "N", style="mermaid", size="S")
    client = sign_in(shop.artist)

    def shown(**query):
        return [line.gown for line in client.get(reverse("bookings:gowns"), query).context["strip"].lines]

    assert shown() == [gown, free]
    assert shown(style="mermaid") == [free]
    assert shown(size="M") == [gown]
    assert shown(free="2026-06-01") == [free], "the other one is held then"
    assert shown(free="2027-01-01") == [gown, free]
    for odd in ({"free": "0001-01-01"}, {"style": "x"}, {"from": "9999-12-31"}, {"from": "x", "free": "x"}):
        assert shown(**odd) == [gown, free]


def test_the_line_of_a_gown_shows_use_cleaning_and_repair(shop, held, gown, now, sign_in) -> None:
    page = sign_in(shop.artist).get(reverse("bookings:gowns"), {"from": "2026-06-01"})
    (line,) = page.context["strip"].lines
    assert [bar.kind for bar in line.bars] == ["held", "clean"]
    assert line.next.appointment == held.appointment
    assert "张伟" in text(page)


def test_questions_do_not_grow_with_gowns(shop, wedding, now, sign_in) -> None:
    client = sign_in(shop.artist)

    def more(count, name):
        for number in range(count):
            one = make_gown(shop, f"{name}{number}")
            gowns.hold(wedding, one, starts_at=now + HOUR, ends_at=wedding.ends_at, by=shop.owner, now=now)
            row = only_hold(one)
            outings.give_out(wedding, row.resource, due_back_at=now + 9 * DAY, by=shop.owner, now=now)

    for address in (
        reverse("bookings:gowns"),
        reverse("workflow:order", args=[wedding.booking.work_order.pk]),
    ):
        more(1, address[1])
        client.get(address)
        with counted() as few:
            client.get(address)
        more(4, address[1] + "x")
        with counted() as many:
            client.get(address)
        assert len(many) <= len(few), address


def counted() -> CaptureQueriesContext:
    return CaptureQueriesContext(connection)


def test_the_label_has_a_code_that_opens_the_gown(shop, gown, sign_in) -> None:
    page = text(sign_in(shop.artist).get(reverse("bookings:gown_label", args=[gown.pk])))
    assert "<svg" in page
    assert "G-1" in page
    assert "style=" not in page


def test_history_shows_photographs_of_both_ways_without_loading_them(shop, held, gown, now, sign_in) -> None:
    shot = Picture(b"x" * 1000, 40, 30)
    outing = outings.give_out(
        held.appointment, gown, due_back_at=now + DAY, photos=[shot], by=shop.artist, now=now
    )
    outings.take_back(outing, condition="good", photos=[shot], by=shop.artist, now=now + HOUR)
    page = sign_in(shop.artist).get(reverse("bookings:gown", args=[gown.pk]))
    assert text(page).count("<img ") == 2
    assert all("image" in photo.get_deferred_fields() for photo in page.context["history"][0].photos.all())
    assert OutingPhoto.objects.count() == 2


# --- On Today ------------------------------------------------------------------------------------
def test_what_is_late_stands_on_today_of_owner_and_styling(shop, order, wedding, gown, now, sign_in) -> None:
    next_one = date_of(sold(shop, now), "fitting", now + 7 * DAY, now=now)
    gowns.hold(wedding, gown, starts_at=now - DAY, ends_at=now + DAY, by=shop.owner, now=now - DAY)
    gowns.hold(next_one, gown, starts_at=next_one.starts_at, ends_at=next_one.ends_at, by=shop.owner, now=now)
    outings.give_out(wedding, gown, due_back_at=now + DAY, by=shop.artist, now=now - DAY)
    make_gown(shop, "N")

    def on_today(person, at):
        return [task.kind for task in duties_gowns.tasks([person], shop.branch, at)]

    assert on_today(shop.artist, now) == []
    assert on_today(shop.artist, now + DAY - HOUR) == ["due"]
    for person in (shop.owner, shop.artist):
        assert on_today(person, now + DAY + HOUR) == ["danger", "late"]
    assert on_today(shop.colleague, now + DAY + HOUR) == []
    (case,) = duties_gowns.cases(shop.owner, shop.branch, shop.branch.today(now + DAY), now)
    assert case.customer == order.booking.customer
    with time_machine.travel(now + DAY + HOUR, tick=False):
        page = text(sign_in(shop.artist).get("/"))
    assert "In danger" in page
    assert "Free instead" in page
    assert "It is back" in page


# --- The waiting list ----------------------------------------------------------------------------
@pytest.fixture
def entry(shop, order, now):
    day = shop.branch.today(now) + 7 * DAY
    return waiting.join(
        branch=shop.branch, customer=order.booking.customer, booking=order.booking, kind="shoot",
        first_day=day, last_day=day, minutes=360, by=shop.owner, now=now,
    )  # fmt: skip


def test_they_are_put_on_the_list_from_the_form_of_a_date(shop, order, sign_in) -> None:
    address = reverse("bookings:waiting_new")
    query = f"?booking={order.booking_id}&kind=shoot&day=2026-05-23"
    client = sign_in(shop.owner)
    form = client.get(address + query).context["form"]
    assert form.initial["first_day"].isoformat() == "2026-05-23"
    sent = {
        "kind": "shoot",
        "first_day": "2026-05-23",
        "last_day": "2026-05-24",
        "minutes": 360,
        "part_of_day": "any",
    }
    answer = client.post(address + query, sent, follow=True)
    assert "On the list" in text(answer)
    assert WaitingEntry.objects.get().booking == order.booking
    for wrong in (
        {"last_day": "2026-05-01"},
        {"last_day": "9999-12-31"},
        {"minutes": "-1"},
        {"kind": "x"},
        {"resources": ["0"]},
    ):
        assert client.post(address + query, sent | wrong).status_code == 422, wrong
    assert WaitingEntry.objects.count() == 1


def test_nobody_of_the_neighbour_branch_is_put_on_a_list(shop, order, sign_in) -> None:
    client, address = sign_in(shop.neighbour), reverse("bookings:waiting_new")
    assert client.get(f"{address}?customer={order.booking.customer_id}").status_code == 404
    assert client.get(f"{address}?booking={order.booking_id}").status_code == 404
    for odd in ("x", "٣", "9" * 40, "-1"):
        assert client.get(address, {"customer": odd}).status_code == 200


def test_a_place_that_is_free_is_one_press_away(shop, order, entry, now, sign_in) -> None:
    (row,) = waiting_list.came_free([shop.owner], shop.branch, now)
    client = sign_in(shop.owner)
    page = text(client.get("/"))
    assert "A place came free" in page
    address = reverse("bookings:waiting_place", args=[entry.pk])
    assert address in page
    sent = {"start": row.slots[0].starts_at.isoformat()}
    answer = client.post(address, sent, follow=True)
    assert "Agreed" in text(answer)
    assert order.booking.appointments.get(kind="shoot").starts_at == row.slots[0].starts_at
    assert client.post(address, sent).status_code == 302, "a second press books nothing"
    assert order.booking.appointments.count() == 1


def test_somebody_was_quicker(shop, order, entry, now, sign_in) -> None:
    (row,) = waiting_list.came_free([shop.owner], shop.branch, now)
    slot = row.slots[0]
    team = [shop.photographer_resource, shop.artist_resource, shop.floor]
    other = sold(shop, now)
    schedule.make_appointment(
        branch=shop.branch, customer=other.booking.customer, booking=other.booking, kind="shoot",
        slot=schedule.Slot(slot.starts_at, slot.ends_at + 5 * HOUR, team), by=shop.owner, now=now,
    )  # fmt: skip
    address = reverse("bookings:waiting_place", args=[entry.pk])
    answer = sign_in(shop.owner).post(address, {"start": slot.starts_at.isoformat()}, follow=True)
    assert "Somebody was quicker" in text(answer)
    entry.refresh_from_db()
    assert (entry.state, entry.free_at) == ("waiting", None)


@pytest.mark.parametrize(
    "start", ["", "x", "2026-05-23T10:00", "0001-01-01T00:00+00:00", "9999-12-31T23:59+00:00"]
)
def test_a_time_that_is_none_is_a_bad_request(shop, entry, sign_in, start) -> None:
    address = reverse("bookings:waiting_place", args=[entry.pk])
    assert sign_in(shop.owner).post(address, {"start": start}).status_code == 400


def test_who_asked_first_is_called_first(shop, entry, now) -> None:
    later = sold(shop, now)
    second = waiting.join(
        branch=shop.branch, customer=later.booking.customer, booking=later.booking, kind="shoot",
        first_day=entry.first_day, last_day=entry.last_day + DAY, minutes=360, by=shop.owner, now=now + HOUR,
    )  # fmt: skip
    rows = waiting_list.came_free([shop.owner], shop.branch, now + HOUR)
    assert [(row.entry, row.before) for row in rows] == [(entry, []), (second, [entry])]


def test_who_does_not_want_to_be_called_is_not(shop, entry, now) -> None:
    entry.customer.do_not_contact = True
    entry.customer.save()
    assert waiting_list.came_free([shop.owner], shop.branch, now) == []


def test_the_list_has_filters_and_says_who_asked(shop, entry, sign_in) -> None:
    client, address = sign_in(shop.colleague), reverse("bookings:waiting")

    def shown(**query):
        return [row.entry for row in client.get(address, query).context["rows"]]

    assert shown() == shown(show="free") == shown(kind="shoot") == shown(day="2026-05-23") == [entry]
    assert shown(kind="pickup") == shown(day="2026-05-22") == []
    for odd in ({"day": "x"}, {"kind": "x"}, {"show": "x"}, {"page": "x"}, {"day": "0001-01-01"}):
        assert client.get(address, odd).status_code == 200
    client.post(reverse("bookings:waiting_withdrawal", args=[entry.pk]))
    assert shown() == []
    assert shown(show="all") == [entry]


def test_questions_of_the_list_do_not_grow(shop, entry, now, sign_in) -> None:
    client, address = sign_in(shop.owner), reverse("bookings:waiting")
    client.get(address)
    with counted() as few:
        client.get(address)
    for number in range(4):
        waiting.join(
            branch=shop.branch, customer=sold(shop, now).booking.customer, kind="shoot", minutes=360,
            first_day=entry.first_day, last_day=entry.last_day + number * DAY, by=shop.owner, now=now,
        )  # fmt: skip
    with counted() as many:
        client.get(address)
    assert len(many) <= len(few) + 1


# --- In the form of a date -----------------------------------------------------------------------
def agree(shop, order, sign_in, day, **more):
    address = f"{reverse('workflow:agree', args=[order.pk])}?kind=shoot"
    sent = {"day": day, "time": "10:00", "minutes": 360, "photographer": shop.photographer_resource.pk}
    return sign_in(shop.owner).post(address, sent | more, follow=True)


def test_a_full_day_offers_the_waiting_list(shop, order, now, sign_in) -> None:
    agree(shop, sold(shop, now), sign_in, "2026-05-20")
    answer = agree(shop, order, sign_in, "2026-05-20")
    assert answer.status_code == 422
    assert f"/waiting/new/?customer={order.booking.customer_id}&amp;booking={order.booking_id}" in text(
        answer
    )
    assert "kind=shoot&amp;day=2026-05-20" in text(answer)


def test_f5_a_day_that_makes_it_tight_is_said_before_and_after_and_not_refused(shop, order, sign_in) -> None:
    """The wedding is on 1 October; a shoot in September can't be in the album in the usual time."""
    early = agree(shop, order, sign_in, "2026-09-10", fill="-")
    assert "days are missing before the wedding" in text(early)
    answer = agree(shop, order, sign_in, "2026-09-10")
    assert "offer a rush" in text(answer)
    assert "Before the wedding" in text(answer)
    assert order.booking.appointments.count() == 1
    address = reverse("workflow:move", args=[order.booking.appointments.get().pk])
    assert "days are missing before the wedding" in text(sign_in(shop.owner).get(address))


def test_f5_a_day_in_good_time_is_not_warned_of(shop, order, sign_in) -> None:
    answer = agree(shop, order, sign_in, "2026-06-01")
    assert "offer a rush" not in text(answer)
    assert "days to spare" in text(answer)


def test_the_customers_file_shows_what_they_wait_for(shop, order, entry, sign_in) -> None:
    page = text(sign_in(shop.owner).get(order.booking.customer.get_absolute_url()))
    assert f"/waiting/#entry-{entry.pk}" in page
    assert "a place is free" in page
    waiting.withdraw(entry, by=shop.owner, now=entry.created_at)
    assert "They wait for no day" in text(sign_in(shop.owner).get(order.booking.customer.get_absolute_url()))


def test_what_is_free_for_the_time_stands_first_and_the_rest_says_that_it_is_taken(
    shop, held, gown, now, sign_in
) -> None:
    """Their own gown is no obstacle to them; another party's is, and its cleaning."""
    other = date_of(sold(shop, now), "fitting", now + 31 * DAY, now=now)
    make_gown(shop, "N")
    for row, words in (
        (other, ["N · Gown N · A-line · M", "G-1 · Gown G-1 · A-line · M (taken)"]),
        (held.appointment, None),
    ):
        form = sign_in(shop.owner).get(reverse("bookings:gown_hold", args=[row.pk])).context["form"]
        labels = [label for _pk, label in form.fields["gown"].choices]
        assert labels == words if words else not any("taken" in label for label in labels)
