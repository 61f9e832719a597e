"""What holds of every log of a scenario that uses nearly all there is of touches and tracks, whatever comes of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.engines.histories import DECIDED, History
from funnelsim.engines.log import log_matrix
from funnelsim.engines.realise import tables_of
from funnelsim.engines.rows import CREATED, DROPPED, OUTCOMES, PRESENT, STOPPED, UNWANTED, LogRow
from funnelsim.engines.tables import Tables
from funnelsim.program import Program, compile_scenario
from funnelsim.program import records as p

RICH = Path(__file__).parent / "rich.yaml"


def assert_limits_are_kept(tables: Tables, leads: Iterable[list[LogRow]]) -> set[int]:
    """No lead gets more touches in any window than a limit says, as of when they are sent; return limits reached."""
    full = set[int]()
    for rows in leads:
        sent: dict[int, list[int]] = defaultdict(list)
        for row in rows:
            if row.outcome in DECIDED and row.move != p.NONE and tables.moves[0, row.move]["num_turns"] > 0:
                regime = int(np.searchsorted(tables.regime_tick, row.tick, side="right")) - 1
                turn = tables.turns[regime, np.searchsorted(tables.turns[0]["first_row"], row.row, side="right") - 1]
                for limit in tables.turn_limits[turn["first_limit"] : turn["end_limit"]].tolist():
                    record = tables.limits[regime, limit]
                    sent[limit].append(row.tick)
                    in_window = sum(tick > row.tick - record["per"] for tick in sent[limit])
                    assert in_window <= record["most"]
                    full |= {limit} if in_window == record["most"] else set()
    return full


@pytest.fixture(scope="module")
def program() -> Program:
    return compile_scenario(fs.load(RICH))


def leads_of(program: Program, engine: str, replication: int) -> tuple[Tables, dict[int, list[LogRow]]]:
    """The tables of a replication, and the rows of each lead."""
    by_lead: dict[int, list[LogRow]] = defaultdict(list)
    for values in log_matrix(program, 5, replication, engine).tolist():  # type: ignore[arg-type]
        row = LogRow(*values)
        by_lead[row.key].append(row._replace(key=row.key % (1 << 64)))
    return tables_of(program, 5, replication), by_lead


@pytest.mark.parametrize("replication", range(3))
def test_histories_follow_the_rows(program: Program, engine: str, replication: int) -> None:
    """One stage and at most one stream, those that the rules say; and the warmth that points add up to."""
    tables, by_lead = leads_of(program, engine, replication)
    outcomes = Counter[str]()
    for rows in by_lead.values():
        history = History(program, tables)
        assert rows[0].outcome in (CREATED, PRESENT)
        assert [row.sequence for row in rows] == list(range(len(rows)))
        for row in rows:
            assert (row.stage, row.stream) == (history.stage, history.stream)
            history.see(row)
            half_life = int(tables.scoring[history.regime(row.tick)]["half_life"])
            if not history.passed and row.outcome not in (DROPPED, STOPPED):  # those have what is there after a touch
                assert row.warmth == history.warmth.at(row.tick, half_life)
            outcomes[OUTCOMES[row.outcome]] += 1
    assert {"passed", "opted_out", "withheld", "postponed", "exhausted", "claimed"} <= outcomes.keys()


@pytest.mark.parametrize("replication", range(3))
def test_limits_are_kept(program: Program, engine: str, replication: int) -> None:
    tables, by_lead = leads_of(program, engine, replication)
    full = assert_limits_are_kept(tables, by_lead.values())
    assert full == {0, 1}, "each limit is reached by somebody"


@pytest.mark.parametrize("replication", range(3))
def test_no_more_pieces_are_given_than_there_are(program: Program, engine: str, replication: int) -> None:
    tables, by_lead = leads_of(program, engine, replication)
    most = Counter[int]()
    for rows in by_lead.values():
        had = Counter(row.asset for row in rows if row.outcome in DECIDED and row.asset != p.NONE)
        most |= had
    assert dict(most) == dict(enumerate(tables.assets[0]["number"].tolist()))


def test_who_opted_out_is_touched_no_more(program: Program, engine: str) -> None:
    """What is left is at most the last clock of a move of its stage, which is withheld (rule 60)."""
    tables, by_lead = leads_of(program, engine, 0)
    number = 0
    for rows in by_lead.values():
        outcomes = [OUTCOMES[row.outcome] for row in rows]
        if "opted_out" in outcomes:
            number += 1
            after = rows[outcomes.index("opted_out") + 1 :]
            assert all(row.stream == p.NONE for row in after)
            touches = [row for row in after if row.move != p.NONE and tables.moves[0, row.move]["num_turns"] > 0]
            assert all(row.outcome == UNWANTED for row in touches)
    assert number > 10


def test_both_engines_write_the_same_log(program: Program) -> None:
    for replication in range(5):
        logs = [log_matrix(program, 5, replication, engine) for engine in ("simpy", "kernel")]  # type: ignore[arg-type]
        np.testing.assert_array_equal(*logs)
