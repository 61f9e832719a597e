"""Baselines: what they hold, what is noticed against them, and how they are written."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import pytest

import funnelsim as fs
from funnelsim.checks import baselines
from funnelsim.checks.baselines import HORIZON, Baseline, path_of, read, text_of, write
from funnelsim.checks.checking import Check, Report, loaded
from funnelsim.checks.comparing import changed_fields
from tests.checks.small import SCENARIO, written

pytestmark = pytest.mark.usefixtures("compiled_kernel")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A scenario file with its baseline."""
    found = written(tmp_path)
    write(Check(loaded(found, updating=True)).baseline(), path_of(found))
    return found


def report(path: Path) -> Report:
    return Check(loaded(path)).report()


def bent(path: Path, **fields: object) -> None:
    """Change what the baseline file says at its first level."""
    data = json.loads(path_of(path).read_text("utf-8"))
    path_of(path).write_text(json.dumps({**data, **fields}), "utf-8")


def known(path: Path) -> Baseline:
    found = read(path_of(path))
    assert found is not None
    return found


def test_what_it_holds(path: Path) -> None:
    found = known(path)
    assert found.scenario == fs.load(path).unguarded()
    assert (found.version, found.seed, found.replications) == (fs.__version__, 1, 100)
    assert list(found.measured) == [None, "better"]
    result = fs.simulate(fs.load(path).unguarded(), replications=100, seed=1)
    rows = found.measured[None].figures["cost_per_sql"]
    assert list(rows) == [HORIZON, "2026-01-01", "2026-01-31"]
    estimated = result.estimate("cost_per_sql")
    assert rows[HORIZON] == pytest.approx([float(number) for number in estimated[:-1]], rel=1e-5)
    assert text_of(found) == path_of(path).read_text("utf-8"), "what is read is written again, byte for byte"


def test_the_same_scenario_gives_the_same_bits(path: Path) -> None:
    found = report(path)
    assert found.compared is not None
    assert not found.fails
    assert (found.compared.changes, found.compared.engine) == ((), ())
    assert {row.reading for row in found.compared.rows} == {"the same"}


def test_other_bits_are_noticed(path: Path) -> None:
    measured = json.loads(path_of(path).read_text("utf-8"))["measured"]
    bent(path, measured={**measured, "bits": "0" * 16}, samplers="0" * 16)
    found = report(path)
    assert found.fails
    assert found.compared is not None
    assert [sentence.partition(":")[0] for sentence in found.compared.engine] == [
        "the samplers changed",
        "the engine changed",
    ]


def test_another_version_is_compared_within_its_error(path: Path) -> None:
    measured = json.loads(path_of(path).read_text("utf-8"))["measured"]
    bent(path, version="0.0.1", measured={**measured, "bits": "0" * 16})
    assert not report(path).fails
    mean, *rest = measured["figures"]["sql"][HORIZON]
    measured["figures"]["sql"][HORIZON] = [mean + 8 * rest[-1], *rest]
    bent(path, version="0.0.1", measured=measured)
    found = report(path)
    assert found.fails
    assert found.compared is not None
    [sentence] = found.compared.engine
    assert "differ by more than their error in the scenario: sql was" in sentence


def test_a_changed_scenario_is_compared_on_the_same_luck(path: Path) -> None:
    written(path.parent, SCENARIO.replace("chance: 30%, to", "chance: 27%, to"))
    found = report(path)
    assert found.compared is not None
    [change] = found.compared.changes
    assert str(change) == "stages.lead.moves.call.chance: 30% -> 27%"
    [first] = [row for row in found.compared.rows if (row.variant, row.metric) == (None, "sql")]
    assert (first.metric, first.reading, first.is_guarded) == ("sql", "smaller", True)
    before, after = (fs.load(path).set({"stages.lead.moves.call.chance": chance}) for chance in ("30%", "27%"))
    difference = fs.compare({"was": before, "is": after}, replications=100, seed=1).difference("is", "sql")
    assert (first.change, first.low, first.high) == difference[:3]
    assert [row.order for row in found.compared.rows] == sorted(row.order for row in found.compared.rows)
    broken = [verdict for verdict in found.verdicts if verdict.fails]
    assert {verdict.guard.figure for verdict in broken} == {"sql", "cost_per_sql@2026-01-01"}
    assert all(verdict.moved is not None for verdict in broken)


def test_thresholds_may_change_without_a_new_baseline(path: Path) -> None:
    written(path.parent, SCENARIO.replace("mean > 57", "mean > 55"))
    found = report(path)
    assert found.compared is not None
    assert found.compared.changes == ()


def test_other_times_are_not_compared(path: Path) -> None:
    written(path.parent, SCENARIO.replace("horizon: 60d", "horizon: 90d").replace("1.1 * baseline", "200"))
    found = report(path)
    assert found.compared is not None
    assert found.compared.rows == ()
    assert "another horizon" in found.compared.not_compared


def test_a_guard_needs_the_baseline_it_refers_to(path: Path) -> None:
    path_of(path).unlink()
    with pytest.raises(fs.ScenarioError, match=r"small.yaml:15:3: .*no small.baseline.json to compare with"):
        loaded(path)
    written(path.parent, SCENARIO.replace("1.1 * baseline", "200"))
    assert loaded(path).baseline is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "small.baseline.json:1:2: not JSON"),
        ("{}", "no baseline that this version reads"),
        ('{"format": 2}', "no baseline that this version reads"),
        ("[]", "no baseline that this version reads"),
    ],
)
def test_what_is_no_baseline_is_refused(path: Path, text: str, message: str) -> None:
    path_of(path).write_text(text, "utf-8")
    with pytest.raises(fs.ScenarioError, match=message) as error:
        loaded(path)
    assert "--update" in str(error.value)


def test_an_interrupted_write_leaves_the_old_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path_of(path).read_bytes()

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(baselines.os, "replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        write(dataclasses.replace(known(path), seed=99), path_of(path))
    assert path_of(path).read_bytes() == before
    assert sorted(os.listdir(path.parent)) == ["small.baseline.json", "small.yaml"]


def test_changed_fields() -> None:
    was = {"a": {"x": 1, "y": [1, 2]}, "gone": {"z": 1}, "n": None}
    now = {"a": {"x": 2, "y": [1, 3]}, "new": "b", "n": None}
    assert [str(change) for change in changed_fields(was, now)] == [
        "a.x: 1 -> 2",
        "a.y.1: 2 -> 3",
        "gone: {…} -> nothing",
        "new: nothing -> b",
    ]
