"""What a sweep costs an event beside `simulate`: CPU time of both on the same points, in turn, after a warm-up.

The work is asserted: every figure of every point is that of `simulate` at this point.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import funnelsim as fs

SCENARIO = Path(__file__).parents[1] / "scenarios" / "trunk.yaml"
OVER = {
    "stages.sql.moves.expire.after": ["7d", "14d", "21d"],
    "channels.search.leads": ["600 per month", "800 per month"],
}
REPLICATIONS = 100
ROUNDS = 5
MOST = 1.2
"""How much more an event of a sweep may cost."""


def main() -> None:
    ratio = measure(ROUNDS)
    if ratio > MOST:
        sys.exit(f"an event of a sweep costs {ratio:.3f} times one of simulate, more than {MOST}")


def measure(rounds: int) -> float:
    """Print and return the median of the ratios of a sweep's CPU time to that of `simulate` at its points."""
    scenario = fs.load(SCENARIO)
    points = [dict(zip(OVER, pair, strict=True)) for pair in _pairs(*OVER.values())]
    versions = [scenario.set(point) for point in points]
    metrics = fs.simulate(scenario, replications=1, threads=1).usual_names()

    def alone() -> list[list[float]]:
        results = (fs.simulate(version, replications=REPLICATIONS, threads=1) for version in versions)
        return [[float(result.estimate(name).mean) for name in metrics] for result in results]

    def together() -> list[list[float]]:
        swept = fs.sweep(scenario, OVER, replications=REPLICATIONS, threads=1)
        assert list(swept.metrics) == metrics
        found: list[list[float]] = swept.data["mean"].to_numpy().reshape(len(metrics), -1).T.tolist()
        return found

    ratios = []
    for turn in range(rounds + 1):
        (expected, simulated), (found, swept) = _timed(alone), _timed(together)
        assert found == expected
        if turn:  # the first is a warm-up
            ratios.append(swept / simulated)
    number = len(points) * REPLICATIONS
    middle = statistics.median(ratios)
    print(
        f"sweep / simulate: {middle:.3f} (from {min(ratios):.3f} to {max(ratios):.3f}) at {len(points)} points with "
        f"{REPLICATIONS} replications each, {number} in all"
    )
    return middle


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.process_time()
    done = work()
    return done, time.process_time() - start


def _pairs(first: list[str], second: list[str]) -> list[tuple[str, str]]:
    return [(one, other) for one in first for other in second]


if __name__ == "__main__":
    main()
