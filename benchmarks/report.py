"""RESULTS.md: what was measured, when, and on what."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks import compiled
from benchmarks.comparing import Row
from benchmarks.growth import Growth
from benchmarks.pairing import Pairing
from benchmarks.parts import Part

PACKAGES = ("funnelsim", "numpy", "numba", "simpy", "salabim", "ciw")


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown; all but the first two columns are numbers."""
    rule = ["---", "---", *["---:"] * (len(head) - 2)]
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, rule, *lines))


def conditions(load: float) -> str:
    """Return date, processor and versions as a paragraph."""
    date = dt.datetime.now(dt.UTC).date().isoformat()
    return (
        f"Measured on {date}, on {processor()} ({os.cpu_count()} processors), {platform.system()}, "
        f"Python {platform.python_version()}, {versions()}; {c_compiler()}. "
        f"Processes that wanted a processor when it began: {load:.1f}."
    )


def processor() -> str:
    """Return the name of the processor."""
    about = Path("/proc/cpuinfo")
    if about.exists():
        for line in about.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def versions() -> str:
    """Return the versions of what is compared, as far as it is there."""
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def c_compiler() -> str:
    """Return the compiler's own first line about itself."""
    found = compiled.compiler()
    if found is None:
        return "no C compiler"
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    return f"{said.splitlines()[0]}, {' '.join(compiled.FLAGS[:2])}"


# ---------------------------------------------------------------- tables
def rows_table(rows: Sequence[Row]) -> str:
    lines = [
        [
            row.work,
            row.peer,
            f"{row.ours_nanoseconds:,.1f} ({row.ours_spread})",
            f"{row.peer_nanoseconds:,.1f} ({row.peer_spread})",
            f"{row.ratio:,.3g} ({min(row.ratios):,.3g} to {max(row.ratios):,.3g})",
            "" if row.target is None else f"{row.target:.3g}",
            row.verdict,
        ]
        for row in rows
    ]
    return table(["work", "beside", "ours, ns an event", "theirs, ns an event", "ratio", "at least", ""], lines)


def growth_table(grown: Sequence[Growth]) -> str:
    lines = [
        [
            growth.what,
            ", ".join(f"{value:,.4g} at {size:,.4g}" for size, value in zip(growth.sizes, growth.values, strict=True)),
            growth.unit,
            f"{growth.told} {growth.found:,.3g}",
            f"{growth.limit:g}",
            growth.verdict,
        ]
        for growth in grown
    ]
    return table(["what", "measured", "in", "found", "at most", ""], lines)


def pairing_table(found: Sequence[Pairing]) -> str:
    lines = [
        [
            pairing.change,
            f"{pairing.difference:+.1f}",
            f"{pairing.paired_variance:,.1f}",
            f"{pairing.independent_variance:,.1f}",
            f"{pairing.times:.1f}",
            "" if pairing.target is None else f"{pairing.target:g}",
            pairing.verdict,
        ]
        for pairing in found
    ]
    head = [
        "change",
        "leads won by day 365",
        "variance, paired",
        "variance, independent",
        "times smaller",
        "at least",
        "",
    ]
    return table(head, lines)


def parts_table(parts: Sequence[Part]) -> str:
    return table(
        ["part", "events a replication", "ns an event"],
        [[part.name, f"{part.events:,}", f"{part.nanoseconds:.1f}"] for part in parts],
    )


WHY = """What keeps us from the targets that are not reached, by a profile of 2026-11-24 (`perf record -e cpu-clock`;
the processor's counters of instructions and misses were out of reach):

- *Funnel.* No part stands out: attempts that leads may stay after take 16% (a lead's place in two buckets, in hand and
  in the counts is written each time, where C keeps a lead in registers from the beginning of its life to its end),
  days, months and age of events 9%, entries and ages at them 9%, the queue in front 8%, drawing words and waits 12%,
  setting clocks 5%. C that walks leads alone has no stages to put leads into, and one stream of random numbers, not one
  for each lead and purpose.
- *Owners.* What is walked in blocks takes an eighth of the time; the rest is where leads meet: the heap of events 14%,
  who takes up work and who gets a lead 19%, what a lead does there 17%, working time 10%. C asks for nothing that this
  program does not have: other disciplines, rules of assignment, days off, skills, waits and work counted by month.
- *Tracks.* Warmth and fatigue move each chance that a touch has, by two powers of two and a logistic function (22%),
  and are brought up to date after it (10%); the chain of a touch is up to four rows with a draw each (10%).
- *Small replications.* A replication of 150 leads clears and sums up as many counts as one of 150,000. Of a thousand
  of them 51 ms of 128 are walking leads and keeping what was counted; the rest is making the result."""

PAGE = """# Benchmarks

Written by `make bench`. {conditions}

## Beside others

Ours runs through `funnelsim.simulate`, all tallies on. A ratio is how often our time for an event goes into the
peer's: above 1, ours is faster. Who is compared runs in turn in one process on one processor, {rounds} rounds after a
warm-up; medians, with the fastest and the slowest round. On one thread the processor's time counts, on two the clock's.
An event is a lead that comes or an attempt. Each row asserts that both did the same work: counts by kind of attempt,
outcome, month and age of the lead agree within their sampling errors, and those of the funnel with its closed form.
Ciw looks through everybody at a node for who is next, so that it is given a tenth of the leads. Prosimos is left out:
its gateways do not know how often a case came by, and so not a sixth touch.

{rows}

![Times, and how time and memory grow](results.svg)

## Where our time goes

The funnels with parts of them switched off, on one thread.

{parts}

{why}

## Growth

{growth}

## Paired luck

Leads won by day 365 of the funnel, changed less unchanged, {replications} replications: with one seed, and with two.

{pairing}
"""


def write(
    path: Path,
    load: float,
    rounds: int,
    rows: Sequence[Row],
    parts: Sequence[Part],
    grown: Sequence[Growth],
    pairings: Sequence[Pairing],
    replications: int,
) -> None:
    """Write the page."""
    text = PAGE.format(
        conditions=conditions(load),
        rounds=rounds,
        rows=rows_table(rows),
        parts=parts_table(parts),
        why=WHY,
        growth=growth_table(grown),
        replications=replications,
        pairing=pairing_table(pairings),
    )
    path.write_text(text, encoding="utf-8")
