"""What somebody should look at in a result: queues that grow without bound, and stages that win less than is stated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from funnelsim.metrics import statistics
from funnelsim.metrics.display import number
from funnelsim.metrics.vocabulary import vocabulary_of

if TYPE_CHECKING:
    from funnelsim.metrics.result import Result

LOOK_AT = {"trial": "look at the product", "negotiation": "look at rivals or price"}
"""What is to blame where leads are lost in a stage of this name (DOMAIN D2.5)."""


def warnings_of(result: Result) -> list[str]:
    """Return a sentence for each thing; see `Result.warnings`."""
    vocabulary = vocabulary_of(result.scenario)
    queues = (growing_queue(result, team) for team in vocabulary.working)
    stages = (poor_win_rate(result, stage) for stage in vocabulary.stated)
    return [warning for warning in (*queues, *stages) if warning is not None]


def growing_queue(result: Result, team: str) -> str | None:
    """Say that a team has more work than time, if it has."""
    load, busy = (float(result.estimate(f"{figure}_{team}").mean) for figure in ("load", "utilisation"))
    if not load >= 1:
        return None
    return f"team '{team}': its queue grows without bound: load {load:.2f}; people are busy {busy:.0%} of their time"


def poor_win_rate(result: Result, stage: str) -> str | None:
    """Say that a stage wins less than is stated, if its 95% interval lies wholly below."""
    observed = result.estimate(f"observed_win_rate_{stage}")
    low, high = statistics.interval(observed.mean, observed.mc_error, result.replications)
    stated = float(np.mean(result.data["win_rate"].sel(pipeline=stage).isel(period=-1)))
    if not high < stated:
        return None
    ends = " to ".join(number(max(0.0, float(end)), "share") for end in (low, high))
    won, wanted = number(float(observed.mean), "share"), number(stated, "share")
    hint = LOOK_AT.get(stage, "look at what happens from here on")
    return f"stage '{stage}': observed win rate {won} (95% interval {ends}) is below the stated {wanted}: {hint}"
