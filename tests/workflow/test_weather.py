"""R9.7: rain decides at an hour; plan B is agreed beforehand and carried out in one press."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import translation

from bookings import schedule
from bookings.allocation import SlotTaken
from studio.foundation.models import StaleEdit
from studio.outbox.models import Alert, Message
from tests.workflow.broken import BrokenDay, states
from workflow import disrupted_duties, weather, weather_message
from workflow.models import CallTask, Disruption, WeatherPlan

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def day(shop, now):
    return BrokenDay(shop, now)


@pytest.fixture
def beach(day):
    return day.make("location", "海边")


@pytest.fixture
def date(day, shop, beach):
    return day.date("10:00", held=[shop.photographer_resource, shop.artist_resource, beach])


@pytest.fixture
def plan(date, shop, day):
    def agree(plan_b="indoors", **fields):
        given = {
            "decides_at": date.starts_at - 16 * HOUR,
            "indoors": shop.floor if plan_b == "indoors" else None,
            "by": shop.owner,
            "now": day.now,
        }
        return weather.plan(date, plan_b=plan_b, **given | fields)

    return agree


def decide(day, row, decision="plan_b", **fields):
    given = {"version": row.version, "by": day.shop.owner, "now": day.now}
    return weather.decide(row, decision=decision, **given | fields)


# --- Agreed beforehand --------------------------------------------------------------------------------
def test_r9_7_the_evening_before_at_six_is_the_usual_hour(day, date):
    assert weather.usual_hour(date, day.now) == day.at("18:00", -1)


def test_r9_7_where_the_evening_is_over_three_hours_before_they_come(day, date):
    assert weather.usual_hour(date, day.at("19:00", -1)) == date.starts_at - 3 * HOUR
    assert weather.usual_hour(date, date.starts_at - HOUR) == date.starts_at - HOUR


def test_only_dates_outside_are_asked_about(day, date, beach):
    day.date("13:00", days=1)
    assert list(weather.outside(day.branch)) == [date]
    assert weather.outside_of(date) == beach


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("decides_at", {"decides_at": "after"}),
        ("decides_at", {"decides_at": "past"}),
        ("plan_b", {"plan_b": "umbrella"}),
        ("indoors", {"indoors": None}),
        ("indoors", {"indoors": "beach"}),
    ],
)
def test_what_can_t_be_meant_is_said_at_its_field(plan, day, date, beach, field, change):
    values = {"after": date.starts_at, "past": day.now - HOUR, "beach": beach}
    with pytest.raises(ValidationError) as refused:
        plan(**{name: values.get(value, value) for name, value in change.items()})
    assert list(refused.value.message_dict) == [field]
    assert not WeatherPlan.objects.exists()


def test_agreed_again_it_is_as_it_was_said_last_and_the_same_press_twice_is_one(plan, shop):
    first = plan()
    assert plan().version == first.version
    second = plan("another_day", version=first.version)
    assert (WeatherPlan.objects.get().plan_b, second.indoors) == ("another_day", None)
    with pytest.raises(StaleEdit):
        plan("go", version=first.version)


# --- The hour has come ----------------------------------------------------------------------------------
def test_r9_7_at_the_hour_it_stands_on_the_owners_day_and_rings_once(plan, day, shop):
    row = plan()
    assert weather.ring_due(row.decides_at - MINUTE) == 0
    assert weather.ring_due(row.decides_at) == 1
    assert weather.ring_due(row.decides_at + MINUTE) == 0
    assert [alert.user for alert in Alert.objects.filter(kind="weather_due")] == [shop.owner]
    (due,) = disrupted_duties.weather([shop.owner], day.branch, row.decides_at)
    assert due.is_due
    (case,) = disrupted_duties.weather_cases(
        shop.owner, day.branch, day.branch.today(row.decides_at), day.now
    )
    assert case.at == row.decides_at


def test_r9_7_beforehand_it_is_there_for_a_day_and_not_pressing(plan, day, shop):
    row = plan()
    assert disrupted_duties.weather([shop.owner], day.branch, row.decides_at - 2 * DAY) == []
    (soon,) = disrupted_duties.weather([shop.owner], day.branch, row.decides_at - HOUR)
    assert not soon.is_due
    assert disrupted_duties.weather([shop.manager], day.branch, row.decides_at - HOUR) == []
    assert disrupted_duties.weather([shop.manager], day.branch, row.decides_at)


def test_r9_7_decided_it_does_not_ring(plan, day):
    row = plan()
    decide(day, row, "go")
    assert weather.ring_due(row.decides_at) == 0


def test_r9_7_a_moved_date_takes_its_hour_along_and_is_asked_anew(plan, day, date):
    row = plan()
    weather.ring_due(row.decides_at)
    hour = row.decides_at
    slot = schedule.slot_at(date, date.starts_at + 2 * DAY, date.ends_at + 2 * DAY)
    schedule.move(date, slot=slot, version=None, by=day.shop.owner, now=day.now)
    row.refresh_from_db()
    assert (row.decides_at, row.rang_at, row.decision) == (hour + 2 * DAY, None, "")


# --- Decided -------------------------------------------------------------------------------------------------
def test_r9_7_plan_b_indoors_moves_the_place_and_nothing_else(plan, day, date, beach, shop):
    decide(day, plan())
    date.refresh_from_db()
    held = set(date.allocations.active().values_list("resource", flat=True))
    assert (date.starts_at, date.schedule_version) == (day.at("10:00"), 1)
    assert shop.floor.pk in held and beach.pk not in held
    assert Message.objects.get(purpose="weather_decided").subject_id == date.pk


def test_r9_7_is_the_floor_taken_nothing_is_decided(plan, day, shop):
    row = plan()
    day.date("10:00", held=[shop.floor])
    with pytest.raises(SlotTaken):
        decide(day, row)
    row.refresh_from_db()
    assert row.decision == ""
    assert not Message.objects.filter(purpose="weather_decided").exists()


def test_r9_7_another_day_is_a_broken_day_of_one_with_a_proposal(plan, day, date):
    day.date("13:00", days=1)
    _row, broken = decide(day, plan("another_day"))
    assert broken is not None
    assert [row.appointment for row in broken.dates.all()] == [date]
    assert not broken.closures.exists()  # the beach may be booked: the sun decides
    assert day.propose(broken) == 1
    assert states(broken) == ["touched"]


def test_r9_7_we_go_and_the_customer_hears_it(plan, day, date):
    row, broken = decide(day, plan(), "go")
    assert (row.decision, broken) == ("go", None)
    assert Message.objects.filter(purpose="weather_decided", subject_id=date.pk).count() == 1


def test_r9_7_who_can_t_be_written_to_is_called(plan, day, date):
    date.customer.contact_points.all().delete()
    decide(day, plan(), "go")
    assert CallTask.objects.get().appointment == date


def test_r9_7_decided_twice_the_same_way_is_one_and_another_way_is_said(plan, day):
    row = plan()
    decide(day, row, "go")
    assert decide(day, row, "go")[1] is None
    assert Message.objects.filter(purpose="weather_decided").count() == 1
    with pytest.raises(StaleEdit):
        decide(day, row, "plan_b")
    assert not Disruption.objects.exists()


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
@pytest.mark.parametrize("decision", ["go", "plan_b"])
def test_r9_9_the_words_of_the_decision_in_each_language(plan, day, shop, language, decision):
    decide(day, plan(note="客人很啰嗦"), decision)
    message = Message.objects.get(purpose="weather_decided")
    with translation.override(language):
        values = weather_message.parameters(message)
    text = weather_message.purpose.words[("sms", language)][1].format(**values)
    assert "啰嗦" not in text
    assert (shop.floor.name_in(language) in text) == (decision == "plan_b")
    assert weather_message.still_due(message)


# --- The page ---------------------------------------------------------------------------------------------
def test_r9_7_the_page_from_agreeing_to_deciding(shop, sign_in, now):
    with time_machine.travel(now, tick=False):
        day = BrokenDay(shop, now)
        beach = day.make("location", "海边")
        date = day.date("10:00", held=[shop.photographer_resource, beach])
        client, url = sign_in(shop.owner), f"/appointments/{date.pk}/weather/"
        assert "18:00" in client.get(url).content.decode()
        wrong = client.post(url, {"day": "2026-05-18", "time": "18:00", "plan_b": "indoors", "note": "带伞"})
        assert wrong.status_code == 422 and "带伞" in wrong.content.decode()
        given = {"day": "2026-05-18", "time": "18:00", "plan_b": "indoors", "indoors": shop.floor.pk}
        assert client.post(url, given).status_code == 302
        row = WeatherPlan.objects.get()
        stale = client.post(f"{url}decision/", {"decision": "go", "version": row.version + 1})
        assert stale.status_code == 409
        assert client.post(f"{url}decision/", {"decision": "rain", "version": row.version}).status_code == 400
        done = client.post(f"{url}decision/", {"decision": "plan_b", "version": row.version})
        assert done.status_code == 302
        assert "Indoors" in client.get(url).content.decode()
        assert sign_in(shop.neighbour).get(url).status_code == 404
