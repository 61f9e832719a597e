"""Replications: the same bits for any number of threads and any chunk; ended cleanly; counted as they go."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.engines import luck, replicate
from funnelsim.engines.counts import Counts, empty_counts
from funnelsim.engines.desks import Desks
from funnelsim.program import Program, compile_scenario

TRUNK = Path(__file__).parents[2] / "scenarios" / "trunk.yaml"


@pytest.fixture(scope="module")
def program() -> Program:
    """The trunk: uncertain, seasonal, with a backlog, made short."""
    return compile_scenario(fs.load(TRUNK).set({"horizon": "2 months", "channels.base.backlog": 300}))


def same(one: Counts, other: Counts) -> bool:
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("chunk", [1, 5, 8, 100])
def test_threads_and_chunks_change_nothing(program: Program, threads: int, chunk: int) -> None:
    plain = replicate.replicate(program, 23, 9, threads=1, chunk=23, by="segment", cohorts=True)
    assert same(plain, replicate.replicate(program, 23, 9, threads=threads, chunk=chunk, by="segment", cohorts=True))
    assert not same(
        plain, replicate.replicate(program, 23, 10, threads=threads, chunk=chunk, by="segment", cohorts=True)
    )


def test_more_replications_begin_with_the_same(program: Program) -> None:
    few, many = replicate.replicate(program, 3, 9), replicate.replicate(program, 8, 9)
    assert same(few, many.part(0, 3))


@pytest.mark.parametrize(("first", "engine"), [(1, "kernel"), (5, "kernel"), (7, "simpy")])
def test_later_replications_alone_are_the_same(program: Program, first: int, engine: Any) -> None:
    some = replicate.replicate(program, 8, 9, first=first, engine=engine)
    assert same(some, replicate.replicate(program, 8, 9).part(first, 8))


@pytest.mark.parametrize("first", [0, 4, 23])
def test_small_parts_change_nothing(program: Program, first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicate, "COARSE_LEADS", 2500)
    parts: list[Counts] = []
    replicate.replicate_in_parts(program, 23, 9, parts.append, first=first, small=True, threads=2)
    plain, done = replicate.replicate(program, 23, 9), first
    for part in parts:
        assert same(part, plain.part(done, done + len(part.counts)))
        done += len(part.counts)
    assert done == 23
    assert max((len(part.counts) for part in parts), default=0) <= 3


def test_coarse_pieces_are_bounded_by_leads_memory_and_workers(program: Program) -> None:
    def size(replications: int = 10**9, engine: Any = "kernel", workers: int = 2) -> int:
        return replicate.coarse_size(program, replications, engine, None, False, workers)

    room = replicate.COARSE_BYTES // sum(array.nbytes for array in replicate.nothing(program, None, False))
    assert 2 < size() <= min(room, replicate.COARSE_LEADS // 800)
    assert size(1000, workers=25) == 10
    assert size(1000, workers=1000) == 1
    assert size(engine="simpy") == 1


def test_groups_sum_to_the_whole(program: Program) -> None:
    whole = replicate.replicate(program, 4, 2).counts.sum(axis=2)
    for by in ("channel", "segment"):
        np.testing.assert_array_equal(replicate.replicate(program, 4, 2, by=by).counts.sum(axis=2), whole)


def test_done_is_told_of_every_replication(program: Program) -> None:
    told: list[int] = []
    replicate.replicate(program, 11, 1, chunk=4, done=told.append)
    assert sorted(told) == [3, 4, 4]
    told.clear()
    replicate.replicate(program, 2, 1, engine="simpy", done=told.append)
    assert told == [1, 1]


@pytest.mark.parametrize("path", ["blocks", "leads"])
def test_a_raised_flag_stops_before_the_next_lead(program: Program, path: Any) -> None:
    out = empty_counts(program, 4, None, False)
    assert Desks(program, None, 1, path, np.ones(1, np.int64)).run(1, 0, out) == 0
    assert not out.counts.any()


def test_an_interruption_stops_all_threads(program: Program) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        replicate.replicate(program, 100_000, 1, chunk=1, done=interrupt)
    assert threading.active_count() == before


def test_going_round_too_often_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lead that visits more often than a key counts would meet its own luck again; it cannot be simulated."""
    text: dict[str, Any] = {
        "format": 1, "name": "Round", "start": "2026-01-01", "horizon": "2 days",
        "channels": {"base": {"backlog": 1, "enters": "a"}},
        "stages": {"a": {"moves": {"go": {"after": "1ms", "chance": 0.99999999, "to": "a", "else": "b"}}}, "b": {}},
    }  # fmt: skip
    program = compile_scenario(fs.loads(json.dumps(text)))
    with pytest.raises(OverflowError, match="goes round more often"):
        replicate.replicate(program, 1, 1)
    assert luck.MOST_VISITS == 2**20 - 1
    monkeypatch.setattr("funnelsim.engines.stays.MOST_VISITS", 1000)
    with pytest.raises(OverflowError, match="goes round more often"):
        replicate.replicate(program, 1, 1, engine="simpy")


def test_unknown_groups_are_refused(program: Program) -> None:
    with pytest.raises(ValueError, match="cannot group by 'colour': take channel, origin, segment"):
        replicate.replicate(program, 1, 1, by="colour")
