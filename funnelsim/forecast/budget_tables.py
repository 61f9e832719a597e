"""Tables of budgets: what each brings, what more money brings, which are dominated, and when they pay back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.forecast.accounts import BY_NAME, Account
from funnelsim.forecast.compare import difference
from funnelsim.forecast.full_teams import FullTeam
from funnelsim.metrics import statistics
from funnelsim.metrics.figures import MONEY, estimate
from funnelsim.metrics.names import BEFORE_START
from funnelsim.metrics.vocabulary import program_of
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

Accounts = Mapping[str, Account]

OUTCOMES = ("sql", "won", "gross_profit")
"""What budgets are judged by on the frontier, where there is such a thing."""


SMALLER = 0.01
"""By which part of its spend a budget must be smaller than another to be told as a smaller one."""


def unit_of(name: str, scenario: Scenario) -> str:
    """Return the unit of a figure."""
    return BY_NAME[name].unit.replace("{currency}", scenario.currency)


def figures_table(accounts: Accounts) -> pd.DataFrame:
    """Return one row for each budget and figure; see `Budgets.table`."""
    import pandas as pd

    first = next(iter(accounts.values()))
    rows = []
    for name, account in accounts.items():
        for figure in account.figures():
            numbers = estimate(account.parts(figure))._asdict()
            del numbers["empty"]
            change = difference(first.parts(figure), account.parts(figure))
            against = {"difference": change.mean, "low": change.low, "high": change.high}
            told = {key: float(value) for key, value in numbers.items()}
            against = dict.fromkeys(against, math.nan) if account is first else against
            rows.append(
                {"budget": name, "figure": figure, **told, "unit": unit_of(figure, account.scenario), **against}
            )
    return pd.DataFrame(rows)


# ---------------------------------------------------------------- risk and time
def probability_of_loss(account: Account) -> float:
    """Return the share of replications in which gross profit is less than spend."""
    return float((account.totals["gross_profit"] < account.totals["spend"]).mean())


def payback(account: Account) -> dict[str, float]:
    """Return after how many periods gross profit so far has covered spend so far, and does so to the end of the run.

    Returns
    -------
    dict
        `p10`, `p50` and `p90` over replications, infinite where it never has, and `never`, how often that is.
    """
    covered = np.cumsum(account.calendar["gross_profit"] - account.calendar["spend"], axis=1) >= 0
    stays = np.flip(np.logical_and.accumulate(np.flip(covered, axis=1), axis=1), axis=1)
    periods = np.where(stays.any(axis=1), stays.argmax(axis=1) + 1.0, np.inf)
    told = np.quantile(periods, (0.1, 0.5, 0.9), method="inverted_cdf")
    return {**dict(zip(("p10", "p50", "p90"), map(float, told), strict=True)), "never": float(np.isinf(periods).mean())}


def risk_table(accounts: Accounts) -> pd.DataFrame:
    """Return one row for each budget: how likely it loses money, and when it pays back."""
    import pandas as pd

    rows = [
        {
            "budget": name,
            "probability_of_loss": probability_of_loss(account),
            **{f"payback_{key}": value for key, value in payback(account).items()},
        }
        for name, account in accounts.items()
    ]
    return pd.DataFrame(rows)


# ---------------------------------------------------------------- more money
def by_spend(accounts: Accounts) -> list[str]:
    """Return the budgets from the smallest spend to the largest."""
    return sorted(accounts, key=lambda name: float(accounts[name].totals["spend"].mean()))


def next_smaller(accounts: Accounts, name: str) -> str | None:
    """Return the next smaller budget, by `SMALLER` at least; of several of one size the first that was given."""
    spend = {other: float(account.totals["spend"].mean()) for other, account in accounts.items()}
    smaller = {other: amount for other, amount in spend.items() if amount <= (1 - SMALLER) * spend[name]}
    alike = [other for other, amount in smaller.items() if amount > (1 - SMALLER) * max(smaller.values())]
    return next(iter(alike), None)


def marginal_table(accounts: Accounts) -> pd.DataFrame:
    """Return one row for each budget but the smallest: what it brings more than the next smaller one, for how much."""
    import pandas as pd

    rows = []
    for larger in by_spend(accounts):
        smaller = next_smaller(accounts, larger)
        if smaller is None:
            continue
        less, more = accounts[smaller].totals, accounts[larger].totals
        extra = {name: more[name] - less[name] for name in more}
        row: dict[str, Any] = {"budget": larger, "over": smaller, "extra_spend": float(extra["spend"].mean()) / MONEY}
        for name in ("sql", "won"):
            if name in extra:
                row[f"extra_{name}"] = float(extra[name].mean())
                row[f"cost_per_extra_{name}"], row[f"{name}_low"], row[f"{name}_high"] = _ratio(
                    extra["spend"] / MONEY, extra[name]
                )
        row["extra_gross_profit"] = float(extra["gross_profit"].mean()) / MONEY
        row["marginal_roi"], row["roi_low"], row["roi_high"] = _ratio(
            extra["gross_profit"] - extra["spend"], extra["spend"]
        )
        rows.append(row)
    return pd.DataFrame(rows)


def _ratio(over: Any, under: Any) -> tuple[float, float, float]:
    """Return total over total with its 95% interval; nothing where there is nothing, or the denominator may be 0."""
    mean, error = statistics.mean(under), statistics.mean_error(under)
    low, high = statistics.interval(mean, error, len(under))
    if not (low > 0 or high < 0) or not np.any(over):
        return math.nan, math.nan, math.nan
    value = statistics.ratio(over, under)
    spread = statistics.jackknife_error(statistics.leave_one_out(over, under))
    ends = statistics.interval(value, spread, len(under))
    return float(value), float(ends[0]), float(ends[1])


def frontier_table(accounts: Accounts, outcome: str) -> pd.DataFrame:
    """Return one row for each budget, from the smallest spend up: whether another brings as much for no more.

    Returns
    -------
    DataFrame
        `budget`, `spend`, `outcome`, `dominated_by` (of those that bring most for no more the cheapest; empty where
        none does), and `probability`: the share of replications in which that one costs no more and brings no less.
    """
    import pandas as pd

    if outcome not in OUTCOMES or any(outcome not in account.totals for account in accounts.values()):
        there = [name for name in OUTCOMES if all(name in account.totals for account in accounts.values())]
        raise ValueError(f"no outcome {outcome!r} here: take one of {', '.join(there)}")
    scale = dict.fromkeys(accounts, (1 / MONEY, 1 / MONEY if outcome == "gross_profit" else 1.0))
    means = {
        name: (account.totals["spend"].mean() * scale[name][0], account.totals[outcome].mean() * scale[name][1])
        for name, account in accounts.items()
    }
    rows = []
    for name in by_spend(accounts):
        spend, brought = means[name]
        better = [n for n, (s, b) in means.items() if s <= spend and b >= brought and (s, b) != (spend, brought)]
        best = min(better, key=lambda n: (-means[n][1], means[n][0]), default="")
        often = math.nan
        if best:
            mine, other = accounts[name].totals, accounts[best].totals
            often = float(((other["spend"] <= mine["spend"]) & (other[outcome] >= mine[outcome])).mean())
        rows.append({"budget": name, "spend": spend, "outcome": brought, "dominated_by": best, "probability": often})
    return pd.DataFrame(rows)


# ---------------------------------------------------------------- month by month, and full teams
def monthly_table(accounts: Accounts, run_on: bool) -> pd.DataFrame:
    """Return one row for each budget, period and figure, with mean, P10, P50 and P90."""
    import pandas as pd

    rows = []
    for name, account in accounts.items():
        for figure in account.figures():
            told = estimate(account.parts(figure, monthly=True))
            for place, period in enumerate(periods_of(account, run_on)):
                numbers = {key: float(getattr(told, key)[place]) for key in ("mean", "p10", "p50", "p90")}
                unit = unit_of(figure, account.scenario)
                rows.append({"budget": name, "figure": figure, "period": period, **numbers, "unit": unit})
    return pd.DataFrame(rows)


def periods_of(account: Account, run_on: bool) -> list[str]:
    """Return when the periods of `Account.monthly` begin."""
    starts = [str(date)[:10] for date in program_of(account.scenario).period_dates.astype("datetime64[D]")]
    length = account.monthly["spend"].shape[1]
    return [BEFORE_START, *starts[: length - 1]] if run_on else starts[:length]


def full_table(full: Mapping[str, tuple[FullTeam, ...]]) -> pd.DataFrame:
    """Return one row for each budget and team that is full under it."""
    import pandas as pd

    columns = ["budget", "team", "since", "busy"]
    rows = []
    for name, teams in full.items():
        for told in teams:
            worth = {f"one_more_{figure}": change.mean for figure, change in told.one_more.items()}
            ends = {
                f"one_more_{figure}_{end}": getattr(change, end)
                for figure, change in told.one_more.items()
                for end in ("low", "high")
            }
            rows.append({"budget": name, "team": told.team, "since": told.since, "busy": told.busy, **worth, **ends})
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)
