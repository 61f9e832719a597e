"""What stands in a table of evidence: rows, each about one figure of the source."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.kinds import FAULT, SETTINGS, Kind
from funnelsim.scenario.parts import Part
from funnelsim.scenario.problems import RefusedError, listed, shown

_NUMBER = re.compile(r"D[0-9]\.[1-9][0-9]?")
_PERCENT = re.compile(r"([-+]?[0-9]+(?:\.[0-9]+)?) ?%")


# ---------------------------------------------------------------- values
def _read_id(raw: object) -> str:
    if not isinstance(raw, str) or not _NUMBER.fullmatch(raw):
        raise RefusedError(f"a number of the domain is written as in D0.7, not {shown(raw)}")
    return raw


def _read_section(raw: object) -> str:
    if not isinstance(raw, str) or not re.fullmatch("D[0-9]", raw):
        raise RefusedError(f"a section of the domain is written as in D0, not {shown(raw)}")
    return raw


def _read_scenario(raw: object) -> str:
    if not isinstance(raw, str) or not re.fullmatch(r"\w+(/\w+)*", raw):
        example = "trunk, or markets/consumer in a folder"
        raise RefusedError(f"a scenario is named by its file beside this one, as in {example}, not {shown(raw)}")
    return raw


def read_figure(raw: object) -> float:
    """Read a number, or a share in percent.

    Raises
    ------
    RefusedError
        For anything else.
    """
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return float(raw)
    if isinstance(raw, str) and (match := _PERCENT.fullmatch(raw)):
        return float(Decimal(match[1]) / 100)
    raise RefusedError(f"a figure is a number such as 750, or a share such as 63%, not {shown(raw)}")


def _read_bounds(raw: object) -> tuple[float, float]:
    if not isinstance(raw, list | tuple) or len(raw) != 2:
        raise RefusedError(f"between takes two figures, as in [4%, 5%], not {shown(raw)}")
    low, high = map(read_figure, raw)
    if low >= high:
        raise RefusedError(f"between takes the lower figure first, not {raw[0]} before {raw[1]}")
    return low, high


class Tolerance(tuple[float, bool]):
    """How far from the figure a value may lie: an amount, and whether it is a share of the figure."""

    __slots__ = ()

    def of(self, expected: float) -> float:
        """Return the distance that is allowed."""
        amount, relative = self
        return amount * abs(expected) if relative else amount


def _read_tolerance(raw: object) -> Tolerance:
    try:
        amount = read_figure(raw)
    except RefusedError:
        amount = -1
    if amount < 0:
        raise RefusedError(
            f"a tolerance is a share of the figure such as 2%, or in its unit such as 0.02, not {shown(raw)}"
        )
    return Tolerance((amount, isinstance(raw, str)))


def _read_replications(raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 2 <= raw < 1 << 31:
        raise RefusedError(f"an error takes a whole number of at least 2 replications, not {shown(raw)}")
    return raw


def _read_seed(raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw < 1 << 64:
        raise RefusedError(f"a seed is a whole number from 0 to {(1 << 64) - 1}, not {shown(raw)}")
    return raw


def _read_value(raw: object) -> object:
    if raw is None:
        raise RefusedError("nothing stands here; write the value that is to stand in the scenario")
    return raw


Id = Annotated[str, Kind(_read_id, str, {})]
SectionId = Annotated[str, Kind(_read_section, str, {})]
ScenarioName = Annotated[str, Kind(_read_scenario, str, {})]
Figure = Annotated[float, Kind(read_figure, float, {})]
Bounds = Annotated[tuple[float, float], Kind(_read_bounds, tuple, {})]
Allowed = Annotated[Tolerance, Kind(_read_tolerance, tuple, {})]
Text = Annotated[str, Field(min_length=1)]


def _refuse(message: str) -> PydanticCustomError:
    return PydanticCustomError(FAULT, "{text}", {"text": message})


def _one_of(part: Part, names: tuple[str, ...], what: str) -> str:
    """Return the one of several fields that is written."""
    written = [name for name in names if name in part.model_fields_set]
    if len(written) != 1:
        found = f"here stand {listed(written, 'and')}" if written else "here stands none of them"
        raise _refuse(f"{what} has exactly one of {listed(names)}; {found}")
    return written[0]


# ---------------------------------------------------------------- checks
class Input(Part):
    """A figure that is put in: a value of a scenario."""

    scenario: ScenarioName = Field(description="The scenario, as in trunk.")
    variant: str | None = Field(None, description="The variant.")
    path: Text = Field(description="Where the value stands, as in channels.new.leads.")
    equals: Annotated[Any, Kind(_read_value, lambda value: value, {})] = Field(None, description="What stands there.")
    at_least: Figure | None = Field(None, description="The lowest number that may stand there.")
    at_most: Figure | None = Field(None, description="The highest number that may stand there.")
    between: Bounds | None = Field(None, description="Between which numbers it lies.")

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        _one_of(self, ("equals", "at_least", "at_most", "between"), "an input")
        return self


class Against(Part):
    """What an outcome is set against, in the same replications."""

    variant: str | None = Field(None, description="Another variant; by default the same.")
    metric: Text | None = Field(None, description="Another metric; by default the same.")

    @model_validator(mode="after")
    def _differs(self) -> Self:
        if not self.model_fields_set:
            raise _refuse("name another variant or metric to set it against, as in {variant: before}")
        return self


class Outcome(Part):
    """A figure that comes out: a metric over the horizon of a run, or how it stands against another."""

    scenario: ScenarioName = Field(description="The scenario, as in trunk.")
    variant: str | None = Field(None, description="The variant.")
    horizon: str | None = Field(None, description="Another horizon, such as 30d.")
    set_: Annotated[FrozenDict[str, Any], SETTINGS] | None = Field(
        None, alias="set", description="Other values, from paths to values."
    )
    by: Text | None = Field(None, description="What leads are grouped by, where the metric is of a group.")
    metric: Text = Field(description="The metric, as in cost_per_sql or sql[channel=new].")
    against: Against | None = Field(None, description="What it is set against.")
    as_: Literal["quotient", "difference", "change"] | None = Field(
        None, alias="as", description="How: the quotient, the difference, or the change as a share."
    )
    expected: Figure | None = Field(None, description="The figure.")
    tolerance: Allowed | None = Field(None, description="How far from the figure the value may lie.")
    at_least: Figure | None = Field(None, description="The lowest value that agrees.")
    at_most: Figure | None = Field(None, description="The highest value that agrees.")
    between: Bounds | None = Field(None, description="Between which figures the value lies.")
    fitted: Text | None = Field(None, description="What in the scenario was chosen so that the figure comes out.")

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        said = _one_of(self, ("expected", "at_least", "at_most", "between"), "an outcome")
        if (said == "expected") != (self.tolerance is not None):
            raise _refuse("a tolerance, such as 2%, stands beside an expected figure, and beside nothing else")
        if (self.against is None) != (self.as_ is None):
            raise _refuse("what it is set against stands beside how: as quotient, difference or change")
        return self


class Definition(Part):
    """A figure that is part of what a metric means."""

    scenario: ScenarioName = Field(description="A scenario that has the metric.")
    metric: Text = Field(description="The metric, as in endangered.")
    says: Text = Field(description="Words of its definition with the figure, as in 30 days.")


# ---------------------------------------------------------------- rows
class Row(Part):
    """One figure of the source, and what stands for it."""

    number: Id = Field(description="The number in the domain, as in D0.7.")
    what: Text = Field(description="What the figure says, in a short sentence.")
    figure: Text = Field(description="The figure as the source gives it.")
    reading: Text | None = Field(None, description="How it was read, where it can be read in several ways.")
    input: Input | None = Field(None, description="Where it is put in.")
    outcome: Outcome | None = Field(None, description="Where it comes out.")
    definition: Definition | None = Field(None, description="The metric whose definition has it.")
    not_modelled: Text | None = Field(None, description="Why nothing stands for it yet.")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        _one_of(self, ("input", "outcome", "definition", "not_modelled"), "a row")
        return self

    @property
    def check(self) -> Input | Outcome | Definition | None:
        """What is looked at; None where nothing is modelled."""
        return self.input or self.outcome or self.definition


class Remark(Part):
    """A number of the domain that has no figure."""

    number: Id = Field(description="The number in the domain, as in D0.4.")
    what: Text = Field(description="What it says, and what stands for it.")


class Section(Part):
    """A section of the domain."""

    id: SectionId = Field(description="Its number, as in D0.")
    title: Text = Field(description="What it is about.")
    numbers: Annotated[int, Field(ge=1)] = Field(description="How many numbers it has.")


class Study(Part):
    """How often a scenario is simulated."""

    scenario: ScenarioName = Field(description="The scenario, as in trunk.")
    replications: Annotated[int, Kind(_read_replications, int, {})] = Field(description="How many times.")


class Evidence(Part):
    """A table of evidence."""

    title: Text = Field(description="The heading of the page.")
    introduction: str = Field("", description="What the page starts with.")
    seed: Annotated[int, Kind(_read_seed, int, {})] = Field(1, description="The seed of all runs.")
    sections: tuple[Section, ...] = Field(description="The sections of the domain.")
    studies: tuple[Study, ...] = Field((), description="How often each scenario is simulated.")
    rows: tuple[Row, ...] = Field(description="Every figure of the source.")
    without_figure: tuple[Remark, ...] = Field((), description="Numbers of the domain that have no figure.")
