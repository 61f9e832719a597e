"""Leads that are open at the start, one by one, as a CRM shows them: what is known of each, as a line of text.

In a scenario they are a text of comma-separated lines without the ids of the CRM. In their place stands a key that is
hashed from the id: it decides the luck of the lead, and says nothing of whom it is of to those who do not know the id.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from funnelsim.scenario.measures import COUNT, MONEY, Unread
from funnelsim.scenario.problems import Finding, RefusedError, listed, near_miss, read_each, shown
from funnelsim.scenario.units import TICKS_PER_DAY, in_text, write_decimal

MOST_BYTES = 900_000
"""How long the text of all leads may be, so that a resolved scenario can be read again."""

MOST_DAYS = 36_525
"""How long before the start a lead was created at most: 100 years."""

_KEY_DIGITS = 16


@dataclass(frozen=True)
class OpenLead:
    """A lead that is open at the start; what is None is drawn.

    Attributes
    ----------
    key : str
        16 hexadecimal digits, hashed from its id.
    stage : str
    created, entered : int
        Ticks since its creation and since it came to its stage.
    channel, segment, owner : str or None
        Without a channel it is of the one that the backlog names.
    value : int or None
        In ten-thousandths.
    touches : int or None
    """

    key: str
    stage: str
    created: int = 0
    entered: int = 0
    channel: str | None = None
    segment: str | None = None
    owner: str | None = None
    value: int | None = None
    touches: int | None = None


def key_of(identity: str) -> str:
    """Return the key of a lead: BLAKE2b (RFC 7693) of its id in UTF-8, 8 bytes read as a little-endian number."""
    number = int.from_bytes(blake2b(identity.encode(), digest_size=8).digest(), "little")
    return f"{number:0{_KEY_DIGITS}x}"


# ---------------------------------------------------------------- cells
def _read_days(text: str) -> int:
    try:
        days = Decimal(text)
    except InvalidOperation:
        days = Decimal("NaN")
    if not days.is_finite():
        raise RefusedError(f"write a number of days, such as 12 or 3.5, not {shown(text)}")
    if not 0 <= days <= MOST_DAYS:
        raise RefusedError(f"a number of days lies between 0 and {MOST_DAYS:_}, and {shown(text)} does not")
    return int((days * TICKS_PER_DAY).to_integral_value(ROUND_HALF_UP))


def _write_days(ticks: int) -> str:
    return write_decimal((Decimal(ticks) / TICKS_PER_DAY).quantize(Decimal("1e-9")).normalize())


def _read_key(text: str) -> str:
    if len(text) != _KEY_DIGITS or not set(text) <= set("0123456789abcdef"):
        raise RefusedError(f"a key has {_KEY_DIGITS} hexadecimal digits, as 'funnelsim show --resolved' writes them")
    return text


_READ: dict[str, Callable[[str], Any]] = {
    "key": _read_key,
    "stage": str,
    "days_since_creation": _read_days,
    "days_in_stage": _read_days,
    "channel": str,
    "segment": str,
    "owner": str,
    "value": lambda text: int(MONEY.fixed(text)),
    "touches": lambda text: int(COUNT.fixed(text)),
}
"""How the cells of each column are read, in the order of the fields of `OpenLead`."""

_WRITE: dict[str, Callable[[Any], str]] = {
    "days_since_creation": _write_days,
    "days_in_stage": _write_days,
    "value": lambda units: in_text(MONEY.write(units)),
}
"""How they are written, where they are no texts and no whole numbers."""

COLUMNS = tuple(_READ)
"""Columns of the text; in a file `id` stands in the place of `key`."""

_FIELDS = dict(zip(COLUMNS, (field.name for field in fields(OpenLead)), strict=True))


def lead_of(cells: Mapping[str, str]) -> OpenLead:
    """Make a lead of the cells of a line.

    Parameters
    ----------
    cells : mapping of str to str
        By column, those with text in them.

    Raises
    ------
    RefusedError
        With all that is wrong, each with the column.
    """
    columns = dict.fromkeys(("key", "stage", *cells))
    values = read_each(lambda column: _read(column, cells.get(column)), ((column, column) for column in columns))
    known = {_FIELDS[column]: value for column, value in zip(columns, values, strict=True)}
    known.setdefault("created", known.get("entered", 0))
    if known.get("entered", 0) > known["created"]:
        in_stage, old = cells["days_in_stage"], cells["days_since_creation"]
        message = f"{in_stage} days in its stage are more than the {old} days since its creation; mend one of them"
        raise RefusedError(message, "days_in_stage")
    return OpenLead(**known)


def _read(column: str, text: str | None) -> Any:
    if text is None:
        raise RefusedError(f"every lead needs {'an id' if column == 'key' else f'a {column}'}; here is none")
    return _READ[column](text)


# ---------------------------------------------------------------- all leads
def read_leads(raw: object) -> tuple[OpenLead, ...]:
    """Read the text of all leads; those of a text that could not be read from its file are none."""
    if isinstance(raw, Unread):
        return ()
    if not isinstance(raw, str):
        raise RefusedError(
            "the leads of a backlog are a text of comma-separated lines, as 'funnelsim show --resolved' writes them; "
            f"to read them from a file write {{file: pipeline.csv}}, not {shown(raw)}"
        )
    return _read_text(raw)


@lru_cache(maxsize=8)
def _read_text(text: str) -> tuple[OpenLead, ...]:
    header, *rows = list(csv.reader(text.splitlines())) or [[]]
    if unknown := [column for column in header if column not in COLUMNS]:
        raise RefusedError(f"no column {shown(unknown[0])}{near_miss(unknown[0], COLUMNS, 'columns')}")
    leads, findings = [], list[Finding]()
    for number, row in enumerate(rows, 2):
        try:
            leads.append(lead_of({column: cell for column, cell in zip(header, row, strict=False) if cell}))
        except RefusedError as fault:
            findings += [((), f"line {number}: {listed(map(str, way))}: {said}") for way, said in fault.findings]
    if findings:
        raise RefusedError.of(findings)
    if len({lead.key for lead in leads}) < len(leads):
        raise RefusedError("two leads have one key; a lead stands there once")
    return tuple(sorted(leads, key=lambda lead: lead.key))


@lru_cache(maxsize=8)
def write_leads(leads: tuple[OpenLead, ...]) -> str:
    """Write leads as text, by key, with the columns in which anything stands."""
    found = [column for column in COLUMNS if _is_needed(column, leads)]
    lines = (",".join(_cell(column, getattr(lead, _FIELDS[column])) for column in found) for lead in leads)
    return "".join(f"{line}\n" for line in (",".join(found), *lines))


def _is_needed(column: str, leads: Iterable[OpenLead]) -> bool:
    empty = 0 if column.startswith("days_") else None
    return column in ("key", "stage") or any(getattr(lead, _FIELDS[column]) != empty for lead in leads)


def _cell(column: str, value: Any) -> str:
    return "" if value is None else _WRITE.get(column, str)(value)
