"""What to expect of one figure: its range by period and so far, and the chance to reach a target by a date."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from funnelsim.forecast import forecast_texts as texts
from funnelsim.forecast.actuals import Actual, read_actuals
from funnelsim.forecast.days import date_of, edges_of, period_until, period_with
from funnelsim.metrics.directions import direction_of
from funnelsim.metrics.figures import Estimate, Parts, check_over, estimate
from funnelsim.metrics.names import ORIGINS, Figure, figure_of
from funnelsim.metrics.result import Result
from funnelsim.metrics.simulate import check_scenario, simulate
from funnelsim.metrics.statistics import Array
from funnelsim.metrics.uncertainty import Uncertainty, of_luck_alone, of_pairs
from funnelsim.scenario import Scenario
from funnelsim.scenario.problems import shown

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.engines.log import Engine


def forecast(
    scenario: Scenario,
    metric: str,
    *,
    replications: int = 1000,
    seed: int = 1,
    actuals: str | os.PathLike[str] | None = None,
    engine: Engine = "kernel",
    progress: bool | None = None,
    threads: int | None = None,
) -> Forecast:
    """Forecast one metric, by period and so far.

    Parameters
    ----------
    scenario : Scenario
    metric : str
        One that is measured by period, such as ``sql``, ``cost_per_sql`` or ``sql[channel=search]``.
    replications, seed, engine, progress, threads
        As in `funnelsim.simulate`.
    actuals : path, optional
        What happened: a CSV file with the columns ``date`` and ``value``, one row for each period of which it is known;
        see `funnelsim.forecast.actuals.read_actuals`.

    Returns
    -------
    Forecast

    Raises
    ------
    ScenarioError
        With all that is wrong with the actuals, before anything runs.
    TypeError, ValueError
        For a metric that the scenario does not have by period, and as in `funnelsim.simulate`.
    """
    check_scenario("scenario", scenario)
    by = grouped_by(metric, scenario)
    check_over(figure_of(metric, scenario, by), "period")
    known = () if actuals is None else actuals_of(Path(actuals), metric, scenario)
    result = simulate(
        scenario, replications=replications, seed=seed, by=by, engine=engine, progress=progress, threads=threads
    )
    return Forecast(result, metric, known)


def actuals_of(path: Path, metric: str, scenario: Scenario) -> tuple[Actual, ...]:
    """Read what happened to a metric of a scenario; see `read_actuals`."""
    figure = figure_of(metric, scenario, group_of(metric))
    return read_actuals(path, figure, figure.definition.unit, edges_of(scenario))


def group_of(metric: str) -> str | None:
    """Return what a metric is grouped by, as in ``sql[channel=search]``; None where it names no group."""
    match = re.fullmatch(r"[^\[]*\[(\w+)=(?!all\])[^\]]*\]", metric)
    return match[1] if match else None


def grouped_by(metric: str, scenario: Scenario) -> str | None:
    """Return what a forecast is grouped by; of a pipeline as it stands by origin, so that its part is seen apart."""
    return group_of(metric) or ("origin" if scenario.backlog is not None else None)


class Reached(NamedTuple):
    """The chance to reach a target."""

    target: float
    at_most: bool
    """Whether it is reached at this value and below, as a cost is, instead of above."""
    first: np.datetime64
    """The first day that counts."""
    last: np.datetime64
    """The last one."""
    probability: float
    """Share of replications that reach it; one without a value, such as a cost of nothing, does not."""
    low: float
    """`low` to `high`: a 95% interval of the probability (Wilson's); more replications narrow it."""
    high: float


@dataclass(frozen=True, eq=False, repr=False)
class Forecast:
    """What to expect of one metric.

    Attributes
    ----------
    result : Result
    metric : str
    actuals : tuple of Actual
        What happened, by period.
    """

    result: Result
    metric: str
    actuals: tuple[Actual, ...] = ()

    @property
    def figure(self) -> Figure:
        """What the metric is."""
        return figure_of(self.metric, self.result.scenario, self.result.by)

    @property
    def unit(self) -> str:
        """Its unit, such as ``CNY per SQL``."""
        return self.result.unit(self.metric)

    @property
    def title(self) -> str:
        """What pictures call it, with its unit."""
        return self.result.title(self.metric)

    @cached_property
    def edges(self) -> npt.NDArray[np.datetime64]:
        """(K + 1,): when each of the K periods begins, and the last one ends."""
        return edges_of(self.result.scenario)

    @property
    def has_so_far(self) -> bool:
        """Whether the metric is measured from the start until a date too; a growth from period to period is not."""
        return has_so_far(self.figure)

    # ------------------------------------------------------------ the fan
    @cached_property
    def by_period(self) -> Estimate:
        """The metric in each period, arrays of K; see `Result.estimate`."""
        return self.result.estimate(self.metric, "period")

    @cached_property
    def so_far(self) -> Estimate:
        """The metric from the start until the end of each period, arrays of K.

        What adds up over time is cumulative, a ratio total over total, and a level that at the end.

        Raises
        ------
        ValueError
            For a growth from period to period.
        """
        found = [estimate(parts) for parts in self._parts_so_far]
        return Estimate(*(np.array(numbers) for numbers in zip(*found, strict=True)))

    @cached_property
    def _parts_so_far(self) -> list[Parts]:
        if not self.has_so_far:
            raise ValueError(f"{shown(self.metric)} is a figure of periods; there is none so far")
        return [self.result.parts(self.metric, until=period) for period in self._periods]

    @property
    def origins(self) -> tuple[str, ...]:
        """The parts that the metric is the sum of: leads open at the start, and those yet to come.

        Of counts and money alone, and where the scenario starts from a CRM's snapshot.
        """
        apart = self.result.by == "origin" and group_of(self.metric) is None
        return ORIGINS if apart and self.figure.definition.kind in ("flow", "level") else ()

    def of_origin(self, origin: str, so_far: bool = False) -> Estimate:
        """Return `by_period`, or `so_far`, of one of `origins`."""
        part = f"{self.metric}[origin={origin}]"
        if not so_far:
            return self.result.estimate(part, "period")
        found = [estimate(self.result.parts(part, until=period)) for period in self._periods]
        return Estimate(*(np.array(numbers) for numbers in zip(*found, strict=True)))

    @property
    def _periods(self) -> range:
        return range(len(self.edges) - 1)

    def _values_so_far(self) -> Array:
        """Return what each replication has so far, (n, K)."""
        return np.stack([parts.values().to_numpy() for parts in self._parts_so_far], axis=1)

    def fan(self, so_far: bool = False) -> pd.DataFrame:
        """Return the range of the metric by period.

        Parameters
        ----------
        so_far : bool
            Whether from the start until the end of each period, instead of in the period alone.

        Returns
        -------
        DataFrame
            `period` (when it begins), `until` (when it ends, itself not included), `mean`, `p10`, `p50`, `p90`,
            `mc_error` as in `Result.summary`, `ignorance` (as a share of the variance, see `Result.uncertainty`), and
            without `so_far` what it was in fact (`actual`) and whether that lies from `p10` to `p90` (`within`); NaN
            and None where that is not known.
        """
        import pandas as pd

        numbers = (self.so_far if so_far else self.by_period)._asdict()
        del numbers["empty"]
        table = pd.DataFrame({"period": self.edges[:-1], "until": self.edges[1:], **numbers})
        table["ignorance"] = self.uncertainty(so_far).share
        if not so_far:
            table["actual"] = self.actual
            known = zip(np.isfinite(self.actual), self.within, strict=True)
            table["within"] = pd.Series([bool(within) if there else None for there, within in known], dtype=object)
        return table

    def uncertainty(self, so_far: bool = False) -> Uncertainty:
        """Return how much of the variance is luck and how much ignorance, arrays of K; see `Result.uncertainty`."""
        if not so_far:
            return self.result.uncertainty(self.metric, "period")
        again = [self.result.parts_again(self.metric, until=period) for period in self._periods]
        values = [parts.values().to_numpy() for parts in again if parts is not None]
        if not values:
            return of_luck_alone(self._values_so_far())
        return of_pairs(self._values_so_far(), np.stack(values, axis=1))

    # ------------------------------------------------------------ what happened
    @cached_property
    def actual(self) -> Array:
        """(K,): what the metric was in fact; NaN where that is not known."""
        values = np.full(len(self._periods), np.nan)
        for actual in self.actuals:
            values[actual.period] = actual.value
        return values

    @property
    def within(self) -> npt.NDArray[np.bool_]:
        """(K,): whether that lies from P10 to P90, both included; False where it is not known."""
        with np.errstate(invalid="ignore"):
            return np.asarray((self.by_period.p10 <= self.actual) & (self.actual <= self.by_period.p90))

    # ------------------------------------------------------------ targets
    def probability(
        self,
        target: float,
        by: str | dt.date | None = None,
        *,
        of: str | dt.date | None = None,
        at_most: bool | None = None,
    ) -> Reached:
        """Return the chance to reach a target by a date, or in one period.

        Parameters
        ----------
        target : float
            In the unit of the metric; a share from 0 to 1.
        by : str or date, optional
            The last day that counts, from the start on; by default that of the run. It has to be the last of a period.
        of : str or date, optional
            Instead of `by`: any day of the period that alone counts.
        at_most : bool, optional
            Whether the target is reached at this value and below; by default where lower is better, as of a cost.

        Raises
        ------
        ValueError
            For a date that is none, or not of the run, or within a period, and for a growth without `of`.
        """
        from scipy.stats import binomtest

        if by is not None and of is not None:
            raise ValueError("give the day by which it is to be reached, or one of the period in which; not both")
        if at_most is None:
            at_most = direction_of(self.figure, self.result.scenario) == "lower"
        if of is None:
            period = period_until(by, self.result.scenario)
            values, first = self._values_so_far()[:, period], self.edges[0]
        else:
            period = period_with(date_of(of), self.edges)
            values, first = self.result.parts(self.metric, "period").values().to_numpy()[:, period], self.edges[period]
        with np.errstate(invalid="ignore"):
            reached = values <= target if at_most else values >= target
        ends = binomtest(int(reached.sum()), len(reached)).proportion_ci(method="wilson")
        last = self.edges[period + 1] - np.timedelta64(1, "ms")
        return Reached(float(target), at_most, first, last, float(reached.mean()), float(ends.low), float(ends.high))

    # ------------------------------------------------------------ showing
    def to_dict(self, reached: Iterable[Reached] = ()) -> dict[str, Any]:
        """Return what ``--json`` prints, with the chances to reach some targets."""
        return texts.as_dict(self, reached)

    def text(self, reached: Iterable[Reached] = ()) -> str:
        """Return what people read, at most 80 columns wide, with the chances to reach some targets."""
        return texts.as_text(self, reached)

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return texts.as_html(self)


def has_so_far(figure: Figure) -> bool:
    """Say whether a metric is measured from the start until a date too."""
    return "horizon" in figure.definition.times and figure.definition.kind != "growth"
