"""What a scenario brings and costs, replication by replication: the few numbers that budgets are compared by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from funnelsim.metrics.counting import count
from funnelsim.metrics.figures import MONEY, Parts, view
from funnelsim.metrics.result import Result
from funnelsim.metrics.simulate import Settings, run
from funnelsim.metrics.vocabulary import program_of, vocabulary_of
from funnelsim.program import calendar as cal
from funnelsim.program import records as p
from funnelsim.scenario import Scenario
from funnelsim.scenario.paths import format_path
from funnelsim.scenario.quantities import Span

Numbers = npt.NDArray[np.float64]


class Figure(NamedTuple):
    """A figure that budgets are compared by."""

    name: str
    unit: str
    meaning: str
    over: tuple[str, ...]
    """Amounts that are added, those after ``-`` subtracted."""
    under: str = ""
    """The amount it is divided by, if any."""


FIGURES = (
    Figure("spend", "{currency}", "All that is spent, as the metric of that name.", ("spend",)),
    Figure("new_leads", "leads", "Leads created.", ("new_leads",)),
    Figure("sql", "leads", "Entries into the stage 'sql'.", ("sql",)),
    Figure("won", "leads", "Entries into {won}.", ("won",)),
    Figure("revenue", "{currency}", "Value of all entries into stages.", ("revenue",)),
    Figure("gross_profit", "{currency}", "Revenue times the gross margin of each segment.", ("gross_profit",)),
    Figure("profit", "{currency}", "Gross profit less spend.", ("gross_profit", "-spend")),
    Figure("roi", "share", "(gross profit - spend) / spend.", ("gross_profit", "-spend"), "spend"),
    Figure("cost_per_sql", "{currency} per SQL", "Spend for each SQL.", ("spend",), "sql"),
    Figure("cac", "{currency} per customer", "Spend for each lead that was won for the first time.", ("spend",), "new"),
    Figure("open", "leads", "Leads standing in {open} at the end, from which more can come.", ("open",)),
)
"""In the order in which they are told; those of 'sql' and of the won where there are such stages."""

BY_NAME = {figure.name: figure for figure in FIGURES}
_MONEY = ("spend", "revenue", "gross_profit")


@dataclass(frozen=True, eq=False)
class Account:
    """What one budget brings and costs.

    Attributes
    ----------
    scenario : Scenario
        As it was run: with the budget, and for as long as it ran on.
    totals : mapping of str to array (n,)
        By amount, of every replication; money in ten-thousandths.
    monthly : mapping of str to array (n, periods)
        The same by calendar period, or by period of creation where the run goes on; what was there before the start
        comes first then.
    calendar : mapping of str to array (n, periods)
        Spend and gross profit by calendar period, to the end of the run.
    busy : mapping of str to array (periods,)
        By team, the share of its time in which it worked, by period of the horizon.
    unowned : mapping of str to array (periods,)
        By team, leads that wait for an owner at the end of each period, for each person there.
    """

    scenario: Scenario
    totals: Mapping[str, Numbers]
    monthly: Mapping[str, Numbers]
    calendar: Mapping[str, Numbers]
    busy: Mapping[str, Numbers]
    unowned: Mapping[str, Numbers]

    def figures(self) -> tuple[str, ...]:
        """Return the names of the figures there are."""
        return tuple(
            f.name for f in FIGURES if {part.lstrip("-") for part in (*f.over, f.under)} - {""} <= set(self.totals)
        )

    def parts(self, name: str, monthly: bool = False) -> Parts:
        """Return numerator and denominator of a figure, of all or by period; `Parts.values` is the figure itself."""
        figure, amounts = BY_NAME[name], self.monthly if monthly else self.totals
        scale = 1 / MONEY if figure.over[0] in _MONEY and figure.under not in _MONEY else 1.0
        over = sum(-amounts[part[1:]] if part.startswith("-") else amounts[part] for part in figure.over)
        dims = ("replication", "period") if monthly else ("replication",)
        under = None if not figure.under else xr.DataArray(amounts[figure.under], dims=dims)
        return Parts(xr.DataArray(over, dims=dims), under, scale)


# ---------------------------------------------------------------- taking one
def longer(scenario: Scenario, run_on: Span | None) -> Scenario:
    """Return a scenario that runs on after its horizon."""
    if run_on is None:
        return scenario
    horizon = cal.span_ticks(scenario.start, scenario.horizon)
    end = scenario.start + dt.timedelta(days=horizon // cal.DAY)
    return scenario.set({"horizon": f"{horizon + cal.span_ticks(end, run_on)}ms"})


def account_of(scenario: Scenario, run_on: Span | None, settings: Settings, done: Callable[[int], object]) -> Account:
    """Run a scenario and take its account.

    Parameters
    ----------
    scenario : Scenario
    run_on : Span, optional
        For how long it runs on after the horizon, flow included: of the leads created before the end of the horizon
        all counts then, to the end of the run, and of others nothing.
    settings : Settings
        With `cohorts` where it runs on; by segment where there are some.
    done : callable
        As of `run`.
    """
    ran = longer(scenario, run_on)
    result = run(ran, settings, done)
    periods = num_periods(scenario)
    amounts = _amounts(result, "period")
    calendar = {name: amounts[name] for name in ("spend", "gross_profit")}
    if run_on is not None:
        by_cohort = _amounts(result, "cohort")
        monthly = {name: values[:, : periods + 1] for name, values in by_cohort.items()}
        totals = {name: values.sum(axis=1) for name, values in monthly.items()}
    else:
        monthly = amounts
        totals = {name: values[:, -1] if name == "open" else values.sum(axis=1) for name, values in amounts.items()}
    teams = vocabulary_of(ran)
    return Account(
        scenario=ran,
        totals=totals,
        monthly=monthly,
        calendar=calendar,
        busy={team: _busy(result, team)[:periods] for team in teams.working},
        unowned={team: _unowned(result, team)[:periods] for team in teams.owning},
    )


def num_periods(scenario: Scenario) -> int:
    """Return how many periods the horizon has."""
    length = cal.span_ticks(scenario.start, scenario.horizon)
    return len(cal.period_edges(scenario.start, length, scenario.period)) - 1


def _amounts(result: Result, over: str) -> dict[str, Numbers]:
    """Return amounts (n, periods or cohorts), each in the smallest unit."""
    scenario, data = result.scenario, view(result.data, over)  # type: ignore[arg-type]
    won, still = stages_won(scenario), stages_open(scenario)

    def counted(pattern: str, name: str = "") -> xr.DataArray:
        return count(data, pattern, name, over).transpose("replication", over, "group")  # type: ignore[arg-type]

    def total(values: xr.DataArray) -> Numbers:
        return np.asarray(values.sum("group"), np.float64)

    revenue = counted("revenue")
    found = {name: total(counted(name)) for name in ("spend", "new_leads")}
    if "sql" in scenario.stages:
        found["sql"] = total(counted("<stage>", "sql"))
    if won:
        found["won"] = np.asarray(sum(total(counted("<stage>", stage)) for stage in won))
        found["new"] = np.asarray(sum(total(counted("first_<stage>", stage)) for stage in won))
    found["revenue"] = total(revenue)
    found["gross_profit"] = np.rint((revenue.to_numpy() * margins_of(result)[:, None]).sum(axis=-1))
    found["open"] = np.asarray(sum(total(counted("in_<stage>", stage)) for stage in still))
    return found


def margins_of(result: Result) -> Numbers:
    """Return the gross margin (n, segments) of each segment in each replication; 1 where there are no segments."""
    from funnelsim.engines.realise import draw_parameter

    program = program_of(result.scenario)
    recipes = program.recipes
    margins = np.ones((result.replications, max(1, len(result.scenario.segments))))
    for place, (name, segment) in enumerate(result.scenario.segments.items()):
        if isinstance(segment.margin, int | float):
            margins[:, place] = segment.margin
            continue
        record = recipes.parameters[program.parameters.index(format_path(("segments", name, "margin")))]
        for replication in range(result.replications):
            drawn = draw_parameter(record, recipes.samples, np.uint64(result.seed), np.uint64(replication))
            margins[replication, place] = drawn
    return margins


def stages_won(scenario: Scenario) -> tuple[str, ...]:
    """Return the stages of the won: those with a win rate of 100%, else all that count as won."""
    sure = tuple(name for name, stage in scenario.stages.items() if stage.win_rate == 1.0)
    program = program_of(scenario)
    flags = zip(program.stages, program.structure.stage_flags, strict=True)
    return sure or tuple(name for name, flag in flags if flag & p.WON)


def stages_open(scenario: Scenario) -> tuple[str, ...]:
    """Return the stages of sales; where there are none, all that are not final."""
    selling = vocabulary_of(scenario).selling
    return selling or tuple(name for name, stage in scenario.stages.items() if not stage.is_final)


def _busy(result: Result, team: str) -> Numbers:
    return np.asarray(result.estimate(f"utilisation_{team}", "period").mean)


def _unowned(result: Result, team: str) -> Numbers:
    waiting = np.asarray(result.estimate(f"unowned_{team}", "period").mean)
    of_team = result.data["there"].isel(person=(result.data["person_team"] == team).to_numpy())
    there = of_team.sum("person").mean("replication").to_numpy()
    return np.asarray(waiting / np.maximum(there, 1.0))
