"""The pickup (R7, F3): made, at the desk in complete sets, signed for; then the order closes."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from complaints import recovery
from tests.workflow import orders
from workflow import pickup, promises, stages
from workflow.models import Stage

pytestmark = pytest.mark.django_db


def address(order, name="pickup"):
    return reverse(f"workflow:{name}", args=[order.pk])


# --- The rules ----------------------------------------------------------------------------------------
def test_r6_4_nothing_is_made_before_the_sheet_is_signed(shop, now):
    order = orders.in_selection(shop, now)
    with pytest.raises(stages.NotYet):
        pickup.make_item(order.items.first(), by=shop.producer, now=now)
    with pytest.raises(stages.NotYet):
        pickup.receive_set(order, by=shop.owner, now=now)


def test_an_item_is_made_by_somebody_once(shop, now):
    item = orders.in_pickup(shop, now).items.first()
    pickup.make_item(item, by=shop.producer, now=now)
    pickup.make_item(item, by=shop.head, now=now + timedelta(hours=1))
    item.refresh_from_db()
    assert (item.made_by, item.made_at) == (shop.producer, now)
    assert item.work_order.events.filter(kind="item_made").count() == 1


def test_f3_an_incomplete_set_is_refused_with_what_is_missing(shop, now):
    order = orders.in_pickup(shop, now)
    album, frame = order.items.all()
    pickup.make_item(album, by=shop.producer, now=now)
    with pytest.raises(stages.NotYet) as refused:
        pickup.receive_set(order, by=shop.owner, now=now)
    assert [str(one.text) for one in refused.value.missing] == [f"Not made yet: {frame.name}."]
    assert not order.items.filter(at_desk_at__isnull=False).exists()


def test_f3_the_complete_set_comes_to_the_desk_at_once(shop, now):
    order = orders.made(orders.in_pickup(shop, now), by=shop.producer, now=now)
    pickup.receive_set(order, by=shop.owner, now=now)
    pickup.receive_set(order, by=shop.colleague, now=now + timedelta(hours=1))
    assert set(order.items.values_list("at_desk_by", "at_desk_at")) == {(shop.owner.pk, now)}
    assert order.events.filter(kind="set_received").count() == 1


def test_what_is_not_at_the_desk_is_not_signed_for(shop, now):
    order = orders.in_pickup(shop, now)
    with pytest.raises(stages.NotYet) as refused:
        orders.sign_for_all(order, by=shop.owner, now=now)
    assert {one.code for one in refused.value.missing} == {"set_received"}


def test_each_item_is_signed_for_by_itself_and_keeps_its_first_signature(shop, now):
    order = orders.at_desk(shop, now)
    album, frame = order.items.all()
    pickup.sign_for(order, item_ids=[album.pk], signed_name="李娜", by=shop.owner, now=now)
    assert orders.codes(order, now)[0] == "items_signed"
    pickup.sign_for(order, item_ids=[album.pk, frame.pk], signed_name="张伟", by=shop.owner, now=now)
    assert list(order.items.values_list("signed_name", flat=True)) == ["李娜", "张伟"]
    assert [e.parameters["items"] for e in order.events.filter(kind="items_signed")] == [
        [album.pk],
        [frame.pk],
    ]


def test_the_last_signature_holds_the_pickup_and_closes_a_paid_order(shop, now):
    order = orders.at_desk(shop, now)
    orders.dated(order, "pickup", now + timedelta(hours=1), now=now)
    orders.settle(order, by=shop.cashier, now=now)
    orders.sign_for_all(order, by=shop.owner, now=now)
    order = orders.fresh(order)
    assert order.stage == Stage.CLOSED
    assert order.booking.appointments.get(kind="pickup").state == "held"


def test_it_says_what_still_blocks_when_everything_is_signed_for(shop, now):
    order = orders.at_desk(shop, now)
    promises.promise(order, what="a second frame", by_when=now.date(), by=shop.owner, now=now)
    departure = orders.leave(order, mood="unhappy", by=shop.owner, now=now)
    orders.sign_for_all(order, by=shop.owner, now=now)
    assert orders.codes(order, now) == ["balance", "promise", "unhappy"]
    orders.settle(order, by=shop.cashier, now=now)
    promises.keep(order.promises.get(), by=shop.owner, now=now)
    assert orders.codes(order, now) == ["unhappy"]
    recovery.give_word(departure, word="called and made good", by=shop.manager, now=now)
    assert orders.fresh(order).stage == Stage.CLOSED


def test_an_item_of_another_order_is_not_signed_for_here(shop, now):
    order, other = orders.at_desk(shop, now), orders.at_desk(shop, now)
    foreign = other.items.first()
    with pytest.raises(ValidationError):
        pickup.sign_for(order, item_ids=[foreign.pk], signed_name="李娜", by=shop.owner, now=now)
    foreign.refresh_from_db()
    assert foreign.signed_at is None


def test_the_database_keeps_the_order_of_hands(shop, now):
    item = orders.in_pickup(shop, now).items.first()
    for wrong in ({"at_desk_at": now}, {"signed_at": now, "signed_name": "x"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            type(item).objects.filter(pk=item.pk).update(**wrong)


# --- The pages ----------------------------------------------------------------------------------------
def test_only_production_makes_only_the_front_desk_receives_and_hands_over(shop, now, sign_in):
    order = orders.in_pickup(shop, now)
    album, frame = order.items.all()
    made = reverse("workflow:item_made", args=[album.pk])
    for person in (shop.owner, shop.artist, shop.photographer, shop.cashier, shop.administrator):
        assert sign_in(person).post(made).status_code == 403
    assert sign_in(shop.neighbour).post(made).status_code == 404
    assert sign_in(shop.producer).post(made).status_code == 302
    assert sign_in(shop.head).post(reverse("workflow:item_made", args=[frame.pk])).status_code == 302
    assert sign_in(shop.producer).post(address(order, "set")).status_code == 403
    assert sign_in(shop.neighbour).post(address(order, "set")).status_code == 404
    assert sign_in(shop.owner).post(address(order, "set")).status_code == 302
    assert (
        sign_in(shop.cashier)
        .post(address(order, "pickup_signature"), {"items": [album.pk], "signed_name": "x"})
        .status_code
        == 403
    )


def test_f3_the_page_refuses_an_incomplete_set_with_the_list(shop, now, sign_in):
    order = orders.in_pickup(shop, now)
    answer = sign_in(shop.owner).post(address(order, "set"))
    assert answer.status_code == 422
    assert "Not made yet: Album." in answer.content.decode()


def test_the_customer_signs_for_each_ticked_item_on_the_page(shop, now, sign_in):
    order = orders.at_desk(shop, now)
    album, frame = order.items.all()
    client = sign_in(shop.owner)
    turned = address(order, "pickup_signature")
    assert turned in client.get(address(order)).content.decode()
    answer = client.post(turned, {"items": [album.pk, frame.pk], "signed_name": "李娜"})
    assert (answer.status_code, answer.url) == (302, turned)
    assert "李娜" in client.get(turned).content.decode()
    page = client.get(address(order)).content.decode()
    assert "李娜" in page
    assert "The balance is not settled." in page


@pytest.mark.parametrize(
    "typed",
    [
        {"signed_name": "李娜"},
        {"items": ["999999"], "signed_name": "李娜"},
        {"items": ["x"], "signed_name": "李娜"},
        {"items": ["1e9"], "signed_name": "\x00"},
        {"items": ["all"], "signed_name": ""},
    ],
)
def test_nonsense_gets_a_sentence_and_not_a_500(shop, now, sign_in, typed):
    order = orders.at_desk(shop, now)
    answer = sign_in(shop.owner).post(address(order, "pickup_signature"), typed)
    assert answer.status_code == 422
    assert not order.items.filter(signed_at__isnull=False).exists()


def test_r9_10_what_they_hoped_for_is_read_again_at_the_pickup(shop, now, sign_in):
    order = orders.at_desk(shop, now, hopes="像电影一样的晚霞")
    assert "像电影一样的晚霞" in sign_in(shop.owner).get(address(order)).content.decode()


def test_the_balance_is_for_those_who_take_money(shop, now, sign_in):
    order = orders.at_desk(shop, now)
    for person, sees in ((shop.owner, True), (shop.cashier, True), (shop.producer, False)):
        page = sign_in(person).get(address(order)).content.decode()
        assert ("4,999" in page) is sees
        assert "The balance is not settled." in page


def test_before_the_signature_the_page_says_that_production_has_not_begun(shop, now, sign_in):
    order = orders.in_selection(shop, now)
    assert "Production has not begun" in sign_in(shop.producer).get(address(order)).content.decode()


def test_r9_9_the_screen_that_is_turned_round_shows_no_debt_and_no_complaint(shop, now, sign_in):
    order = orders.at_desk(shop, now)
    promises.promise(order, what="a second frame", by_when=shop.branch.today(now), by=shop.owner, now=now)
    orders.leave(order, mood="unhappy", by=shop.owner, now=now)
    order.booking.customer.taboos.create(text="never mention the father", by=shop.owner)
    client = sign_in(shop.owner)
    for _before_and_after in range(2):
        page = client.get(address(order, "pickup_signature")).content.decode()
        for hidden in ("4,999", "balance", "unhappy", "never mention", "a second frame"):
            assert hidden not in page
        orders.sign_for_all(order, by=shop.owner, now=now)
