"""What a shell completes: names of scenarios, files and variants."""

from __future__ import annotations

from pathlib import Path

import typer

from funnelsim.scenario import ScenarioError, load, shipped


def scenario_names(incomplete: str) -> list[str]:
    """Return the shipped scenarios and the scenario files beside what has been written, that begin so."""
    folder = Path(incomplete if incomplete.endswith("/") else Path(incomplete).parent)
    try:
        files = sorted(str(path) for path in folder.iterdir() if path.suffix in (".yaml", ".yml"))
    except OSError:
        files = []
    return [name for name in (*shipped.shipped(), *files) if name.startswith(incomplete)]


def variant_names(context: typer.Context, incomplete: str) -> list[str]:
    """Return the variants of the scenario that has been named; after a comma the next of several."""
    before, comma, last = incomplete.rpartition(",")
    words = (context.params.get("scenario"), *context.args)  # a command line that is not whole leaves words over
    named = next((word for word in words if word and not str(word).startswith("-")), "")
    try:
        names = load(shipped.find(Path(str(named)))).variants
    except ScenarioError:
        return []
    return [f"{before}{comma}{name}" for name in names if name.startswith(last)]
