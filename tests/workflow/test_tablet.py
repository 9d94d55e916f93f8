"""The page of a department (R5): who is brought, who is here, what one press does."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from customers import knowledge
from customers.models import Member
from tests import factories
from tests.workflow.shoots import arrived, bring, party, presence, second_artist
from tests.workflow.tablets import pressed, words
from workflow import day, gaps, handoffs, house, side_trips, tablet
from workflow.models import HandOff, HandOffState, HandOffWay, LookState, StayKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def earlier():
    return timezone.now() - timedelta(hours=1)


@pytest.fixture
def order(shop, earlier):
    return arrived(shop, now=earlier)


def row_of(order, name="李娜"):
    rows = house.of_order(order, now=timezone.now())
    return next(row for row in rows if name in {member.name for member in row.members})


def press(client, order, act, row=None, **more):
    return client.post(f"/orders/{order.pk}/hands/", pressed(act, row or row_of(order), **more))


# --- Whose page ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("person", "department"),
    [("artist", "styling"), ("photographer", "shooting"), ("owner", "front_desk"), ("manager", "front_desk"),
     ("producer", "front_desk"), ("cashier", "front_desk")],
)  # fmt: skip
def test_everybody_comes_to_the_page_of_their_department(shop, sign_in, person, department) -> None:
    answer = sign_in(getattr(shop, person)).get("/tablet/")
    assert answer.status_code == 200
    assert answer.context["department"] == getattr(shop, department)


def test_a_branch_without_departments_says_so(shop, sign_in) -> None:
    assert "no departments yet" in words(sign_in(shop.neighbour).get("/tablet/"))


@pytest.mark.parametrize("department", ["production", "cashier_desk"])
def test_no_customer_is_brought_where_nobody_serves(shop, sign_in, department) -> None:
    assert sign_in(shop.owner).get(f"/tablet/{getattr(shop, department).pk}/").status_code == 404


def test_an_empty_department_says_why(shop, sign_in) -> None:
    assert "Nobody is here, and nobody is on the way" in words(sign_in(shop.artist).get("/tablet/"))


# --- What stands on it --------------------------------------------------------------------------
def test_r5_1_who_is_brought_stands_first_with_the_answer_and_the_introduction(
    shop, sign_in, order, earlier
) -> None:
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=earlier)
    text = words(sign_in(shop.artist).get("/tablet/"))
    assert "Brought to us" in text and "小陈 brings them from front desk" in text
    assert "No problem, don't worry!" in text
    assert "Hello, I am 王芳, your makeup artist" in text
    assert "I take over" in text and "Return, with reason" in text


def test_who_is_meant_stands_first_and_reads_so(shop, sign_in, earlier) -> None:
    feng = second_artist(shop)
    first = arrived(shop, now=earlier - timedelta(minutes=30))
    second = arrived(shop, now=earlier, resources=[], name="王家")
    handoffs.offer(first, members=party(first), to=shop.styling, by=shop.owner, now=earlier)
    later = earlier + timedelta(minutes=9)
    handoffs.offer(
        second, members=party(second), to=shop.styling, by=shop.owner, now=later, meant_for=shop.artist
    )
    found = tablet.page(shop.styling, reader=shop.artist, now=timezone.now()).coming
    assert [card.care.order.pk for card in found] == [second.pk, first.pk]
    other = tablet.page(shop.styling, reader=feng, now=timezone.now()).coming
    assert [card.care.order.pk for card in other] == [first.pk, second.pk]
    assert "meant for 王老师" in words(sign_in(feng).get("/tablet/"))


def test_my_own_parties_come_before_those_of_colleagues(shop, sign_in, earlier) -> None:
    feng = second_artist(shop)
    for name, artist in [("先到", feng), ("后到", shop.artist)]:
        made = arrived(shop, now=earlier, resources=[], name=name)
        bring(made, shop.styling, giver=shop.owner, receiver=artist, now=earlier)
    page = tablet.page(shop.styling, reader=shop.artist, now=timezone.now())
    assert [hands.user for hands in page.here] == [shop.artist, feng]
    assert page.people == 4
    text = words(sign_in(shop.artist).get("/tablet/"))
    assert text.index("With you") < text.index("With 冯老师")


def test_who_may_come_next_can_be_taken_where_they_were_brought(shop, sign_in, order) -> None:
    """A Saturday has no free hand: the receiver alone presses (R5.1)."""
    client = sign_in(shop.artist)
    assert "May come next" in words(client.get("/tablet/"))
    answer = press(client, order, "together", to=shop.styling.pk)
    assert answer.status_code == 302
    assert presence(order, "李娜").with_user == shop.artist
    assert {row.way for row in order.hand_offs.all()} == {HandOffWay.TOGETHER}


def test_r4_1_nobody_is_expected_before_the_sheet_is_issued(shop, sign_in, earlier) -> None:
    arrived(shop, now=earlier, sheet=False)
    assert "May come next" not in words(sign_in(shop.artist).get("/tablet/"))


def test_who_stands_alone_comes_before_all_else(shop, sign_in, order, earlier) -> None:
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=earlier)
    gaps.leave_alone(order, members=party(order), by=shop.artist, now=timezone.now())
    second_artist(shop)
    text = words(sign_in(shop.artist).get("/tablet/"))
    assert text.index("Nobody is with them") < text.index("I take care of them")
    assert "With 王老师" not in text


# --- R9.9, R9.4 ---------------------------------------------------------------------------------
def test_r9_9_no_money_on_the_page_and_r9_4_what_to_mind_is_folded(shop, sign_in, order, earlier) -> None:
    customer = order.booking.customer
    knowledge.add_taboo(customer, "别提前男友", by=shop.owner, now=earlier)
    customer.special_care = "怀孕五个月"
    customer.save(update_fields=["special_care"])
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=earlier)
    answer = sign_in(shop.artist).get("/tablet/")
    page = answer.content.decode()
    before, folded = page.split('<details class="mind"', 1)
    assert "别提前男友" in folded and "怀孕五个月" in folded
    assert "别提前男友" not in before and "怀孕五个月" not in before
    assert not folded.startswith(" open")
    for money in ["4,999", "5,999", "1,000", "¥", str(Decimal("4999.00"))]:
        assert money not in words(answer)


def test_today_shows_no_money_beside_who_is_with_me(shop, sign_in, order) -> None:
    text = words(sign_in(shop.owner).get("/"))
    assert "With you now" in text and "4,999" not in text and "¥" not in text


# --- The presses --------------------------------------------------------------------------------
def test_r5_2_three_looks_from_hand_to_hand_with_one_press_each(shop, sign_in, earlier) -> None:
    """Take over, look done, take over, hand over …: what nobody has a free hand for needs one press."""
    order = arrived(shop, now=earlier, looks=3)
    artist, photographer, owner = (sign_in(one) for one in (shop.artist, shop.photographer, shop.owner))
    press(owner, order, "offer", to=shop.styling.pk)
    press(artist, order, "accept")
    for look in order.looks.all():
        press(artist, order, "offer", to=shop.shooting.pk)
        press(photographer, order, "accept")
        press(photographer, order, "look_done", look=look.pk, to=shop.styling.pk)
        look.refresh_from_db()
        assert (look.state, look.by) == (LookState.SHOT, shop.photographer)
        assert row_of(order).hand_off.to_department == shop.styling
        press(artist, order, "accept")
    press(artist, order, "offer", to=shop.front_desk.pk)
    press(owner, order, "accept")
    assert presence(order, "李娜").with_user == shop.owner
    assert order.hand_offs.filter(state=HandOffState.ACCEPTED).count() == 2 * 8
    order.refresh_from_db()
    assert order.stage == "selection"


def test_the_page_offers_what_comes_next_and_nothing_else(shop, sign_in, order, earlier) -> None:
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=earlier)
    artist = words(sign_in(shop.artist).get("/tablet/"))
    assert "Hand over to shooting" in artist and "Look done" not in artist
    bring(order, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=earlier)
    photographer = words(sign_in(shop.photographer).get("/tablet/"))
    assert "Look done" in photographer and "Hand over to" not in photographer
    for look in order.looks.all():
        day.tick_look(look, by=shop.photographer, now=earlier)
    assert "Hand over to styling" in words(sign_in(shop.photographer).get("/tablet/"))


def test_a_look_that_is_done_already_only_brings_them_on(shop, sign_in, order, earlier) -> None:
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=earlier)
    bring(order, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=earlier)
    look = order.looks.first()
    client = sign_in(shop.photographer)
    for _press in range(2):
        assert press(client, order, "look_done", look=look.pk, to=shop.styling.pk).status_code == 302
    assert order.looks.filter(state=LookState.SHOT).count() == 1
    assert order.hand_offs.filter(state=HandOffState.OFFERED).count() == 2


def test_a_look_is_not_ticked_where_nobody_may_be_brought(shop, sign_in, order, earlier) -> None:
    """One press is one thing: both or neither."""
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=earlier)
    bring(order, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=earlier)
    look = order.looks.first()
    answer = press(sign_in(shop.artist), order, "look_done", look=look.pk, to=shop.styling.pk)
    assert answer.status_code == 403
    look.refresh_from_db()
    assert look.state == LookState.PENDING


def test_r5_6_she_steps_out_and_is_back_with_one_press(shop, sign_in, order, earlier) -> None:
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=earlier)
    client = sign_in(shop.artist)
    bride = Member.objects.get(customer=order.booking.customer, name="李娜")
    answer = press(client, order, "step_out", members=[bride.pk], place="洗手间")
    assert answer.status_code == 302
    assert (presence(order, "李娜").kind, presence(order, "李娜").place) == (StayKind.STEPPED_OUT, "洗手间")
    assert presence(order, "张伟").kind == StayKind.WITH
    text = words(client.get("/tablet/"))
    assert "Stepped out (with someone) 洗手间" in text and "They are back" in text
    press(client, order, "come_back")
    assert presence(order, "李娜").kind == StayKind.WITH


def test_r5_6_a_named_colleague_goes_along(shop, sign_in, order, earlier) -> None:
    feng = second_artist(shop)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=earlier)
    press(sign_in(shop.artist), order, "step_out", place="洗手间", escort=feng.pk)
    assert presence(order, "李娜").with_user == feng
    press(sign_in(feng), order, "come_back")
    assert presence(order, "李娜").with_user == shop.artist


def test_who_is_asked_for_when_they_are_back_may_be_a_third_of_the_department(
    shop, sign_in, order, earlier
) -> None:
    feng = second_artist(shop)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=earlier)
    side_trips.step_out(order, members=party(order), place="车上", by=shop.artist, now=earlier)
    press(sign_in(feng), order, "come_back")
    assert presence(order, "李娜").with_user == feng


def test_r5_6_on_location_is_no_gap(shop, sign_in, order, earlier) -> None:
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=earlier)
    bring(order, shop.shooting, giver=shop.artist, receiver=shop.photographer, now=earlier)
    client = sign_in(shop.photographer)
    press(client, order, "location")
    assert presence(order, "李娜").kind == StayKind.ON_LOCATION
    assert "On location" in words(client.get("/tablet/"))
    press(client, order, "location_back")
    assert presence(order, "李娜").kind == StayKind.WITH


def test_a_colleague_is_relieved_with_one_press(shop, sign_in, order, earlier) -> None:
    feng = second_artist(shop)
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=earlier)
    press(sign_in(feng), order, "together", to=shop.styling.pk)
    assert presence(order, "李娜").with_user == feng


def test_they_stand_alone_until_somebody_takes_care(shop, sign_in, order, earlier) -> None:
    bring(order, shop.styling, giver=shop.owner, receiver=shop.artist, now=earlier)
    press(sign_in(shop.artist), order, "alone")
    assert presence(order, "李娜").kind == StayKind.ALONE
    press(sign_in(shop.colleague), order, "take_care", to=shop.styling.pk)
    assert presence(order, "李娜").with_user == shop.colleague


# --- Words --------------------------------------------------------------------------------------
def test_r5_3_who_takes_over_first_reads_what_to_say_and_later_rounds_drop_it(
    shop, sign_in, order, earlier
) -> None:
    artist, photographer = sign_in(shop.artist), sign_in(shop.photographer)
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=earlier)
    answer = press(artist, order, "accept", back=f"tablet-{shop.styling.pk}")
    assert "?said=" in answer["Location"]
    text = words(artist.get(answer["Location"]))
    assert "Say this now" in text and "Hello, I am 王芳, your makeup artist" in text
    assert "Next: White gown" in text
    handoffs.offer(order, members=party(order), to=shop.shooting, by=shop.artist, now=timezone.now())
    press(photographer, order, "accept")
    press(photographer, order, "look_done", look=order.looks.first().pk, to=shop.styling.pk)
    later = press(artist, order, "accept", back=f"tablet-{shop.styling.pk}")
    assert later["Location"] == f"/tablet/{shop.styling.pk}/"


def test_r5_3_on_ones_own_phone_the_words_are_a_page(shop, sign_in, order, earlier) -> None:
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=earlier)
    client = sign_in(shop.artist)
    answer = press(client, order, "accept", back="today")
    page = client.get(answer["Location"])
    assert "Hello, I am 王芳, your makeup artist" in words(page)
    assert 'href="/"' in page.content.decode()


def test_r5_1_the_assistant_is_introduced_too(shop, sign_in, order, earlier) -> None:
    helper = second_artist(shop)
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=earlier)
    rows = handoffs.accept(order.hand_offs.all(), by=shop.artist, now=earlier, assistant=helper)
    text = words(sign_in(shop.artist).get(f"/hand-offs/{rows[0].pk}/words/"))
    assert "and this is my assistant 冯老师" in text


def test_the_words_of_an_offer_that_nobody_took_do_not_exist(shop, sign_in, order, earlier) -> None:
    rows = handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=earlier)
    assert sign_in(shop.artist).get(f"/hand-offs/{rows[0].pk}/words/").status_code == 404


@pytest.mark.parametrize("said", ["", "x", "99999", "9" * 40, "-1", "٣"])
def test_what_was_said_is_nothing_or_ours(shop, sign_in, said) -> None:
    answer = sign_in(shop.artist).get("/tablet/", {"said": said})
    assert answer.status_code == 200
    assert "Say this now" not in words(answer)


# --- Bad input, the neighbour, the same press twice ------------------------------------------------
@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"act": "offer"},
        {"act": "nonsense"},
        {"act": "offer", "members": ["x"]},
        {"act": "offer", "members": ["9" * 30], "to": "1"},
        {"act": "accept", "hand_off": ["\x00"]},
        {"act": "look_done"},
        {"act": "step_out", "place": "x" * 5000},
        {"act": "together"},
        {"act": "withdraw", "hand_off": ["7777777"]},
    ],
)
def test_bad_input_is_refused_in_words_and_changes_nothing(shop, sign_in, order, wrong) -> None:
    answer = sign_in(shop.owner).post(f"/orders/{order.pk}/hands/", wrong)
    assert 400 <= answer.status_code < 500
    assert not HandOff.objects.filter(work_order=order).exists()
    assert presence(order, "李娜").kind == StayKind.WITH


def test_members_of_another_party_are_refused(shop, sign_in, order, earlier) -> None:
    other = arrived(shop, now=earlier, resources=[], name="别家")
    stranger = party(other)[0]
    answer = sign_in(shop.owner).post(
        f"/orders/{order.pk}/hands/", {"act": "offer", "members": [stranger.pk], "to": shop.styling.pk}
    )
    assert answer.status_code == 409


def test_a_press_is_harmless_twice(shop, sign_in, order) -> None:
    client = sign_in(shop.artist)
    row = row_of(order)
    for _press in range(3):
        assert press(client, order, "together", row, to=shop.styling.pk).status_code == 302
    assert order.hand_offs.count() == 2
    assert presence(order, "李娜").stays.count() == 2


def test_somebody_was_quicker(shop, sign_in, order, earlier) -> None:
    feng = second_artist(shop)
    handoffs.offer(order, members=party(order), to=shop.styling, by=shop.owner, now=earlier)
    row = row_of(order)
    assert press(sign_in(feng), order, "accept", row).status_code == 302
    late = press(sign_in(shop.artist), order, "accept", row)
    assert late.status_code == 409
    assert "冯老师 has taken over already" in words(late)


def test_back_leads_to_places_of_our_own_only(shop, sign_in, order) -> None:
    client = sign_in(shop.owner)
    for back in ["https://evil.example/", "//evil", "tablet-x", "tablet-" + "9" * 50, "\x00"]:
        answer = press(client, order, "offer", to=shop.styling.pk, back=back)
        assert answer.status_code == 302
        assert answer["Location"].startswith(("/orders/", "/tablet/"))


def test_the_neighbour_sees_nothing_of_it(shop, sign_in, order) -> None:
    client = sign_in(shop.neighbour)
    assert client.get(f"/tablet/{shop.styling.pk}/").status_code == 404
    assert client.post(f"/tablet/{shop.styling.pk}/scans/", {"scan": "x"}).status_code == 404
    assert client.post(f"/orders/{order.pk}/hands/", {"act": "offer"}).status_code == 404


# --- Fragment, queries, languages -----------------------------------------------------------------
def test_the_fragment_is_a_part_of_the_page(shop, sign_in, order) -> None:
    client = sign_in(shop.artist)
    part = client.get(f"/tablet/{shop.styling.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<section id="tablet"')
    assert "data-scan" not in part, "what a scanner types is never swapped away"


def test_the_number_of_queries_does_not_grow(shop, sign_in, earlier, django_assert_max_num_queries) -> None:
    client = sign_in(shop.artist)

    def fill(count: int) -> None:
        for number in range(count):
            made = arrived(shop, now=earlier, resources=[], name=f"客{number}")
            bring(made, shop.styling, giver=shop.owner, receiver=shop.artist, now=earlier)
            waiting = arrived(shop, now=earlier, resources=[], name=f"等{number}")
            handoffs.offer(waiting, members=party(waiting), to=shop.styling, by=shop.owner, now=earlier)

    fill(1)
    with django_assert_max_num_queries(60) as few:
        client.get("/tablet/")
    fill(4)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get("/tablet/")


def test_a_place_is_kept_in_the_language_of_the_house(shop) -> None:
    with translation.override("en"):
        kept = [kept for kept, _read in tablet.places(shop.branch)]
    with translation.override(shop.branch.customer_language):
        assert kept == [str(place) for place in tablet.PLACES]


def test_who_stands_in_for_an_artist_escorts_too(shop) -> None:
    now = timezone.now()
    today = shop.branch.today(now)
    factories.LeaveFactory(
        user=shop.artist, branch=shop.branch, starts_on=today, ends_on=today, deputy=shop.manager
    )
    assert tablet.escorts(shop.styling, now=now) == [shop.manager]
