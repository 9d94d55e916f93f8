"""R9.7 on the pages: seen before it is said, one press for each date, bad input said at its field, nothing lost."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from studio.outbox.models import Message
from tests.workflow.broken import BrokenDay, row_of, states
from workflow import disrupted_duties, disruptions, links
from workflow.models import CallTask, DisruptedDate, Disruption, Promise

DAY = timedelta(days=1)
SUBMISSION = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def day(shop, now):
    with time_machine.travel(now, tick=False):
        yield BrokenDay(shop, now)


@pytest.fixture
def desk(day, shop, sign_in):
    return sign_in(shop.owner)


def given(day, **fields):
    values = {
        "kind": "illness", "resource": day.shop.photographer_resource.pk, "from_day": f"{day.day}", "from_time": "",
        "until_day": f"{day.day}", "until_time": "", "why": "发烧",
    }  # fmt: skip
    return values | fields


def opened(day):
    found = day.break_it()
    return disruptions.set_going(found, by=day.shop.manager, now=day.now)


# --- Opened ---------------------------------------------------------------------------------------------
def test_r9_7_looking_says_what_it_touches_and_changes_nothing(day, desk):
    date = day.date("10:00")
    page = desk.get("/disruptions/new/", given(day)).content.decode()
    assert date.customer.name.replace("&", "&amp;") in page
    assert "It is so" in page
    assert not Disruption.objects.exists()


def test_r9_7_somebody_ill_has_a_name_and_is_never_the_whole_branch_by_oversight(day, desk):
    day.date("10:00")
    page = desk.get("/disruptions/new/", given(day, resource=""))
    assert page.context["form"].errors["resource"] == ["Choose who is ill."]
    answer = desk.post("/disruptions/new/", given(day, resource="") | {"submission": SUBMISSION})
    assert answer.status_code == 422
    assert not Disruption.objects.exists()
    assert desk.get("/disruptions/new/", given(day, resource="", kind="power")).context["found"]


def test_r9_7_it_is_so_and_its_calls_are_on_the_lists_with_a_proposal(day, desk):
    date = day.date("10:00")
    answer = desk.post("/disruptions/new/", given(day) | {"submission": SUBMISSION})
    found = Disruption.objects.get()
    assert answer.url == f"/disruptions/{found.pk}/"
    assert CallTask.objects.open().get().appointment == date
    assert row_of(date).proposed_at is not None
    page = desk.get(answer.url).content.decode()
    assert "They agree" in page and "0 of 1" in page


def test_pressed_twice_it_is_opened_once(day, desk):
    day.date("10:00")
    first = desk.post("/disruptions/new/", given(day) | {"submission": SUBMISSION})
    second = desk.post("/disruptions/new/", given(day) | {"submission": SUBMISSION})
    assert first.url == second.url
    assert Disruption.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"from_day": ""},
        {"until_day": "2026-02-31"},
        {"until_day": "0001-01-01"},
        {"from_day": "9999-12-31", "until_day": "9999-12-31"},
        {"until_day": "2026-05-18", "from_day": "2026-05-19"},
        {"from_time": "14:00", "until_time": "13:00"},
        {"kind": "late"},
        {"kind": "plague"},
        {"resource": "99999"},
        {"resource": "x' OR 1=1"},
        {"why": ""},
        {"why": "字" * 201},
        {"why": "a\x00b"},
    ],
)
def test_bad_input_is_said_at_its_field_and_nothing_is_lost(day, desk, wrong):
    for send in (desk.get, desk.post):
        answer = send("/disruptions/new/", given(day, **wrong))
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.content.decode() or "notice--bad" in answer.content.decode()
    if "why" not in wrong:
        assert "发烧" in answer.content.decode()
    assert not Disruption.objects.exists()


def test_somebody_of_the_neighbour_can_t_be_broken_here(day, desk, shop):
    shop.photographer_resource.branch = shop.other_branch
    shop.photographer_resource.save()
    assert desk.post("/disruptions/new/", given(day)).status_code == 422


def test_the_neighbour_finds_nothing(day, shop, sign_in):
    day.date("10:00")
    found = opened(day)
    row = found.dates.get()
    neighbour = sign_in(shop.neighbour)
    assert neighbour.get(f"/disruptions/{found.pk}/").status_code == 404
    for path in ("proposals", "calls", "messages", "end", "shift"):
        assert neighbour.post(f"/disruptions/{found.pk}/{path}/").status_code == 404
    for path in ("agreement", "told", "standing", "promise"):
        assert neighbour.post(f"/disrupted-dates/{row.pk}/{path}/", {"version": 1}).status_code == 404
    assert found.why not in neighbour.get("/disruptions/").content.decode()
    assert states(found) == ["touched"]


# --- Each date -----------------------------------------------------------------------------------------------
def press(client, row, path, **fields):
    return client.post(f"/disrupted-dates/{row.pk}/{path}/", {"version": row.version} | fields)


def test_r9_7_they_agree_in_one_press(day, desk):
    date = day.date("10:00")
    found = opened(day)
    row = row_of(date)
    answer = press(desk, row, "agreement", starts_at=row.proposed_at.isoformat())
    assert answer.url == f"/disruptions/{found.pk}/"
    assert states(found) == ["moved"]
    assert "1 of 1" in desk.get(answer.url).content.decode()


def test_habit_8_from_a_stale_page_it_is_said_who_was_first(day, desk, shop):
    date = day.date("10:00")
    opened(day)
    row = row_of(date)
    disruptions.stand(row, version=None, by=shop.colleague, now=day.now)
    for path in ("agreement", "told"):
        answer = press(desk, row, path, starts_at=row.proposed_at.isoformat())
        assert answer.status_code == 409
        assert "周敏" in answer.content.decode() or "小周" in answer.content.decode()


def test_habit_7_is_it_taken_the_nearest_three_are_offered_where_the_press_was(day, desk):
    day.make("photographer", "李雷")
    date = day.date("10:00")
    found = opened(day)
    row = row_of(date)
    day.date("10:00", held=[found.branch.resources.get(name_en="李雷")])
    answer = press(desk, row, "agreement", starts_at=row.proposed_at.isoformat())
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count('name="starts_at"') >= 3 and "any more" in page
    assert states(found) == ["touched"]


@pytest.mark.parametrize(
    "starts_at", ["", "soon", "2026-05-19", "2026-13-45T10:00+08:00", "9" * 5000, "2026-05-19T10:00"]
)
def test_a_time_that_is_none(day, desk, starts_at):
    date = day.date("10:00")
    opened(day)
    assert press(desk, row_of(date), "agreement", starts_at=starts_at).status_code == 422


@pytest.mark.parametrize("starts_at", ["0001-01-01T00:00+00:00", "9999-12-31T23:00+00:00"])
def test_a_time_at_the_end_of_the_calendar(day, desk, starts_at):
    date = day.date("10:00")
    opened(day)
    assert press(desk, row_of(date), "agreement", starts_at=starts_at).status_code == 422
    assert row_of(date).state == "touched"


def test_a_form_without_its_version_is_not_ours(day, desk):
    date = day.date("10:00")
    opened(day)
    assert desk.post(f"/disrupted-dates/{row_of(date).pk}/told/").status_code == 400


def test_r9_7_told_and_standing(day, desk):
    one, other = day.date("10:00"), day.date("13:00")
    found = opened(day)
    press(desk, row_of(one), "told", note="下午再打")
    press(desk, row_of(other), "standing")
    assert (row_of(one).state, row_of(one).note, row_of(other).state) == ("told", "下午再打", "stands")
    assert "下午再打" in desk.get(found.get_absolute_url()).content.decode()


def test_r9_1_made_good_by_a_promise(day, desk):
    date = day.date("10:00")
    found = opened(day)
    url = f"/disrupted-dates/{row_of(date).pk}/promise/"
    assert desk.get(url).status_code == 200
    wrong = desk.post(url, {"what": "", "by_when": f"{day.day}"})
    assert wrong.status_code == 422
    sent = {"what": "送一张精修", "by_when": f"{day.day}", "submission": SUBMISSION}
    assert desk.post(url, sent).url == desk.post(url, sent).url == found.get_absolute_url()
    assert Promise.objects.count() == 1
    assert "送一张精修" in desk.get(found.get_absolute_url()).content.decode()


def test_r9_7_only_a_manager_agrees_to_overtime(day, shop, sign_in):
    date = day.date("10:00")
    opened(day)
    night = day.at("23:00", 1).replace(hour=20).isoformat()
    refused = press(sign_in(shop.owner), row_of(date), "agreement", starts_at=night, overtime="1")
    assert refused.status_code == 422
    assert (
        press(sign_in(shop.manager), row_of(date), "agreement", starts_at=night, overtime="1").status_code
        == 302
    )


# --- For all of them ----------------------------------------------------------------------------------------
def test_r9_7_one_press_each_for_proposals_calls_messages_and_the_end(day, desk):
    day.date("10:00")
    day.date("13:00")
    found = day.break_it()
    for path in ("proposals", "calls", "messages", "messages"):
        assert desk.post(f"/disruptions/{found.pk}/{path}/").url == found.get_absolute_url()
    assert CallTask.objects.open().count() == 2
    assert Message.objects.filter(purpose="day_broken").count() == 2
    assert found.dates.filter(proposed_at__isnull=False).count() == 2
    desk.post(f"/disruptions/{found.pk}/end/")
    assert set(states(found)) == {"stands"}


def test_f7_running_late_from_the_form_to_the_last_shift(shop, now, sign_in):
    with time_machine.travel(now, tick=False):
        day, desk = BrokenDay(shop, now, days=0), sign_in(shop.owner)
        date = day.date("14:00", held=[shop.photographer_resource])
        asked = {"resource": shop.photographer_resource.pk, "minutes": 40, "why": "堵车"}
        seen = desk.get("/disruptions/late/", asked).content.decode()
        assert "14:40" in seen and not Disruption.objects.exists()
        assert desk.get("/disruptions/late/", asked | {"minutes": 4}).status_code == 422
        assert desk.post("/disruptions/late/", asked | {"minutes": "x"}).status_code == 422
        page = desk.post("/disruptions/late/", asked | {"submission": SUBMISSION}).url
        assert "They agree" in desk.get(page).content.decode()
        row = row_of(date)
        press(desk, row, "agreement", starts_at=row.proposed_at.isoformat())
        date.refresh_from_db()
        assert date.starts_at == day.at("14:40")


def test_the_list_says_how_far_each_is(day, desk):
    date = day.date("10:00")
    day.date("13:00")
    found = opened(day)
    disruptions.stand(row_of(date), version=None, by=day.shop.owner, now=day.now)
    page = desk.get("/disruptions/").content.decode()
    assert "1 of 2" in page and found.why in page


def test_today_says_that_a_day_is_broken(day, desk):
    day.date("10:00")
    found = opened(day)
    page = desk.get("/").content.decode()
    assert found.get_absolute_url() in page and "1 to see to" in page


def test_the_call_page_says_it_and_agrees_it(day, desk):
    date = day.date("10:00")
    opened(day)
    call = CallTask.objects.get()
    page = desk.get(call.get_absolute_url()).content.decode()
    assert "I am so sorry" in page and "What we propose" in page
    answer = desk.post(
        f"/calls/{call.pk}/agreement/",
        {"version": call.version, "starts_at": row_of(date).proposed_at.isoformat()},
    )
    assert answer.status_code == 302
    assert row_of(date).state == "moved"


def test_the_number_of_questions_does_not_depend_on_how_many_dates_there_are(day, desk, shop):
    shop.photographer_resource.units = 9
    shop.photographer_resource.save()
    found = day.break_it("0:00", "23:00", kind="power", resource=None)

    def asked(path):
        desk.get(path)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert desk.get(path).status_code == 200
        return len(queries)

    def all_pages():
        look = f"/disruptions/new/?kind=power&resource=&why=x&from_day={day.day}&until_day={day.day}&from_time=&until_time="
        return [asked(path) for path in (found.get_absolute_url(), "/disruptions/", look)]

    talks = [day.visit("10:00") for _n in range(2)]
    day.propose(found)
    day.call(found)
    before = all_pages()
    talks += [day.visit("14:00") for _n in range(6)]
    day.propose(found)
    day.call(found)
    disruptions.stand(row_of(talks[0]), version=None, by=shop.owner, now=day.now)
    assert DisruptedDate.objects.count() == 8
    assert all_pages() == before


def test_r9_7_behind_their_link_a_broken_date_is_not_confirmed_but_chosen_anew(day, desk, client):
    date = day.date("10:00", language="en")
    url = links.link_for(date, day.now).removeprefix("http://testserver")
    assert "Yes, the time holds" in client.get(url).content.decode()
    opened(day)
    page = client.get(url).content.decode()
    assert "Yes, the time holds" not in page
    assert "choose one that suits you" in page and "I would like another time" in page
    assert "发烧" not in page


def test_the_duties_take_one_question_each(day, shop, django_assert_num_queries):
    day.date("10:00")
    opened(day)
    for duty in (disrupted_duties.BROKEN, disrupted_duties.WEATHER):
        with django_assert_num_queries(1):
            duty.items([shop.manager], day.branch, day.now)
