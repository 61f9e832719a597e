"""What units cost, on the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import funnelsim as fs
from funnelsim.cli.commands import app

pytestmark = pytest.mark.usefixtures("compiled_kernel")

TEXT = """
format: 1
name: Small
start: 2026-01-01
horizon: 2 months
currency: CNY
channels: {search: {leads: 40 per month, spend: 1_000 per month, enters: lead}}
stages:
  lead: {moves: {call: {after: 4h to 2d, chance: 30%, to: sql, else: lost}}}
  lost: {}
  sql: {}
overheads: {crm: {amount: 100 per month}}
variants: {more: {set: {channels.search.leads: 60 per month}}}
"""


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(TEXT)
    return str(path)


def funnelsim(*words: str, code: int = 0) -> Any:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == code, result.stderr
    return result


def test_it_says_what_the_library_says(small: str, tmp_path: Path) -> None:
    words = [small, "--variant", "more", "--run-on", "30d", "-n", "8", "--seed", "3", "--by", "channel"]
    found = fs.unit_costs(fs.load(small).variant("more"), by="channel", run_on="30d", replications=8, seed=3)
    told = json.loads(funnelsim("costs", *words, "--json").stdout)
    assert told == json.loads(json.dumps(found.to_dict()))
    assert [record["unit"] for record in told["by_unit"]] == ["new_leads", "new_leads", "sql", "sql"]
    assert told["matured_until"] == "2026-03-31"
    picture = tmp_path / "costs.png"
    text = funnelsim("costs", *words, "--png", str(picture)).stdout
    assert text.rstrip().startswith(repr(found))
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert max(map(len, text.split("\n"))) <= max(80, len(f"picture: {picture}"))


def test_one_run_is_enough_where_no_more_is_asked_for(small: str) -> None:
    told = json.loads(funnelsim("costs", small, "--run-on", "none", "--no-marginal", "-n", "5", "--json").stdout)
    assert told["matured_until"] is None
    assert told["marginal"] == []
    assert {record["matured"] for record in told["by_cohort"]} == {None}
    parts = {record["part"]: record["spend"] for record in told["by_part"]}
    assert parts == {"media": 2_000, "leads": 0, "touches": 0, "moves": 0, "overhead crm": 200, "total": 2_200}


def test_all_that_is_wrong_is_said_at_once(small: str) -> None:
    result = funnelsim("costs", small, "--by", "chanel", "--run-on", "soon", "--tracks", code=2)
    assert result.stdout == ""
    lines = result.stderr.strip().split("\n")
    assert lines[0] == "--by: leads cannot be grouped by 'chanel' (did you mean 'channel'?)"
    assert lines[1] == "--tracks: this scenario has no tracks; leave it out"
    assert lines[2].startswith("--run-on: no unit 'soon'")


def test_help_has_an_example() -> None:
    text = " ".join(funnelsim("costs", "--help").stdout.split())
    assert "Example: funnelsim costs nurture_before_after --variant after --horizon 30d --by channel" in text


def test_tables_are_those_of_the_json(small: str, tmp_path: Path) -> None:
    words = [
        "costs",
        small,
        "--run-on",
        "none",
        "--no-marginal",
        "-n",
        "5",
        "--json",
        "--csv",
        str(tmp_path / "tables"),
    ]
    told = json.loads(funnelsim(*words).stdout)
    with (tmp_path / "tables" / "by_part.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["spend"]) for row in rows] == [record["spend"] for record in told["by_part"]]
