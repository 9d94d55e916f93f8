"""An old visitor log, brought in from a spreadsheet: looked through first, then all of it or nothing."""

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from customers.contacts import NumberTaken
from customers.models import Customer
from customers.opening import FileDraft, open_files
from studio.foundation.models import StaleEdit
from studio.foundation.plain_text import clean
from studio.staff.models import Branch, User
from workflow import spreadsheets
from workflow.import_preview import Line, Preview, preview_of, visit_from
from workflow.log_columns import TITLES, columns_in
from workflow.models import LossReason, Visit, VisitEvent, VisitImport
from workflow.models.visit_import import ImportState

NEEDED = ("day", "outcome")
HEADING_WITHIN = 5
"""A title or two may stand above the heading."""
FORGOTTEN_AFTER = timedelta(days=7)
"""Names and numbers that nobody wrote into the log are not kept for longer."""

log = structlog.get_logger(__name__)


class NotReady(Exception):
    """It cannot be written yet; the sentence says why."""

    def __init__(self, sentence: object) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


# --- Looking through ------------------------------------------------------------------------
def upload(*, branch: Branch, by: User, now: datetime, file_name: str, content: bytes) -> VisitImport:
    """Read the file and keep its rows; nothing is in the log yet. `Unreadable` says what to do."""
    rows = table_in(spreadsheets.read(content))
    with transaction.atomic():
        entry = VisitImport.objects.create(
            branch=branch,
            file_name=clean(file_name)[-120:] or "visits.xlsx",
            rows=rows,
            row_count=len(rows),
            uploaded_by=by,
            uploaded_at=now,
        )
        keep_faults(entry, now=now)
        entry.save(update_fields=["faults"])
    return entry


def table_in(rows: list[tuple[int, list[str]]]) -> list[dict[str, Any]]:
    """The rows below the heading, each as {"row": its number, "cells": {column: text}}."""
    best: dict[str, int] = {}
    below = 0
    for place, (_number, cells) in enumerate(rows[:HEADING_WITHIN], start=1):
        columns = columns_in(cells)
        if len(columns) > len(best):
            best, below = columns, place
    there = {"outcome", *best} if "loss_reason" in best else set(best)
    missing = [str(TITLES[key]) for key in NEEDED if key not in there]
    if missing:
        raise spreadsheets.Unreadable(
            _("These columns were not found: %(names)s. Compare with the template.")
            % {"names": ", ".join(missing)}
        )
    table = [
        {
            "row": number,
            "cells": {
                key: cells[place] for key, place in best.items() if place < len(cells) and cells[place]
            },
        }
        for number, cells in rows[below:]
    ]
    table = [row for row in table if row["cells"]]
    if not table:
        raise spreadsheets.Unreadable(_("There is no row below the headings."))
    return table


def keep_faults(entry: VisitImport, *, now: datetime) -> Preview:
    preview = preview_of(entry, now=now)
    entry.faults = [
        {"row": line.row, "column": fault.column, "text": fault.code}
        for line in preview.lines
        for fault in line.faults
    ]
    return preview


def answer(
    entry: VisitImport,
    *,
    version: int | None,
    now: datetime,
    consultants: dict[str, int] | None = None,
    reasons: dict[str, str] | None = None,
    owner: User | None = None,
) -> VisitImport:
    """Whom a name in the file means, which reason a text stands for, and whose new files of colleagues who
    have left are. What is not among the colleagues of the branch is no answer."""
    with transaction.atomic():
        row = VisitImport.locked(entry.pk, version=version)
        if row.state != ImportState.PREVIEWED:
            raise StaleEdit(row)
        here = set(User.objects.filter(memberships__branch=row.branch).values_list("pk", flat=True))
        row.answers = {
            "consultants": told(row.answers.get("consultants", {}), consultants or {}, here),
            "reasons": told(row.answers.get("reasons", {}), reasons or {}, set(LossReason.values)),
            "owner": owner.pk if owner else None,
        }
        keep_faults(row, now=now)
        row.save_version("answers", "faults")
    return row


def told(before: dict[str, Any], now: dict[str, Any], possible: set[Any]) -> dict[str, Any]:
    """The answers before with those of now; one that is not possible takes the answer back."""
    return {text: answer for text, answer in {**before, **now}.items() if answer in possible}


def start(entry: VisitImport, *, version: int | None, leave_out: int, by: User, now: datetime) -> VisitImport:
    """“Write”: the background carries it out. Rows with a fault are left out on purpose or not at all:
    `leave_out` is how many of them were seen. A repeat does nothing.
    """
    with transaction.atomic():
        row = VisitImport.locked(entry.pk)
        if row.state in (ImportState.WAITING, ImportState.DONE):
            return row
        if row.state != ImportState.PREVIEWED or (version is not None and row.version != version):
            raise StaleEdit(row)
        preview = keep_faults(row, now=now)
        wrong = [line.row for line in preview.of("fault")]
        if len(wrong) != leave_out:
            raise NotReady(
                _("Other rows have a fault now than you have seen. Please look through them again.")
            )
        if not preview.written:
            raise NotReady(_("There is nothing to write: every row has a fault or is in the log already."))
        row.answers = {**row.answers, "left_out": wrong, "by": by.pk}
        row.state, row.due_at = ImportState.WAITING, now
        row.save_version("answers", "faults", "state", "due_at")
    return row


def discard(entry: VisitImport, *, now: datetime) -> VisitImport:
    """Not wanted: the rows are forgotten. A repeat does nothing; what is being written stays."""
    with transaction.atomic():
        row = VisitImport.locked(entry.pk)
        if row.state in (ImportState.PREVIEWED, ImportState.FAILED):
            forget(row)
            row.state, row.finished_at = ImportState.DISCARDED, now
            row.save_version("state", "finished_at", "rows", "faults", "answers")
    return row


def forget(entry: VisitImport) -> None:
    entry.rows, entry.faults, entry.answers = [], [], {}


# --- Writing --------------------------------------------------------------------------------
def plan(now: datetime) -> int:
    """Planner: carry out what is due, each import in one transaction; forget what nobody wrote."""
    written = 0
    due = VisitImport.objects.filter(state=ImportState.WAITING, due_at__lte=now).order_by("due_at", "id")
    for pk in list(due.values_list("pk", flat=True)[:3]):
        written += carry_out(pk, now=now)
    stale = VisitImport.objects.filter(
        state__in=[ImportState.PREVIEWED, ImportState.FAILED], uploaded_at__lt=now - FORGOTTEN_AFTER
    )
    for entry in stale[:20]:
        discard(entry, now=now)
    return written


def carry_out(pk: int, *, now: datetime) -> int:
    """Write one import, or say that it failed and write nothing. Somebody else's lock: theirs to do."""
    try:
        with transaction.atomic():
            waiting = VisitImport.objects.filter(pk=pk, state=ImportState.WAITING)
            entry = waiting.select_for_update(no_key=True, skip_locked=True, of=("self",)).first()
            return write(entry, now=now) if entry else 0
    except NumberTaken:
        # A desk opened a file with the same number meanwhile: the next look finds the customer.
        log.info("an import meets a number that was just written down", visit_import=pk)
    except NotReady as reason:
        fail(pk, str(reason.sentence), now=now)
    except Exception:
        log.exception("an import failed", visit_import=pk)
        fail(pk, "", now=now)
    return 0


def write(entry: VisitImport, *, now: datetime) -> int:
    """All rows without a fault that are not in the log; the others were left out on purpose."""
    preview = preview_of(entry, now=now)
    if {line.row for line in preview.of("fault")} - set(entry.answers.get("left_out", [])):
        raise NotReady("changed")
    by = User.objects.get(pk=entry.answers["by"])
    lines = [line for line in preview.lines if line.is_written]
    opened = open_files_of(lines, entry, by=by, now=now)
    rows = [visit_from(line, entry, line.customer or opened.get(line.same_as or line.row)) for line in lines]
    Visit.objects.bulk_create(rows)
    VisitEvent.objects.bulk_create(
        [
            VisitEvent(visit=row, actor=by, at=now, kind="imported", parameters={"import": entry.pk})
            for row in rows
        ]
    )
    counts = preview.counts
    entry.result = {
        "written": len(rows),
        "opened": counts["opens"],
        "known": counts["known"] + counts["same"],
        "left_out": counts["fault"],
        "duplicates": counts["duplicate"],
        "by": by.pk,
    }
    forget(entry)
    entry.state, entry.finished_at = ImportState.DONE, now
    entry.save_version("result", "rows", "faults", "answers", "state", "finished_at")
    log.info("visitor log imported", visit_import=entry.pk, branch=entry.branch.code, visits=len(rows))
    return len(rows)


def open_files_of(lines: list[Line], entry: VisitImport, *, by: User, now: datetime) -> dict[int, Customer]:
    """The new files, by the row that opens each."""
    new = [line for line in lines if line.opens_file]
    drafts = [
        FileDraft(
            owner=line.owner,
            kind="couple" if len(line.read.members) > 1 else "person",
            members=line.read.members,
            phone=line.read.phone,
            heard_from=line.read.fields["heard_from"],
        )
        for line in new
        if line.owner
    ]
    customers = open_files(drafts, branch=entry.branch, by=by, now=now)
    return dict(zip([line.row for line in new], customers, strict=True))


def fail(pk: int, why: str, *, now: datetime) -> None:
    """Nothing was written; the rows stay to be looked at once more."""
    with transaction.atomic():
        row = VisitImport.locked(pk)
        if row.state == ImportState.WAITING:
            row.state, row.finished_at, row.result = ImportState.FAILED, now, {"why": why}
            row.save_version("state", "finished_at", "result")


def look_again(entry: VisitImport, *, now: datetime) -> VisitImport:
    """After a failure: back to the preview, with the faults of today."""
    with transaction.atomic():
        row = VisitImport.locked(entry.pk)
        if row.state == ImportState.FAILED:
            row.state, row.finished_at, row.due_at, row.result = ImportState.PREVIEWED, None, None, {}
            keep_faults(row, now=now)
            row.save_version("state", "finished_at", "due_at", "result", "faults")
    return row
