"""The managers' page: who sees it, that it stands empty and full, and what it asks of the database."""

from datetime import timedelta

import pytest
from django.utils import timezone

from studio.staff.models import Membership, Role
from tests.workflow.calling import Desk
from workflow.models import Visit

URL = "/dashboards/"


def test_managers_only(shop, sign_in):
    allowed = {"manager", "general_manager"}
    for name in ("owner", "artist", "head", "cashier", "manager", "general_manager", "administrator"):
        assert sign_in(getattr(shop, name)).get(URL).status_code == (200 if name in allowed else 403), name


def test_nobody_signed_out(client, db):
    assert client.get(URL).status_code == 302


def test_an_empty_shop_says_why_it_is_empty(shop, sign_in):
    page = sign_in(shop.manager).get(URL).content.decode()
    for words in ("No visit has ended yet", "No open orders", "Nothing is late", "No reasons yet"):
        assert words in page


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
def test_a_full_shop_draws_its_charts_with_their_figures(shop, sign_in, language):
    for number in range(5):
        Visit.objects.create(
            branch=shop.branch,
            consultant=shop.owner,
            customer=Desk(shop, timezone.now()).customer(),
            ended_at=timezone.now(),
            outcome="won" if number < 3 else "lost",
            loss_reason="" if number < 3 else "price",
        )
    client = sign_in(shop.manager)
    client.cookies["django_language"] = language
    page = client.get(URL).content.decode()
    assert "<svg" in page
    assert 'class="num">3</td>' in page  # the table behind the columns
    assert "60%" in page  # three of five


def test_each_manager_sees_their_own_branch_and_the_general_manager_the_one_chosen(shop, sign_in):
    Visit.objects.create(branch=shop.branch, consultant=shop.owner)
    Membership.objects.create(user=shop.general_manager, branch=shop.other_branch, role=Role.GENERAL_MANAGER)

    def visits(client):
        return client.get(URL).context["today"].visits

    assert visits(sign_in(shop.manager)) == 1
    assert visits(sign_in(shop.neighbour)) == 0
    client = sign_in(shop.general_manager)
    session = client.session
    session["branch"] = shop.other_branch.pk
    session.save()
    assert visits(client) == 0


def test_the_live_part_comes_alone(shop, sign_in):
    page = sign_in(shop.manager).get(URL, headers={"HX-Request": "true"}).content.decode()
    assert 'id="pulse"' in page
    assert "<html" not in page


def test_the_number_of_questions_does_not_grow_with_the_rows(shop, sign_in, django_assert_max_num_queries):
    desk, client = Desk(shop, timezone.now()), sign_in(shop.manager)
    for _number in range(15):
        desk.call(appointment=desk.appointment(), due_at=desk.now - timedelta(hours=5))
        Visit.objects.create(branch=shop.branch, consultant=shop.owner)
    with django_assert_max_num_queries(20):
        client.get(URL)
