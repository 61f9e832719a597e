"""What starting costs, and what the first run does that later ones need not do again."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import funnelsim as fs
from funnelsim.cli import starting
from funnelsim.engines import code_cache, replicate

PACKAGE = Path(fs.__file__).parent
RICH = Path(__file__).parent / "engines" / "rich.yaml"

MOST = 1.5
"""How many times as long as importing numpy and pydantic an import of funnelsim may take."""


# ---------------------------------------------------------------- importing
def cpu_seconds(code: str) -> float:
    """Return the CPU time of a process of its own that runs some code."""
    process = subprocess.Popen([sys.executable, "-I", "-c", code])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime


def import_ratio(ours: str, theirs: str, rounds: int = 5) -> float:
    """Return the ratio of the least CPU times of two imports, each beyond that of Python itself, run in turn."""
    times = [[cpu_seconds(code) for code in ("pass", ours, theirs)] for _ in range(rounds)]
    python, one, other = (min(column) for column in zip(*times, strict=True))
    return (one - python) / (other - python)


def test_importing_takes_little_more_than_numpy_and_pydantic() -> None:
    assert import_ratio("import funnelsim", "import numpy, pydantic") <= MOST


def test_a_heavy_import_would_be_noticed() -> None:
    assert import_ratio("import funnelsim, pandas", "import numpy, pydantic", rounds=2) > MOST


@pytest.mark.parametrize(
    "words", [["--help"], ["--version"], ["run", "--help"], ["sweep", "--help"], ["show", "trunk"], ["explain", "sql"]]
)
def test_help_loads_no_numba(words: list[str]) -> None:
    code = (
        "import sys, funnelsim.cli\n"
        f"sys.argv = ['funnelsim', *{words!r}]\n"
        "try:\n    funnelsim.cli.main()\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        "heavy = {'numba', 'llvmlite', 'scipy', 'pandas', 'xarray', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout


# ---------------------------------------------------------------- what is said
@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How what is run is walked, with an empty folder for machine code, as on a fresh machine."""
    runs: list[str] = []
    monkeypatch.setattr(replicate, "replicate", lambda *_, path, **__: runs.append(path))
    monkeypatch.setattr(code_cache, "cache_folder", lambda: tmp_path)
    return runs


def test_a_fresh_machine_is_told_once(runs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    starting.prepare_kernel()
    assert capsys.readouterr() == ("", "compiling the kernel (once); this takes about a minute …\n")
    for name in starting.COMPILED:
        (tmp_path / f"funnelsim.engines.desks.{name}-1-0.bin").write_text("")
    starting.prepare_kernel()
    assert capsys.readouterr() == ("", "")
    assert runs == ["blocks", "leads"]


def test_without_any_place_it_is_said_why_it_takes_so_long(
    runs: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(code_cache, "cache_folder", lambda: None)
    for _ in range(2):
        starting.prepare_kernel()
        said = capsys.readouterr().err
        assert "in every run, since it can be kept nowhere: let FUNNELSIM_CACHE_DIR name a folder" in said
    assert runs == ["blocks", "leads"] * 2


def test_what_is_run_to_compile_everything_is_a_scenario() -> None:
    assert fs.simulate(fs.loads(starting.SMALLEST), replications=1).replications == 1


# ---------------------------------------------------------------- the first run, and later ones
def command(tmp_path: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command in an empty folder, with a HOME in which not even the superuser can write."""
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    kept = {key: value for key, value in os.environ.items() if key not in ("FUNNELSIM_CACHE_DIR", "XDG_CACHE_HOME")}
    places = {"HOME": "/proc", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(PACKAGE.parent), **environment}
    done = subprocess.run(
        [sys.executable, "-P", "-W", "error", "-m", "funnelsim.cli", *words],
        cwd=work,
        env={**kept, **places},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert not list(work.iterdir())
    return done


def files(folder: Path) -> set[tuple[str, int]]:
    return {(str(path), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder in which nobody can write, /proc")
def test_the_first_run_compiles_everything_and_later_ones_load_it(tmp_path: Path) -> None:
    package, temporary = files(PACKAGE), tmp_path / "temporary"
    temporary.mkdir()
    first = command(tmp_path, "run", "trunk", "-n", "1", "--horizon", "30d", TMPDIR=str(temporary))
    assert first.stderr.startswith("compiling the kernel (once)")
    kept = files(temporary)
    assert len(kept) > 100
    assert {Path(name).parent.parent for name, _ in kept} == {temporary / f"funnelsim-{os.getuid()}"}
    for words in (
        ["run", "trunk", "-n", "1", "--horizon", "30d"],
        ["run", str(RICH), "-n", "2", "--by", "segment", "--over", "cohort"],
        ["trace", str(RICH)],
        ["sweep", "one_week_rule", "--over", "stages.sql.label=a,b", "-n", "1", "--metric", "sql"],
    ):
        assert command(tmp_path, *words, TMPDIR=str(temporary)).stderr == "", words
        assert files(temporary) == kept, words
    assert files(PACKAGE) == package


# ---------------------------------------------------------------- stale code
ROOMS = ("engines", "program")
"""The folders whose files the digest of the cache is of."""


def modules(*rooms: str) -> dict[str, ast.Module]:
    paths = [path for room in rooms for path in sorted((PACKAGE / room).glob("*.py"))]
    return {f"funnelsim.{path.parent.name}.{path.stem}": ast.parse(path.read_text("utf-8")) for path in paths}


def imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield (module, name) of what a module takes from funnelsim when it is loaded."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("funnelsim"):
            yield from ((str(node.module), alias.name) for alias in node.names)


def test_compiled_code_sees_nothing_but_what_the_digest_is_of() -> None:
    """Engines take from engines and programs only; and what they take from a program's module is made there."""
    trees = modules(*ROOMS)
    for module, tree in modules("engines").items():
        for source, name in imported(tree):
            room = source.split(".")[1]
            assert room in ROOMS, (module, source)
            taken = name if source in trees else None
            if taken and room == "program":
                foreign = {
                    imported_name
                    for origin, imported_name in imported(trees[source])
                    if origin.split(".")[1] not in ROOMS
                }
                assert taken not in foreign, (module, source, name)
    records = trees["funnelsim.program.records"]
    assert {source.split(".")[1] for source, _ in imported(records)} <= {"program"}
