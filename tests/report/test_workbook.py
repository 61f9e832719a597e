"""Workbooks: what is simulated stands there, formulas come to it, and text stays text."""

from __future__ import annotations

import datetime as dt
import io
import re
import sys
import zipfile
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.worksheet.worksheet import Worksheet

import funnelsim as fs
from funnelsim.forecast.compare import Comparison
from funnelsim.metrics.result import Result
from funnelsim.report.book import Book, number_format
from funnelsim.report.comparing import comparison_workbook
from funnelsim.report.workbook import result_workbook, tables_workbook
from tests.report.conftest import HOSTILE, hostile
from tests.report.formulas import Recalculated, Text


@pytest.fixture(scope="session")
def content(result: Result) -> bytes:
    return result_workbook(result)


@pytest.fixture(scope="session")
def compared(comparison: Comparison) -> bytes:
    return comparison_workbook(comparison)


def opened(content: bytes, values: bool = True) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content), data_only=values)


def row_of(sheet: Worksheet, name: str) -> int:
    """The first row of a metric, from 1."""
    return next(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value == name)


def numbers(sheet: Worksheet, name: str, first: int = 3) -> list[Any]:
    return [cell.value for cell in sheet[row_of(sheet, name)][first - 1 :]]


# ---------------------------------------------------------------- what stands there
def test_sheets(content: bytes, compared: bytes) -> None:
    names = ["Summary", "Inputs", "Monthly", "Cohorts", "By channel", "Checks", "Definitions"]
    assert opened(content).sheetnames == names
    each = ["Monthly now", "Cohorts now", "Monthly more", "Cohorts more"]
    assert opened(compared).sheetnames == ["Summary", "Compare", "Inputs", *each, "Checks", "Definitions"]


@pytest.mark.parametrize("name", ["new_leads", "sql", "sql[channel=search]", "spend", "cost_per_sql", "spend_labour"])
def test_months_are_what_was_simulated(content: bytes, result: Result, name: str) -> None:
    sheet = opened(content)["Monthly"]
    found, simulated = numbers(sheet, name), result.estimate(name, over="period").mean
    np.testing.assert_allclose(found[:4], simulated, rtol=1e-12)
    assert found[4] == pytest.approx(float(result.estimate(name).mean), rel=1e-12)
    dates = [cell.value for cell in sheet[row_of(sheet, "metric")][2:6]]
    assert dates == [dt.datetime(2026, month, 1) for month in (1, 2, 3, 4)]


@pytest.mark.parametrize(("title", "field"), [("P10", "p10"), ("P90", "p90")])
def test_quantiles_stand_below(content: bytes, result: Result, title: str, field: str) -> None:
    sheet = opened(content)["Monthly"]
    head = row_of(sheet, title)
    row = next(row for row in range(head, sheet.max_row) if sheet.cell(row, 1).value == "cost_per_sql")
    expected = [
        *getattr(result.estimate("cost_per_sql", "period"), field),
        getattr(result.estimate("cost_per_sql"), field),
    ]
    np.testing.assert_allclose([cell.value for cell in sheet[row][2:7]], expected, rtol=1e-12)


def test_cohorts_add_up_and_say_when(content: bytes, result: Result) -> None:
    sheet = opened(content)["Cohorts"]
    simulated = result.estimate("sql", over="cohort").mean
    np.testing.assert_allclose(numbers(sheet, "sql"), [*simulated, float(result.estimate("sql").mean)], rtol=1e-12)
    assert sheet.cell(row_of(sheet, "metric"), 3).value == "before the start"
    first = numbers(sheet, "first_sql")
    np.testing.assert_allclose(
        numbers(sheet, "cost_per_sql")[1:], np.divide(numbers(sheet, "spend"), first)[1:], rtol=1e-12
    )


def test_groups_stand_side_by_side(content: bytes, result: Result) -> None:
    sheet = opened(content)["By channel"]
    heads = [cell.value for cell in sheet[2]]
    assert heads == ["metric", "unit", "all", *result.scenario.channels, "sum of groups"]
    values = numbers(sheet, "spend")
    assert values[0] == pytest.approx(sum(values[1:-1])) == pytest.approx(values[-1])
    assert numbers(sheet, "cost_per_sql")[-1] is None


def test_comparison_has_levels_and_differences(compared: bytes, comparison: Comparison) -> None:
    sheet = opened(compared)["Compare"]
    rows = {(row[0].value, row[1].value): [cell.value for cell in row[3:]] for row in sheet.iter_rows(min_row=4)}
    level = comparison.results["more"].estimate("cost_per_sql")
    change = comparison.difference("more", "cost_per_sql")
    expected = [level.mean, level.p10, level.p50, level.p90, level.mc_error, *change[:5]]
    np.testing.assert_allclose(rows["cost_per_sql", "more"][:10], np.array(expected, float), rtol=1e-9)
    assert rows["cost_per_sql", "now"][5:10] == [None] * 5
    assert change.mean > 0


def test_inputs_say_what_differs(compared: bytes) -> None:
    sheet = opened(compared)["Inputs"]
    differing = {row[0].value: (row[1].value, row[3].value) for row in sheet.iter_rows(min_row=2) if row[5].value}
    assert differing == {"channels.search.spend": (60_000, 70_000), "stages.won.label": ("Won", "WON")}


def test_definitions_cover_every_metric(content: bytes) -> None:
    book = opened(content)
    defined = {cell.value for cell in book["Definitions"]["A"][1:]}
    shown = {cell.value for name in ("Monthly", "Cohorts") for cell in book[name]["A"][3:] if cell.value}
    bases = {name.partition("[")[0] for name in shown} - {"P10", "P90"}
    assert bases <= defined | {name for name in bases if name.startswith("first_")}
    formulas = {row[0].value: row[3].value for row in book["Definitions"].iter_rows(min_row=2)}
    assert formulas["cost_per_sql"] == "spend / sql; by cohort spend / first_sql"
    parts = ["media", "leads", "touches", "moves", "labour", "overheads"]
    assert formulas["spend"] == " + ".join(f"spend_{part}" for part in parts)


# ---------------------------------------------------------------- formulas
def disagreements(content: bytes) -> list[Any]:
    """Formulas whose kept value is not what they come to."""
    book = Recalculated(content)
    assert len(book.cells) > 300
    found = []
    for sheet, address in book.cells:
        value, kept = book.value(sheet, address), book.kept[sheet][address].value
        if isinstance(value, Text):
            agree = (kept or "") == value.text
        elif isinstance(value, bool | np.bool_):
            agree = kept is bool(value)
        else:
            agree = abs(value - kept) <= 1e-9 * max(1, abs(value))
        if not agree:
            found.append((sheet, address, book.formulas[sheet][address].value, value, kept))
    return found


def test_kept_values_are_what_formulas_come_to(content: bytes, compared: bytes) -> None:
    assert disagreements(content) == []
    assert disagreements(compared) == []


def test_all_checks_hold(content: bytes, compared: bytes) -> None:
    for made in (content, compared):
        book = opened(made)
        assert all(row[4] is True for row in book["Checks"].iter_rows(min_row=3, values_only=True))
        assert book["Checks"].max_row > 60
        assert book["Summary"]["B9"].value is True


def test_totals_and_unit_costs_are_live(content: bytes) -> None:
    book = opened(content, values=False)
    sheet = book["Monthly"]
    sums, spend, cost = row_of(sheet, "spend_media"), row_of(sheet, "spend"), row_of(sheet, "cost_per_sql")
    sql = row_of(sheet, "sql")
    assert sheet.cell(spend, 3).value == "=" + "+".join(f"C{sums + part}" for part in range(5))
    assert sheet.cell(cost, 3).value == f'=IF(C{sql}=0,"",C{spend}/C{sql})'
    assert sheet.cell(sql, 7).value == f"=SUM(C{sql}:F{sql})"
    assert sheet.cell(cost, 7).value == f'=IF(G{sql}=0,"",G{spend}/G{sql})'
    summary = book["Summary"]
    assert summary.cell(row_of(summary, "cost_per_sql"), 3).value == f"=Monthly!G{cost}"
    assert not book.defined_names


def test_a_changed_number_is_followed_and_a_check_tells(content: bytes) -> None:
    book = opened(content, values=False)
    sheet = book["Monthly"]
    row, before = row_of(sheet, "spend_media"), Recalculated(content)
    sheet.cell(row, 3).value += 12_000
    changed = io.BytesIO()
    book.save(changed)
    after = Recalculated(changed.getvalue())
    place = f"C{row_of(book['Summary'], 'cost_per_sql')}"
    sqls = before.value("Monthly", f"G{row_of(sheet, 'sql')}")
    assert after.value("Summary", place) - before.value("Summary", place) == pytest.approx(12_000 / sqls)
    assert before.value("Summary", "B9")
    assert not after.value("Summary", "B9")


def test_every_shipped_kind_of_ratio_is_checked(result: Result) -> None:
    names = [
        "wasted_share",
        "touches_per_sql",
        "old_share_sql",
        "utilisation_desk",
        "wait_desk",
        "days_to_won",
        "lvr_sql",
    ]
    content = result_workbook(result, names)
    assert disagreements_of(content) == []
    sheet = opened(content, values=False)["Summary"]
    live = {name for name in names[:6] if str(sheet.cell(row_of(sheet, name), 3).value).startswith("=IF")}
    assert live == {"wasted_share"}  # the others repeat what stands by month, or are as simulated


def disagreements_of(content: bytes) -> list[Any]:
    book = Recalculated(content)
    return [cell for cell in book.cells if book.value(*cell) is False]


# ---------------------------------------------------------------- formats
def test_formats_panes_and_a_chart(content: bytes, compared: bytes) -> None:
    book = opened(content)
    sheet = book["Monthly"]
    assert sheet.cell(row_of(sheet, "spend"), 3).number_format == "[$CNY] #,##0.00"
    assert sheet.cell(row_of(sheet, "cost_per_sql"), 3).number_format == "[$CNY] #,##0.00"
    assert sheet.cell(row_of(sheet, "rate_lead_to_mql"), 3).number_format == "0.0%"
    assert sheet.freeze_panes == "C4"
    assert all(book[name].freeze_panes for name in book.sheetnames)
    inputs = {row[0].value: row[1] for row in book["Inputs"].iter_rows(min_row=2)}
    assert inputs["segments.small.share"].number_format == "0.0%"
    assert inputs["channels.search.spend"].value == 60_000
    for made, sheets in (
        (content, ["xl/charts/chart1.xml"]),
        (compared, ["xl/charts/chart1.xml", "xl/charts/chart3.xml"]),
    ):
        with zipfile.ZipFile(io.BytesIO(made)) as archive:
            assert set(sheets) <= set(archive.namelist())
            chart = archive.read(sheets[0]).decode()
            assert "<c:v>" in chart
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert (
            f"Monthly!$C${row_of(sheet, 'sql')}:$F${row_of(sheet, 'sql')}"
            in archive.read("xl/charts/chart1.xml").decode()
        )


@pytest.mark.parametrize(
    ("unit", "currency", "expected"),
    [
        ("share", "CNY", "0.0%"),
        ("%", "CNY", '0.0"%"'),
        ("CNY per SQL", "CNY", "[$CNY] #,##0.00"),
        ("€", "€", "[$€] #,##0.00"),
        ("a]; b", "a]; b", "#,##0.00"),
        ("leads", "CNY", "#,##0.00"),
        ("", "CNY", "General"),
    ],
)
def test_number_formats(unit: str, currency: str, expected: str) -> None:
    assert number_format(unit, currency) == expected


# ---------------------------------------------------------------- text, bytes, tables
@pytest.mark.parametrize("text", [HOSTILE[0], 'a"]; @b'])
def test_text_stays_text(text: str) -> None:
    scenario = hostile(text)
    both = fs.compare(
        {"base": scenario, text: scenario.variant("other")}, replications=2, metrics=["won", "cost_per_won"]
    )
    for content in (result_workbook(both.results["base"], ["won", "cost_per_won"]), comparison_workbook(both)):
        book, kept = opened(content, values=False), opened(content)
        inputs = {row[0].value: row[1] for row in book["Inputs"].iter_rows(min_row=2)}
        labels = {f"segments.kind_{place}.label": label for place, label in enumerate(HOSTILE)}
        for path, written in {"name": text, "currency": text, "channels.web.label": text, **labels}.items():
            expected = written if len(written) <= 32_767 else f"{written[:32_766]}…"
            assert inputs[path].data_type in ("s", "inlineStr"), path
            assert inputs[path].value.replace("_x000D_", "\r") == expected, path  # as the format writes a return
        assert kept["Summary"]["A1"].value == text
        assert kept["Summary"]["B9"].value is True
        formulas = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
        assert {
            name for formula in formulas for name in re.findall(r"[A-Z]+(?=\()", re.sub("'[^']*'", "", formula))
        } <= {*("SUM", "IF", "COUNT", "ABS", "MAX", "AND", "NOT", "EXACT")}
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            relations = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".rels")]
        assert not any("TargetMode" in relation for relation in relations)


def test_the_same_run_gives_the_same_bytes(result: Result, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    later = dt.datetime.now() + dt.timedelta(days=400)
    monkeypatch.setattr("time.time", later.timestamp)
    assert result_workbook(result.rerun()) == content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert opened(content).properties.created == dt.datetime(2000, 1, 1)


def test_names_of_sheets_are_such_as_can_be_had() -> None:
    book = Book()
    names = ["a/b:c*[d]?", "A_B_C__D__", "x" * 40, "x" * 41, "History", "'quoted'", ""]
    taken = [book.sheet(name).name for name in names]
    assert taken == ["a_b_c__d__", "A_B_C__D__ 2", "x" * 31, f"{'x' * 29} 2", "History 2", "quoted", "sheet"]
    assert opened(book.close()).sheetnames == taken


def test_tables_become_sheets_with_formats_by_unit() -> None:
    table = pd.DataFrame(
        {"metric": ["sql", "roi"], "mean": [12.5, 0.25], "unit": ["leads", "share"], "day": pd.Timestamp("2026-02-01")}
    )
    months = pd.DataFrame({"month": ["a"], "spend": [5.0], "none": [float("nan")]})
    months.attrs["units"] = {"spend": "EUR"}
    book = opened(tables_workbook({"Budgets": table, "Months": months}, "EUR"))
    assert [cell.value for cell in book["Budgets"][3]] == ["roi", 0.25, "share", dt.datetime(2026, 2, 1)]
    assert book["Budgets"]["B3"].number_format == "0.0%"
    assert book["Months"]["B2"].number_format == "[$EUR] #,##0.00"
    assert book["Months"]["C2"].value is None
    assert book["Budgets"].freeze_panes == "B2"


def test_without_xlsxwriter_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"install funnelsim\[xlsx\]"):
        Book()
