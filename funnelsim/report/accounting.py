"""A sheet of what one budget brings and costs over time: simulated amounts, and what is worked out from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from funnelsim.forecast.accounts import BY_NAME, Account, Numbers
from funnelsim.forecast.budget_tables import periods_of, unit_of
from funnelsim.forecast.budget_texts import CALLED
from funnelsim.metrics.figures import MONEY, estimate
from funnelsim.report.book import Book, Sheet
from funnelsim.report.cells import Cell, change, quotient, same, share_of, shown, total
from funnelsim.report.grid import Check

if TYPE_CHECKING:
    from funnelsim.forecast.budget_report import Budgets

NEW, MARGIN = "new", "margin"
"""Rows that only others are worked out from: leads won for the first time, and the part of revenue that is kept."""

_CALLED = {**CALLED, NEW: "new customers", MARGIN: "gross margin"}
_QUOTIENTS = {"roi": ("profit", "spend"), "cost_per_sql": ("spend", "sql"), "cac": ("spend", NEW)}
_SIMULATED = ("spend", "new_leads", "sql", "won", NEW, "revenue", "open", MARGIN)

Rows = dict[str, list[Cell]]
"""By figure the cells of its periods, and then that of all."""


class AccountGrid(NamedTuple):
    """A sheet of one budget."""

    totals: dict[str, Cell]
    """By figure, over all periods."""
    units: dict[str, str]
    checks: list[Check]


def account_grid(book: Book, budgets: Budgets, name: str) -> AccountGrid:
    """Write what a budget brings and costs by period: means, of which those that can be worked out are live.

    Gross profit is revenue times its gross margin, the simulated one of all segments together, so that another can be
    tried.
    """
    account, label, runs_on = budgets.accounts[name], budgets.labels[name], budgets.run_on is not None
    sheet = book.sheet(f"{'Cohorts' if runs_on else 'Monthly'} {label}")
    kind = "the period in which leads were created" if runs_on else budgets.scenario.data()["period"]
    told = f"{label}: by {kind}, means over {budgets.replications:,} replications. Shaded cells are formulas:"
    sheet.put(0, 0, f"{told} change a number, and gross profit, ROI and unit costs follow.", style="note")
    periods = periods_of(account, runs_on)
    dates = [dt.date.fromisoformat(period) if period[:1].isdigit() else period for period in periods]
    sheet.heads(1, ["figure", "unit", *dates, "total"])
    rows: Rows = {}
    units = {row: _unit(row, account) for row in (*_SIMULATED, *BY_NAME)}
    _write_amounts(sheet, rows, units, account, runs_on)
    _write_formulas(sheet, rows, units, account)
    sheet.frame(2, 2, [22, 20, *[16] * (len(periods) + 1)])
    return AccountGrid({row: cells[-1] for row, cells in rows.items()}, units, _checks(rows, account, label, periods))


def _unit(row: str, account: Account) -> str:
    return {NEW: "leads", MARGIN: "share"}.get(row) or unit_of(row, account.scenario)


# ---------------------------------------------------------------- simulated
def _write_amounts(sheet: Sheet, rows: Rows, units: dict[str, str], account: Account, runs_on: bool) -> None:
    """Write the simulated means, with live totals; what stands open at the end is not added up over the calendar."""
    for name in _SIMULATED:
        if name not in (MARGIN, *account.monthly):
            continue
        cells = _filled(sheet, rows, name, units[name], _means(name, account, units[name]))
        if name != MARGIN:
            of_all = total(cells, sheet.name) if name != "open" or runs_on else same(cells[-1], sheet.name)
            cells.append(sheet.put(cells[0].row, 2 + len(cells), of_all, units[name]))


def _means(name: str, account: Account, unit: str) -> list[float | str]:
    """Return means by period; of the margin total over total, and nothing where nothing is sold."""
    amounts = account.monthly
    if name == MARGIN:
        kept, sold = (amounts[part].mean(axis=0) for part in ("gross_profit", "revenue"))
        return [shown(float(part / whole)) if whole else "" for part, whole in zip(kept, sold, strict=True)]
    means: Numbers = amounts[name].mean(axis=0)
    return [float(value) for value in np.asarray(means) / (MONEY if unit == account.scenario.currency else 1)]


# ---------------------------------------------------------------- live
def _write_formulas(sheet: Sheet, rows: Rows, units: dict[str, str], account: Account) -> None:
    """Write gross profit, profit, ROI and unit costs as formulas over what stands above."""
    on, there = sheet.name, account.figures()
    kept = [share_of(share, sold, on) for share, sold in zip(rows[MARGIN], rows["revenue"], strict=False)]
    cells = _filled(sheet, rows, "gross_profit", units["gross_profit"], kept)
    margin, last = rows[MARGIN], 2 + len(cells)
    cells.append(sheet.put(cells[0].row, last, total(cells, on), units["gross_profit"]))
    margin.append(sheet.put(margin[0].row, last, quotient(cells[-1], rows["revenue"][-1], on), "share"))
    profit = [change(*pair, on) for pair in zip(cells, rows["spend"], strict=True)]
    _filled(sheet, rows, "profit", units["profit"], profit)
    for name, (over, under) in _QUOTIENTS.items():
        if name in there:
            quotients = [quotient(*pair, on) for pair in zip(rows[over], rows[under], strict=True)]
            _filled(sheet, rows, name, units[name], quotients)


def _filled(sheet: Sheet, rows: Rows, name: str, unit: str, values: Sequence[object]) -> list[Cell]:
    """Write a row below the others."""
    row = 2 + len(rows)
    sheet.put(row, 0, _CALLED[name])
    sheet.put(row, 1, unit)
    rows[name] = [sheet.put(row, column, value, unit) for column, value in enumerate(values, start=2)]
    return rows[name]


def _checks(rows: Rows, account: Account, label: str, periods: Sequence[str]) -> list[Check]:
    """Return what totals and formulas must come to."""
    checks = []
    for name in account.figures():
        simulated = estimate(account.parts(name)).mean
        checks.append(Check(f"{CALLED[name]}, {label}", rows[name][-1], float(simulated)))
        if BY_NAME[name].under or name == "profit":
            by_period = estimate(account.parts(name, monthly=True)).mean
            for cell, value, period in zip(rows[name], by_period, periods, strict=False):
                checks.append(Check(f"{CALLED[name]}, {label}, {period}", cell, float(value)))
    return checks
