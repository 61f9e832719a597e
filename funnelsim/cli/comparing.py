"""Which scenarios a comparison is of, and whether they can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from funnelsim.cli.asked import BASE, Asked
from funnelsim.scenario import shipped
from funnelsim.scenario.problems import listed, shown

if TYPE_CHECKING:
    from funnelsim.scenario import Scenario


def scenarios_to_compare(
    asked: Asked, path: Path, other: Path | None, variants: str, settings: Iterable[str], horizon: str | None
) -> dict[str, list[Scenario]]:
    """Return the scenarios that may be meant, by the names they are to be called."""
    names = [name.strip() for name in variants.split(",") if name.strip()]
    if other is not None:
        if names:
            asked.wrong("--variants", "give either two files or --variants, not both")
        if shipped.find(path).resolve() == shipped.find(other).resolve():
            asked.wrong(str(other), "this file is given twice; give another, or --variants")
            return {}
        loaded = {str(file): asked.scenario(file) for file in (path, other)}
        meant = {name: [scenario] for name, scenario in loaded.items() if scenario is not None}
    else:
        meant = _variants(asked, path, names)
    return {name: asked.with_settings(each, settings, horizon) for name, each in meant.items()}


def _variants(asked: Asked, path: Path, names: list[str]) -> dict[str, list[Scenario]]:
    scenario = asked.scenario(path)
    if scenario is None:
        return {}
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        asked.wrong("--variants", f"{shown(name)} stands there twice; name it once")
    if not names and not scenario.variants:
        asked.wrong(str(path), "it has no variants to compare; give a second file, or write variants")
    elif names and len(set(names)) < 2:
        there = listed([BASE, *scenario.variants], "and")
        asked.wrong("--variants", f"name at least two to compare, such as A,B (there are {there})")
    own = () if BASE in scenario.variants else (BASE,)
    return {name: asked.variant(scenario, name, "--variants") for name in names or (*own, *scenario.variants)}


def check_alike(asked: Asked, scenarios: Mapping[str, Scenario]) -> None:
    """Note where the figures of scenarios would not be of one time and one money."""
    from funnelsim.forecast.compare import SHARED

    (first, reference), *others = scenarios.items()
    for name, scenario in others:
        for field in SHARED:
            ours, theirs = (each.data()[field] for each in (scenario, reference))
            if ours != theirs:
                message = f"differs from {first} in {field} ({ours} and {theirs}), so that they cannot be compared"
                asked.wrong(name, f"{message}; set it for all with --set {quote(f'{field}={theirs}')}")
