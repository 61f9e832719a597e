"""Which leads reach a stage in one scenario and not in another: the same leads, with the same luck (DOMAIN D3.6).

A difference of two numbers of wins says how many more there are, not how many buyers were missed: some are won in
both, some in one alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.engines.log import log_matrix
from funnelsim.engines.rows import COLUMNS, PRESENT
from funnelsim.forecast.compare import check_comparable
from funnelsim.metrics.frames import frame
from funnelsim.metrics.progress import progress_bar
from funnelsim.metrics.simulate import check_scenario
from funnelsim.program import compile_scenario
from funnelsim.scenario.problems import near_miss

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.program import Program
    from funnelsim.scenario import Scenario


def lead_by_lead(
    scenarios: Mapping[str, Scenario],
    stage: str,
    *,
    replications: int = 100,
    seed: int = 1,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Compare scenarios by which leads enter a stage within the counted time, each with the first.

    Parameters
    ----------
    scenarios : mapping of str to Scenario
        At least two, by the names they are to be called.
    stage : str
        Such as ``won``; each must have it.
    replications, seed, progress
        As in `funnelsim.simulate`. Every event of each is looked at, which takes longer than counting does.

    Returns
    -------
    DataFrame
        `scenario`; means over replications of the leads that `reached` the stage, in `both` it and the first, that it
        `missed` (in the first alone) and `gained` (in it alone); and their Monte Carlo errors, `reached_error` and so
        on. A lead is known by its key, which is made of its channel and its number there, or of the id of an open one.

    Raises
    ------
    TypeError, ValueError
        For scenarios that cannot be compared, or without such a stage, and for less than one replication.
    """
    for name, scenario in scenarios.items():
        check_scenario(f"'{name}'", scenario)
        if stage not in scenario.stages:
            raise ValueError(f"'{name}' has no stage '{stage}'{near_miss(stage, scenario.stages, 'stages')}")
    check_comparable(scenarios)
    if replications < 1:
        raise ValueError(f"{replications} replications: take at least 1")
    programs = {name: compile_scenario(scenario) for name, scenario in scenarios.items()}
    columns = ("reached", "both", "missed", "gained")
    counted = {column: np.zeros((replications, len(programs))) for column in columns}
    with progress_bar(replications * len(programs), progress, "replications") as done:
        for replication in range(replications):
            first: set[int] | None = None
            for place, program in enumerate(programs.values()):
                leads = _reaching(program, stage, seed, replication)
                first = leads if first is None else first
                sizes = (len(leads), len(leads & first), len(first - leads), len(leads - first))
                for column, size in zip(columns, sizes, strict=True):
                    counted[column][replication, place] = size
                done(1)
    return frame({"scenario": list(programs)}, counted)


def _reaching(program: Program, stage: str, seed: int, replication: int) -> set[int]:
    """Return the keys of the leads that enter a stage within the counted time."""
    matrix = log_matrix(program, seed, replication, "kernel")
    column = dict(zip(COLUMNS, matrix.T, strict=True))
    entered = (column["to"] == program.stages.index(stage)) & (column["outcome"] != PRESENT)
    counted = entered & (column["tick"] >= program.structure.start_tick)
    return set(column["key"][counted].tolist())
