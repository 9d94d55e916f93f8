"""R3.2: script and advice in the customer's language, what was last said, and whom to ring when."""

from datetime import time, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import translation

from customers import contact_wishes, files
from customers.models import ContactPoint, ContactWish, Observation
from tests.workflow.calling import Desk
from workflow import calls, letters
from workflow.call_script import script_for, scripts_for
from workflow.last_words import last_words
from workflow.models import CallTask

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
LANGUAGES = ["zh-hans", "zh-hant", "en"]


@pytest.fixture
def desk(shop, now):
    return Desk(shop, now)


@pytest.fixture
def spoken(desk):
    """A call to somebody who speaks this language."""
    return lambda language: desk.call(appointment=desk.appointment(customer=desk.customer(language=language)))


# --- The language ---------------------------------------------------------------------------------
@pytest.mark.parametrize("customers", LANGUAGES)
@pytest.mark.parametrize("callers", LANGUAGES)
def test_r3_2_it_is_said_in_the_customers_language_and_folded_out_in_the_callers(
    shop, now, spoken, customers, callers
):
    call = spoken(customers)
    with translation.override(callers):
        scripts = scripts_for(call, caller=shop.owner, now=now)
    assert [script.language for script in scripts] == list(dict.fromkeys([customers, callers]))
    for script in scripts:
        day = letters.day_in_words(call.appointment.starts_at, branch=call.branch, language=script.language)
        assert day in script.matter
        assert shop.branch.name_in(script.language) in script.opening


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_advice_is_in_the_same_language(shop, now, spoken, language):
    with translation.override("en"):
        script = script_for(spoken(language), caller=shop.owner, now=now)
    assert ("haircut" in " ".join(script.advice)) == (language == "en")
    assert script.cares


def test_the_reader_keeps_their_language_afterwards(shop, now, spoken):
    with translation.override("en"):
        scripts_for(spoken("zh-hant"), caller=shop.owner, now=now)
        assert translation.get_language() == "en"


@pytest.fixture
def page(shop, sign_in, now):
    with time_machine.travel(now, tick=False):
        client = sign_in(shop.owner)
        yield lambda call: client.get(call.get_absolute_url()).content.decode()


def test_each_language_is_marked_for_screen_readers(page, spoken):
    shown = page(spoken("zh-hant"))
    assert '<blockquote class="saying" lang="zh-hant">' in shown
    assert '<blockquote class="saying" lang="en">' in shown
    assert "In your own language" in shown
    assert "In your own language" not in page(spoken("en"))


# --- What was last said ---------------------------------------------------------------------------
@pytest.fixture
def call(desk):
    return desk.call()


def test_r2_3_the_newest_of_what_was_said_stands_on_the_call(desk, shop, now, call, page):
    earlier = desk.call(appointment=desk.appointment(customer=call.customer))
    calls.record(earlier, outcome="chat", note="旺季再说", version=1, by=shop.colleague, now=now - 3 * DAY)
    assert last_words(call.customer, besides=call).text == "旺季再说"
    Observation.objects.create(customer=call.customer, text="喜欢桂花乌龙", by=shop.owner, at=now - DAY)
    words = last_words(call.customer, besides=call)
    assert (words.text, words.by, words.at) == ("喜欢桂花乌龙", shop.owner, now - DAY)
    assert "喜欢桂花乌龙" in page(call)


def test_r9_4_what_touches_a_taboo_is_not_what_was_last_said(shop, now, call):
    Observation.objects.create(customer=call.customer, text="常说起百合花", by=shop.owner, at=now - DAY)
    files.add_taboo(call.customer, "百合花", by=shop.owner, now=now)
    assert last_words(call.customer) is None


def test_nothing_was_said_yet(call, page):
    assert last_words(call.customer) is None
    assert "What was last said" not in page(call)


# --- Whom to ring, when ---------------------------------------------------------------------------
@pytest.fixture
def second(shop, call):
    return ContactPoint.objects.create(
        branch=shop.branch, customer=call.customer, kind="phone", value="+8613900000009", position=1,
        member=call.customer.members.get(name="张伟"),
    )  # fmt: skip


@pytest.fixture
def keep(shop, sign_in, now):
    with time_machine.travel(now, tick=False):
        client = sign_in(shop.owner)

        def send(call, **data):
            address = reverse("workflow:call_wish", args=[call.pk])
            return client.post(address, {f"wish-{name}": value for name, value in data.items()})

        yield send


def test_r3_2_whom_to_ring_first_and_when_is_kept_from_the_call(call, second, keep, page):
    answer = keep(call, contact=second.pk, from_time="18:00", until_time="20:00", note="the groom decides")
    assert answer.status_code == 302
    wish = ContactWish.objects.get(customer=call.customer)
    assert (wish.contact, wish.from_time, wish.until_time) == (second, time(18), time(20))
    shown = page(call)
    assert "Likes to be rung between 18:00 and 20:00" in shown
    assert "the groom decides" in shown
    assert "139 **** 0009" in shown


def test_the_others_of_the_party_stand_there_with_whose_they_are(call, second, page):
    shown = page(call)
    assert "139 0000 0009" in shown
    assert "张伟 · groom</span>" in shown


def test_r3_2_whose_number_it_is_is_learned_on_the_telephone(call, keep, page):
    (point,) = call.customer.contact_points.all()
    assert point.member is None
    bride = call.customer.members.get(role="bride")
    assert keep(call, **{f"whose_{point.pk}": bride.pk}).status_code == 302
    point.refresh_from_db()
    assert point.member == bride
    assert f"{bride.name} · bride" in page(call)
    # Who keeps the hours later does not unsay it.
    assert keep(call, from_time="18:00", until_time="20:00").status_code == 302
    point.refresh_from_db()
    assert point.member == bride


@pytest.mark.parametrize("typed", ["999999999", "x", "-1"])
def test_somebody_who_is_not_of_the_party_answers_no_number(call, keep, typed):
    (point,) = call.customer.contact_points.all()
    assert keep(call, **{f"whose_{point.pk}": typed}).status_code == 422
    point.refresh_from_db()
    assert point.member is None


def test_the_list_says_when_it_does_not_suit_them(shop, sign_in, now, call):
    contact_wishes.keep(call.customer, from_time=time(18), until_time=time(20), by=shop.owner, now=now)
    client = sign_in(shop.owner)
    with time_machine.travel(now, tick=False):
        assert "Likes to be rung between 18:00 and 20:00" in client.get("/calls/").content.decode()
    with time_machine.travel(now + 6 * HOUR + MINUTE, tick=False):
        assert "Likes to be rung between" not in client.get("/calls/").content.decode()


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"from_time": "18:00"}, "until_time"),
        ({"from_time": "20:00", "until_time": "18:00"}, "until_time"),
        ({"from_time": "25:00", "until_time": "26:00"}, "from_time"),
        ({"from_time": "x"}, "from_time"),
        ({"contact": "x"}, "contact"),
        ({"contact": "0"}, "contact"),
        ({"contact": "99999999999999999999"}, "contact"),
        ({"note": "x" * 121}, "note"),
        ({"note": "x" * 1_000_000}, "note"),
    ],
)
def test_bad_wishes_are_explained_at_their_field_and_nothing_is_lost(call, keep, data, field):
    answer = keep(call, **{"note": "evenings", **data})
    assert answer.status_code == 422
    assert field in answer.context["wish_form"].errors
    assert not ContactWish.objects.exists()
    if field != "note":
        assert "evenings" in answer.content.decode()


def test_another_files_number_is_not_offered(desk, call, keep):
    foreign = desk.customer().contact_points.get()
    assert keep(call, contact=foreign.pk).status_code == 422


def test_the_neighbour_keeps_nothing(shop, sign_in, call):
    address = reverse("workflow:call_wish", args=[call.pk])
    assert sign_in(shop.neighbour).post(address, {"wish-note": "x"}).status_code == 404
    assert not ContactWish.objects.exists()


def test_the_page_of_a_call_asks_the_same_however_much_there_is_to_tell(
    desk, shop, sign_in, call, now, django_assert_max_num_queries
):
    client = sign_in(shop.owner)

    def asked():
        with time_machine.travel(now, tick=False), django_assert_max_num_queries(100) as captured:
            client.get(call.get_absolute_url())
        return len(captured)

    before = asked()
    for number in range(5):
        Observation.objects.create(customer=call.customer, text=f"seen {number}", by=shop.owner)
        ContactPoint.objects.create(
            branch=shop.branch, customer=call.customer, kind="phone", value=f"+86139000000{number:02d}", position=number
        )  # fmt: skip
        calls.record(
            CallTask.objects.get(pk=call.pk), outcome="no_answer", version=None, by=shop.owner, now=now
        )
        CallTask.objects.update(tries=0)
    assert asked() <= before + 1
