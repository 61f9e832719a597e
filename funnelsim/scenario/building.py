"""From a tree to a scenario: everything that is wrong with it, its changes and its variants is found at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from funnelsim.scenario.amounts import leads_fit
from funnelsim.scenario.budgeting import budget_settings
from funnelsim.scenario.cases import SOME, Case, starts
from funnelsim.scenario.checks import check
from funnelsim.scenario.dates import read_date
from funnelsim.scenario.guarding import GUARDING
from funnelsim.scenario.messages import problems_of
from funnelsim.scenario.names import unknown_names
from funnelsim.scenario.paths import parse_path
from funnelsim.scenario.problems import Finding, PathParts, Place, Problem, RefusedError, ScenarioError
from funnelsim.scenario.repairing import mended, unsure_by
from funnelsim.scenario.settings import SET, Setting, apply_settings, named_path, settings_of
from funnelsim.scenario.tree import NOWHERE, Fields, Leaf, Node, at, grow, matches, place_of, plain

if TYPE_CHECKING:
    from funnelsim.scenario.models import Scenario

S = TypeVar("S", bound="Scenario")

Unsure = frozenset[PathParts]
_Said = tuple[str, str]
"""A path and a message."""


def build(tree: Node, model: type[S], known: Iterable[Problem] = ()) -> S:
    """Make a scenario of a tree.

    Parameters
    ----------
    tree : Node
        The tree of the whole file, with what it extends.
    model : type
        The class to make.
    known : iterable of Problem
        What is wrong already, to be raised together with whatever is found here.

    Raises
    ------
    ScenarioError
        With all that is wrong with the scenario, its changes and its variants.
    """
    problems = list(known)
    if not isinstance(tree, Fields):
        message = "a scenario is a mapping of fields such as 'name: My funnel'"
        raise ScenarioError([*problems, Problem(tree.place, "", message)])
    scenario, found, _ = _resolve(tree, model, unsure_by(problems))
    problems += found
    if scenario is None or problems:
        raise ScenarioError(problems)
    scenario._tree = tree
    return scenario


def edited(scenario: S, settings: Iterable[Setting], without: Iterable[str] = ()) -> S:
    """Make another scenario by putting settings into one, and check it as a whole.

    Parameters
    ----------
    settings : iterable of Setting
        What to set.
    without : iterable of str
        Fields of the scenario that are taken back to their defaults first.

    Raises
    ------
    ScenarioError
        With unknown paths and all that is wrong with the new scenario.
    """
    tree, problems = apply_settings(_tree(scenario, without), type(scenario), settings)
    try:
        return build(tree, type(scenario), problems)
    except ScenarioError as error:
        raise ScenarioError(
            replace(problem, place=SET) if problem.place == NOWHERE else problem for problem in error.problems
        ) from None


def changed(scenario: S, settings: Iterable[Setting], without: Iterable[str] = ()) -> S:
    """Make the scenario that holds from a change on, which was checked when the whole was made."""
    tree, _ = apply_settings(_tree(scenario, without), type(scenario), settings)
    return type(scenario).model_validate(plain(tree))


def _tree(scenario: Scenario, without: Iterable[str]) -> Fields:
    tree = _fields(grow(scenario.data()))
    for name in without:
        tree = tree.drop(name)
    return tree


# ---------------------------------------------------------------- one scenario
@dataclass
class _Examined(Generic[S]):
    """One scenario by itself, without its changes and variants.

    Attributes
    ----------
    scenario : Scenario or None
        The scenario, where its parts are sound and its names exist.
    problems : list of Problem
        What is wrong with it.
    unsure : frozenset of path
        What could not be read.
    case : Case or None
        What could be read; None where that is too little.
    possible : set of (path, message)
        What would also be wrong if there were nothing in the place of all that could not be read.
    """

    scenario: S | None
    problems: list[Problem]
    unsure: Unsure
    case: Case | None = None
    possible: set[_Said] = field(default_factory=set)


_Moment = dt.datetime | None


def _examine(tree: Fields, model: type[S], unsure: Unsure, since: _Moment, until: _Moment) -> _Examined[S]:
    """Find what is wrong with one tree by itself, as it is between two moments."""
    scenario, problems = _validated(tree, model, unsure)
    read: S | None = scenario
    if problems:
        read, unread = mended(tree, model)
        unsure |= unread
    examined = _Examined(None if problems else scenario, problems, unsure)
    if read is not None:
        case = examined.case = Case(read, unsure, since, until)
        problems += [_problem(tree, finding) for finding in check(case)]
        if unsure:
            everything = check(replace(case, unsure=frozenset()))
            examined.possible = {(problem.path, problem.message) for problem in (_problem(tree, f) for f in everything)}
    return examined


def _problem(tree: Fields, finding: Finding) -> Problem:
    path, message = finding
    return Problem(place_of(tree, path), named_path(tree, path), message)


def _validated(tree: Fields, model: type[S], unsure: Unsure) -> tuple[S | None, list[Problem]]:
    """Read all parts of a tree and look for unknown names."""
    problems: list[Problem] = []
    scenario: S | None = None
    try:
        scenario = model.model_validate(plain(tree))
    except ValidationError as error:
        problems = problems_of(error, tree, model)
    unknown = unknown_names(tree, unsure)
    told = {problem.path for problem in unknown}  # a name that does not exist is not also of a wrong kind
    return scenario, [problem for problem in problems if problem.path not in told] + unknown


# ---------------------------------------------------------------- with its changes and variants
class _Found(NamedTuple):
    """What is wrong with a regime or variant, and what could be; its title and the place where it is written."""

    title: str
    place: Place
    problems: list[Problem]
    possible: set[_Said]

    def more(self, crowds: Iterable[tuple[int, Problem]], number: int) -> _Found:
        """Return what is found of the regime with a number, with where too many leads are written in it."""
        problems = [problem for regime, problem in crowds if regime == number]
        said = {(problem.path, problem.message) for problem in problems}
        return self._replace(problems=self.problems + problems, possible=self.possible | said)

    def titled(self, problem: Problem) -> Problem:
        """Return a problem as one of a regime or variant."""
        place = self.place if problem.place == NOWHERE else problem.place
        return Problem(place, problem.path, f"{self.title}: {problem.message}")


def _resolve(tree: Fields, model: type[S], unsure: Unsure) -> tuple[S | None, list[Problem], set[_Said]]:
    """Examine a tree, each of its regimes and each of its variants, which tell only what they add.

    Returns
    -------
    Scenario or None
        The scenario, where its parts are sound.
    list of Problem
        All that is wrong.
    set of (path, message)
        That, and all that could be wrong.
    """
    changes = _changes(tree)
    whole = _examine(tree, model, unsure, None, _first_after_start(tree, changes))
    # settings go into the canonical form, so that a path means the same in a sparse file and in a resolved one
    ground = _fields(grow(whole.case.scenario.data() if whole.case else plain(tree)))
    regimes = list(_regimes(tree, ground, model, whole.unsure, changes))
    crowds = list(_crowds(tree, whole, regimes))
    problems = whole.problems + [problem for number, problem in crowds if number == 0]
    told = {(problem.path, problem.message) for problem in problems} | whole.possible
    for found in chain(
        (found.more(crowds, number) for number, (found, _, _) in enumerate(regimes, 1)),
        _variants(tree, ground, model, whole.unsure),
        _budgets(tree, ground, model, whole.unsure),
    ):
        for problem in found.problems:
            if (problem.path, problem.message) not in told:
                problems.append(found.titled(problem))
        told |= {(path, f"{found.title}: {message}") for path, message in found.possible}
    return whole.scenario, problems, told | {(problem.path, problem.message) for problem in problems}


_Regime = tuple[_Found, Case | None, Fields]


def _crowds(tree: Fields, whole: _Examined[S], regimes: list[_Regime]) -> Iterator[tuple[int, Problem]]:
    """Yield where more leads are written than a run can hold: in the whole, or in which of the regimes."""
    cases = [whole.case, *(case for _, case, _ in regimes)]
    trees = [tree, *(regime for _, _, regime in regimes)]
    read = [case for case in cases if case is not None]
    for number, finding in leads_fit(read) if len(read) == len(cases) else ():
        yield number, _problem(trees[number], finding)


def _regimes(
    tree: Fields, ground: Fields, model: type[S], unsure: Unsure, changes: Mapping[str, list[PathParts]]
) -> Iterator[_Regime]:
    """Yield what is wrong from each date of a change on, with what holds then."""
    regime = _bare(ground).drop("changes").drop("budgets")
    told: set[_Said] = set()  # what one change breaks is not told again of the next
    moments = [_moment(date) for date in changes]
    for (date, paths), since, until in zip(changes.items(), moments, [*moments[1:], None], strict=False):
        settings = [setting for path in paths for setting in settings_of(at(tree, path))]
        regime, refused, unsure = _set(regime, model, settings, unsure, values_only=True)
        examined = _examine(regime, model, unsure, since, until)
        unsure = examined.unsure
        found = [p for p in (*refused, *examined.problems) if (p.path, p.message) not in told]
        told |= {(problem.path, problem.message) for problem in found} | examined.possible
        yield _Found(f"from {date} on", place_of(tree, paths[0]), found, set(told)), examined.case, regime


def _changes(tree: Fields) -> dict[str, list[PathParts]]:
    """Return by date, in order, where its settings stand."""
    changes: dict[str, list[PathParts]] = {}
    for path, node in matches(tree, "changes.*.from"):
        if isinstance(node, Leaf) and isinstance(node.value, str):
            changes.setdefault(node.value, []).append((*path[:-1], "set"))
    return dict(sorted(changes.items()))


def _moment(date: object) -> dt.datetime | None:
    try:
        return dt.datetime.combine(read_date(date), dt.time())
    except RefusedError:
        return None


def _first_after_start(tree: Fields, changes: Iterable[str]) -> dt.datetime | None:
    """Return when the first change takes hold, if it is not before the start."""
    start = tree.get("start")
    begin = _moment(start.value) if isinstance(start, Leaf) else None
    moments = (moment for moment in map(_moment, changes) if moment and begin and moment >= begin)
    return next(moments, None)


def _variants(tree: Fields, ground: Fields, model: type[S], unsure: Unsure) -> Iterator[_Found]:
    """Yield what is wrong with each variant."""
    for path, settings in matches(tree, "variants.*.set"):
        variant, refused, unread = _set(_bare(ground), model, settings_of(settings), unsure)
        _, problems, told = _resolve(variant, model, unread)
        told |= {(problem.path, problem.message) for problem in refused}
        yield _Found(f"in variant '{path[1]}'", place_of(tree, path), refused + problems, told)


def _budgets(tree: Fields, ground: Fields, model: type[S], unsure: Unsure) -> Iterator[_Found]:
    """Yield what is wrong with each budget."""
    alone = _bare(ground).drop("budgets")
    for path, node in matches(tree, "budgets.*"):
        settings = (
            node.get("set") if isinstance(node, Fields) and not {"set", "label"}.isdisjoint(node.entries) else node
        )
        wanted, relative = budget_settings(ground, settings_of(settings))
        budget, refused, unread = _set(alone, model, wanted, unsure)
        _, problems, told = _resolve(budget, model, unread)
        found = [*relative, *refused]
        told |= {(problem.path, problem.message) for problem in found}
        yield _Found(f"in budget '{path[1]}'", place_of(tree, path), found + problems, told)


def _bare(tree: Fields) -> Fields:
    """Return a tree without its variants and what guards it, which is not theirs."""
    for name in ("variants", *GUARDING):
        tree = tree.drop(name)
    return tree


def _set(
    tree: Fields, model: type[S], settings: Iterable[Setting], unsure: Unsure, *, values_only: bool = False
) -> tuple[Fields, list[Problem], Unsure]:
    """Put settings into what could be read of a tree: what they set is sure then, unless they are wrong."""
    problems, unread = [], unsure
    for setting in settings:
        parts = parse_path(setting.path)
        tree, refused = apply_settings(tree, model, [setting], values_only=values_only)
        if not refused:
            unsure = frozenset(path for path in unsure if not starts(parts, path))
        elif not any(starts(path, parts) for path in unread):
            problems += refused
        if refused:
            unsure |= {_meant(tree, parts)}
    return tree, problems, unsure


def _meant(tree: Fields, parts: PathParts) -> PathParts:
    """Return the place that a path is meant for; where there is none, any in the last that exists."""
    known = next(number for number in range(len(parts), -1, -1) if at(tree, parts[:number]) is not None)
    return parts if known == len(parts) else (*parts[:known], SOME)


def _fields(tree: Node) -> Fields:
    assert isinstance(tree, Fields)
    return tree
