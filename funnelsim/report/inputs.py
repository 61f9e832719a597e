"""Every parameter of a scenario as it was run: its path, its value, its unit, and how it is written in a file."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel

from funnelsim.scenario import kinds
from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.models import Scenario
from funnelsim.scenario.paths import format_path
from funnelsim.scenario.structure import field_names
from funnelsim.scenario.units import NUMERAL
from funnelsim.scenario.writing import write_scalar, write_value

if TYPE_CHECKING:
    import pandas as pd

MONEY = (kinds.MONEY, kinds.MONEY_FLOW, kinds.SALARY, kinds.VALUE)
LEADS = (kinds.LEADS_FLOW, kinds.COUNT, kinds.LIMIT)

TIMES = {
    "ms": "milliseconds",
    "s": "seconds",
    "min": "minutes",
    "h": "hours",
    "d": "days",
    "week": "weeks",
    "month": "months",
    "quarter": "quarters",
    "year": "years",
    "weeks": "weeks",
    "months": "months",
    "quarters": "quarters",
    "years": "years",
}
"""What lengths of time are called, by how they are written."""

_QUANTITY = re.compile(rf"({NUMERAL})\s*(%|[a-z]+)?(?: per (.+))?")


class Input(NamedTuple):
    """A parameter of a scenario."""

    path: str
    """As in ``--set``."""
    value: float | str
    """A number in its unit; text where it is none; empty where nothing is set."""
    unit: str
    written: str
    """As it stands in a file, and after ``--set path=``."""


def inputs(scenario: Scenario) -> pd.DataFrame:
    """Return every parameter of a scenario, those that were not written with their defaults; variants are left out.

    Returns
    -------
    DataFrame
        `path`, `value`, `unit` and `written`, in the order of the resolved file. Shares are in parts of 1.
    """
    import pandas as pd

    data = {name: value for name, value in scenario.data().items() if name != "variants"}
    rows = list(_inputs(data, (), Scenario, scenario.currency))
    return pd.DataFrame({field: [getattr(row, field) for row in rows] for field in Input._fields}, dtype=object)


def _inputs(value: Any, path: tuple[str, ...], told: Any, currency: str) -> Iterator[Input]:
    """Yield what stands below a path; `told` is the annotation of its values."""
    if isinstance(value, Mapping) and value:
        for name, below in value.items():
            yield from _inputs(below, (*path, str(name)), _below(told, str(name)), currency)
    elif isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
        names = [_item_name(item, place, value) for place, item in enumerate(value)]
        for name, item in zip(names, value, strict=True):
            yield from _inputs(item, (*path, name), _below(told, name), currency)
    else:
        yield Input(format_path(path), *_measured(value, told, currency), write_value(value))


def _item_name(item: Any, place: int, items: Any) -> str:
    """Name an item of a list: a change by its date where that is the only one of it, others by their numbers."""
    dates = [other.get("from") if isinstance(other, Mapping) else None for other in items]
    date = dates[place]
    return str(date) if isinstance(date, str) and dates.count(date) == 1 else str(place)


def _measured(value: Any, told: Any, currency: str) -> tuple[float | str, str]:
    """Return a value as a number and its unit; text as it is."""
    if value is None:
        return "", ""
    if isinstance(value, bool):
        return write_scalar(value), ""
    what = currency if told in MONEY else "leads" if told in LEADS else ""
    if isinstance(value, int | float):
        return float(value), what
    if not isinstance(value, str) or not isinstance(told, kinds.Kind):
        return value if isinstance(value, str) else write_value(value), what
    match = _QUANTITY.fullmatch(value)
    unit = match[2] or "" if match else ""
    if match is None or unit not in ("", "%", *TIMES):
        return value, what
    number = float(match[1].replace("_", ""))
    if unit == "%":
        return round(number / 100, 15), "share"
    of = TIMES.get(unit, what)
    return number, f"{of} per {match[3]}".strip() if match[3] else of


# ---------------------------------------------------------------- what values are
def _below(told: Any, name: str) -> Any:
    """Return the annotation, or the kind, of what stands under a name."""
    if isinstance(told, _Named):
        return told.item
    if not isinstance(told, type) or not issubclass(told, BaseModel):
        return told  # inside a value, whose kind it is of
    attribute = field_names(told).get(name)
    if attribute is None:
        return None
    info = told.model_fields[attribute]
    return _kind(info.annotation, tuple(info.metadata))


def _kind(annotation: Any, metadata: tuple[Any, ...] = ()) -> Any:
    """Return the kind by which a field is read, or the model of its parts."""
    kind = next((mark for mark in metadata if isinstance(mark, kinds.Kind)), None)
    if kind is not None:
        return kind
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(args[0], args[1:])
    if origin in (Union, types.UnionType):
        return next((kind for kind in map(_kind, args) if kind is not None), None)
    if origin in (FrozenDict, dict):
        return _Named(_kind(args[1]))
    if origin is tuple:
        return _Named(_kind(args[0]))
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


class _Named(NamedTuple):
    """Items by name, or in a list."""

    item: Any
