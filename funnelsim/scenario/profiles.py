"""Rules about what leads are: their own shares of traits, what is observed of them, criteria, and points."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from funnelsim.scenario.cases import Case
from funnelsim.scenario.conditions import Conditions
from funnelsim.scenario.frameworks import NEEDED, SHIPPED, SYNONYMS, criteria_of, observations_of, trait_for
from funnelsim.scenario.problems import Finding, PathParts, listed
from funnelsim.scenario.quantities import bounds
from funnelsim.scenario.routes import moves_of

if TYPE_CHECKING:
    from funnelsim.scenario.models import Move, Qualify, Scenario


# ---------------------------------------------------------------- what is observed
def _observed_differ_from_traits(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    for name, observed in scenario.observed.items():
        if name in scenario.traits:
            message = f"there is a trait '{name}' already; call what is seen of it otherwise, such as '{name}_seen'"
            yield ("observed", name), message
        if len(scenario.traits[observed.of]) == 1 and case.sure(("traits", observed.of)):
            message = f"trait '{observed.of}' has one value, so that nothing else could be seen"
            yield ("observed", name, "of"), f"{message}; give it another, or leave this out"


# ---------------------------------------------------------------- criteria
def _frameworks_are_new(case: Case) -> Iterator[Finding]:
    for name in case.scenario.frameworks:
        if name in SHIPPED:
            criteria = ", ".join(SHIPPED[name])
            yield ("frameworks", name), f"'{name}' is there already, with {criteria}; choose another name"


def _criteria_have_traits(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    if not case.sure("traits", "observed", "frameworks"):
        return
    for path, move in moves_of(scenario):
        if move.qualify is None or not case.sure((*path, "qualify")):
            continue
        places = _places_of_criteria(scenario, (*path, "qualify", "by"), move.qualify)
        faults = [(place, fault) for place, name in places for fault in _criterion(scenario, name)]
        yield from faults
        if not faults:
            if move.qualify.sees == "observed":
                yield from (((*path, "qualify", "by"), fault) for fault in _unobserved(scenario, move.qualify))
            yield from _what_is_required(scenario, (*path, "qualify"), move.qualify)


def _places_of_criteria(scenario: Scenario, path: PathParts, qualify: Qualify) -> list[tuple[PathParts, str]]:
    """Return the criteria of a move with where each is written; of a shipped framework, where that is named."""
    criteria = criteria_of(scenario, qualify)
    if qualify.by in scenario.frameworks:
        path = ("frameworks", str(qualify.by))
    elif isinstance(qualify.by, str):
        return [(path, name) for name in criteria]
    return [((*path, number), name) for number, name in enumerate(criteria)]


def _criterion(scenario: Scenario, name: str) -> Iterator[str]:
    trait = trait_for(scenario, name)
    if trait is None:
        if name in scenario.observed:
            of = scenario.observed[name].of
            yield f"'{name}' is what is seen of a trait; write '{of}' here, and sees: observed"
            return
        names = [name, *SYNONYMS.get(name, ())]
        called = listed(f"'{other}'" for other in names if other != "time")  # the name of a column
        yield f"no trait says whether a lead meets the criterion '{name}'; add a trait {called} with yes and no"
    elif missing := [value for value in NEEDED if value not in scenario.traits[trait]]:
        message = f"the criterion '{name}' is met where trait '{trait}' is yes, but it has no value"
        yield f"{message} {listed(map(repr, missing))}; give it the values yes and no"


def _unobserved(scenario: Scenario, qualify: Qualify) -> Iterator[str]:
    for trait in dict.fromkeys(trait_for(scenario, name) for name in criteria_of(scenario, qualify)):
        assert trait is not None
        seen = observations_of(scenario, trait)
        if not seen:
            observed = f"{{{trait}_seen: {{of: {trait}, error: 10%}}}}"
            yield f"nothing is observed of trait '{trait}'; write observed: {observed}, or sees: truth"
        elif len(seen) > 1:
            yield f"trait '{trait}' is observed as {listed(seen, 'and')}, so that it is open which counts; keep one"


def _what_is_required(scenario: Scenario, path: PathParts, qualify: Qualify) -> Iterator[Finding]:
    number = len(criteria_of(scenario, qualify))
    there = "there is 1 criterion" if number == 1 else f"there are {number} criteria"
    if not isinstance(qualify.require, str) and bounds(qualify.require)[0] > number:
        least = f"{bounds(qualify.require)[0]:g}"
        yield (*path, "require"), f"{there}, so that no lead meets {least}; lower it, or write all"
    if qualify.require == "none" and qualify.weigh == 1:
        message = "nothing comes of these criteria: none is required, and none weighs anything"
        yield path, f"{message}; write 'require' or 'weigh', or leave it out"


# ---------------------------------------------------------------- points
_OF_POINTS = ("scoring", "touches", "stages.*.moves", "tracks.*.moves")


def _points_come_from_somewhere(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    if not case.sure(*_OF_POINTS) or _gives_points(scenario):
        return
    message = "no lead ever has a point, since nothing gives any; write scoring.fit, or the warmth of touches and moves"
    yield from ((path, message) for path in _asking_for_points(scenario))


def _gives_points(scenario: Scenario) -> bool:
    touches = scenario.touches.values()
    warmth = [move.warmth for _, move in moves_of(scenario)]
    warmth += [number for touch in touches for number in (touch.warmth, *(s.warmth for s in touch.steps.values()))]
    return any(number != 0 for number in warmth) or any(scenario.scoring.fit.values())


def _asking_for_points(scenario: Scenario) -> Iterator[PathParts]:
    for name, stage in scenario.stages.items():
        yield from (("stages", name, "score", target) for target in stage.score)
    for path, move in moves_of(scenario):
        if move.trigger is not None and move.trigger.score is not None:
            yield (*path, "trigger", "score")
    yield from ((*path, "score") for path, conditions in conditions_in(scenario) if "score" in conditions.ranges)


def conditions_in(scenario: Scenario) -> Iterator[tuple[PathParts, Conditions]]:
    """Yield all conditions of a scenario with their paths."""
    for name, team in scenario.teams.items():
        yield from ((("teams", name, "assign", number, "if"), rule.if_) for number, rule in enumerate(team.assign))
    for name, stage in scenario.stages.items():
        if not isinstance(stage.track, str):
            yield from ((("stages", name, "track", number, "if"), rule.if_) for number, rule in enumerate(stage.track))
    yield from ((("touches", name, "if"), touch.if_) for name, touch in scenario.touches.items())
    for name, track in scenario.tracks.items():
        if track.paused is not None:
            yield ("tracks", name, "paused"), track.paused
        for number, transition in enumerate(track.transition_rules):
            yield ("tracks", name, "transition_rules", number, "if"), transition.if_
    for path, move in moves_of(scenario):
        if move.trigger is not None and move.trigger.when is not None:
            yield (*path, "trigger", "when"), move.trigger.when


# ---------------------------------------------------------------- odds
def _odds_by_stage_vary(case: Case) -> Iterator[Finding]:
    for path, move in moves_of(case.scenario):
        if path[0] == "stages" and move.touch is None:
            for place, odds in _odds_of(path, move):
                if odds:
                    message = f"a move of stage '{path[1]}' is made there and nowhere else, so that odds by stage say"
                    yield (*place, "odds", "stage"), f"{message} nothing more; write its chance instead"


def _odds_of(path: PathParts, move: Move) -> Iterator[tuple[PathParts, bool]]:
    yield path, bool(move.odds.stage)
    yield from (((*path, "script", name), bool(step.odds.stage)) for name, step in move.script.items())


PROFILE_RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    _observed_differ_from_traits,
    _frameworks_are_new,
    _criteria_have_traits,
    _points_come_from_somewhere,
    _odds_by_stage_vary,
)
"""The rules of this module, each yielding what is wrong with a scenario."""
