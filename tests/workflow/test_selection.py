"""The selection (R6): ready, suggestions noted, and the customer's signature before production starts."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from tests.workflow import orders
from workflow import selection, stages
from workflow.models import SelectionSheet, Stage

pytestmark = pytest.mark.django_db

SIGNED = {"frames": 42, "wishes": "brighter, please", "signed_name": "李娜"}
TYPED = {**SIGNED, "consent": "on"}


@pytest.fixture
def waiting(shop, now):
    """An order whose selection is in an hour, nothing ready."""
    return orders.in_selection(shop, now, at=now + timedelta(hours=1))


@pytest.fixture
def ready(shop, now, waiting):
    orders.make_ready(waiting.booking.appointments.get(kind="selection"), by=shop.manager, now=now)
    return waiting


def address(order, name="selection"):
    return reverse(f"workflow:{name}", args=[order.pk])


# --- The rule -----------------------------------------------------------------------------------------
def test_r6_4_the_signature_is_kept_with_its_witness_and_production_may_start(shop, now, ready):
    sheet = selection.sign_selection(ready, **SIGNED, by=shop.owner, now=now)
    assert (sheet.frames, sheet.signed_name, sheet.by, sheet.signed_at) == (42, "李娜", shop.owner, now)
    order = orders.fresh(ready)
    assert order.stage == Stage.PICKUP
    assert order.booking.appointments.get(kind="selection").state == "held"
    assert order.events.get(kind="selection_signed").parameters == {"frames": 42}


def test_r6_1_nothing_is_signed_while_something_is_not_ready(shop, now, waiting):
    with pytest.raises(stages.NotYet) as refused:
        selection.sign_selection(waiting, **SIGNED, by=shop.owner, now=now)
    assert [one.code for one in refused.value.missing] == [
        "readiness_sheet",
        "readiness_proofs_ready",
        "readiness_proofs_loaded",
    ]
    assert not SelectionSheet.objects.exists()
    assert waiting.booking.appointments.get(kind="selection").state == "planned"


def test_a_selection_without_a_date_is_not_signed(shop, now):
    order = orders.in_selection(shop, now)
    with pytest.raises(stages.NotYet) as refused:
        selection.sign_selection(order, **SIGNED, by=shop.owner, now=now)
    assert [one.code for one in refused.value.missing] == ["selection_date"]


def test_an_order_that_is_not_shot_is_not_signed(shop, now):
    order = orders.in_shoot(shop, now)
    with pytest.raises(stages.NotYet) as refused:
        selection.sign_selection(order, **SIGNED, by=shop.owner, now=now)
    assert refused.value.missing[0].code == "arrival"


def test_a_second_signature_changes_nothing(shop, now, ready):
    first = selection.sign_selection(ready, **SIGNED, by=shop.owner, now=now)
    again = selection.sign_selection(
        ready, frames=1, wishes="", signed_name="x", by=shop.colleague, now=now + timedelta(minutes=1)
    )
    assert again == first
    assert SelectionSheet.objects.get().frames == 42
    assert ready.events.filter(kind="selection_signed").count() == 1


@pytest.mark.parametrize("change", [{"signed_name": "  "}, {"frames": 0}, {"frames": -1}, {"frames": 2001}])
def test_an_empty_name_or_an_impossible_number_is_refused(shop, now, ready, change):
    with pytest.raises(ValidationError):
        selection.sign_selection(ready, **{**SIGNED, **change}, by=shop.owner, now=now)


def test_the_database_wants_a_name_and_a_frame(shop, now, ready):
    for wrong in ({"signed_name": ""}, {"frames": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            SelectionSheet.objects.create(work_order=ready, by=shop.owner, **{**SIGNED, **wrong})


def test_r6_2_what_to_suggest_is_noted_with_its_event(shop, now, waiting):
    selection.note_suggestion(
        waiting, text="the wall picture", version=waiting.version, by=shop.owner, now=now
    )
    order = orders.fresh(waiting)
    assert order.selection_note == "the wall picture"
    assert order.events.filter(kind="suggestion_noted").count() == 1
    selection.note_suggestion(order, text="the wall picture ", version=order.version, by=shop.owner, now=now)
    assert order.events.filter(kind="suggestion_noted").count() == 1


# --- The page -----------------------------------------------------------------------------------------
@pytest.fixture
def real(shop):
    """The same by the real clock, which pages use: ready to be signed."""
    now = timezone.now()
    order = orders.in_selection(shop, now, at=later_today(shop, now))
    orders.make_ready(order.booking.appointments.get(kind="selection"), by=shop.manager, now=now)
    return order


def later_today(shop, now):
    """A time that can be booked, whatever the clock says when the tests run."""
    tomorrow = shop.branch.today(now) + timedelta(days=1)
    return shop.branch.at(tomorrow, shop.branch.opens_at)


def test_the_page_lists_what_is_missing_instead_of_the_form(shop, now, waiting, sign_in):
    client = sign_in(shop.owner)
    page = client.get(address(waiting)).content.decode()
    assert "The proofs are not ready yet." in page
    assert address(waiting, "selection_signature") not in page
    assert "signed_name" not in client.get(address(waiting, "selection_signature")).content.decode()


def test_the_front_desk_signs_on_the_page(shop, real, sign_in):
    client, turned = sign_in(shop.owner), address(real, "selection_signature")
    assert turned in client.get(address(real)).content.decode()
    assert "signed_name" in client.get(turned).content.decode()
    answer = client.post(turned, TYPED)
    assert (answer.status_code, answer.url) == (302, turned)
    assert "signed_name" not in client.get(turned).content.decode()
    assert "brighter, please" in client.get(address(real)).content.decode()
    paper = client.get(address(real, "selection_sheet")).content.decode()
    assert "李娜" in paper and "42" in paper


@pytest.mark.parametrize(
    "wrong",
    [
        {"frames": "many"},
        {"frames": "-3"},
        {"frames": "99999999999999999999"},
        {"frames": "NaN"},
        {"signed_name": ""},
        {"signed_name": "x" * 41},
        {"signed_name": "a\x00b"},
        {"consent": ""},
        {"wishes": "w" * 1_000_001},
    ],
)
def test_what_can_not_be_meant_gets_a_sentence_at_its_field_and_nothing_is_lost(shop, real, sign_in, wrong):
    answer = sign_in(shop.owner).post(address(real, "selection_signature"), {**TYPED, **wrong})
    assert answer.status_code == 422
    assert answer.context["form"].errors[next(iter(wrong))]
    if "wishes" not in wrong:
        assert "brighter, please" in answer.content.decode()
    assert not SelectionSheet.objects.exists()


def test_a_crafted_post_while_something_is_missing_gets_the_list(shop, now, waiting, sign_in):
    answer = sign_in(shop.owner).post(address(waiting, "selection_signature"), TYPED)
    assert answer.status_code == 422
    assert "The proofs are not ready yet." in answer.content.decode()
    assert "brighter, please" in answer.content.decode()


def test_only_the_front_desk_takes_the_signature(shop, real, sign_in):
    for person in (shop.producer, shop.artist, shop.cashier):
        client = sign_in(person)
        assert client.get(address(real)).status_code == 200
        assert client.get(address(real, "selection_signature")).status_code == 403
        assert client.post(address(real, "selection_signature"), TYPED).status_code == 403
    for name in ("selection", "selection_signature"):
        assert sign_in(shop.administrator).get(address(real, name)).status_code == 403
        assert sign_in(shop.neighbour).get(address(real, name)).status_code == 404
    assert not SelectionSheet.objects.exists()


def test_scripts_in_what_was_typed_stay_words(shop, real, sign_in):
    client = sign_in(shop.owner)
    client.post(
        address(real, "selection_signature"),
        {**TYPED, "wishes": "<script>alert(1)</script>", "signed_name": "<b>李娜</b>"},
    )
    for name in ("selection", "selection_sheet"):
        page = client.get(address(real, name)).content.decode()
        assert "<script>alert(1)" not in page
        assert "&lt;b&gt;李娜" in page


def test_the_sheet_is_there_when_it_is_signed(shop, real, sign_in):
    assert sign_in(shop.owner).get(address(real, "selection_sheet")).status_code == 404


def test_two_people_note_suggestions_and_neither_is_lost_in_silence(shop, real, sign_in):
    client, old = sign_in(shop.owner), real.version
    first = client.post(address(real, "selection_note"), {"text": "the wall picture", "version": old})
    assert first.status_code == 302
    second = sign_in(shop.colleague).post(
        address(real, "selection_note"), {"text": "an album more", "version": old}
    )
    assert second.status_code == 409
    assert "an album more" in second.content.decode()
    assert "Noted what to suggest" in second.content.decode()
    assert orders.fresh(real).selection_note == "the wall picture"


def test_r9_9_the_screen_that_is_turned_round_shows_what_the_customer_may_see(shop, real, sign_in):
    customer = real.booking.customer
    type(customer).objects.filter(pk=customer.pk).update(language="zh-hant", special_care="pregnant, week 14")
    customer.taboos.create(text="never mention the father", by=shop.owner)
    page = sign_in(shop.owner).get(address(real, "selection_signature")).content.decode()
    for hidden in ("never mention", "week 14", "4,999", "5,999"):
        assert hidden not in page
    assert '<html lang="zh-hant"' in page
