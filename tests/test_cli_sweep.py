"""Sweeps and runs to a precision on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from funnelsim.cli.commands import app
from funnelsim.cli.sweeping import split

pytestmark = pytest.mark.usefixtures("compiled_kernel")

TEXT = """
format: 1
name: Small
start: 2026-01-01
horizon: 2 months
currency: CNY
channels: {search: {leads: 40 per month, spend: 1_000 per month, enters: lead}}
stages:
  lead: {moves: {call: {after: 4h to 2d, chance: 30%, to: sql, else: pool}}}
  pool: {moves: {mail: {after: 10d, every: 10d, attempts: 3, chance: 5%, to: sql, cost: 0.10}}}
  sql: {}
variants: {more: {set: {channels.search.leads: 60 per month}}}
"""

CHANCE, AFTER = "stages.lead.moves.call.chance", "stages.pool.moves.mail.after"


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(TEXT)
    return str(path)


def funnelsim(*words: str, code: int = 0) -> Any:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == code, result.stderr
    return result


# ---------------------------------------------------------------- sweep
def test_a_sweep_as_json_says_what_runs_say(small: str) -> None:
    words = [small, "--variant", "more", "--seed", "4", "-n", "6", "--metric", "sql", "--json"]
    over = ["--over", f"{CHANCE}=20%,40%", "--over", f"{AFTER}=7d, 10d to 20d"]
    told = json.loads(funnelsim("sweep", *words, *over).stdout)
    assert (told["scenario"], told["variant"], told["seed"], told["replications"]) == ("Small", "more", 4, 6)
    assert told["over"] == {CHANCE: ["20%", "40%"], AFTER: ["7d", "10d to 20d"]}
    assert [tuple(point["at"].values()) for point in told["points"]] == [
        ("20%", "7d"),
        ("20%", "10d to 20d"),
        ("40%", "7d"),
        ("40%", "10d to 20d"),
    ]
    alone = funnelsim("run", *words, "--set", f"{CHANCE}=40%", "--set", f"{AFTER}=10d to 20d").stdout
    assert told["points"][3]["metrics"] == json.loads(alone)["metrics"]


def test_a_sweep_as_a_table_and_as_pictures(small: str, tmp_path: Path) -> None:
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    result = funnelsim("sweep", small, "--over", f"{CHANCE}=20%,40%", "-n", "3", "--png", str(one))
    assert "cost_per_sql (CNY per SQL)" in result.stdout
    assert "  40% " in result.stdout
    assert max(len(line) for line in result.stdout.splitlines()) <= 80
    both = ["--over", f"{CHANCE}=20%,40%", "--over", f"{AFTER}=7d,14d", "--metric", "sql"]
    assert "cost_per_sql" not in funnelsim("sweep", small, *both, "-n", "3", "--png", str(two)).stdout
    assert one.read_bytes().startswith(b"\x89PNG")
    assert two.read_bytes().startswith(b"\x89PNG")


def test_the_same_command_prints_the_same_bytes(small: str) -> None:
    words = ["sweep", small, "--over", f"{CHANCE}=20%,40%", "-n", "5", "--json", "--by", "channel"]
    assert funnelsim(*words, "--threads", "1").stdout == funnelsim(*words, "--threads", "2").stdout


def test_all_that_is_wrong_with_a_sweep_is_said_at_once(small: str) -> None:
    words = ["--over", f"{CHANCE}=20%,120%", "--over", "stages.pol.label=a", "--over", "period=week", "--over", "x"]
    more = ["--over", f"{CHANCE}=1%", "--over", f"{AFTER}=", "--metric", "sqk", "--by", "chanel", "--png", "a.jpg"]
    assert funnelsim("sweep", small, *words, *more, "-n", "2", code=2).stderr.splitlines() == [
        "--by: leads cannot be grouped by 'chanel' (did you mean 'channel'?)",
        "--png: pictures are PNG files, and 'a.jpg' does not end so; write 'a.jpg.png'",
        "--over: write PATH=A,B,…, as in --over stages.sql.moves.expire.after=7d,14d, not 'x'",
        f"--over: '{CHANCE}' is given twice; write all its values behind one --over",
        "--png: a picture is over one path or two, not over 4",
        f"--over: {AFTER}: there is no value in its list; name at least one",
        "--over: period: points share start, horizon, warm_up, period and currency; set it for all of them before",
        "--over: stages.pol.label: no stage 'pol' (did you mean 'pool'?)",
        f"--over: {CHANCE}: a chance is between 0% and 100%, not '120%' (at {CHANCE}=120%)",
        "--metric: no metric 'sqk' (did you mean 'sql'?)",
    ]


def test_a_sweep_of_nothing_is_a_wrong_option(small: str) -> None:
    assert "--over" in funnelsim("sweep", small, code=2).stderr


def test_a_file_that_is_wrong_does_not_hide_the_options(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(TEXT.replace("to: sql, else", "to: sqll, else"))
    error = funnelsim("sweep", str(path), "--over", "x", code=2).stderr
    assert "no stage 'sqll'" in error
    assert "--over: write PATH=A,B,…" in error


def test_help_of_sweep_has_an_example() -> None:
    text = " ".join(funnelsim("sweep", "--help").stdout.split())
    assert "Example: funnelsim sweep trunk --over stages.sql.moves.expire.after=7d,14d,21d" in text


def test_values_split_at_commas_outside_of_brackets_and_quotes() -> None:
    assert split("7d, 14d") == ["7d", "14d"]
    assert split("{uncertain: {dist: beta, a: 1}},[sms, mail],'a, b',never") == [
        "{uncertain: {dist: beta, a: 1}}",
        "[sms, mail]",
        "'a, b'",
        "never",
    ]
    assert split(" , ") == []


# ---------------------------------------------------------------- precision
def test_a_run_to_a_precision(small: str) -> None:
    words = ["run", small, "--seed", "3", "--json"]
    told = json.loads(funnelsim(*words, "-n", "100", "--precision", "sql=1%").stdout)
    assert told["precision"] == {"sql": {"asked": "1%", "reached": True}}
    assert told["replications"] > 100
    found = told["metrics"]["sql"]
    assert found["mc_error"] <= 0.01 * found["mean"]
    plain = json.loads(funnelsim(*words, "-n", str(told["replications"])).stdout)
    assert "precision" not in plain
    assert plain["metrics"] == told["metrics"]


@pytest.mark.parametrize("more", [[], ["--metric", "sql"]])
def test_giving_up_is_told(small: str, more: list[str]) -> None:
    words = ["run", small, "-n", "100", "--precision", "sql=0.01%", "--max-replications", "120", *more]
    text = " ".join(funnelsim(*words).stdout.split())
    assert "warning: 'sql' was asked to 0.01%, and given up after 120 replications" in text


def test_all_that_is_wrong_with_a_precision_is_said_at_once(small: str) -> None:
    words = ["--precision", "sqk=1%", "--precision", "sql=x", "--precision", "sql", "-n", "10", "--metric", "sqm"]
    assert funnelsim("run", small, *words, code=2).stderr.splitlines() == [
        "--metric: no metric 'sqm' (did you mean 'sql'?)",
        "--precision: no metric 'sqk' (did you mean 'sql'?)",
        (
            "--precision: the precision of 'sql' is 'x': write how large its error may be, as in '1%' of it or, in its "
            "own unit, 5"
        ),
        "--precision: write NAME=SIZE, as in cost_per_sql=1%, not 'sql'",
        "--precision: replications is 10: with a precision the first look needs 100 at least",
    ]
    error = funnelsim("run", small, "--max-replications", "500", code=2).stderr
    assert error == "--max-replications: it is where --precision gives up; add --precision, or use --replications\n"
    error = funnelsim("run", small, "--max-replications", "500", "--precision", "sql=1%", code=2).stderr
    assert error == "--precision: max_replications is 500, fewer than the 1000 replications of the first look\n"


def test_a_precision_that_does_not_fit_into_memory(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from funnelsim.metrics import gathering

    monkeypatch.setattr(gathering, "machine_memory", lambda: 1_000_000_000)
    words = ["run", small, "--precision", "sql=1%", "--max-replications", "2000000000"]
    assert funnelsim(*words, code=2).stderr.startswith("--replications: 2,000,000,000 replications would take")
