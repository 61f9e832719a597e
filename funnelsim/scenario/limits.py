"""Limits of contact: so many touches of a kind, or of all, in any window of a length (rule 63)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from funnelsim.scenario import schemas, units
from funnelsim.scenario.kinds import Kind
from funnelsim.scenario.measures import CONTACTS, LENGTH
from funnelsim.scenario.parts import Short
from funnelsim.scenario.problems import RefusedError, near_miss, read_each, read_part, shown
from funnelsim.scenario.quantities import Number

_FIELDS = ("amount", "per")
_EXAMPLE = "'3 per 7d'"


@dataclass(frozen=True)
class Frequency:
    """`number` touches in any window of `per` ticks."""

    number: Number
    per: Number


def _read_frequency(raw: object) -> Frequency:
    match raw:
        case str() if " per " in raw:
            text, per = _split(raw)
            if units.split_range(text):
                sides = units.split_range(text)
                uncertain = f"between {sides.low} and {sides.high} per {per}" if sides else raw
                message = f"a bare range '{raw}' says neither luck nor ignorance"
                raise RefusedError(f"{message}; write {{uncertain: {uncertain}}}")
            return Frequency(CONTACTS.fixed(text), _read_length(per))
        case Mapping() if set(raw) == {"uncertain"}:
            return read_part("uncertain", _read_uncertain, raw["uncertain"])
        case Mapping() if set(_FIELDS) & set(raw):
            return _read_parts(raw)
        case int() | str() if not isinstance(raw, bool):
            raise RefusedError(f"{shown(raw)} has no window; write '{raw} per 7d'")
    raise RefusedError(f"a limit is written like {_EXAMPLE}, not {shown(raw)}")


def _split(text: str) -> tuple[str, str]:
    number, _, per = text.rpartition(" per ")
    return number.strip(), per.strip()


def _read_length(raw: object) -> Number:
    bare = isinstance(raw, str) and raw.strip().isalpha()
    return LENGTH.number(f"1 {raw}" if bare else raw)


def _read_uncertain(raw: object) -> Frequency:
    if not isinstance(raw, str) or " per " not in raw:
        raise RefusedError("an uncertain limit is 'between 2 and 4 per 7d', or {amount: {uncertain: …}, per: 7d}")
    text, per = _split(raw)
    return Frequency(CONTACTS.belief(text), _read_length(per))


def _read_parts(raw: Mapping[str, Any]) -> Frequency:
    for name in raw:
        if name not in _FIELDS:
            raise RefusedError(f"no field {shown(name)} in a limit{near_miss(name, _FIELDS, 'fields')}", name)
    for name in _FIELDS:
        if name not in raw:
            raise RefusedError(f"a limit needs {shown(name)}: write {{amount: …, per: 7d}}, or {_EXAMPLE}")
    readers = {"amount": CONTACTS.number, "per": _read_length}
    return Frequency(*read_each(lambda name: readers[name](raw[name]), ((name, name) for name in _FIELDS)))


def _write_frequency(frequency: Frequency) -> Any:
    match frequency:
        case Frequency(int() | float() as number, int() | float() as per):
            return f"{CONTACTS.in_text(number)} per {LENGTH.in_text(per)}"
    return {"amount": CONTACTS.write_number(frequency.number), "per": LENGTH.write_number(frequency.per)}


def _schema() -> schemas.Schema:
    per = rf"\s+per\s+{schemas.LENGTH_OR_UNIT}"
    amount = r"[0-9_]+\s*[kKmM]?"
    uncertain = schemas.pattern(rf"between\s+{amount}\s+and\s+{amount}{per}")
    length = schemas.either(schemas.number(LENGTH), schemas.SPAN)
    return schemas.either(
        schemas.pattern(amount + per),
        schemas.mapping({"uncertain": uncertain}, ("uncertain",)),
        schemas.mapping({"amount": schemas.number(CONTACTS), "per": length}, _FIELDS),
    )


FREQUENCY = Kind(_read_frequency, _write_frequency, _schema())


class Limit(Short):
    """How many touches a lead gets at most in a window of time, and what becomes of one more."""

    changeable = frozenset({"most"})
    short_for = "most"
    short = FREQUENCY

    most: Annotated[Frequency, FREQUENCY] = Field(description="So many touches in any window, such as 3 per 7d.")
    beyond: Literal["postpone", "drop"] = Field(
        "postpone", description="What becomes of one more: it comes as soon as it may, or not at all."
    )
