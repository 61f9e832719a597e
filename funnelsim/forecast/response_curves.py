"""How many leads a channel brings at which spend: the curve of its response, as the engines see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from funnelsim.metrics.figures import MONEY
from funnelsim.metrics.simulate import check_scenario
from funnelsim.program import Program, compile_scenario
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

MONTH = 30.4375 * 86_400_000
"""Ticks of a month."""

CHANGES = (-100, -99, -97, -95, *range(-90, 101, 10))
"""By how many percent spend is changed, unless told otherwise."""

DRAWS = 100
"""Of parameters, where some are uncertain."""


def response_curves(scenario: Scenario, changes: Sequence[float] = CHANGES, *, seed: int = 1) -> pd.DataFrame:
    """Return how many leads each channel is expected to bring if more or less were spent on it.

    Nothing is simulated: these are the numbers of leads that the engines expect, season, lag and carry-over included.

    Parameters
    ----------
    scenario : Scenario
    changes : sequence of float
        By how many percent the spend of all channels is changed, from -100 on; 0 is today.
    seed : int
        Of the draws of what is uncertain.

    Returns
    -------
    DataFrame
        One row for each channel that answers to spend and each change: `channel`, `change` (percent), `spend` and
        `leads` a month of 30.4375 days over the horizon, on average over what is uncertain, and `low` and `high`, P10
        and P90 of the leads.

    Raises
    ------
    ValueError
        Where no channel has a response, or a change is below -100.
    """
    import pandas as pd

    check_scenario("scenario", scenario)
    answering = [name for name, channel in scenario.channels.items() if channel.response is not None]
    if not answering:
        raise ValueError(f"'{scenario.name}' has no channel with a 'response' to spend")
    if any(change < -100 for change in changes):
        raise ValueError(f"changes of spend are at least -100 percent, not {min(changes)}")
    rows = []
    for change in changes:
        program = compile_scenario(scenario.budget({"spend": f"{change:+.6f}%"}))
        spend, leads = expected_flows(program, seed)
        for name in answering:
            place = program.channels.index(name)
            low, high = np.quantile(leads[:, place], (0.1, 0.9))
            means = float(spend[:, place].mean()), float(leads[:, place].mean())
            rows.append((name, float(change), *means, float(low), float(high)))
    table = pd.DataFrame(rows, columns=["channel", "change", "spend", "leads", "low", "high"])
    return table.sort_values(["channel", "change"], kind="stable", ignore_index=True)


def expected_flows(program: Program, seed: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return spend and expected leads a month (draws, C) over the horizon; one draw where nothing is uncertain."""
    from funnelsim.engines.handles import handle
    from funnelsim.engines.realise import realise
    from funnelsim.engines.tables import LEAD, lay_out

    structure = program.structure
    months = (structure.end_tick - structure.start_tick) / MONTH
    first = structure.start_tick // 86_400_000
    tables = lay_out(program)
    recipes, numbers = handle(program.recipes), handle(tables)
    spend, leads = [], []
    for draw in range(DRAWS if program.uncertain else 1):
        realise(recipes, np.uint64(seed), np.uint64(draw), numbers)
        spend.append(tables.spend[:, 1:].sum(axis=1) / MONEY / months)
        leads.append((tables.expected[:, -1] - tables.expected[:, first]) / LEAD / months)
    return np.array(spend), np.array(leads)
