"""People, their days and their leads as text: ``4``, ``{2026-01-01: 8, 2026-07-01: 12}``, ``[sat, sun]``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from funnelsim.scenario.dates import read_date
from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.measures import PEOPLE, PRESENT
from funnelsim.scenario.problems import RefusedError, near_miss, read_each, shown
from funnelsim.scenario.quantities import Number, bounds
from funnelsim.scenario.tables import WEEKDAYS

PEOPLE_EXAMPLES = "4, {2026-01-01: 8, 2026-07-01: 12} or {anna: {}, ben: {pace: 1.2}}"


# ---------------------------------------------------------------- people
def names_people(raw: object) -> bool:
    """Say whether people are written by their names, rather than counted."""
    return isinstance(raw, Mapping) and bool(raw) and not {"uncertain", "dist"} & set(raw) and not is_schedule(raw)


def is_schedule(raw: object) -> bool:
    """Say whether people are written as a schedule: how many there are from each date on."""
    return isinstance(raw, Mapping) and any(str(key)[:1].isdigit() for key in raw)


def read_people(raw: object) -> Number | FrozenDict[str, Number]:
    """Read how many people there are, always or from each date on."""
    if isinstance(raw, Mapping) and is_schedule(raw):
        return _read_schedule(raw)
    if raw == {} or isinstance(raw, list | tuple):
        raise RefusedError(f"people are written like {PEOPLE_EXAMPLES}, not {shown(raw)}")
    return PEOPLE.number(raw)


def _read_schedule(raw: Mapping[str, Any]) -> FrozenDict[str, Number]:
    counts = read_each(_read_entry, ((date, (date, count)) for date, count in raw.items()))
    if not any(bounds(count)[1] > 0 for count in counts):
        raise RefusedError("nobody is ever there; name a date from which on somebody is")
    return FrozenDict(sorted(zip(raw, counts, strict=True), key=lambda entry: entry[0]))


def _read_entry(entry: tuple[str, Any]) -> Number:
    date, count = entry
    if not date[:1].isdigit():
        raise RefusedError(f"here people are counted by date, so that {shown(date)} cannot be named; name all or none")
    read_date(date)
    return PRESENT.number(count)


def write_people(people: Number | FrozenDict[str, Number]) -> Any:
    """Write how many people there are."""
    if isinstance(people, Mapping):
        return {date: PRESENT.write_number(number) for date, number in people.items()}
    return PEOPLE.write_number(people)


# ---------------------------------------------------------------- days off
def read_days_off(raw: object) -> tuple[str, ...]:
    """Read weekdays and dates; some weekday must be left to work on."""
    if not isinstance(raw, list | tuple):
        raise RefusedError(f"days off are a list such as [sat, sun, 2026-12-25], not {shown(raw)}")
    days = tuple(read_each(_read_day, enumerate(raw)))
    _refuse_repeated(days)
    if set(WEEKDAYS) <= set(days):
        raise RefusedError("with all seven weekdays off nobody ever works; leave one of them out")
    return days


def _refuse_repeated(names: tuple[str, ...]) -> None:
    for number, name in enumerate(names):
        if name in names[:number]:
            raise RefusedError(f"{shown(name)} stands here twice; name it once", number)


def _read_day(raw: object) -> str:
    if isinstance(raw, str) and raw[:1].isdigit():
        return read_date(raw).isoformat()
    if not isinstance(raw, str) or raw not in WEEKDAYS:
        hint = near_miss(str(raw)[:3], WEEKDAYS) if isinstance(raw, str) else ""
        raise RefusedError(f"no weekday {shown(raw)}{hint}; write mon to sun, or a date such as 2026-12-25")
    return raw


# ---------------------------------------------------------------- rules of assignment
def read_some(raw: object) -> tuple[str, ...]:
    """Read one name or a list of names."""
    names = raw if isinstance(raw, list | tuple) else (raw,)
    for number, name in enumerate(names):
        if not isinstance(name, str):
            within = (number,) if names is raw else ()
            raise RefusedError(f"a name or a list of names is needed, such as [anna, ben], not {shown(name)}", *within)
    _refuse_repeated(tuple(names))
    return tuple(names)


def write_some(names: tuple[str, ...]) -> Any:
    """Write names; a single one without a list."""
    return names[0] if len(names) == 1 else names
