"""What happened: a CSV file with the value of a figure in some of the periods of a forecast."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from funnelsim.metrics.names import Figure
from funnelsim.scenario import Place, Problem, ScenarioError
from funnelsim.scenario.dates import read_date
from funnelsim.scenario.problems import RefusedError, listed, near_miss, shown

MOST_BYTES = 10_000_000

DATES = ("date", "period")
"""What the column of dates may be called."""

VALUE = "value"
"""What the column of values is called, if not as the metric."""

SIGNED = ("growth", "lift")
"""Kinds of figures that can be below 0."""

_FIELD = re.compile(r'(?:^|,)("(?:[^"]|"")*"|[^,"]*)')
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,2})?")


class Actual(NamedTuple):
    """What a figure was in one period."""

    period: int
    """From 0."""
    value: float
    """In the unit of the metric; a share from 0 to 1."""


class _Cell(NamedTuple):
    text: str
    place: Place


def read_actuals(path: Path, figure: Figure, unit: str, edges: npt.NDArray[np.datetime64]) -> tuple[Actual, ...]:
    """Read what happened, one row for each period of which it is known.

    Parameters
    ----------
    path : Path
        A CSV file in UTF-8 with a header, of at most 10 MB. The column ``date`` (or ``period``) has any day of the
        period, as in 2026-01-31, ``value`` (or the name of the metric) the metric in the whole of it.
    figure : Figure
        The metric.
    unit : str
        Shares and percentages may be written with a percent sign.
    edges : array (K + 1,) of datetime64
        When each of the K periods begins, and the last one ends.

    Returns
    -------
    tuple of Actual
        By period.

    Raises
    ------
    ScenarioError
        With all that is wrong, each with its line and column: what is no date, number, or row; days before or after
        the run, two rows of one period, and values below 0 of what cannot be.
    """
    lines = _lines(path)
    dates, values, width = _columns(path, lines, figure)
    problems: list[Problem] = []
    found: dict[int, tuple[int, Actual]] = {}
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip(" ,\r"):
            continue
        cells = _cells(path, number, line)
        if len(cells) != width:
            number_of = f"{len(cells)} column{'s' * (len(cells) != 1)}"
            message = f"{number_of}, and the header has {width}; a text with a comma stands in quotes"
            problems.append(Problem(Place(str(path), number, 1), "", message))
            continue
        period = _read(problems, cells[dates], "date", lambda text: _period_of(text, edges))
        value = _read(problems, cells[values], "value", lambda text: read_amount(text, unit, figure))
        if period is not None and int(period) in found:
            message = (
                f"{shown(cells[dates].text)} lies in the period from {_day(edges[int(period)])}, of which line "
                f"{found[int(period)][0]} has a value; give each period one row"
            )
            problems.append(Problem(cells[dates].place, "date", message))
        elif period is not None:
            found[int(period)] = (number, Actual(int(period), np.nan if value is None else value))
    if not found and not problems:
        problems.append(Problem(Place(str(path), 2, 1), "", "there are no rows under the header"))
    if problems:
        raise ScenarioError(problems)
    return tuple(found[period][1] for period in sorted(found))


def _lines(path: Path) -> list[str]:
    """Return the lines of a file; refuse what cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise _refused(path, f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _refused(path, "is no CSV file in UTF-8; save it as CSV UTF-8") from None
    if len(content) > MOST_BYTES:
        raise _refused(path, f"is larger than {MOST_BYTES:_} bytes; give one row for each period")
    if not text.strip():
        raise _refused(path, "is empty; it starts with the header date,value")
    return text.splitlines()


def _refused(path: Path, message: str) -> ScenarioError:
    return ScenarioError([Problem(Place(str(path)), "", message)])


def _columns(path: Path, lines: Sequence[str], figure: Figure) -> tuple[int, int, int]:
    """Return where dates and values stand, and how many columns there are."""
    header, known = _cells(path, 1, lines[0]), (*DATES, VALUE, figure.name)
    problems = [
        Problem(cell.place, "", f"no column {shown(cell.text)} is read{near_miss(cell.text, known)}")
        for cell in header
        if cell.text not in known
    ]
    places = []
    for what, names in (("a date", DATES), ("a value", (VALUE, figure.name))):
        there = [number for number, cell in enumerate(header) if cell.text in names]
        places += there[:1]
        if len(there) != 1:
            have = "no column" if not there else "two columns"
            message = f"{have} with {what}: the header is {DATES[0]},{VALUE}, with commas between its columns"
            problems.append(Problem(Place(str(path), 1, 1), "", message))
    if problems:
        raise ScenarioError(problems)
    return places[0], places[1], len(header)


def _cells(path: Path, number: int, line: str) -> list[_Cell]:
    texts = next(csv.reader([line]), [])
    starts = [match.start(1) + 1 for match in _FIELD.finditer(line)]
    starts += [1] * (len(texts) - len(starts))  # quotes that are not closed
    return [_Cell(text.strip(), Place(str(path), number, start)) for text, start in zip(texts, starts, strict=False)]


def _read(problems: list[Problem], cell: _Cell, name: str, read: Callable[[str], float]) -> float | None:
    try:
        return read(cell.text)
    except RefusedError as error:
        problems.append(Problem(cell.place, name, str(error)))
        return None


def _period_of(text: str, edges: npt.NDArray[np.datetime64]) -> int:
    moment = np.datetime64(read_date(text or None), "ns")
    if not edges[0] <= moment < edges[-1]:
        last = _day(edges[-1] - np.timedelta64(1, "ms"))
        raise RefusedError(f"{shown(text)} is no day of the run, which is from {_day(edges[0])} to {last}")
    return int(np.searchsorted(edges, moment, side="right")) - 1


def _day(moment: np.datetime64) -> str:
    return str(moment.astype("datetime64[D]"))


def read_amount(text: str, unit: str, figure: Figure) -> float:
    """Read a number as people write it: ``1500``, ``1_500``, and of shares and percentages ``35%`` too.

    Raises
    ------
    RefusedError
        For what is no number in this unit, and what is below 0 where nothing can be.
    """
    is_share = unit in ("share", "%")
    plain = text.removesuffix("%").strip() if is_share else text
    if not _NUMBER.fullmatch(plain.replace("_", "")):
        forms = ["1500", "1_500", "0.35", *(["35%"] if is_share else [])]
        raise RefusedError(f"{shown(text or None)} is no number; write it as in {listed(forms)}")
    value = float(plain.replace("_", "")) / (100 if unit == "share" and text.endswith("%") else 1)
    if value < 0 and figure.definition.kind not in SIGNED:
        raise RefusedError(f"{shown(text)} is below 0, and {figure.name} cannot be")
    return value
