"""Forecasts and comparisons on the command line."""

from __future__ import annotations

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
horizon: 3 months
currency: CNY
channels: {search: {leads: 40 per month, spend: 1_000 per month, enters: lead}}
stages:
  lead: {moves: {call: {after: 4h to 2d, chance: {uncertain: 25% to 35%}, to: sql, else: pool}}}
  pool: {moves: {mail: {after: 10d, every: 10d, attempts: 3, chance: 5%, to: sql, cost: 0.10}}}
  sql: {}
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


# ---------------------------------------------------------------- forecast
def test_a_forecast_as_json_is_that_of_python(small: str) -> None:
    words = [small, "--variant", "more", "--metric", "sql", "--target", "70", "--by", "2026-02-28", "-n", "30"]
    told = json.loads(funnelsim("forecast", *words, "--seed", "4", "--json").stdout)
    alone = fs.forecast(fs.load(small).variant("more"), "sql", replications=30, seed=4)
    assert told == json.loads(json.dumps(alone.to_dict([alone.probability(70, "2026-02-28")])))
    assert told["variant"] == "more"


def test_a_forecast_as_text_and_picture(small: str, tmp_path: Path) -> None:
    actuals, png = tmp_path / "actuals.csv", tmp_path / "fan.png"
    actuals.write_text("date,value\n2026-01-31,1\n")
    words = ["--metric", "sql[channel=search]", "--actuals", str(actuals), "--png", str(png), "-n", "20"]
    result = funnelsim("forecast", small, *words)
    assert "1 !" in result.stdout
    assert max(len(line) for line in result.stdout.splitlines()) <= 80
    assert png.read_bytes().startswith(b"\x89PNG")


def test_by_default_what_the_funnel_is_for(small: str) -> None:
    assert funnelsim("forecast", small, "-n", "2").stdout.startswith("sql (leads) of Small")


def test_a_target_of_a_share(small: str) -> None:
    words = [small, "--metric", "rate_lead_to_sql", "--target", "30%", "-n", "20", "--json"]
    assert json.loads(funnelsim("forecast", *words).stdout)["targets"][0]["target"] == 0.3


def test_all_that_is_wrong_with_a_forecast_at_once(small: str, tmp_path: Path) -> None:
    actuals = tmp_path / "actuals.csv"
    actuals.write_text("date,value\nx,1\n2026-01-01,y\n")
    words = ["--target", "many", "--by", "2026-02-14", "--actuals", str(actuals), "--png", str(tmp_path / "a.gif")]
    lines = funnelsim("forecast", small, "--metric", "sql", *words, code=2).stderr.splitlines()
    assert len(lines) == 5
    assert lines[0].startswith("--png: pictures are PNG files")
    assert lines[1] == "--target: 'many' is no number; write it as in 1500, 1_500 or 0.35"
    assert lines[2].startswith("--by: 2026-02-14 is within a period")
    assert [line.split(": ")[0].rpartition("/")[2] for line in lines[3:]] == ["actuals.csv:2:1", "actuals.csv:3:12"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--metric", "sqll"], "--metric: no metric 'sqll' (did you mean 'sql'?)"),
        (["--metric", "sql[chanel=search]"], "not by 'chanel' (did you mean 'channel'?)"),
        (["--metric", "sql[channel=serch]"], "--metric: no channel 'serch' (did you mean 'search'?)"),
        (["--metric", "days_to_sql"], "--metric: 'days_to_sql' is not measured by period"),
        (
            ["--metric", "lvr_sql", "--target", "3"],
            "--target: 'lvr_sql' is a figure of periods; there is none by a date",
        ),
        (["--by", "2026-01-31"], "--by: it is the day by which a target is to be reached; add --target VALUE"),
        (["--variant", "mor"], "--variant: no variant 'mor' (did you mean 'more'?)"),
    ],
)
def test_what_a_forecast_refuses(small: str, words: list[str], message: str) -> None:
    assert message in funnelsim("forecast", small, *words, code=2).stderr


# ---------------------------------------------------------------- compare
def test_the_worked_example() -> None:
    """DOMAIN D0.7: 120 SQLs at 750 become 180 at 500; both differences with intervals."""
    words = ["nurture_before_after", "--variants", "before,after", "--horizon", "30d", "-n", "400", "--json"]
    told = json.loads(funnelsim("compare", *words, "--metric", "sql", "--metric", "cost_per_sql").stdout)
    for metric, expected, reach in (("sql", 60, 2), ("cost_per_sql", -250, 8)):
        change = told["differences"][metric]
        assert change["low"] < change["mean"] < change["high"]
        assert abs(change["mean"] - expected) < reach
        assert change["probability_better"] > 0.99
        assert change["more_replications"] == 0
        assert change["times_smaller"] > 2
    assert [field["path"] for field in told["differing"]["after"]] == [
        "channels.new.spend",
        "touches.mail.cost",
        "touches.mail.response.chance",
    ]
    assert [one["scenario"] for one in told["ranking"]["cost_per_sql"]] == ["after", "before"]


def test_two_files(small: str, tmp_path: Path) -> None:
    other, png = tmp_path / "other.yaml", tmp_path / "differences.png"
    other.write_text("extends: small.yaml\nname: Other\nstages: {pool: {moves: {mail: {chance: 9%}}}}\n")
    words = [small, str(other), "-n", "20", "--metric", "sql"]
    text = funnelsim("compare", *words, "--difference-png", str(png)).stdout
    assert "  stages.pool.moves.mail.chance: 5% -> 9%" in text
    assert "in 1 field" in text
    assert png.read_bytes().startswith(b"\x89PNG")
    told = json.loads(funnelsim("compare", *words, "--json").stdout)
    assert list(told["differing"]) == [str(other)]
    assert told["differences"]["sql"]["mean"] > 0


def test_where_pictures_of_differences_cannot_go(small: str) -> None:
    refused = funnelsim("compare", small, "--difference-png", "a.gif", code=2).stderr
    assert refused.startswith("--difference-png: pictures are PNG files")
