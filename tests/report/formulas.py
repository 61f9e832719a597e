"""Recalculates the formulas of a workbook, so that tests can hold the values beside them to account."""

from __future__ import annotations

import io
import math
import re
from functools import cached_property
from typing import Any

import numpy as np
import openpyxl
from openpyxl.utils import range_boundaries

REFERENCE = re.compile(r"(?:('(?:[^']|'')*'|[^\W\d]\w*)!)?([A-Z]{1,3}\d+)(?::([A-Z]{1,3}\d+))?(?![\w(])")


class Text(float):
    """A cell with text, or with nothing: no number, but equal to the same text."""

    text: str

    def __new__(cls, text: str) -> Text:
        value = super().__new__(cls, math.nan)
        value.text = text
        return value


class Recalculated:
    """A workbook whose formulas are worked out from the numbers in it, whatever values are kept beside them."""

    def __init__(self, content: bytes) -> None:
        self.formulas = openpyxl.load_workbook(io.BytesIO(content))
        self.kept = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
        self._known: dict[tuple[str, str], Any] = {}

    @cached_property
    def cells(self) -> list[tuple[str, str]]:
        """Sheet and address of every formula."""
        return [
            (sheet.title, cell.coordinate)
            for sheet in self.formulas
            for row in sheet.iter_rows()
            for cell in row
            if cell.data_type == "f"
        ]

    def value(self, sheet: str, address: str) -> Any:
        """Return a number, True or False, or `Text`."""
        if (sheet, address) not in self._known:
            self._known[sheet, address] = self._worked_out(sheet, address)
        return self._known[sheet, address]

    def _worked_out(self, sheet: str, address: str) -> Any:
        cell = self.formulas[sheet][address]
        if cell.data_type != "f":
            if isinstance(cell.value, bool):
                return cell.value
            return np.float64(cell.value) if isinstance(cell.value, int | float) else Text(str(cell.value or ""))

        def reference(match: re.Match[str]) -> str:
            there = match[1].strip("'").replace("''", "'") if match[1] else sheet
            return f"cells({there!r}, {match[2]!r}, {match[3] or match[2]!r})"

        text = re.sub(r"(?<![<>])=", "==", REFERENCE.sub(reference, cell.value[1:]).replace("<>", "!="))
        with np.errstate(all="ignore"):
            names = {**FUNCTIONS, "cells": self._range}
            found = eval(text, {"__builtins__": {}}, names)
        found = found[0] if isinstance(found, list) else found
        if isinstance(found, str):
            return Text(found)
        return found if isinstance(found, Text | bool | np.bool_) else np.float64(found)

    def _range(self, sheet: str, first: str, last: str) -> Any:
        left, top, right, bottom = range_boundaries(f"{first}:{last}")
        found = [
            self.value(sheet, self.formulas[sheet].cell(row, column).coordinate)
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        ]
        return found if len(found) > 1 else found[0]


def flat(values: tuple[Any, ...]) -> list[Any]:
    return [item for value in values for item in (value if isinstance(value, list) else [value])]


FUNCTIONS = {
    "IF": lambda test, one, other: one if test else other,
    "SUM": lambda *values: math.fsum(value for value in flat(values) if not isinstance(value, Text)),
    "COUNT": lambda *values: sum(not isinstance(value, Text | bool) for value in flat(values)),
    "AND": lambda *values: all(flat(values)),
    "NOT": lambda value: not value,
    "EXACT": lambda one, other: getattr(one, "text", one) == getattr(other, "text", other),
    "ABS": abs,
    "MAX": lambda *values: max(flat(values)),
    "TRUE": True,
    "FALSE": False,
}
"""The functions that our formulas use, as spreadsheets know them."""
