"""Rules about overheads: there must be something that they are shared out by."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.scenario.cases import Case
from funnelsim.scenario.problems import Finding
from funnelsim.scenario.routes import moves_of


def _shared_by_something(case: Case) -> Iterator[Finding]:
    """Refuse hours where nobody works, and touches where none is made."""
    scenario = case.scenario
    works = any(stage.team_of(move) for stage in scenario.stages.values() for move in stage.moves.values())
    works = works or any(move.team for _, move in moves_of(scenario))
    works = works or any(touch.team for touch in scenario.touches.values())
    touches = any(track.touch_names for track in scenario.tracks.values())
    touches = touches or any(move.touch for _, move in moves_of(scenario))
    there = {"hours": works, "touches": touches}
    missing = {
        "hours": "nobody works here, so that there are no hours; share it out by leads, or give a move a team",
        "touches": "nothing makes a touch here; share it out by leads, or give a stage a track",
    }
    for name, overhead in scenario.overheads.items():
        path = ("overheads", name, "by")
        if not there.get(overhead.by, True) and case.sure(path, "stages", "tracks", "touches", "teams"):
            yield path, missing[overhead.by]


SHARING_RULES = (_shared_by_something,)
