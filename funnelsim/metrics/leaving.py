"""Where leads stall, where they leave, and by which ways (DOMAIN D4.4)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xarray as xr

from funnelsim.metrics.frames import frame, in_all
from funnelsim.program import compile_scenario
from funnelsim.program import records as p

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from funnelsim.metrics.statistics import Array
    from funnelsim.program import Program
    from funnelsim.scenario import Scenario


def where_leads_leave(data: xr.Dataset) -> pd.DataFrame:
    """Return exits and stalled leads by stage and by track; see `Result.where_leads_leave`."""
    counted = {
        "stage": {
            "came": in_all(data["entries"], "stage"),
            "left": in_all(data["exits"], "stage"),
            "there": _at_the_end(data["standing"], "stage"),
            "stalled": _at_the_end(data["stalled"], "stage"),
        }
    }
    if "joined" in data:
        counted["track"] = {
            "came": in_all(data["joined"], "track"),
            "left": in_all(data["left"], "track"),
            "there": _at_the_end(data["standing_track"], "track"),
            "stalled": _at_the_end(data["stalled_track"], "track"),
        }
    kinds = [kind for kind in counted for _ in range(data.sizes[kind])]
    names = [str(name) for kind in counted for name in data[kind].to_numpy()]
    columns = {
        column: np.concatenate([found[column] for found in counted.values()], axis=1) for column in counted["stage"]
    }
    return frame({"kind": kinds, "name": names}, columns)


def _at_the_end(level: xr.DataArray, dim: str) -> Array:
    return in_all(level.isel(period=-1), dim)


# ---------------------------------------------------------------- ways
OPTED_OUT = "opted_out"
"""Why a lead leaves its track that opts out and is led nowhere."""


class Way(NamedTuple):
    """How leads are led on."""

    kind: str
    name: str
    """Of the stage, track or team whose move it is."""
    reason: str
    to: str
    """Empty where it only leaves the track."""


def ways_out(data: xr.Dataset, scenario: Scenario) -> pd.DataFrame:
    """Return by which ways leads were led on; see `Result.ways_out`."""
    program = compile_scenario(scenario)
    gone: dict[Way, Array] = defaultdict(lambda: np.zeros(data.sizes["replication"]))
    for way, leads in _led(data, program):
        gone[way] += leads
    exits = in_all(data["exits"], "stage").T
    for stage, left in zip(program.stages, exits, strict=True):
        known = sum((leads for way, leads in gone.items() if way[:2] == ("stage", stage)), np.zeros(len(left)))
        gone[Way("stage", stage, "", "")] += left - known
    order = {
        (kind, name): place
        for kind, names in (("stage", program.stages), ("track", program.streams), ("team", program.teams))
        for place, name in enumerate(names)
    }
    kinds = ("stage", "track", "team")
    ways = sorted(
        (way for way, leads in gone.items() if leads.any()),
        key=lambda way: (kinds.index(way.kind), order[way.kind, way.name], not way.reason, -gone[way].mean()),
    )
    labels = {field: [getattr(way, field) for way in ways] for field in Way._fields}
    none = np.zeros((data.sizes["replication"], 0))
    return frame(labels, {"leads": np.stack([gone[way] for way in ways], axis=1) if ways else none})


def _led(data: xr.Dataset, program: Program) -> Iterator[tuple[Way, Array]]:
    """Yield every way of every move, with the leads (replication,) that it led on."""
    ended = {outcome: in_all(data["attempts"].sel(outcome=outcome), "row") for outcome in ("succeeded", "exhausted")}
    given_up = in_all(data["given_up"], "move")
    for move, record in enumerate(program.structure.moves):
        place = _place(program, int(record["container"]))
        last = int(record["first_row"] + record["num_rows"] + record["num_steps"]) - 1
        yield _way(program, place, record["otherwise"], record["else_reason"]), given_up[:, move]
        if record["num_turns"] == 0:
            led = in_all(data["led"], "move")[:, move] if "led" in data else ended["succeeded"][:, last]
            yield _way(program, place, record["to"], record["to_reason"]), led * (record["to"] >= 0)
        for row in range(int(record["first_row"]), last + 1):
            written = program.structure.rows[row]
            if written["otherwise"] >= 0:  # a step of a script that loses leads
                yield _way(program, place, written["otherwise"], written["reason"]), ended["exhausted"][:, row]
            leaves_track = written["role"] == p.OPT_OUT and place[0] == "track"
            if leaves_track or (written["role"] != p.PLAIN and written["to"] >= 0):
                yield _way(program, place, written["to"], written["to_reason"]), ended["succeeded"][:, row]


def _way(program: Program, place: tuple[str, str], to: int, reason: int) -> Way:
    names = (*program.stages, *program.streams, "")
    return Way(*place, program.reasons[reason] if reason >= 0 else OPTED_OUT, names[to])


def _place(program: Program, container: int) -> tuple[str, str]:
    """Return of what a container is one, and its name."""
    stages, streams = len(program.stages), len(program.streams)
    if container < stages:
        return "stage", program.stages[container]
    if container < stages + streams:
        return "track", program.streams[container - stages]
    return "team", program.teams[container - stages - streams]
