"""The workbook of budgets: what each brings and costs, with live unit costs, ROI and differences, and their tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from funnelsim import __version__
from funnelsim.forecast.accounts import FIGURES, Figure, stages_open, stages_won
from funnelsim.forecast.budget_texts import CALLED
from funnelsim.report.accounting import AccountGrid, account_grid
from funnelsim.report.book import Book, Sheet, lay
from funnelsim.report.cells import Cell, change, quotient, relative, same, shown
from funnelsim.report.comparing import CHANGES, bars
from funnelsim.report.grid import Check
from funnelsim.report.sheets import STATISTICS, about_runs, write_checks, write_inputs
from funnelsim.scenario.problems import listed

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.forecast.budget_report import Budgets

Grids = Mapping[str, AccountGrid]
NUMBERS = ("mean", "p10", "p50", "p90", "mc_error")
NOT_SURE = "not sure"
"""Stands where a budget does not surely bring more than the next smaller one, so that more has no price."""

_SHARES = ("probability_of_loss", "payback_never", "probability", "busy")


def budgets_workbook(budgets: Budgets) -> bytes:
    """Return a workbook (xlsx) of budgets that were run with the same luck.

    Parameters
    ----------
    budgets : Budgets

    Returns
    -------
    bytes
        Sheets Summary, Compare, Marginal, Inputs (side by side), Monthly of each budget (Cohorts, by period of
        creation, where runs went on), Risk, a Frontier for each outcome, Full teams where there are some, Checks and
        Definitions. Totals, gross profit, profit, ROI, unit costs, differences and marginal figures are formulas over
        the simulated means, with the values that they come to. The same run gives the same bytes.

    Raises
    ------
    ImportError
        Without xlsxwriter.
    """
    book = Book(budgets.scenario.currency)
    summary, compare, marginal = (book.sheet(name) for name in ("Summary", "Compare", "Marginal"))
    horizon = {"horizon": budgets.scenario.data()["horizon"]}  # without what runs went on for
    write_inputs(book, {name: one.scenario.set(horizon) for name, one in budgets.accounts.items()})
    grids = {name: account_grid(book, budgets, name) for name in budgets.names}
    checks = {name: list(grid.checks) for name, grid in grids.items()}
    checks[""] = [*_compare(compare, budgets, grids), *_marginal(marginal, budgets, grids)]
    _side_by_side(summary, budgets, grids)
    _as_simulated(book, budgets)
    write_checks(book, summary, checks)
    lay(book, "Definitions", budget_definitions(budgets), notes=budgets.notes())
    return book.close()


def budgets_tables(budgets: Budgets) -> dict[str, pd.DataFrame]:
    """Return the tables of budgets by name, with one of what the figures mean; empty ones are left out."""
    tables = {**budgets.tables(), "definitions": budget_definitions(budgets)}
    return {name: table for name, table in tables.items() if not table.empty}


def budget_definitions(budgets: Budgets) -> pd.DataFrame:
    """Return what the figures of budgets mean: `figure`, `title`, `meaning`, `formula` and `unit`."""
    import pandas as pd

    scenario = budgets.scenario
    stages = {
        key: listed([f"'{stage}'" for stage in of(scenario)], "and", most=9)
        for key, of in (("won", stages_won), ("open", stages_open))
    }
    there = budgets.accounts[budgets.names[0]].figures()
    rows = [
        {
            "figure": figure.name,
            "title": CALLED[figure.name],
            "meaning": figure.meaning.format(**stages),
            "formula": _formula(figure),
            "unit": figure.unit.replace("{currency}", scenario.currency),
        }
        for figure in FIGURES
        if figure.name in there
    ]
    return pd.DataFrame(rows)


def _formula(figure: Figure) -> str:
    over = " ".join(figure.over).replace(" -", " - ")
    if not figure.under:
        return over
    return f"({over}) / {figure.under}" if len(figure.over) > 1 else f"{over} / {figure.under}"


# ---------------------------------------------------------------- side by side
def _side_by_side(sheet: Sheet, budgets: Budgets, grids: Grids) -> None:
    """Write the means of all budgets beside each other, and draw what an SQL costs under each."""
    run = (budgets.scenario, budgets.replications, budgets.seed, __version__)
    head = about_runs(sheet, *run, budgets.findings())
    sheet.heads(head, ["figure", "unit", *(budgets.labels[name] for name in grids)])
    figures = budgets.accounts[budgets.names[0]].figures()
    for place, figure in enumerate(figures, start=head + 1):
        sheet.put(place, 0, CALLED[figure])
        sheet.put(place, 1, grids[budgets.names[0]].units[figure])
        for column, grid in enumerate(grids.values(), start=2):
            sheet.put(place, column, same(grid.totals[figure], sheet.name), grid.units[figure])
    sheet.frame(head + 1, 1, [28, 20, *[20] * len(grids)])
    if "cost_per_sql" in figures:
        row = head + 1 + figures.index("cost_per_sql")
        bars(sheet, head, row, len(grids), head + len(figures) + 3)


def _compare(sheet: Sheet, budgets: Budgets, grids: Grids) -> list[Check]:
    """Write levels and paired differences, and return what the differences must come to."""
    first = budgets.names[0]
    note = f"Differences are against '{budgets.labels[first]}', in the same replications; 'from' and 'to' are a 95% "
    sheet.put(
        0, 0, f"{note}interval of the expected difference, as simulated. Shaded cells are formulas.", style="note"
    )
    sheet.heads(1, ["figure", "budget", "unit", *STATISTICS, *CHANGES[:4]])
    checks = []
    for row, told in enumerate(budgets.table().to_dict("records"), start=2):
        name, figure, unit = told["budget"], told["figure"], told["unit"]
        for column, text in enumerate((CALLED[figure], budgets.labels[name], unit)):
            sheet.put(row, column, text)
        mean = sheet.put(row, 3, same(grids[name].totals[figure], sheet.name), unit)
        for column, field in enumerate(NUMBERS[1:], start=4):
            sheet.put(row, column, told[field], unit)
        if name == first:
            continue
        base = grids[first].totals[figure]
        difference = sheet.put(row, 8, change(mean, base, sheet.name), unit)
        sheet.put(row, 9, told["low"], unit)
        sheet.put(row, 10, told["high"], unit)
        sheet.put(row, 11, relative(difference, base, sheet.name), "share")
        what = f"{CALLED[figure]}, {budgets.labels[name]} less {budgets.labels[first]}"
        checks.append(Check(what, difference, told["difference"]))
    sheet.frame(2, 2, [18, 18, 16, *[19] * 9])
    return checks


# ---------------------------------------------------------------- more money
def _marginal(sheet: Sheet, budgets: Budgets, grids: Grids) -> list[Check]:
    """Write what each budget brings more than the next smaller one, and return what that must come to."""
    currency = budgets.scenario.currency
    sheet.put(
        0, 0, "Against the next smaller budget, in the same replications. Shaded cells are formulas.", style="note"
    )
    heads = [head for what in ("SQL", "win") for head in (f"extra {what}s", f"cost of each {what}", "from", "to")]
    sheet.heads(1, ["budget", "over", "extra spend", *heads, "extra gross profit", "ROI of it", "from", "to"])
    checks: list[Check] = []
    for row, told in enumerate(budgets.marginal().to_dict("records"), start=2):
        more, less = (grids[told[key]] for key in ("budget", "over"))
        label = budgets.labels[told["budget"]]
        sheet.put(row, 0, label)
        sheet.put(row, 1, budgets.labels[told["over"]])

        def extra(column: int, figure: str, row: int = row, more: Any = more, less: Any = less) -> Cell:
            formula = change(more.totals[figure], less.totals[figure], sheet.name)
            return sheet.put(row, column, formula, more.units[figure])

        spend, profit = extra(2, "spend"), extra(11, "gross_profit")
        checks.append(Check(f"extra spend, {label}", spend, told["extra_spend"]))
        for column, figure in ((3, "sql"), (7, "won")):
            if f"extra_{figure}" in told:
                brought, unit = extra(column, figure), f"{currency} per {figure}"
                cost = told[f"cost_per_extra_{figure}"]
                ends = told[f"{figure}_low"], told[f"{figure}_high"]
                live = _quotient(sheet, (row, column + 1), (spend, brought), (cost, *ends), unit)
                checks.append(Check(f"extra {CALLED[figure]}, {label}", brought, told[f"extra_{figure}"]))
                checks += [Check(f"cost of each of the extra {CALLED[figure]}, {label}", live, cost)] if live else []
        roi, ends = told["marginal_roi"], (told["roi_low"], told["roi_high"])
        gain = extra(16, "profit")
        live = _quotient(sheet, (row, 12), (gain, spend), (roi, *ends), "share")
        checks.append(Check(f"extra gross profit, {label}", profit, told["extra_gross_profit"]))
        checks += [Check(f"ROI of the extra spend, {label}", live, roi)] if live else []
    sheet.heads(1, ["extra profit"], 16)
    sheet.frame(2, 1, [22, 22, *[18] * 15])
    return checks


def _quotient(
    sheet: Sheet, place: tuple[int, int], of: tuple[Cell, Cell], told: tuple[float, float, float], unit: str
) -> Cell | None:
    """Write a live quotient with its interval as simulated; where there is none, say so."""
    row, column = place
    if shown(told[0]) == "":
        sheet.put(row, column, NOT_SURE)
        return None
    for after, value in enumerate(told[1:], start=column + 1):
        sheet.put(row, after, value, unit)
    return sheet.put(row, column, quotient(*of, sheet.name), unit)


def _as_simulated(book: Book, budgets: Budgets) -> None:
    """Write the tables in which nothing can be worked out again: risk, frontiers and full teams."""
    currency = budgets.scenario.currency
    tables = {"Risk": budgets.risk()}
    tables |= {f"Frontier {CALLED[outcome]}": budgets.frontier(outcome) for outcome in budgets.outcomes()}
    tables["Full teams"] = budgets.full_teams()
    for name, table in tables.items():
        if table.empty:
            continue
        for column in ("budget", "dominated_by"):
            if column in table:
                table[column] = [budgets.labels.get(value, value) for value in table[column]]
        money = [head for head in table if "gross_profit" in str(head) or "spend" in str(head)]
        money += ["outcome"] * (name == f"Frontier {CALLED['gross_profit']}")
        table.attrs["units"] = {**dict.fromkeys(_SHARES, "share"), **dict.fromkeys(money, currency)}
        lay(book, name, table)
