"""What a simulation gives: counts with names, and everything needed to read them, keep them and run them again."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from funnelsim.metrics import display, storage
from funnelsim.metrics.contact_reports import ContactReports
from funnelsim.metrics.definition import fill, unit_of
from funnelsim.metrics.diagnosis import warnings_of
from funnelsim.metrics.figures import OVERS, Estimate, Over, Parts, estimate, parts
from funnelsim.metrics.names import (
    BEFORE_START,
    EVERYONE,
    Figure,
    all_names,
    figure_of,
    names_in,
    usual_names,
)
from funnelsim.metrics.other_luck import has_ignorance, other_luck
from funnelsim.metrics.precision import Aim, given_up
from funnelsim.metrics.uncertainty import Uncertainty, of_luck_alone, of_pairs
from funnelsim.metrics.vocabulary import vocabulary_of
from funnelsim.scenario import Scenario, ScenarioError, loads

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.engines.log import Engine

By = str | None
"""``channel``, ``segment``, the name of a trait or of an observed one, or None."""

NOTES = (
    "p10 to p90: eight in ten replications lie between.",
    "error: Monte Carlo standard error of the mean; more replications lessen it.",
)


@dataclass(frozen=True, eq=False, repr=False)
class Result(ContactReports):
    """Replications of a scenario.

    Attributes
    ----------
    scenario : Scenario
        Resolved: as it was run.
    variant : str or None
        The name of the variant that `scenario` is.
    seed, replications : int
    version : str
        Of funnelsim. The same scenario, seed and version give the same bits.
    engine : {"kernel", "simpy"}
    by : str or None
        What leads were grouped by: ``channel``, ``segment``, or a trait, observed or not.
    cohorts : bool
        Whether leads were counted by period of creation too.
    data : Dataset
        What was counted, by replication, period and group; see `funnelsim.metrics.tables`.
    precision : mapping of str to Aim
        By metric, how precise it was asked to be and whether that was reached; empty where nothing was asked.
    """

    scenario: Scenario
    variant: str | None
    seed: int
    replications: int
    version: str
    engine: Engine
    by: By
    cohorts: bool
    data: xr.Dataset
    precision: Mapping[str, Aim] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for variable in self.data.data_vars.values():
            variable.to_numpy().setflags(write=False)

    # ------------------------------------------------------------ reading
    def metric(self, name: str, over: Over = "period") -> xr.DataArray:
        """Return a metric of every replication.

        Parameters
        ----------
        name : str
            Such as ``sql`` or ``cost_per_sql``; of one group ``sql[channel=search]``, of all leads of a grouped result
            ``sql[channel=all]``. `funnelsim explain` says what they mean.
        over : {"period", "horizon", "cohort"}

        Returns
        -------
        DataArray
            (replication, period), (replication) or (replication, cohort); in a grouped result with a dimension too that
            is called as what it is grouped by, if the name says no group. NaN where a denominator is empty. Attributes:
            unit, definition. The first cohort, NaT, are leads created before the start.

        Raises
        ------
        ValueError
            For an unknown name, with a near miss, and for what was not counted.
        """
        figure = self._figure(name)
        if self.by is None:
            figure = figure._replace(group=EVERYONE)
        values = parts(self.data, figure, over).values()
        values = values.drop_vars([label for label in values.coords if label not in values.dims])
        if "group" in values.dims:
            values = values.rename(group=str(self.by))
        meaning = fill(figure.definition.meaning, figure.places)
        values.attrs = {"unit": self.unit(name), "definition": meaning}
        return values.rename(name)

    def unit(self, name: str) -> str:
        """Return the unit of a metric, such as ``CNY per SQL``."""
        figure = self._figure(name)
        return unit_of(figure.definition, figure.places, self.scenario.currency)

    def title(self, name: str) -> str:
        """Return what pictures call a metric: in words, with the labels of stages and teams, and its unit."""
        return display.title(self._figure(name), self.scenario)

    def _figure(self, name: str) -> Figure:
        return figure_of(name, self.scenario, self.by)

    def summary(self, metrics: str | Iterable[str] | None = None, over: Over = "horizon") -> pd.DataFrame:
        """Summarise metrics over replications.

        Parameters
        ----------
        metrics : str or iterable of str, optional
            By default those that people look at first and that are measured over this, in a grouped result also of
            every group.
        over : {"horizon", "period", "cohort"}
            ``period`` and ``cohort`` add a column of that name.

        Returns
        -------
        DataFrame
            `metric`, `mean`, quantiles `p10`, `p50` and `p90`, `mc_error` (standard error of the mean, which more
            replications lessen), `unit`, and `empty`: replications without a value. Of a ratio `mean` is total over
            total, with a jackknife error, and the quantiles are over replications that have a denominator. A level
            over the horizon is that at its end.
        """
        import pandas as pd

        if over not in OVERS:
            raise ValueError(f"cannot summarise over {over!r}: take one of {', '.join(OVERS)}")
        time = [] if over == "horizon" else [over]
        columns = ["metric", *time, "mean", "p10", "p50", "p90", "mc_error", "unit", "empty"]
        frames = []
        for name in self._names(metrics, over):
            numbers = {key: np.atleast_1d(value) for key, value in self.estimate(name, over)._asdict().items()}
            times: dict[str, Any] = {key: self._times(over) for key in time}
            frames.append(pd.DataFrame({"metric": name, **times, **numbers, "unit": self.unit(name)}))
        return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)

    def _names(self, metrics: str | Iterable[str] | None, over: Over) -> tuple[str, ...]:
        """Return the metrics asked for, or those people look at first of what is measured over this."""
        if metrics is not None:
            return names_in(metrics)
        return tuple(name for name in self.usual_names() if over in self._figure(name).definition.times)

    def lost_by_reason(self) -> pd.DataFrame:
        """Summarise over the horizon why leads were lost: ``lost_<reason>`` of every reason.

        Returns
        -------
        DataFrame
            `reason`, `mean`, `p10`, `p90` of the leads lost for it, and its `share` of all that were lost (total over
            total; NaN where none was); the most frequent reason first.
        """
        import pandas as pd

        reasons = vocabulary_of(self.scenario).losing
        estimates = [self.estimate(f"lost_{reason}") for reason in reasons]
        lost = [float(estimated.mean) for estimated in estimates]
        total = sum(lost)
        table = pd.DataFrame(
            {
                "reason": list(reasons),
                "mean": lost,
                "p10": [float(estimated.p10) for estimated in estimates],
                "p90": [float(estimated.p90) for estimated in estimates],
                "share": [number / total if total else math.nan for number in lost],
            }
        )
        return table.sort_values("mean", ascending=False, kind="stable", ignore_index=True)

    def warnings(self) -> list[str]:
        """Return what somebody should look at: less precision than asked, busy teams, stages that win less than stated.

        Returns
        -------
        list of str
            A sentence for each.

        Notes
        -----
        A queue grows where more wait at the end than at that of the period that ends nearest to the middle of the run:
        by a quarter, by one for each person there, by what comes in a weekend, and with a 95% interval of the
        difference above 0, what came on days off just before either left out. Where no period ends about halfway, and
        with one replication, it grows where ``load_<team>`` is 1 or more. It cannot grow beyond a ``queue_limit``: told
        is then who is turned away, where there would be no time for them.

        A win rate is told where the 95% interval of ``observed_win_rate_<stage>`` lies wholly below the stated one by
        2% of it or more. The rate of a step is that of its stage for that of the stage with the next higher stated
        rate. If this lies below what is stated too, it says where to look, by the id of the stage (DOMAIN D2.5);
        otherwise, that the cause lies further on.
        """
        return list(self._warnings)

    @cached_property
    def _warnings(self) -> tuple[str, ...]:
        return (*given_up(self), *warnings_of(self))

    def estimate(self, name: str, over: Over = "horizon") -> Estimate:
        """Return a row of `summary` as numbers; a metric without a group is that of all leads."""
        if (name, over) not in self._estimates:
            self._estimates[name, over] = estimate(self.parts(name, over))
        return self._estimates[name, over]

    @cached_property
    def _estimates(self) -> dict[tuple[str, Over], Estimate]:
        """Those that were asked for before."""
        return {}

    def parts(self, name: str, over: Over = "horizon", until: int | None = None) -> Parts:
        """Return numerator and denominator of a metric; without a group they are those of all leads.

        Parameters
        ----------
        name : str
        over : {"horizon", "period", "cohort"}
        until : int, optional
            The last period that counts, from 0; by default all do. Over the horizon then is until its end. It is for
            metrics that are measured by period too.
        """
        return self._parts(_until(self.data, until), name, over)

    def _parts(self, data: xr.Dataset, name: str, over: Over) -> Parts:
        figure = self._figure(name)
        return parts(data, figure if figure.group else figure._replace(group=EVERYONE), over)

    # ------------------------------------------------------------ luck and ignorance
    def uncertainty(self, name: str, over: Over = "horizon") -> Uncertainty:
        """Say how much of the variance of a metric over replications is luck, and how much ignorance.

        Where the scenario has anything ``{uncertain: …}``, all replications are run once more on the first call, with
        the same parameters and other luck; `funnelsim.metrics.uncertainty` has the estimator.

        Parameters
        ----------
        name : str
            As in `metric`; without a group that of all leads.
        over : {"horizon", "period"}

        Returns
        -------
        Uncertainty

        Raises
        ------
        ValueError
            For an unknown name, and over cohorts.
        """
        if over == "cohort":
            raise ValueError("luck and ignorance are told apart over the horizon and by period, not by cohort")
        values = self.parts(name, over).values().to_numpy()
        again = self.parts_again(name, over)
        return of_luck_alone(values) if again is None else of_pairs(values, again.values().to_numpy())

    def parts_again(self, name: str, over: Over = "horizon", until: int | None = None) -> Parts | None:
        """Return `parts` with the same parameters and other luck; None where all parameters are known."""
        return self._parts(_until(self._again, until), name, over) if has_ignorance(self) else None

    @cached_property
    def _again(self) -> xr.Dataset:
        return other_luck(self)

    def _times(self, over: Over) -> Any:
        if over == "period":
            return self.data["period"].to_numpy()
        labels = [str(date) for date in self.data["cohort"].to_numpy().astype("datetime64[D]")]
        return [BEFORE_START, *labels[1:]]

    def usual_names(self) -> list[str]:
        """Return the metrics that people look at first, in a grouped result also of every group."""
        return usual_names(self.scenario, self.by)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints: every metric over the horizon, None where there is no value, and warnings."""
        metrics = {}
        for name in all_names(self.scenario, self.by):
            numbers = self.estimate(name)._asdict()
            del numbers["empty"]
            metrics[name] = {
                **{key: None if math.isnan(value) else float(value) for key, value in numbers.items()},
                "unit": self.unit(name),
            }
        return {**self.head(), "metrics": metrics, "warnings": self.warnings()}

    def head(self) -> dict[str, Any]:
        """Return what was run, as ``--json`` prints it."""
        fields = ("variant", "seed", "replications", "version")
        head = {"scenario": self.scenario.name, **{name: getattr(self, name) for name in fields}}
        return {**head, "precision": self._aims()} if self.precision else head

    def _aims(self) -> dict[str, Any]:
        return {metric: aim._asdict() for metric, aim in self.precision.items()}

    # ------------------------------------------------------------ running again, saving
    def rerun(self, *, progress: bool | None = None) -> Result:
        """Run again with the same seed; in the same version the same bits."""
        from funnelsim.metrics.simulate import simulate

        fields = {name: getattr(self, name) for name in ("replications", "seed", "engine", "by", "cohorts")}
        again = simulate(self.scenario, progress=progress, **fields)
        return dataclasses.replace(again, variant=self.variant)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Save as a Zarr folder (format 2), which `load_result` reads.

        Raises
        ------
        FileExistsError
            If something is there and `overwrite` is not set.
        ValueError
            If what is there is not a result: only results are overwritten.
        """
        storage.write(Path(path), self.data, self.attributes(), overwrite)

    def attributes(self) -> dict[str, Any]:
        """Return all that determines `data`, as JSON can hold it; the scenario as text, and what became of `aims`."""
        more = {"scenario": self.scenario.dump(), "precision": self._aims()}
        aims = {"aims": {metric: aim.asked for metric, aim in self.precision.items()}} if self.precision else {}
        return {**{name: getattr(self, name) for name in _ATTRIBUTES}, **more, **aims}

    # ------------------------------------------------------------ showing
    def table(self, metrics: str | Iterable[str] | None = None, over: Over = "horizon") -> str:
        """Return `summary` as a text of at most 80 columns, numbers written as people read them."""
        header, rows = self._rows(self._names(metrics, over), over)
        return display.text_table(header, rows, left=(0, len(header) - 1))

    def _rows(self, names: Iterable[str], over: Over) -> tuple[display.Row, list[display.Row]]:
        """Return header and rows; over periods and cohorts each metric has a line of its own above them."""
        rows = []
        for name in names:
            estimated, unit = self.estimate(name, over), self.unit(name)
            base, _, group = name.partition("[")
            first, times = f"  [{group}" if group else base, [""]
            if over != "horizon":
                rows.append((name, *[""] * 5, unit))
                times = [f"  {time if isinstance(time, str) else str(time)[:10]}" for time in self._times(over)]
            for place, time in enumerate(times):
                numbers = [display.number(float(np.atleast_1d(value)[place]), unit) for value in estimated[:-1]]
                rows.append((time or first, *numbers, "" if time else unit))
        return ("metric", "mean", "p10", "p50", "p90", "error", "unit"), rows

    @cached_property
    def _shown(self) -> tuple[display.Row, list[display.Row]]:
        return self._rows(self._names(None, "horizon"), "horizon")

    def _title(self) -> str:
        variant = f", variant {self.variant}" if self.variant else ""
        return (
            f"{self.scenario.name}{variant}: {self.replications:,} replications, seed {self.seed}, "
            f"{self.scenario.start} until {self.scenario.end:%Y-%m-%d}"
        )

    def _notes(self) -> list[str]:
        return [*NOTES, *(f"warning: {warning}" for warning in self._warnings)]

    def __repr__(self) -> str:
        header, rows = self._shown
        title, *notes = (display.filled(text) for text in (self._title(), *self._notes()))
        return "\n".join([title, display.text_table(header, rows, left=(0, 6)), *notes])

    def _repr_html_(self) -> str:
        header, rows = self._shown
        return display.html_table(self._title(), header, rows, self._notes(), left=(0, 6))


def _until(data: xr.Dataset, period: int | None) -> xr.Dataset:
    return data if period is None else data.isel(period=slice(period + 1))


_ATTRIBUTES = ("variant", "seed", "replications", "version", "engine", "by", "cohorts")


def load_result(path: str | os.PathLike[str]) -> Result:
    """Load a result that `Result.save` has written.

    Raises
    ------
    FileNotFoundError
        If nothing is there.
    ValueError
        For anything else than a result, and for one that this version cannot read; the message says what to do.
    """
    data, attributes = storage.read(Path(path))
    try:
        fields = {name: attributes[name] for name in _ATTRIBUTES}
        scenario = loads(attributes["scenario"], name=f"{path} (scenario)")
        aims = {metric: Aim(**aim) for metric, aim in attributes.get("precision", {}).items()}
    except KeyError as error:
        raise ValueError(f"{path}: a damaged result (without {error})") from error
    except ScenarioError as error:
        raise ValueError(
            f"{path}: written by funnelsim {fields['version']}, whose scenario this version refuses:\n{error}"
        ) from error
    return Result(scenario=scenario, data=data, precision=aims, **fields)
