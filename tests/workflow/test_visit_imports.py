"""An old visitor log from a spreadsheet: looked through, then all of it or nothing (R1.1, R1.3)."""

import threading
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from openpyxl import Workbook, load_workbook

from customers import files
from customers.models import Customer
from studio.outbox.models import Message
from studio.outbox.purposes import planners
from tests import factories
from workflow import spreadsheets, visit_imports
from workflow.import_preview import preview_of
from workflow.imported_rows import day_in, people_in, read_row, time_in
from workflow.log_columns import COLUMNS, KEYS, TITLES, columns_in, known_words
from workflow.models import CallTask, RotationTurn, Visit, VisitImport
from workflow.visit_imports import NotReady

pytestmark = pytest.mark.django_db
HEAD = ["日期", "时间", "姓名", "电话", "接待人", "结果", "未成单原因", "竞争对手", "备注"]
GOOD = ["2026-01-03", "10:20", "张伟、李娜", "138 0013 8001", "小陈", "未成单", "太贵", "", "喜欢海边"]


@pytest.fixture(autouse=True)
def noon(now: datetime) -> Any:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def manager(shop: SimpleNamespace, sign_in: Any) -> Any:
    return sign_in(shop.manager)


def workbook(*rows: Any, head: Any = HEAD) -> bytes:
    book = Workbook()
    sheet = book.active
    for row in [head, *rows]:
        sheet.append(row)
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


def row(**changes: Any) -> list[Any]:
    keys = ["day", "time", "name", "phone", "consultant", "outcome", "loss_reason", "competitor", "notes"]
    return [changes.get(key, value) for key, value in zip(keys, GOOD, strict=True)]


@pytest.fixture
def load(shop: SimpleNamespace, now: datetime) -> Callable[..., VisitImport]:
    def load(*rows: Any, **more: Any) -> VisitImport:
        content = workbook(*rows, **more)
        return visit_imports.upload(
            branch=shop.branch, by=shop.manager, now=now, file_name="old.xlsx", content=content
        )

    return load


def write(shop: SimpleNamespace, entry: VisitImport, now: datetime, leave_out: int = 0) -> VisitImport:
    visit_imports.start(entry, version=entry.version, leave_out=leave_out, by=shop.manager, now=now)
    visit_imports.plan(now)
    entry.refresh_from_db()
    return entry


def faults(entry: VisitImport, now: datetime) -> list[tuple[int, str, str]]:
    lines = preview_of(entry, now=now).lines
    return [(line.row, fault.column, fault.code) for line in lines for fault in line.faults]


# --- What is typed in old logs --------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "region", "day"),
    [
        ("2026-01-03", "CN", date(2026, 1, 3)),
        ("2026/1/3", "CN", date(2026, 1, 3)),
        ("2026.1.3", "CN", date(2026, 1, 3)),
        ("2026年1月3日", "CN", date(2026, 1, 3)),
        ("２０２６年１月３日", "CN", date(2026, 1, 3)),
        ("20260103", "CN", date(2026, 1, 3)),
        ("2026-01-03 10:20", "CN", date(2026, 1, 3)),
        ("115/1/3", "TW", date(2026, 1, 3)),
        ("民國115年1月3日", "TW", date(2026, 1, 3)),
        ("115/1/3", "CN", date(115, 1, 3)),
        ("1月3日", "CN", None),
        ("2026-02-30", "CN", None),
        ("yesterday", "CN", None),
        ("9" * 400, "CN", None),
    ],
)
def test_a_day_is_read_however_it_was_written(text, region, day):
    assert day_in(text, region=region) == day


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("10:20", time(10, 20)),
        ("10：20", time(10, 20)),
        ("下午2:30", time(14, 30)),
        ("2:30 pm", time(14, 30)),
        ("12:05 am", time(0, 5)),
        ("14点半", time(14, 30)),
        ("14時05分", time(14, 5)),
        ("14点", time(14, 0)),
        ("2026-01-03 10:20", time(10, 20)),
        ("25:00", None),
        ("10:75", None),
        ("soon", None),
    ],
)
def test_a_time_is_read_however_it_was_written(text, clock):
    assert time_in(text) == clock


def test_the_headings_are_known_in_three_languages_and_in_any_order():
    assert columns_in(["备注", "进店日期", "電話", "Received by", "未下訂原因", "", "x"]) == {
        "notes": 0, "day": 1, "phone": 2, "consultant": 3, "loss_reason": 4,
    }  # fmt: skip
    for code in ("en", "zh-hans", "zh-hant"):
        with translation.override(code):
            titles = [str(TITLES[key]) for key in KEYS]
        assert columns_in(titles) == {key: place for place, key in enumerate(KEYS)}


def test_two_columns_never_claim_one_name():
    from workflow.log_words import HEADINGS, words_in

    words = [word for names in words_in(HEADINGS).values() for word in names]
    assert len(words) == len(set(words))
    assert set(words_in(HEADINGS)) == {column.key for column in COLUMNS}


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("outcome", "已成单", "won"), ("outcome", "未下訂", "lost"), ("outcome", "Undecided", "undecided"), ("loss_reason", "太貴", "price"),
        ("loss_reason", "Still comparing", "comparing"), ("heard_from", "抖音", "internet"), ("interest", "信任", "trust"),
    ],
)  # fmt: skip
def test_r2_3_words_are_known_in_three_languages(column, text, value):
    from workflow.log_columns import plain

    assert known_words(column)[plain(text)] == value


def test_people_are_told_apart_with_how_to_speak_to_them():
    assert [(one.name, one.salutation) for one in people_in("张先生、李女士")] == [("张", "mr"), ("李", "ms")]
    assert [one.name for one in people_in("Anna and Peter")] == ["Anna", "Peter"]
    assert [one.name for one in people_in("李小姐")] == ["李"]
    assert people_in("") == []


# --- Looking through ------------------------------------------------------------------------
def test_r1_3_a_file_is_looked_through_and_nothing_is_written(shop, load, now):
    entry = load(row(), row(phone="", name=""), row(phone="138 0013 8002"))
    assert (entry.state, entry.row_count, entry.faults) == ("previewed", 3, [])
    fates = [line.fate for line in preview_of(entry, now=now).lines]
    assert fates == ["opens", "anonymous", "opens"]
    assert not Visit.objects.exists()
    assert not Customer.objects.exists()


def test_real_days_times_and_numbers_of_a_spreadsheet_are_read(shop, load, now):
    entry = load(row(day=datetime.combine(date(2026, 1, 3), time()), time=time(10, 20), phone=13800138001.0))
    (line,) = preview_of(entry, now=now).lines
    assert line.arrived_at == shop.branch.at(date(2026, 1, 3), time(10, 20))
    assert line.read.phone == "+8613800138001"


def test_a_title_may_stand_above_the_headings(shop, load, now):
    entry = load(HEAD, row(), head=["外滩店 客流登记表 2026"])
    assert [line.row for line in preview_of(entry, now=now).lines] == [3]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"day": ""}, ("day", "day_missing")),
        ({"day": "3 Jan"}, ("day", "day")),
        ({"day": "0001-01-01"}, ("day", "day_far")),
        ({"day": "9999-12-31"}, ("day", "future")),
        ({"day": "2026-05-17"}, ("day", "future")),
        ({"time": "25:99"}, ("time", "time")),
        ({"phone": "12345"}, ("phone", "phone")),
        ({"phone": "13800138001, 13800138002"}, ("phone", "phone")),
        ({"consultant": "谁"}, ("consultant", "consultant")),
        ({"consultant": ""}, ("consultant", "consultant")),
        ({"outcome": "maybe so"}, ("outcome", "word")),
        ({"outcome": "", "loss_reason": ""}, ("outcome", "outcome_missing")),
        ({"outcome": "成交"}, ("loss_reason", "not_lost")),
        ({"loss_reason": "天气"}, ("loss_reason", "reason")),
        ({"loss_reason": ""}, ("loss_reason", "reason")),
        ({"notes": "x" * 2001}, ("notes", "too_long")),
        ({"name": "", "phone": "", "outcome": "成交", "loss_reason": ""}, ("name", "won_nobody")),
        ({"name": "", "outcome": "成交", "loss_reason": ""}, ("name", "won_nobody")),
    ],
)
def test_each_fault_is_named_by_row_and_column(shop, load, now, changes, fault):
    entry = load(row(phone="138 0013 8009"), row(**changes))
    assert faults(entry, now) == [(3, *fault)]
    assert [entry.faults[0][key] for key in ("row", "column", "text")] == [3, *fault]
    with translation.override("en"):
        (line,) = preview_of(entry, now=now).of("fault")
        assert all(fault.sentence.endswith((".", "?")) for fault in line.faults)


def test_what_cannot_be_seen_and_what_looks_like_a_formula_is_only_text(shop, load, now):
    entry = load(row(notes="'=1+1", name="李\u202e娜"), row(phone="138 0013 8005", notes="=1+1"))
    lines = preview_of(entry, now=now).lines
    assert lines[0].read.fields["notes"] == "'=1+1"
    assert lines[0].name == "李娜"
    assert lines[1].read.fields["notes"] == ""


def test_a_competitor_says_lost_and_beside_another_reason_goes_into_the_notes(shop, load, now):
    entry = load(
        row(outcome="", loss_reason="", competitor="金夫人"),
        row(loss_reason="价格", competitor="薇拉", phone="138 0013 8002"),
    )
    first, second = (line.read.fields for line in preview_of(entry, now=now).lines)
    assert (first["outcome"], first["loss_reason"], first["competitor"]) == ("lost", "competitor", "金夫人")
    assert (second["loss_reason"], second["competitor"]) == ("price", "")
    assert "薇拉" in second["notes"]


def test_who_and_why_that_nobody_knows_is_asked_once(shop, load, now):
    entry = load(
        row(consultant="老王", loss_reason="天气"),
        row(consultant="老王", phone="138 0013 8002", loss_reason="天气"),
    )
    preview = preview_of(entry, now=now)
    assert (preview.who, preview.why, preview.written) == (["老王"], ["天气"], 0)
    entry = visit_imports.answer(
        entry,
        version=entry.version,
        now=now,
        consultants={"老王": shop.colleague.pk},
        reasons={"天气": "price"},
    )
    preview = preview_of(entry, now=now)
    assert (preview.who, preview.why, preview.written) == (["老王"], ["天气"], 2)
    assert {line.consultant for line in preview.lines} == {shop.colleague}


def test_an_answer_is_only_a_colleague_of_the_branch(shop, load, now):
    entry = load(row(consultant="老王"))
    entry = visit_imports.answer(
        entry, version=entry.version, now=now, consultants={"老王": shop.neighbour.pk}, reasons={"x": "y"}
    )
    assert entry.answers == {"consultants": {}, "reasons": {}, "owner": None}


def test_two_colleagues_of_one_name_are_asked_about(shop, load, now):
    factories.make_person(shop.branch, "consultant", "陈晓", "小陈", shop.front_desk)
    assert preview_of(load(row()), now=now).who == ["小陈"]


def test_r1_1_new_files_of_who_has_left_get_the_owner_that_a_manager_chose(shop, load, now):
    shop.colleague.memberships.update(is_active=False)
    entry = load(row(consultant="周敏"), row(consultant="周敏", phone="", name=""))
    preview = preview_of(entry, now=now)
    assert preview.asks_owner
    assert faults(entry, now) == [(2, "consultant", "owner")]
    entry = visit_imports.answer(entry, version=entry.version, now=now, owner=shop.owner)
    assert faults(entry, now) == []
    write(shop, entry, now)
    assert Customer.objects.get().owner == shop.owner
    assert set(Visit.objects.values_list("consultant", flat=True)) == {shop.colleague.pk}


# --- Writing --------------------------------------------------------------------------------
def test_r1_3_what_is_written_is_what_was_shown(shop, load, now):
    entry = write(shop, load(row()), now)
    assert (entry.state, entry.rows, entry.faults, entry.answers) == ("done", [], [], {})
    assert {key: entry.result[key] for key in ("written", "opened", "known", "left_out")} == {
        "written": 1, "opened": 1, "known": 0, "left_out": 0,
    }  # fmt: skip
    visit = Visit.objects.get()
    assert visit.arrived_at == shop.branch.at(date(2026, 1, 3), time(10, 20))
    assert (visit.outcome, visit.loss_reason, visit.notes) == ("lost", "price", "喜欢海边")
    assert (visit.consultant, visit.imported, visit.turn) == (shop.owner, entry, None)
    assert (visit.customer.name, visit.customer.owner) == ("张伟 & 李娜", shop.owner)
    assert files.find_by_number("13800138001", branch=shop.branch) == visit.customer
    assert [event.sentence for event in visit.events.all()] == ["Taken over from an older log"]


def test_r1_1_a_known_number_is_the_known_customer(shop, load, now):
    known = factories.CustomerFactory(branch=shop.branch, owner=shop.colleague, phone="+8613800138001")
    write(shop, load(row(), row(time="15:00")), now)
    assert set(Visit.objects.values_list("customer", flat=True)) == {known.pk}
    assert Customer.objects.count() == 1
    known.refresh_from_db()
    assert known.owner == shop.colleague


def test_a_new_number_that_comes_twice_opens_one_file(shop, load, now):
    entry = load(row(), row(day="2026-02-01", name="李娜"))
    assert [line.fate for line in preview_of(entry, now=now).lines] == ["opens", "same"]
    write(shop, entry, now)
    assert Customer.objects.count() == 1
    assert Customer.objects.get().visits.count() == 2


def test_a_name_or_a_number_alone_stays_in_the_notes(shop, load, now):
    write(shop, load(row(phone=""), row(name="", phone="138 0013 8002")), now)
    assert not Customer.objects.exists()
    assert {visit.notes for visit in Visit.objects.all()} == {
        "喜欢海边\n张伟 & 李娜",
        "喜欢海边\n+8613800138002",
    }


def test_f1_old_rows_bring_no_turn_no_plan_no_call_and_no_message(shop, load, now):
    write(shop, load(row(), row(day="2026-05-16", phone="138 0013 8002")), now)
    for _tick in range(2):
        for planner in planners:
            planner.run(now + timedelta(days=1))
    assert not RotationTurn.objects.exists()
    assert not CallTask.objects.exists()
    assert not Message.objects.exists()
    assert not Visit.objects.open().exists()


def test_what_is_in_the_log_already_is_not_written_again(shop, load, now):
    rows = [row(), row(phone="", name=""), row(phone="", name="", time="")]
    write(shop, load(*rows), now)
    again = load(*rows, row(day="2026-01-04"))
    assert [line.fate for line in preview_of(again, now=now).lines] == ["duplicate"] * 3 + ["known"]
    write(shop, again, now)
    assert Visit.objects.count() == 4
    twice = load(row(phone="138 0013 8007"), row(phone="138 0013 8007"))
    assert [line.fate for line in preview_of(twice, now=now).lines] == ["opens", "duplicate"]


def test_rows_with_a_fault_are_left_out_only_on_purpose(shop, load, now):
    entry = load(row(), row(day="odd"))
    for seen in (0, 2):
        with pytest.raises(NotReady):
            write(shop, entry, now, leave_out=seen)
    assert not Visit.objects.exists()
    entry = write(shop, entry, now, leave_out=1)
    assert (entry.state, entry.result["written"], entry.result["left_out"]) == ("done", 1, 1)


def test_nothing_good_in_a_file_is_nothing_to_write(shop, load, now):
    with pytest.raises(NotReady):
        write(shop, load(row(day="odd")), now, leave_out=1)


def test_a_repeat_writes_nothing_twice(shop, load, now):
    entry = write(shop, load(row()), now)
    visit_imports.start(entry, version=1, leave_out=0, by=shop.manager, now=now)
    assert visit_imports.plan(now) == 0
    assert Visit.objects.count() == 1


def test_what_changed_meanwhile_fails_as_a_whole_and_can_be_looked_at_again(shop, load, now):
    entry = load(row(), row(phone="138 0013 8002", consultant="周敏"))
    visit_imports.start(entry, version=entry.version, leave_out=0, by=shop.manager, now=now)
    shop.colleague.memberships.update(is_active=False)
    visit_imports.plan(now)
    entry.refresh_from_db()
    assert (entry.state, entry.result) == ("failed", {"why": "changed"})
    assert len(entry.rows) == 2
    assert not Visit.objects.exists()
    assert not Customer.objects.exists()
    assert visit_imports.look_again(entry, now=now).state == "previewed"


def test_a_fault_of_ours_writes_nothing(shop, load, now, monkeypatch):
    entry = load(row(), row(phone="138 0013 8002"))

    def break_down(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the last step")

    monkeypatch.setattr("workflow.visit_imports.VisitEvent.objects.bulk_create", break_down)
    visit_imports.start(entry, version=entry.version, leave_out=0, by=shop.manager, now=now)
    visit_imports.plan(now)
    entry.refresh_from_db()
    assert entry.state == "failed"
    assert (Visit.objects.count(), Customer.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_write_an_import_once(shop, load, now):
    entry = load(*[row(phone=f"1380013{number:04d}") for number in range(8001, 8021)])
    visit_imports.start(entry, version=entry.version, leave_out=0, by=shop.manager, now=now)
    gate = threading.Barrier(4)

    def tick(_number: int) -> int:
        try:
            gate.wait(timeout=20)
            return visit_imports.plan(now)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(tick, range(4)))
    assert sorted(written) == [0, 0, 0, 20]
    assert (Visit.objects.count(), Customer.objects.count()) == (20, 20)


def test_the_planner_is_asked_at_every_tick():
    assert planners["visit_imports"].run is visit_imports.plan


def test_names_and_numbers_that_nobody_wrote_are_forgotten_after_a_week(shop, load, now):
    entry = load(row())
    visit_imports.plan(now + timedelta(days=6))
    entry.refresh_from_db()
    assert entry.rows
    visit_imports.plan(now + timedelta(days=8))
    entry.refresh_from_db()
    assert (entry.state, entry.rows) == ("discarded", [])


# --- Files that are none --------------------------------------------------------------------
def bomb() -> bytes:
    kept = BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("xl/worksheets/sheet1.xml", b"0" * (30 * 1024 * 1024))
    return kept.getvalue()


def billion_laughs() -> bytes:
    source, kept = BytesIO(workbook(row())), BytesIO()
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    evil = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{entities}]><worksheet>&l8;</worksheet>'
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(kept, "w") as new:
        for part in old.infolist():
            new.writestr(part, evil if part.filename.endswith("sheet1.xml") else old.read(part))
    return kept.getvalue()


def far_row() -> bytes:
    source, kept = BytesIO(workbook(row())), BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(kept, "w") as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename.endswith("sheet1.xml"):
                content = content.replace(b'<row r="2"', b'<row r="99999999999"').replace(
                    b'r="A2"', b'r="A99999999999"'
                )
            new.writestr(part, content)
    return kept.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ".xlsx"),
        (b"day,name\n2026-01-03,x", ".xlsx"),
        (b"PK\x03\x04 broken", ".xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old one", "password"),
        (b"x" * (2 * 1024 * 1024 + 1), "2 MB"),
        (bomb, "too much"),
        (billion_laughs, "cannot be read"),
        (far_row, "cannot be read"),
        (lambda: workbook(), "no row"),
        (lambda: workbook(row(), head=["a", "b", "c"]), "columns"),
        (lambda: workbook(*[["2026-01-03", "", "", "", "小陈", "再考虑"]] * 2001), "2000 rows"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_with_a_sentence(shop, now, content, words):
    content = content() if callable(content) else content
    with translation.override("en"), pytest.raises(spreadsheets.Unreadable, match=words):
        visit_imports.upload(branch=shop.branch, by=shop.manager, now=now, file_name="x", content=content)
    assert not VisitImport.objects.exists()


def test_a_full_file_is_read_with_a_handful_of_queries(shop, load, now):
    few, many = load(row()), load(*[row(phone=f"1380013{number:04d}") for number in range(300)])

    def count(entry: VisitImport) -> int:
        with CaptureQueriesContext(connection) as captured:
            preview_of(entry, now=now)
        return len(captured)

    count(few)
    assert count(many) == count(few) <= 8


# --- Pages ----------------------------------------------------------------------------------
def upload(client: Any, content: bytes, name: str = "old.xlsx", **more: Any) -> Any:
    return client.post("/visits/imports/", {"file": SimpleUploadedFile(name, content), **more})


def test_r1_3_a_manager_uploads_looks_answers_and_writes(shop, manager, now):
    answer = upload(
        manager, workbook(row(), row(day="odd", phone=""), row(consultant="老王", phone="138 0013 8002"))
    )
    entry = VisitImport.objects.get()
    assert answer["Location"] == entry.get_absolute_url()
    page = manager.get(entry.get_absolute_url()).content.decode()
    assert "Write 1 rows, leave out 2" in page
    assert "This is no day. Write it as 2026-05-16." in page
    assert "Who is “老王”?" in page
    answers = {"version": entry.version, "who_text": "老王", "who": shop.colleague.pk}
    manager.post(f"/visits/imports/{entry.pk}/answers/", answers)
    entry.refresh_from_db()
    page = manager.get(entry.get_absolute_url()).content.decode()
    assert "Write 2 rows, leave out 1" in page
    shown = manager.get(entry.get_absolute_url(), {"show": "fault"})
    assert [line.row for line in shown.context["page"]] == [3]
    manager.post(f"/visits/imports/{entry.pk}/writing/", {"version": entry.version, "leave_out": 1})
    assert "being written" in manager.get(entry.get_absolute_url()).content.decode()
    visit_imports.plan(now)
    page = manager.get(entry.get_absolute_url()).content.decode()
    assert "2 visits are in the log" in page
    assert "?first=2026-01-03&amp;last=2026-01-03" in page


def test_while_it_is_written_the_page_asks_for_the_state_alone(shop, manager, load, now):
    entry = load(row())
    visit_imports.start(entry, version=entry.version, leave_out=0, by=shop.manager, now=now)
    part = manager.get(entry.get_absolute_url(), headers={"HX-Request": "true"}).content.decode()
    assert 'data-live="3"' in part
    assert "<html" not in part


def test_a_second_press_leads_to_the_same_import(shop, manager):
    import uuid

    form = {"submission": str(uuid.uuid4())}
    first = upload(manager, workbook(row()), **form)
    second = upload(manager, workbook(row()), **form)
    assert first["Location"] == second["Location"]
    assert VisitImport.objects.count() == 1


def test_a_wrong_file_is_refused_at_its_field(shop, manager):
    for content in (b"x", b"y" * (2 * 1024 * 1024 + 1)):
        answer = upload(manager, content)
        assert answer.status_code == 422
        assert "field__error" in answer.content.decode()
    assert manager.post("/visits/imports/").status_code == 422


def test_other_faults_than_seen_are_told_and_nothing_is_written(shop, manager, load):
    entry = load(row(), row(day="odd"))
    answer = manager.post(f"/visits/imports/{entry.pk}/writing/", {"version": entry.version})
    assert answer.status_code == 422
    assert "Please look through them again." in answer.content.decode()


def test_a_stale_page_loses_politely(shop, manager, load, now):
    entry = load(row(consultant="老王"))
    visit_imports.answer(entry, version=entry.version, now=now, consultants={"老王": shop.owner.pk})
    for noun in ("answers", "writing"):
        answer = manager.post(f"/visits/imports/{entry.pk}/{noun}/", {"version": entry.version})
        assert answer.status_code == 409


def test_scripts_in_a_file_are_words(shop, manager, load):
    entry = load(row(name="<script>x</script>", consultant="<b>老王</b>", notes="<img src=x>"))
    page = manager.get(entry.get_absolute_url()).content.decode()
    assert "<script>x" not in page
    assert "<img src=x" not in page
    assert "&lt;b&gt;老王" in page


def test_discarding_forgets_the_rows(shop, manager, load):
    entry = load(row())
    manager.post(f"/visits/imports/{entry.pk}/removal/")
    entry.refresh_from_db()
    assert (entry.state, entry.rows) == ("discarded", [])
    assert "Discarded" in manager.get(entry.get_absolute_url()).content.decode()


def test_f8_imports_are_for_the_managers_of_the_branch(shop, sign_in, load):
    entry = load(row())
    assert sign_in(shop.owner).get("/visits/imports/").status_code == 403
    neighbour = sign_in(shop.neighbour)
    assert neighbour.get(entry.get_absolute_url()).status_code == 404
    for noun in ("answers", "writing", "removal", "preview"):
        assert neighbour.post(f"/visits/imports/{entry.pk}/{noun}/").status_code == 404
    assert "old.xlsx" not in neighbour.get("/visits/imports/").content.decode()


def test_the_template_and_the_export_can_be_brought_in_again(shop, manager, load, now):
    template = load_workbook(BytesIO(manager.get("/visits/imports/template/").content)).worksheets[0]
    assert columns_in([cell.value for cell in template[1]]) == {key: place for place, key in enumerate(KEYS)}
    write(shop, load(row(), row(phone="", name="", outcome="再考虑", loss_reason="")), now)
    exported = manager.get("/visits/export/?first=2026-01-01&last=2026-01-31").content
    entry = visit_imports.upload(
        branch=shop.branch, by=shop.manager, now=now, file_name="again.xlsx", content=exported
    )
    preview = preview_of(entry, now=now)
    assert [line.fate for line in preview.lines] == ["duplicate", "duplicate"]


def test_a_row_reads_the_same_alone(shop):
    read = read_row(7, {"day": "2026-01-03", "outcome": "won", "people": "4人"}, branch=shop.branch)
    assert (read.row, read.fields["party_size"], read.came) == (7, 4, shop.branch.opens_at)
