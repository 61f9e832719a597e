"""What a simulation gives: counts with names, and everything needed to read them, keep them and run them again."""

from __future__ import annotations

import dataclasses
import math
import os
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import xarray as xr

from funnelsim.metrics import display, storage
from funnelsim.metrics.definitions import fill, unit_of
from funnelsim.metrics.figures import OVERS, Estimate, Over, Parts, estimate, parts
from funnelsim.metrics.names import (
    BEFORE_START,
    EVERYONE,
    Figure,
    all_names,
    figure_of,
    group_names,
    names_in,
    usual_names,
)
from funnelsim.scenario import Scenario, ScenarioError, loads

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.engines.log import Engine

By = Literal["channel", "segment"] | None

NOTES = (
    "p10 to p90: eight in ten replications lie between.",
    "error: Monte Carlo standard error of the mean; more replications lessen it.",
)


@dataclass(frozen=True, eq=False, repr=False)
class Result:
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
    by : {None, "channel", "segment"}
        What leads were grouped by.
    cohorts : bool
        Whether leads were counted by period of creation too.
    data : Dataset
        What was counted, by replication, period and group; see `funnelsim.metrics.tables.dataset`.
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
            (replication, period), (replication) or (replication, cohort); in a grouped result with a dimension
            `channel` or `segment` too, if the name says no group. NaN where a denominator is empty. Attributes:
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
        meaning = fill(figure.definition.meaning, figure.stages)
        values.attrs = {"unit": self.unit(name), "definition": meaning}
        return values.rename(name)

    def unit(self, name: str) -> str:
        """Return the unit of a metric, such as ``CNY per SQL``."""
        figure = self._figure(name)
        return unit_of(figure.definition, figure.stages, self.scenario.currency)

    def _figure(self, name: str) -> Figure:
        return figure_of(name, self.scenario, self.by)

    def summary(self, metrics: str | Iterable[str] | None = None, over: Over = "horizon") -> pd.DataFrame:
        """Summarise metrics over replications.

        Parameters
        ----------
        metrics : str or iterable of str, optional
            By default those that people look at first, in a grouped result also of every group.
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
        for name in self.usual_names() if metrics is None else names_in(metrics):
            numbers = {key: np.atleast_1d(value) for key, value in self.estimate(name, over)._asdict().items()}
            times: dict[str, Any] = {key: self._times(over) for key in time}
            frames.append(pd.DataFrame({"metric": name, **times, **numbers, "unit": self.unit(name)}))
        return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)

    def estimate(self, name: str, over: Over = "horizon") -> Estimate:
        """Return a row of `summary` as numbers; a metric without a group is that of all leads."""
        return estimate(self.parts(name, over))

    def parts(self, name: str, over: Over = "horizon") -> Parts:
        """Return numerator and denominator of a metric; without a group they are those of all leads."""
        figure = self._figure(name)
        return parts(self.data, figure if figure.group else figure._replace(group=EVERYONE), over)

    def _times(self, over: Over) -> Any:
        if over == "period":
            return self.data["period"].to_numpy()
        labels = [str(date) for date in self.data["cohort"].to_numpy().astype("datetime64[D]")]
        return [BEFORE_START, *labels[1:]]

    def usual_names(self) -> list[str]:
        """Return the metrics that people look at first, in a grouped result also of every group."""
        groups = [f"[{self.by}={group}]" for group in group_names(self.scenario, self.by)] if self.by else []
        return [name + group for name in usual_names(self.scenario) for group in ("", *groups)]

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints: every metric over the whole horizon; None where there is no value."""
        metrics = {}
        for name in all_names(self.scenario, self.by):
            numbers = self.estimate(name)._asdict()
            del numbers["empty"]
            metrics[name] = {
                **{key: None if math.isnan(value) else float(value) for key, value in numbers.items()},
                "unit": self.unit(name),
            }
        return {
            "scenario": self.scenario.name,
            "variant": self.variant,
            "seed": self.seed,
            "replications": self.replications,
            "version": self.version,
            "metrics": metrics,
        }

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
        attributes = {name: getattr(self, name) for name in _ATTRIBUTES}
        storage.write(Path(path), self.data, {**attributes, "scenario": self.scenario.dump()}, overwrite)

    # ------------------------------------------------------------ showing
    @cached_property
    def _shown(self) -> tuple[display.Row, list[display.Row]]:
        rows = []
        for name in self.usual_names():
            estimated, unit = self.estimate(name), self.unit(name)
            base, _, group = name.partition("[")
            numbers = [display.number(float(value), unit) for value in estimated[:-1]]
            rows.append((f"  [{group}" if group else base, *numbers, unit))
        return ("metric", "mean", "p10", "p50", "p90", "error", "unit"), rows

    def _title(self) -> str:
        variant = f", variant {self.variant}" if self.variant else ""
        return (
            f"{self.scenario.name}{variant}: {self.replications:,} replications, seed {self.seed}, "
            f"{self.scenario.start} until {self.scenario.end:%Y-%m-%d}"
        )

    def __repr__(self) -> str:
        header, rows = self._shown
        title = textwrap.fill(self._title(), display.WIDTH)
        return "\n".join([title, display.text_table(header, rows, left=(0, 6)), *NOTES])

    def _repr_html_(self) -> str:
        header, rows = self._shown
        return display.html_table(self._title(), header, rows, NOTES, left=(0, 6))


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
    except KeyError as error:
        raise ValueError(f"{path}: a damaged result (without {error})") from error
    except ScenarioError as error:
        raise ValueError(
            f"{path}: written by funnelsim {fields['version']}, whose scenario this version refuses:\n{error}"
        ) from error
    return Result(scenario=scenario, data=data, **fields)
