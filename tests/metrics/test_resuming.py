"""An interrupted run goes on where it stood, to the same bits; nothing that was finished is lost."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import funnelsim as fs
from funnelsim.engines import replicate
from funnelsim.engines.desks import Desks
from funnelsim.metrics import executors, resuming
from funnelsim.metrics.result import Result
from funnelsim.metrics.resuming import UnsavedError, unfinished
from funnelsim.metrics.runner import Runner
from funnelsim.metrics.simulate import Settings, output_of, run
from funnelsim.scenario import Scenario

N = 12


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two replications each on two threads."""
    monkeypatch.setattr(replicate, "COARSE_LEADS", 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "run.zarr"


def to(path: Path, scenario: Scenario, **arguments: Any) -> Result:
    """Run what the fixture `results` holds."""
    fields = {"replications": N, "seed": 5, "by": "segment", "cohorts": True, "threads": 2, "out": path}
    return fs.simulate(scenario, **{**fields, **arguments})


def interrupted(path: Path, scenario: Scenario, kept: int = 6, **arguments: Any) -> None:
    """Run until so many replications are on the disk, and then no further."""
    fields = {"seed": 5, "by": "segment", "cohorts": True, "threads": 2}
    settings = Settings(N, **{**fields, **arguments})
    output = output_of(scenario, settings, path, resume=False, overwrite=False)
    assert output is not None
    keep = output.keep

    def until(first: int, counts: Any) -> None:
        if first == kept:
            raise KeyboardInterrupt
        keep(first, counts)

    output.keep = until  # type: ignore[method-assign]
    output.begin()
    with pytest.raises(KeyboardInterrupt):
        run(scenario, settings, lambda _: None, Runner(output=output))
    assert len(list(unfinished(path).glob("*.part"))) == kept / 2
    assert not path.exists()


def ran(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note which replication is begun with whenever something is simulated."""
    begun: list[int] = []
    plain = Desks.run

    def noting(desks: Desks, seed: int, first: int, out: Any) -> int:
        begun.append(first)
        return plain(desks, seed, first, out)

    monkeypatch.setattr(Desks, "run", noting)
    return begun


@pytest.fixture
def whole(results: dict[str | None, Result]) -> Result:
    return results["segment"]


# ---------------------------------------------------------------- the same bits
def test_what_is_there_at_the_end_is_an_ordinary_result(path: Path, scenario: Scenario, whole: Result) -> None:
    result = to(path, scenario)
    assert result.data.identical(whole.data)
    loaded = fs.load_result(path)
    assert loaded.data.identical(whole.data)
    assert loaded.attributes() == whole.attributes()
    assert [child.name for child in path.parent.iterdir()] == ["run.zarr"]


@pytest.mark.parametrize("arguments", [{}, {"threads": 1}, {"chunk": 1}], ids=str)
def test_resumed_to_the_same_bits(
    path: Path, scenario: Scenario, whole: Result, arguments: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(path, scenario)
    begun = ran(monkeypatch)
    result = to(path, scenario, resume=True, **arguments)
    assert result.data.identical(whole.data)
    assert {n: v.dtype for n, v in result.data.items()} == {n: v.dtype for n, v in whole.data.items()}
    assert fs.load_result(path).data.identical(whole.data)
    assert min(begun) == 6
    assert not unfinished(path).exists()


def test_resumed_on_an_executor(path: Path, scenario: Scenario, whole: Result) -> None:
    """Begun on one of which a task fails, with what was finished before it; gone on with on another one."""
    interrupted(path, scenario, kept=2)
    with ThreadPoolExecutor(2) as pool, pytest.MonkeyPatch.context() as patch:
        run_task = executors.Job.run
        patch.setattr(executors.Job, "run", lambda job, first, last: run_task(job, first, last) if first < 8 else 1 / 0)
        with pytest.raises(executors.TaskError, match="replication 8 of 'Small trunk' with seed 5"):
            to(path, scenario, resume=True, executor=pool, chunk=1)
        assert (unfinished(path) / "0000000007-0000000008.part").exists()
        patch.undo()
        assert to(path, scenario, resume=True, executor=pool).data.identical(whole.data)


def test_the_reference_engine_resumes(path: Path, scenario: Scenario) -> None:
    short = scenario.set({"horizon": "1 month", "channels.base.backlog": 5})
    settings: dict[str, Any] = {"replications": 3, "engine": "simpy", "out": path}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resuming.Output, "finish", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            fs.simulate(short, **settings)
    assert len(list(unfinished(path).glob("*.part"))) == 2
    assert fs.simulate(short, resume=True, **settings).data.identical(fs.simulate(short, replications=3).data)


def _interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("number", [3, 6, 20])
def test_resumed_with_another_number_of_replications(path: Path, scenario: Scenario, number: int) -> None:
    interrupted(path, scenario)
    plain = to(path, scenario, out=None, replications=number)
    assert to(path, scenario, replications=number, resume=True).data.identical(plain.data)


def test_progress_counts_what_is_there(path: Path, scenario: Scenario, capsys: pytest.CaptureFixture[str]) -> None:
    interrupted(path, scenario)
    to(path, scenario, resume=True, progress=True)
    assert "12/12" in capsys.readouterr().err


def test_nothing_to_resume_is_a_beginning(path: Path, scenario: Scenario, whole: Result) -> None:
    assert to(path, scenario, resume=True).data.identical(whole.data)


def test_what_is_finished_is_not_run_again(
    path: Path, scenario: Scenario, whole: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    to(path, scenario)
    interrupted(path.with_name("other"), scenario)
    os.rename(unfinished(path.with_name("other")), unfinished(path))  # as if killed before it was removed
    begun = ran(monkeypatch)
    assert to(path, scenario, resume=True).data.identical(whole.data)
    assert begun == []
    assert not unfinished(path).exists()


@pytest.mark.parametrize("harm", ["cut", "bent", "renamed", "lost", "of another run"])
def test_parts_that_are_not_what_was_written_are_run_again(
    path: Path, scenario: Scenario, whole: Result, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(path, scenario)
    part = unfinished(path) / "0000000002-0000000004.part"
    content = part.read_bytes()
    if harm == "cut":
        part.write_bytes(content[:-1])
    elif harm == "bent":
        part.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    elif harm == "renamed":
        part.unlink()
        (unfinished(path) / "0000000000-0000000002.part").rename(part)
    elif harm == "lost":
        part.unlink()
    else:
        interrupted(path.with_name("other"), scenario, seed=6)
        shutil.copy(unfinished(path.with_name("other")) / part.name, part)
    begun = ran(monkeypatch)
    assert to(path, scenario, resume=True).data.identical(whole.data)
    assert min(begun) == (0 if harm == "renamed" else 2)


# ---------------------------------------------------------------- refusals
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": 6}, r"with seed 5 \(here 6\);"),
        ({"by": None}, r"with by 'segment' \(here None\);"),
        ({"cohorts": False, "seed": 1}, r"with seed 5 \(here 1\), cohorts True \(here False\);"),
        ({"engine": "simpy"}, r"with engine 'kernel' \(here 'simpy'\);"),
        (
            {"set": {"horizon": "3 months"}},
            r"with another scenario \('horizon: 4 months' in line \d+ of it resolved, here 'horizon: 3 months'\);",
        ),
        ({"variant": "rare"}, r"with variant None \(here 'rare'\), another scenario \('cadence: 9d' in line"),
        ({"version": "9.9"}, rf"with version '{fs.__version__}' \(here '9.9'\);"),
    ],
    ids=str,
)
@pytest.mark.parametrize("is_finished", [False, True])
def test_another_run_is_refused(
    path: Path,
    scenario: Scenario,
    arguments: dict[str, Any],
    message: str,
    is_finished: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    to(path, scenario) if is_finished else interrupted(path, scenario)
    before = {file: file.read_bytes() for file in path.parent.rglob("*") if file.is_file()}
    if version := arguments.get("version"):
        monkeypatch.setattr("funnelsim.metrics.simulate.__version__", version)
    other = scenario.variant(arguments["variant"]) if "variant" in arguments else scenario.set(arguments.get("set", {}))
    asked = {name: value for name, value in arguments.items() if name not in ("set", "variant", "version")}
    what = r"run.zarr is the result of another run" if is_finished else r"run.zarr.unfinished is of another run"
    with pytest.raises(ValueError, match=f"{what}, {message}"):
        to(path, other, resume=True, **asked)
    assert {file: file.read_bytes() for file in path.parent.rglob("*") if file.is_file()} == before


def test_a_finished_result_of_other_length_is_refused(path: Path, scenario: Scenario) -> None:
    to(path, scenario)
    with pytest.raises(ValueError, match=r"with replications 12 \(here 13\); choose another name"):
        to(path, scenario, replications=13, resume=True)


def test_what_is_begun_is_neither_used_nor_lost_unless_told(path: Path, scenario: Scenario, whole: Result) -> None:
    interrupted(path, scenario, seed=6)
    with pytest.raises(
        FileExistsError, match=r"run.zarr.unfinished keeps what an interrupted run has finished; pass resu"
    ):
        to(path, scenario)
    assert to(path, scenario, overwrite=True).data.identical(whole.data)
    assert not unfinished(path).exists()
    with pytest.raises(
        FileExistsError, match=r"run.zarr is there already; choose another name, or pass overwrite=True"
    ):
        to(path, scenario)


def test_an_interrupted_replacement_is_resumed(path: Path, scenario: Scenario, whole: Result) -> None:
    """The old result stays until the new one is there."""
    to(path, scenario, seed=6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resuming.Output, "finish", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            to(path, scenario, overwrite=True)
    assert fs.load_result(path).seed == 6
    assert to(path, scenario, resume=True, overwrite=True).data.identical(whole.data)
    assert fs.load_result(path).seed == 5


@pytest.mark.parametrize("content", [None, "", "[]", "{"])
def test_other_folders_stay(path: Path, scenario: Scenario, content: str | None) -> None:
    unfinished(path).mkdir(parents=True)
    precious = unfinished(path) / ("run.json" if content is not None else "thesis.txt")
    precious.write_text(content or "")
    for arguments in ({}, {"resume": True}, {"overwrite": True}):
        with pytest.raises(ValueError, match="not what an interrupted run of funnelsim has left; choose another name"):
            to(path, scenario, **arguments)
    assert precious.read_text() == (content or "")


@pytest.mark.parametrize("arguments", [{"resume": True}, {"overwrite": True}])
def test_nothing_is_resumed_without_a_place(scenario: Scenario, arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="resume and overwrite are about what is saved: name it with out"):
        fs.simulate(scenario, **arguments)


# ---------------------------------------------------------------- full disks
def full_after(writes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk be full once it was flushed so often."""
    flush, flushed = os.fsync, iter(range(writes))

    def fsync(file: int) -> None:
        if next(flushed, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        flush(file)

    monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.parametrize(("writes", "kept"), [(0, 0), (2, 0), (3, 2), (5, 4), (10, 8), (13, 12), (14, 12), (60, 12)])
def test_a_full_disk_costs_nothing_that_was_finished(
    path: Path, scenario: Scenario, whole: Result, writes: int, kept: int
) -> None:
    """Each part is flushed twice, itself and its folder, as is what says of which run they are."""
    with pytest.MonkeyPatch.context() as patch:
        full_after(writes, patch)
        with pytest.raises(OSError, match="No space left on device; ") as caught:
            to(path, scenario)
    assert f"; {kept} replications are safe in run.zarr.unfinished: make room, and go on with" in str(caught.value)
    assert caught.value.errno == errno.ENOSPC
    assert not path.exists()
    if isinstance(caught.value, UnsavedError):
        assert caught.value.result.data.identical(whole.data)
    assert isinstance(caught.value, UnsavedError) == (writes >= 14)
    assert to(path, scenario, resume=True).data.identical(whole.data)
    assert [child.name for child in path.parent.iterdir()] == ["run.zarr"]


def test_a_write_that_the_system_cuts_short(path: Path, scenario: Scenario, whole: Result) -> None:
    interrupted(path, scenario)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large; 6 replications are safe"):
            to(path, scenario, resume=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert to(path, scenario, resume=True).data.identical(whole.data)


# ---------------------------------------------------------------- killed
NURSERY = """
import json, os, random, signal, sys, time

import funnelsim as fs
from funnelsim.engines import replicate
from funnelsim.engines.desks import Desks

replicate.COARSE_LEADS = 1  # parts of two replications on two threads
folder, settings = sys.argv[1], {"replications": int(sys.argv[2]), "seed": 5, "threads": 2}
scenario = fs.loads(sys.stdin.read())
plain = fs.simulate(scenario, **settings)


def go_on(out):
    fs.simulate(scenario, out=out, resume=True, **settings)


def child(work, *arguments):
    number = os.fork()
    if number == 0:
        work(*arguments)
        os._exit(0)
    return number


def was_killed(number):
    status = os.waitpid(number, 0)[1]
    assert os.WIFSIGNALED(status) or status == 0, status
    return os.WIFSIGNALED(status)
"""
"""Has compiled everything, and forks children that run and are killed."""

AT_RANDOM = """
luck, kills, finished, longest = random.Random(7), 0, 0, 0.2
while True:
    number = child(go_on, f"{folder}/{finished}.zarr")
    time.sleep(luck.uniform(0, longest))
    os.kill(number, signal.SIGKILL)
    if was_killed(number):
        kills += 1
        longest *= 1.2  # in the end long enough, on any machine
        continue
    finished, longest = finished + 1, longest / 4
    if kills >= 55:
        break
for some in range(finished):
    assert fs.load_result(f"{folder}/{some}.zarr").data.identical(plain.data)
print(json.dumps([kills, finished, sorted(os.listdir(folder)) == sorted(f"{some}.zarr" for some in range(finished))]))
"""

AT_EVERY_STEP = """
STEPS = ("replace", "fsync", "unlink", "rmdir", "mkdir")


def dying(out, last):
    "Run, and be killed before the step of this number is made."
    made = iter(range(last))

    def before(step):
        def stepping(*arguments, **named):
            if next(made, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return step(*arguments, **named)
        return stepping

    for name in STEPS:
        setattr(os, name, before(getattr(os, name)))
    go_on(out)


step, kills = 0, 0
while was_killed(child(dying, f"{folder}/{step}.zarr", step)):
    kills += 1
    assert not was_killed(child(go_on, f"{folder}/{step}.zarr")), step
    step += 1 if step < 12 else 43
for some in [*range(12), *range(12, step, 43)]:
    assert fs.load_result(f"{folder}/{some}.zarr").data.identical(plain.data)
print(json.dumps([kills, step, not any(name.endswith("unfinished") for name in os.listdir(folder))]))
"""


def nursed(script: str, scenario: Scenario, folder: Path, replications: int) -> list[Any]:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(NURSERY + script), str(folder), str(replications)],
        input=scenario.dump(),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    told: list[Any] = json.loads(done.stdout)
    return told


@pytest.mark.long
def test_killed_at_random_moments(scenario: Scenario, tmp_path: Path) -> None:
    kills, finished, is_clean = nursed(AT_RANDOM, scenario, tmp_path, 60)
    assert kills >= 55
    assert finished >= 3
    assert is_clean


@pytest.mark.long
def test_killed_at_every_step(scenario: Scenario, tmp_path: Path) -> None:
    """Before files are renamed, flushed and removed: at each of the first steps, and at many of the later ones."""
    kills, steps, is_clean = nursed(AT_EVERY_STEP, scenario, tmp_path, 20)
    assert kills >= 20
    assert steps > 3 * 20 / 2  # three for each part of two
    assert is_clean
