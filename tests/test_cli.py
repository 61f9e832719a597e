from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

import funnelsim as fs
from funnelsim.cli.commands import app

pytestmark = pytest.mark.usefixtures("compiled_kernel")

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


TOUCHED = """
format: 1
name: Touched
start: 2026-01-01
horizon: 4 months
channels: {web: {leads: 60 per month, spend: 900 per month, enters: lead}}
stages:
  lead: {track: drip, moves: {end: {after: 60d, to: pool}}}
  pool: {moves: {remind: {touch: call, after: 5d, to: sql}}}
  sql: {value: 100}
scoring: {bands: [5, 10]}
touches:
  mail: {cost: 0.1, delivered: 90%, open: {chance: 50%, warmth: 4}, click: 30%, opt_out: 1%, recorded_opens: {seen: 60%}}
  idle: {cost: 0.2, response: 0%}
  call: {cost: 2, response: 20%}
  cold: {cost: 0.1, response: 0%, warmth: -2}
tracks: {drip: {cadence: 7d, touches: [mail, idle, cold], on_response: {to: sql}}}
variants: {warmer: {set: {touches.mail.open.warmth: 8}}}
"""


@pytest.fixture
def touched(tmp_path: Path) -> str:
    path = tmp_path / "touched.yaml"
    path.write_text(TOUCHED, encoding="utf-8")
    return str(path)


def test_touches_in_tables(touched: str, tmp_path: Path) -> None:
    words = ["touches", touched, "--by", "touch", "--scores", "--leaving", "-n", "20", "--variant", "warmer"]
    answer = funnelsim(*words, "--png", str(tmp_path / "touches.png"))
    lines = answer.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "Touched, variant warmer: 20 replications, seed 1"
    assert lines[1] == "touch         sent delivered withheld opened recorded clicked responded opt-outs"
    assert [line.split()[0] for line in lines[2:6]] == ["mail", "idle", "call", "cold"]
    assert "score, created in" in answer.stdout
    assert "stage pool" in answer.stdout
    assert "track drip" in answer.stdout
    assert "led on from" in answer.stdout
    assert re.search(r"stage lead +end +pool +[\d.]+", answer.stdout)
    assert re.search(r"track drip +opted_out +[\d.]+", answer.stdout)
    text = answer.stdout.replace("\n", " ")
    assert "raise the score: mail; that lower it: cold; that give no points: idle and call." in text
    assert "do not say what it adds: add --incremental" in text
    assert (tmp_path / "touches.png").read_bytes().startswith(b"\x89PNG")


def test_touches_and_what_they_add(touched: str) -> None:
    words = ["touches", touched, "--by", "touch", "--incremental", "-n", "40"]
    text = funnelsim(*words).stdout
    assert max(map(len, text.splitlines())) <= 80
    flat = " ".join(text.split())
    assert "what the run as it is has more than the same run without it" in flat
    assert "that give no points, but change sql or revenue: call; that do nothing beyond the error: idle." in flat
    answer = json.loads(funnelsim(*words, "--json").stdout)
    assert list(answer)[:6] == ["scenario", "variant", "seed", "replications", "version", "by"]
    assert answer["incremental"]["idle"]["sql"]["mean"] == 0
    assert answer["incremental"]["call"]["sql"]["low"] > 0
    assert answer["contacts"]["idle"]["opened"] == {"mean": None, "mc_error": None}
    assert answer["contacts"]["mail"]["delivered"]["mean"] == pytest.approx(
        0.9 * answer["contacts"]["mail"]["sent"]["mean"], rel=0.05
    )
    assert [row["band"] for row in answer["score_profile"][:3]] == ["below 5", "5 to 10", "10 and more"]
    assert {row["kind"] for row in answer["where_leads_leave"]} == {"stage", "track"}
    assert answer["verdicts"][0].startswith("Touches that raise the score: mail;")
    assert funnelsim(*words, "--json").stdout == funnelsim(*words, "--json", "--threads", "1").stdout
    chosen = json.loads(funnelsim(*words, "--json", "--metric", "cost_per_sql", "--by", "track").stdout)
    assert list(chosen["incremental"]["drip"]) == ["cost_per_sql"]


def test_touches_of_stages_alone_are_listed_by_touch(touched: str) -> None:
    bare = ["tracks=null", "stages.lead.track=none", "variants=null"]
    bare += [f"touches.{name}=null" for name in ("mail", "idle", "cold")]
    words = ["touches", touched, "-n", "5", "--leaving", *(word for value in bare for word in ("--set", value))]
    lines = funnelsim(*words).stdout.splitlines()
    assert lines[1].startswith("touch ")
    assert lines[2].startswith("call ")


def test_touches_by_kind_and_why_they_were_held_back(touched: str) -> None:
    values = ["tracks.drip.kind=activation", "touches.idle.if={touched: {from: 3}}", "limits={cold: 1 per 60d}"]
    words = ["touches", touched, "--by", "kind", "-n", "5", *(word for value in values for word in ("--set", value))]
    lines = funnelsim(*words).stdout.splitlines()
    assert lines[2].startswith("activation ")
    assert any(re.fullmatch(r"kind +not meant postponed", line) for line in lines)
    contacts = json.loads(funnelsim(*words, "--json").stdout)["contacts"]["activation"]
    assert contacts["withheld_not_meant"]["mean"] == contacts["withheld"]["mean"] > 0
    assert contacts["postponed"]["mean"] > 0
    assert 0 < contacts["open_rate"]["mean"] < 1


def test_touches_of_a_shipped_scenario() -> None:
    words = ["touches", "nurture_before_after", "--variant", "after", "--horizon", "30d", "-n", "20", "--json"]
    answer = json.loads(funnelsim(*words).stdout)
    assert answer["contacts"]["reactivation"]["sent"]["mean"] > 0
    assert "score_profile" not in answer


def test_touches_that_cannot_be_told(touched: str, tmp_path: Path) -> None:
    bare = tmp_path / "bare.yaml"
    bare.write_text(
        "format: 1\nname: Bare\nstart: 2026-01-01\nhorizon: 30d\n"
        "channels: {web: {leads: 1 per day, enters: lead}}\nstages: {lead: {moves: {go: {to: won}}}, won: {}}\n"
    )
    for words, messages in (
        ([str(bare)], ["touches: this scenario makes no touch; write tracks, or 'touch' in a move"]),
        ([touched, "--by", "content"], ["--by: this scenario has no content"]),
        ([touched, "--by", "tuch"], ["--by: there is no 'tuch' (did you mean 'touch'?)"]),
        (
            [touched, "--metric", "sql"],
            ["--metric: these are the metrics of --incremental; add it, or use funnelsim run"],
        ),
        ([touched, "--incremental", "--metric", "slq"], ["--metric: no metric 'slq' (did you mean 'sql'?)"]),
        ([touched, "--variant", "wamer"], ["--variant: no variant 'wamer' (did you mean 'warmer'?)"]),
        (
            ["nurture_before_after", "--scores", "--variant", "after"],
            ["--scores: leads have no score here; write points of warmth, or 'fit' in scoring"],
        ),
    ):
        assert funnelsim("touches", *words, code=2).stderr.splitlines() == messages


def test_help_of_touches_has_an_example() -> None:
    text = " ".join(funnelsim("touches", "--help").stdout.split())
    assert "Examples: funnelsim touches nurture_before_after" in text


def test_compare_lead_by_lead() -> None:
    words = ["compare", "frameworks", "--variants", "none,bant", "--metric", "won", "-n", "4", "--lead-by-lead"]
    text = funnelsim(*words, "won").stdout
    assert max(map(len, text.splitlines())) <= 80
    assert "leads in won" in text
    told = json.loads(funnelsim(*words, "won", "--json").stdout)
    assert told["lead_by_lead"]["stage"] == "won"
    bant = told["lead_by_lead"]["scenarios"]["bant"]
    assert bant["missed"] > bant["gained"] >= 0
    assert bant["reached"] == told["scenarios"]["bant"]["metrics"]["won"]["mean"]
    refused = funnelsim(*words, "wun", code=2).stderr
    assert refused == "--lead-by-lead: no stage 'wun' (did you mean 'won'?)\n"


def test_choices_are_told_with_all_else() -> None:
    refused = funnelsim("run", "trunk", "--engine", "kernal", "--over", "weekly", "--metric", "slq", code=2).stderr
    assert refused.splitlines() == [
        "--engine: there is no 'kernal' (did you mean 'kernel'?)",
        "--over: there is no 'weekly' (choices: horizon, period and cohort)",
        "--metric: no metric 'slq' (did you mean 'sql'?)",
    ]


def test_the_first_cohort_has_its_whole_name(touched: str) -> None:
    text = funnelsim("run", touched, "--over", "cohort", "--metric", "sql", "-n", "2").stdout
    assert "before the start" in text


def test_compare_two_files(tmp_path: Path) -> None:
    other = tmp_path / "longer.yaml"
    other.write_text(fs.load(TRUNK).set({"stages.sql.moves.expire.after": "14d"}).dump(), encoding="utf-8")
    words = ["compare", TRUNK, str(other), "--horizon", "90d", "-n", "20", "--metric", "opportunity", "--json"]
    answer = json.loads(funnelsim(*words).stdout)
    assert answer["differences"]["opportunity"]["low"] > 0


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
    assert "search-0 to search-" in funnelsim(*words, "--lead", "search-999999", code=2).stderr


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
    for command in ("run", "compare", "show", "trace", "explain", "scenarios", "schema"):
        assert "Example: funnelsim" in funnelsim(command, "--help").stdout


# ---------------------------------------------------------------- JSON of what is asked for
def test_json_of_some_metrics() -> None:
    words = ["run", TRUNK, "--horizon", "90d", "-n", "5", "--json"]
    plain = json.loads(funnelsim(*words).stdout)
    asked = json.loads(funnelsim(*words, "--metric", "sql", "--metric", "rate_lead_to_won").stdout)
    assert list(asked["metrics"]) == ["sql", "rate_lead_to_won"]
    assert asked["metrics"]["sql"] == plain["metrics"]["sql"]
    assert {**asked, "metrics": {}} == {**plain, "metrics": {}}
    assert set(plain) >= {"scenario", "variant", "seed", "replications", "version", "metrics"}
    assert set(plain["metrics"]["sql"]) == {"mean", "p10", "p50", "p90", "mc_error", "unit"}


def test_json_over_time() -> None:
    words = ["run", TRUNK, "--horizon", "90d", "-n", "5", "--json"]
    whole = json.loads(funnelsim(*words, "--metric", "sql").stdout)["metrics"]["sql"]["mean"]
    by_period = json.loads(funnelsim(*words, "--over", "period").stdout)
    assert by_period["periods"] == ["2026-01-01", "2026-02-01", "2026-03-01"]
    assert by_period["over"] == "period"
    assert sum(by_period["metrics"]["sql"]["mean"]) == pytest.approx(whole)
    assert {len(values["mean"]) for values in by_period["metrics"].values()} == {3}
    assert "days_to_sql" not in by_period["metrics"]
    growth = json.loads(funnelsim(*words, "--over", "period", "--metric", "lvr_sql").stdout)["metrics"]["lvr_sql"]
    assert growth["mean"][0] is None
    assert growth["mean"][1] is not None
    by_cohort = json.loads(funnelsim(*words, "--over", "cohort", "--metric", "sql").stdout)
    assert by_cohort["cohorts"] == ["before the start", "2026-01-01", "2026-02-01", "2026-03-01"]
    assert sum(by_cohort["metrics"]["sql"]["mean"]) == pytest.approx(whole)


def test_json_of_a_comparison_of_some_metrics() -> None:
    words = ["compare", TRUNK, "--variants", "base,two_weeks,no_nurture", "--horizon", "60d", "-n", "5", "--json"]
    answer = json.loads(funnelsim(*words, "--metric", "rate_lead_to_won").stdout)
    assert list(answer["differences"]) == ["two_weeks", "no_nurture"]
    assert list(answer["differences"]["two_weeks"]) == ["rate_lead_to_won"]
    assert list(answer["scenarios"]["base"]["metrics"]) == ["rate_lead_to_won"]
    whole = json.loads(funnelsim(*words).stdout)
    one = json.loads(funnelsim(*words, "--metric", "sql").stdout)
    assert one["differences"]["two_weeks"]["sql"] == whole["differences"]["two_weeks"]["sql"]


def test_by_a_trait() -> None:
    path = str(SCENARIOS / "reach_by_phone.yaml")
    words = ["run", path, "--horizon", "30d", "-n", "2", "--by", "line", "--metric", "meeting[line=mobile]", "--json"]
    assert list(json.loads(funnelsim(*words).stdout)["metrics"]) == ["meeting[line=mobile]"]


# ---------------------------------------------------------------- wrong input
@pytest.mark.parametrize("command", ["run", "show", "trace", "compare"])
@pytest.mark.parametrize("path", sorted(INVALID.glob("*.yaml"))[::12], ids=lambda path: path.stem)
def test_invalid_files(command: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(INVALID)
    result = funnelsim(command, path.name, code=2)
    assert result.stderr == path.with_suffix(".txt").read_text(encoding="utf-8")
    assert result.stdout == ""


SHIPPED = sorted(
    path.relative_to(SCENARIOS).with_suffix("").as_posix()
    for path in SCENARIOS.rglob("*.yaml")
    if path.name != "evidence.yaml"
)
NAMES = ", ".join(SHIPPED[:-1]) + f" and {SHIPPED[-1]}"

WRONG: dict[str, tuple[str, str]] = {
    "no file": ("run nowhere.yml", f"nowhere.yml: no such file; shipped scenarios: {NAMES}"),
    "no shipped one": ("show trnk", f"trnk: no such file; shipped scenarios: {NAMES} (did you mean 'trunk'?)"),
    "no shipped one in a folder": (
        "show consumr",
        f"consumr: no such file; shipped scenarios: {NAMES} (did you mean 'markets/consumer'?)",
    ),
    "no file, and more": (
        "run nowhere --set horizon --png x.svg",
        f"""nowhere: no such file; shipped scenarios: {NAMES}
--set horizon: write PATH=VALUE, as in --set tracks.reactivation.cadence=14d
--png: pictures are PNG files, and 'x.svg' does not end so; write 'x.svg.png'""",
    ),
    "a folder": ("run scenarios", "scenarios: this is no file; name a scenario file such as trunk.yaml"),
    "variant": ("run trunk --variant two_week", "--variant: no variant 'two_week' (did you mean 'two_weeks'?)"),
    "path": (
        "run trunk --set stages.sql.moves.expier.after=3d",
        "--set stages.sql.moves.expier.after=3d: no move 'expier' (did you mean 'expire'?)",
    ),
    "value": (
        "run trunk --set stages.sql.moves.expire.after=soon",
        "--set stages.sql.moves.expire.after=soon: a duration is written like 7d, 2 weeks, 5min or 1.5h, not 'soon'",
    ),
    "value that is no YAML": (
        "show trunk --set start=[",
        "--set start=[: not YAML: while parsing a flow node, expected the node content, but found '<stream end>'",
    ),
    "what belongs together": (
        "show trunk --set segments.small.share=90% --set name=x",
        "--set: segments: shares add up to 100%, not 90% + 20% = 110%",
    ),
    "inside what was set": (
        "show trunk --set stages.lost={final:false}",
        (
            "--set stages.lost={final:false}: stages.lost.\"final:false\": no field 'final:false' in a stage "
            "(did you mean 'final'?)"
        ),
    ),
    "horizon": (
        "run trunk --horizon -3d",
        "--horizon: the horizon is longer than nothing, not '-3d'; write 12 months or 30d",
    ),
    "horizon beyond a table": (
        "run trunk --horizon 13months",
        "--horizon: channels.events.leads: the table has no amount for 2027-01; it covers every month of the horizon",
    ),
    "group": ("run trunk --by chanel", "--by: leads cannot be grouped by 'chanel' (did you mean 'channel'?)"),
    "group of no near name": (
        "run reach_by_phone --by colour",
        "--by: leads cannot be grouped by 'colour' (groups: channel, segment, origin, line and number)",
    ),
    "metrics": (
        "run trunk --metric cost_per_sqll --metric sqql",
        (
            "--metric: no metric 'cost_per_sqll' (did you mean 'cost_per_sql'?)\n"
            "--metric: no metric 'sqql' (did you mean 'sql'?)"
        ),
    ),
    "metric of a group": (
        "run trunk --metric sql[channel=search]",
        "--metric: 'sql[channel=search]' is that of a group; write --by channel",
    ),
    "metric of another group": (
        "run trunk --by segment --metric sql[channel=search]",
        "--metric: 'sql[channel=search]' is that of a group; write --by channel",
    ),
    "metric of no group": (
        "run trunk --by channel --metric sql[channel=serch]",
        "--metric: no channel 'serch' (did you mean 'search'?)",
    ),
    "metric over time": (
        "run trunk --metric days_to_sql --over period",
        "--metric: 'days_to_sql' is not measured by period; write --over horizon",
    ),
    "all at once": (
        (
            "run trunk --variant two_week --set stages.sql.moves.expire.after=soon --horizon 0d --by colour --metric foo_sql "
            "--out scenarios --png noext"
        ),
        """--variant: no variant 'two_week' (did you mean 'two_weeks'?)
--horizon: the horizon is longer than nothing, not '0d'; write 12 months or 30d
--set stages.sql.moves.expire.after=soon: a duration is written like 7d, 2 weeks, 5min or 1.5h, not 'soon'
--by: leads cannot be grouped by 'colour' (groups: channel, segment and origin)
--metric: no metric 'foo_sql' (did you mean 'old_sql'?)
--out: 'scenarios' is there already; add --overwrite, or choose another name
--png: pictures are PNG files, and 'noext' does not end so; write 'noext.png'""",
    ),
    "compared variant": (
        "compare trunk --variants base,tow_weeks",
        "--variants: no variant 'tow_weeks' (did you mean 'two_weeks'?)",
    ),
    "one variant": (
        "compare trunk --variants base",
        "--variants: name at least two to compare, such as A,B (there are base, no_nurture, two_weeks and from_july)",
    ),
    "one variant twice": (
        "compare trunk --variants base,two_weeks,base",
        "--variants: 'base' stands there twice; name it once",
    ),
    "nothing to compare": (
        "compare one.yaml",
        "one.yaml: it has no variants to compare; give a second file, or write variants",
    ),
    "one file twice": ("compare trunk trunk", "trunk: this file is given twice; give another, or --variants"),
    "files and variants": (
        "compare trunk one.yaml --variants base,two_weeks",
        "--variants: give either two files or --variants, not both",
    ),
    "two kinds of money": (
        "compare one.yaml trunk",
        (
            "trunk: differs from one.yaml in currency (CNY and EUR), so that they cannot be compared; "
            "set it for all with --set currency=EUR"
        ),
    ),
    "lead of no channel": ("trace trunk --lead serch-17", "--lead: no channel 'serch' (did you mean 'search'?)"),
    "no lead": (
        "trace trunk --lead 17",
        "--lead: a lead is called by its channel and its number, such as search-17, not '17'",
    ),
    "no metric to explain": (
        "explain revenu trnk",
        f"""trnk: no such file; shipped scenarios: {NAMES} (did you mean 'trunk'?)
'revenu': no metric 'revenu' (did you mean 'revenue'?)""",
    ),
    "nothing to overwrite": (
        "run trunk --overwrite",
        "--overwrite: only what --out names is overwritten; add --out FOLDER",
    ),
    "nothing to resume, nowhere to be insecure": (
        "run trunk --resume --insecure",
        """--resume: only what --out names is resumed; add --out FOLDER
--insecure: only the way to a cluster can be insecure; add --cluster ADDRESS""",
    ),
    "something else to resume": (
        "run trunk --out one.yaml --resume",
        "--out: 'one.yaml' is no result of funnelsim, and only results are overwritten; choose another name",
    ),
    "a folder to resume without a name": (
        "run trunk --out . --resume",
        "--out: '.' is no result of funnelsim, and only results are overwritten; choose another name",
    ),
    "a remote cluster without encryption": (
        "run trunk --seed 3 --cluster tcp://10.0.0.7:8786",
        (
            "--cluster: 'tcp://10.0.0.7:8786' is another machine, and nothing on the way there would be encrypted or "
            "signed, so that others could run code on it and on its workers; use tls://, or add --insecure where you trust "
            "all of the network"
        ),
    ),
    "a remote cluster, by default without encryption": (
        "run trunk --cluster localhost.example.org:8786",
        (
            "--cluster: 'localhost.example.org:8786' is another machine, and nothing on the way there would be encrypted or "
            "signed, so that others could run code on it and on its workers; use tls://, or add --insecure where you trust "
            "all of the network"
        ),
    ),
    "no address": (
        "run trunk --cluster localhost",
        "--cluster: 'localhost' is no address of a scheduler; write it as in tls://host:8786",
    ),
    "no protocol": (
        "run trunk --cluster http://localhost:8786",
        "--cluster: 'http://localhost:8786' is no address of a scheduler; write it as in tls://host:8786",
    ),
    "no port": (
        "run trunk --cluster tcp://localhost:here --variant nobody",
        (
            "--variant: no variant 'nobody' (variants: no_nurture, two_weeks and from_july)\n"
            "--cluster: 'tcp://localhost:here' is no address of a scheduler; write it as in tls://host:8786"
        ),
    ),
    "no scheduler": (
        "run trunk --cluster tcp://[::1]:1",
        "--cluster: no scheduler can be reached at 'tcp://[::1]:1' (Timed out trying to connect to tcp://[::1]:1 after 1 s)",
    ),
    "no certificates": (
        "run trunk --cluster tls://localhost:1",
        (
            "--cluster: no scheduler can be reached at 'tls://localhost:1' (Dask does not know your certificates; name them "
            "in its configuration (distributed.comm.tls.ca-file and distributed.comm.tls.client.cert and key) or in the "
            "environment (DASK_DISTRIBUTED__COMM__TLS__CA_FILE, DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT and …__KEY))"
        ),
    ),
    "a result there": (
        "run trunk --out old.zarr",
        "--out: 'old.zarr' is there already; add --overwrite, or choose another name",
    ),
    "something else there": (
        "run trunk --out one.yaml --overwrite",
        "--out: 'one.yaml' is no result of funnelsim, and only results are overwritten; choose another name",
    ),
    "a long name": (
        f"run trunk --out {'a' * 5000} --png {'b' * 5000}.png",
        f"""--out: '{"a" * 57}...' cannot be written: File name too long
--png: '{"b" * 57}...' cannot be written: File name too long""",
    ),
    "a name too long for a folder to the side": (
        f"run trunk --out {'a' * 250}",
        f"--out: '{'a' * 57}...' cannot be written: File name too long",
    ),
    "a long name of a folder": (
        f"run trunk --png new/{'a' * 256}/x.png",
        f"--png: 'new/{'a' * 53}...' cannot be written: File name too long",
    ),
    "a file in the way": (
        "run trunk --out one.yaml/new/run.zarr --png one.yaml/x.png",
        """--out: 'one.yaml/new/run.zarr': 'one.yaml' is no folder
--png: 'one.yaml/x.png': 'one.yaml' is no folder""",
    ),
    "a folder as picture": (
        "compare trunk --png scenarios",
        "--png: 'scenarios' is a folder; name a file, such as scenarios/picture.png",
    ),
    "a picture around the result": (
        "run trunk --out x.png/run.zarr --png x.png",
        "--png: 'x.png' cannot be the picture and hold the result too; choose another name",
    ),
    "a name that cannot be shown": ("show trunk --variant \x1b[31m", r"--variant: no variant '\x1b[31m' (variants: "),
}


@pytest.mark.parametrize(("command", "message"), WRONG.values(), ids=WRONG)
def test_wrong_input(command: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that is wrong is told, in these words, and nothing is written."""
    monkeypatch.setattr("funnelsim.cli.clusters.PATIENCE", "1s")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.yaml").write_text(ONE, encoding="utf-8")
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "old.zarr").mkdir()
    result = funnelsim(*command.split(" "), code=2)
    found = result.stderr.replace(f"{tmp_path}/", "")
    if message.endswith(": "):
        assert found.startswith(message)
        assert found.count("\n") == 1
    else:
        assert found == f"{message}\n"
    assert result.stdout == ""
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["old.zarr", "one.yaml", "scenarios"]


ONE = """format: 1
name: One
start: 2026-01-01
horizon: 12 months
channels: {search: {leads: 30 per month, enters: lead}}
stages: {lead: {moves: {call: {after: 1d, chance: 50%, to: won, else: lost}}}, won: {}, lost: {}}
"""

REFUSED_BY_OPTION = {
    "time": (["--over", "lunch"], "--over"),
    "engine": (["--engine", "steam"], "--engine"),
    "no replications": (["-n", "0"], "--replications"),
    "too many replications": (["-n", str(2**31)], "--replications"),
    "seed": (["--seed", str(2**64)], "--seed"),
    "threads": (["--threads", "0"], "--threads"),
}


@pytest.mark.parametrize(("words", "option"), REFUSED_BY_OPTION.values(), ids=REFUSED_BY_OPTION)
def test_options_out_of_bounds(words: list[str], option: str) -> None:
    assert option in funnelsim("run", TRUNK, *words, code=2).stderr


def test_a_variant_nobody_knows_hides_nothing_and_invents_nothing(tmp_path: Path) -> None:
    """What only some variant has is not refused, while it is unknown which one is meant."""
    path = tmp_path / "one.yaml"
    path.write_text(
        f"{ONE}variants: {{trial: {{set: {{stages.trial: {{moves: {{try: {{after: 1d, to: won}}}}}}, stages.lead.moves.call.to: trial}}}}}}\n"
    )
    words = ["run", str(path), "--variant", "trail", "--metric", "trial", "--set", "stages.trial.moves.try.after=2d"]
    assert funnelsim(*words, code=2).stderr == "--variant: no variant 'trail' (did you mean 'trial'?)\n"
    found = funnelsim(*words, "--metric", "trill", code=2).stderr
    assert "no metric 'trill'" in found


def test_a_variant_called_base(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    path.write_text(f"{ONE}variants: {{base: {{set: {{name: Base}}}}, other: {{set: {{name: Other}}}}}}\n")
    assert funnelsim("show", str(path), "--variant", "base").stdout.startswith("Base, variant base: 12 months")
    assert list(json.loads(funnelsim("compare", str(path), "-n", "1", "--json").stdout)["scenarios"]) == [
        "base",
        "other",
    ]


def test_the_last_setting_of_a_path_holds() -> None:
    text = funnelsim("show", TRUNK, "--set", "horizon=60d", "--set", "horizon=6 months", "--horizon", "90d").stdout
    assert "90d from 2026-01-01" in text.splitlines()[0]


# ---------------------------------------------------------------- shipped scenarios
def test_shipped_scenarios_are_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = funnelsim("show", TRUNK).stdout
    monkeypatch.chdir(tmp_path)
    assert funnelsim("show", "trunk").stdout == whole
    assert "CNY per SQL" in funnelsim("explain", "cost_per_sql", "trunk").stdout
    in_folder = funnelsim("show", str(SCENARIOS / "markets" / "consumer.yaml")).stdout
    assert funnelsim("show", "markets/consumer").stdout == in_folder
    (tmp_path / "trunk").write_text(ONE, encoding="utf-8")
    assert funnelsim("show", "trunk").stdout.startswith("One: ")


def test_the_list_of_shipped_scenarios() -> None:
    lines = funnelsim("scenarios").stdout.splitlines()
    assert [line.split()[0] for line in lines] == SHIPPED
    assert "trunk                       The trunk" in lines


def test_shipped_scenarios_of_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a wheel they lie in the package, as pyproject.toml says."""
    package = tmp_path / "funnelsim"
    (package / "shipped" / "some").mkdir(parents=True)
    for name in ("one", "some/other"):
        (package / "shipped" / f"{name}.yaml").write_text(ONE, encoding="utf-8")
    monkeypatch.setattr("funnelsim.scenario.shipped._PACKAGE", package)
    assert funnelsim("scenarios").stdout == "one         One\nsome/other  One\n"
    for name in ("one", "some/other"):
        assert funnelsim("show", name).stdout.startswith("One: ")
    assert 'scenarios = "funnelsim/shipped"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for name in ("one", "some/other"):
        (package / "shipped" / f"{name}.yaml").unlink()
    assert funnelsim("show", "one", code=2).stderr == "one: no such file\n"


# ---------------------------------------------------------------- what is written
def test_results_are_replaced_only_when_asked(tmp_path: Path) -> None:
    out = str(tmp_path / "run.zarr")
    words = ["run", TRUNK, "--horizon", "30d", "--out", out]
    funnelsim(*words, "-n", "2")
    funnelsim(*words, "-n", "3", code=2)
    assert fs.load_result(out).replications == 2
    funnelsim(*words, "-n", "3", "--overwrite")
    assert fs.load_result(out).replications == 3


def test_a_picture_of_what_is_not_measured_by_period(tmp_path: Path) -> None:
    path = tmp_path / "new" / "run.PNG"
    words = [
        "run",
        TRUNK,
        "--horizon",
        "30d",
        "-n",
        "2",
        "--metric",
        "days_to_sql",
        "--metric",
        "sql",
        "--png",
        str(path),
    ]
    assert funnelsim(*words).stderr == f"picture: {path}\n"
    assert path.read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_written_after_all_costs_no_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("funnelsim.metrics.storage.write", full)
    png = tmp_path / "run.png"
    words = ["run", TRUNK, "--horizon", "30d", "-n", "2", "--out", str(tmp_path / "run.zarr"), "--png", str(png)]
    result = funnelsim(*words, code=74)
    assert "cost_per_sql" in result.stdout
    assert result.stderr.splitlines()[-1] == (
        f"{tmp_path / 'run.zarr'}: cannot be written: No space left on device; 2 replications are safe in "
        "run.zarr.unfinished: make room, and go on with --resume, or resume=True"
    )
    assert png.exists()
    monkeypatch.undo()
    assert funnelsim(*words, "--resume").stdout == result.stdout
    assert fs.load_result(tmp_path / "run.zarr").replications == 2


def test_a_part_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("funnelsim.metrics.resuming.Output.keep", full)
    result = funnelsim("run", TRUNK, "--horizon", "30d", "-n", "2", "--out", str(tmp_path / "run.zarr"), code=74)
    assert result.stdout == ""
    assert result.stderr == f"{tmp_path / 'run.zarr'}: cannot be written: No space left on device\n"


def test_an_interrupted_run_is_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    words = ["run", TRUNK, "--horizon", "30d", "-n", "4", "--json"]
    out = ["--out", str(tmp_path / "run.zarr")]
    plain = funnelsim(*words).stdout
    monkeypatch.setattr("funnelsim.metrics.resuming.Output.finish", interrupt)
    left = f"{tmp_path / 'run.zarr'}.unfinished"
    assert funnelsim(*words, *out, code=130).stderr == (
        f"what is finished is in {left}; the same with --resume goes on with it\nstopped\n"
    )
    monkeypatch.undo()
    assert funnelsim(*words, *out, code=2).stderr.startswith("--out: ")
    assert "keeps what an interrupted run has finished; add --resume" in funnelsim(*words, *out, code=2).stderr
    assert funnelsim(*words, *out, "--resume", "--seed", "2", code=2).stderr == (
        f"--out: {left} is of another run, with seed 1 (here 2); choose another name, or begin anew\n"
    )
    assert funnelsim(*words, *out, "--resume").stdout == plain
    assert funnelsim(*words, *out, "--resume").stdout == plain  # of what is there
    assert funnelsim(*words, *out, "--resume", "-n", "5", code=2).stderr == (
        f"--out: {tmp_path / 'run.zarr'} is the result of another run, with replications 4 (here 5); choose another name\n"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("words", [["show", "trunk"], ["--help"], ["explain", "sql"], ["schema"]], ids=" ".join)
def test_a_full_disk(words: list[str]) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "funnelsim.cli", *words], stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
    assert done.returncode == 74
    assert done.stderr == "standard output: cannot be written: No space left on device\n"


def test_a_closed_output() -> None:
    script = f"{sys.executable} -m funnelsim.cli show trunk >&-"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_that_knows_little() -> None:
    """People see question marks; what programs read is UTF-8 in any case."""

    def printed(*words: str) -> bytes:
        done = subprocess.run(
            [sys.executable, "-m", "funnelsim.cli", *words, "--set", "name=成交"],
            capture_output=True,
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
            cwd=ROOT,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        return done.stdout

    assert printed("show", "trunk").startswith(b"??: 12 months")
    assert "name: 成交\n" in printed("show", "trunk", "--resolved").decode("utf-8")
    answer = json.loads(printed("run", "trunk", "--horizon", "2d", "-n", "1", "--json").decode("utf-8"))
    assert answer["scenario"] == "成交"


# ---------------------------------------------------------------- faults
def test_a_fault_of_ours_is_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("a slip\nof ours")

    monkeypatch.delenv("FUNNELSIM_DEBUG", raising=False)
    monkeypatch.setattr(fs, "simulate", broken)
    sentence = (
        "this is a fault of funnelsim, not of what you asked for (KeyError: 'a slip\\nof ours'); please report it with the "
        "command, the scenario and what the command prints with --debug\n"
    )
    assert funnelsim("run", TRUNK, code=70).stderr == sentence
    debugged = funnelsim("run", TRUNK, "--debug", code=70).stderr
    assert debugged.startswith("Traceback")
    assert debugged.endswith(sentence)
    monkeypatch.setenv("FUNNELSIM_DEBUG", "1")
    assert funnelsim("run", TRUNK, code=70).stderr == debugged


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError(), "there is not enough memory for this; ask for fewer replications or a shorter horizon"),
        (
            MemoryError("Unable to allocate 3 TiB"),
            "there is not enough memory for this (Unable to allocate 3 TiB); ask for fewer replications or a shorter horizon",
        ),
        (OverflowError("a lead goes round too often"), "this run is too long to be done: a lead goes round too often"),
    ],
    ids=str,
)
def test_runs_that_are_too_large(error: Exception, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_large(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(fs, "simulate", too_large)
    assert funnelsim("run", TRUNK, code=2).stderr == f"{message}\n"


def test_more_replications_than_there_is_memory_for() -> None:
    words = ["-n", str(2**31 - 1)]
    found = funnelsim("run", TRUNK, *words, code=2).stderr
    assert found.startswith("--replications: 2,147,483,647 replications would take up to ")
    found = funnelsim("compare", TRUNK, "--variants", "base,two_weeks", *words, code=2).stderr
    assert found.startswith("--replications: 2,147,483,647 replications of each of 2 scenarios would take up to ")


@pytest.mark.parametrize(("cause", "code"), [(ValueError("a slip"), 69), (OverflowError("too long"), 2)])
def test_a_cluster_that_fails(cause: Exception, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from funnelsim.metrics.executors import Job, TaskError

    def broken(*_: object, **__: object) -> None:
        raise TaskError(Job("'One'", ONE, "1", 7, "kernel", None, False), 3, 5, cause) from cause

    client = types.SimpleNamespace(nthreads=dict)
    monkeypatch.setattr("funnelsim.cli.clusters._client", lambda _: contextlib.nullcontext(client))
    monkeypatch.setattr(fs, "simulate", broken)
    found = funnelsim("run", TRUNK, "--cluster", "tcp://localhost:1", code=code).stderr
    assert found.startswith("tcp://localhost:1 has no workers yet; waiting for some …\n")
    assert f"replications 3 to 4 of 'One' with seed 7 failed on a worker ({type(cause).__name__}: {cause}); " in found


def test_a_cluster_without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert funnelsim("run", TRUNK, "--cluster", "tcp://localhost:1", code=2).stderr == (
        "--cluster: a cluster needs Dask, which is not installed here; install funnelsim[dask]\n"
    )


def test_the_exit_codes_are_told() -> None:
    text = funnelsim("--help").stdout
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for code in (0, 1, 2, 70, 74, 130):
        assert f" {code} " in " ".join(text.split())
        assert f"\n| {code} |" in readme


# ---------------------------------------------------------------- being stopped
LISTENS = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.executable, sys.argv[1:])"
"""Starts a command that hears Ctrl-C, also where the tests run in the background, whose processes do not."""


def started(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", LISTENS, sys.executable, "-m", "funnelsim.cli", *words],
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
    try:
        wait_until(lambda: busy(process, 6))
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert errors.strip().endswith("stopped")


@pytest.mark.long
def test_a_killed_run_is_resumed(tmp_path: Path) -> None:
    words, out = ["run", TRUNK, "--horizon", "90d", "-n", "800", "--json"], tmp_path / "run.zarr"
    plain = funnelsim(*words).stdout
    process = started(*words, "--out", str(out))
    wait_until(lambda: len(list(tmp_path.glob("*/*.part"))) > 2 or process.poll() is not None)
    process.kill()
    assert process.communicate()[0] == ""
    assert not out.exists()
    assert len(list(tmp_path.glob("*/*.part"))) > 2
    assert funnelsim(*words, "--out", str(out), "--resume").stdout == plain
    assert [child.name for child in tmp_path.iterdir()] == ["run.zarr"]


def test_output_may_be_cut_short() -> None:
    process = started("trace", TRUNK, "--csv")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("time,")
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(timeout=60) == 141


def test_csv_reads_back() -> None:
    from io import StringIO

    text = funnelsim("trace", NURTURE, "--horizon", "3d", "--csv").stdout
    back: Any = pd.read_csv(StringIO(text), keep_default_na=False)
    log = fs.trace(fs.load(NURTURE).set({"horizon": "3d"}))
    assert back["to"].tolist() == log["to"].astype(str).tolist()
    assert back["time"].tolist() == log["time"].tolist()
