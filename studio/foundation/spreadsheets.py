"""Spreadsheets (.xlsx) written so that nothing in them is taken for a formula."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.http import HttpResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
FORMATS = {datetime: "yyyy-mm-dd hh:mm", date: "yyyy-mm-dd", time: "hh:mm", Decimal: "#,##0.00"}
FILE_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def download(content: bytes, name: str) -> HttpResponse:
    """The workbook as a file of this name (plain letters), kept by nobody on the way."""
    answer = HttpResponse(content, content_type=FILE_KIND)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def write(title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]], widths: Sequence[int]) -> bytes:
    """A workbook of one sheet: bold heading that stays in sight, real days and times, text as text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    bold = Font(bold=True)
    top = [cell_of(sheet, heading) for heading in headings]
    for cell in top:
        cell.font = bold
    sheet.append(top)
    for row in rows:
        sheet.append([cell_of(sheet, value) for value in row])
    kept_in = BytesIO()
    book.save(kept_in)
    return kept_in.getvalue()


def cell_of(sheet: Any, value: Any) -> Any:
    """Text that begins like a formula stays text, also after somebody has edited the cell."""
    if isinstance(value, str):
        cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
        cell.data_type = "s"
        if value.startswith(FORMULA_STARTS):
            cell.quotePrefix = True
        return cell
    cell = WriteOnlyCell(sheet, value)
    for kind, pattern in FORMATS.items():
        if isinstance(value, kind):
            cell.number_format = pattern
            break
    return cell
