"""Many files at once are the same as one after the other (R1.1)."""

import pytest
from django.db import connection
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext

from customers import files
from customers.contacts import NumberTaken
from customers.models import Customer
from customers.opening import FileDraft, open_files
from customers.party import MemberDraft
from tests import factories

pytestmark = pytest.mark.django_db


def people() -> list[MemberDraft]:
    return [MemberDraft("李娜", "ms"), MemberDraft("张伟", "mr")]


def told(customer: Customer) -> list[object]:
    """Everything that the file consists of, without the ids."""
    own = model_to_dict(customer, exclude=["id", "name"])
    members = list(customer.members.values_list("name", "salutation", "role", "position"))
    numbers = [value[:8] for value in customer.contact_points.values_list("value", flat=True)]
    tokens = {
        token for token in customer.search_tokens.values_list("token", flat=True) if not token.isdigit()
    }
    changes = list(customer.ownership_changes.values_list("from_owner", "to_owner", "by", "reason", "at"))
    events = list(customer.events.values_list("kind", "actor", "at", "parameters"))
    audit = [row.pgh_label for row in customer.audit_rows.all()]
    return [own, members, numbers, tokens, changes, events, audit, customer.version]


def test_r1_1_files_opened_together_are_as_those_opened_one_by_one(shop, now):
    alone = files.open_file(
        branch=shop.branch, by=shop.manager, now=now, owner=shop.owner, kind="couple", members=people(),
        phones=["13800138001"], heard_from="friend",
    )  # fmt: skip
    draft = FileDraft(shop.owner, "couple", people(), "+8613800138002", "friend")
    (together,) = open_files([draft], branch=shop.branch, by=shop.manager, now=now)
    assert told(Customer.objects.get(pk=together.pk)) == told(Customer.objects.get(pk=alone.pk))
    assert files.find_by_number("13800138002", branch=shop.branch) == together


def test_r1_1_a_number_that_is_known_opens_nothing(shop, now):
    known = factories.CustomerFactory(branch=shop.branch, owner=shop.owner, phone="+8613800138001")
    drafts = [FileDraft(shop.owner, "couple", people(), f"+861380013800{n}") for n in (2, 1)]
    with pytest.raises(NumberTaken) as refusal:
        open_files(drafts, branch=shop.branch, by=shop.manager, now=now)
    assert refusal.value.customer == known
    assert Customer.objects.count() == 1


def test_r1_1_only_who_can_own_gets_a_file(shop, now):
    with pytest.raises(files.CannotOwn):
        open_files([FileDraft(shop.artist, "couple", people())], branch=shop.branch, by=shop.manager, now=now)


def test_the_number_of_queries_does_not_grow(shop, now):
    def count(drafts: list[FileDraft]) -> int:
        with CaptureQueriesContext(connection) as captured:
            open_files(drafts, branch=shop.branch, by=shop.manager, now=now)
        return len(captured)

    many = [FileDraft(shop.owner, "couple", people(), f"+8613900{n:06d}") for n in range(20)]
    assert count([FileDraft(shop.owner, "person", people()[:1], "+8613800138009")]) == count(many)
