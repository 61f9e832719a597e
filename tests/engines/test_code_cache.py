from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import funnelsim
from funnelsim.engines import code_cache
from funnelsim.engines.code_cache import cache_folder, source_digest

PACKAGE = Path(funnelsim.__file__).parent

SCRIPT = """
import json
from funnelsim.engines import code_cache
{before}
from funnelsim.engines.jit import compiled
from funnelsim.engines.numerics import logit

def make(step):
    @compiled
    def inner(x):
        return x + step

    @compiled
    def outer(x):
        return inner(x) * 10

    return outer

functions = [logit, make(1), make(2)]
values = [function(argument) for function, argument in zip(functions, (0.3, 1, 1))]
hits = sum(sum(function.stats.cache_hits.values()) for function in functions)
print(json.dumps({{"values": values, "hits": hits, "folder": str(code_cache.cache_folder())}}))
"""


def start(tmp_path: Path, before: str = "", package: Path = PACKAGE, **environment: str) -> subprocess.Popen[str]:
    """Run a script that calls compiled functions, three of which it reports on, in a process of its own."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(before=before))
    places = {"FUNNELSIM_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(package.parent), **environment}
    return subprocess.Popen(
        [sys.executable, "-P", "-W", "error", script],
        env={**os.environ, **places},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return dict(json.loads(output))


def files(tmp_path: Path) -> list[Path]:
    return sorted(path for path in (tmp_path / "cache").rglob("*") if path.is_file())


# ---------------------------------------------------------------- what is kept
def test_a_second_process_loads_what_the_first_compiled(tmp_path: Path) -> None:
    first = finish(start(tmp_path))
    kept = {path: path.read_bytes() for path in files(tmp_path)}
    second = finish(start(tmp_path))
    assert first["values"] == second["values"]
    assert first["values"][1:] == [20, 30]  # inner functions that differ in what they enclose are kept apart
    assert second["hits"] == 3
    assert {path: path.read_bytes() for path in files(tmp_path)} == kept
    assert all(path.suffix == ".bin" for path in kept)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "script.py"]

    # A file that a crash has cut short is compiled anew and replaced.
    for path in kept:
        path.write_bytes(path.read_bytes()[:-100])
    third = finish(start(tmp_path))
    assert third["values"] == first["values"]
    assert third["hits"] == 0
    assert finish(start(tmp_path))["hits"] == 3


def test_several_processes_at_once(tmp_path: Path) -> None:
    processes = [start(tmp_path) for _ in range(3)]
    results = [finish(process) for process in processes]
    assert results[0]["values"] == results[1]["values"] == results[2]["values"]
    assert all(path.suffix == ".bin" for path in files(tmp_path))
    assert finish(start(tmp_path))["hits"] == 3


def test_a_changed_callee_is_noticed(tmp_path: Path) -> None:
    copy = tmp_path / "copy" / "funnelsim"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = finish(start(tmp_path, package=copy))
    callee = copy / "engines" / "elementary.py"
    text = callee.read_text()
    assert text.count("half_square = 0.5 * f * f") == 1
    callee.write_text(text.replace("half_square = 0.5 * f * f", "half_square = 0.25 * f * f"))
    after = finish(start(tmp_path, package=copy))
    assert after["values"][0] != before["values"][0]
    assert after["folder"] != before["folder"]


def test_without_any_place_code_is_compiled_and_runs(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    result = finish(start(tmp_path, before="code_cache._private_folder = lambda: None"))
    assert result["values"][1:] == [20, 30]
    assert result["folder"] == "None"
    assert result["hits"] == 0


def test_numba_is_left_alone(tmp_path: Path) -> None:
    before = (
        "import numba, funnelsim.engines.philox\n"
        "assert not numba.config.CACHE_DIR\n"
        "assert '__pycache__' in numba.njit(cache=True)(source_function).stats.cache_path"
    )
    finish(start(tmp_path, before=f"def source_function(x):\n    return x\n{before}"))


# ---------------------------------------------------------------- digests
def test_digest_changes_with_the_sources(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.py").write_text("x = 1")
    (tmp_path / "deep" / "b.py").write_text("y = 1")
    digests = [source_digest([tmp_path])]

    (tmp_path / "deep" / "b.py").write_text("y = 2")
    digests.append(source_digest([tmp_path]))
    (tmp_path / "deep" / "b.py").rename(tmp_path / "deep" / "c.py")
    digests.append(source_digest([tmp_path]))
    (tmp_path / "d.py").write_text("")
    digests.append(source_digest([tmp_path]))
    digests.append(source_digest([tmp_path / "deep"]))
    assert len(set(digests)) == len(digests)


def test_digest_is_of_sources_alone(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1")
    digest = source_digest([tmp_path])
    (tmp_path / "notes.md").write_text("x = 2")
    os.utime(tmp_path / "a.py", (0, 0))
    assert source_digest([tmp_path]) == digest
    assert len(digest) == 32


# ---------------------------------------------------------------- folders
@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Forget which folder was chosen, before and after; of places only a home and a temporary one are known."""
    for name in ("FUNNELSIM_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home").mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    cache_folder.cache_clear()
    yield tmp_path
    cache_folder.cache_clear()


def chosen_parent(tmp_path: Path) -> str:
    cache_folder.cache_clear()
    folder = cache_folder()
    assert folder is not None
    assert folder.is_dir()
    assert folder.name == source_digest([PACKAGE / "engines", PACKAGE / "program"])
    return folder.parent.relative_to(tmp_path).as_posix()


def test_order_of_places(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen_parent(fresh) == "home/.cache/funnelsim"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    assert chosen_parent(fresh) == "home/.cache/funnelsim"
    monkeypatch.setenv("XDG_CACHE_HOME", str(fresh / "xdg"))
    assert chosen_parent(fresh) == "xdg/funnelsim"
    monkeypatch.setenv("FUNNELSIM_CACHE_DIR", str(fresh / "own"))
    assert chosen_parent(fresh) == "own/funnelsim"


def private_name() -> str:
    return f"temporary/funnelsim-{os.getuid()}"


@pytest.mark.parametrize("name", ["FUNNELSIM_CACHE_DIR", "XDG_CACHE_HOME", "HOME"])
def test_a_place_that_cannot_be_written_to(fresh: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (fresh / "file").write_text("")
    monkeypatch.setenv(name, str(fresh / "file"))
    assert chosen_parent(fresh) == private_name()
    assert (fresh / private_name()).stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_can_write_to_is_not_trusted(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (fresh / "file").write_text("")
    monkeypatch.setenv("FUNNELSIM_CACHE_DIR", str(fresh / "file"))
    (fresh / private_name()).mkdir()
    (fresh / private_name()).chmod(0o777)
    assert cache_folder() is None
    (fresh / private_name()).rmdir()
    (fresh / "elsewhere").mkdir(mode=0o700)
    (fresh / private_name()).symlink_to(fresh / "elsewhere")
    cache_folder.cache_clear()
    assert cache_folder() is None


def test_the_working_directory_is_not_a_temporary_place(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (fresh / "file").write_text("")
    monkeypatch.setenv("FUNNELSIM_CACHE_DIR", str(fresh / "file"))
    monkeypatch.chdir(fresh / "temporary")
    assert cache_folder() is None
    assert not list((fresh / "temporary").iterdir())


def test_folders_not_used_for_long_are_removed(fresh: Path) -> None:
    parent = fresh / "home" / ".cache" / "funnelsim"
    old = time.time() - (code_cache.DAYS_KEPT + 1) * 86_400
    for name, last_used in (("a" * 32, old), ("b" * 32, time.time()), ("my_own_work", old), ("c" * 31, old)):
        (parent / name).mkdir(parents=True)
        (parent / name / "file").write_text("")
        os.utime(parent / name, (last_used, last_used))
    folder = cache_folder()
    assert folder is not None
    assert sorted(path.name for path in parent.iterdir()) == sorted(["b" * 32, "c" * 31, "my_own_work", folder.name])

    # Being used counts, also without anything being written.
    os.utime(folder, (old, old))
    cache_folder.cache_clear()
    assert cache_folder() == folder
    assert folder.stat().st_mtime > old + 86_400
