"""Points of leads: warmth that cools down, fatigue that wears off, and the score of a lead (rules 55 to 57)."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal

from pydantic import Field

from funnelsim.scenario import kinds, schemas
from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.kinds import Kind
from funnelsim.scenario.measures import POINTS
from funnelsim.scenario.parts import OddsNumber, Part, Points
from funnelsim.scenario.problems import RefusedError, read_each, shown
from funnelsim.scenario.quantities import Number
from funnelsim.scenario.units import TICKS_PER_DAY

HalfLife = Annotated[Number | Literal["never"], kinds.HALF_LIFE]


def _read_bands(raw: object) -> tuple[float, ...]:
    if not isinstance(raw, list | tuple) or not raw:
        raise RefusedError(f"bands are a list of points such as [25, 50, 75], not {shown(raw)}")
    bands = tuple(read_each(POINTS.fixed, enumerate(raw)))
    for number, (low, high) in enumerate(itertools.pairwise(bands), 1):
        if low >= high:
            raise RefusedError(
                f"bands go from the smaller to the larger, but {raw[number]} follows {raw[number - 1]}", number
            )
    return bands


_POINT = {"type": "number"}
BANDS = Kind(
    _read_bands,
    lambda bands: tuple(POINTS.write(band) for band in bands),
    {**schemas.listing(_POINT), "minItems": 1},
)


class Scoring(Part):
    """How the score of a lead comes about, which is its fit and its warmth, and what warmth does."""

    changeable = frozenset({"half_life", "fit", "response"})

    half_life: HalfLife = Field("never", description="The time in which a lead loses half of its warmth.")
    fit: FrozenDict[str, FrozenDict[str, Points]] = Field(
        FrozenDict(), description="Points by segment, trait or observed trait, such as {need: {yes: 30}}; 0 elsewhere."
    )
    bands: Annotated[tuple[float, ...], BANDS] = Field(
        (25.0, 50.0, 75.0), description="The points between the bands of the score profile, ascending."
    )
    response: OddsNumber = Field(
        1, description="What multiplies the odds of every touch's engagement, once for each point of warmth."
    )


class Fatigue(Part):
    """What recent touches do to the next ones."""

    changeable = frozenset({"half_life", "response", "opt_out"})

    half_life: HalfLife = Field(14 * TICKS_PER_DAY, description="The time in which half of the fatigue wears off.")
    response: OddsNumber = Field(
        1, description="What multiplies the odds of every touch's engagement, once for each recent touch."
    )
    opt_out: OddsNumber = Field(1, description="What multiplies the odds of opting out, once for each recent touch.")
