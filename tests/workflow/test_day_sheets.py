"""The sheets of a day, printed or sent the evening before (F9)."""

import uuid
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone, translation

from bookings import schedule
from customers.models import Taboo
from studio.outbox.alert_words import lines_of
from studio.outbox.models import Alert, Message
from studio.outbox.purposes import planners, purposes
from tests.factories import LeaveFactory
from tests.workflow import orders
from tests.workflow.shoots import make_order
from workflow import day_sheet_message as letter
from workflow import day_sheets as sheets
from workflow.day_sheets import Wanted

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def day(shop, now) -> date:
    return sheets.tomorrow(shop.branch, now)


def to_choose(shop, now, *, at):
    """An order whose shoot is over, and whose selection is at that time."""
    order = orders.in_selection(shop, now, at=at)
    order.booking.appointments.filter(kind="shoot").update(state="cancelled")
    return order


@pytest.fixture
def full(shop, now):
    """Tomorrow: a shoot with people and a floor, a selection; and a shoot the day after."""
    held = [shop.photographer_resource, shop.artist_resource, shop.floor]
    shoot = make_order(
        shop, now=now, at=now + DAY, resources=held, name="Quiet & Lady", special_care="Pregnant, week 14"
    )
    Taboo.objects.create(customer=shoot.booking.customer, text="Never ask about her parents")
    chosen = to_choose(shop, now, at=now + DAY + 3 * HOUR)
    make_order(shop, now=now, at=now + 2 * DAY, name="Later & Lovers")
    return shoot, chosen


def names(rows) -> list[str]:
    return [row.order.booking.number for row in rows]


# --- What stands on it ------------------------------------------------------------------------------------
def test_f9_tomorrow_in_the_order_of_time(shop, full, day, now) -> None:
    shoot, chosen = full
    rows = sheets.of_day(shop.branch, day, now=now)
    assert names(rows) == [shoot.booking.number, chosen.booking.number]
    assert rows[0].people[0][1] == ["王老师"] and rows[0].rooms[0][1] == ["Floor 1"]


def test_f9_cancelled_dates_and_called_off_orders_are_not_printed(shop, full, day, now) -> None:
    shoot, chosen = full
    schedule.cancel(shoot.booking.appointments.get(kind="shoot"), why="ill", by=shop.owner, now=now)
    chosen.booking.state = "cancelled"
    chosen.booking.save_version("state")
    assert sheets.of_day(shop.branch, day, now=now) == []


def test_f9_each_department_has_what_concerns_it(shop, full, day, now) -> None:
    shoot, chosen = full
    rows = sheets.of_day(shop.branch, day, now=now)
    for department in ("styling", "shooting"):
        assert names(sheets.narrowed(rows, Wanted(department))) == [shoot.booking.number]
    for department in ("selection", "production"):
        assert names(sheets.narrowed(rows, Wanted(department))) == [chosen.booking.number]


def test_f9_each_colleague_has_what_is_theirs(shop, full, day, now) -> None:
    shoot, _chosen = full
    rows = sheets.of_day(shop.branch, day, now=now)
    assert names(sheets.narrowed(rows, Wanted(person=shop.photographer.pk))) == [shoot.booking.number]
    assert names(sheets.narrowed(rows, Wanted(person=shop.owner.pk))) == names(rows)
    assert sheets.narrowed(rows, Wanted(person=shop.producer.pk)) == []
    assert {shop.photographer.pk, shop.artist.pk, shop.owner.pk} == {
        pk for pk, _name in sheets.people_of(rows)
    }


def test_the_number_of_questions_does_not_grow_with_the_day(
    shop, now, day, sign_in, django_assert_max_num_queries
) -> None:
    for hours in range(6):
        make_order(shop, now=now, at=now + DAY + hours * HOUR / 2, resources=[])
    with django_assert_max_num_queries(30):
        few = sheets.of_day(shop.branch, day, now=now)
    for hours in range(6):
        to_choose(shop, now, at=now + DAY + hours * HOUR)
    with django_assert_max_num_queries(30):
        many = sheets.of_day(shop.branch, day, now=now)
    assert len(many) == len(few) + 6
    with django_assert_max_num_queries(60):
        assert sign_in(shop.owner).get(f"/day-sheets/?day={day}").status_code == 200


# --- The page ----------------------------------------------------------------------------------------------
def test_f9_the_page_prints_the_overview_and_every_sheet(shop, full, day, sign_in) -> None:
    text = sign_in(shop.owner).get("/day-sheets/", {"day": day.isoformat()}).content.decode()
    assert text.count('class="sheet sheet--staff"') == 3
    assert "Quiet &amp; Lady" in text and "Later &amp; Lovers" not in text
    assert "Pregnant, week 14" in text and "Never ask about her parents" in text
    for money in ("5,999", "5999", "1,000", "¥", "Balance"):
        assert money not in text
    assert "138" not in text.replace("138px", "")  # no telephone number


def test_f9_without_a_day_it_is_tomorrow(shop, sign_in) -> None:
    now = timezone.now()
    make_order(shop, now=now, at=shop.branch.day_bounds(sheets.tomorrow(shop.branch, now))[0] + 10 * HOUR)
    for query in (
        "",
        "?day=",
        "?day=soon",
        "?day=9999-12-31",
        "?day=2026-02-31",
        "?department=x&person=-1",
        "?person=²",
    ):
        text = sign_in(shop.artist).get(f"/day-sheets/{query}").content.decode()
        assert text.count('class="sheet sheet--staff"') == 2, query


def test_f9_a_day_without_anybody_says_what_will_stand_there(shop, sign_in) -> None:
    assert "Nobody is expected on this day" in sign_in(shop.owner).get("/day-sheets/").content.decode()


def test_f8_the_neighbour_sees_their_own_day(shop, full, day, sign_in) -> None:
    assert "Quiet" not in sign_in(shop.neighbour).get(f"/day-sheets/?day={day}").content.decode()
    assert sign_in(shop.administrator).get("/day-sheets/").status_code == 403


# --- Sent to oneself -----------------------------------------------------------------------------------------
def body_of(message: Message, language: str = "en") -> str:
    with translation.override(language), timezone.override(message.branch.zone):
        values = purposes["day_sheet"].parameters(message)
    return values["list"]


@pytest.fixture
def sent(shop, full, day, now) -> Message:
    shop.photographer.email = "zhao@example.com"
    shop.photographer.save()
    found = letter.send(shop.photographer, shop.branch, day, wanted=Wanted(), key=uuid.uuid4(), now=now)
    assert found is not None
    return found


def test_f9_the_letter_has_the_day_in_plain_text(shop, sent) -> None:
    body = body_of(sent)
    assert "Quiet & Lady" in body and "12:00–18:00" in body
    assert "White gown → Evening dress" in body and "王老师" in body and "Floor 1" in body
    assert "<" not in body
    assert (sent.channel, sent.recipient, sent.about_customer) == ("email", "zhao@example.com", None)


def test_r9_9_the_letter_holds_no_taboo_no_care_and_no_money(shop, sent) -> None:
    for language in ("en", "zh-hans", "zh-hant"):
        body = body_of(sent, language)
        for secret in ("parents", "Pregnant", "5999", "5,999", "1000", "138"):
            assert secret not in body


def test_f9_pressed_twice_it_is_sent_once(shop, full, day, sign_in) -> None:
    shop.owner.email = "chen@example.com"
    shop.owner.save()
    form = {"day": day.isoformat(), "submission": str(uuid.uuid4())}
    client = sign_in(shop.owner)
    for _press in range(2):
        assert client.post("/day-sheets/message/", form).status_code == 302
    assert Message.objects.filter(purpose="day_sheet", recipient="chen@example.com").count() == 1


def test_f9_without_an_address_it_says_what_to_do(shop, full, day, sign_in) -> None:
    text = (
        sign_in(shop.owner)
        .post("/day-sheets/message/", {"day": day.isoformat()}, follow=True)
        .content.decode()
    )
    assert "no e-mail address" in text
    assert not Message.objects.filter(purpose="day_sheet").exists()


def test_who_left_gets_no_letter_any_more(shop, sent) -> None:
    assert purposes["day_sheet"].still_due(sent)
    shop.photographer.memberships.update(is_active=False)
    assert not purposes["day_sheet"].still_due(sent)


def test_the_house_has_words_for_it_in_three_languages(shop) -> None:
    words = purposes["day_sheet"].words
    for language in ("en", "zh-hans", "zh-hant"):
        subject, body = words["email", language]
        assert "{day}" in subject and "{list}" in body and "{name}" in body


# --- The evening before --------------------------------------------------------------------------------------
def evening(shop, now):
    return shop.branch.at(shop.branch.today(now), shop.branch.closes_at) - HOUR


def test_f9_in_the_evening_the_front_desk_is_rung_once(shop, full, now) -> None:
    moment = evening(shop, now)
    assert letter.plan(moment) == 4  # two consultants, two managers
    assert letter.plan(moment + timedelta(minutes=5)) == 0
    rang = Alert.objects.filter(kind=letter.PRINT)
    assert {alert.user for alert in rang} == {shop.owner, shop.colleague, shop.manager, shop.general_manager}
    alert = rang.first()
    assert alert.link == f"/day-sheets/?day={sheets.tomorrow(shop.branch, now)}"
    [line] = lines_of([alert])
    assert "2" in line.words and "Print" in line.words


def test_f9_nobody_is_rung_at_noon_at_night_or_before_an_empty_day(shop, full, now) -> None:
    assert letter.plan(now) == 0
    assert letter.plan(shop.branch.at(shop.branch.today(now), shop.branch.closes_at)) == 0
    assert letter.plan(evening(shop, now) + 5 * DAY) == 0


def test_r8_1_who_is_off_is_not_rung(shop, full, now) -> None:
    today = shop.branch.today(now)
    LeaveFactory(branch=shop.branch, user=shop.owner, starts_on=today, ends_on=today, deputy=shop.colleague)
    letter.plan(evening(shop, now))
    assert not Alert.objects.filter(kind=letter.PRINT, user=shop.owner).exists()


def test_the_reminder_is_planned(shop) -> None:
    assert "day_sheets" in planners
    call_command("check")
