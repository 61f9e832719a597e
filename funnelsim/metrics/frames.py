"""Tables for people from counts by replication: means over replications, rates, and their errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import xarray as xr

from funnelsim.metrics import statistics

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from funnelsim.metrics.statistics import Array

Counted = dict[str, npt.NDArray[np.float64]]
"""By column, or by the step that touches have: (replication, item)."""


def in_all(counted: xr.DataArray, dim: str) -> Array:
    """Sum over everything but replications and one dimension, and return (replication, dim)."""
    others = [other for other in counted.dims if other not in ("replication", dim)]
    return np.asarray(counted.sum(others).transpose("replication", dim).to_numpy(), np.float64)


def frame(
    labels: Mapping[str, object], counted: Counted, rates: Mapping[str, tuple[Array, Array]] | None = None
) -> pd.DataFrame:
    """Return means over replications, rates, and in columns of their own after them their Monte Carlo errors.

    Parameters
    ----------
    labels : mapping of str to list
        Columns that say what each item is.
    counted : Counted
    rates : mapping of str to pair of array (replication, item), optional
        Numerators and denominators; a rate is total over total, its error that of the jackknife.
    """
    import pandas as pd

    means = {column: statistics.mean(values) for column, values in counted.items()}
    errors = {f"{column}_error": statistics.mean_error(values) for column, values in counted.items()}
    for rate, (over, under) in (rates or {}).items():
        means[rate] = statistics.ratio(over, under)
        errors[f"{rate}_error"] = statistics.jackknife_error(statistics.leave_one_out(over, under))
    return pd.DataFrame({**labels, **means, **errors})
