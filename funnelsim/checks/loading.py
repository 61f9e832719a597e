"""Scenarios with their thresholds: what is promised of figures that there are not is refused on loading."""

from __future__ import annotations

import os

from funnelsim.scenario import Scenario
from funnelsim.scenario import load as load_scenario
from funnelsim.scenario import loads as load_text


def load(path: str | os.PathLike[str], variant: str | None = None) -> Scenario:
    """Load a scenario from a file.

    Parameters
    ----------
    path : path
        A YAML file, or the name of a scenario that comes with funnelsim, such as ``trunk``; a file that is there goes
        first. What it ``extends`` and other files that it names are looked for in its folder.
    variant : str, optional
        Return this variant instead of the scenario itself.

    Returns
    -------
    Scenario
        Frozen, resolved and checked, with all its changes, variants and thresholds.

    Raises
    ------
    ScenarioError
        With everything that is wrong, each with file, line and column.
    """
    scenario = _checked(load_scenario(path))
    return scenario if variant is None else scenario.variant(variant)


def loads(text: str, name: str = "<text>") -> Scenario:
    """Load a scenario from YAML text, which cannot refer to files.

    Parameters
    ----------
    text : str
        The whole file.
    name : str
        What to call it in messages.

    Raises
    ------
    ScenarioError
        With everything that is wrong.
    """
    return _checked(load_text(text, name))


def _checked(scenario: Scenario) -> Scenario:
    """Return a scenario whose thresholds are about figures that it has; without any nothing more is loaded."""
    if scenario.thresholds or any(variant.thresholds for variant in scenario.variants.values()):
        from funnelsim.checks.guards import guards_of

        guards_of(scenario)
    return scenario
