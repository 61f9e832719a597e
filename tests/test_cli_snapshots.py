"""Snapshots on the command line: leads by their ids, parts by origin, and all bad rows at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from funnelsim.cli.commands import app

SCENARIOS = Path(__file__).parent / "scenarios"
SNAPSHOT = str(SCENARIOS / "valid" / "snapshot.yaml")


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout, result.stderr


def test_a_lead_is_found_by_its_id() -> None:
    code, out, _ = run("trace", SNAPSHOT, "--lead", "C-2, old")
    assert code == 0
    assert out.startswith("C-2, old, channel crm, segment")
    assert "stands in lead, created 30.2 days before" in out
    code, _, err = run("trace", SNAPSHOT, "--lead", "C-2, odd")
    assert code == 2
    assert "no lead 'C-2, odd' is open (did you mean 'C-2, old'?)" in err


def test_parts_by_origin_are_in_the_json_and_ids_are_not() -> None:
    code, out, _ = run("run", SNAPSHOT, "-n", "20", "--by", "origin", "--json")
    assert code == 0
    metrics = json.loads(out)["metrics"]
    assert metrics["sql"]["mean"] == pytest.approx(
        metrics["sql[origin=open]"]["mean"] + metrics["sql[origin=new]"]["mean"]
    )
    assert not any(identity in out for identity in ("C-1", "C-3", "C-2, old"))


def test_bad_rows_end_with_exit_code_2() -> None:
    code, _, err = run("run", str(SCENARIOS / "invalid" / "snapshot_bad_rows.yaml"))
    assert code == 2
    assert err.count("snapshot_bad_rows.csv:") == 19
