"""R2.1, R12.1: orders by the number of contacts that had been made."""

from collections import Counter

import pytest
from django.utils import timezone

from studio.dashboards.won_by_contact import won_by_contact
from tests.workflow.following import DAY, Chase
from workflow.models import FollowUp

WON = [0, 1, 4, 4, 5, 7, 7, 7, 11]


@pytest.fixture
def plans(shop, now):
    """Nine won, three lost, one taken back, one that runs; two of long ago and of the neighbour's."""
    chase = Chase(shop, now)
    ends = [("won", made) for made in WON] + [
        ("refused", 2),
        ("all_made", 11),
        ("decided", 3),
        ("reopened", 0),
    ]
    for reason, made in ends:
        visit = chase.visit(chase.customer())
        FollowUp.objects.create(
            branch=shop.branch,
            customer=visit.customer,
            visit=visit,
            made=made,
            stop_reason=reason,
            stopped_at=now,
        )
    chase.plan()
    old = chase.visit(chase.customer())
    FollowUp.objects.create(
        branch=shop.branch,
        customer=old.customer,
        visit=old,
        made=6,
        stop_reason="won",
        stopped_at=now - 400 * DAY,
    )
    FollowUp.objects.create(
        branch=shop.other_branch, customer=old.customer, visit=old, made=6, stop_reason="won", stopped_at=now
    )


def test_r2_1_won_by_the_number_of_contacts_made(shop, now, plans):
    figures = won_by_contact(shop.branch, now)
    counted = Counter(WON)
    assert figures.by_number == [(number, counted[number]) for number in range(1, 12)]
    assert (figures.before, figures.won, figures.ended, figures.late) == (1, 9, 12, 7)
    assert figures.won_percent == 75


def test_a_branch_without_follow_up_divides_nothing(shop, now):
    figures = won_by_contact(shop.branch, now)
    assert (figures.won, figures.ended, figures.won_percent) == (0, 0, 0)


def test_the_chart_stands_on_the_page_with_its_figures(shop, now, plans, sign_in):
    client = sign_in(shop.manager)
    FollowUp.objects.filter(stopped_at=now).update(stopped_at=timezone.now())
    page = client.get("/dashboards/").content.decode()
    assert "Orders by the number of contacts made" in page
    assert "9 of 12 follow-ups ended with an order (75%)" in page
