"""How time grows: with leads, stages, moves and periods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.ours import ours
from benchmarks.timing import measure
from benchmarks.work import ALONE, FUNNEL, Work, of_size

EVENTS = 3_000_000
"""Events in a measurement, roughly, where one replication has fewer."""

EVENTS_PER_LEAD = 8.3


@dataclass(frozen=True)
class Growth:
    """How something grew, and what it had to keep to."""

    what: str
    by: str
    """What was made larger."""
    unit: str
    sizes: list[float]
    values: list[float]
    found: float
    limit: float
    told: str
    """What `found` is."""
    refused: str = ""
    """What could not be measured, since it would take too much memory."""

    @property
    def verdict(self) -> str:
        if self.refused:
            return f"not reached: {self.refused}"
        return "reached" if self.found <= self.limit else "not reached"

    def line(self) -> str:
        sizes = ", ".join(f"{value:,.4g} at {size:,.4g}" for size, value in zip(self.sizes, self.values, strict=True))
        found = f"{self.told} {self.found:.3f}, at most {self.limit:g}: {self.verdict}"
        return f"{self.what}: {sizes} {self.by} ({self.unit}); {found}"


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Return the power by which values grow with sizes."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


# ---------------------------------------------------------------- leads
def with_leads(what: str, sizes: Sequence[int], people: bool, rounds: int) -> Growth:
    """Measure the time of one replication by its leads."""
    seconds, refused = list[float](), ""
    for size in sizes:
        try:
            seconds.append(seconds_of(size, people, rounds if size < max(sizes) else 1))
        except ValueError as error:
            if "memory" not in str(error):
                raise
            refused = f"{size:,} leads would take too much memory"
    measured = list(map(float, sizes[: len(seconds)]))
    power = exponent(measured, seconds)
    return Growth(what, "leads", "seconds a replication", measured, seconds, power, 1.05, "exponent", refused)


def seconds_of(leads: int, people: bool, rounds: int) -> float:
    """Return the time of one replication of so many leads."""
    work = of_size(leads, people)
    replications = max(1, int(EVENTS / EVENTS_PER_LEAD / leads))
    (timing,) = measure(work, [ours(work, replications)], rounds)
    events = float(np.mean([work.events(counts) / replications for counts in timing.counts]))
    assert abs(events / leads / EVENTS_PER_LEAD - 1) < 0.05, f"{work.name} have {events:.0f} events"
    return timing.median * events / 1e9


# ---------------------------------------------------------------- what makes a program larger
def chain(stages: int) -> Work:
    """Return the work of leads that go through so many stages, one after the other."""
    wait = "{dist: exponential, mean: 3d}"
    middle = [f"  s{i}: {{moves: {{go: {{after: {wait}, to: s{i + 1}}}}}}}" for i in range(stages)]
    return written("\n".join([*middle, f"  s{stages}: {{}}"]), "s0", [f"s{i}.go" for i in range(stages)])


def race(moves: int) -> Work:
    """Return the work of leads in one stage with so many moves, each tried again and again."""
    wait = "{dist: exponential, mean: 10d}"
    tries = [f"      m{i}: {{after: {wait}, every: {wait}, chance: 0.1%, to: gone}}" for i in range(moves)]
    stage = "\n".join(["  s0:", "    moves:", *tries, "      leave: {after: 90d, to: gone}", "  gone: {}"])
    return written(stage, "s0", ["s0.leave", *(f"s0.m{i}" for i in range(moves))])


def written(stages: str, enters: str, rows: Sequence[str]) -> Work:
    """Return a work of some stages, with 40 leads a day in two years."""
    head = "format: 1\nname: Made\nstart: 2026-01-01\nhorizon: 720d\nperiod: 60d\n"
    text = f"{head}channels: {{web: {{leads: 40 per day, enters: {enters}}}}}\nstages:\n{stages}\n"
    return Work("made", "", tuple(rows), text=text)


def in_periods(number: int) -> Work:
    """Return the funnel without its team, reported in so many periods."""
    return Work("periods", FUNNEL.file, FUNNEL.rows, changed={**ALONE, "period": f"{720 // number}d"})


def flat(what: str, make: Callable[[int], Work], sizes: Sequence[int], rounds: int) -> Growth:
    """Measure the time of an event by how large a program is; the sizes span a tenfold."""
    medians = []
    for size in sizes:
        work = make(size)
        events = work.events(work.counts(ours(work, 1).run(0, 1)))
        (timing,) = measure(work, [ours(work, max(1, EVENTS // events))], rounds)
        medians.append(timing.median)
    factor = max(medians) / medians[0]
    return Growth(f"time by {what}", what, "nanoseconds an event", list(sizes), medians, factor, 1.5, "factor")


def shown(grown: Iterable[Growth]) -> list[Growth]:
    """Return all of them, and print each when it is there."""
    found = []
    for growth in grown:
        print(growth.line(), flush=True)
        found.append(growth)
    return found


def measured(rounds: int = 3, largest: int = 7) -> list[Growth]:
    """Measure how time grows: with up to ten to the power of `largest` leads, each the median of some rounds."""
    return shown(_measured(rounds, [10**power for power in range(3, largest + 1)]))


def _measured(rounds: int, leads: Sequence[int]) -> Iterator[Growth]:
    yield with_leads("time by leads that walk alone", leads, False, rounds)
    yield with_leads("time by leads that meet", leads, True, rounds)
    yield flat("stages", chain, (6, 20, 60), rounds)
    yield flat("moves", race, (2, 6, 20), rounds)
    yield flat("periods", in_periods, (12, 40, 120), rounds)
