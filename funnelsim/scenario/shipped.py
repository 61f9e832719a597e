"""The scenarios that come with funnelsim, which `load` and every command find by name."""

from __future__ import annotations

import os
from pathlib import Path

from funnelsim.scenario.problems import listed, near_miss

_PACKAGE = Path(__file__).parents[1]

EVIDENCE = "evidence.yaml"
"""The table of evidence, which lies among the scenarios."""


def shipped() -> dict[str, Path]:
    """Return the scenarios that come with funnelsim, by name: in the package, or in a checkout in ``scenarios/``.

    One in a folder of its own has the folder in its name, as in ``markets/consumer``.
    """
    folder = _folder()
    there = {file.relative_to(folder).with_suffix("").as_posix(): file for file in _files(folder)}
    return {name: there[name] for name in sorted(there) if there[name].name != EVIDENCE}


def evidence() -> Path:
    """Return the table of evidence that comes with funnelsim."""
    return _folder() / EVIDENCE


def in_checkout() -> bool:
    """Say whether this is a checkout, whose files are for changing, and not an installed package."""
    return _folder() == _checkout()


def _folder() -> Path:
    """Return where the scenarios lie."""
    package = _PACKAGE / "shipped"
    return package if _files(package) else _checkout()


def _checkout() -> Path:
    return _PACKAGE.parent / "scenarios"


def _files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.yaml"))


def find(path: Path) -> Path:
    """Return a file as it was named, or the shipped scenario of this name where there is no such file."""
    return path if os.path.isfile(path) else shipped().get(path.as_posix(), path)


def otherwise(path: Path) -> str:
    """Say which shipped scenario may have been meant by a file that does not exist, and which there are."""
    names = shipped()
    near = near_miss(path.stem, names) if names else ""
    return f"; shipped scenarios: {listed(names, 'and', most=len(names))}{near}" if names else ""


def is_missing(path: Path) -> bool:
    """Say whether nothing at all is there."""
    try:
        return not path.exists()
    except (OSError, ValueError):
        return False
