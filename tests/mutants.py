"""Mutation testing: changes the code in small ways, and looks whether a test fails. ``make mutants`` writes ``MUTANTS.md``.

There are far more changes than can be tried, so that each room has a sample of a stated size, drawn with a stated seed.
Mutants are made by Cosmic Ray, in a copy of the repository. A mutant is killed when a test of its room fails. The
kernel is compiled for each mutant of the engines, without a cache between them; the other rooms use one that is
compiled once, since they do not change what is compiled.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, WorkResult
from tqdm import tqdm

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "tests" / "MUTANTS.md"
SEED = 1
COSMIC_RAY = str(Path(sys.executable).parent / "cosmic-ray")
NOT_TRIED = re.compile("core/(ReplaceBinaryOperator_(BitOr|.*_(BitOr|BitAnd|BitXor|LShift|RShift))|Variable)")
"""Types are written with ``|`` and never evaluated; and nobody writes a shift for a sum."""


@dataclass(frozen=True)
class Room:
    """What is changed, the tests that are to notice, and how many mutants are tried."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]
    size: int
    seconds: int = 600
    compiled: bool = False
    """Whether what is changed is compiled, so that nothing may be taken from a cache."""


ROOMS = {
    "scenario": Room(("scenario",), ("tests/scenario",), 40),
    "program": Room(("program",), ("tests/program", "tests/scenario", "tests/metrics", "tests/engines"), 25),
    "metrics": Room(("metrics",), ("tests/metrics", "tests/test_cli.py"), 30),
    "checks": Room(("checks",), ("tests/checks",), 30),
    "draws": Room(
        (
            "engines/philox.py",
            "engines/elementary.py",
            "engines/numerics.py",
            "engines/samplers.py",
            "engines/special.py",
        ),
        ("tests/engines/test_philox.py", "tests/engines/test_numerics.py", "tests/engines/test_samplers.py"),
        20,
        compiled=True,
    ),
    "kernel": Room(
        ("engines/walking.py", "engines/passing.py", "engines/meeting.py", "engines/queues.py", "engines/staying.py"),
        ("tests/engines/test_semantics.py", "tests/engines/test_semantics_teams.py", "tests/engines/test_blocks.py"),
        10,
        seconds=1800,
        compiled=True,
    ),
}


def main() -> None:
    """Try the mutants of the rooms asked for, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rooms", nargs="*", choices=[[], *ROOMS], help="rooms to try; by default all")
    parser.add_argument("--size", type=int, help="how many mutants of each room, in place of the stated number")
    asked = parser.parse_args()
    found = {name: list(tried(name, asked.size or ROOMS[name].size)) for name in asked.rooms or ROOMS}
    text = "\n".join(page(found)) + "\n"
    if asked.rooms or asked.size:
        print(text)
    else:
        PAGE.write_text(text, encoding="utf-8")


def tried(name: str, size: int) -> Iterator[tuple[MutationSpec, WorkResult]]:
    """Yield a room's sample of mutants, each with what the tests made of it."""
    room = ROOMS[name]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder) / "copy"
        ignored = shutil.ignore_patterns(".git", ".venv", "out", ".*_cache", ".hypothesis", "__pycache__")
        shutil.copytree(ROOT, copy, ignore=ignored)
        os.environ.update(PYTHONPATH=str(copy), PYTHONDONTWRITEBYTECODE="1")
        if room.compiled:
            os.environ["FUNNELSIM_CACHE_DIR"] = str(Path(folder) / "cache")
        os.chdir(copy)
        mutations = _mutations(room, Path(folder))
        tests = shlex.join([sys.executable, "-m", "pytest", "-x", "-q", *_OPTIONS, *room.tests])
        untouched = subprocess.run(shlex.split(tests), capture_output=True, text=True, check=False)
        if untouched.returncode:
            sys.exit(
                f"{name}: the tests fail before anything is changed:\n{untouched.stdout[-2000:]}{untouched.stderr[-2000:]}"
            )
        for mutation in tqdm(random.Random(SEED).sample(mutations, min(size, len(mutations))), desc=name):
            if room.compiled:
                shutil.rmtree(Path(folder) / "cache", ignore_errors=True)
            yield mutation, mutate_and_test([mutation], tests, room.seconds)


_OPTIONS = ("-p", "no:cacheprovider", "-m", "not long and not notebook")


def _mutations(room: Room, folder: Path) -> list[MutationSpec]:
    """Return all mutants of a room, in an order that does not depend on the machine."""
    modules = [f"funnelsim/{module}" for module in room.modules]
    (folder / "config.toml").write_text(
        f"[cosmic-ray]\nmodule-path = {modules}\ntimeout = {room.seconds}.0\nexcluded-modules = []\n"
        'test-command = ""\n[cosmic-ray.distributor]\nname = "local"\n',
        encoding="utf-8",
    )
    session = str(folder / "session.sqlite")
    subprocess.run([COSMIC_RAY, "init", str(folder / "config.toml"), session], check=True)
    with use_db(session, WorkDB.Mode.open) as database:
        found = [item.mutations[0] for item in database.work_items]
    return sorted((one for one in found if not NOT_TRIED.match(one.operator_name)), key=str)


def page(found: Mapping[str, Sequence[tuple[MutationSpec, WorkResult]]]) -> Iterator[str]:
    """Yield the lines of the page: the score of every room, and each mutant that survived."""
    yield from (
        "# What changes in the code the tests notice",
        "",
        "Written by `make mutants`: small changes in the code (another comparison, another number, a condition turned",
        "round), a sample of each room drawn with a stated seed, and whether a test of the room fails then. Those that",
        "survived are listed with why, as `tests/mutants.yaml` says, or stand there to be killed.",
        "",
        "| room | mutants tried | killed | score |",
        "| --- | ---: | ---: | ---: |",
    )
    for name, results in found.items():
        killed = sum(result.is_killed for _, result in results)
        yield f"| {name} | {len(results)} | {killed} | {killed / max(len(results), 1):.0%} |"
    yield from ("", "## Survivors", "")
    for name, results in found.items():
        for mutation, result in results:
            if not result.is_killed:
                operator = mutation.operator_name.removeprefix("core/")
                yield f"- **{name}**, `{mutation.module_path}:{mutation.start_pos[0]}` in `{mutation.definition_name}`, {operator}"
                yield "  ```diff"
                yield from (f"  {line}" for line in _changed(result.diff or ""))
                yield "  ```"


def _changed(diff: str) -> list[str]:
    return [line for line in diff.splitlines() if re.match(r"[+-](?![+-])", line)]


if __name__ == "__main__":
    main()
