"""Compares scenarios that are run with the same luck, so that a small difference shows in few replications.

Replication by replication the scenarios have the same leads, and the same luck wherever their policies agree (common
random numbers). So differences are taken within replications, and their errors are those of paired data.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from funnelsim.metrics import display, statistics
from funnelsim.metrics.figures import Parts
from funnelsim.metrics.names import all_names, check_by, figure_of, names_in
from funnelsim.metrics.progress import progress_bar
from funnelsim.metrics.result import By, Result
from funnelsim.metrics.simulate import Settings, check_room, check_scenario, run
from funnelsim.metrics.statistics import Array
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.engines.log import Engine

SHARED = ("start", "horizon", "warm_up", "period", "currency")
"""What scenarios must have in common for their figures to be of one time and one money."""


def compare(
    scenarios: Mapping[str, Scenario],
    *,
    replications: int = 1000,
    seed: int = 1,
    metrics: str | Iterable[str] | None = None,
    by: By = None,
    engine: Engine = "kernel",
    progress: bool | None = None,
    threads: int | None = None,
    chunk: int | None = None,
) -> Comparison:
    """Run scenarios with the same luck and compare their figures over the horizon.

    Parameters
    ----------
    scenarios : mapping of str to Scenario
        At least two, by the names they are to be called. All are compared with the first.
    replications, seed, by, engine, progress, threads, chunk
        As in `funnelsim.simulate`.
    metrics : str or iterable of str, optional
        By default those that people look at first.

    Returns
    -------
    Comparison

    Raises
    ------
    TypeError, ValueError
        For arguments that make no sense, for scenarios that differ in start, horizon, warm-up, period or currency, for
        metrics that one of them does not have, and where the results would take too much memory.
    """
    settings = Settings(replications, seed, engine, by, False, threads, chunk)
    _check_mapping(scenarios)
    for name, scenario in scenarios.items():
        check_scenario(f"'{name}'", scenario)
        check_by(by, scenario)
    check_comparable(scenarios)
    wanted = None if metrics is None else names_in(metrics)
    _check_metrics(wanted or (), scenarios, by)
    check_room(scenarios.values(), settings)
    with progress_bar(replications * len(scenarios), progress, "replications") as done:
        results = {name: run(scenario, settings, done) for name, scenario in scenarios.items()}
    return Comparison(results, wanted)


def _check_mapping(scenarios: object) -> None:
    if not isinstance(scenarios, Mapping):
        raise TypeError(
            f"scenarios is {type(scenarios).__name__}, not a mapping of names to scenarios: "
            "write it as in {'before': …, 'after': …}"
        )
    for name in scenarios:
        if not isinstance(name, str):
            raise TypeError(f"scenarios has a name {name!r}, which is {type(name).__name__}, not text")


def check_comparable(scenarios: Mapping[str, Scenario]) -> None:
    """Refuse fewer than two scenarios, and scenarios whose figures are not of one time and one money."""
    if len(scenarios) < 2:
        raise ValueError(f"{len(scenarios)} scenario to compare: give at least two, as in {{'before': …, 'after': …}}")
    (first, reference), *others = scenarios.items()
    problems = [
        f"'{name}' and '{first}' differ in {field}: {_shown(scenario, field)} and {_shown(reference, field)}"
        for name, scenario in others
        for field in SHARED
        if getattr(scenario, field) != getattr(reference, field)
    ]
    if problems:
        raise ValueError(
            "\n".join([*problems, "scenarios that are compared must share these; set them with Scenario.set"])
        )


def _check_metrics(metrics: Iterable[str], scenarios: Mapping[str, Scenario], by: By) -> None:
    """Refuse metrics that one of the scenarios does not have, all at once."""
    problems = [problem for metric in metrics for problem in _problems(metric, scenarios, by)]
    if problems:
        raise ValueError("\n".join(problems))


def _problems(metric: str, scenarios: Mapping[str, Scenario], by: By) -> list[str]:
    problems = []
    for name, scenario in scenarios.items():
        try:
            figure_of(metric, scenario, by)
        except ValueError as error:
            problems.append(f"'{name}': {error}")
    return problems


def _shown(scenario: Scenario, field: str) -> str:
    return str(scenario.data()[field])


INTERVAL = "Its 95% interval covers the expected difference under these assumptions; more replications narrow it."


class Difference(NamedTuple):
    """How a scenario differs from the first in one metric."""

    mean: float
    """Of the paired differences; of a ratio the difference of totals over totals."""
    low: float
    """`low` to `high`: a 95% interval of the expected difference."""
    high: float
    relative: float
    """`mean` as a share of the first scenario's mean, without its sign; NaN where that is 0."""
    probability_larger: float
    """Share of replications in which it is larger than in the first, of those that have both."""


def difference(first: Parts, other: Parts) -> Difference:
    """Compare a metric of two scenarios that were run with the same luck.

    Parameters
    ----------
    first, other : Parts
        With one number for each replication.

    Returns
    -------
    Difference
        Its interval is that of Student's t around the mean, with the standard error of the paired differences; for a
        ratio with the jackknife standard error of the difference of the two ratios.
    """
    found = paired(first, other)
    known = np.isfinite(found.each)
    larger = (found.each > 0).sum() / known.sum() if known.any() else math.nan
    relative = statistics.divide(found.change, abs(found.base))
    return Difference(*map(float, (found.change, *found.interval(), relative, larger)))


class Paired(NamedTuple):
    """A metric of two scenarios, replication by replication."""

    each: Array
    """(n,): how much larger it is in the other scenario."""
    base: Array
    """What it is in the first."""
    change: Array
    error: Array
    """Monte Carlo standard error of `change`."""
    number: int
    """How many replications `error` is from."""

    def interval(self) -> tuple[Array, Array]:
        """Return the ends of a 95% interval of the expected difference."""
        return statistics.interval(self.change, self.error, self.number)


def paired(first: Parts, other: Parts) -> Paired:
    """Compare a metric of two scenarios in the same replications; see `difference`."""
    before, after = first.values().to_numpy(), other.values().to_numpy()
    each = np.asarray(after - before, np.float64)
    if first.under is None or other.under is None:
        base, change, error = statistics.mean(before), statistics.mean(each), statistics.mean_error(each)
    else:
        (total, without), (base, without_first) = (parts.of_totals(parts.scale) for parts in (other, first))
        change, error = total - base, statistics.jackknife_error(without - without_first)
    return Paired(each, base, change, error, int(np.isfinite(each).sum()) if first.under is None else len(each))


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Scenarios run with the same luck, metric by metric, each compared with the first.

    Attributes
    ----------
    results : mapping of str to Result
        Of the same seed and number of replications.
    metrics : tuple of str or None
        The metrics asked for; None: those that people look at first.
    """

    results: Mapping[str, Result]
    metrics: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        check_comparable(self._scenarios)
        runs = {(result.seed, result.replications, result.by) for result in self.results.values()}
        if len(runs) > 1:
            raise ValueError(
                "results of different seeds, numbers of replications or groups are not paired: run them alike"
            )
        _check_metrics(self.metrics or (), self._scenarios, self._by)

    @property
    def _scenarios(self) -> dict[str, Scenario]:
        return {name: result.scenario for name, result in self.results.items()}

    @property
    def _by(self) -> By:
        return self.results[self.first].by

    @property
    def first(self) -> str:
        """The name of the scenario that the others are compared with."""
        return next(iter(self.results))

    @property
    def others(self) -> tuple[str, ...]:
        """The names of the scenarios that are compared with the first."""
        return tuple(self.results)[1:]

    def names(self) -> tuple[str, ...]:
        """Return the metrics asked for, or those that people look at first and all scenarios have."""
        if self.metrics is not None:
            return self.metrics
        usual = dict.fromkeys(name for result in self.results.values() for name in result.usual_names())
        return self._shared(usual)

    def _shared(self, metrics: Iterable[str]) -> tuple[str, ...]:
        return tuple(metric for metric in metrics if not _problems(metric, self._scenarios, self._by))

    def label(self, scenario: str) -> str:
        """Return what a scenario is called in pictures: the label of the variant it is, or its name."""
        return self._scenarios[scenario].variant_label or scenario

    def difference(self, scenario: str, metric: str) -> Difference:
        """Return how a scenario differs from the first in one metric."""
        return difference(self.results[self.first].parts(metric), self.results[scenario].parts(metric))

    def unit(self, metric: str) -> str:
        """Return the unit of a metric; refuse one that a scenario does not have."""
        _check_metrics([metric], self._scenarios, self._by)
        return self.results[self.first].unit(metric)

    def title(self, metric: str) -> str:
        """Return what pictures call a metric, with its unit; refuse one that a scenario does not have."""
        _check_metrics([metric], self._scenarios, self._by)
        return self.results[self.first].title(metric)

    def warnings(self) -> list[str]:
        """Return what somebody should look at in each scenario, see `Result.warnings`."""
        return [f"'{name}': {warning}" for name, result in self.results.items() for warning in result.warnings()]

    # ------------------------------------------------------------ tables
    def table(self) -> pd.DataFrame:
        """Return one row for each metric and scenario.

        Returns
        -------
        DataFrame
            `metric`, `scenario`, `mean`, `p10`, `p50`, `p90`, `mc_error`, `unit` as in `Result.summary`; against the
            first scenario `difference` with a 95% interval `low` to `high`, `relative` (a share of the first's mean)
            and `probability_larger`; these are NaN for the first itself.
        """
        import pandas as pd

        rows = []
        for metric in self.names():
            for name, result in self.results.items():
                estimated = result.estimate(metric)._asdict()
                del estimated["empty"]
                row = {key: float(value) for key, value in estimated.items()}
                change = (
                    self.difference(name, metric)._asdict() if name != self.first else dict.fromkeys(_CHANGES, math.nan)
                )
                change["difference"] = change.pop("mean")
                rows.append({"metric": metric, "scenario": name, **row, "unit": self.unit(metric), **change})
        columns = ["metric", "scenario", "mean", "p10", "p50", "p90", "mc_error", "unit", "difference", *_CHANGES[1:]]
        return pd.DataFrame(rows, columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints.

        Returns
        -------
        dict
            ``scenarios``: of each the object of `Result.to_dict`. ``against``: the name of the first. ``differences``:
            of every metric that all have, against the first, ``{"mean", "low", "high", "relative",
            "probability_larger", "unit"}``; where there are more than two scenarios, such an object for each but the
            first, by its name. None where there is no value.
        """
        first = self.results[self.first]
        shared = self._shared(all_names(first.scenario, first.by))
        differences = {
            name: {metric: self._difference_as_dict(name, metric) for metric in shared} for name in self.others
        }
        return {
            "scenarios": {name: result.to_dict() for name, result in self.results.items()},
            "against": self.first,
            "differences": differences if len(self.others) > 1 else differences[self.others[0]],
        }

    def _difference_as_dict(self, scenario: str, metric: str) -> dict[str, Any]:
        numbers = self.difference(scenario, metric)._asdict()
        return {
            **{key: None if math.isnan(value) else value for key, value in numbers.items()},
            "unit": self.unit(metric),
        }

    # ------------------------------------------------------------ showing
    @cached_property
    def _rows(self) -> list[display.Row]:
        rows: list[display.Row] = []
        for metric in self.names():
            unit = self.unit(metric)
            rows.append((f"{metric} ({unit})", *[""] * 6))
            for name, result in self.results.items():
                estimated = result.estimate(metric)
                numbers = [
                    display.number(float(value), unit) for value in (estimated.mean, estimated.p10, estimated.p90)
                ]
                rows.append((f"  {name}", *numbers, *self._change(name, metric)))
        return rows

    def _change(self, scenario: str, metric: str) -> tuple[str, str, str]:
        if scenario == self.first:
            return "", "", ""
        change = self.difference(scenario, metric)
        mean, low, high = changes_as_text(change, self.unit(metric))
        return mean, f"{low} to {high}", display.number(change.relative, "share", sign=True)

    def _title(self) -> str:
        first = self.results[self.first]
        return (
            f"{first.scenario.name}: {first.replications:,} replications each, seed {first.seed}, "
            f"{first.scenario.start} until {first.scenario.end:%Y-%m-%d}"
        )

    def _notes(self) -> list[str]:
        return [
            "p10 to p90: eight in ten replications lie between.",
            f"difference: against '{self.first}', in the same replications. {INTERVAL}",
            *(f"warning: {warning}" for warning in self.warnings()),
        ]

    def __repr__(self) -> str:
        table = display.headed_table(_HEADER, self._rows)
        notes = [textwrap.fill(note, display.WIDTH) for note in self._notes()]
        return "\n".join([textwrap.fill(self._title(), display.WIDTH), table, *notes])

    def _repr_html_(self) -> str:
        return display.html_table(self._title(), _HEADER, self._rows, self._notes())


def changes_as_text(change: Difference, unit: str) -> tuple[str, str, str]:
    """Show a difference and the ends of its interval; those of shares are in percentage points."""
    unit = display.unit_of_change(unit)
    mean, low, high = (display.number(value, unit, sign=True) for value in change[:3])
    return mean, low, high


_CHANGES = Difference._fields
_HEADER = ("metric", "mean", "p10", "p90", "difference", "95% interval", "relative")
