"""The customer file: one owner always, numbers once, everything on the record."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from customers import files, history
from customers.files import CannotOwn, MemberDraft, MemberStays, NumberTaken
from customers.models import ContactPoint, Customer, CustomerEvent, Member, OwnershipChange, SearchToken
from studio.foundation.models import StaleEdit
from studio.outbox import queue
from studio.outbox.models import Message, Suppression
from tests import factories

pytestmark = pytest.mark.django_db

COUPLE = [MemberDraft("李娜", "ms", "bride"), MemberDraft("张伟", "mr", "groom")]


def open_file(shop, now, **more):
    values = {"owner": shop.owner, "kind": "couple", "members": COUPLE, "phones": ["138 0013 8000"], **more}
    return files.open_file(branch=shop.branch, by=shop.owner, now=now, **values)


def test_r1_1_a_file_opens_with_its_owner_on_the_record(shop, now):
    customer = open_file(shop, now, emails=["Li@Example.com"], special_care="Pregnant, week 14")
    assert customer.owner == shop.owner
    assert customer.name == "李娜 & 张伟"
    assert customer.name_key == "li na & zhang wei"
    change = customer.ownership_changes.get()
    assert (change.from_owner, change.to_owner, change.reason) == (None, shop.owner, "received")
    assert customer.events.get().kind == "opened"
    values = list(customer.contact_points.values_list("kind", "value"))
    assert values == [("phone", "+8613800138000"), ("email", "li@example.com")]
    assert [member.name for member in customer.members.all()] == ["李娜", "张伟"]


def test_r1_1_the_database_refuses_an_active_customer_without_owner(shop, now):
    customer = open_file(shop, now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Customer.objects.filter(pk=customer.pk).update(owner=None)


@pytest.mark.parametrize("who", ["artist", "cashier", "administrator", "neighbour"])
def test_r1_1_only_the_front_of_the_branch_owns_customers(shop, now, who):
    with pytest.raises(CannotOwn):
        open_file(shop, now, owner=getattr(shop, who))
    customer = open_file(shop, now)
    with pytest.raises(CannotOwn):
        files.transfer(customer, to=getattr(shop, who), by=shop.manager, reason="asked", now=now)


def test_r1_4_ownership_moves_on_the_record_only(shop, now):
    customer = open_file(shop, now)
    moved = files.transfer(customer, to=shop.colleague, by=shop.manager, reason="complaint", now=now)
    assert moved.owner == shop.colleague
    change = customer.ownership_changes.last()
    assert (change.from_owner, change.to_owner, change.by) == (shop.owner, shop.colleague, shop.manager)
    assert change.reason == "complaint"
    event = customer.events.last()
    assert event.parameters == {"from": shop.owner.pk, "to": shop.colleague.pk, "reason": "complaint"}
    files.transfer(customer, to=shop.colleague, by=shop.manager, reason="load", now=now)
    assert OwnershipChange.objects.filter(customer=customer).count() == 2
    with pytest.raises(ValueError, match="whim"):
        files.transfer(customer, to=shop.owner, by=shop.manager, reason="whim", now=now)


def test_a_number_belongs_to_one_file_of_a_branch_however_it_is_typed(shop, now):
    first = open_file(shop, now)
    with pytest.raises(NumberTaken) as refusal:
        open_file(shop, now, phones=["0086-138-0013-8000"])
    assert refusal.value.customer == first
    assert Customer.objects.count() == 1, "nothing of the second file stays"
    other = files.open_file(
        branch=shop.other_branch,
        by=shop.neighbour,
        now=now,
        owner=shop.neighbour,
        kind="person",
        members=[MemberDraft("李娜", "ms", "contact")],
        phones=["13800138000"],
    )
    assert other.pk, "another branch has files of its own"


@pytest.mark.django_db(transaction=True)
def test_two_desks_opening_a_file_with_one_number_leave_one(shop, now):
    def press(_: int) -> str:
        try:
            open_file(shop, now)
        except NumberTaken:
            return "taken"
        finally:
            connection.close()
        return "opened"

    with ThreadPoolExecutor(max_workers=4) as desks:
        answers = sorted(desks.map(press, range(4)))
    assert answers == ["opened", "taken", "taken", "taken"]
    assert Customer.objects.count() == 1


def test_f8_another_branch_learns_who_owns_them_and_where_and_nothing_else(shop, now):
    open_file(shop, now)
    assert files.find_by_number("13800138000", branch=shop.other_branch) is None
    found = files.elsewhere("+86 138 0013 8000", branch=shop.other_branch)
    assert found == ("陈晓静", "Bund")
    assert files.elsewhere("13800138000", branch=shop.branch) is None
    assert files.elsewhere("nonsense", branch=shop.other_branch) is None


def test_a_number_finds_its_file(shop, now):
    customer = open_file(shop, now)
    assert files.find_by_number("０１３８ 0013 8000", branch=shop.branch) == customer
    assert files.find_by_number("139", branch=shop.branch) is None
    customer.contact_points.update(is_wrong=True)
    assert files.find_by_number("13800138000", branch=shop.branch) is None


def test_a_file_needs_somebody_by_name(shop, now):
    with pytest.raises(ValidationError):
        open_file(shop, now, members=[MemberDraft(" \u202e\x00 ")])
    assert not Customer.objects.exists()


def test_names_are_kept_as_they_are_seen(shop, now):
    customer = open_file(shop, now, members=[MemberDraft("李\u202e\x00娜\ud800", "ms", "bride")])
    assert customer.members.get().name == customer.name == "李娜"


def test_a_change_names_what_changed_and_finds_by_the_new_name(shop, now):
    customer = open_file(shop, now)
    changed = files.edit_file(
        customer, version=1, by=shop.colleague, now=now, name="小李家", special_care="Allergy: nuts"
    )
    assert changed.version == 2
    assert changed.owner == shop.owner
    assert customer.events.last().parameters == {"fields": ["name", "special_care"]}
    assert files.search("小李家", branch=shop.branch) == [customer]
    again = files.edit_file(customer, version=2, by=shop.colleague, now=now, name="小李家")
    assert again.version == 2, "nothing changed, nothing written"


def test_a_stale_change_is_refused_and_loses_nothing(shop, now):
    customer = open_file(shop, now)
    files.edit_file(customer, version=1, by=shop.owner, now=now, name="甲")
    with pytest.raises(StaleEdit):
        files.edit_file(customer, version=1, by=shop.colleague, now=now, name="乙")
    assert Customer.objects.get().name == "甲"


@pytest.mark.parametrize("field", ["owner", "version", "branch", "is_active", "do_not_contact"])
def test_what_has_a_door_of_its_own_is_not_changed_by_editing(shop, now, field):
    customer = open_file(shop, now)
    with pytest.raises(TypeError):
        files.edit_file(customer, version=1, by=shop.owner, now=now, **{field: None})


def test_people_are_added_renamed_and_taken_out(shop, now):
    customer = open_file(shop, now)
    bride, groom = customer.members.all()
    files.edit_file(
        customer,
        version=1,
        by=shop.owner,
        now=now,
        members=[
            MemberDraft("李娜娜", "ms", "bride", date(1996, 2, 29), pk=bride.pk),
            MemberDraft("李妈妈", "ms", "mother"),
        ],
    )
    people = list(customer.members.values_list("name", "position"))
    assert people == [("李娜娜", 0), ("李妈妈", 1)]
    assert Member.objects.filter(pk=groom.pk).count() == 0
    assert Member.objects.get(name="李娜娜").pk == bride.pk


def test_the_member_of_another_file_is_not_taken_over(shop, now):
    other = factories.CustomerFactory(branch=shop.branch, owner=shop.owner)
    theirs = other.members.first()
    customer = open_file(shop, now)
    files.edit_file(
        customer, version=1, by=shop.owner, now=now, members=[*COUPLE, MemberDraft("陌生人", pk=theirs.pk)]
    )
    theirs.refresh_from_db()
    assert (theirs.customer, theirs.name) == (other, "李娜")


def test_who_was_received_in_the_house_stays_in_the_file(shop, now, monkeypatch):
    from django.db.models import ProtectedError

    customer = open_file(shop, now)

    def refuse(member):
        raise ProtectedError("kept", {member})

    monkeypatch.setattr(Member, "delete", refuse)
    with pytest.raises(MemberStays):
        files.edit_file(customer, version=1, by=shop.owner, now=now, members=COUPLE)


def test_a_party_of_twelve_and_no_more(shop, now):
    twelve = [MemberDraft(f"成员{number}") for number in range(12)]
    customer = open_file(shop, now, kind="family", members=twelve)
    assert customer.members.count() == 12
    with pytest.raises(ValidationError):
        files.edit_file(customer, version=1, by=shop.owner, now=now, members=[*twelve, MemberDraft("第十三")])


def test_numbers_are_changed_as_a_list_and_wrong_ones_stay_on_record(shop, now):
    customer = open_file(shop, now)
    customer.contact_points.update(is_wrong=True)
    files.edit_file(
        customer, version=1, by=shop.owner, now=now, phones=["13900139000", "139 0013 9000", "0912345678"]
    )
    values = list(customer.contact_points.values_list("value", "is_wrong").order_by("is_wrong", "position"))
    assert values == [("+8613900139000", False), ("+886912345678", False), ("+8613800138000", True)]


# --- Silence (R2.2) -------------------------------------------------------------------------
def queued(customer, now, recipient="+8613800138000", key="one"):
    from datetime import timedelta

    return queue.queue(
        branch=customer.branch,
        purpose="reminder",
        subject_id=1,
        subject_version=1,
        channel="sms",
        language="zh-hans",
        recipient=recipient,
        due_at=now,
        deadline=now + timedelta(hours=4),
        dedupe_key=key,
    )


def test_r2_2_who_wants_no_contact_hears_nothing_more_at_once(shop, now):
    customer = open_file(shop, now, emails=["li@example.com"])
    message = queued(customer, now)
    files.refuse_contact(customer, by=shop.owner, now=now)
    customer.refresh_from_db()
    assert customer.do_not_contact
    message.refresh_from_db()
    assert message.state == "cancelled"
    assert set(Suppression.objects.values_list("channel", "address")) == {
        ("sms", "+8613800138000"),
        ("email", "li@example.com"),
    }
    assert queued(customer, now, key="two") is None
    files.refuse_contact(customer, by=shop.owner, now=now)
    assert customer.events.filter(kind="contact_refused").count() == 1


def test_r2_2_a_number_that_comes_later_is_silent_too(shop, now):
    customer = open_file(shop, now)
    files.refuse_contact(customer, by=shop.owner, now=now)
    customer.refresh_from_db()
    files.edit_file(
        customer,
        version=customer.version,
        by=shop.owner,
        now=now,
        phones=["13800138000", "13900139000"],
    )
    assert queued(customer, now, recipient="+8613900139000") is None


def test_r2_2_it_can_be_taken_back_on_the_record(shop, now):
    customer = open_file(shop, now)
    files.refuse_contact(customer, by=shop.owner, now=now)
    files.allow_contact(customer, by=shop.manager, now=now)
    customer.refresh_from_db()
    assert not customer.do_not_contact
    assert queued(customer, now) is not None
    assert [event.kind for event in customer.events.all()] == ["opened", "contact_refused", "contact_allowed"]
    assert Message.objects.count() == 1


# --- History --------------------------------------------------------------------------------
def test_the_history_holds_ids_and_reads_as_sentences(shop, now):
    customer = open_file(shop, now)
    files.transfer(customer, to=shop.colleague, by=shop.manager, reason="asked", now=now)
    files.observe(customer, "Drinks warm water", by=shop.artist, now=now)
    files.edit_file(customer, version=2, by=shop.owner, now=now, phones=["13900139000"])
    for event in CustomerEvent.objects.all():
        assert "张" not in str(event.parameters)
        assert "13900139000" not in str(event.parameters)
        assert "139 0013 9000" not in str(event.parameters)
    with translation.override("en"):
        told = [entry.text for entry in history.timeline(customer)]
    assert "File opened; 陈晓静 received them first" in told
    assert "New owner: 周敏, before 陈晓静 (customer asked)" in told
    assert "File changed: telephone" in told
    assert "Drinks warm water" in told


def test_events_cannot_be_changed_or_removed(shop, now):
    event = open_file(shop, now).events.get()
    for attempt in (lambda: CustomerEvent.objects.update(kind="x"), event.delete):
        with pytest.raises(Exception, match="append_only"), transaction.atomic():
            attempt()


def test_taboos_hold_until_they_are_lifted(shop, now):
    customer = open_file(shop, now)
    taboo = files.add_taboo(customer, "Never mention the first wedding", by=shop.owner, now=now)
    files.lift_taboo(taboo, by=shop.owner, now=now)
    files.lift_taboo(taboo, by=shop.owner, now=now)
    assert [event.kind for event in customer.events.all()] == ["opened", "taboo_added", "taboo_lifted"]
    with pytest.raises(ValidationError):
        files.add_taboo(customer, "\u200b", by=shop.owner, now=now)


def test_opening_a_file_costs_the_same_for_two_people_and_for_twelve(
    shop, now, django_assert_max_num_queries
):
    with django_assert_max_num_queries(60):
        open_file(shop, now, members=[MemberDraft(f"成员{number}") for number in range(12)])
    assert SearchToken.objects.exists()
    assert ContactPoint.objects.count() == 1
