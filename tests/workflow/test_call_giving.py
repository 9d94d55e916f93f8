"""R3.2, R12.2: a manager looks at the calls of the whole branch, and shares them out."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError

from studio.outbox.alert_words import lines_of
from studio.outbox.models import Alert
from studio.staff.duties import duties, stands_in_for
from studio.staff.leaving import estates
from studio.staff.models import Membership
from tests.factories import LeaveFactory
from tests.workflow.calling import Desk
from workflow import call_giving, call_holding, calls
from workflow.models import CallEvent, CallRules, CallTask

ALL, GIVE = "/calls/?all=1", "/calls/giving/"
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


@pytest.fixture
def row(desk, now):
    """A call that is due, about a date of its own."""

    def make(**fields):
        return desk.call(appointment=desk.appointment(now + 3 * DAY, **fields.pop("about", {})), **fields)

    return make


@pytest.fixture
def give(shop, now):
    def press(*rows, to="colleague", by="manager"):
        user = getattr(shop, to) if to else None
        return call_giving.give(
            [row.pk for row in rows], branch=shop.branch, to=user, by=getattr(shop, by), now=now
        )

    return press


# --- Given ----------------------------------------------------------------------------------------
def test_a_given_call_stands_on_the_colleagues_list_and_not_on_the_owners(shop, now, row, give):
    call = row()
    given = give(call)
    assert (given.count, given.left, given.acting) == (1, 0, None)
    assert calls.calls_for([shop.colleague], shop.branch, now) == [call]
    assert calls.calls_for([shop.owner], shop.branch, now) == []


def test_back_to_the_owner_it_follows_its_customer_again(shop, now, row, give):
    call = row()
    give(call)
    assert give(call, to=None).count == 1
    assert calls.calls_for([shop.owner], shop.branch, now) == [call]
    assert give(call, to=None).count == 0


def test_given_to_the_owner_is_given_back(shop, row, give):
    call = row()
    give(call)
    give(call, to="owner")
    call.refresh_from_db()
    assert call.assigned_to is None


def test_who_gave_it_to_whom_stands_in_its_history(shop, row, give):
    call = row()
    give(call)
    give(call)
    give(call, to=None)
    kinds = list(CallEvent.objects.order_by("id").values_list("kind", "actor", "parameters"))
    assert kinds == [
        ("assigned", shop.manager.pk, {"to": shop.colleague.pk}),
        ("given_back", shop.manager.pk, {}),
    ]


def test_the_colleague_hears_of_one_press_once(shop, row, give):
    give(row(), row(), row())
    (alert,) = Alert.objects.filter(user=shop.colleague, kind="call_given")
    assert lines_of([alert])[0].words == "3 calls were given to you."
    assert alert.link == "/calls/"
    assert Alert.objects.count() == 1


def test_nobody_is_told_of_what_they_took_themselves(shop, row, give):
    give(row(), to="manager")
    assert not Alert.objects.exists()


def test_r8_1_who_is_off_today_has_a_deputy_who_hears_of_it(shop, now, row, give):
    today = shop.branch.today(now)
    LeaveFactory(branch=shop.branch, user=shop.colleague, deputy=shop.owner, starts_on=today, ends_on=today)
    other = row()
    given = give(other)
    assert given.acting == shop.owner
    assert Alert.objects.get(kind="call_given").user == shop.owner
    mine = stands_in_for(shop.owner, branch=shop.branch, day=today)
    assert calls.calls_for(mine, shop.branch, now) == [other]


@pytest.mark.parametrize("name", ["artist", "cashier", "neighbour", "administrator"])
def test_only_to_colleagues_who_call(row, give, name):
    call = row()
    with pytest.raises(ValidationError):
        give(call, to=name)
    call.refresh_from_db()
    assert call.assigned_to is None


def test_not_to_who_has_left(shop, row, give):
    Membership.objects.filter(user=shop.colleague).update(is_active=False)
    with pytest.raises(ValidationError):
        give(row())


def test_what_is_made_or_of_another_branch_stays(desk, shop, now, row, give):
    made, foreign = row(), row()
    CallTask.objects.filter(pk=made.pk).update(state="done", outcome="chat", done_at=now)
    CallTask.objects.filter(pk=foreign.pk).update(branch=shop.other_branch)
    given = give(made, foreign, row())
    assert (given.count, given.left) == (1, 2)


def test_two_hundred_at_most_in_one_press(shop, now, row, give, monkeypatch):
    monkeypatch.setattr(call_giving, "MOST", 2)
    given = give(row(), row(), row())
    assert (given.count, given.left) == (2, 1)


def test_who_is_on_the_telephone_goes_on_undisturbed(shop, now, row, give):
    call = row()
    call_holding.take(call, by=shop.owner, now=now)
    give(call)
    after = calls.record(call, outcome="confirmed", version=call.version, by=shop.owner, now=now)
    assert after.state == "done"


def test_sharing_out_asks_no_more_for_more(shop, row, give, django_assert_max_num_queries):
    rows = [row() for _number in range(3)]
    with django_assert_max_num_queries(30):
        give(*rows)
    more = [row() for _number in range(12)]
    with django_assert_max_num_queries(40):
        give(*more)


def test_r1_4_who_leaves_keeps_no_call(shop, now, row, give):
    call = row()
    give(call)
    estate = estates["given"]
    assert estate.count(shop.colleague, shop.branch, now) == 1
    estate.move(shop.colleague, shop.branch, lambda customer: shop.owner, shop.manager, now)
    assert calls.calls_for([shop.owner], shop.branch, now) == [call]
    assert estate.count(shop.colleague, shop.branch, now) == 0
    assert CallEvent.objects.filter(kind="given_back", actor=shop.manager).count() == 1


# --- The page -------------------------------------------------------------------------------------
@pytest.fixture
def manager(shop, sign_in, now):
    with time_machine.travel(now, tick=False):
        yield sign_in(shop.manager)


def text(response):
    return response.content.decode()


def shown(client, address):
    found = client.get(address).context["list"]
    return [line.call for name in ("given_up", "behind", "due", "later") for line in getattr(found, name)]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"late", "fresh", "other", "theirs"}),
        ("&kind=not_reached", {"other"}),
        ("&late=late", {"late"}),
        ("&kind=confirm&late=late", {"late"}),
        ("&who={colleague}", {"theirs"}),
        ("&who={owner}&kind=confirm", {"late", "fresh"}),
        ("&who=x&kind=nothing&late=9", {"late", "fresh", "other", "theirs"}),
        ("&who=99999999999999999999", {"late", "fresh", "other", "theirs"}),
    ],
)
def test_the_filter_stands_in_the_address(shop, now, row, give, manager, query, names):
    CallRules.objects.create(branch=shop.branch, behind_at="23:00")
    rows = {
        "late": row(due_at=now - 3 * HOUR),
        "fresh": row(),
        "other": row(kind="not_reached"),
        "theirs": row(),
    }
    give(rows["theirs"])
    address = ALL + query.format(colleague=shop.colleague.pk, owner=shop.owner.pk)
    assert set(shown(manager, address)) == {rows[name] for name in names}


def test_not_called_by_noon_stands_on_top_and_on_today(shop, now, row, manager):
    CallRules.objects.create(branch=shop.branch, behind_at="11:00")
    behind, due = row(due_at=now - 2 * HOUR), row(due_at=now - MINUTE)
    page = manager.get(ALL)
    assert [line.call for line in page.context["list"].behind] == [behind]
    assert [line.call for line in page.context["list"].due] == [due]
    assert "Not called by 11:00" in text(page)
    assert shown(manager, ALL + "&late=behind") == [behind]
    assert "Not called in time" in text(manager.get("/"))
    assert duties["calls_behind"].roles == {"manager", "general_manager"}


def press(client, *rows, **data):
    return client.post(GIVE, {"call": [row.pk for row in rows], **data}, follow=True)


def test_ticked_calls_are_given_in_one_press_that_says_how_many(shop, row, manager):
    rows = [row(), row()]
    page = press(manager, *rows, to=shop.colleague.pk)
    assert "2 calls given to 小周." in text(page)
    assert CallTask.objects.filter(assigned_to=shop.colleague).count() == 2
    assert "given to 小周" in text(manager.get(ALL))
    page = press(manager, *rows, to="", back="1")
    assert "2 calls are back with their owners." in text(page)


def test_what_was_filtered_stays_filtered(shop, row, manager):
    page = press(manager, row(), to=shop.colleague.pk, filters="kind=confirm")
    assert page.redirect_chain == [("/calls/?all=1&kind=confirm", 302)]
    page = press(manager, row(), to=shop.colleague.pk, filters="//evil.example/?")
    assert page.redirect_chain == [("/calls/?all=1", 302)]


@pytest.mark.parametrize(
    "data",
    [
        {"call": [], "to": "{colleague}"},
        {"call": ["x", "-1", "99999999999999999999999"], "to": "{colleague}"},
        {"call": ["{call}"], "to": ""},
        {"call": ["{call}"], "to": "x"},
        {"call": ["{call}"], "to": "{artist}"},
        {"call": ["{call}"], "to": "99999999999999999999"},
    ],
)
def test_bad_input_gives_nothing_and_says_why(shop, row, manager, data):
    call = row()
    words = {"call": call.pk, "colleague": shop.colleague.pk, "artist": shop.artist.pk}
    sent = {
        name: [one.format(**words) for one in value] if isinstance(value, list) else value.format(**words)
        for name, value in data.items()
    }
    page = manager.post(GIVE, sent, follow=True)
    assert page.status_code == 200
    assert "Tick the calls first" in text(page) or "Choose a colleague" in text(page)
    assert not CallTask.objects.filter(assigned_to__isnull=False).exists()


def test_only_managers_share_out(shop, sign_in, row):
    for name in ("owner", "artist", "administrator"):
        assert sign_in(getattr(shop, name)).post(GIVE, {"call": [row().pk]}).status_code == 403
    assert "Give" not in text(sign_in(shop.owner).get("/calls/"))


def test_the_page_asks_the_same_number_of_questions_however_many_calls(
    shop, row, manager, django_assert_max_num_queries
):
    def asked():
        with django_assert_max_num_queries(100) as captured:
            manager.get(ALL)
        return len(captured)

    for number in range(2):
        call_holding.take(row(due_at=row().due_at - number * HOUR), by=shop.owner, now=row().due_at)
    before = asked()
    for number in range(8):
        row(due_at=row().due_at - number * HOUR)
    assert asked() == before
