"""The hand-over (R8.1): notes, the deputy's word, whose turn it is, and the managers' eye on it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from studio.staff import absence, handover, leaves
from studio.staff.leave_duties import digests, hand_overs, requests
from studio.staff.models import CaseNote, Role
from tests import factories
from tests.staff.leave import Rota
from tests.workflow import shoots
from workflow import cases

pytestmark = pytest.mark.django_db


@pytest.fixture
def rota(shop, now):
    return Rota(shop, now)


@pytest.fixture
def third(shop):
    return factories.make_person(shop.branch, Role.CONSULTANT, "李静", "小李", shop.front_desk)


@pytest.fixture
def order(shop, now):
    return shoots.make_order(shop, now=now, at=now + timedelta(days=1))


def key_of(order):
    return cases.arrival_key(order.booking.appointments.get())


# --- Notes ------------------------------------------------------------------------------------
def test_r8_1_the_owner_writes_notes_and_the_last_word_stands(shop, rota, order):
    off, key = rota.off(shop.owner, shop.colleague), key_of(order)
    handover.write_notes(off, {key: " 先敬茶\x00 "}, by=shop.owner, now=rota.now)
    handover.write_notes(off, {key: "先敬茶，再谈"}, by=shop.owner, now=rota.now)
    assert off.notes.get().text == "先敬茶，再谈"
    handover.write_notes(off, {key: ""}, by=shop.owner, now=rota.now)
    assert not CaseNote.objects.exists()


def test_notes_are_the_owner_s_or_a_manager_s(shop, rota, order):
    off, key = rota.off(shop.owner, shop.colleague), key_of(order)
    with pytest.raises(leaves.NotYours):
        handover.write_notes(off, {key: "x"}, by=shop.colleague, now=rota.now)
    handover.write_notes(off, {key: "x"}, by=shop.manager, now=rota.now)
    assert off.notes.get().by == shop.manager


def test_a_note_too_long_is_refused_at_its_field_and_one_for_nothing_comes_back(shop, rota, order):
    off, key = rota.off(shop.owner, shop.colleague), key_of(order)
    with pytest.raises(ValidationError) as caught:
        handover.write_notes(off, {key: "x" * 301}, by=shop.owner, now=rota.now)
    assert set(caught.value.message_dict) == {key}
    lost = handover.write_notes(off, {"call:confirm:999": "gone", key: "here"}, by=shop.owner, now=rota.now)
    assert lost == ["gone"]
    assert off.notes.get().text == "here"


def test_r8_1_the_note_is_there_on_the_day_and_only_then(shop, rota, order):
    off, key = rota.off(shop.owner, shop.colleague), key_of(order)
    handover.write_notes(off, {key: "先敬茶"}, by=shop.owner, now=rota.now)
    assert handover.notes_on([key], branch=shop.branch, day=rota.day(0)) == {}
    assert handover.notes_on([key], branch=shop.branch, day=rota.day(1))[key].text == "先敬茶"
    leaves.withdraw(off.leave, by=shop.owner, now=rota.now)
    assert handover.notes_on([key], branch=shop.branch, day=rota.day(1)) == {}


# --- I take over ------------------------------------------------------------------------------------
def test_r8_1_the_deputy_takes_over_in_one_press_and_a_repeat_keeps_the_first(shop, rota):
    off = rota.off(shop.owner, shop.colleague)
    handover.accept(off, by=shop.colleague, now=rota.now)
    handover.accept(off, by=shop.colleague, now=rota.now + timedelta(hours=1))
    off.refresh_from_db()
    assert off.accepted_at == rota.now


def test_r8_1_all_days_of_a_leave_in_one_press_but_only_ones_own(shop, rota, third):
    deputies = {rota.day(1): shop.colleague, rota.day(2): third, rota.day(3): shop.colleague}
    leave = rota.grant(rota.ask(shop.owner, shop.colleague, 1, 3, deputies=deputies))
    handover.accept(leave.days.first(), by=shop.colleague, now=rota.now, whole=True)
    assert [day.accepted_at is not None for day in leave.days.all()] == [True, False, True]


def test_only_who_acts_takes_over(shop, rota, third):
    off = rota.off(shop.owner, shop.colleague)
    for nobody in (shop.owner, third, shop.manager):
        with pytest.raises(leaves.NotYours):
            handover.accept(off, by=nobody, now=rota.now)
    rota.off(shop.colleague, third)
    with pytest.raises(leaves.NotYours):
        handover.accept(off, by=shop.colleague, now=rota.now)
    assert handover.accept(off, by=third, now=rota.now)


def test_what_is_only_asked_for_is_not_taken_over(shop, rota):
    off = rota.ask(shop.owner, shop.colleague).days.get()
    with pytest.raises(leaves.NotYours):
        handover.accept(off, by=shop.colleague, now=rota.now)


def test_r8_1_where_somebody_else_has_the_work_the_word_was_not_said(shop, rota, third):
    off = rota.off(shop.owner, shop.colleague)
    handover.accept(off, by=shop.colleague, now=rota.now)
    illness = rota.off(shop.colleague, third)
    off.refresh_from_db()
    assert off.accepted_at is None, "the work goes on to somebody who has not said so"
    handover.accept(off, by=third, now=rota.now)
    leaves.withdraw(illness.leave, by=shop.colleague, now=rota.now)
    off.refresh_from_db()
    assert off.accepted_at is None
    handover.accept(off, by=shop.colleague, now=rota.now)
    absence.change_deputy(off, to=third, by=shop.manager, now=rota.now)
    off.refresh_from_db()
    assert (off.deputy, off.accepted_at) == (third, None)


def test_leave_of_somebody_else_leaves_the_word_alone(shop, rota, third):
    off = rota.off(shop.owner, shop.colleague)
    handover.accept(off, by=shop.colleague, now=rota.now)
    rota.off(third, shop.manager)
    off.refresh_from_db()
    assert off.accepted_at == rota.now


# --- On Today ---------------------------------------------------------------------------------------
def kinds(user, rota, days=0):
    found = hand_overs([user], rota.branch, rota.now + timedelta(days=days))
    return [(line.kind, len(line.days)) for line in found]


def test_r8_1_the_day_before_the_owner_prepares_and_the_deputy_accepts_the_whole_leave(shop, rota):
    off = rota.off(shop.owner, shop.colleague, 2, 4)
    assert kinds(shop.owner, rota) == kinds(shop.colleague, rota) == []
    assert kinds(shop.owner, rota, 1) == [("prepare", 3)]
    assert kinds(shop.colleague, rota, 1) == [("accept", 3)]
    assert kinds(shop.manager, rota, 1) == []
    handover.accept(off, by=shop.colleague, now=rota.now, whole=True)
    assert kinds(shop.colleague, rota, 1) == []
    [line] = hand_overs([shop.owner], rota.branch, rota.now + timedelta(days=1))
    assert line.is_accepted


def test_r8_1_not_accepted_on_the_day_itself_the_manager_sees_it(shop, rota):
    rota.off(shop.owner, shop.colleague)
    assert kinds(shop.manager, rota) == []
    assert kinds(shop.manager, rota, 1) == [("missing", 1)]
    assert kinds(shop.colleague, rota, 1) == [("accept", 1)]


def test_requests_are_on_the_day_of_who_decides(shop, rota):
    mine, theirs = rota.ask(shop.owner, shop.colleague), rota.ask(shop.producer, shop.head)
    own = rota.ask(shop.manager, shop.general_manager)
    assert requests([shop.manager], shop.branch, rota.now) == [mine, theirs]
    assert requests([shop.general_manager], shop.branch, rota.now) == [mine, theirs, own]
    assert requests([shop.head], shop.branch, rota.now) == [theirs]
    assert requests([], shop.branch, rota.now) == []


def test_r8_1_afterwards_the_digest_is_offered_for_a_month(shop, rota):
    leave = rota.off(shop.owner, shop.colleague, 0, 1).leave
    for days, offered in ((1, []), (2, [leave]), (20, [leave]), (40, [])):
        assert digests([shop.owner], shop.branch, rota.now + timedelta(days=days)) == offered
    assert digests([shop.colleague], shop.branch, rota.now + timedelta(days=2)) == []


def test_back_earlier_the_digest_is_offered_at_once(shop, rota):
    leave = rota.off(shop.owner, shop.colleague, 0, 5).leave
    absence.come_back(leave, by=shop.owner, now=rota.now)
    assert digests([shop.owner], shop.branch, rota.now) == [leave]
