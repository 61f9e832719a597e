"""A workbook (xlsx) of plain cells: text is never read as a formula, an address or a number, and bytes do not vary."""

from __future__ import annotations

import datetime as dt
import importlib.util
import io
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from funnelsim.report.cells import Cell, Formula, Value

if TYPE_CHECKING:
    import pandas as pd

MADE = dt.datetime(2000, 1, 1)
"""When every workbook says that it was made, so that the same run gives the same bytes."""

OPTIONS = {
    "in_memory": True,  # with fixed times in the archive, and nothing left on the disk
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
LONGEST_TEXT = 32_767
LONGEST_NAME = 31
MISSING = "a workbook needs xlsxwriter, which is not installed here; install funnelsim[xlsx]"

DATE = "yyyy-mm-dd"
PLAIN = "General"
WIDEST = 60


def is_installed() -> bool:
    """Say whether workbooks can be written here."""
    return importlib.util.find_spec("xlsxwriter") is not None


def number_format(unit: str, currency: str = "") -> str:
    """Return the number format of a unit: money with its currency, shares in percent.

    Parameters
    ----------
    unit : str
        Such as ``share``, ``leads`` or ``CNY per SQL``.
    currency : str
        What money is called; a text that is no short word or sign is left out of the numbers.
    """
    if unit == "share":
        return "0.0%"
    if unit == "%":
        return '0.0"%"'
    if currency and (unit == currency or unit.startswith((f"{currency} per ", f"{currency}/"))):
        sign = re.fullmatch(r"[^\W\d_]{1,5}|[$¢£¥\u20a0-\u20cf]", currency)
        return f"[${currency}] #,##0.00" if sign else "#,##0.00"
    if unit == "date":
        return DATE
    return PLAIN if unit in ("text", "") else "#,##0.00"


class Book:
    """A workbook that is being written.

    Parameters
    ----------
    currency : str
        Units that are this, or something per something, are money.

    Raises
    ------
    ImportError
        Without xlsxwriter.
    """

    def __init__(self, currency: str = "") -> None:
        if not is_installed():
            raise ImportError(MISSING)
        import xlsxwriter

        self.currency = currency
        self._bytes = io.BytesIO()
        self.workbook: Any = xlsxwriter.Workbook(self._bytes, OPTIONS)
        self.workbook.set_properties({"created": MADE})
        self.workbook.set_calc_mode("auto")
        self._formats: dict[tuple[str, str], Any] = {}
        self._names: set[str] = set()

    def sheet(self, name: str) -> Sheet:
        """Add a sheet; of a name that cannot be had the nearest is taken."""
        clear = re.sub(r"[\[\]:*?/\\\x00-\x1f]", "_", name).strip("' ") or "sheet"
        taken, number = clear[:LONGEST_NAME].strip("' "), 1
        while taken.casefold() in {*self._names, "history"}:
            number += 1
            taken = f"{clear[: LONGEST_NAME - len(f' {number}')]} {number}"
        self._names.add(taken.casefold())
        return Sheet(self, self.workbook.add_worksheet(taken), taken)

    def format(self, number: str = PLAIN, style: str = "") -> Any:
        """Return a format; `style` is one of `STYLES`."""
        key = (number, style)
        if key not in self._formats:
            self._formats[key] = self.workbook.add_format({"num_format": number, "valign": "top", **STYLES[style]})
        return self._formats[key]

    def close(self) -> bytes:
        """Return the workbook as it stands in a file."""
        self.workbook.close()
        return self._bytes.getvalue()


STYLES: dict[str, dict[str, Any]] = {
    "": {},
    "title": {"bold": True, "font_size": 14},
    "head": {"bold": True, "bottom": 1, "bg_color": "#E4E4E4", "text_wrap": True},
    "note": {"italic": True, "font_color": "#444444"},
    "live": {"bg_color": "#F3F6FA"},
    "left": {"align": "left"},
    "long": {"text_wrap": True},
}
"""Formulas stand on a ground of their own, so that they are known from what was simulated."""


class Sheet:
    """A sheet of a workbook that is being written, with what is needed to refer to its cells."""

    def __init__(self, book: Book, worksheet: Any, name: str) -> None:
        self.book, self.worksheet, self.name = book, worksheet, name

    def put(self, row: int, column: int, value: Any, unit: str = "", style: str = "") -> Cell:
        """Write a value or a formula, in the format of its unit; nothing where there is no value."""
        if isinstance(value, Formula):
            form = self.book.format(number_format(unit, self.book.currency), style or "live")
            self.worksheet.write_formula(row, column, value.text, form, value.value)
            return Cell(self.name, row, column, value.value)
        return Cell(self.name, row, column, self._plain(row, column, value, unit, style))

    def _plain(self, row: int, column: int, value: Any, unit: str, style: str) -> Value:
        if isinstance(value, dt.date):
            moment = value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
            self.worksheet.write_datetime(row, column, moment, self.book.format(DATE, style))
            return moment.isoformat()
        if isinstance(value, bool):
            self.worksheet.write_boolean(row, column, value, self.book.format(PLAIN, style))
            return value
        if isinstance(value, int | float):
            if not math.isfinite(value):
                return ""
            form = self.book.format(number_format(unit, self.book.currency), style)
            self.worksheet.write_number(row, column, value, form)
            return float(value)
        text = str(value)
        text = text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
        self.worksheet.write_string(row, column, text, self.book.format(PLAIN, style))
        return text

    def heads(self, row: int, names: Sequence[Any], column: int = 0) -> None:
        """Write the heads of columns."""
        for place, name in enumerate(names, start=column):
            self.put(row, place, name, style="head")

    def frame(self, rows: int, columns: int, widths: Sequence[float]) -> None:
        """Keep rows and columns in sight while the rest moves, and set the widths of columns."""
        self.worksheet.freeze_panes(rows, columns)
        for place, width in enumerate(widths):
            self.worksheet.set_column(place, place, width)
        self.worksheet.set_landscape()
        self.worksheet.fit_to_pages(1, 0)


def lay(book: Book, name: str, table: pd.DataFrame, row: int = 0, notes: Sequence[str] = ()) -> Sheet:
    """Lay a table out as a sheet.

    Parameters
    ----------
    book : Book
    name : str
    table : DataFrame
        Numbers are written in the format of their unit: that of the row where there is a column `unit`, else that of
        the column where ``table.attrs["units"]`` (a dict) names one. Columns of dates become dates.
    row : int
        Where the heads stand; above them there is room for `notes`.
    notes : sequence of str

    Returns
    -------
    Sheet
    """
    sheet = book.sheet(name)
    row = max(row, len(notes))
    for place, note in enumerate(notes):
        sheet.put(place, 0, note, style="note")
    sheet.heads(row, list(table.columns))
    units = table.attrs.get("units", {})
    records = table.to_dict("records")
    for below, record in enumerate(records, start=row + 1):
        for column, (head, value) in enumerate(record.items()):
            unit = str(units.get(head, COLUMN_UNITS.get(str(head), record.get("unit", ""))))
            style = "long" if isinstance(value, str) and len(value) > WIDEST else ""
            sheet.put(below, column, _cell(value), unit, style)
    sheet.frame(row + 1, 1, [_width(str(head), [record[head] for record in records]) for head in table.columns])
    if records:
        sheet.worksheet.autofilter(row, 0, row + len(records), len(table.columns) - 1)
    return sheet


COLUMN_UNITS = {
    "empty": "text",
    "relative": "share",
    "probability_larger": "share",
    "probability_positive": "share",
}
"""The units of columns that do not share that of their row."""


def _cell(value: Any) -> Any:
    """Return a value of a table as a cell has it."""
    if value is None:
        return ""
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime()
    return value.item() if hasattr(value, "item") else value


def _width(head: str, values: Sequence[Any]) -> float:
    longest = max((len(str(value)) if isinstance(value, str) else 12 for value in values), default=0)
    return min(max(len(head), longest) + 2, WIDEST)
