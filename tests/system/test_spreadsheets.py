"""Workbooks in LibreOffice: it reads them, recalculates them, and comes to the same."""

from __future__ import annotations

import csv
import shutil
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import funnelsim as fs
from funnelsim.forecast.compare import Comparison
from funnelsim.report.comparing import comparison_workbook
from funnelsim.report.tidy import comparison_tables, write_tables
from funnelsim.report.workbook import result_workbook

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
PROGRAM = shutil.which("soffice") or "soffice"


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    scenario = fs.load(ROOT / "scenarios" / "nurture_before_after.yaml").set({"horizon": "90d", "name": "=1+1"})
    variants = {"before": scenario.variant("before"), "=1+1": scenario.variant("after")}
    return fs.compare(variants, replications=20, seed=7, by="channel", cohorts=True)


def converted(path: Path, kind: str, folder: Path) -> Path:
    """Let LibreOffice open a file and save it as another, with a profile of its own."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    words = [PROGRAM, profile, "--headless", "--convert-to", kind, "--outdir", str(folder / "made"), str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return folder / "made" / f"{path.stem}.{kind.partition(':')[0]}"


def recalculated(content: bytes, folder: Path, **changes: float) -> tuple[Any, Any]:
    """Return a workbook as it was written, and as LibreOffice works it out, without the values that were kept in it.

    What is changed is a cell, as in ``Monthly_C4``, by so much.
    """
    folder.mkdir()
    path = folder / "book.xlsx"
    path.write_bytes(content)
    before = openpyxl.load_workbook(path, data_only=True)
    bare = openpyxl.load_workbook(path)  # which leaves the kept values out when it saves
    for place, more in changes.items():
        sheet, _, address = place.rpartition("_")
        bare[sheet.replace("_", " ")][address] = before[sheet.replace("_", " ")][address].value + more
    bare.save(path)
    assert openpyxl.load_workbook(path, data_only=True)["Summary"]["B9"].value is None
    return before, openpyxl.load_workbook(converted(path, "xlsx:Calc MS Excel 2007 XML", folder), data_only=True)


def differences(before: Any, after: Any) -> list[Any]:
    return [
        (sheet.title, cell.coordinate, cell.value, after[sheet.title][cell.coordinate].value)
        for sheet in before
        for row in sheet.iter_rows()
        for cell in row
        if not alike(cell.value, after[sheet.title][cell.coordinate].value)
    ]


def alike(one: Any, other: Any) -> bool:
    if isinstance(one, float | int) and isinstance(other, float | int) and not isinstance(one, bool):
        return abs(one - other) <= 1e-9 * max(1.0, abs(one))
    return one == other or {one, other} == {None, ""}


@pytest.mark.parametrize("kind", ["run", "compare"])
def test_recalculated_all_checks_are_true(comparison: Comparison, tmp_path: Path, kind: str) -> None:
    of = {
        "run": lambda: result_workbook(comparison.results["=1+1"]),
        "compare": lambda: comparison_workbook(comparison),
    }
    before, after = recalculated(of[kind](), tmp_path / kind)
    verdicts = [row[4] for row in after["Checks"].iter_rows(min_row=3, values_only=True)]
    assert len(verdicts) > 100
    assert set(verdicts) == {True}
    assert after["Summary"]["B9"].value is True
    assert after["Summary"]["A1"].value == "=1+1"
    assert differences(before, after) == []


def test_recalculated_a_changed_number_is_followed(comparison: Comparison, tmp_path: Path) -> None:
    content = result_workbook(comparison.results["before"], ["cost_per_sql"])
    before, after = recalculated(content, tmp_path / "changed", Monthly_C4=1000.0)
    names = [row[0] for row in before["Summary"].iter_rows(values_only=True)]
    row = names.index("cost_per_sql") + 1
    assert before["Monthly"]["A4"].value == "spend_media"
    sqls = before["Summary"].cell(names.index("sql") + 1, 3).value
    change = after["Summary"].cell(row, 3).value - before["Summary"].cell(row, 3).value
    assert change == pytest.approx(1000 / sqls)
    assert after["Summary"]["B9"].value is False


def test_tables_hold_no_formula(comparison: Comparison, tmp_path: Path) -> None:
    (inputs,) = (
        path for path in write_tables(comparison_tables(comparison), tmp_path / "tables") if path.stem == "inputs"
    )
    written = list(csv.reader(inputs.read_text("utf-8").splitlines()))
    book = openpyxl.load_workbook(converted(inputs, "xlsx:Calc MS Excel 2007 XML", tmp_path))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert len(cells) == sum(map(len, written))
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    assert "'=1+1" in {cell.value for cell in cells}
