"""Times the two engines on one scenario in one process, and asserts that they did the same work.

Run with ``python benchmarks/engines.py`` (or ``make bench``). Both run the same replications of
`scenarios/trunk.yaml` on one thread, in turn, several times after a warm-up; the ratio of the medians is printed, and
has to be at least 30.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np

import funnelsim as fs
from funnelsim.engines.counts import Counts
from funnelsim.engines.replicate import replicate
from funnelsim.engines.tally import layout_of
from funnelsim.program import Program, compile_scenario

SCENARIO = Path(__file__).parents[1] / "scenarios" / "trunk.yaml"
LEAST_RATIO = 30


def timed(program: Program, engine: str, replications: int) -> tuple[float, Counts]:
    start = time.perf_counter()
    counts = replicate(program, replications, seed=1, engine=engine, threads=1)  # type: ignore[arg-type]
    return time.perf_counter() - start, counts


def events_of(program: Program, counts: Counts) -> int:
    """Leads that came or were there, and attempts."""
    layout = layout_of(program)
    came = counts.counts[..., layout.created : layout.entry].sum()
    return int(came + counts.counts[..., layout.attempt : layout.stalled].sum())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    program = compile_scenario(fs.load(SCENARIO))
    timed(program, "kernel", 1)
    rates: dict[str, list[float]] = {"kernel": [], "simpy": []}
    for _ in range(rounds):
        slow, reference = timed(program, "simpy", 1)
        fast, kernel = timed(program, "kernel", 50)
        assert np.array_equal(reference.counts[0], kernel.counts[0]), "the engines did not do the same work"
        assert events_of(program, reference) > 50_000
        rates["simpy"].append(events_of(program, reference) / slow)
        rates["kernel"].append(events_of(program, kernel) / fast)
    print(f"{fs.load(SCENARIO).name}, one thread, {rounds} rounds; events are leads that come and attempts")
    for engine, found in rates.items():
        low, middle, high = min(found), statistics.median(found), max(found)
        print(f"  {engine:7s} {middle:12,.0f} events a second (from {low:,.0f} to {high:,.0f})")
    ratio = statistics.median(rates["kernel"]) / statistics.median(rates["simpy"])
    print(f"  the kernel is {ratio:.0f} times as fast; at least {LEAST_RATIO} is asked for")
    return 0 if ratio >= LEAST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
