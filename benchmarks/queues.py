"""A queue that grows without bound costs no more than its events.

Run with ``python benchmarks/queues.py`` (or ``make bench``). The compiled engine runs one team at 0.8 and at 3 times
what it can do, in turn, several times after a warm-up, for as many leads; the ratio of the times per event is printed.
"""

from __future__ import annotations

import json
import statistics
import sys
import time

import funnelsim as fs
from funnelsim.engines.log import log_matrix
from funnelsim.engines.replicate import replicate
from funnelsim.engines.tally import layout_of
from funnelsim.program import Program, compile_scenario

ROUNDS = 5
REPLICATIONS = 20
LARGEST_RATIO = 3.0
LOADS = (0.8, 3.0)
"""Hours of work that come each hour, for each person; a lead comes every hour for each of them."""


def queue(hours: float) -> Program:
    text = {
        "format": 1,
        "name": "A queue",
        "start": "2026-01-01",
        "horizon": "360d",
        "channels": {"web": {"leads": "120 per day", "enters": "lead"}},
        "teams": {"desk": {"people": 5, "hours": "24 per day", "discipline": "newest"}},
        "stages": {
            "lead": {
                "moves": {
                    "see": {"team": "desk", "takes": {"dist": "exponential", "mean": f"{hours:.6f}h"}, "to": "seen"},
                    "leave": {"after": {"dist": "exponential", "mean": "90d"}, "to": "gone"},
                }
            },
            "seen": {},
            "gone": {},
        },
    }
    return compile_scenario(fs.loads(json.dumps(text)))


def main() -> int:
    programs = {load: queue(load) for load in LOADS}
    waiting, times = dict.fromkeys(LOADS, 0.0), {load: list[float]() for load in LOADS}
    for program in programs.values():
        replicate(program, 1, seed=1, threads=1)
    events = {load: len(log_matrix(program, 1, 0, "kernel")) for load, program in programs.items()}
    for _ in range(ROUNDS):
        for load, program in programs.items():
            start = time.perf_counter()
            counts = replicate(program, REPLICATIONS, seed=1, threads=1).counts
            times[load].append((time.perf_counter() - start) / REPLICATIONS / events[load])
            waiting[load] = counts[..., layout_of(program).queue].sum() / REPLICATIONS
    short, long = LOADS
    assert waiting[short] < 50, "the first queue does not grow"
    assert waiting[long] > 5_000, "the second does"
    print(f"one team, {ROUNDS} rounds of {REPLICATIONS} years; events are rows of the log")
    for load, found in times.items():
        middle = statistics.median(found) * 1e9
        work = f"{events[load]:9,} events, {waiting[load]:6,.0f} waiting at the end"
        print(f"  load {load:3.1f} {work}, {middle:6.0f} ns an event")
    ratio = statistics.median(times[long]) / statistics.median(times[short])
    print(f"  an event of the long queue takes {ratio:.2f} times as long; at most {LARGEST_RATIO:g} is asked for")
    return 0 if ratio <= LARGEST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
