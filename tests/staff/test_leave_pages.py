"""The pages of days off (R8): asking without losing what was typed, deciding, illness, the hand-over."""

import uuid
from datetime import timedelta

import pytest
import time_machine

from studio.staff import handover
from studio.staff.models import CaseNote, Leave, LeaveDay, Membership, Role
from tests import factories
from tests.staff.leave import Rota
from tests.workflow import shoots
from workflow import cases

pytestmark = pytest.mark.django_db
TOMORROW = "2026-05-17"


@pytest.fixture(autouse=True)
def noon(now):
    """Pages read the clock: it stands at noon in the branch."""
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def rota(shop, now):
    return Rota(shop, now)


@pytest.fixture
def third(shop):
    return factories.make_person(shop.branch, Role.CONSULTANT, "李静", "小李", shop.front_desk)


def typed(rota, first=1, last=None, **more):
    last = first if last is None else last
    data = {"starts_on": rota.day(first), "ends_on": rota.day(last), "kind": "rest", "note": "", "deputy": ""}
    return {name: str(value) for name, value in data.items()} | {"submission": str(uuid.uuid4())} | more


# --- Asking -----------------------------------------------------------------------------------
def test_r8_1_leave_is_asked_for_with_one_deputy_for_all_days(shop, rota, sign_in):
    client, data = sign_in(shop.owner), typed(rota, 1, 3, deputy=str(shop.colleague.pk))
    first, second = client.post("/leave/new/", data), client.post("/leave/new/", data)
    leave = Leave.objects.get()
    assert first["Location"] == second["Location"] == leave.get_absolute_url()
    assert {day.deputy for day in leave.days.all()} == {shop.colleague}
    assert "Asked for. A manager decides." in client.get(first["Location"]).content.decode()


def test_r8_1_a_deputy_for_each_day_works_without_a_script(shop, rota, sign_in, third):
    client = sign_in(shop.owner)
    data = typed(rota, 1, 2, deputy=str(shop.colleague.pk), note="回老家")
    page = client.post("/leave/new/", data | {"each": "1"})
    assert page.status_code == 200
    for number in (1, 2):
        assert f'name="deputy-{rota.day(number).isoformat()}"' in page.content.decode()
    assert 'value="回老家"' in page.content.decode()
    assert "field__error" not in page.content.decode()
    client.post("/leave/new/", data | {f"deputy-{rota.day(2).isoformat()}": str(third.pk)})
    assert [day.deputy for day in Leave.objects.get().days.all()] == [shop.colleague, third]


def test_the_form_proposes_a_deputy(shop, sign_in):
    page = sign_in(shop.owner).get("/leave/new/").content.decode()
    assert f'value="{shop.colleague.pk}" selected' in page
    assert "黃店長" not in page
    assert "王芳" not in page


def test_r8_1_a_circle_is_explained_at_the_day_and_nothing_is_lost(shop, rota, sign_in):
    rota.off(shop.colleague, shop.owner, 2)
    response = sign_in(shop.owner).post(
        "/leave/new/", typed(rota, 1, 3, deputy=str(shop.colleague.pk), note="回老家")
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert "小陈 stands in for 小周" in page
    place = page.index(f'name="deputy-{rota.day(2).isoformat()}"')
    assert "小陈 stands in for 小周" in page[place : place + 3000]
    assert "周敏 (off; 小陈 stands in)" in page
    assert 'value="回老家"' in page
    assert not Leave.objects.filter(user=shop.owner).exists()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"starts_on": ""}, "Choose a day."),
        ({"starts_on": "tomorrow"}, "Type a day as 2026-05-16."),
        ({"starts_on": "0001-01-01"}, "This day has passed."),
        ({"starts_on": "9999-12-31", "ends_on": "9999-12-31"}, "too far ahead"),
        ({"ends_on": "9999-12-31"}, "At most 60 days at once."),
        ({"ends_on": "0001-01-01"}, "The last day lies before the first."),
        ({"kind": "spaceship"}, "spaceship is not one of"),
        ({"note": "x" * 201}, "at most 200"),
        ({"deputy": ""}, "Choose somebody."),
        ({"deputy": "", f"deputy-{TOMORROW}": ""}, "Choose who stands in on this day."),
        ({"deputy": "999999999999999999999"}, "Choose somebody from this list."),
        ({"deputy": "'; DROP TABLE"}, "Choose somebody from this list."),
    ],
)
def test_bad_input_gets_a_sentence_at_its_field(shop, rota, sign_in, changed, sentence):
    data = typed(rota, 1, 2, deputy=str(shop.colleague.pk)) | changed
    response = sign_in(shop.owner).post("/leave/new/", data)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Leave.objects.exists()


def test_nobody_of_the_neighbour_branch_and_nobody_else_s_leave_is_sent(shop, rota, sign_in):
    for deputy in (shop.neighbour, shop.artist, shop.owner):
        response = sign_in(shop.owner).post("/leave/new/", typed(rota, deputy=str(deputy.pk)))
        assert response.status_code == 422
    sign_in(shop.owner).post(
        "/leave/new/", typed(rota, deputy=str(shop.colleague.pk), user=str(shop.manager.pk), state="granted")
    )
    leave = Leave.objects.get()
    assert (leave.user, leave.state) == (shop.owner, "asked")


def test_marks_and_nul_are_taken_out_of_the_note(shop, rota, sign_in):
    sign_in(shop.owner).post("/leave/new/", typed(rota, deputy=str(shop.colleague.pk), note="a\x00\u202eb"))
    assert Leave.objects.get().note == "ab"


# --- Deciding -----------------------------------------------------------------------------------
def test_r8_1_a_manager_grants_in_one_press_from_today(shop, rota, sign_in):
    leave = rota.ask(shop.owner, shop.colleague)
    client = sign_in(shop.manager)
    assert "Leave asked for" in client.get("/").content.decode()
    assert f'action="/leave/{leave.pk}/consent/"' in client.get("/").content.decode()
    client.post(f"/leave/{leave.pk}/consent/")
    client.post(f"/leave/{leave.pk}/consent/")
    assert LeaveDay.objects.on(rota.day(1)).get().user == shop.owner


def test_a_circle_at_granting_is_said_in_words(shop, rota, sign_in):
    rota.ask(shop.colleague, shop.owner)
    mine = rota.ask(shop.owner, shop.colleague)
    rota.grant(mine)
    theirs = Leave.objects.get(user=shop.colleague)
    page = sign_in(shop.manager).post(f"/leave/{theirs.pk}/consent/", follow=True).content.decode()
    assert "nobody would be there" in page
    assert not LeaveDay.objects.on(rota.day(1)).filter(user=shop.colleague).exists()


def test_r5_7_a_refusal_without_a_reason_is_asked_for_it(shop, rota, sign_in):
    leave = rota.ask(shop.owner, shop.colleague)
    client = sign_in(shop.manager)
    response = client.post(f"/leave/{leave.pk}/refusal/", {"why": "  "})
    assert response.status_code == 422
    assert "Say why not." in response.content.decode()
    client.post(f"/leave/{leave.pk}/refusal/", {"why": "<b>三对新人</b>"})
    page = sign_in(shop.owner).get(f"/leave/{leave.pk}/").content.decode()
    assert "&lt;b&gt;三对新人&lt;/b&gt;" in page


def test_what_was_withdrawn_meanwhile_is_answered_409(shop, rota, sign_in):
    leave = rota.ask(shop.owner, shop.colleague)
    sign_in(shop.owner).post(f"/leave/{leave.pk}/withdrawal/")
    assert sign_in(shop.manager).post(f"/leave/{leave.pk}/consent/").status_code == 409


def test_only_who_has_to_do_with_it_sees_a_request(shop, rota, sign_in, third):
    leave = rota.ask(shop.owner, shop.colleague, note="私事")
    for person, status in ((shop.owner, 200), (shop.colleague, 200), (shop.manager, 200), (third, 404)):
        assert sign_in(person).get(leave.get_absolute_url()).status_code == status
    assert "私事" not in sign_in(shop.colleague).get(leave.get_absolute_url()).content.decode()
    assert "私事" in sign_in(shop.manager).get(leave.get_absolute_url()).content.decode()


def test_back_after_all_from_the_notice_on_today(shop, rota, sign_in):
    off = rota.off(shop.owner, shop.colleague, 0, 2)
    client = sign_in(shop.owner)
    assert off.leave.get_absolute_url() in client.get("/").content.decode()
    assert "Back after all" in client.get(off.leave.get_absolute_url()).content.decode()
    client.post(f"/leave/{off.leave_id}/return/")
    assert "You are off today" not in client.get("/").content.decode()
    assert not LeaveDay.objects.on(rota.today).exists()


# --- The month -----------------------------------------------------------------------------------
def test_r8_1_the_month_shows_who_is_off_with_the_deputy_and_what_is_asked_for(shop, rota, sign_in, third):
    rota.off(shop.owner, shop.colleague, 0)
    rota.off(shop.colleague, third, 0)
    page = sign_in(shop.artist).get("/leave/").content.decode()
    assert page.count("小李") == 2, "the end of the chain stands beside both"
    other = factories.make_person(shop.branch, Role.CONSULTANT, "钱进", "小钱", shop.front_desk)
    rota.ask(other, third, 0)
    assert "month__asked" in sign_in(shop.artist).get("/leave/").content.decode()


def test_refused_withdrawn_and_cut_short_days_are_not_in_the_month(shop, rota, sign_in):
    off = rota.off(shop.owner, shop.colleague, 0)
    sign_in(shop.owner).post(f"/leave/{off.leave_id}/return/")
    assert "month__who" not in sign_in(shop.artist).get("/leave/").content.decode()


@pytest.mark.parametrize("month", ["2026-13", "x", "0001-01", "9999-12", "2026-05-01", "'"])
def test_a_month_that_makes_no_sense_is_this_month(shop, sign_in, month):
    page = sign_in(shop.owner).get("/leave/", {"month": month})
    assert page.status_code == 200
    assert 'aria-current="date"' in page.content.decode()


def test_the_months_before_and_after_lead_over_the_year(shop, sign_in):
    page = sign_in(shop.owner).get("/leave/", {"month": "2026-12"}).content.decode()
    assert "?month=2026-11" in page
    assert "?month=2027-01" in page
    assert "?month=2025-12" in sign_in(shop.owner).get("/leave/", {"month": "2026-01"}).content.decode()


def test_the_neighbour_s_month_is_empty(shop, rota, sign_in):
    rota.off(shop.owner, shop.colleague, 0)
    page = sign_in(shop.neighbour).get("/leave/").content.decode()
    assert "小陈" not in page


def test_the_number_of_questions_of_the_month_does_not_grow(
    shop, rota, sign_in, django_assert_max_num_queries
):
    client = sign_in(shop.manager)

    def fill(count):
        for _number in range(count):
            person = factories.make_person(shop.branch, Role.CONSULTANT, "门市", "", shop.front_desk)
            rota.off(person, shop.owner, 0, 2)
            rota.ask(person, shop.owner, 5, 6)

    fill(2)
    client.get("/leave/")
    with django_assert_max_num_queries(60) as few:
        client.get("/leave/")
    with django_assert_max_num_queries(80) as few_today:
        client.get("/")
    fill(6)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get("/leave/")
    with django_assert_max_num_queries(len(few_today.captured_queries)):
        client.get("/")


# --- Illness --------------------------------------------------------------------------------------
def test_r8_sudden_illness_in_one_step_and_twice_is_once(shop, rota, sign_in):
    client = sign_in(shop.manager)
    assert "Somebody is ill today" in client.get("/leave/").content.decode()
    first = client.post("/leave/illness/", {"user": str(shop.owner.pk), "deputy": ""})
    off = LeaveDay.objects.on(rota.today).get()
    assert first["Location"] == f"/hand-over/{off.pk}/"
    assert client.post("/leave/illness/", {"user": str(shop.owner.pk), "deputy": ""}).status_code == 302
    assert LeaveDay.objects.count() == 1


def test_r8_the_proposal_stands_in_the_form_once_somebody_is_chosen(shop, sign_in):
    page = sign_in(shop.manager).get("/leave/illness/", {"user": shop.owner.pk}).content.decode()
    assert f'value="{shop.colleague.pk}" selected' in page
    assert "周敏 (0 to see to)" in page
    assert 'hx-select="#illness-deputy"' in page


@pytest.mark.parametrize("data", [{}, {"user": "x"}, {"user": "²"}, {"user": "9" * 30}])
def test_illness_of_nobody_is_refused(shop, sign_in, data):
    assert sign_in(shop.manager).post("/leave/illness/", data).status_code == 422
    data = {"user": str(shop.neighbour.pk)}
    assert sign_in(shop.manager).post("/leave/illness/", data).status_code == 422
    data = {"user": str(shop.owner.pk), "deputy": str(shop.artist.pk)}
    assert sign_in(shop.manager).post("/leave/illness/", data).status_code == 422
    assert not Leave.objects.exists()


def test_with_nobody_left_illness_says_so(shop, sign_in):
    Membership.objects.exclude(user__in=[shop.owner, shop.manager]).update(is_active=False)
    client = sign_in(shop.manager)
    client.post("/leave/illness/", {"user": str(shop.owner.pk), "deputy": ""})
    response = client.post("/leave/illness/", {"user": str(shop.manager.pk), "deputy": ""})
    assert response.status_code == 422
    assert "Nobody who could stand in is there today." in response.content.decode()


def test_r5_1_after_the_illness_the_page_shows_who_must_be_taken_over_at_once(shop, rota, sign_in):
    shoots.arrived(shop, now=rota.now)
    page = sign_in(shop.manager).post(
        "/leave/illness/", {"user": str(shop.owner.pk), "deputy": ""}, follow=True
    )
    assert "take over at once" in page.content.decode()


# --- The hand-over ----------------------------------------------------------------------------------
@pytest.fixture
def order(shop, rota):
    return shoots.make_order(shop, now=rota.now, at=rota.now + timedelta(days=1))


def test_r8_1_the_hand_over_lists_the_cases_and_keeps_the_notes(shop, rota, order, sign_in):
    off = rota.off(shop.owner, shop.colleague)
    client, key = sign_in(shop.owner), cases.arrival_key(order.booking.appointments.get())
    page = client.get(off.get_absolute_url()).content.decode()
    assert order.booking.customer.name.replace("&", "&amp;") in page
    assert f'name="note-{key}"' in page
    client.post(off.get_absolute_url(), {f"note-{key}": "<i>先敬茶</i>"})
    theirs = sign_in(shop.colleague).get(off.get_absolute_url()).content.decode()
    assert "&lt;i&gt;先敬茶&lt;/i&gt;" in theirs
    assert f'name="note-{key}"' not in theirs
    assert "I take over" in theirs
    sign_in(shop.colleague).post(f"/hand-over/{off.pk}/acceptance/")
    assert "taken over" in client.get(off.get_absolute_url()).content.decode()


def test_a_note_too_long_is_explained_and_not_lost(shop, rota, order, sign_in):
    off = rota.off(shop.owner, shop.colleague)
    key = cases.arrival_key(order.booking.appointments.get())
    response = sign_in(shop.owner).post(off.get_absolute_url(), {f"note-{key}": "茶" * 301})
    assert response.status_code == 422
    assert "At most 300 characters." in response.content.decode()
    assert "茶" * 301 in response.content.decode()


def test_a_note_for_what_is_gone_is_said_and_a_crafted_key_changes_nothing(shop, rota, order, sign_in):
    off = rota.off(shop.owner, shop.colleague)
    page = sign_in(shop.owner).post(
        off.get_absolute_url(), {"note-call:confirm:1": "给他打电话"}, follow=True
    )
    assert "This is no longer to be done that day: “给他打电话”" in page.content.decode()
    assert not CaseNote.objects.exists()


def test_the_deputy_writes_no_notes_and_others_see_nothing(shop, rota, order, sign_in, third):
    off = rota.off(shop.owner, shop.colleague)
    assert sign_in(shop.colleague).post(off.get_absolute_url(), {"note-x": "y"}).status_code == 404
    for person in (third, shop.artist, shop.administrator, shop.neighbour, shop.head):
        assert sign_in(person).get(off.get_absolute_url()).status_code == 404


def test_a_head_sees_the_hand_overs_of_the_department(shop, rota, sign_in):
    factories.make_person(shop.branch, Role.DEPARTMENT_STAFF, "冯丽", "冯老师", shop.production)
    other = Membership.objects.get(user__display_name="冯丽").user
    off = rota.off(shop.producer, other)
    assert sign_in(shop.head).get(off.get_absolute_url()).status_code == 200


def test_r8_1_a_chain_is_said_and_who_acts_takes_over(shop, rota, sign_in, third):
    off = rota.off(shop.owner, shop.colleague)
    rota.off(shop.colleague, third)
    page = sign_in(third).get(off.get_absolute_url()).content.decode()
    assert "小周 is off that day too: the work goes on to 小李." in page
    sign_in(shop.colleague).post(f"/hand-over/{off.pk}/acceptance/")
    off.refresh_from_db()
    assert off.accepted_at is None
    sign_in(third).post(f"/hand-over/{off.pk}/acceptance/", {"whole": "1"})
    off.refresh_from_db()
    assert off.accepted_at


def test_another_deputy_by_the_form(shop, rota, sign_in, third):
    off = rota.off(shop.owner, shop.colleague)
    handover.accept(off, by=shop.colleague, now=rota.now)
    client = sign_in(shop.manager)
    assert "李静 (0 to see to)" in client.get(f"/hand-over/{off.pk}/deputy/").content.decode()
    assert client.post(f"/hand-over/{off.pk}/deputy/", {"deputy": str(shop.artist.pk)}).status_code == 422
    client.post(f"/hand-over/{off.pk}/deputy/", {"deputy": str(third.pk)})
    off.refresh_from_db()
    assert (off.deputy, off.accepted_at) == (third, None)
    assert sign_in(shop.colleague).post(f"/hand-over/{off.pk}/deputy/").status_code == 404


def test_the_hand_over_of_a_refused_leave_is_gone(shop, rota, sign_in):
    leave = rota.ask(shop.owner, shop.colleague)
    off = leave.days.get()
    assert sign_in(shop.owner).get(off.get_absolute_url()).status_code == 200
    sign_in(shop.manager).post(f"/leave/{leave.pk}/refusal/", {"why": "no"})
    assert sign_in(shop.owner).get(off.get_absolute_url()).status_code == 404


# --- A manager enters it ----------------------------------------------------------------------
def test_r8_1_a_manager_enters_leave_that_was_asked_for_by_word_of_mouth(shop, rota, sign_in):
    client, address = sign_in(shop.manager), f"/leave/new/?for={shop.owner.pk}"
    page = client.get(address).content.decode()
    assert f"For {shop.owner.display_name}." in page
    client.post(address, typed(rota, 2, deputy=str(shop.colleague.pk)))
    leave = Leave.objects.get()
    assert (leave.user, leave.asked_by, leave.state) == (shop.owner, shop.manager, "granted")
    assert LeaveDay.objects.on(rota.day(2)).get().deputy == shop.colleague


def test_nobody_but_a_manager_enters_leave_for_others(shop, rota, sign_in):
    client, address = sign_in(shop.colleague), f"/leave/new/?for={shop.owner.pk}"
    assert "Whose leave" not in client.get(address).content.decode()
    client.post(address, typed(rota, 2, deputy=str(shop.owner.pk)))
    assert (Leave.objects.get().user, Leave.objects.get().state) == (shop.colleague, "asked")


@pytest.mark.parametrize("whose", ["0", "-1", "²", "9" * 30, "neighbour"])
def test_a_manager_finds_nobody_of_elsewhere(shop, sign_in, whose):
    whose = str(shop.neighbour.pk) if whose == "neighbour" else whose
    assert sign_in(shop.manager).get("/leave/new/", {"for": whose}).status_code == 404
