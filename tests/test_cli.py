from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

import funnelsim as fs
from funnelsim.cli import app

ROOT = Path(__file__).parents[1]
SCENARIOS = ROOT / "scenarios"
INVALID = ROOT / "tests" / "scenarios" / "invalid"
TRUNK, NURTURE = str(SCENARIOS / "trunk.yaml"), str(SCENARIOS / "nurture_before_after.yaml")


def funnelsim(*words: str, code: int = 0) -> Any:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == code, result.stderr
    return result


# ---------------------------------------------------------------- run
@pytest.mark.parametrize(
    ("variant", "sql", "cost", "base"),
    [("none", 80, 1125, 0), ("before", 120, 750, 40), ("after", 180, 500, 100)],
)
def test_the_worked_example(variant: str, sql: float, cost: float, base: float) -> None:
    """DOMAIN D0.7; one percent is more than four standard errors at 1,000 replications."""
    words = ["run", NURTURE, "--variant", variant, "--horizon", "30d", "--by", "channel", "--json"]
    answer = json.loads(funnelsim(*words, "--replications", "1000").stdout)
    metrics = answer["metrics"]
    assert (answer["variant"], answer["seed"], answer["replications"]) == (variant, 1, 1000)
    assert metrics["sql"]["mean"] == pytest.approx(sql, rel=0.01)
    assert metrics["cost_per_sql"]["mean"] == pytest.approx(cost, rel=0.01)
    assert metrics["cost_per_sql"]["unit"] == "CNY per SQL"
    assert metrics["sql[channel=new]"]["mean"] == pytest.approx(80, rel=0.01)
    assert metrics["sql[channel=base]"]["mean"] == pytest.approx(base, rel=0.015)
    assert metrics["spend"]["mean"] == 90_000


@pytest.mark.parametrize(("variant", "fast", "old"), [("before", 200, 100), ("after", 200, 200)])
def test_the_second_worked_example(variant: str, fast: float, old: float) -> None:
    """DOMAIN D0.8; the tolerance is four standard errors of the mean of 100 replications, and 1% for the rounded response."""
    path = str(SCENARIOS / "opportunities_before_after.yaml")
    metrics = json.loads(funnelsim("run", path, "--variant", variant, "-n", "100", "--json").stdout)["metrics"]
    for name, expected in (("fast_opportunity", fast), ("old_opportunity", old), ("opportunity", fast + old)):
        found = metrics[name]
        assert abs(found["mean"] - expected) < 4 * found["mc_error"] + 0.01 * expected, name
    assert metrics["old_share_opportunity"]["mean"] == pytest.approx(old / (fast + old), rel=0.03)


def test_run_prints_a_table() -> None:
    text = funnelsim("run", TRUNK, "--horizon", "60d", "-n", "5").stdout
    assert "cost_per_sql" in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_run_shows_what_is_asked_for(tmp_path: Path) -> None:
    words = [
        "run",
        TRUNK,
        "--set",
        "horizon=90d",
        "-n",
        "5",
        "--metric",
        "sql",
        "--metric",
        "lvr_sql",
        "--over",
        "period",
    ]
    text = funnelsim(*words, "--out", str(tmp_path / "run.zarr"), "--png", str(tmp_path / "run.png")).stdout
    assert "lvr_sql" in text
    assert "mql" not in text.replace("lvr_mql", "mql").replace("sql", "")
    assert (tmp_path / "run.png").read_bytes().startswith(b"\x89PNG")
    assert fs.load_result(tmp_path / "run.zarr").replications == 5
    again = funnelsim("run", TRUNK, "-n", "5", "--out", str(tmp_path / "run.zarr"), code=2)
    assert "run.zarr" in again.stderr


def test_both_engines_say_the_same() -> None:
    words = ["run", TRUNK, "--horizon", "30d", "-n", "3", "--json"]
    assert funnelsim(*words).stdout == funnelsim(*words, "--engine", "simpy").stdout


# ---------------------------------------------------------------- compare, show, trace, explain, schema
def test_compare(tmp_path: Path) -> None:
    words = ["compare", NURTURE, "--variants", "before,after", "--horizon", "30d", "-n", "500"]
    answer = json.loads(funnelsim(*words, "--json").stdout)
    sql, cost = answer["differences"]["sql"], answer["differences"]["cost_per_sql"]
    assert sql["low"] < sql["mean"] < sql["high"]
    assert sql["mean"] == pytest.approx(60, rel=0.03)
    assert cost["mean"] == pytest.approx(-250, rel=0.03)
    text = funnelsim(*words, "--png", str(tmp_path / "deep" / "c.png"))
    assert "95%" in text.stdout
    assert str(tmp_path / "deep" / "c.png") in text.stderr
    assert (tmp_path / "deep" / "c.png").read_bytes().startswith(b"\x89PNG")


def test_compare_two_files(tmp_path: Path) -> None:
    other = tmp_path / "longer.yaml"
    other.write_text(fs.load(TRUNK).set({"stages.sql.moves.expire.after": "14d"}).dump(), encoding="utf-8")
    words = ["compare", TRUNK, str(other), "--horizon", "90d", "-n", "20", "--metric", "opportunity", "--json"]
    answer = json.loads(funnelsim(*words).stdout)
    assert answer["differences"]["opportunity"]["low"] > 0
    assert "twice" in funnelsim("compare", TRUNK, TRUNK, code=2).stderr
    text = funnelsim("compare", TRUNK, TRUNK, "--variants", "two_weeks", code=2).stderr
    assert "not both" in text


def test_show() -> None:
    text = funnelsim("show", TRUNK, "--variant", "two_weeks").stdout
    assert "after 14d" in text
    resolved = funnelsim("show", TRUNK, "--resolved").stdout
    assert fs.loads(resolved) == fs.load(TRUNK)


def test_trace() -> None:
    words = ["trace", TRUNK, "--horizon", "60d", "--seed", "3"]
    log = fs.trace(fs.load(TRUNK).set({"horizon": "60d"}), seed=3)
    text = funnelsim(*words, "--csv").stdout
    assert len(text.splitlines()) == len(log) + 1
    lead = str(log["lead"].iloc[-1])
    story = funnelsim(*words, "--lead", lead).stdout
    assert len(story.splitlines()) == (log["lead"] == lead).sum() + 2
    assert f"{len(log):,} events" in funnelsim(*words).stdout
    rows = funnelsim(*words, "--lead", lead, "--csv").stdout
    assert len(rows.splitlines()) == (log["lead"] == lead).sum() + 1
    assert "there are search-0 to search-" in funnelsim(*words, "--lead", "search-999999", code=2).stderr


def test_a_story_in_sentences() -> None:
    log = fs.trace(fs.load(NURTURE, variant="after"), seed=1)
    won = log.loc[(log["to"] == "sql") & (log["channel"] == "base"), "lead"].iloc[0]
    story = funnelsim("trace", NURTURE, "--variant", "after", "--lead", str(won)).stdout
    assert "mail, attempt 1, in pool and reactivation for 0.5 CNY: " in story
    assert story.endswith("At the end of the run it stands in sql.\n")


def test_explain() -> None:
    text = funnelsim("explain", "cost_per_sql", TRUNK).stdout
    assert "CNY per SQL" in text
    assert "did you mean" in funnelsim("explain", "cost_per_sqll", TRUNK, code=2).stderr


def test_schema() -> None:
    text = funnelsim("schema").stdout
    assert json.loads(text)["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert text == (SCENARIOS / "funnelsim.schema.json").read_text(encoding="utf-8")


def test_version_and_help() -> None:
    assert fs.__version__ in funnelsim("--version").stdout
    assert "Example" in funnelsim("--help").stdout
    for command in ("run", "compare", "show", "trace", "explain", "schema"):
        assert "Example: funnelsim" in funnelsim(command, "--help").stdout


# ---------------------------------------------------------------- wrong input
@pytest.mark.parametrize("command", ["run", "show", "trace", "compare"])
@pytest.mark.parametrize("path", sorted(INVALID.glob("*.yaml"))[::12], ids=lambda path: path.stem)
def test_invalid_files(command: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(INVALID)
    result = funnelsim(command, path.name, code=2)
    assert result.stderr == path.with_suffix(".txt").read_text(encoding="utf-8")
    assert result.stdout == ""


WRONG: dict[str, tuple[list[str], str]] = {
    "no file": (["run", "nowhere.yaml"], "nowhere.yaml"),
    "a folder": (["run", str(SCENARIOS)], "scenarios"),
    "variant": (["run", TRUNK, "--variant", "two_week"], "did you mean 'two_weeks'"),
    "path": (["run", TRUNK, "--set", "stages.sql.moves.expier.after=3d"], "did you mean 'expire'"),
    "value": (["run", TRUNK, "--set", "stages.sql.moves.expire.after=soon"], "soon"),
    "no value": (["run", TRUNK, "--set", "horizon"], "PATH=VALUE"),
    "horizon": (["run", TRUNK, "--horizon", "-3d"], "horizon"),
    "group": (["run", TRUNK, "--by", "colour"], "colour"),
    "metric": (["run", TRUNK, "--metric", "cost_per_sqll"], "did you mean"),
    "time": (["run", TRUNK, "--over", "lunch"], "lunch"),
    "engine": (["run", TRUNK, "--engine", "steam"], "steam"),
    "replications": (["run", TRUNK, "-n", "0"], "--replications"),
    "seed": (["run", TRUNK, "--seed", str(2**64)], "seed"),
    "compared variant": (["compare", TRUNK, "--variants", "base,tow_weeks"], "did you mean 'two_weeks'"),
    "one variant": (["compare", TRUNK, "--variants", "base"], "at least two"),
}


@pytest.mark.parametrize(("words", "message"), WRONG.values(), ids=WRONG)
def test_wrong_input(words: list[str], message: str) -> None:
    result = funnelsim(*words, code=2)
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_nothing_is_written_for_wrong_input(tmp_path: Path) -> None:
    funnelsim(
        "run", TRUNK, "--metric", "nothing", "--out", str(tmp_path / "r.zarr"), "--png", str(tmp_path / "r.png"), code=2
    )
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- being stopped
def started(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "funnelsim.cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def busy(process: subprocess.Popen[str], seconds: float) -> bool:
    """Whether the process has used that much processor time, so that it is well within its work."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") > seconds


def wait_until(true: Callable[[], bool]) -> None:
    for _ in range(1200):
        if true():
            return
        time.sleep(0.1)
    raise TimeoutError


@pytest.mark.skipif(sys.platform != "linux", reason="reads the processor time of another process from /proc")
def test_ctrl_c_ends_a_run() -> None:
    funnelsim("run", TRUNK, "-n", "1")
    process = started("run", TRUNK, "-n", "1000000")
    wait_until(lambda: busy(process, 6))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.strip().endswith("stopped")


def test_output_may_be_cut_short() -> None:
    process = started("trace", TRUNK, "--csv")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("time,")
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    process.wait(timeout=60)


def test_csv_reads_back() -> None:
    from io import StringIO

    text = funnelsim("trace", NURTURE, "--horizon", "3d", "--csv").stdout
    back: Any = pd.read_csv(StringIO(text), keep_default_na=False)
    log = fs.trace(fs.load(NURTURE).set({"horizon": "3d"}))
    assert back["to"].tolist() == log["to"].astype(str).tolist()
    assert back["time"].tolist() == log["time"].tolist()
