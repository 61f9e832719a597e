"""Kinds of fields: how pydantic reads and writes the values of a scenario.

A `Kind` stands in the annotation of a field, beside the Python type of what it reads:
``after: Annotated[Luck, WAIT]``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from funnelsim.scenario import conditions, dates, ids, luck, measures, rosters, schemas, snapshots, tables, units, ways
from funnelsim.scenario.frozen import FrozenDict, freeze
from funnelsim.scenario.measures import Measure
from funnelsim.scenario.paths import format_path, parse_path
from funnelsim.scenario.problems import RefusedError, read_each, shown
from funnelsim.scenario.quantities import Number, Span
from funnelsim.scenario.structure import parts_of_union

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
MARGIN = _number(measures.MARGIN)
ODDS = _number(measures.ODDS)
COUNT = _number(measures.COUNT)
TIMES = _number(measures.TIMES)
POINTS = _number(measures.POINTS)
WEARINESS = _number(measures.WEARINESS)
WEIGHT = _number(measures.WEIGHT)
ATTEMPTS = _number(measures.TIMES, "auto", "unlimited")
LIFETIME = _number(measures.TIMES, "unlimited")
LIMIT = _number(measures.LIMIT, "unlimited")
QUEUE_LIMIT = _number(measures.QUEUE, "unlimited")
HOURS = _number(measures.HOURS)
PACE = _number(measures.PACE)
WIN_RATE = _number(measures.CHANCE)
MONEY = _number(measures.MONEY)
LENGTH = _number(measures.LENGTH)
DURATION = _number(measures.DURATION)
HALF_LIFE = _number(measures.LENGTH, "never")
LENGTH_OR_MONTH = _number(measures.LENGTH, "month")
PRIORITY = _number(measures.PRIORITY)
WAIT = _luck(luck.WAIT)
WAIT_OR_CADENCE = _luck(luck.WAIT, "cadence")
GAP = _luck(luck.GAP)
AGE = _luck(luck.AGE)
TAKES = _luck(luck.TAKES)
VALUE = _luck(luck.VALUE)
CHANCE = Kind(tables.read_chance, tables.write_chance, schemas.chance())
LEADS_FLOW = Kind(tables.LEADS_FLOW.read, tables.LEADS_FLOW.write, schemas.flow(tables.LEADS_FLOW))
MONEY_FLOW = Kind(tables.MONEY_FLOW.read, tables.MONEY_FLOW.write, schemas.flow(tables.MONEY_FLOW))
SALARY = Kind(tables.SALARY.read, tables.SALARY.write, schemas.flow(tables.SALARY))


def _read_odds_list(raw: object) -> tuple[Number, ...]:
    return () if raw in ((), []) else tables.read_numbers(raw, measures.ODDS, "[1, 0.8]")


def _write_odds_list(odds: tuple[Number, ...]) -> Any:
    return tuple(measures.ODDS.write_number(number) for number in odds)


ODDS_LIST = Kind(_read_odds_list, _write_odds_list, schemas.listing(schemas.number(measures.ODDS)))


def _season(names: tuple[str, ...]) -> Kind:
    def write(factors: tuple[Number, ...]) -> Any:
        return dict(zip(names, map(tables.FACTOR.write_number, factors), strict=False))

    return Kind(lambda raw: tables.read_factors(raw, names), write, schemas.season(names))


MONTHS = _season(tables.MONTHS)
WEEKDAYS = _season(tables.WEEKDAYS)


# ---------------------------------------------------------------- the calendar
MOST_YEARS = 100


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


DATE = Kind(dates.read_date, dt.date.isoformat, schemas.DATE)
HORIZON = Kind(_read_horizon, units.write_span, schemas.SPAN)
WARM_UP = Kind(_read_warm_up, units.write_span, schemas.either(schemas.SPAN, *schemas.words(("none",))))
PERIOD = Kind(tables.read_period, units.write_period, schemas.SPAN)


# ---------------------------------------------------------------- people
@dataclass(frozen=True)
class PartsOr:
    """Reads a mapping or a list of parts as such, and what is no such thing as a `Kind` does.

    Attributes
    ----------
    holds_parts : callable
        Whether plain data, or a value, is a mapping or a list of parts.
    other : Kind
        How anything else is read and written.
    """

    holds_parts: Callable[[Any], bool]
    other: Kind

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        parts = handler.generate_schema(parts_of_union(source))

        def read(raw: Any, read_parts: core_schema.ValidatorFunctionWrapHandler) -> Any:
            return read_parts(raw) if self.holds_parts(raw) else self.other.validate(raw)

        def write(value: Any, write_parts: core_schema.SerializerFunctionWrapHandler) -> Any:
            return write_parts(value) if self.holds_parts(value) else self.other.write(value)

        written = core_schema.wrap_serializer_function_ser_schema(write, schema=parts)
        return core_schema.no_info_wrap_validator_function(read, parts, serialization=written)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        parts = handler(core)
        return schemas.either(self.other.schema, {**parts, "minItems" if "items" in parts else "minProperties": 1})


COUNTED = Kind(rosters.read_people, rosters.write_people, schemas.people())
PEOPLE = PartsOr(rosters.names_people, COUNTED)
DAYS_OFF = Kind(rosters.read_days_off, tuple, schemas.days_off())
NAMES = Kind(rosters.read_some, rosters.write_some, schemas.some())


# ---------------------------------------------------------------- conditions
CONDITIONS = Kind(conditions.read_conditions, conditions.write_conditions, schemas.conditions())
SOME_CONDITIONS = Kind(conditions.read_some_conditions, conditions.write_conditions, schemas.conditions())


# ---------------------------------------------------------------- settings of changes and variants
def _read_settings(raw: object) -> FrozenDict[str, Any]:
    if not isinstance(raw, Mapping) or not raw:
        raise RefusedError(
            f"settings map paths to values, such as {{tracks.reactivation.cadence: 14d}}; here stands {shown(raw)}"
        )
    parsed = read_each(lambda name: format_path(parse_path(name)), ((name, name) for name in raw))
    return FrozenDict({path: freeze(value) for path, value in zip(parsed, raw.values(), strict=True)})


def _read_budget(raw: object) -> FrozenDict[str, Any]:
    return FrozenDict() if raw == {} else _read_settings(raw)


def thaw(data: Any) -> Any:
    """Turn frozen data back into plain dicts and tuples."""
    if isinstance(data, Mapping):
        return {name: thaw(value) for name, value in data.items()}
    return tuple(thaw(value) for value in data) if isinstance(data, tuple) else data


SETTINGS = Kind(_read_settings, thaw, {"type": "object", "minProperties": 1})
BUDGET = Kind(_read_budget, thaw, {"type": "object"})


# ---------------------------------------------------------------- names
NAME = Kind(ids.read_name, str, {"type": "string", "pattern": f"^{ids.SLUG}$"})
VARIANT_NAME = Kind(ids.read_slug, str, NAME.schema)
STAGE_NAME = Kind(ids.read_stage_name, str, NAME.schema)
TRACK_MOVE_NAME = Kind(ids.read_track_move_name, str, NAME.schema)
TEAM_NAME = Kind(ids.read_team_name, str, NAME.schema)
TRAIT_NAME = Kind(ids.read_trait_name, str, NAME.schema)
KIND_OF_TOUCH = Kind(lambda raw: raw if raw == "auto" else ids.read_name(raw), str, NAME.schema)
LIMITED = Kind(lambda raw: raw if raw == "all" else ids.read_name(raw), str, NAME.schema)
EVENT_NAME = Kind(ids.read_event_name, str, NAME.schema)


def _read_file(raw: object) -> str | None:
    if raw is not None:
        raise RefusedError(
            "a file of open leads is read where a scenario is loaded from its folder; write it there, or in a variant "
            "there as backlog: {file: …}"
        )
    return None


SNAPSHOT_FILE = Kind(_read_file, lambda _: None, {"type": ["string", "null"]})
OPEN_LEADS = Kind(snapshots.read_leads, snapshots.write_leads, {"type": "string"})
WAY = Kind(ways.read_way, ways.write_way, schemas.way(NAME.schema))


# ---------------------------------------------------------------- tracks that a stage says
def _read_track(raw: object) -> str:
    if not isinstance(raw, str):
        rules = "[{if: {reason: not_now}, track: one_month}, {track: drip}]"
        raise RefusedError(f"a track is a name, none, keep, or a list of rules such as {rules}, not {shown(raw)}")
    return raw


TRACKS = PartsOr(lambda raw: isinstance(raw, list | tuple) and bool(raw), Kind(_read_track, str, {"type": "string"}))
