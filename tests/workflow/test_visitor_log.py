"""The visitor log as managers know it: filters, figures, paper, spreadsheet (R1.3, R1.5, R2.3, R11.4)."""

from datetime import date, datetime, time, timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from openpyxl import load_workbook

from tests import factories
from workflow import visitor_log, visits
from workflow.models import Visit
from workflow.views.visitor_log_forms import neighbours, periods
from workflow.visitor_log import Chosen

pytestmark = pytest.mark.django_db
TODAY = date(2026, 5, 16)


@pytest.fixture(autouse=True)
def noon(now: datetime) -> Any:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def desk(shop: SimpleNamespace, sign_in: Any) -> Any:
    return sign_in(shop.owner)


@pytest.fixture
def manager(shop: SimpleNamespace, sign_in: Any) -> Any:
    return sign_in(shop.manager)


def entry(shop: SimpleNamespace, when: datetime, **fields: Any) -> Visit:
    """A visit as it stands in the log, however it came there."""
    fields = {"branch": shop.branch, "consultant": shop.owner, "outcome": "undecided", **fields}
    if fields["outcome"] != "open":
        fields.setdefault("ended_at", when + timedelta(hours=1))
    if wait := fields.pop("wait", None):
        fields["greeted_at"] = when + timedelta(minutes=wait)
    return Visit.objects.create(arrived_at=when, **fields)


def lost(shop: SimpleNamespace, when: datetime, reason: str, **fields: Any) -> Visit:
    return entry(shop, when, outcome="lost", loss_reason=reason, **fields)


def shown(client: Any, **query: Any) -> set[int]:
    page = client.get("/visits/", query)
    assert page.status_code == 200
    return {visit.pk for visit in page.context["page"]}


# --- Filters --------------------------------------------------------------------------------
def test_r1_3_the_log_opens_on_today(shop, desk, now):
    here = entry(shop, now)
    entry(shop, now - timedelta(days=1))
    assert shown(desk) == {here.pk}


def test_r1_3_the_log_shows_any_stretch_of_days_by_the_branchs_own_clock(shop, desk, now):
    first = shop.branch.at(date(2026, 5, 11), time(0, 0))
    inside, outside = entry(shop, first), entry(shop, first - timedelta(seconds=1))
    assert shown(desk, period="week") == {inside.pk}
    assert shown(desk, period="month") == {inside.pk, outside.pk}
    assert shown(desk, first="2026-05-11", last="2026-05-11") == {inside.pk}
    assert shown(desk, first="2026-05-01", last="2026-05-10") == {outside.pk}
    assert shown(desk, day="2026-05-10") == {outside.pk}
    assert shown(desk, first="2026-05-11") == {inside.pk}


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [
        ("outcome", "undecided", "won"),
        ("visitor_kind", "purpose", "impulse"),
        ("interest", "desire", "trust"),
        ("heard_from", "friend", "internet"),
    ],
)
def test_r2_3_the_log_is_filtered_by_what_was_written_down(shop, desk, now, name, value, other):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner)
    this = entry(shop, now, customer=customer, **{name: value})
    entry(shop, now, customer=customer, **{name: other})
    assert shown(desk, **{name: value}) == {this.pk}


def test_r11_4_the_log_is_filtered_by_why_a_visit_was_lost_and_to_whom(shop, desk, now):
    price = lost(shop, now, "price")
    rival = lost(shop, now, "competitor", competitor="金夫人")
    other = lost(shop, now, "competitor", competitor="薇拉")
    assert shown(desk, loss_reason="price") == {price.pk}
    assert shown(desk, loss_reason="competitor") == {rival.pk, other.pk}
    assert shown(desk, competitor="薇拉") == {other.pk}


def test_the_log_is_filtered_by_consultant_also_one_who_left(shop, desk, now):
    mine = entry(shop, now)
    theirs = entry(shop, now, consultant=shop.colleague)
    shop.colleague.memberships.update(is_active=False)
    assert shown(desk, consultant=shop.colleague.pk) == {theirs.pk}
    assert shown(desk, consultant=shop.owner.pk) == {mine.pk}


def test_r1_2_new_and_returning_visitors_are_told_apart(shop, desk, now):
    again = factories.CustomerFactory(
        branch=shop.branch, owner=shop.owner, created_at=now + timedelta(days=9)
    )
    first, second = entry(shop, now - timedelta(hours=2), customer=again), entry(shop, now, customer=again)
    known = factories.CustomerFactory(
        branch=shop.branch, owner=shop.owner, created_at=now - timedelta(days=9)
    )
    came = entry(shop, now, customer=known)
    nobody = entry(shop, now)
    assert shown(desk, known="returning") == {second.pk, came.pk}
    assert shown(desk, known="new") == {first.pk, nobody.pk}


@pytest.mark.parametrize("text", ["海边", "大理", "李娜", "lina", "0001", "金夫人"])
def test_the_log_is_searched_by_words_names_and_numbers(shop, desk, now, text):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner, phone="+8613800130001")
    from customers import files

    files.index(customer)
    this = lost(
        shop,
        now,
        "competitor",
        customer=customer,
        notes="喜欢海边",
        came_for="大理旅拍",
        competitor="金夫人",
    )
    entry(shop, now, notes="别的")
    assert shown(desk, text=text) == {this.pk}


@pytest.mark.parametrize("text", ["%", "_", "'", '"; drop table', "\\", "\x00", "x" * 81, "\u202e", "<b>"])
def test_nothing_typed_breaks_the_search(shop, desk, now, text):
    entry(shop, now, notes="plain")
    page = desk.get("/visits/", {"text": text})
    assert page.status_code == 200
    assert "<b>" not in page.content.decode().replace("<b>0</b>", "")


def test_a_filter_that_makes_no_sense_is_said_at_its_field(shop, desk, now):
    this = entry(shop, now)
    page = desk.get("/visits/", {"first": "2026-05-16", "last": "2026-05-01"})
    assert "The last day lies before the first." in page.content.decode()
    page = desk.get("/visits/", {"first": "0001-01-01", "outcome": "odd", "consultant": "9" * 30})
    assert page.status_code == 200
    assert {visit.pk for visit in page.context["page"]} == {this.pk}
    assert page.context["form"].errors


def test_the_days_before_and_after(now):
    assert neighbours(TODAY, TODAY, TODAY) == ((date(2026, 5, 15), date(2026, 5, 15)), None)
    april = (date(2026, 4, 1), date(2026, 4, 30))
    before, after = neighbours(*april, TODAY)
    assert before == (date(2026, 3, 1), date(2026, 3, 31))
    assert after == (date(2026, 5, 1), TODAY)
    assert neighbours(date(2026, 5, 1), TODAY, TODAY) == (april, None)
    assert neighbours(date(2026, 5, 4), date(2026, 5, 10), TODAY)[1] == (date(2026, 5, 11), TODAY)
    assert periods(TODAY)["week"] == (date(2026, 5, 11), TODAY)


@pytest.mark.parametrize("sort", ["", "oldest", "wait", "consultant", "outcome", "odd"])
def test_the_log_is_sorted(shop, desk, now, sort):
    late = entry(shop, now, wait=9, consultant=shop.colleague)
    early = entry(shop, now - timedelta(hours=1), wait=1, outcome="open", ended_at=None)
    silent = lost(shop, now - timedelta(minutes=30), "left")
    rows = [visit.pk for visit in desk.get("/visits/", {"sort": sort}).context["page"]]
    orders = {
        "oldest": [early, silent, late],
        "wait": [late, early, silent],
        "consultant": [late, silent, early],
        "outcome": [silent, early, late],
    }
    expected = [visit.pk for visit in orders.get(sort, [late, silent, early])]
    if sort == "consultant":
        assert {rows[0], *rows[1:]} == set(expected)
        names = [Visit.objects.get(pk=pk).consultant.display_name for pk in rows]
        assert names == sorted(names) or names == sorted(names, reverse=True)
    else:
        assert rows == expected


def test_the_log_comes_in_pages(shop, desk, now):
    for _number in range(45):
        entry(shop, now)
    assert len(shown(desk)) == 40
    assert len(shown(desk, page=2)) == 5
    assert len(shown(desk, page="x")) == 40
    assert "outcome=undecided&amp;page=2" in desk.get("/visits/?outcome=undecided").content.decode()


def test_f8_the_log_holds_only_the_own_branch(shop, sign_in, now):
    entry(shop, now, consultant=shop.owner, notes="外滩")
    page = sign_in(shop.neighbour).get("/visits/")
    assert page.context["figures"].came == 0
    assert shop.owner.display_name not in page.content.decode()
    assert list(visitor_log.found(shop.other_branch, Chosen(TODAY, TODAY))) == []


# --- Figures --------------------------------------------------------------------------------
def test_r1_5_the_figures_are_of_what_is_shown(shop, desk, now):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner)
    entry(shop, now, outcome="won", customer=customer, wait=1, party_size=2)
    entry(shop, now, wait=2, party_size=4)
    lost(shop, now, "price", wait=9)
    entry(shop, now, outcome="open")
    figures = desk.get("/visits/").context["figures"]
    assert (figures.came, figures.won, figures.undecided, figures.lost, figures.open) == (4, 1, 1, 1, 1)
    assert (figures.people, figures.share_won, figures.waited_minutes) == (10, 33, 2)
    narrowed = desk.get("/visits/?outcome=won").context["figures"]
    assert (narrowed.came, narrowed.share_won, narrowed.waited_minutes) == (1, 100, 1)
    nobody = desk.get("/visits/?day=2026-01-01").context["figures"]
    assert (nobody.came, nobody.share_won, nobody.waited) == (0, None, None)


def test_r11_4_why_visits_were_lost_is_counted(shop, desk, now):
    lost(shop, now, "price")
    lost(shop, now, "price")
    lost(shop, now, "family")
    entry(shop, now)
    reasons = desk.get("/visits/").context["reasons"]
    assert [(key, count) for key, _word, count in reasons] == [("price", 2), ("family", 1)]


def test_r12_1_who_won_how_many_is_for_managers(shop, desk, manager, now):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner)
    entry(shop, now, outcome="won", customer=customer)
    entry(shop, now)
    rows = manager.get("/visits/").context["colleagues"]
    assert [(row["consultant"], row["came"], row["won"]) for row in rows] == [(shop.owner.pk, 2, 1)]
    assert "colleagues" not in desk.get("/visits/").context


def test_the_number_of_queries_does_not_grow(shop, manager, now):
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            for address in ("/visits/", "/visits/paper/", "/visits/export/"):
                assert manager.get(address).status_code == 200
        return len(captured)

    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner)
    entry(shop, now, customer=customer)
    manager.get("/visits/")
    before = count()
    for number in range(6):
        other = factories.CustomerFactory(branch=shop.branch, owner=shop.owner)
        lost(shop, now, "price", customer=other, consultant=shop.colleague if number % 2 else shop.owner)
    assert count() == before


# --- Paper ----------------------------------------------------------------------------------
def test_the_sheet_to_print_has_a_line_for_each_visit_and_a_place_to_sign(shop, desk, now):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner, phone="+8613800130001")
    lost(shop, now, "competitor", customer=customer, competitor="金夫人", wait=3, notes="<b>喜欢海边</b>")
    entry(shop, now - timedelta(days=1))
    page = desk.get("/visits/paper/", {"outcome": "lost"}).content.decode()
    assert "Signature" in page
    assert "138 0013 0001" in page
    assert "a competitor: 金夫人" in page
    assert "&lt;b&gt;喜欢海边" in page
    assert page.count('class="table__sign"') == 1
    assert "landscape" in page


def test_too_many_visits_for_paper_are_refused_with_a_sentence(shop, desk, manager, now, monkeypatch):
    monkeypatch.setattr(visitor_log, "MOST_PRINTED", 1)
    monkeypatch.setattr(visitor_log, "MOST_EXPORTED", 1)
    entry(shop, now)
    entry(shop, now)
    page = desk.get("/visits/paper/?period=week", follow=True)
    assert "2 visits are too many for paper" in page.content.decode()
    assert page.request["QUERY_STRING"] == "period=week"
    assert "too many for one file" in manager.get("/visits/export/", follow=True).content.decode()


# --- Spreadsheet ----------------------------------------------------------------------------
def sheet_of(answer: Any) -> Any:
    return load_workbook(BytesIO(answer.content)).worksheets[0]


def test_the_export_holds_the_filtered_visits_with_real_days_and_times(shop, manager, now):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner, phone="+8613800130001")
    lost(shop, now, "price", customer=customer, wait=3, wish_date=date(2026, 10, 1), interest="desire")
    entry(shop, now)
    answer = manager.get("/visits/export/", {"outcome": "lost"})
    assert answer["Content-Disposition"] == 'attachment; filename="visits-sh-2026-05-16-2026-05-16.xlsx"'
    head, row = sheet_of(answer).iter_rows(values_only=True)
    values = dict(zip(head, row, strict=True))
    assert values["Day"] == datetime.combine(TODAY, time())
    assert (values["Came at"], values["Greeted at"], values["Left at"]) == (time(12), time(12, 3), time(13))
    assert values["Telephone"] == "+8613800130001"
    assert values["Wish date"] == datetime.combine(date(2026, 10, 1), time())
    assert (values["Outcome"], values["Why not"]) == ("Lost", "price")


def test_the_export_speaks_the_readers_language(shop, manager, now):
    entry(shop, now, heard_from="friend")
    shop.manager.language = "zh-hans"
    shop.manager.save()
    head, row = sheet_of(manager.get("/visits/export/")).iter_rows(values_only=True)
    with translation.override("zh-hans"):
        assert head[2] == translation.gettext("Name") != "Name"
        assert translation.gettext("a friend") in row


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", '=HYPERLINK("http://x")'])
def test_a_cell_that_begins_like_a_formula_is_text(shop, manager, now, text):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner, name=text)
    entry(shop, now, customer=customer, notes=text, came_for=text)
    sheet = sheet_of(manager.get("/visits/export/"))
    cells = [cell for cell in sheet[2] if cell.value == text]
    assert len(cells) == 3
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells)


def test_the_export_is_for_managers_and_is_on_the_record(shop, desk, manager, now, capsys):
    entry(shop, now)
    assert desk.get("/visits/export/").status_code == 403
    assert "/visits/export/" not in desk.get("/visits/").content.decode()
    assert "/visits/export/" in manager.get("/visits/").content.decode()


def test_scripts_in_the_log_are_words(shop, desk, now):
    customer = factories.CustomerFactory(branch=shop.branch, owner=shop.owner, name="<script>x</script>")
    lost(shop, now, "competitor", competitor="<img src=x>", customer=customer, came_for="<i>")
    page = desk.get("/visits/").content.decode()
    assert "<script>x" not in page
    assert "<img src=x>" not in page
    assert "&lt;img src=x&gt;" in page
    assert desk.get("/visits/paper/").status_code == 200


def test_receiving_from_the_log_still_takes_one_press(shop, desk):
    assert desk.post("/visits/", follow=True).status_code == 200
    assert visits.Visit.objects.get().consultant == shop.owner
