"""What a scenario has that metrics are about: stages, teams, reasons, and what can happen to leads there."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from funnelsim.program import Program
    from funnelsim.scenario import Scenario
    from funnelsim.scenario.models import Move


class Vocabulary(NamedTuple):
    """The names that the places of a metric's name can stand for, by what they have in common."""

    stages: tuple[str, ...]
    teams: tuple[str, ...]
    working: tuple[str, ...]
    """Teams whose people make attempts."""
    owning: tuple[str, ...]
    """Teams that own leads."""
    limited: tuple[str, ...]
    """Teams for which only so many can wait, at the end of the run."""
    followed: tuple[str, ...]
    """Stages in which owners make attempts."""
    extended: tuple[str, ...]
    """Stages with deadlines that can be put off."""
    rejecting: tuple[str, ...]
    """Stages from which leads can be sent back as not meeting the definition."""
    stated: tuple[str, ...]
    """Stages before the won with a stated win rate."""
    weighed: tuple[str, ...]
    """The same, where a win has a value."""
    selling: tuple[str, ...]
    """Stages of sales: with an owner, or a stated win rate before the won."""
    sqls: tuple[str, ...]
    """Stages of SQLs that have an owner."""
    losing: tuple[str, ...]
    """Reasons for which leads are lost."""
    dialling: tuple[str, ...]
    """Moves with a script, or that need several successes."""


NEEDS = {
    "teams": "a team",
    "working": "a team with work",
    "owning": "a stage with an owner",
    "limited": "a team with a queue_limit",
    "followed": "a stage with an owner and work",
    "extended": "a deadline with 'extend'",
    "rejecting": "a way out of a stage with 'as: rejected'",
    "stated": "a stage with a win_rate between 0% and 100%",
    "weighed": "a stage with a win_rate between 0% and 100%, and one of the won with a value",
    "selling": "a stage with an owner, or with a win_rate below 100%",
    "sqls": "a stage 'sql' with an owner",
    "losing": "a way out of a stage",
    "dialling": "a move with a script, or with needs above 1",
}
"""What a scenario must have for there to be such names."""


class _Same:
    """A scenario that is equal to itself alone: comparing what it says takes longer than what is kept here."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario

    def __hash__(self) -> int:
        return id(self.scenario)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.scenario is self.scenario


def vocabulary_of(scenario: Scenario) -> Vocabulary:
    """Return what a scenario has that metrics are about."""
    return _vocabulary_of(_Same(scenario))


@lru_cache(maxsize=64)
def _vocabulary_of(same: _Same) -> Vocabulary:
    from funnelsim.program import compile_scenario

    return vocabulary(same.scenario, compile_scenario(same.scenario))


def vocabulary(scenario: Scenario, program: Program) -> Vocabulary:
    """Return what a scenario and the program it compiles to have that metrics are about."""
    import numpy as np

    from funnelsim.program import records as p

    structure, flags = program.structure, program.structure.stage_flags
    moves, stages = structure.moves, program.stages
    in_stages = moves["container"] < len(stages)

    def named(chosen: Iterable[int], names: tuple[str, ...]) -> tuple[str, ...]:
        places = {int(place) for place in chosen if place >= 0}
        return tuple(name for place, name in enumerate(names) if place in places)

    def flagged(bits: int) -> tuple[str, ...]:
        return tuple(stage for stage, of in zip(stages, flags, strict=True) if of & bits)

    stated = flagged(p.PIPELINE)
    queue_limits = program.recipes.staff[structure.cell_regime[-1], :, -1]
    return Vocabulary(
        stages=stages,
        teams=program.teams,
        working=named(moves["team"], program.teams),
        owning=named(structure.owner, program.teams),
        limited=named(np.flatnonzero(queue_limits >= 0), program.teams),
        followed=named(moves["container"][moves["owned"] == 1], stages),
        extended=named(moves["container"][in_stages & (program.recipes.extend[0, :, 0] >= 0)], stages),
        rejecting=_rejecting(scenario, program),
        stated=stated,
        weighed=stated if any(stage.value is not None for stage in scenario.stages.values()) else (),
        selling=flagged(p.SALES),
        sqls=flagged(p.SQL),
        losing=_losing(program),
        dialling=tuple(program.moves[move] for move in dialling_moves(program)),
    )


def dialling_moves(program: Program) -> list[int]:
    """Return the moves with a script, or that need several successes, at any time of the run."""
    from funnelsim.program import records as p

    records, needs = program.recipes.parameters, program.recipes.needs
    several = (records["belief"][needs] != p.FIXED) | (records["first"][needs] != 1)
    return [
        move
        for move, num_steps in enumerate(program.structure.moves["num_steps"].tolist())
        if num_steps > 0 or several[:, move].any()
    ]


# ---------------------------------------------------------------- where leads can go
def tracks_and_ways(scenario: Scenario) -> tuple[dict[str, set[str]], set[tuple[str, str]]]:
    """Return the tracks that leads in each stage may be in, and the pairs of stages that one move joins."""
    pairs = {
        (name, target) for name, stage in scenario.stages.items() for target in _targets(stage.moves.values()) if target
    }
    for stage_name, stage in scenario.stages.items():
        recycling = None if stage.owner is None else scenario.teams[stage.owner].recycle_after
        pairs |= {(stage_name, recycling.to)} if recycling else set()
    tracks: dict[str, set[str]] = {
        name: {stage.track} & set(scenario.tracks) for name, stage in scenario.stages.items()
    }
    while True:  # a stage that keeps the track of those who come is joined by the moves of any they may bring
        size = len(pairs) + sum(map(len, tracks.values()))
        for name in scenario.stages:
            pairs |= {(name, target) for track in tracks[name] for target in _track_targets(scenario, track) if target}
        for before, after in pairs:
            if scenario.stages[after].track == "keep":
                tracks[after] |= tracks[before]
        if size == len(pairs) + sum(map(len, tracks.values())):
            return tracks, pairs


def _targets(moves: Iterable[Move]) -> Iterable[str | None]:
    return [
        target for move in moves for target in (move.to, move.else_, *(step.else_ for step in move.script.values()))
    ]


def _track_targets(scenario: Scenario, name: str) -> list[str | None]:
    track = scenario.tracks[name]
    exhausted = None if track.exhausted is None else track.exhausted.to
    return [track.on_response.to, exhausted, *_targets(track.moves.values())]


def _losing(program: Program) -> tuple[str, ...]:
    """Return the reasons for which leads can be lost.

    A step that leads nowhere gives none. Nor does a certain move that is the only one of its stage or track, such as
    that of a pool from which leads come back after a month: it puts an end to nothing else that can happen there.
    """
    moves, rows, first = program.structure.moves, program.structure.rows, program.structure.first_move
    used = {int(row["reason"]) for row in rows if row["otherwise"] >= 0}
    for move, record in enumerate(moves):
        container = record["container"]
        alone = container < len(first) - 1 - len(program.teams) and first[container + 1] - first[container] == 1
        written = program.reasons[record["to_reason"]] != program.moves[move]
        if record["to"] >= 0 and (written or not (alone and record["deadline"] == 1)):
            used.add(int(record["to_reason"]))
        if record["otherwise"] >= 0:
            used.add(int(record["else_reason"]))
    reasons = zip(program.reasons, program.losing, strict=True)
    return tuple(name for place, (name, losing) in enumerate(reasons) if losing and place in used)


def _rejecting(scenario: Scenario, program: Program) -> tuple[str, ...]:
    """Return the stages from which a move of the stage, or of a track followed there, leads away as rejected."""
    from funnelsim.engines.tables import REJECTED

    structure, names = program.structure, (*program.stages, *program.streams)
    stages, streams = set[str](), set[str]()
    for record in structure.moves:
        rows = structure.rows[record["first_row"] : record["first_row"] + record["num_rows"] + record["num_steps"]]
        reasons = [int(reason) for reason in (record["to_reason"], record["else_reason"], *rows["reason"])]
        container = int(record["container"])
        if container < len(names) and any(program.reasons[reason] == REJECTED for reason in reasons if reason >= 0):
            (stages if container < len(program.stages) else streams).add(names[container])
    tracks = tracks_and_ways(scenario)[0] if streams else {}
    return tuple(name for name in program.stages if name in stages or tracks.get(name, set()) & streams)
