"""All that is timed side by side: who, on which work, and how fast it has to be."""

from __future__ import annotations

import importlib.util
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

import funnelsim as fs
from benchmarks import closed_form, compiled
from benchmarks.ours import ours
from benchmarks.peer_heapq import HEAPQ
from benchmarks.peer_simpy import SIMPY
from benchmarks.timing import PROCESSORS, ROUNDS, Contender, Timing, measure
from benchmarks.work import (
    FUNNEL,
    OWNERS,
    TENTH,
    TRACKS,
    TRACKS_EVEN,
    TRUNK,
    Counts,
    Work,
    check_means,
    check_same,
    figures,
    of_size,
)


@dataclass(frozen=True)
class Row:
    """One line of the table: how often our time goes into a peer's."""

    work: str
    peer: str
    ours_nanoseconds: float
    ours_spread: str
    peer_nanoseconds: float
    peer_spread: str
    ratios: list[float]
    target: float | None

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        return "reached" if self.ratio >= self.target else "not reached"


@dataclass(frozen=True)
class Peer:
    """A contender, and at least how often our time has to go into its."""

    contender: Contender
    target: float | None = None


Check = Callable[[Work, Contender, Counts, Counts], None]


def same(work: Work, peer: Contender, ours: Counts, theirs: Counts) -> None:
    """Assert that a peer did the same work but for luck."""
    check_same(work, ours, peer.name, theirs)


def compare(
    title: str, work: Work, we: Contender, peers: Sequence[Peer], check: Check = same, rounds: int = ROUNDS
) -> list[Row]:
    """Time us and peers in turn, check what was done, and return a row for each peer."""
    if not peers:
        return []
    timings = measure(work, [we, *(peer.contender for peer in peers)], rounds)
    rows = []
    for peer, timing in zip(peers, timings[1:], strict=True):
        check(work, peer.contender, timings[0].all_counts(), timing.all_counts())
        rows.append(row_of(title, peer, timings[0], timing))
        print(told(rows[-1]), flush=True)
    return rows


def row_of(title: str, peer: Peer, we: Timing, they: Timing) -> Row:
    ratios = we.ratios(they)
    return Row(title, peer.contender.name, we.median, we.spread, they.median, they.spread, ratios, peer.target)


def told(row: Row) -> str:
    """Return a row as a line of text."""
    low, high = min(row.ratios), max(row.ratios)
    wanted = f"  at least {row.target:g}: {row.verdict}" if row.target is not None else ""
    times = (
        f"{row.ours_nanoseconds:7.1f} ns ({row.ours_spread}) beside {row.peer_nanoseconds:9.1f} ns ({row.peer_spread})"
    )
    return f"{row.work:34s} {row.peer:42s} {times}  ratio {row.ratio:8.3f} ({low:.3f} to {high:.3f}){wanted}"


# ---------------------------------------------------------------- beside others
def in_c(*peers: Peer) -> list[Peer]:
    """Return peers in C where there is a compiler."""
    if compiled.compiler() is None:
        print("no C compiler: the rows of C are left out")
        return []
    return list(peers)


def if_installed(package: str, module: str, name: str) -> list[Peer]:
    """Return a peer whose package is not needed for anything else, if it is installed."""
    if importlib.util.find_spec(package) is None:
        print(f"no {package}: its row is left out")
        return []
    return [Peer(getattr(importlib.import_module(module), name))]


def exactly(work: Work, peer: Contender, ours: Counts, theirs: Counts) -> None:
    """Assert that a peer did the same work but for luck, and that both agree with the closed form."""
    same(work, peer, ours, theirs)
    for counts in (ours, theirs):
        check_means(work, counts, closed_form.funnel(), spread=ours)


def beside_peers(rounds: int = ROUNDS) -> list[Row]:
    """Time the funnels beside other simulators and hand-written programs."""
    alone, ring, heap = Peer(compiled.ALONE, 0.7), Peer(compiled.RING), Peer(compiled.HEAP, 6)
    cold, warm = Peer(compiled.TRACKS_ALONE_EVEN, 0.4), Peer(compiled.TRACKS_ALONE)
    on_funnel = [*in_c(alone, ring, heap), Peer(HEAPQ), Peer(SIMPY, 250)]
    on_funnel += if_installed("salabim", "benchmarks.peer_salabim", "SALABIM")
    return [
        *compare("funnel", FUNNEL, ours(FUNNEL, 60), on_funnel, exactly, rounds),
        *compare("a tenth of the funnel", TENTH, ours(TENTH, 200), if_installed("ciw", "benchmarks.peer_ciw", "CIW")),
        *compare("owners", OWNERS, ours(OWNERS, 40), in_c(Peer(compiled.OWNERS_HEAP, 2.5)), rounds=rounds),
        *compare("tracks", TRACKS, ours(TRACKS, 40), in_c(cold, warm), same_where_alike, rounds),
        *compare(
            "tracks, even", TRACKS_EVEN, ours(TRACKS_EVEN, 40), in_c(Peer(compiled.TRACKS_ALONE_EVEN)), rounds=rounds
        ),
    ]


def same_where_alike(work: Work, peer: Contender, ours: Counts, theirs: Counts) -> None:
    """Assert that a peer did the same work, or, where it leaves out warmth and fatigue, at least the same calls."""
    if peer is compiled.TRACKS_ALONE_EVEN:
        ours, theirs = ours[:, :, :2], theirs[:, :, :2]
    same(work, peer, ours, theirs)


# ---------------------------------------------------------------- beside ourselves
def beside_ourselves(rounds: int = ROUNDS) -> list[Row]:
    """Time threads beside one, small replications beside large ones, the engines, a long queue beside a short one."""
    return [
        *two_threads(rounds),
        *small_replications(rounds),
        *compare(TRUNK.name, TRUNK, ours(TRUNK, 100), [Peer(reference(TRUNK), 30)], equally_at_first, rounds),
        *long_queue(rounds),
    ]


def two_threads(rounds: int) -> list[Row]:
    """Time two threads beside one."""
    if len(PROCESSORS) < 2:
        print("one processor: the row of two threads is left out")
        return []
    one, two = ours(FUNNEL, 120, name="one thread"), ours(FUNNEL, 120, threads=2)
    return compare("funnel, two threads", FUNNEL, two, [Peer(one, 1.8)], equally, rounds)


def equally(work: Work, peer: Contender, ours: Counts, theirs: Counts) -> None:
    """Assert that both counted the same, to the bit."""
    assert np.array_equal(ours, theirs), f"{peer.name} counts otherwise on {work.name}"


def equally_at_first(work: Work, peer: Contender, ours: Counts, theirs: Counts) -> None:
    """Assert that the reference, with one replication a round, counted what the kernel did in the first of each."""
    equally(work, peer, ours[:: len(ours) // len(theirs)], theirs)


def reference(work: Work) -> Contender:
    """Return our engine in SimPy, as a contender."""
    return Contender(
        "the reference engine",
        1,
        lambda seed, number: fs.simulate(work.scenario, replications=number, seed=seed, engine="simpy"),
        work.counts,
    )


def small_replications(rounds: int) -> list[Row]:
    """Time a thousand replications of 150 leads beside one of 150,000."""
    small, large = of_size(150), of_size(150_000)

    def alike(work: Work, _: Contender, few: Counts, many: Counts) -> None:
        for name, values in figures(work, few).items():
            in_all = float(values.mean()) * 1000, float(figures(work, many)[name].mean())
            assert 0.95 < in_all[0] / in_all[1] < 1.05, (
                f"{name} is {in_all[0]:.0f} in small and {in_all[1]:.0f} in large"
            )

    return compare(
        "replications of 150 leads",
        small,
        ours(small, 1000),
        [Peer(ours(large, 1, name="one of 150,000"), 0.5)],
        alike,
        rounds,
    )


def queue(hours: float) -> Work:
    """Return the work of five people for whom a lead comes every hour each, with so many hours of work.

    Who has waited for 90 days on average leaves.
    """
    text = f"""
    format: 1
    name: A queue
    start: 2026-01-01
    horizon: 360d
    channels: {{web: {{leads: 120 per day, enters: lead}}}}
    teams: {{desk: {{people: 5, hours: 24 per day, discipline: newest}}}}
    stages:
      lead:
        moves:
          see: {{team: desk, takes: {{dist: exponential, mean: {hours:.6f}h}}, to: seen}}
          leave: {{after: {{dist: exponential, mean: 90d}}, to: gone}}
      seen: {{}}
      gone: {{}}
    """
    return Work(f"a queue at load {hours:g}", "", ("lead.see", "lead.leave"), text=text)


def long_queue(rounds: int) -> list[Row]:
    """Time a queue that grows to many thousands beside one that does not."""
    short, long = queue(0.8), queue(3.0)

    def waiting(work: Work, _: Contender, in_long: Counts, in_short: Counts) -> None:
        for counts, served in ((in_long, 0.5), (in_short, 0.99)):
            came, seen = counts[:, :, 0].sum(), counts[:, :, 1].sum()
            assert (seen / came > served) == (counts is in_short), f"{seen} of {came} were served"

    return compare(
        "a queue of thousands",
        long,
        ours(long, 20),
        [Peer(ours(short, 20, name="a short queue"), 1 / 3)],
        waiting,
        rounds,
    )
