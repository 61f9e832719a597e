"""What budgets bring, in tables and sentences that people read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from funnelsim.forecast.accounts import BY_NAME, Account, stages_open, stages_won
from funnelsim.forecast.budget_tables import payback, probability_of_loss, unit_of
from funnelsim.forecast.full_teams import FullTeam
from funnelsim.metrics import display
from funnelsim.metrics.figures import estimate
from funnelsim.scenario import words
from funnelsim.scenario.measures import MARGIN
from funnelsim.scenario.problems import listed

if TYPE_CHECKING:
    from funnelsim.forecast.budget_report import Budgets

CALLED = {
    "spend": "spend",
    "new_leads": "new leads",
    "sql": "SQLs",
    "won": "wins",
    "revenue": "revenue",
    "gross_profit": "gross profit",
    "profit": "profit",
    "roi": "ROI",
    "cost_per_sql": "cost per SQL",
    "cac": "CAC",
    "open": "open",
}
"""What figures are called in tables and sentences."""

MEANS = ("budget", "spend", "SQLs", "wins", "gross profit", "ROI", "loss", "payback")
COSTS = ("budget", "cost per SQL", "CAC", "next SQL", "95% interval", "next ROI")
RANGES = ("P10 to P90 over replications", "p10", "p50", "p90")


def findings(budgets: Budgets) -> list[str]:
    """Return in sentences which budgets are dominated, what money cannot fix, and what is still open."""
    return [*_dominated(budgets), *_full(budgets), *_open(budgets)]


def _dominated(budgets: Budgets) -> list[str]:
    found = []
    for outcome in budgets.outcomes()[:1]:
        for row in budgets.frontier(outcome).to_dict("records"):
            if row["dominated_by"]:
                budget, other = (budgets.labels[row[key]] for key in ("budget", "dominated_by"))
                often = display.number(row["probability"], "share")
                found.append(
                    f"{budget}: dominated by {other}, which brings no fewer {CALLED[outcome]} for no more (so in "
                    f"{often} of replications)."
                )
    return found


def _full(budgets: Budgets) -> list[str]:
    return [
        f"{budgets.labels[name]}: team '{told.team}' is full from {told.since} on (busy {told.busy:.0%}), which money "
        f"for leads cannot mend.{_worth(told)}"
        for name, teams in budgets.full.items()
        for told in teams
    ]


def _worth(told: FullTeam) -> str:
    parts = []
    for name in ("sql", "won", "gross_profit", "spend"):
        if (change := told.one_more.get(name)) is not None:
            mean, low, high = (display.number(value, sign=True) for value in change[:3])
            parts.append(f"{CALLED[name]} {mean}" + (f" ({low} to {high})" if low != high else ""))
    return f" One more person there, with 95% intervals: {listed(parts, 'and', most=9)}." if parts else ""


def _open(budgets: Budgets) -> list[str]:
    where = listed([f"'{stage}'" for stage in stages_open(budgets.scenario)], "and", most=4)
    leads = ", ".join(
        f"{budgets.labels[name]} {display.number(float(estimate(account.parts('open')).mean))}"
        for name, account in budgets.accounts.items()
    )
    return [f"Still open at the end, in {where}: {leads}."]


def notes(budgets: Budgets) -> list[str]:
    """Return what the figures mean."""
    margins = {name: segment.margin for name, segment in budgets.scenario.segments.items()}
    told = [f"{name} {words.number(margin, MARGIN)}" for name, margin in margins.items()]
    said = ", ".join(told) or "100%, as nothing else is written"
    won = listed([f"'{stage}'" for stage in stages_won(budgets.scenario)], "and", most=4)
    counted = (
        f"Runs go on for {budgets.run_on} after the horizon: of leads created before its end all counts."
        if budgets.run_on
        else "What happens within the horizon counts; wins that land later do not (run_on credits them)."
    )
    return [
        counted,
        (
            f"ROI = (gross profit - spend) / spend; gross margin: {said}. Wins are entries into {won}; CAC is "
            "spend for each lead won for the first time. loss: how often gross profit is less than spend. payback: "
            "periods until gross profit so far covers spend so far, for good."
        ),
        (
            "next SQL, next ROI: what is spent more than the next smaller budget for each SQL more, with its 95% "
            "interval, and the ROI of that money alone, in the same replications; – where it is not sure that "
            "there is more."
        ),
    ]


def means(budgets: Budgets) -> list[display.Row]:
    """Return a row for each budget: what it brings on average, and what it risks; see `MEANS`."""
    shown = ("spend", "sql", "won", "gross_profit", "roi")
    rows: list[display.Row] = []
    for name, account in budgets.accounts.items():
        numbers = [_number(account, figure) for figure in shown]
        risk = payback(account)
        loss = display.number(probability_of_loss(account), "share")
        back = "never" if math.isinf(risk["p50"]) else display.number(risk["p50"])
        rows.append((budgets.labels[name], *numbers, loss, back))
    return rows


def costs(budgets: Budgets) -> list[display.Row]:
    """Return a row for each budget: what an SQL and a customer cost, and what the next ones do; see `COSTS`."""
    extra = {row["budget"]: row for row in budgets.marginal().to_dict("records")}
    rows: list[display.Row] = []
    for name, account in budgets.accounts.items():
        row = extra.get(name, {})
        ends = [row.get(f"sql_{end}", math.nan) for end in ("low", "high")]
        interval = "" if math.isnan(ends[0]) else " to ".join(display.number(end) for end in ends)
        costs = [_number(account, figure) for figure in ("cost_per_sql", "cac")]
        more = display.number(row.get("cost_per_extra_sql", math.nan))
        roi = display.number(row.get("marginal_roi", math.nan), "share")
        rows.append((budgets.labels[name], *costs, more, interval, roi))
    return rows


def ranges(budgets: Budgets) -> list[display.Row]:
    """Return P10, P50 and P90 of the figures that a board asks for, budget by budget; see `RANGES`."""
    rows: list[display.Row] = []
    for figure in ("sql", "cost_per_sql", "profit", "roi"):
        if figure not in next(iter(budgets.accounts.values())).figures():
            continue
        unit = unit_of(figure, budgets.scenario)
        rows.append((f"{CALLED[figure]} ({unit})", "", "", ""))
        for name, account in budgets.accounts.items():
            told = estimate(account.parts(figure))
            numbers = [display.number(float(value), unit) for value in (told.p10, told.p50, told.p90)]
            rows.append((f"  {budgets.labels[name]}", *numbers))
    return rows


def _number(account: Account, figure: str) -> str:
    if figure not in account.figures():
        return display.NOTHING
    return display.number(float(estimate(account.parts(figure)).mean), BY_NAME[figure].unit)


def title(budgets: Budgets) -> str:
    """Return what was run."""
    on = f" and {budgets.run_on} on" if budgets.run_on else ""
    return (
        f"{budgets.scenario.name}: {len(budgets.accounts)} budgets, {budgets.replications:,} replications each, seed "
        f"{budgets.seed}, {budgets.scenario.start} until {budgets.scenario.end:%Y-%m-%d}{on}; money in "
        f"{budgets.scenario.currency}"
    )
