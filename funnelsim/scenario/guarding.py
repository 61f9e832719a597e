"""What guards a scenario: its thresholds, and how they are decided."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from funnelsim.scenario import schemas
from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.kinds import Kind
from funnelsim.scenario.parts import Part
from funnelsim.scenario.problems import Finding, PathParts, RefusedError, near_miss, shown
from funnelsim.scenario.thresholds import LEVELS, Threshold, read_figure, read_thresholds, write_thresholds

if TYPE_CHECKING:
    from funnelsim.scenario.cases import Case

FEWEST = 100
"""Replications of a check, at least: from fewer an error can hardly be told."""

GUARDING = ("thresholds", "checks")
"""The fields that say what is promised of a scenario, and nothing of what happens in it."""


def _whole(what: str, low: int, high: int) -> Kind:
    def read(raw: object) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int) or not low <= raw <= high:
            raise RefusedError(f"{what} is a whole number from {low} to {high}, not {shown(raw)}")
        return raw

    return Kind(read, int, {"type": "integer", "minimum": low, "maximum": high})


_CONDITION = {"type": "string", "examples": ["p90 < 800", "mean < 1.05 * baseline"]}
_ONE = schemas.either(
    _CONDITION,
    {**schemas.mapping({**dict.fromkeys(LEVELS, _CONDITION), "reason": {"type": "string"}}), "minProperties": 1},
)
FIGURE = Kind(read_figure, str, {"type": "string", "pattern": r"^[^@\s]+(@.*)?$"})
THRESHOLDS = Kind(
    read_thresholds,
    write_thresholds,
    {schemas.SHARED: "threshold_or_thresholds", **schemas.either(_ONE, {**schemas.listing(_ONE), "minItems": 1})},
)
RUNS = _whole("how many replications", FEWEST, 2**31 - 1)
SEED = _whole("a seed", 0, 2**64 - 1)

Thresholds = FrozenDict[Annotated[str, FIGURE], Annotated[tuple[Threshold, ...], THRESHOLDS]]


class Checks(Part):
    """How the thresholds of a scenario are decided."""

    replications: Annotated[int, RUNS] = Field(1000, description="How many replications there are at the first look.")
    max_replications: Annotated[int, RUNS] = Field(
        8000, description="After how many replications a threshold that is still open is left so."
    )
    seed: Annotated[int, SEED] = Field(1, description="The seed of all runs.")
    unsettled: Literal["error", "warn"] = Field(
        "error", description="Whether a threshold that is left open breaks the check, or is only told."
    )


# ---------------------------------------------------------------- rules
def _variants_exist(case: Case) -> Iterator[Finding]:
    variants = case.scenario.variants
    holders: list[tuple[PathParts, Thresholds]] = [(("thresholds",), case.scenario.thresholds)]
    holders += [(("variants", name, "thresholds"), variant.thresholds) for name, variant in variants.items()]
    for path, thresholds in holders:
        for figure, found in thresholds.items():
            for number, threshold in enumerate(found):
                for condition in (threshold.error, threshold.warn):
                    name = condition.variant if condition else None
                    if name is not None and name not in variants and case.sure("variants"):
                        hint = near_miss(name, variants, "variants")
                        yield (*path, figure, number), f"no variant {shown(name)}{hint}"


def _variants_say_theirs_beside(case: Case) -> Iterator[Finding]:
    for name, variant in case.scenario.variants.items():
        for path in variant.set:
            if path.partition(".")[0] in GUARDING:
                message = "'set' says what happens; the thresholds of a variant stand beside it, in its 'thresholds'"
                yield ("variants", name, "set", path), message


def _looks_grow(case: Case) -> Iterator[Finding]:
    checks = case.scenario.checks
    if checks.max_replications < checks.replications:
        message = f"fewer than the {checks.replications} replications of the first look; write more, or leave it out"
        yield ("checks", "max_replications"), message


GUARD_RULES = (_variants_exist, _variants_say_theirs_beside, _looks_grow)
