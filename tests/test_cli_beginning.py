from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import funnelsim as fs
from funnelsim.cli.beginning import QUESTIONS, refusal, scenario_text
from funnelsim.cli.commands import app
from funnelsim.scenario import shipped

RUN = [sys.executable, "-m", "funnelsim.cli"]


def call(*arguments: str) -> tuple[int, str, str]:
    told = CliRunner().invoke(app, arguments)
    return told.exit_code, told.stdout, told.stderr


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# ---------------------------------------------------------------- init
def test_without_a_terminal_defaults_stand_in_and_are_told() -> None:
    code, out, err = call("init")
    assert code == 0
    assert "funnel.yaml is written" in out
    assert [line.partition(":")[0] for line in err.splitlines()] == [f"{q.option} {q.default}" for q in QUESTIONS]
    scenario = fs.load("funnel.yaml")
    assert scenario == fs.loads(scenario_text({question: question.default for question in QUESTIONS}))
    assert fs.simulate(scenario, replications=5).estimate("won").mean > 0
    assert Path("funnel.yaml").read_text("utf-8").count("#") > 8


def test_options_answer() -> None:
    options = ["--name", "Ours", "--leads", "1.2k", "--spend", "5_000", "--accepted", "7.5", "--sellers", "3"]
    assert call("init", "mine.yaml", *options)[0] == 0
    scenario = fs.load("mine.yaml")
    data = scenario.data()
    assert scenario.name == "Ours"
    assert data["channels"]["web"]["leads"] == "1200 per month"
    assert data["channels"]["web"]["spend"] == "5000 per month"
    assert data["stages"]["lead"]["moves"]["call"]["chance"] == "7.5%"
    assert data["teams"]["sales"]["people"] == 3


def test_nothing_is_overwritten_and_all_that_is_wrong_is_told() -> None:
    Path("mine.yaml").write_text("kept")
    code, _, err = call("init", "mine.yaml", "--leads", "many", "--accepted", "120", "--sellers", "4, hours: 2 per day")
    assert code == 2
    assert [line.partition(":")[0] for line in err.splitlines()] == ["FILE", "--leads", "--accepted", "--sellers"]
    assert "is there already" in err
    assert Path("mine.yaml").read_text() == "kept"


@settings(max_examples=20)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_no_name_breaks_the_file(name: str) -> None:
    answers = {question: question.default for question in QUESTIONS} | {QUESTIONS[0]: name}
    if refusal(QUESTIONS[0], name) is None:
        assert fs.loads(scenario_text(answers)).name == name


@settings(max_examples=50)
@given(st.sampled_from(QUESTIONS[1:]), st.text("0123456789.,_km% {}[]:#\n\"'per", max_size=12))
def test_an_answer_that_is_taken_makes_a_scenario(question: tuple[str, ...], answer: str) -> None:
    (meant,) = (each for each in QUESTIONS if each == question)
    if refusal(meant, answer) is None:
        text = scenario_text({each: each.default for each in QUESTIONS} | {meant: answer})
        assert fs.loads(text) == fs.loads(text.replace("\r", "")).set({meant.path: f"{answer.strip()}{meant.unit}"})


def test_at_a_terminal_it_asks_again_until_it_can_use_the_answer() -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen([*RUN, "init", "asked.yaml"], stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        os.write(ours, b"Asked\nmany\n900\n\n15\n2\n")
        assert process.wait(timeout=60) == 0
    os.close(ours)
    data = fs.load("asked.yaml").data()
    assert data["name"] == "Asked"
    assert data["channels"]["web"] | {"leads": "900 per month", "spend": "60_000 per month"} == data["channels"]["web"]
    assert data["stages"]["lead"]["moves"]["call"]["chance"] == "15%"


# ---------------------------------------------------------------- new
def test_a_shipped_scenario_is_copied() -> None:
    assert call("new", "--from", "markets/consumer", "mine")[0] == 0
    assert fs.load("mine.yaml") == fs.load(shipped.shipped()["markets/consumer"])
    first = Path("mine.yaml").read_text("utf-8").splitlines()[0]
    assert first.endswith("$schema=funnelsim.schema.json")
    assert Path("funnelsim.schema.json").is_file()
    assert call("new", "--from", "trunk")[0] == 0
    assert fs.load("trunk.yaml") == fs.load(shipped.shipped()["trunk"])


def test_what_it_builds_on_is_copied_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    base, folder = shipped.shipped()["trunk"].read_text("utf-8"), tmp_path / "library"
    (folder / "parts").mkdir(parents=True)
    (folder / "parts" / "base.yaml").write_text(base, "utf-8")
    (folder / "parts" / "rates.csv").write_text("rate\n0.2\n0.3\n")
    draws = "{uncertain: {file: parts/rates.csv, column: rate}}"
    text = f"extends: parts/base.yaml\nstages: {{lead: {{moves: {{call: {{chance: {draws}}}}}}}}}\n"
    (folder / "built.yaml").write_text(text)
    monkeypatch.setattr(shipped, "shipped", lambda: {"built": folder / "built.yaml"})
    assert call("new", "--from", "built", "copy/mine.yaml")[0] == 0
    assert fs.load("copy/mine.yaml") == fs.load(folder / "built.yaml")
    code, _, err = call("new", "--from", "built", "copy/other.yaml")
    assert code == 2
    assert "base.yaml" in err
    assert "rates.csv" in err
    assert not Path("copy/other.yaml").exists()


def test_a_wrong_name_proposes_a_near_one() -> None:
    code, _, err = call("new", "--from", "trunc")
    assert code == 2
    assert "did you mean 'trunk'?" in err
