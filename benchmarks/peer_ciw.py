"""The funnel in Ciw: a network of nodes, four of them with as many servers as there are customers, routed by rules.

Ciw looks through everybody at a node for who is next, so that an event costs the more the more leads there are: it is
given a tenth of them.
"""

from __future__ import annotations

import random
from typing import Any

import ciw
from ciw.dists import Deterministic, Exponential, Gamma, Lognormal
from ciw.routing.routing import NodeRouting

from benchmarks.tallied import Tally, counts_of
from benchmarks.timing import Contender
from benchmarks.work import DAYS

LEAD, MQL, SQL, OPPORTUNITY, POOL = range(1, 6)
END = -1
WEEK = 7.0
LEADS_PER_DAY = 4


class FirstYear(Exponential):  # type: ignore[misc]
    """Gaps between arrivals, none after the first year."""

    def sample(self, t: float | None = None, ind: Any = None) -> float:
        gap: float = super().sample(t, ind)
        return gap if (t or 0) + gap < 365 else float("inf")


class WithinAWeek(Exponential):  # type: ignore[misc]
    """A wait that is over after a week at the latest, and then in vain."""

    def sample(self, t: float | None = None, ind: Any = None) -> float:
        days: float = super().sample(t, ind)
        ind.late = days >= WEEK
        return min(days, WEEK)


class Route(NodeRouting):  # type: ignore[misc]
    """Where a lead goes from a node, by chance, and what is counted."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally

    def next_node(self, ind: Any) -> Any:
        here, now, attempt = self.node.id_number, self.node.now, self.tally.attempt
        if here == LEAD:
            ind.born, ind.touches = ind.arrival_date, 0
            self.tally.came(ind.born)
        if here == SQL:
            attempt("sql.expire" if ind.late else "sql.progress", now, ind.born)
            return self.simulation.nodes[self.pool(ind) if ind.late else OPPORTUNITY]
        ind.touches += here == POOL
        chance, kind, to, otherwise = {
            LEAD: (0.45, "lead.call", MQL, POOL),
            MQL: (0.5, "mql.check", SQL, POOL),
            OPPORTUNITY: (0.3, "opportunity.decide", END, END),
            POOL: (0.08, "pool.touch", MQL, POOL),
        }[here]
        good = random.random() < chance
        way = to if good else self.pool(ind) if otherwise == POOL else END
        attempt(kind, now, ind.born, good, not here == way == POOL)
        return self.simulation.nodes[way]

    def pool(self, ind: Any) -> int:
        return POOL if ind.touches < 6 else END


def replication(seed: int) -> Tally:
    """Run one replication."""
    tally, many = Tally(), float("inf")
    network = ciw.create_network(
        arrival_distributions=[FirstYear(rate=LEADS_PER_DAY), None, None, None, None],
        service_distributions=[
            Exponential(rate=10),
            Lognormal(mean=0.5, sd=0.8),
            WithinAWeek(rate=1 / 6),
            Gamma(shape=2, scale=15),
            Deterministic(value=30),
        ],
        number_of_servers=[5, many, many, many, many],
        routing=ciw.routing.NetworkRouting(routers=[Route(tally) for _ in range(5)]),
    )
    ciw.seed(seed)
    ciw.Simulation(network).simulate_until_max_time(DAYS)
    return tally


CIW = Contender(
    "Ciw",
    1,
    lambda seed, replications: [replication(1000 * seed + i) for i in range(replications)],
    counts_of,
)
