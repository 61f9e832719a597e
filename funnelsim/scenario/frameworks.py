"""Frameworks of qualification: which criteria a lead is asked for, and which of its traits say if it meets them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from funnelsim.scenario import rosters, schemas
from funnelsim.scenario.kinds import Kind
from funnelsim.scenario.measures import TIMES
from funnelsim.scenario.parts import OddsNumber, Part
from funnelsim.scenario.problems import RefusedError, shown
from funnelsim.scenario.quantities import Number

if TYPE_CHECKING:
    from funnelsim.scenario.models import Scenario

SHIPPED: Mapping[str, tuple[str, ...]] = {
    "mancp": ("money", "authority", "need", "competitor", "people"),
    "bant": ("budget", "authority", "need", "time"),
    "aunm": ("authority", "urgency", "need", "money"),
    "pact": ("people", "authority", "competitor", "time"),
    "faint": ("funds", "authority", "interest", "need", "time"),
}
"""The five frameworks of DOMAIN D3.6 and their criteria."""

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "budget": ("money",),
    "funds": ("money",),
    "money": ("budget", "funds"),
    "urgency": ("time",),
    "time": ("urgency",),
}
"""By which other traits a criterion is met, where no trait has its own name."""

MET = "yes"
"""The value of a trait that meets its criterion."""

NEEDED = (MET, "no")
"""The values that a trait of a criterion has at least."""


def _read_by(raw: object) -> str | tuple[str, ...]:
    if isinstance(raw, str):
        return raw
    if raw in ((), []) or not isinstance(raw, list | tuple):
        raise RefusedError(f"name a framework, such as bant, or list criteria, such as [need, money], not {shown(raw)}")
    return rosters.read_some(raw)


def _read_require(raw: object) -> Number | str:
    return raw if isinstance(raw, str) and raw in ("all", "none") else TIMES.number(raw)


def _write_require(require: Number | str) -> Any:
    return require if isinstance(require, str) else TIMES.write_number(require)


def _read_criteria(raw: object) -> tuple[str, ...]:
    if raw in ((), []) or not isinstance(raw, list | tuple):
        raise RefusedError(f"a framework lists its criteria, such as [need, money], not {shown(raw)}")
    return rosters.read_some(raw)


_LIST = {**schemas.listing({"type": "string"}), "uniqueItems": True, "minItems": 1}
BY = Kind(_read_by, lambda by: by, schemas.either({"type": "string"}, _LIST))
REQUIRE = Kind(_read_require, _write_require, schemas.either(schemas.number(TIMES), *schemas.words(("all", "none"))))
CRITERIA = Kind(_read_criteria, tuple, _LIST)


class Qualify(Part):
    """What a move asks of a lead, and how the criteria it meets change its chance (rule 54)."""

    changeable = frozenset({"require", "weigh"})

    by: Annotated[str | tuple[str, ...], BY] = Field(
        description="The criteria: a framework such as bant, or a list such as [need, money]."
    )
    sees: Literal["truth", "observed"] = Field(
        "truth", description="Whether criteria are met as the lead truly is, or as it is observed."
    )
    require: Annotated[Number | Literal["all", "none"], REQUIRE] = Field(
        "all", description="How many criteria a lead meets at least; where it meets fewer, the move fails."
    )
    weigh: OddsNumber = Field(1, description="What multiplies the odds of the chance, once for each criterion met.")


def known_frameworks(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """Return the criteria of all frameworks, those that are shipped and the scenario's own."""
    return {**SHIPPED, **scenario.frameworks}


def criteria_of(scenario: Scenario, qualify: Qualify) -> tuple[str, ...]:
    """Return the criteria that a move asks for."""
    return known_frameworks(scenario)[qualify.by] if isinstance(qualify.by, str) else qualify.by


def trait_for(scenario: Scenario, criterion: str) -> str | None:
    """Return the trait that says whether a criterion is met: the one of its name, else the first of its synonyms."""
    names = (criterion, *SYNONYMS.get(criterion, ()))
    return next((name for name in names if name in scenario.traits), None)


def observations_of(scenario: Scenario, trait: str) -> list[str]:
    """Return the observed traits that are of a trait."""
    return [name for name, observed in scenario.observed.items() if observed.of == trait]


def looked_at(scenario: Scenario, qualify: Qualify) -> tuple[str, ...]:
    """Return by which trait or observed trait each criterion of a move is judged, in the order of its criteria.

    The scenario has been checked: each criterion has a trait, and for ``observed`` exactly one that is observed of it.
    """
    traits = [trait_for(scenario, criterion) for criterion in criteria_of(scenario, qualify)]
    found = [trait for trait in traits if trait is not None]
    if qualify.sees == "truth":
        return tuple(found)
    return tuple(observations_of(scenario, trait)[0] for trait in found)
