"""The event log of one replication, from either engine, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from funnelsim.engines.philox import mix_keys
from funnelsim.engines.rows import COLUMNS, INACTIVE, OUTCOMES, WHYS
from funnelsim.program import Program, compile_scenario
from funnelsim.program import records as p
from funnelsim.program.calendar import DAY

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.scenario import Scenario

Engine = Literal["kernel", "simpy"]
ENGINES: tuple[Engine, ...] = ("kernel", "simpy")

MONEY = 10_000
"""Units of money in one of the currency (semantics, rule 2)."""

POINT = 1_000
"""Units of warmth in one point (semantics, rule 55)."""


def trace(scenario: Scenario, *, seed: int = 1, replication: int = 0, engine: Engine = "kernel") -> pd.DataFrame:
    """Run one replication and return its event log.

    Parameters
    ----------
    scenario : Scenario
    seed : int
        From 0 to 2**64 - 1.
    replication : int
        Which of the replications that `simulate` would run with this seed, from 0.
    engine : {"kernel", "simpy"}
        Both give the same table, bit for bit.

    Returns
    -------
    DataFrame
        One row an event, in order of time, then lead. Columns: `time` (days since the scenario's start; negative in
        the warm-up), `date`, `lead` (channel and number; of an open lead of a snapshot its id in the CRM, or else
        `open-` and its key), `channel`, `segment`, `stage` and `stream` (where the lead stood), `move` (the touch, or
        what of it was decided last, such as ``mail.open``; or the step that a script had come to), `attempt` (in this
        stay, from 1; of an extended deadline the number of the extension), `outcome` (see
        `rows.OUTCOMES`), `why` (of a touch that was withheld, see `rows.WHYS`), `to` (the stage where it came to
        stand, or the track where it stayed in its stage), `cost` and `value` (in the currency), `age` (days since the
        lead was created), `person` (team and name of who worked, or got the lead, or left it), `reason` (why the lead
        was led on), `content` (what was given with a touch), `warmth` (points that the lead then had, after the
        attempt, where it was one). Texts are categories; an empty text says that there is none.

    Raises
    ------
    ValueError
        For an unknown engine, or a seed or replication out of range.
    """
    program = compile_scenario(scenario)
    return log_frame(program, log_matrix(program, seed, replication, engine))


def log_matrix(program: Program, seed: int, replication: int, engine: Engine) -> p.IntArray:
    """Return the log of one replication as whole numbers: (rows, columns of `rows.LogRow`), in order (rule 8)."""
    if engine not in ENGINES:
        raise ValueError(f"no engine {engine!r}: take one of {', '.join(ENGINES)}")
    if not (0 <= seed < 1 << 64 and 0 <= replication < 1 << 63):
        raise ValueError(f"seed {seed} or replication {replication} is out of range: take whole numbers from 0")
    if engine == "simpy":
        from funnelsim.engines.reference import Funnel

        rows = Funnel(program, seed, replication).run()
        matrix = np.array([(row.tick, row.key - (row.key >> 63 << 64), *row[2:]) for row in rows], np.int64)
        return matrix.reshape(-1, len(COLUMNS))
    from funnelsim.engines.replicate import kernel_log

    matrix = kernel_log(program, seed, replication)
    keys = matrix[:, 1].astype(np.uint64)
    return np.asarray(matrix[np.lexsort((matrix[:, 2], keys, matrix[:, 0]))])


def log_frame(program: Program, matrix: p.IntArray) -> pd.DataFrame:
    """Return a log of whole numbers as a table with names, days and currency."""
    import pandas as pd

    column = dict(zip(COLUMNS, matrix.T, strict=True))
    start = program.structure.start_tick
    actions = (*program.moves, *program.rows)
    touched = np.array([bool(name) for name in program.rows], bool)[column["row"]] & (column["row"] >= 0)
    action = np.where(touched, len(program.moves) + column["row"], column["move"])

    def named(codes: p.IntArray, names: tuple[str, ...]) -> pd.Categorical[str]:
        unique = list(dict.fromkeys(("", *names)))
        places = np.array([unique.index(name) for name in (*names, "")], np.int64)
        return pd.Categorical.from_codes(places[codes], pd.Index(unique))

    channels = np.array(program.channels, object)[column["channel"]]
    return pd.DataFrame(
        {
            "time": (column["tick"] - start) / DAY,
            "date": np.datetime64(program.begin, "ms") + column["tick"].astype("timedelta64[ms]"),
            "lead": _leads(program, channels, column["number"], column["key"]),
            "channel": named(column["channel"], program.channels),
            "segment": named(column["segment"], program.segments),
            "stage": named(column["stage"], program.stages),
            "stream": named(column["stream"], program.streams),
            "move": named(action, actions),
            "attempt": column["attempt"],
            "outcome": named(column["outcome"], OUTCOMES),
            "why": named(np.where(column["outcome"] >= INACTIVE, column["outcome"] - INACTIVE, p.NONE), WHYS),
            "to": named(column["to"], (*program.stages, *program.streams)),
            "cost": column["cost"] / MONEY,
            "value": column["value"] / MONEY,
            "age": (column["tick"] - column["created"]) / DAY,
            "person": named(column["person"], program.people),
            "reason": named(column["reason"], program.reasons),
            "content": named(column["asset"], program.assets),
            "warmth": column["warmth"] / POINT,
        }
    )


def _leads(program: Program, channels: npt.NDArray[Any], numbers: p.IntArray, keys: p.IntArray) -> list[str]:
    """Return what leads are called: by channel and number, those of a snapshot as the program calls them."""
    mixed = np.zeros_like(program.structure.open_leads["key"])
    mix_keys(program.structure.open_leads["key"], mixed)
    known = dict(zip(mixed.astype(np.int64).tolist(), program.open_names, strict=True))
    rows = zip(channels.tolist(), numbers.tolist(), keys.tolist(), strict=True)
    return [known[key] if number == p.NONE else f"{channel}-{number}" for channel, number, key in rows]
