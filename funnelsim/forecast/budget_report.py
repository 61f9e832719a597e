"""What a comparison of budgets gives: figures by budget, the frontier, and what stands in the way."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from funnelsim import __version__
from funnelsim.forecast import budget_tables as tables
from funnelsim.forecast import budget_texts as texts
from funnelsim.forecast.accounts import Account
from funnelsim.forecast.full_teams import FullTeam
from funnelsim.metrics import display
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.engines.log import Engine


@dataclass(frozen=True, eq=False, repr=False)
class Budgets:
    """Budgets that were run with the same luck.

    Attributes
    ----------
    scenario : Scenario
        For which they are.
    labels : mapping of str to str
        By name, what each budget is called in pictures and tables; the first is the one the others are compared with.
    accounts : mapping of str to Account
        What each brings and costs, replication by replication.
    full : mapping of str to tuple of FullTeam
        The teams that are full under each.
    replications, seed : int
        Of every budget.
    engine : {"kernel", "simpy"}
    run_on : str or None
        For how long runs went on after the horizon.
    """

    scenario: Scenario
    labels: Mapping[str, str]
    accounts: Mapping[str, Account]
    full: Mapping[str, tuple[FullTeam, ...]]
    replications: int
    seed: int
    engine: Engine
    run_on: str | None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the budgets, as they were given."""
        return tuple(self.accounts)

    # ------------------------------------------------------------ tables
    def table(self) -> pd.DataFrame:
        """Return one row for each budget and figure.

        Returns
        -------
        DataFrame
            `budget`, `figure`, `mean` (of a ratio total over total), `p10`, `p50`, `p90`, `mc_error`, `unit`, and
            against the first budget in the same replications `difference` with a 95% interval `low` to `high`.
        """
        return tables.figures_table(self.accounts)

    def risk(self) -> pd.DataFrame:
        """Return how likely each budget loses money, and after how many periods it has paid back.

        Returns
        -------
        DataFrame
            `budget`, `probability_of_loss`, `payback_p10`, `payback_p50`, `payback_p90` (periods from the start until
            gross profit so far covers spend so far, and does so to the end of the run; infinite where it never does)
            and `payback_never`, the share of replications in which it does not.
        """
        return tables.risk_table(self.accounts)

    def marginal(self) -> pd.DataFrame:
        """Return what each budget brings more than the next smaller one, and what that costs.

        Returns
        -------
        DataFrame
            `budget`, `over`, `extra_spend`, `extra_sql`, `cost_per_extra_sql` with a 95% interval, the same of wins,
            `extra_gross_profit`, and `marginal_roi`, (extra gross profit - extra spend) / extra spend, with an
            interval. NaN where a denominator does not surely differ from 0.
        """
        return tables.marginal_table(self.accounts)

    def frontier(self, outcome: str = "sql") -> pd.DataFrame:
        """Return the budgets from the smallest spend up, and which of them another dominates.

        Parameters
        ----------
        outcome : {"sql", "won", "gross_profit"}

        Returns
        -------
        DataFrame
            `budget`, `spend`, `outcome` (both on average), `dominated_by`: one that brings no less for no more, and
            `probability`: in which share of replications it does.
        """
        return tables.frontier_table(self.accounts, outcome)

    def monthly(self) -> pd.DataFrame:
        """Return one row for each budget, figure and period: `mean`, `p10`, `p50` and `p90`.

        The periods are those of the calendar; where runs went on, those in which leads were created.
        """
        return tables.monthly_table(self.accounts, self.run_on is not None)

    def full_teams(self) -> pd.DataFrame:
        """Return the teams that are full under each budget, since when, and what one more person would be worth."""
        return tables.full_table(self.full)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by name, such as for sheets of a workbook."""
        return {
            "figures": self.table(),
            "risk": self.risk(),
            "marginal": self.marginal(),
            **{f"frontier_{outcome}": self.frontier(outcome) for outcome in self.outcomes()},
            "monthly": self.monthly(),
            "full_teams": self.full_teams(),
        }

    def outcomes(self) -> list[str]:
        """Return what budgets can be judged by on the frontier."""
        return [name for name in tables.OUTCOMES if all(name in account.totals for account in self.accounts.values())]

    def to_dict(self, monthly: bool = False) -> dict[str, Any]:
        """Return what ``--json`` prints: by budget its figures, risk, and full teams; then what more money brings."""
        risk = {row["budget"]: row for row in _records(self.risk())}
        budgets: dict[str, dict[str, Any]] = {
            name: {"label": self.labels[name], "figures": {}, "risk": risk[name], "full_teams": []}
            for name in self.names
        }
        for row in _records(self.table()):
            budgets[row.pop("budget")]["figures"][row.pop("figure")] = row
        for row in _records(self.full_teams()):
            budgets[row.pop("budget")]["full_teams"].append(row)
        for told in budgets.values():
            del told["risk"]["budget"]
        return {
            "scenario": self.scenario.name,
            "variant": self.scenario.variant_name,
            "seed": self.seed,
            "replications": self.replications,
            "version": __version__,
            "run_on": self.run_on,
            "against": self.names[0],
            "budgets": budgets,
            "marginal": _records(self.marginal()),
            "frontier": {outcome: _records(self.frontier(outcome)) for outcome in self.outcomes()},
            **({"monthly": _records(self.monthly())} if monthly else {}),
        }

    # ------------------------------------------------------------ showing
    def findings(self) -> list[str]:
        """Return in sentences which budgets are dominated, what money cannot fix, and what is still open."""
        return texts.findings(self)

    def notes(self) -> list[str]:
        """Return what the figures mean."""
        return texts.notes(self)

    def __repr__(self) -> str:
        told = [display.text_table(texts.MEANS, texts.means(self)), display.text_table(texts.COSTS, texts.costs(self))]
        told.append(display.headed_table(texts.RANGES, texts.ranges(self)))
        sentences = "\n".join(textwrap.fill(text, display.WIDTH) for text in [*self.findings(), *self.notes()])
        return "\n\n".join([textwrap.fill(texts.title(self), display.WIDTH), *told, sentences])

    def _repr_html_(self) -> str:
        first = display.html_table(texts.title(self), texts.MEANS, texts.means(self), [])
        second = display.html_table("", texts.COSTS, texts.costs(self), [*self.findings(), *self.notes()])
        return first + second


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as JSON can hold them: None where there is no number, ``null`` for what never comes."""
    return [{str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | type(None)) else str(value)
