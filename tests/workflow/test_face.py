"""Face (R9.9): nothing that a customer may see shows a debt, a taboo, a tier or a complaint.

One party has all of it. Every page, screen, print and message for customers is walked; the lists of them are
held against the program, so that a new one can't be forgotten."""

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone, translation
from django.utils.html import strip_tags

from bookings import credit_notes, till
from bookings.models import AppointmentKind, BookingRequest, Resource
from customers import knowledge, private
from customers.models import Member
from studio.outbox.models import Message
from studio.outbox.purposes import purposes
from tests.studio.test_routes import PUBLIC, ROUTES
from tests.workflow import faces, orders
from tests.workflow.shoots import arrived, party, reread
from workflow import day, handoffs, links
from workflow.models import CallKind, CallTask, Look, Presence, WeatherPlan

LANGUAGES = ("en", "zh-hans", "zh-hant")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

SECRETS = (
    "她的前男友", "怀孕十四周", "气得哭了", "等了两个钟头", "总是砍价", "经理特批", "鞋跟断了", "4,812", "4812", "别人也有份",
)  # fmt: skip
"""What is written about this party, each in words that stand nowhere else; 4,812 is what they owe."""


@pytest.fixture(autouse=True)
def noon(now):
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def burdened(shop, now):
    """In the house for the shoot, with a debt, a taboo, special care, an unhappy friend who left already, a
    look undone; and with dates to come."""
    order = arrived(shop, now=now, looks=3, special_care="怀孕十四周，鞋跟断了")
    customer = order.booking.customer
    till.take_payment(
        order.booking, kind="balance", method="cash", amount=Decimal("187"), by=shop.owner, now=now
    )
    knowledge.add_taboo(customer, "别提她的前男友", by=shop.owner, now=now)
    knowledge.observe(customer, "总是砍价", by=shop.owner, now=now)
    friend = Member.objects.create(customer=customer, name="周婷", role="friend", salutation="ms", position=5)
    day.arrive(order, members=[friend], by=shop.owner, now=now)
    day.see_off(
        order, members=[friend], mood="unhappy", note="气得哭了，等了两个钟头", by=shop.owner, now=now,
    )  # fmt: skip
    order.booking.earnest_waived_by, order.booking.earnest_waived_why = shop.manager, "经理特批，别人也有份"
    order.booking.save(update_fields=["earnest_waived_by", "earnest_waived_why"])
    orders.dated(order, AppointmentKind.SELECTION, now + 7 * DAY, now=now)
    orders.dated(order, AppointmentKind.PICKUP, now + 40 * DAY, now=now)
    orders.dated(order, AppointmentKind.FITTING, now + 2 * DAY, now=now)
    return reread(order)


def seen(text: str) -> str:
    """What stands on the page for eyes: no addresses, no scripts, no tokens."""
    return re.sub(r"https?://\S+", " ", strip_tags(re.sub(r"(?s)<(script|style|svg).*?</\1>", " ", text)))


def spared(text: str, what: str, *, money: bool = False) -> None:
    """Nothing about this party that costs face stands in it."""
    shown = seen(text)
    for secret in SECRETS:
        if not (money and secret[0].isdigit()):
            assert secret not in shown, (what, secret)


def never(text: str, language: str, what: str) -> None:
    shown = seen(text).lower()
    for word in faces.NEVER[language]:
        assert word not in shown, (what, word)


# --- The lists are complete -----------------------------------------------------------------------------
def test_r9_9_every_public_address_is_listed() -> None:
    public = {name for name, access in ROUTES.items() if access == PUBLIC}
    assert public == faces.PUBLIC_PAGES | faces.NOT_FOR_CUSTOMERS


def test_r9_9_every_screen_that_is_turned_round_is_a_route() -> None:
    assert set(ROUTES) >= faces.SHOWN | faces.MONEY_ITSELF


def templates_with(words: str) -> set[str]:
    root = Path(settings.BASE_DIR) / "templates"
    return {str(path.relative_to(root)) for path in root.rglob("*.html") if words in path.read_text()}


def test_r9_9_every_page_that_is_printed_is_listed() -> None:
    assert templates_with(" data-print>") | templates_with(" data-print{") == (
        faces.PRINTED_FOR_CUSTOMERS | faces.PRINTED_FOR_US
    )


def test_r9_9_every_wall_is_listed() -> None:
    walls = {name for name in templates_with("{% block body_class %}") if "wall" in body_class(name)}
    assert walls == faces.WALLS


def body_class(name: str) -> str:
    text = (Path(settings.BASE_DIR) / "templates" / name).read_text()
    return text.split("{% block body_class %}")[1].split("{% endblock")[0]


def test_r9_9_every_page_without_our_navigation_is_listed() -> None:
    assert templates_with('{% extends "base_public.html" %}') == faces.TEMPLATES | faces.TEMPLATES_OF_OURS


def test_r9_9_every_purpose_of_a_message_is_listed() -> None:
    ours = {name for name in purposes.names() if not purposes[name].parameters.__module__.startswith("tests")}
    assert ours == faces.TO_CUSTOMERS | faces.TO_COLLEAGUES


# --- The customer's own pages ---------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["selection", "pickup", "fitting"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_r9_9_the_link_in_all_its_states(shop, burdened, client, now, kind, language) -> None:
    customer = burdened.booking.customer
    customer.language = language
    customer.save(update_fields=["language"])
    digits = customer.contact_points.get().value[-4:]
    appointment = burdened.booking.appointments.get(kind=kind)
    address = "/" + links.link_for(appointment, now).split("/", 3)[3]
    for part in ("", "times/"):
        text = client.get(address + part).content.decode()
        spared(text, f"{kind} {part}")
        never(text, language, f"{kind} {part}")
    known = client.post(f"{address}digits/", {"digits": digits}, follow=True)
    spared(known.content.decode(), "after the digits")
    never(client.get(address).content.decode(), language, "after the digits")
    spared(client.get(f"{address}calendar.ics").content.decode(), "calendar")
    for part, data in (
        ("reach/", {}),
        ("stop/", {}),
        ("digits/", {"digits": "0"}),
        ("times/", {}),
        ("", {"answer": "yes"}),
    ):
        spared(client.post(address + part, data, follow=True).content.decode(), f"posted {part}")
    spared(client.get("/c/nothing-that-opens-anything/").content.decode(), "gone")


def test_r9_9_the_private_card_and_its_page(shop, burdened, client, sign_in, now) -> None:
    link = private.link_for(burdened.booking.customer, now)
    address = "/" + private.address_of(link).split("/", 3)[3]
    for path in (address, f"{address}thanks/", "/a/nothing-that-opens-anything/"):
        text = client.get(path).content.decode()
        spared(text, path)
        never(text, "en", path)
    card = sign_in(shop.owner).get(f"/customers/{burdened.booking.customer_id}/card/").content.decode()
    spared(card, "card")


def test_r9_9_the_booking_page_knows_nobody(shop, burdened, client, now) -> None:
    for path in (
        "/book/sh/",
        "/book/sh/talk/",
        f"/book/sh/{shop.package.package_id}/",
        f"/s/{burdened.booking.number}/",
    ):
        text = client.get(path).content.decode()
        spared(text, path)
        for name in ("张伟", "李娜", "周婷"):
            assert name not in text


# --- Screens and papers -----------------------------------------------------------------------------------
def test_r9_9_the_wall_in_every_state_of_a_party(shop, burdened, sign_in, now) -> None:
    client = sign_in(shop.artist)
    spared(client.get("/house/?wall").content.decode(), "wall, at the front desk")
    offers = handoffs.offer(burdened, members=party(burdened)[:2], to=shop.styling, by=shop.owner, now=now)
    spared(client.get("/house/?wall").content.decode(), "wall, offered")
    handoffs.accept(offers, by=shop.artist, now=now)
    text = client.get("/house/?wall").content.decode()
    spared(text, "wall, in styling")
    fragment = client.get("/house/?wall", headers={"HX-Request": "true"}).content.decode()
    for shown in (text, fragment):
        spared(shown, "wall")
        assert "¥" not in seen(shown)
        for word in ("balance", "taboo", "complain", "unhappy", "special care"):
            assert word not in seen(shown).lower()
    assert Presence.objects.filter(work_order=burdened, left_at=None).exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_r9_9_the_customers_copy(shop, burdened, sign_in, now, language) -> None:
    customer = burdened.booking.customer
    customer.language = language
    customer.save(update_fields=["language"])
    Look.objects.filter(work_order=burdened, position=3).update(state="undone", why="鞋跟断了")
    text = sign_in(shop.owner).get(f"/orders/{burdened.pk}/sheet/customer/").content.decode()
    body = text[text.index("<article") : text.index("</article>")]
    spared(body, "customer copy")
    never(body, language, "customer copy")
    assert "¥" not in body and "5,999" not in body


def test_r9_9_papers_of_money_show_the_amount_and_nothing_else(shop, burdened, sign_in, now) -> None:
    client = sign_in(shop.owner)
    note = credit_notes.issue(
        burdened.booking, lines=[("credit", {"en": "Thank you"}, Decimal("-1"))], why="For the waiting", by=shop.manager, now=now
    )  # fmt: skip
    payment = burdened.booking.payments.order_by("-pk").first()
    for path in (f"/receipts/{payment.receipt_id}/", f"/credit-notes/{note.pk}/"):
        for language in LANGUAGES:
            answer = client.get(path, {"language": language})
            assert answer.status_code == 200, path
            spared(answer.content.decode(), path)
    for paper in ("statement", "instalments"):
        shown = client.get(f"/orders/{burdened.pk}/{paper}/")
        assert shown.status_code == 200
        spared(shown.content.decode(), paper, money=True)


def test_r9_9_a_gown_wears_no_customers_troubles(shop, burdened, sign_in) -> None:
    gown = Resource.objects.create(branch=shop.branch, kind="gown", code="G-1", name_en="Gown")
    spared(sign_in(shop.owner).get(f"/gowns/{gown.pk}/label/").content.decode(), "label")


def test_r9_9_the_board_of_the_rotation_and_the_price_list_know_nobody(shop, burdened, sign_in) -> None:
    client = sign_in(shop.owner)
    for path in ("/rotation/board/", "/price-list/"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        spared(answer.content.decode(), path)


def test_r9_9_where_the_customer_signs(shop, sign_in, now) -> None:
    """The screen is turned round: selection, extras and pickup, of a party that has it all."""
    chosen = orders.in_selection(shop, now, at=now + HOUR, customer=troubled(shop, now))
    made = orders.at_desk(shop, now, customer=troubled(shop, now))
    client = sign_in(shop.owner)
    pages = [
        f"/orders/{chosen.pk}/selection/signature/", f"/orders/{chosen.pk}/add-ons/shown/",
        f"/orders/{made.pk}/pickup/signature/", f"/orders/{made.pk}/selection/sheet/",
    ]  # fmt: skip
    for path in pages:
        answer = client.get(path)
        assert answer.status_code in {200, 302, 409}, path
        spared(answer.content.decode(), path)
    assert sum(client.get(path).status_code == 200 for path in pages) >= 2


def troubled(shop, now):
    customer = orders.client_of(shop, special_care="怀孕十四周")
    knowledge.add_taboo(customer, "别提她的前男友", by=shop.owner, now=now)
    return customer


# --- Messages -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("purpose", sorted(faces.TO_CUSTOMERS))
def test_r9_9_the_houses_own_words_name_nothing_that_costs_face(purpose) -> None:
    """Every way, every language; and no value is offered to a template that would."""
    known = purposes[purpose]
    assert known.words
    for (_channel, language), words in known.words.items():
        for text in words:
            never(text, language, purpose)
    names = set(known.sample or {})
    assert not names & {
        "balance",
        "amount",
        "due",
        "total",
        "paid",
        "price",
        "taboo",
        "care",
        "tier",
        "mood",
        "note",
        "why",
    }


@pytest.mark.parametrize("purpose", sorted(faces.TO_CUSTOMERS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_r9_9_what_goes_out_to_this_party(shop, burdened, now, purpose, language) -> None:
    message = message_to(shop, burdened, purpose, language, now)
    with translation.override(language), timezone.override(shop.branch.zone):
        values = purposes[purpose].parameters(message)
    text = "\n".join(str(value) for value in values.values())
    spared(text, purpose)
    never(text, language, purpose)


def message_to(shop, order, purpose, language, now) -> Message:
    selection = order.booking.appointments.get(kind="selection")
    subject = selection.pk
    if purpose == "call_missed":
        call = CallTask.objects.create(
            branch=shop.branch, customer=order.booking.customer, kind=CallKind.CONFIRM, appointment=selection,
            schedule_version=selection.schedule_version, due_at=now, dedupe_key="face",
        )  # fmt: skip
        subject = call.pk
    if purpose == "booking_code":
        subject = BookingRequest.objects.create(
            branch=shop.branch, name="周婷", phone="+8613800000077", language=language, code_sent_at=now
        ).pk
    if purpose == "weather_decided":
        WeatherPlan.objects.create(
            appointment=selection, decides_at=now, plan_b="another_day", note="鞋跟断了", by=shop.owner, decision="plan_b",
            decided_by=shop.owner, decided_at=now,
        )  # fmt: skip
    return Message(
        branch=shop.branch, purpose=purpose, subject_id=subject, subject_version=selection.schedule_version, channel="sms",
        language=language, recipient="+8613800000001", due_at=now, deadline=now + DAY, dedupe_key="face",
        parameters={"before": (now + 6 * DAY).isoformat()}, about_customer=order.booking.customer_id,
    )  # fmt: skip


def test_the_secrets_of_this_party_are_really_there(shop, burdened, sign_in) -> None:
    """Or the walk would prove nothing: staff see them, each where it belongs."""
    client = sign_in(shop.owner)
    texts = [
        client.get(path).content.decode()
        for path in (
            f"/orders/{burdened.pk}/", f"/orders/{burdened.pk}/sheet/", f"/customers/{burdened.booking.customer_id}/",
        )
    ]  # fmt: skip
    for secret in ("她的前男友", "怀孕十四周", "总是砍价", "4,812"):
        assert any(secret in seen(text) for text in texts), secret
