"""What a scenario has that metrics are about: stages, teams, touches, reasons, and what can happen to leads there."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

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
    served: tuple[str, ...]
    """All stages, where a team has work."""
    touching: tuple[str, ...]
    """Touches that a track or a move makes."""
    opening: tuple[str, ...]
    """Those of them that can be opened."""
    clicking: tuple[str, ...]
    opting_out: tuple[str, ...]
    """Those of them after which a lead can opt out."""
    withholding: tuple[str, ...]
    """Why touches can be withheld."""
    postponing: tuple[str, ...]
    """What limits of contact that put touches off are for."""
    nurturing: tuple[str, ...]
    """All stages, where there are touches."""
    tracks: tuple[str, ...]
    warming: tuple[str, ...]
    """Touches and moves that give points."""
    fitted: tuple[str, ...]
    """Stages of the won, where leads have points for what they are."""
    overheads: tuple[str, ...]


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
    "served": "a team with work",
    "touching": "a touch that a track or a move makes",
    "opening": "a touch with 'open'",
    "clicking": "a touch with 'click'",
    "opting_out": "a touch with 'opt_out'",
    "withholding": "a touch that a track or a move makes",
    "postponing": "a limit of contact that postpones",
    "nurturing": "a touch that a track or a move makes",
    "tracks": "a track",
    "warming": "a touch or a move with 'warmth'",
    "fitted": "a stage of the won, and 'fit' in scoring",
    "overheads": "an overhead",
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
    return vocabulary(same.scenario, _program_of(same))


def program_of(scenario: Scenario) -> Program:
    """Return what a scenario compiles to; the same scenario is compiled once."""
    return _program_of(_Same(scenario))


@lru_cache(maxsize=64)
def _program_of(same: _Same) -> Program:
    from funnelsim.program import compile_scenario

    return compile_scenario(same.scenario)


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

    working, stated = named(moves["team"], program.teams), flagged(p.PIPELINE)
    touching = named(structure.turns["touch"], program.touches)
    queue_limits = program.recipes.staff[structure.cell_regime[-1], :, -1]
    return Vocabulary(
        stages=stages,
        teams=program.teams,
        working=working,
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
        served=stages if working else (),
        touching=touching,
        opening=_with_row(program, p.OPEN),
        clicking=_with_row(program, p.CLICK),
        opting_out=_with_row(program, p.OPT_OUT),
        withholding=_withholding(scenario, program) if touching else (),
        postponing=tuple(kind for kind, limit in scenario.limits.items() if limit.beyond == "postpone"),
        nurturing=stages if touching else (),
        tracks=program.streams,
        warming=_warming(program),
        fitted=flagged(p.WON) if scenario.scoring.fit else (),
        overheads=program.overheads.names,
    )


def _with_row(program: Program, role: int) -> tuple[str, ...]:
    """Return the touches that some move makes whose chain has a row of this role."""
    rows, turns = program.structure.rows, program.structure.turns
    found = {int(turn["touch"]) for turn in turns if role in rows["role"][turn["first_row"] : turn["end_row"]]}
    return tuple(name for place, name in enumerate(program.touches) if place in found)


def _withholding(scenario: Scenario, program: Program) -> tuple[str, ...]:
    """Return why touches can be withheld, in the order of `rows.WHYS`."""
    from funnelsim.engines.rows import WHYS
    from funnelsim.program import records as p

    drops = any(limit.beyond == "drop" for limit in scenario.limits.values())
    meant = any(touch.if_ for touch in scenario.touches.values())
    can_be = (True, meant, drops, bool(program.assets), bool(_with_row(program, p.OPT_OUT)))
    return tuple(why.replace(" ", "_") for why, can in zip(WHYS, can_be, strict=True) if can)


def _warming(program: Program) -> tuple[str, ...]:
    """Return the touches and the moves that give points, or take some away."""
    recipes, turns = program.recipes, program.structure.turns
    rows = {int(row) for row in (recipes.row_points >= 0).nonzero()[1]}
    touches = {int(turn["touch"]) for turn in turns if rows & set(range(turn["first_row"], turn["end_row"]))}
    moves = {int(move) for move in (recipes.move_points >= 0).nonzero()[1]}
    named = [name for place, name in enumerate(program.touches) if place in touches]
    return (*named, *(name for place, name in enumerate(program.moves) if place in moves))


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
    tracks = {name: set(stage.may_join) & set(scenario.tracks) for name, stage in scenario.stages.items()}
    pairs = set[tuple[str, str]]()
    for name, stage in scenario.stages.items():
        recycling = None if stage.owner is None else scenario.teams[stage.owner].recycle_after
        ways = [*_ways_of_moves(scenario, stage.moves.values()), *([recycling] if recycling else [])]
        pairs |= {(name, target) for target in (*stages_of(ways), *stage.score)}
        tracks[name] |= tracks_of(ways)
    while True:  # a stage that keeps the track of those who come is joined by the moves of any they may bring
        size = len(pairs) + sum(map(len, tracks.values()))
        for name in scenario.stages:
            ways = [way for track in tracks[name] for way in _ways_of_track(scenario, track)]
            pairs |= {(name, target) for target in stages_of(ways)}
            tracks[name] |= tracks_of(ways)
        for before, after in pairs:
            if "keep" in scenario.stages[after].may_join:
                tracks[after] |= tracks[before]
        if size == len(pairs) + sum(map(len, tracks.values())):
            return tracks, pairs


def stages_of(ways: Iterable[Any]) -> set[str]:
    """Return the stages that ways lead to."""
    return {way.to for way in ways if way is not None and way.to is not None}


def tracks_of(ways: Iterable[Any]) -> set[str]:
    """Return the tracks that ways lead to."""
    return {way.track for way in ways if getattr(way, "track", None) is not None}


def _ways_of_moves(scenario: Scenario, moves: Iterable[Move]) -> list[Any]:
    """Return the ways of moves, those of their scripts and of the touches that they make."""
    found: list[Any] = []
    for move in moves:
        found += [move.way, move.else_way, *(step.else_way for step in move.script.values())]
        found += _ways_of_touches(scenario, [] if move.touch is None else [move.touch])
    return found


def _ways_of_touches(scenario: Scenario, touches: Iterable[str]) -> list[Any]:
    return [way for name in touches for way in scenario.touches[name].ways]


def _ways_of_track(scenario: Scenario, name: str) -> list[Any]:
    track = scenario.tracks[name]
    ends = [part for part in (track.on_response, track.on_opt_out, track.exhausted, track.ends) if part is not None]
    own = [part.way for part in (*ends, *track.transition_rules)]
    return [*own, *_ways_of_touches(scenario, track.touch_names), *_ways_of_moves(scenario, track.moves.values())]


def _losing(program: Program) -> tuple[str, ...]:
    """Return the reasons for which leads can be lost.

    A step that leads nowhere gives none. Nor does a certain move that is the only one of its stage or track, such as
    that of a pool from which leads come back after a month: it puts an end to nothing else that can happen there. Nor
    does a rule, such as a score that is high enough, nor a way into another track.
    """
    from funnelsim.program import records as p

    moves, rows, first = program.structure.moves, program.structure.rows, program.structure.first_move
    used = {int(row["reason"]) for row in rows if row["otherwise"] >= 0}
    stages = range(len(program.stages))
    used |= {int(row["to_reason"]) for row in rows if row["to"] in stages}
    for move, record in enumerate(moves):
        container = record["container"]
        alone = container < len(first) - 1 - len(program.teams) and first[container + 1] - first[container] == 1
        written = program.reasons[record["to_reason"]] != program.moves[move]
        certain = record["deadline"] == 1
        if record["to"] in stages and (written or not (certain and (alone or record["trigger"] == p.ON_RULE))):
            used.add(int(record["to_reason"]))
        if record["otherwise"] in stages:
            used.add(int(record["else_reason"]))
    reasons = zip(program.reasons, program.losing, strict=True)
    return tuple(name for place, (name, losing) in enumerate(reasons) if losing and place in used)


def _rejecting(scenario: Scenario, program: Program) -> tuple[str, ...]:
    """Return the stages from which a move of the stage, or of a track followed there, leads away as rejected."""
    from funnelsim.program.reasons import REJECTED

    structure, names = program.structure, (*program.stages, *program.streams)
    stages, streams = set[str](), set[str]()
    for record in structure.moves:
        rows = structure.rows[record["first_row"] : record["first_row"] + record["num_rows"] + record["num_steps"]]
        written = (record["to_reason"], record["else_reason"], *rows["reason"], *rows["to_reason"])
        reasons = [int(reason) for reason in written]
        container = int(record["container"])
        if container < len(names) and any(program.reasons[reason] == REJECTED for reason in reasons if reason >= 0):
            (stages if container < len(program.stages) else streams).add(names[container])
    tracks = tracks_and_ways(scenario)[0] if streams else {}
    return tuple(name for name in program.stages if name in stages or tracks.get(name, set()) & streams)
