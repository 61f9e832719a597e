"""What a sweep gives: estimates with names, along what was swept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from funnelsim.forecast.points import Points, short_names
from funnelsim.metrics import display
from funnelsim.metrics.definition import fill
from funnelsim.metrics.names import Figure, figure_of
from funnelsim.metrics.result import NOTES, By
from funnelsim.metrics.simulate import Settings
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.engines.log import Engine

SHOWN = ("mean", "p10", "p50", "p90", "mc_error")

MOST_ROWS = 60
"""Points of a metric that a table for people shows."""


@dataclass(frozen=True, eq=False, repr=False)
class Sweep:
    """A scenario at many points, all run with the same luck.

    Attributes
    ----------
    scenario : Scenario
        In which the values of each point were set.
    points : Points
    replications, seed : int
        Of every point.
    version : str
        Of funnelsim.
    engine : {"kernel", "simpy"}
    by : str or None
    data : Dataset
        ``mean``, ``p10``, ``p50``, ``p90``, ``mc_error`` and ``empty`` as in `Result.summary`, over (metric, then each
        path of a grid, or point); ``each`` over replications too, if that was asked for. Coordinates: the values as
        they were written, and the unit of every metric.
    """

    scenario: Scenario
    points: Points
    replications: int
    seed: int
    version: str
    engine: Engine
    by: By
    data: xr.Dataset

    def __post_init__(self) -> None:
        for variable in self.data.data_vars.values():
            variable.to_numpy().setflags(write=False)

    # ------------------------------------------------------------ reading
    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that were kept."""
        return tuple(map(str, self.data["metric"].to_numpy()))

    def metric(self, name: str) -> xr.Dataset:
        """Return what is known of one metric, along what was swept.

        Returns
        -------
        Dataset
            The variables of `data` for this metric. Attributes: unit, definition.

        Raises
        ------
        ValueError
            For a metric that was not kept.
        """
        figure = self._figure(name)
        found = self.data.sel(metric=name, drop=True)
        return found.assign_attrs(unit=self.unit(name), definition=fill(figure.definition.meaning, figure.places))

    def unit(self, name: str) -> str:
        """Return the unit of a metric."""
        self._figure(name)
        return str(self.data["unit"].sel(metric=name).item())

    def title(self, name: str) -> str:
        """Return what pictures call a metric, with its unit."""
        return display.title(self._figure(name), self._first)

    @property
    def _first(self) -> Scenario:
        return self.scenario.set(self.points.points[0])

    def _figure(self, name: str) -> Figure:
        if name not in self.metrics:
            raise ValueError(f"'{name}' was not kept; sweep with metrics={[*self.metrics, name]}")
        return figure_of(name, self._first, self.by)

    def table(self) -> pd.DataFrame:
        """Return one row for each metric and point.

        Returns
        -------
        DataFrame
            `metric`, a column for each path with its values, `mean`, `p10`, `p50`, `p90`, `mc_error`, `unit`, `empty`.
        """
        import pandas as pd

        flat, number = self._flat(), len(self.points.points)
        along = {path: [point[path] for point in self.points.points] for path in self.points.paths}
        frames = [
            pd.DataFrame(
                {
                    "metric": metric,
                    **along,
                    **{name: flat[name][row] for name in SHOWN},
                    "unit": np.repeat(self.data["unit"].to_numpy()[row], number),
                    "empty": flat["empty"][row],
                }
            )
            for row, metric in enumerate(self.metrics)
        ]
        return pd.concat(frames, ignore_index=True)

    def _flat(self) -> dict[str, Any]:
        """Return the estimates as (metric, point)."""
        return {name: self.data[name].to_numpy().reshape(len(self.metrics), -1) for name in (*SHOWN, "empty")}

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints.

        Returns
        -------
        dict
            What was run; ``over``: the values by path, of a list of points None; ``points``: of each what was set
            (``at``), and ``metrics`` as in `Result.to_dict`, None where there is no value.
        """
        flat, units = self._flat(), self.data["unit"].to_numpy()
        over = {path: self.points.along(path) for path in self.points.paths} if self.points.is_grid else None
        points = [
            {
                "at": dict(point),
                "metrics": {
                    metric: {
                        **{name: _plain(flat[name][row, place]) for name in SHOWN},
                        "unit": str(units[row]),
                    }
                    for row, metric in enumerate(self.metrics)
                },
            }
            for place, point in enumerate(self.points.points)
        ]
        fields = ("seed", "replications", "version")
        head = {"scenario": self.scenario.name, "variant": self.scenario.variant_name}
        return {**head, **{name: getattr(self, name) for name in fields}, "over": over, "points": points}

    # ------------------------------------------------------------ running again
    def rerun(self, *, progress: bool | None = None) -> Sweep:
        """Run again with the same seed; in the same version the same bits."""
        from funnelsim.forecast.sweep import run_points

        settings = Settings(self.replications, self.seed, self.engine, self.by)
        return run_points(self.scenario, self.points, settings, self.metrics, "each" in self.data, progress)

    # ------------------------------------------------------------ showing
    def _rows(self) -> list[display.Row]:
        flat, rows = self._flat(), []
        names = [self.points.label(place) for place in range(len(self.points.points))]
        for row, metric in enumerate(self.metrics):
            unit = str(self.data["unit"].to_numpy()[row])
            rows.append((f"{metric} ({unit})", *[""] * len(SHOWN)))
            for place, name in enumerate(names[:MOST_ROWS]):
                numbers = [display.number(float(flat[key][row, place]), unit) for key in SHOWN]
                rows.append((f"  {name}", *numbers))
            if len(names) > MOST_ROWS:
                rows.append((f"  … {len(names):,} points", *[""] * len(SHOWN)))
        return rows

    def _title(self) -> str:
        variant = f", variant {self.scenario.variant_name}" if self.scenario.variant_name else ""
        return (
            f"{self.scenario.name}{variant}: {len(self.points.points):,} points, {self.replications:,} replications "
            f"each, seed {self.seed}, {self.scenario.start} until {self.scenario.end:%Y-%m-%d}"
        )

    def _over(self) -> str:
        names = short_names(self.points.paths)
        if len(names) == 1:
            return f"over {self.points.paths[0]}"
        return "over " + ", ".join(f"{path} ({name})" if name != path else path for path, name in names.items())

    def __repr__(self) -> str:
        table = display.headed_table(_HEADER, self._rows())
        texts = [display.filled(text) for text in (self._title(), self._over(), *NOTES)]
        return "\n".join([*texts[:2], table, *texts[2:]])

    def _repr_html_(self) -> str:
        return display.html_table(self._title(), _HEADER, self._rows(), [self._over(), *NOTES])


_HEADER = ("metric", "mean", "p10", "p50", "p90", "error")


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
