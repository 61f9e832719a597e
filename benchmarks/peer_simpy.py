"""The funnel in SimPy, as one writes it there.

A process for each lead, a `Resource` for the people, the standard library's random numbers.
"""

from __future__ import annotations

import random
from collections.abc import Generator

import simpy

from benchmarks.tallied import Tally, counts_of
from benchmarks.timing import Contender
from benchmarks.work import DAYS

Process = Generator[simpy.Event, None, None]


class Funnel:
    """One replication."""

    def __init__(self, seed: int) -> None:
        self.env = simpy.Environment()
        self.people = simpy.Resource(self.env, 5)
        self.random = random.Random(seed)
        self.tally = Tally()

    def run(self) -> Tally:
        self.env.process(self.arrivals())
        self.env.run(until=DAYS)
        return self.tally

    def arrivals(self) -> Process:
        yield self.env.timeout(self.random.expovariate(40))
        while self.env.now < 365:
            self.tally.came(self.env.now)
            self.env.process(self.lead(self.env.now))
            yield self.env.timeout(self.random.expovariate(40))

    def happens(self, chance: float) -> bool:
        return self.random.random() < chance

    def lead(self, born: float) -> Process:
        with self.people.request() as request:
            yield request
            yield self.env.timeout(self.random.expovariate(10))
        good = self.happens(0.45)
        self.tally.attempt("lead.call", self.env.now, born, good)
        touches = 0
        while True:
            if good and (yield from self.mql(born)):
                return
            if touches == 6:
                return
            good = False
            while not good and touches < 6:
                yield self.env.timeout(30)
                touches += 1
                good = self.happens(0.08)
                self.tally.attempt("pool.touch", self.env.now, born, good, touches == 6)
            if not good:
                return

    def mql(self, born: float) -> Generator[simpy.Event, None, bool]:
        """Return whether the lead came to its end; otherwise it goes to the pool."""
        env, attempt = self.env, self.tally.attempt
        yield env.timeout(self.random.lognormvariate(0.5, 0.8))
        good = self.happens(0.5)
        attempt("mql.check", env.now, born, good)
        if not good:
            return False
        progress, expire = env.timeout(self.random.expovariate(1 / 6)), env.timeout(7)
        yield progress | expire
        if not progress.processed:
            attempt("sql.expire", env.now, born)
            return False
        attempt("sql.progress", env.now, born)
        yield env.timeout(self.random.gammavariate(2, 15))
        attempt("opportunity.decide", env.now, born, self.happens(0.3))
        return True


SIMPY = Contender(
    "SimPy",
    1,
    lambda seed, replications: [Funnel(1000 * seed + i).run() for i in range(replications)],
    counts_of,
)
