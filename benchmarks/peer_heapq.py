"""The funnel in plain Python with a list of events: `heapq` and the standard library's random numbers."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import deque

from benchmarks.tallied import Tally, counts_of
from benchmarks.timing import Contender
from benchmarks.work import DAYS

COMES, LEAD, MQL, SQL, OPPORTUNITY, POOL, FINAL = range(7)


class Lead:
    """A lead, and where it stands."""

    __slots__ = ("born", "late", "stage", "touches")

    def __init__(self, born: float, stage: int) -> None:
        self.born, self.stage, self.touches, self.late = born, stage, 0, False


def wait(draw: random.Random, lead: Lead) -> float:
    """Days until a lead's next attempt."""
    if lead.stage == LEAD:
        return draw.expovariate(10)
    if lead.stage == MQL:
        return draw.lognormvariate(0.5, 0.8)
    if lead.stage == SQL:
        days = draw.expovariate(1 / 6)
        lead.late = days >= 7
        return min(days, 7.0)
    return draw.gammavariate(2, 15) if lead.stage == OPPORTUNITY else 30.0


def attempt(draw: random.Random, tally: Tally, lead: Lead, day: float) -> None:
    """Decide the attempt that is due."""
    pool = POOL if lead.touches < 6 else FINAL
    if lead.stage == SQL:
        tally.attempt("sql.expire" if lead.late else "sql.progress", day, lead.born)
        lead.stage = pool if lead.late else OPPORTUNITY
        return
    if lead.stage == POOL:
        lead.touches += 1
        pool = POOL if lead.touches < 6 else FINAL
    chance, kind, to, otherwise = {
        LEAD: (0.45, "lead.call", MQL, pool),
        MQL: (0.5, "mql.check", SQL, pool),
        OPPORTUNITY: (0.3, "opportunity.decide", FINAL, FINAL),
        POOL: (0.08, "pool.touch", MQL, pool),
    }[lead.stage]
    good = draw.random() < chance
    tally.attempt(kind, day, lead.born, good, lead.stage != POOL or pool == FINAL)
    lead.stage = to if good else otherwise


def replication(seed: int) -> Tally:
    """Run one replication."""
    draw, tally, number, queue, busy = random.Random(seed), Tally(), itertools.count(), deque[Lead](), 0
    events = [(draw.expovariate(40), next(number), Lead(0, COMES))]
    while events and events[0][0] < DAYS:
        day, _, lead = heapq.heappop(events)
        planned = [lead]
        if lead.stage == COMES:
            planned = [Lead(day, LEAD)]
            tally.came(day)
            later = day + draw.expovariate(40)
            if later < 365:
                heapq.heappush(events, (later, next(number), lead))
            if busy == 5:
                queue.append(planned.pop())
            else:
                busy += 1
        else:
            if lead.stage == LEAD:
                if queue:
                    planned.append(queue.popleft())
                else:
                    busy -= 1
            attempt(draw, tally, lead, day)
        for one in planned:
            if one.stage != FINAL:
                heapq.heappush(events, (day + wait(draw, one), next(number), one))
    return tally


HEAPQ = Contender(
    "plain heapq",
    2,
    lambda seed, replications: [replication(1000 * seed + i) for i in range(replications)],
    counts_of,
)
