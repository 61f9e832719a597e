"""The funnel in salabim, as one writes it there.

A component for each lead, a `Resource` for the people, the standard library's random numbers.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from typing import Any

import salabim as sim

from benchmarks.tallied import Tally, counts_of
from benchmarks.timing import Contender
from benchmarks.work import DAYS

Process = Generator[Any, None, None]


class Arrivals(sim.Component):  # type: ignore[misc]
    """Brings leads in the first year."""

    def process(self) -> Process:
        yield self.hold(self.env.draw.expovariate(40))
        while self.env.now() < 365:
            Lead()
            yield self.hold(self.env.draw.expovariate(40))


class Lead(sim.Component):  # type: ignore[misc]
    """A lead, from its creation to its end."""

    def attempt(self, kind: str, good: bool = True, last: bool = True) -> None:
        self.env.tally.attempt(kind, self.env.now(), self.born, good, last)

    def process(self) -> Process:
        draw = self.env.draw
        self.born = self.env.now()
        self.env.tally.came(self.born)
        yield self.request(self.env.people)
        yield self.hold(draw.expovariate(10))
        self.release()
        good = draw.random() < 0.45
        self.attempt("lead.call", good)
        touches = 0
        while True:
            if good:
                yield self.hold(draw.lognormvariate(0.5, 0.8))
                good = draw.random() < 0.5
                self.attempt("mql.check", good)
            if good:
                days = draw.expovariate(1 / 6)
                yield self.hold(min(days, 7))
                good = days < 7
                self.attempt("sql.progress" if good else "sql.expire")
            if good:
                yield self.hold(draw.gammavariate(2, 15))
                self.attempt("opportunity.decide", draw.random() < 0.3)
                return
            while not good and touches < 6:
                yield self.hold(30)
                touches += 1
                good = draw.random() < 0.08
                self.attempt("pool.touch", good, touches == 6)
            if not good:
                return


def replication(seed: int) -> Tally:
    """Run one replication."""
    sim.yieldless(False)
    env = sim.Environment(random_seed=seed)
    env.draw, env.tally = random.Random(seed), Tally()
    env.people = sim.Resource(capacity=5)
    Arrivals()
    env.run(till=DAYS)
    tally: Tally = env.tally
    return tally


SALABIM = Contender(
    "salabim",
    1,
    lambda seed, replications: [replication(1000 * seed + i) for i in range(replications)],
    counts_of,
)
