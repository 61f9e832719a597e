"""What a track, a kind of track, a touch or an asset truly adds: the run beside the one without it, with the same luck.

Who gets touched differs from who does not, so that comparing the two says little of what a touch does (DOMAIN D4.6).
Taking it away from the same leads does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from funnelsim.forecast.compare import paired
from funnelsim.metrics import display
from funnelsim.metrics.contact_reports import (
    CONTACTS_BY,
    ContactBy,
    check_contacts_by,
    kind_of_track,
    kinds_of_tracks,
)
from funnelsim.metrics.figures import check_over
from funnelsim.metrics.names import figure_of, names_in
from funnelsim.metrics.progress import progress_bar
from funnelsim.metrics.result import Result
from funnelsim.metrics.simulate import Settings, check_room, check_scenario, run
from funnelsim.metrics.vocabulary import vocabulary_of
from funnelsim.scenario import Scenario
from funnelsim.scenario.paths import format_path, parse_path

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.engines.log import Engine

FIELDS: dict[ContactBy, str] = {"track": "tracks", "kind": "tracks", "touch": "touches", "content": "content"}

NAIVE = {"sql": "sqls", "revenue": "revenue", "spend": "cost"}
"""By metric the column of `contacts` that says the same of leads touched before, without leaving anything out."""

_WITHHELD = (
    "all its touches withheld: who is in a track without them goes on, comes to its end, and is led on from there. "
    "Additions of several do not add up, since without one the others do part of its work."
)
_NOT_GIVEN = (
    "this asset given to nobody. Where its touches give others, too, the next one takes its place with the same luck, "
    "so that only a better or worse fit adds something, and a supply that runs out sooner."
)


def meaning(by: ContactBy) -> str:
    """Say what is added, and what it is compared with."""
    without_it = _NOT_GIVEN if by == "content" else _WITHHELD
    return (
        "added: what the run as it is has more than the same run without it: the same leads with the same luck, "
        f"{without_it}"
    )


class Added(NamedTuple):
    """What something adds to one metric."""

    mean: float
    """Of the paired differences, with less without; of a ratio the difference of totals over totals."""
    low: float
    """`low` to `high`: a 95% interval of the expected difference."""
    high: float
    mc_error: float
    """Standard error of `mean` from the number of replications."""
    probability_positive: float
    """Share of replications in which it adds something, of those that have both."""

    @property
    def is_seen(self) -> bool:
        """Whether the interval leaves out nothing at all, 0: an effect within the error is not seen."""
        return self.low > 0 or self.high < 0


def incremental(
    scenario: Scenario,
    by: ContactBy = "track",
    metrics: str | Iterable[str] | None = None,
    *,
    replications: int = 1000,
    seed: int = 1,
    engine: Engine = "kernel",
    progress: bool | None = None,
    threads: int | None = None,
) -> Incremental:
    """Run a scenario once as it is, and once without each track, touch or asset, with the same luck.

    Parameters
    ----------
    scenario : Scenario
    by : {"track", "kind", "touch", "content"}
        Without a track, or the tracks of a kind, all touches that it makes are withheld, those of its cadence and of
        its moves; without a touch or an asset it is not active, also where a dated change would set it so.
    metrics : str or iterable of str, optional
        By default ``sql``, or without a stage of that name the stages of the won; ``revenue`` where a stage has a
        value; and ``spend``.
    replications, seed, engine, progress, threads
        As in `funnelsim.simulate`.

    Returns
    -------
    Incremental

    Raises
    ------
    TypeError, ValueError
        For arguments that make no sense, for metrics that the scenario does not have over the horizon, where it has
        nothing to leave out, and where the results would take too much memory.
    """
    settings = Settings(replications, seed, engine, threads=threads)
    check_scenario("scenario", scenario)
    check_contacts_by(by)
    names = left_out(scenario, by)
    if not names:
        raise ValueError(f"'{scenario.name}' has no {by} to leave out")
    wanted = usual_metrics(scenario) if metrics is None else names_in(metrics)
    for metric in wanted:
        check_over(figure_of(metric, scenario, None), "horizon")
    others = {name: without(scenario, by, name) for name in names}
    check_room([scenario, next(iter(others.values()))], settings)
    with progress_bar(replications * (len(names) + 1), progress, "replications") as done:
        result = run(scenario, settings, done)
        added = {name: _added(run(other, settings, done), result, wanted) for name, other in others.items()}
    return Incremental(result, by, wanted, added)


def left_out(scenario: Scenario, by: ContactBy) -> tuple[str, ...]:
    """Return the tracks, the touches that are made, or the assets of a scenario."""
    if by == "touch":
        return vocabulary_of(scenario).touching
    if by == "kind":
        return kinds_of_tracks(scenario)
    return tuple(scenario.tracks if by == "track" else scenario.content)


def usual_metrics(scenario: Scenario) -> tuple[str, ...]:
    """Return what additions are told of if nothing is asked for."""
    from funnelsim.metrics.names import trunk_of

    stages = scenario.stages
    won = [name for name, stage in stages.items() if stage.value is not None or stage.win_rate == 1.0]
    goals = ["sql"] if "sql" in stages else won or trunk_of(scenario)[-1:]
    valued = any(stage.value is not None for stage in stages.values())
    return (*goals, *(["revenue"] if valued else []), "spend")


def without(scenario: Scenario, by: ContactBy, name: str) -> Scenario:
    """Return a scenario without one track, touch or asset, or a kind of track: not active, whatever changes say."""
    names = [track for track in scenario.tracks if kind_of_track(scenario, track) == name] if by == "kind" else [name]
    parts: set[tuple[str, ...]] = {(FIELDS[by], each, "active") for each in names}
    values: dict[str, Any] = {format_path(path): False for path in sorted(parts)}
    changes = scenario.data()["changes"]
    if any(parse_path(path) in parts for change in changes for path in change["set"]):
        values["changes"] = [{**change, "set": _never_active(change["set"], parts)} for change in changes]
    return scenario.set(values)


def _never_active(values: Mapping[str, Any], parts: set[tuple[str, ...]]) -> dict[str, Any]:
    return {path: False if parse_path(path) in parts else value for path, value in values.items()}


def _added(result_without: Result, result: Result, metrics: Iterable[str]) -> dict[str, Added]:
    found = {}
    for metric in metrics:
        told = paired(result_without.parts(metric), result.parts(metric))
        known = np.isfinite(told.each)
        positive = (told.each > 0).sum() / known.sum() if known.any() else math.nan
        found[metric] = Added(*map(float, (told.change, *told.interval(), told.error, positive)))
    return found


@dataclass(frozen=True, eq=False, repr=False)
class Incremental:
    """What each track, touch or asset of a scenario adds.

    Attributes
    ----------
    result : Result
        The run as it is.
    by : {"track", "kind", "touch", "content"}
    metrics : tuple of str
    added : mapping of str to mapping of str to Added
        By name, then by metric.
    """

    result: Result
    by: ContactBy
    metrics: tuple[str, ...]
    added: Mapping[str, Mapping[str, Added]]

    def __post_init__(self) -> None:
        assert self.by in CONTACTS_BY

    def table(self) -> pd.DataFrame:
        """Return one row for each name and metric.

        Returns
        -------
        DataFrame
            A column called as `by`, `metric`, what it adds on average (`mean`) with a 95% interval `low` to `high`, its
            Monte Carlo error `mc_error`, the share of replications in which it adds something
            (`probability_positive`), what is counted of leads touched before (`touched`: of `sql`, `revenue` and what
            it costs alone, see `Result.contacts`), and the `unit`.
        """
        import pandas as pd

        rows = [
            {
                self.by: name,
                "metric": metric,
                **told._asdict(),
                "touched": self._touched[name].get(metric, math.nan),
                "unit": self.result.unit(metric),
            }
            for name, by_metric in self.added.items()
            for metric, told in by_metric.items()
        ]
        return pd.DataFrame(rows, columns=[self.by, "metric", *Added._fields, "touched", "unit"])

    @cached_property
    def _touched(self) -> dict[str, dict[str, float]]:
        """By name and metric what is counted of leads touched before, as far as that is known."""
        rows = self.result.contacts(self.by).to_dict("records")
        told = {
            str(row[self.by]): {metric: float(row.get(column, math.nan)) for metric, column in NAIVE.items()}
            for row in rows
        }
        return {name: told.get(name, {}) for name in self.added}

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints of it: by name and metric the numbers and the unit, None without a value."""
        return {
            name: {
                metric: {
                    **{key: None if math.isnan(value) else value for key, value in told._asdict().items()},
                    "unit": self.result.unit(metric),
                }
                for metric, told in by_metric.items()
            }
            for name, by_metric in self.added.items()
        }

    # ------------------------------------------------------------ showing
    def rows(self) -> list[display.Row]:
        """Return the table as people read it: name, metric, touched, added, interval, error and how often above 0."""
        found: list[display.Row] = []
        for name, by_metric in self.added.items():
            for place, (metric, told) in enumerate(by_metric.items()):
                shown = display.unit_of_change(self.result.unit(metric))
                mean, low, high = (display.number(value, shown, sign=True) for value in told[:3])
                error = display.number(told.mc_error, shown)
                often = display.number(told.probability_positive, "share")
                touched = display.number(self._touched[name].get(metric, math.nan))
                found.append(("" if place else name, metric, touched, mean, f"{low} to {high}", error, often))
        return found

    def header(self) -> display.Row:
        """Return what stands above the rows."""
        return (self.by, "metric", "touched", "added", "95% interval", "error", "above 0")

    def _title(self) -> str:
        result = self.result
        return (
            f"{result.scenario.name}: {result.replications:,} replications each, seed {result.seed}, "
            f"{result.scenario.start} until {result.scenario.end:%Y-%m-%d}"
        )

    def __repr__(self) -> str:
        table = display.text_table(self.header(), self.rows(), left=(0, 1))
        title, note = (display.filled(text) for text in (self._title(), meaning(self.by)))
        return "\n".join([title, table, note])

    def _repr_html_(self) -> str:
        return display.html_table(self._title(), self.header(), self.rows(), [meaning(self.by)], left=(0, 1))
