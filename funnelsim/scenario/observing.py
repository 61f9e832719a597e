"""Traits as they are seen: what a form or a call makes of a trait, with an error (rule 53)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from funnelsim.scenario import schemas
from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.kinds import Kind
from funnelsim.scenario.measures import CHANCE
from funnelsim.scenario.parts import Part
from funnelsim.scenario.problems import RefusedError, read_each
from funnelsim.scenario.quantities import Number

Error = Number | FrozenDict[str, Number]
"""The chance that what is seen is not the true value; or this chance for each true value."""


def _read_error(raw: object) -> Error:
    if not isinstance(raw, Mapping) or {"uncertain", "dist"} & set(raw):
        return CHANCE.number(raw)
    if not raw:
        raise RefusedError("an error is a chance such as 10%, or one for each true value, such as {yes: 5%, no: 20%}")
    return FrozenDict(zip(raw, read_each(CHANCE.number, raw.items()), strict=True))


def _write_error(error: Error) -> Any:
    if isinstance(error, Mapping):
        return {value: CHANCE.write_number(chance) for value, chance in error.items()}
    return CHANCE.write_number(error)


_CHANCE = schemas.number(CHANCE)
ERROR = Kind(
    _read_error,
    _write_error,
    schemas.either(_CHANCE, {"type": "object", "additionalProperties": _CHANCE, "minProperties": 1}),
)


class Observed(Part):
    """A trait as it is seen, which may differ from what it truly is."""

    changeable = frozenset({"error"})

    of: str = Field(description="The trait that is seen.")
    error: Annotated[Error, ERROR] = Field(
        description="The chance to see one of the other values, or this chance by true value: {yes: 5%, no: 20%}."
    )
