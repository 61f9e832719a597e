"""Kinds of fields: how pydantic reads and writes the values of a scenario.

A `Kind` stands in the annotation of a field, beside the Python type of what it reads:
``after: Annotated[Luck, WAIT]``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from funnelsim.scenario import luck, measures, schemas, tables, units
from funnelsim.scenario.frozen import FrozenDict, freeze
from funnelsim.scenario.measures import Measure
from funnelsim.scenario.paths import format_path, parse_path
from funnelsim.scenario.problems import RefusedError, read_each, shown
from funnelsim.scenario.quantities import Number, Span

FAULT = "fault"
"""The type of the pydantic errors whose text is already a message of ours."""


@dataclass(frozen=True)
class Kind:
    """Reads a value from what stands in a file, and writes it back.

    Attributes
    ----------
    read : callable
        From plain data to the value; raises RefusedError.
    write : callable
        From the value to plain data, in its canonical form.
    schema : mapping
        The JSON Schema of what is accepted.
    """

    read: Callable[[Any], Any]
    write: Callable[[Any], Any]
    schema: Mapping[str, Any] = field(compare=False)

    def validate(self, raw: Any) -> Any:
        """Read a value; a RefusedError becomes a validation error that says where inside the value it is."""
        try:
            return self.read(raw)
        except RefusedError as fault:
            details = [
                InitErrorDetails(type=PydanticCustomError(FAULT, "{text}", {"text": message}), loc=within, input=raw)
                for within, message in fault.findings
            ]
        raise ValidationError.from_exception_data("value", details)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        written = core_schema.plain_serializer_function_ser_schema(self.write)
        return core_schema.no_info_plain_validator_function(self.validate, serialization=written)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self.schema)


def _or_word(words: tuple[str, ...], read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda raw: raw if isinstance(raw, str) and raw in words else read(raw)


def _unless_word(write: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: value if isinstance(value, str) else write(value)


def _number(measure: Measure, *words: str) -> Kind:
    schema = schemas.either(schemas.number(measure), *schemas.words(words))
    return Kind(_or_word(words, measure.number), _unless_word(measure.write_number), schema)


def _luck(measure: luck.LuckMeasure, *words: str) -> Kind:
    schema = schemas.either(schemas.luck(measure), *schemas.words(words))
    return Kind(_or_word(words, measure.read), _unless_word(measure.write), schema)


# ---------------------------------------------------------------- numbers and luck
SHARE = _number(measures.SHARE)
ODDS = _number(measures.ODDS)
COUNT = _number(measures.COUNT)
TIMES = _number(measures.TIMES)
ATTEMPTS = _number(measures.TIMES, "auto", "unlimited")
LIFETIME = _number(measures.TIMES, "unlimited")
MONEY = _number(measures.MONEY)
WAIT = _luck(luck.WAIT)
WAIT_OR_CADENCE = _luck(luck.WAIT, "cadence")
GAP = _luck(luck.GAP)
AGE = _luck(luck.AGE)
VALUE = _luck(luck.VALUE)
CHANCE = Kind(tables.read_chance, tables.write_chance, schemas.chance())
LEADS_FLOW = Kind(tables.LEADS_FLOW.read, tables.LEADS_FLOW.write, schemas.flow(tables.LEADS_FLOW))
MONEY_FLOW = Kind(tables.MONEY_FLOW.read, tables.MONEY_FLOW.write, schemas.flow(tables.MONEY_FLOW))


def _read_odds_list(raw: object) -> tuple[Number, ...]:
    return () if raw in ((), []) else tables.read_numbers(raw, measures.ODDS, "[1, 0.8]")


def _write_odds_list(odds: tuple[Number, ...]) -> Any:
    return tuple(measures.ODDS.write_number(number) for number in odds)


ODDS_LIST = Kind(_read_odds_list, _write_odds_list, schemas.listing(schemas.number(measures.ODDS)))


def _season(names: tuple[str, ...]) -> Kind:
    def write(factors: tuple[float, ...]) -> Any:
        return dict(zip(names, map(units.write_amount, factors), strict=False))

    return Kind(lambda raw: tables.read_factors(raw, names), write, schemas.season(names))


MONTHS = _season(tables.MONTHS)
WEEKDAYS = _season(tables.WEEKDAYS)


# ---------------------------------------------------------------- the calendar
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
FIRST_YEAR, LAST_YEAR = 1900, 2999
MOST_YEARS = 100


def read_date(raw: object) -> dt.date:
    """Read ``2026-01-31``."""
    match = _DATE.fullmatch(raw) if isinstance(raw, str) else None
    if match is None:
        raise RefusedError(f"a date is written 2026-01-31, not {shown(raw)}")
    try:
        date = dt.date(*map(int, match.groups()))
    except ValueError as error:
        raise RefusedError(f"no such date {shown(raw)}: {error}") from None
    if not FIRST_YEAR <= date.year <= LAST_YEAR:
        raise RefusedError(f"a date lies between the years {FIRST_YEAR} and {LAST_YEAR}, not {shown(raw)}")
    return date


def _read_horizon(raw: object) -> Span:
    span = _bounded(units.read_span(raw), raw)
    if span.count <= 0:
        raise RefusedError(f"the horizon is longer than nothing, not {shown(raw)}; write 12 months or 30d")
    return span


def _read_warm_up(raw: object) -> Span:
    span = _bounded(units.read_span(raw), raw)
    if span.count < 0:
        raise RefusedError(f"the warm-up is not negative, as {shown(raw)} is; write 3 months, or none")
    if span.unit == "tick" and span.count % units.TICKS_PER_DAY:
        raise RefusedError(f"the warm-up is whole days, since a run starts at midnight, not {shown(raw)}")
    return span


def _bounded(span: Span, raw: object) -> Span:
    ticks = span.count * (units.TICKS[span.unit] if span.unit != "tick" else 1)
    if ticks > MOST_YEARS * units.TICKS["year"]:
        raise RefusedError(f"{shown(raw)} is longer than {MOST_YEARS} years; a run is shorter")
    return span


def _read_ticks(raw: object) -> int:
    ticks = int(measures.DURATION.fixed(raw))
    if ticks == 0:
        raise RefusedError(f"a duration above 0 is needed here, not {shown(raw)}; write 30d")
    return ticks


DATE = Kind(read_date, dt.date.isoformat, schemas.DATE)
HORIZON = Kind(_read_horizon, units.write_span, schemas.SPAN)
WARM_UP = Kind(_read_warm_up, units.write_span, schemas.either(schemas.SPAN, *schemas.words(("none",))))
PERIOD = Kind(tables.read_period, units.write_period, schemas.SPAN)
TICKS = Kind(_read_ticks, units.write_duration, schemas.DURATION)
TICKS_OR_MONTH = Kind(
    _or_word(("month",), _read_ticks),
    _unless_word(units.write_duration),
    schemas.either(schemas.DURATION, *schemas.words(("month",))),
)


# ---------------------------------------------------------------- settings of changes and variants
def _read_settings(raw: object) -> FrozenDict[str, Any]:
    if not isinstance(raw, Mapping) or not raw:
        raise RefusedError(
            f"settings map paths to values, such as {{tracks.reactivation.cadence: 14d}}; here stands {shown(raw)}"
        )
    parsed = read_each(lambda name: format_path(parse_path(name)), ((name, name) for name in raw))
    return FrozenDict({path: freeze(value) for path, value in zip(parsed, raw.values(), strict=True)})


def thaw(data: Any) -> Any:
    """Turn frozen data back into plain dicts and tuples."""
    if isinstance(data, Mapping):
        return {name: thaw(value) for name, value in data.items()}
    return tuple(thaw(value) for value in data) if isinstance(data, tuple) else data


SETTINGS = Kind(_read_settings, thaw, {"type": "object", "minProperties": 1})


# ---------------------------------------------------------------- names
RESERVED = frozenset(
    {"all", "none", "keep", "never", "auto", "unlimited", "cadence", "time", "date"}
    | {"spend", "revenue", "leads", "new_leads", "reopened", "touches", "responses"}
)
"""Words that mean something themselves, so that nothing can be called so."""

RESERVED_STARTS = tuple(
    "first_ fast_ old_ rate_ lvr_ cost_per_ stalled_ in_ days_to_ touches_per_ value_ spend_ p90_".split()  # noqa: SIM905
)
"""How the names of metrics start, so that no stage can be called so."""

LONGEST_NAME = 40
SLUG = rf"[a-z][a-z0-9_]{{0,{LONGEST_NAME - 1}}}"


def read_slug(raw: object) -> str:
    """Read an id: small letters, digits and ``_``."""
    if not isinstance(raw, str) or not re.fullmatch(SLUG, raw):
        raise RefusedError(
            f"{shown(raw)} is no id: write up to {LONGEST_NAME} small letters, digits and _, a letter first; "
            "any other text goes into label"
        )
    return raw


def read_name(raw: object) -> str:
    """Read the id of a part of a scenario, which must not read like a metric or a word of the language."""
    name = read_slug(raw)
    if name in RESERVED:
        raise RefusedError(f"'{name}' is a reserved name; choose another, such as '{name}_1'")
    if "_to_" in f"_{name}_":
        raise RefusedError(f"'{name}' holds 'to', which joins two stages in the names of metrics; write it without")
    return name


def read_stage_name(raw: object) -> str:
    """Read the id of a stage, which also must not start like the name of a metric."""
    name = read_name(raw)
    for start in RESERVED_STARTS:
        if name.startswith(start):
            raise RefusedError(f"'{name}' starts with '{start}' as the names of metrics do; choose another name")
    return name


def read_track_move_name(raw: object) -> str:
    """Read the id of a move of a track, beside its touches."""
    name = read_name(raw)
    if name == "touch":
        raise RefusedError("'touch' names the touches of the track itself; choose another name for this move")
    return name


NAME = Kind(read_name, str, {"type": "string", "pattern": f"^{SLUG}$"})
VARIANT_NAME = Kind(read_slug, str, NAME.schema)
STAGE_NAME = Kind(read_stage_name, str, NAME.schema)
TRACK_MOVE_NAME = Kind(read_track_move_name, str, NAME.schema)
