"""Workbooks, tables and pictures on the command line."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

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
  lead: {moves: {call: {after: 4h to 2d, chance: 30%, to: sql, else: pool}}}
  pool: {moves: {mail: {after: 10d, touch: mail}}}
  sql: {label: =1+1}
touches: {mail: {cost: 0.1, response: {chance: 5%, to: sql}}}
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


def test_a_run_leaves_a_workbook_and_tables(small: str, tmp_path: Path) -> None:
    words = ["run", small, "-n", "6", "--metric", "cost_per_sql", "--json"]
    book, tables = tmp_path / "deep" / "a.xlsx", tmp_path / "tables"
    told = funnelsim(*words, "--xlsx", str(book), "--csv", str(tables))
    mean = json.loads(told.stdout)["metrics"]["cost_per_sql"]["mean"]
    assert told.stderr == (
        f"workbook: {book}\ntables: {tables} "
        "(horizon.csv, period.csv, cohort.csv, ways_out.csv, contacts.csv, inputs.csv, definitions.csv)\n"
    )
    summary = openpyxl.load_workbook(book, data_only=True)["Summary"]
    found = {row[0]: row[2] for row in summary.iter_rows(values_only=True)}
    assert found["cost_per_sql"] == pytest.approx(mean)
    assert "new_leads" not in found
    rows = list(csv.DictReader(io.StringIO((tables / "horizon.csv").read_text("utf-8"))))
    assert [float(row["mean"]) for row in rows if row["metric"] == "cost_per_sql"] == [pytest.approx(mean)]
    assert '"\'=1+1"' in (tables / "inputs.csv").read_text("utf-8")
    again = tmp_path / "again.xlsx"
    funnelsim(*words, "--xlsx", str(again))
    assert again.read_bytes() == book.read_bytes()


def test_a_comparison_leaves_a_workbook_and_tables(small: str, tmp_path: Path) -> None:
    words = ["compare", small, "-n", "6", "--variants", "base,more", "--json"]
    told = funnelsim(*words, "--xlsx", str(tmp_path / "a.xlsx"), "--csv", str(tmp_path / "tables"))
    sql = json.loads(told.stdout)["differences"]["sql"]
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx", data_only=True)["Compare"]
    rows = {row[:2]: row for row in sheet.iter_rows(values_only=True)}
    assert rows["sql", "more"][8:11] == pytest.approx((sql["mean"], sql["low"], sql["high"]))
    table = (tmp_path / "tables" / "compare.csv").read_text("utf-8")
    assert [row["scenario"] for row in csv.DictReader(io.StringIO(table))][:2] == ["base", "more"]


WRONG = {
    "a folder": (["--xlsx", "old"], "--xlsx: 'old' is a folder; name a file, such as old/figures.xlsx"),
    "no workbook": (
        ["--xlsx", "a.xls"],
        "--xlsx: workbooks are XLSX files, and 'a.xls' does not end so; write 'a.xls.xlsx'",
    ),
    "below a file": (["--xlsx", "small.yaml/a.xlsx"], "--xlsx: 'small.yaml/a.xlsx': 'small.yaml' is no folder"),
    "a file as folder": (
        ["--csv", "small.yaml"],
        "--csv: 'small.yaml' is no folder; name one for the tables, such as 'small'",
    ),
    "the result's": (
        ["--csv", "a.zarr", "--out", "a.zarr"],
        "--csv: 'a.zarr' cannot hold the tables and be the result too; choose another name",
    ),
    "around the result": (
        ["--xlsx", "a.xlsx", "--out", "a.xlsx/b.zarr"],
        "--xlsx: 'a.xlsx' cannot be the workbook and hold the result too; choose another name",
    ),
    "picture": (
        ["--png", "a.png", "--picture", "flows"],
        "--picture: there is no 'flows' (did you mean 'flow'?)",
    ),
    "no file for the picture": (["--picture", "flow"], "--picture: it says what --png draws; add --png FILE"),
    "no teams": (
        ["--png", "a.png", "--picture", "teams"],
        "--picture: there is nothing to draw as teams: no team has any work here",
    ),
}


@pytest.mark.parametrize(("words", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_written_is_told_before_anything_runs(
    words: list[str], message: str, small: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old").mkdir()
    monkeypatch.setattr("funnelsim.simulate", None)
    assert funnelsim("run", "small.yaml", *words, code=2).stderr == f"{message}\n"
    assert sorted(os.listdir(tmp_path)) == ["old", "small.yaml"]


def test_without_xlsxwriter_nothing_runs(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("funnelsim.report.book.is_installed", lambda: False)
    told = funnelsim("run", small, "--xlsx", "a.xlsx", code=2).stderr
    assert told == "--xlsx: a workbook needs xlsxwriter, which is not installed here; install funnelsim[xlsx]\n"


def test_a_full_disk_costs_no_figures(small: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    path = tmp_path / "a.xlsx"
    told = funnelsim("run", small, "-n", "3", "--xlsx", str(path), code=74)
    assert "cost_per_sql" in told.stdout
    assert told.stderr == f"{path}: cannot be written: No space left on device\n"
    assert os.listdir(tmp_path) == ["small.yaml"]


@pytest.mark.parametrize(
    "words",
    [
        ["run", "--picture", "flow", "--picture", "touches", "--picture", "time"],
        ["compare", "--picture", "funnel"],
        ["touches", "--by", "touch", "--incremental"],
    ],
    ids=["run", "compare", "touches"],
)
def test_pictures_by_name(words: list[str], small: str, tmp_path: Path) -> None:
    command, *more = words
    path = tmp_path / "a.png"
    funnelsim(command, small, *more, "-n", "3", "--png", str(path))
    assert path.read_bytes().startswith(b"\x89PNG")


def test_panels_are_those_asked_for(small: str) -> None:
    import funnelsim as fs
    from funnelsim.cli.drawing import run_figure

    result = fs.simulate(fs.load(small), replications=2)
    figure = run_figure(result, ["sql", "days_to_sql"], ["touches", "time", "funnel"])
    labels = [ax.get_xlabel() for ax in figure.axes]
    assert len(labels) == 3
    assert labels[0].startswith("touches over the horizon")
    assert labels[1] == "period, by its beginning"
    assert "entries" in labels[2]


PAGE = (Path(__file__).parents[1] / "docs" / "spreadsheets.md").read_text("utf-8")


def test_the_page_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenarios").symlink_to(Path(__file__).parents[1] / "scenarios")
    (commands,) = re.findall(r"^```sh\n(.*?)^```", PAGE, re.S | re.M)
    for command in commands.splitlines():
        funnelsim(*shlex.split(command)[1:], "-n", "2", "--set", "horizon=60d")
    sheets = openpyxl.load_workbook("trunk.xlsx").sheetnames + openpyxl.load_workbook("before_after.xlsx").sheetnames
    described = re.findall(r"^\| `([\w ]+)` \|", PAGE, re.M)
    assert set(described) == {name.partition(" before")[0].partition(" after")[0] for name in sheets}
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.S | re.M)
    made: dict[str, Any] = {}
    exec(code.replace("replications=1000", "replications=2"), made)
    assert openpyxl.load_workbook(io.BytesIO(made["content"])).sheetnames == ["Months"]
