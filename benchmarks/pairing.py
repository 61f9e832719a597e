"""What the same luck is worth: the variance of a difference, paired and with seeds of its own.

On the funnel: leads won by day 365, between the scenario and one with another value. Paired replications have one seed,
so that leads and luck are the same wherever both agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

import funnelsim as fs
from benchmarks.timing import pin
from benchmarks.work import FUNNEL, arriving

REPLICATIONS = 400

CHANGES: dict[str, tuple[Mapping[str, Any], float | None]] = {
    "call to MQL 45% to 47%": ({"stages.lead.moves.call.chance": "47%"}, 50),
    "one person fewer in the team": ({"teams.telesales.people": 4}, None),
    "cadence 30 to 14 days": (
        {"stages.pool.moves.touch.after": "14d", "stages.pool.moves.touch.every": "14d"},
        None,
    ),
    "5% more arrivals": ({"channels.web.leads": arriving(42)}, None),
}
"""Changes, and how many times smaller the variance has to be at least."""


@dataclass(frozen=True)
class Pairing:
    """What pairing does for one change."""

    change: str
    difference: float
    paired_variance: float
    independent_variance: float
    target: float | None

    @property
    def times(self) -> float:
        return self.independent_variance / self.paired_variance

    @property
    def verdict(self) -> str:
        return "" if self.target is None else "reached" if self.times >= self.target else "not reached"

    def line(self) -> str:
        wanted = f"; at least {self.target:g}: {self.verdict}" if self.target else ""
        variances = f"variance {self.paired_variance:,.1f} paired, {self.independent_variance:,.1f} independent"
        return f"{self.change:30s} {self.difference:+7.1f} won; {variances}: {self.times:.1f} times smaller{wanted}"


def won_in_a_year(scenario: fs.Scenario, replications: int, seed: int) -> npt.NDArray[np.float64]:
    """Return leads won by day 365, (replications,)."""
    won = fs.simulate(scenario, replications=replications, seed=seed).metric("won")
    return np.asarray(won.isel(period=slice(0, 12)).sum("period"), np.float64)


def measured(replications: int = REPLICATIONS) -> list[Pairing]:
    """Measure what pairing does for each change."""
    pin(2)
    scenario = FUNNEL.scenario
    before, found = won_in_a_year(scenario, replications, 1), []
    for name, (change, target) in CHANGES.items():
        changed = scenario.set(dict(change))
        paired = won_in_a_year(changed, replications, 1) - before
        independent = won_in_a_year(changed, replications, 2) - before
        variances = float(paired.var(ddof=1)), float(independent.var(ddof=1))
        found.append(Pairing(name, float(paired.mean()), *variances, target))
        print(found[-1].line(), flush=True)
    return found
