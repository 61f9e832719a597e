"""Budgets and allocations on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import funnelsim as fs
from funnelsim.cli.commands import app
from tests.forecast.test_budgets import TEXT

pytestmark = pytest.mark.usefixtures("compiled_kernel")


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(json.dumps(TEXT), encoding="utf-8")
    return str(path)


def funnelsim(*words: str, code: int = 0) -> Any:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == code, result.stderr
    return result


def test_budgets_of_the_file_as_a_table_and_a_picture(small: str, tmp_path: Path) -> None:
    png = tmp_path / "budgets.png"
    shown = funnelsim("budgets", small, "-n", "5", "--monthly", "--run-on", "1 month", "--png", str(png)).stdout
    assert max(map(len, shown.splitlines())) <= 80
    for text in ("A third more", "next SQL", "and 1 month on", "created in", "2026-03-01"):
        assert text in " ".join(shown.split())
    assert png.read_bytes().startswith(b"\x89PNG")


def test_budgets_as_json_are_those_of_the_library(small: str) -> None:
    words = [
        "budgets",
        small,
        "-n",
        "5",
        "--seed",
        "3",
        "--json",
        "--budget",
        "now: {}",
        "--budget",
        "x: {spend: +10%}",
    ]
    shown = funnelsim(*words).stdout
    assert shown == funnelsim(*words, "--threads", "1").stdout
    given = {"now": {}, "x": {"spend": "+10%"}}
    budgets = fs.budgets(fs.load(small), given, replications=5, seed=3, progress=False)
    assert json.loads(shown) == json.loads(json.dumps(budgets.to_dict()))
    assert "monthly" not in json.loads(shown)


def test_allocate(small: str) -> None:
    second = "channels.fair.response={curve: linear, at: 1_000 per month}"
    words = ["allocate", small, "--set", second, "-n", "3", "--starts", "1", "--bound", "fair=..3_000 per month"]
    shown = funnelsim(*words).stdout
    assert "for most SQLs" in shown
    told = json.loads(funnelsim(*words, "--json", "--budget", "7_000 per month", "--maximise", "new_leads").stdout)
    assert told["budget_per_month"] == 7_000
    assert told["channels"][1]["most"] == pytest.approx(3_000)
    assert told["channels"][1]["best"] <= 3_000.01


@pytest.mark.parametrize(
    ("words", "messages"),
    [
        (
            ["budgets", "FILE", "--run-on", "6 mnths", "--budget", "a: {chanels.search.spend: 1}", "--png", "x.pdf"],
            ["--png: pictures are PNG files"],
        ),
        (
            ["budgets", "FILE", "--run-on", "6 mnths", "--budget", "a: {chanels.search.spend: 1}"],
            ["--run-on: run_on: ", "budget 'a': chanels.search.spend: no field 'chanels'", "did you mean 'channels'?"],
        ),
        (["budgets", "FILE", "--budget", "spend"], ["--budget: write NAME: {PATH: VALUE}"]),
        (["budgets", "trunk"], ["has no budgets: give some"]),
        (
            ["allocate", "FILE", "--bound", "search", "--budget", "x"],
            ["--bound: write CHANNEL=LEAST..MOST"],
        ),
        (["allocate", "FILE"], ["allocate: a budget is split over two channels or more with a 'response'"]),
    ],
)
def test_what_is_wrong_is_said_and_nothing_runs(small: str, words: list[str], messages: list[str]) -> None:
    result = funnelsim(*(small if word == "FILE" else word for word in words), code=2)
    assert result.stdout == ""
    for message in messages:
        assert message in result.stderr


@pytest.mark.parametrize("command", ["budgets", "allocate"])
def test_help_has_an_example(command: str) -> None:
    text = " ".join(funnelsim(command, "--help").stdout.split())
    assert f"funnelsim {command} budget" in text
