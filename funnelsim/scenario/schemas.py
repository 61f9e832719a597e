"""JSON Schema (draft 7) of the values that are written as text: what editors accept and complete."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from funnelsim.scenario import units
from funnelsim.scenario.conditions import RANGES
from funnelsim.scenario.luck import BARE, FORMS, LuckMeasure
from funnelsim.scenario.measures import CHANCE, PEOPLE, PLAIN, PRESENT, Measure
from funnelsim.scenario.tables import BY_ORDER, FACTOR, WEEKDAYS, FlowMeasure

Schema = dict[str, Any]

SHARED = "shared"
"""A key of ours: its value names a schema that becomes a definition of its own in the published file."""


def either(*schemas: Mapping[str, Any]) -> Schema:
    """Accept what any one of the schemas accepts."""
    return dict(schemas[0]) if len(schemas) == 1 else {"anyOf": [dict(schema) for schema in schemas]}


def words(allowed: Iterable[str]) -> list[Schema]:
    """Accept one of a few words, if there are any."""
    names = list(allowed)
    return [{"enum": names}] if names else []


def pattern(expression: str) -> Schema:
    """Accept text of one form; blanks around it do not matter."""
    return {"type": "string", "pattern": rf"^\s*{expression}\s*$"}


def listing(schema: Schema) -> Schema:
    """Accept a list."""
    return {"type": "array", "items": schema}


def mapping(properties: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    """Accept a mapping with these fields and no others."""
    schema: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema


_NUMERAL = units.NUMERAL.replace("[-+]?", "", 1)  # of what is never negative
_UNIT = f"(?:{'|'.join(sorted(units.UNITS, key=len, reverse=True))})"
_LENGTH = rf"{_NUMERAL}\s*{_UNIT}"
LENGTH_OR_UNIT = rf"(?:{_LENGTH}|{_UNIT})"
"""A pattern: an exact length, or one of a unit."""

_AMOUNT = rf"{_NUMERAL}\s*[kKmM]?"
_SIDES = {"time": (rf"{_NUMERAL}\s*{_UNIT}?", rf"(?:{_LENGTH}|0)"), "%": (rf"{_NUMERAL}\s*%?",) * 2}
DURATION: Schema = {
    SHARED: "length_of_time",
    "anyOf": [pattern(rf"(?:{_LENGTH}|0)"), {"const": 0}],
    "examples": ["7d", "2 weeks"],
}
SPAN: Schema = {
    SHARED: "span",
    "examples": ["12 months", "30d", "week"],
    **pattern(rf"(?:{_LENGTH}|{_UNIT})"),
}
DATE: Schema = {SHARED: "date", "examples": ["2026-01-31"], **pattern("[0-9]{4}-[0-9]{2}-[0-9]{2}")}


def _scalar(measure: Measure) -> Schema:
    if measure.unit == "time":
        return DURATION
    bounds: Schema = {"minimum" if measure.low_allowed else "exclusiveMinimum": measure.low}
    bounds |= {"maximum": measure.high} if measure.high < math.inf else {}
    if measure.is_chance or measure.unit == "%":
        return either({"type": "number", **bounds}, pattern(rf"{_NUMERAL}\s*%?"))
    if measure.unit == "hours":
        return either({"type": "number", **bounds}, pattern(rf"{_NUMERAL}\s*(?:(?:h\s+|hours\s+)?per day)?"))
    return either({"type": "integer" if measure.whole else "number", **bounds}, pattern(_amount(measure)))


def _amount(measure: Measure) -> str:
    return rf"[-+]?{_AMOUNT}" if measure.low < 0 else _AMOUNT


def _range(measure: Measure) -> Schema:
    kind = "%" if measure.is_chance else measure.unit
    low, high = _SIDES.get(kind, (_amount(measure),) * 2)
    between = rf"between\s+{low}\s+and\s+{high}"
    return pattern(between if measure.bounded else rf"(?:{low}\s+to\s+{high}|{between})")


def belief(measure: Measure) -> Schema:
    """Accept what may stand under ``uncertain``."""
    scalar = _scalar(measure)
    count: Schema = {"type": "integer", "minimum": 0}
    file: Schema = {"type": "string", "minLength": 1}
    forms: list[Schema] = [
        _range(measure),
        mapping({"dist": {"const": "uniform"}, "low": scalar, "high": scalar}, ("dist", "low", "high")),
        mapping({"values": {**listing(scalar), "minItems": 1}}, ("values",)),
        mapping({"file": file, "column": file, "unit": file}, ("file", "column")),
    ]
    if measure.is_chance:
        beta = {"dist": {"const": "beta"}, "successes": count, "trials": count}
        forms.append(mapping(beta, ("dist", "successes", "trials")))
    return either(*forms)


def _definition(measure: Measure | FlowMeasure) -> str:
    return measure.what.split(" ", 1)[1].replace(" ", "_")


def number(measure: Measure) -> Schema:
    """Accept a number, fixed or uncertain."""
    return {SHARED: _definition(measure), **_number(measure)}


def _number(measure: Measure) -> Schema:
    return either(_scalar(measure), mapping({"uncertain": belief(measure)}, ("uncertain",)))


def luck(measure: LuckMeasure) -> Schema:
    """Accept what is drawn anew for every lead."""
    one, bare = number(measure.measure), number(PLAIN)
    forms = []
    for dist, alternatives in FORMS.items():
        for form in alternatives:
            properties = {name: bare if name in BARE else one for name in form}
            properties |= {"mu": {"type": "number"}} if "mu" in form else {}
            if dist == "empirical":
                properties = {name: {"type": "array", "minItems": 1} for name in form}
            forms.append(mapping({"dist": {"const": dist}, **properties}, ("dist", *form)))
    name = f"{'wait' if measure.never else _definition(measure.measure)}_drawn_for_every_lead"
    return {SHARED: name, **either(one, _range(measure.measure), *words(("never",) * measure.never), *forms)}


def chance() -> Schema:
    """Accept a chance or a table of chances."""
    one = number(CHANCE)
    by_name = {"type": "object", "additionalProperties": one, "minProperties": 1}
    tables = [mapping({by: {**listing(one), "minItems": 1}}, (by,)) for by in BY_ORDER]
    tables.append({"type": "object", "additionalProperties": by_name, "minProperties": 1, "maxProperties": 1})
    return {SHARED: "chance_or_table_of_chances", **either(one, *tables)}


def flow(measure: FlowMeasure) -> Schema:
    """Accept an amount per period."""
    one = number(measure.measure)
    per = rf"\s+per\s+(?:{_LENGTH}|{_UNIT})"
    amount = rf"{_NUMERAL}\s*%?" if measure.measure.is_chance else _AMOUNT
    uncertain = pattern(rf"(?:{amount}\s+to\s+{amount}|between\s+{amount}\s+and\s+{amount}){per}")
    months = {"type": "object", "patternProperties": {"^[0-9]{4}-(0[1-9]|1[0-2])$": one}, "additionalProperties": False}
    forms = [
        pattern(amount + per),
        mapping({"uncertain": uncertain}, ("uncertain",)),
        mapping({"amount": one, "per": SPAN}, ("amount", "per")),
    ]
    forms += [{**months, "minProperties": 1}] if measure.by_month else []
    name = f"flow_of_{_definition(measure.measure)}" if measure.by_month else _definition(measure)
    return {SHARED: name, **either(*forms)}


def season(names: tuple[str, ...]) -> Schema:
    """Accept factors by name, or a full list of them."""
    factor = number(FACTOR)
    return either(
        mapping(dict.fromkeys(names, factor)),
        {**listing(factor), "minItems": len(names), "maxItems": len(names)},
        {**listing(factor), "maxItems": 0},
    )


# ---------------------------------------------------------------- where leads go, and who works on them
def way(name: Mapping[str, Any]) -> Schema:
    """Accept a stage with a reason, or a track."""
    stage, track = {"to": {"type": "string"}, "as": dict(name)}, {"track": {"type": "string"}}
    return either({"type": "string"}, mapping(stage, ("to",)), mapping(track, ("track",)))


def people() -> Schema:
    """Accept how many people there are, always or from each date on."""
    dates = {"^[0-9]{4}-[0-9]{2}-[0-9]{2}$": _number(PRESENT)}
    schedule = {"type": "object", "patternProperties": dates, "minProperties": 1, "additionalProperties": False}
    return either(number(PEOPLE), schedule)


def days_off() -> Schema:
    """Accept weekdays and dates."""
    return {**listing({"anyOf": [*words(WEEKDAYS), DATE]}), "uniqueItems": True}


def some() -> Schema:
    """Accept one name or a list of names."""
    names = {**listing({"type": "string"}), "uniqueItems": True}
    return {SHARED: "name_or_names", **either({"type": "string"}, names)}


def conditions() -> Schema:
    """Accept what a lead must be."""
    ranges = {
        by: {**mapping({side: number(measure) for side in ("from", "below")}), "minProperties": 1}
        for by, measure in RANGES.items()
    }
    return {"type": "object", "properties": ranges, "additionalProperties": some()}
