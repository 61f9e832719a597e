"""Compares scenarios that are run with the same luck, so that a small difference shows in few replications.

Replication by replication the scenarios have the same leads, and the same luck wherever their policies agree (common
random numbers). So differences are taken within replications, and their errors are those of paired data.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from funnelsim.forecast import comparison_texts as texts
from funnelsim.forecast.differences import INTERVAL, Difference, Paired, difference, paired
from funnelsim.forecast.ranking import Ranked, rank
from funnelsim.metrics import display
from funnelsim.metrics.directions import Direction, direction_of
from funnelsim.metrics.names import all_names, check_by, figure_of, names_in
from funnelsim.metrics.progress import progress_bar
from funnelsim.metrics.result import By, Result
from funnelsim.metrics.simulate import Settings, check_room, check_scenario, run
from funnelsim.scenario import Scenario
from funnelsim.scenario.differing import FieldDifference, fields_that_differ
from funnelsim.scenario.problems import shown

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.engines.log import Engine

__all__ = ["SHARED", "Comparison", "Difference", "Paired", "check_comparable", "compare", "difference", "paired"]

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
    cohorts: bool = False,
) -> Comparison:
    """Run scenarios with the same luck and compare their figures over the horizon.

    Parameters
    ----------
    scenarios : mapping of str to Scenario
        At least two, by the names they are to be called. All are compared with the first.
    replications, seed, by, engine, progress, threads, chunk, cohorts
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
    settings = Settings(replications, seed, engine, by, cohorts, threads, chunk)
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
        if (scenario, metric) not in self._differences:
            first, other = (self.results[name].parts(metric) for name in (self.first, scenario))
            self._differences[scenario, metric] = difference(first, other, self.direction(metric))
        return self._differences[scenario, metric]

    @cached_property
    def _differences(self) -> dict[tuple[str, str], Difference]:
        """Those that were asked for before."""
        return {}

    def direction(self, metric: str) -> Direction | None:
        """Return whether ``higher`` or ``lower`` is better; None where that cannot be said of the metric alone."""
        _check_metrics([metric], self._scenarios, self._by)
        first = self._scenarios[self.first]
        return direction_of(figure_of(metric, first, self._by), first)

    def differing(self) -> dict[str, tuple[FieldDifference, ...]]:
        """Return in which fields each scenario differs from the first, with both values, every default written out.

        Where these are several, what differs in the figures is their effect together (DOMAIN D0.2).
        """
        first = self._scenarios[self.first]
        return {name: fields_that_differ(first, self._scenarios[name]) for name in self.others}

    def ranked(self, metric: str) -> list[Ranked]:
        """Return the scenarios by one metric, the best first, with the probability that each is the best.

        Raises
        ------
        ValueError
            For a metric of which neither more nor less is better by itself, such as `spend`.
        """
        better = self.direction(metric)
        if better is None:
            raise ValueError(
                f"{shown(metric)} ranks nothing: neither more nor less of it is better by itself; take what it brings, "
                "or what that costs, such as 'sql' or 'cost_per_sql'"
            )
        return rank({name: result.parts(metric) for name, result in self.results.items()}, better)

    def ranking(self, metric: str) -> pd.DataFrame:
        """Return `ranked` as a table: `scenario`, `mean`, `probability_best` and its `mc_error`, the best first."""
        import pandas as pd

        return pd.DataFrame(self.ranked(metric), columns=Ranked._fields)

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
            first scenario the fields of `funnelsim.forecast.differences.Difference`, of which `mean`, `mc_error`,
            `p10`, `p50` and `p90` are called `difference`, `difference_error`, `difference_p10` and so on; these are
            NaN for the first itself.
        """
        import pandas as pd

        rows = []
        for metric in self.names():
            for name, result in self.results.items():
                estimated = result.estimate(metric)._asdict()
                del estimated["empty"]
                row = {key: float(value) for key, value in estimated.items()}
                change = (math.nan,) * len(_CHANGES) if name == self.first else self.difference(name, metric)
                row |= dict(zip(_CHANGES, change, strict=True))
                rows.append({"metric": metric, "scenario": name, **row, "unit": self.unit(metric)})
        columns = ["metric", "scenario", "mean", "p10", "p50", "p90", "mc_error", "unit", *_CHANGES]
        return pd.DataFrame(rows, columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints.

        Returns
        -------
        dict
            ``scenarios``: of each the object of `Result.to_dict`. ``against``: the name of the first. ``differences``:
            of every metric that all have, against the first, the fields of
            `funnelsim.forecast.differences.Difference`, the ``unit``, and whether ``higher`` or ``lower`` is
            ``better``; where there are more than two scenarios, such an object for each but the first, by its name.
            ``differing``: of each but the first its fields with other values. ``ranking``: of every metric with a
            direction the scenarios, the best first. None where there is no value, or no end to it.
        """
        first = self.results[self.first]
        return {
            "scenarios": {name: result.to_dict() for name, result in self.results.items()},
            **self.against_first(self._shared(all_names(first.scenario, first.by))),
        }

    def against_first(self, metrics: Iterable[str]) -> dict[str, Any]:
        """Return the part of `to_dict` that compares, of some metrics."""
        wanted = tuple(metrics)
        differences = {name: {metric: self._as_dict(name, metric) for metric in wanted} for name in self.others}
        return {
            "against": self.first,
            "differing": {name: [field._asdict() for field in fields] for name, fields in self.differing().items()},
            "differences": differences if len(self.others) > 1 else differences[self.others[0]],
            "ranking": {
                metric: [_plain(one._asdict()) for one in self.ranked(metric)]
                for metric in wanted
                if self.direction(metric)
            },
        }

    def _as_dict(self, scenario: str, metric: str) -> dict[str, Any]:
        numbers = self.difference(scenario, metric)._asdict()
        return {**_plain(numbers), "unit": self.unit(metric), "better": self.direction(metric)}

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
        ]

    @cached_property
    def _sure(self) -> list[display.Row]:
        return texts.sure_rows(self)

    def _last_notes(self) -> list[str]:
        return [*(texts.SURE_NOTES if self._sure else ()), *(f"warning: {warning}" for warning in self.warnings())]

    def __repr__(self) -> str:
        lines = [display.filled(self._title()), *texts.differing_told(self.first, self.differing())]
        lines += [display.headed_table(_HEADER, self._rows), *map(display.filled, self._notes())]
        if self._sure:
            lines += ["", display.headed_table(texts.SURE_HEADER, self._sure)]
        lines += map(display.filled, self._last_notes())
        ranking = texts.ranking_told(self)
        return "\n".join([*lines, *(["", *ranking] if ranking else [])])

    def _repr_html_(self) -> str:
        before = [*texts.differing_told(self.first, self.differing()), *self._notes(), *texts.ranking_told(self)]
        main = display.html_table(self._title(), _HEADER, self._rows, before)
        return main + display.html_table("", texts.SURE_HEADER, self._sure, self._last_notes())


def changes_as_text(change: Difference, unit: str) -> tuple[str, str, str]:
    """Show a difference and the ends of its interval; those of shares are in percentage points."""
    unit = display.unit_of_change(unit)
    mean, low, high = (display.number(value, unit, sign=True) for value in change[:3])
    return mean, low, high


def _plain(numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Return numbers as JSON can hold them."""
    return {
        key: value if not isinstance(value, float) or math.isfinite(value) else None for key, value in numbers.items()
    }


_RENAMED = {"mean": "difference", "mc_error": "difference_error", **{f"p{n}": f"difference_p{n}" for n in (10, 50, 90)}}
_CHANGES = [_RENAMED.get(name, name) for name in Difference._fields]
_HEADER = ("metric", "mean", "p10", "p90", "difference", "95% interval", "relative")
