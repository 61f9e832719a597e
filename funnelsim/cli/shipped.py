"""The scenarios that come with funnelsim, which every command finds by name."""

from __future__ import annotations

import os
from pathlib import Path

import funnelsim as fs
from funnelsim.scenario.problems import listed, near_miss


def shipped() -> dict[str, Path]:
    """Return the scenarios that come with funnelsim, by name: in the package, or in a checkout in ``scenarios/``."""
    package = Path(fs.__file__).parent
    for folder in (package / "shipped", package.parent / "scenarios"):
        if files := sorted(folder.glob("*.yaml")):
            return {file.stem: file for file in files}
    return {}


def find(path: Path) -> Path:
    """Return a file as it was named, or the shipped scenario of this name where there is no such file."""
    name = str(path)
    return path if os.path.isfile(path) else shipped().get(name, path)


def otherwise(path: Path) -> str:
    """Say which shipped scenario may have been meant by a file that does not exist, and which there are."""
    names = shipped()
    near = near_miss(path.stem, names) if names else ""
    return f"; shipped scenarios: {listed(names, 'and')}{near}" if names else ""


def is_missing(path: Path) -> bool:
    """Say whether nothing at all is there."""
    try:
        return not path.exists()
    except (OSError, ValueError):
        return False
