"""From a tree to a scenario: everything that is wrong with it, its changes and its variants is found at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from funnelsim.scenario.checks import check
from funnelsim.scenario.messages import problems_of
from funnelsim.scenario.names import unknown_names
from funnelsim.scenario.problems import PathParts, Place, Problem, ScenarioError
from funnelsim.scenario.settings import SET, Setting, apply_settings, named_path, settings_of
from funnelsim.scenario.tree import NOWHERE, Fields, Leaf, Node, at, grow, matches, place_of, plain

if TYPE_CHECKING:
    from funnelsim.scenario.models import Scenario

S = TypeVar("S", bound="Scenario")


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
    scenario, found = _resolve(tree, model)
    problems += found
    if scenario is None or problems:
        raise ScenarioError(problems)
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
    tree = _fields(grow(scenario.data()))
    for name in without:
        tree = tree.drop(name)
    tree, problems = apply_settings(tree, type(scenario), settings)
    try:
        return build(tree, type(scenario), problems)
    except ScenarioError as error:
        raise ScenarioError(
            replace(problem, place=SET) if problem.place == NOWHERE else problem for problem in error.problems
        ) from None


def _resolve(tree: Fields, model: type[S]) -> tuple[S | None, list[Problem]]:
    """Validate a tree, each of its regimes and each of its variants."""
    scenario, problems = _examine(tree, model)
    # settings go into the canonical form, so that a path means the same in a sparse file and in a resolved one
    ground = _fields(grow(scenario.data() if scenario else plain(tree)))
    told = {(problem.path, problem.message) for problem in problems}
    for title, place, found in (*_regimes(tree, ground, model), *_variants(tree, ground, model)):
        for problem in found:
            if (problem.path, problem.message) not in told:
                where = place if problem.place == NOWHERE else problem.place
                problems.append(Problem(where, problem.path, f"{title}: {problem.message}"))
    return scenario, problems


def _regimes(tree: Fields, ground: Fields, model: type[S]) -> Iterator[tuple[str, Place, list[Problem]]]:
    """Yield what is wrong from each date of a change on."""
    regime = ground.drop("changes").drop("variants")
    told: list[Problem] = []  # what one change breaks is not told again of the next
    changes: dict[str, list[PathParts]] = {}
    for path, node in matches(tree, "changes.*.from"):
        if isinstance(node, Leaf) and isinstance(node.value, str):
            changes.setdefault(node.value, []).append((*path[:-1], "set"))
    for date, paths in sorted(changes.items()):
        settings = [setting for path in paths for setting in settings_of(at(tree, path))]
        regime, problems = apply_settings(regime, model, settings, values_only=True)
        problems += [problem for problem in _examine(regime, model)[1] if problem not in told]
        told += problems
        yield f"from {date} on", place_of(tree, paths[0]), problems


def _variants(tree: Fields, ground: Fields, model: type[S]) -> Iterator[tuple[str, Place, list[Problem]]]:
    """Yield what is wrong with each variant."""
    for path, settings in matches(tree, "variants.*.set"):
        variant, problems = apply_settings(ground.drop("variants"), model, settings_of(settings))
        yield f"in variant '{path[1]}'", place_of(tree, path), problems + _resolve(variant, model)[1]


def _examine(tree: Fields, model: type[S]) -> tuple[S | None, list[Problem]]:
    """Validate one tree by itself, without its changes and variants."""
    problems: list[Problem] = []
    scenario: S | None = None
    try:
        scenario = model.model_validate(plain(tree))
    except ValidationError as error:
        problems = problems_of(error, tree, model)
    problems += unknown_names(tree)
    if scenario and not problems:
        problems = [Problem(place_of(tree, path), named_path(tree, path), message) for path, message in check(scenario)]
    return scenario, problems


def _fields(tree: Node) -> Fields:
    assert isinstance(tree, Fields)
    return tree
