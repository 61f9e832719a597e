"""Workbooks of budgets: formulas come to what was simulated, and follow where a number is changed."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

import funnelsim as fs
from funnelsim.cli.commands import app
from funnelsim.report.budgeting import NOT_SURE, budgets_tables, budgets_workbook
from tests.forecast.test_budgets import SMALL, TEXT
from tests.report.formulas import Recalculated, Text

pytestmark = pytest.mark.usefixtures("compiled_kernel")


@pytest.fixture(scope="module", params=[None, "2 months"])
def budgets(request: pytest.FixtureRequest) -> fs.Budgets:
    return fs.budgets(SMALL, replications=20, seed=2, run_on=request.param, progress=False)


@pytest.fixture(scope="module")
def content(budgets: fs.Budgets) -> bytes:
    return budgets_workbook(budgets)


def first_rows(sheet: Any) -> dict[Any, int]:
    return {cell.value: cell.row for cell in reversed(sheet["A"])}


def test_every_formula_comes_to_the_value_beside_it_and_all_checks_hold(content: bytes) -> None:
    book = Recalculated(content)
    assert len(book.cells) > 700
    for sheet, address in book.cells:
        found, kept = book.value(sheet, address), book.kept[sheet][address].value
        if isinstance(found, Text):
            assert found.text == (kept or ""), (sheet, address)
        else:
            assert float(found) == pytest.approx(float(kept), rel=1e-9, abs=1e-9), (sheet, address)
    checks = [row[4] for row in book.kept["Checks"].iter_rows(min_row=3, values_only=True)]
    assert len(checks) > 90
    assert all(checks)
    assert book.kept["Summary"]["B9"].value is True


def test_figures_are_those_of_the_tables(content: bytes, budgets: fs.Budgets) -> None:
    compare = openpyxl.load_workbook(io.BytesIO(content), data_only=True)["Compare"]
    rows = [row[3:11] for row in compare.iter_rows(min_row=3, values_only=True)]
    table = budgets.table()
    columns = ["mean", "p10", "p50", "p90", "mc_error", "difference", "low", "high"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(rows, columns=columns).astype(float), table[columns].astype(float), rtol=1e-9
    )


def test_another_margin_changes_gross_profit_roi_and_the_checks(content: bytes, budgets: fs.Budgets) -> None:
    name = f"{'Cohorts' if budgets.run_on else 'Monthly'} today"
    changed = openpyxl.load_workbook(io.BytesIO(content))
    sheet = changed[name]
    place = first_rows(sheet)
    last = sheet.cell(2, sheet.max_column)
    assert last.value == "total"
    for column in range(3, last.column):
        sheet.cell(place["gross margin"], column, 0.5)
    saved = io.BytesIO()
    changed.save(saved)
    book = Recalculated(saved.getvalue())

    def total(row: str) -> float:
        return float(book.value(name, f"{last.column_letter}{place[row]}"))

    assert total("gross profit") == pytest.approx(total("revenue") / 2, rel=1e-12)
    assert total("ROI") == pytest.approx((total("revenue") / 2 - total("spend")) / total("spend"), rel=1e-12)
    assert book.value("Summary", "B9") == 0


def test_more_that_brings_nothing_sure_has_no_price() -> None:
    alike = {"today": {}, "dearer": {"channels.fair.spend": "+900%"}}
    found = fs.budgets(SMALL, alike, replications=20, seed=2, progress=False)
    row = next(openpyxl.load_workbook(io.BytesIO(budgets_workbook(found)))["Marginal"].iter_rows(min_row=3))
    assert row[0].value == "dearer"
    assert row[4].value == NOT_SURE


def test_the_command_leaves_a_workbook_and_tables(tmp_path: Path) -> None:
    path, book, folder = tmp_path / "small.yaml", tmp_path / "b.xlsx", tmp_path / "tables"
    path.write_text(json.dumps(TEXT), encoding="utf-8")
    words = ["budgets", str(path), "-n", "20", "--seed", "2", "--json", "--xlsx", str(book), "--csv", str(folder)]
    told = CliRunner().invoke(app, words, catch_exceptions=False)
    assert told.exit_code == 0, told.stderr
    found = fs.budgets(SMALL, replications=20, seed=2, progress=False)
    assert book.read_bytes() == budgets_workbook(found)
    tables = budgets_tables(found)
    assert {file.stem for file in folder.iterdir()} == set(tables) >= {"figures", "marginal", "monthly", "definitions"}
    assert len(pd.read_csv(folder / "figures.csv")) == len(tables["figures"])
    refused = CliRunner().invoke(app, ["budgets", str(path), "--xlsx", str(tmp_path / "b.xls")])
    assert refused.exit_code == 2
    assert "workbooks are XLSX files" in refused.stderr
