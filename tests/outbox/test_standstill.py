"""The machinery is watched: who hears that it stands still, where it is said, and that nobody is told in vain."""

from datetime import timedelta

import pytest
from django.utils import timezone

from studio.outbox import heartbeat, watching
from studio.outbox.health import gateway_changes
from studio.outbox.models import Alert, Gateway, GatewayHealth, Heartbeat
from tests.outbox.conftest import make_message

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def beat(now, **ago):
    """`beat(now, dispatcher=0, beat=40)`: when each was last at work, in minutes."""
    for name, minutes in ago.items():
        Heartbeat.objects.update_or_create(name=name, defaults={"at": now - minutes * MINUTE})


@pytest.fixture
def watch(now):
    """A process that has watched for an hour."""
    watch = watching.Watch()
    watch.began = now - HOUR
    return watch


# --- Ringing --------------------------------------------------------------------------------
def test_the_managers_of_every_branch_hear_of_it_once(shop, now, watch):
    beat(now, dispatcher=5, beat=0)
    watch.plan(now)
    watch.plan(now + MINUTE)
    people = set(Alert.objects.values_list("user__username", flat=True))
    assert people == {p.username for p in (shop.manager, shop.general_manager, shop.neighbour)}
    assert Alert.objects.count() == len(people)
    assert {alert.branch for alert in Alert.objects.filter(user=shop.neighbour)} == {shop.other_branch}


def test_the_next_standstill_rings_anew(shop, now, watch):
    beat(now, dispatcher=5, beat=0)
    watch.plan(now)
    first = Alert.objects.count()
    beat(now + HOUR, dispatcher=0, beat=0)
    assert watch.plan(now + HOUR) == 0
    assert watch.plan(now + 2 * HOUR) == 2 * first, "dispatcher and beat, each for each manager"


def test_while_all_is_well_nobody_hears_anything(shop, now, watch):
    beat(now, dispatcher=0, beat=0)
    assert watch.plan(now) == 0
    assert not Alert.objects.exists()


def test_what_has_never_run_does_not_ring(shop, now, watch):
    """A house without beat: the pages say so, but there is no moment since which."""
    beat(now, dispatcher=0)
    assert watch.plan(now) == 0


def test_a_house_that_has_just_opened_misses_nobody_yet(db, now):
    """Beat's first tick comes some seconds after the dispatcher's: no alarm on the first page of a new shop."""
    heartbeat.expect(now)
    assert heartbeat.standing_still(now + MINUTE / 4) == []
    assert {still.name for still in heartbeat.standing_still(now + 5 * MINUTE)} == {"dispatcher", "beat"}


def test_a_house_that_opens_again_forgets_no_standstill(db, now):
    beat(now, beat=40)
    heartbeat.expect(now)
    assert [still.name for still in heartbeat.standing_still(now)] == ["beat"]


def test_f9_after_a_power_cut_nobody_is_alarmed_before_things_could_start(shop, now):
    watch = watching.Watch()
    beat(now, dispatcher=180, beat=180)
    assert watch.plan(now) == 0
    beat(now + MINUTE, dispatcher=0, beat=0)
    assert watch.plan(now + 2 * MINUTE) == 0
    assert not Alert.objects.exists()


def test_f9_what_does_not_start_again_is_said_after_all(shop, now):
    watch = watching.Watch()
    beat(now, dispatcher=180, beat=180)
    watch.plan(now)
    beat(now + 3 * MINUTE, dispatcher=0)
    watch.plan(now + 3 * MINUTE)
    assert {alert.parameters["name"] for alert in Alert.objects.all()} == {"beat"}


@pytest.mark.django_db
def test_what_runs_again_is_not_said_aloud(now):
    beat(now, dispatcher=5)
    parameters = {"name": "dispatcher", "since": (now - 5 * MINUTE).isoformat()}
    assert watching.stands_still(parameters)
    beat(now, dispatcher=0)
    assert not watching.stands_still(parameters)


# --- Gateways -------------------------------------------------------------------------------
@pytest.fixture
def gateway(shop):
    return Gateway.objects.create(
        branch=shop.branch,
        channel="sms",
        kind="console",
        name_en="SMS",
        name_zh_hans="短信",
        name_zh_hant="簡訊",
    )


def change(gateway, now, rests_until):
    for listener in gateway_changes:
        listener(gateway, rests_until=rests_until, trouble="HTTP 500", now=now)


def test_managers_hear_that_a_gateway_rests_and_is_back(shop, sign_in, gateway):
    now = timezone.now()
    change(gateway, now, now + 15 * MINUTE)
    change(gateway, now + HOUR, None)
    page = sign_in(shop.manager).get("/bell/").content.decode()
    assert "SMS keeps failing and rests until" in page
    assert "SMS works again." in page
    assert not Alert.objects.filter(user__in=[shop.neighbour, shop.owner]).exists()


def test_a_gateway_that_was_taken_away_still_reads(shop, sign_in, gateway):
    change(gateway, timezone.now(), None)
    gateway.delete()
    assert "a gateway works again." in sign_in(shop.manager).get("/bell/").content.decode()


def test_whether_it_still_rests_is_asked_when_the_chat_is_written_to(shop, gateway, now):
    assert not watching.rests({"gateway": gateway.pk})
    GatewayHealth.objects.create(gateway=gateway, failures=5, rests_until=now)
    assert watching.rests({"gateway": gateway.pk})


# --- On the pages ---------------------------------------------------------------------------
def standing(shop, sign_in, person, path="/customers/"):
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{path}"}
    return "Reminders stand still" in sign_in(person).get("/bell/part/", headers=headers).content.decode()


def test_managers_see_it_on_every_page(shop, sign_in):
    beat(timezone.now(), dispatcher=30, beat=0)
    assert standing(shop, sign_in, shop.manager)
    assert standing(shop, sign_in, shop.general_manager)
    assert standing(shop, sign_in, shop.administrator, "/admin/")
    assert not standing(shop, sign_in, shop.owner), "consultants see it on Today"
    assert not standing(shop, sign_in, shop.manager, "/"), "Today says it by itself"


def test_the_banner_goes_by_itself(shop, sign_in):
    beat(timezone.now(), dispatcher=30, beat=0)
    client = sign_in(shop.manager)
    assert "stand still" in client.get("/bell/part/").content.decode()
    beat(timezone.now(), dispatcher=0, beat=0)
    page = client.get("/bell/part/").content.decode()
    assert "stand still" not in page
    assert 'id="standstill"' in page, "an empty one takes its place"


@pytest.mark.parametrize("who", ["owner", "manager", "general_manager"])
def test_the_front_sees_it_on_today_without_any_script(shop, sign_in, who):
    person = getattr(shop, who)
    assert "Reminders stand still" not in sign_in(person).get("/").content.decode()
    beat(timezone.now(), dispatcher=30, beat=0)
    page = sign_in(person).get("/").content.decode()
    assert "The dispatcher stands still since" in page
    assert "call by hand" in page


def test_departments_are_not_troubled_with_it(shop, sign_in):
    beat(timezone.now(), dispatcher=30, beat=0)
    assert "stands still" not in sign_in(shop.artist).get("/").content.decode()


def test_a_house_that_was_never_started_is_told_when_the_first_message_is_late(shop, now):
    assert watching.still(now) == []
    make_message(shop.branch, due_at=now - 6 * MINUTE, deadline=now + HOUR)
    assert {one.name for one in watching.still(now)} == {"dispatcher", "beat"}
    assert watching.since(watching.still(now)) is None


def test_one_part_that_never_ran_beside_another_is_said(shop, now):
    beat(now, dispatcher=0)
    assert [one.name for one in watching.still(now)] == ["beat"]


def test_since_is_the_earliest(shop, now):
    beat(now, dispatcher=30, beat=60)
    assert watching.since(watching.still(now)) == now - 60 * MINUTE


def test_signs_of_life_for_the_panel(shop, now):
    beat(now, dispatcher=0, beat=30)
    tones = {part.name: part.tone for part in watching.parts(now)}
    assert tones == {"dispatcher": "ok", "beat": "bad", "worker": "idle"}
