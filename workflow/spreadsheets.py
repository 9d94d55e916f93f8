"""Spreadsheets (.xlsx) read with distrust; `studio.foundation.spreadsheets` writes them."""

import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from io import BytesIO
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import load_workbook

from studio.foundation.plain_text import clean_lines

MOST_BYTES = 2 * 1024 * 1024
MOST_ROWS = 2000
MOST_COLUMNS = 40
MOST_UNPACKED = 24 * 1024 * 1024
MOST_PARTS = 200
LONGEST_CELL = 4000
LAST_ROW = 1_048_576
"""The last row that a spreadsheet can have: a file that claims more is not one."""
BROKEN = gettext_lazy("This file cannot be read. Open it, save it again as .xlsx, and try once more.")


class Unreadable(Exception):
    """The file cannot be taken; the sentence says what to do."""

    def __init__(self, sentence: object) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


# --- Reading --------------------------------------------------------------------------------
def read(content: bytes) -> list[tuple[int, list[str]]]:
    """The rows of the first sheet that have anything in them, each with its number, cells as text.

    `Unreadable` for what is too large, no spreadsheet, locked, broken, or packed to burst.
    """
    check_package(content)
    try:
        book = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
        try:
            sheet = book.worksheets[0]
            # What a file says of its own extent is often wrong.
            sheet.reset_dimensions()
            rows = sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True)
            return kept(rows)
        finally:
            book.close()
    except Unreadable:
        raise
    except Exception as error:
        # Whatever a broken or hostile file sets off in the reader, the sentence is the same.
        raise Unreadable(BROKEN) from error


def check_package(content: bytes) -> None:
    """An .xlsx file is a zip of XML parts. What it says of its own size is all that is ever unpacked."""
    if len(content) > MOST_BYTES:
        raise Unreadable(_("This file is larger than 2 MB. Split it by months or years."))
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(
            _("This file is locked, or in the old .xls format. Save it as .xlsx without a password.")
        )
    try:
        with zipfile.ZipFile(BytesIO(content)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise Unreadable(_("This is no spreadsheet in the .xlsx format.")) from None
    if not any(part.filename == "[Content_Types].xml" for part in parts):
        raise Unreadable(_("This is no spreadsheet in the .xlsx format."))
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Unreadable(_("There is too much in this file. Keep only the sheet with the log."))


def kept(rows: Iterable[Sequence[Any]]) -> list[tuple[int, list[str]]]:
    found: list[tuple[int, list[str]]] = []
    for number, row in enumerate(islice(rows, LAST_ROW + 1), start=1):
        if number > LAST_ROW:
            raise Unreadable(BROKEN)
        if not row:
            continue
        cells = [text_of(value) for value in row]
        if not any(cells):
            continue
        # The heading is a row more.
        if len(found) > MOST_ROWS:
            raise Unreadable(
                _("This file has more than %(most)d rows. Split it by months or years.") % {"most": MOST_ROWS}
            )
        found.append((number, cells))
    return found


def text_of(value: Any) -> str:
    """A cell as somebody would have typed it: a number without its “.0”, a day as 2026-05-16."""
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value)
    if isinstance(value, datetime):
        whole_day = value.time() == time()
        return value.date().isoformat() if whole_day else value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, timedelta):
        minutes = int(value.total_seconds() // 60) % (24 * 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e18:
        return str(int(value))
    return clean_lines(str(value)[: LONGEST_CELL + 1])
