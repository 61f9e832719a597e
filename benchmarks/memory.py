"""Peak memory of one run, in a process of its own: ``python -m benchmarks.memory`` reads what to run from its input."""

from __future__ import annotations

import contextlib
import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEBIBYTE = 1 << 20
GIBIBYTE = 1 << 30


@dataclass(frozen=True)
class Used:
    """What a run took, in bytes and seconds, and some of what it found."""

    before: int
    """Before the run: with everything loaded and compiled, after a small run."""
    peak: int
    """The most from then until its end."""
    result: int
    """What its result takes."""
    seconds: float
    events: int
    alive: int
    """The most leads that were not in a final stage at the end of a period, in one replication."""


def forget_peak() -> None:
    """Let the most memory that this process had be what it has now, where the system can."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_bytes() -> int:
    """Return the most memory that this process has had."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def used(file: Path, changed: dict[str, Any], warm_up: dict[str, Any], replications: int, threads: int) -> Used:
    """Run a changed scenario in a new process.

    Parameters
    ----------
    file : Path
    changed : dict
        Paths and values of the scenario.
    warm_up : dict
        Further changes, for a small run before the one that is measured.
    replications : int
    threads : int
    """
    asked = {
        "file": str(file),
        "changed": changed,
        "warm_up": warm_up,
        "replications": replications,
        "threads": threads,
    }
    run = [sys.executable, "-m", "benchmarks.memory"]
    done = subprocess.run(run, input=json.dumps(asked), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{file.name} with {changed}: {done.stderr.strip().splitlines()[-1]}")
    return Used(**json.loads(done.stdout))


def main() -> None:
    """Run what standard input asks for, and print what it took."""
    import funnelsim as fs

    asked = json.load(sys.stdin)
    scenario = fs.load(asked["file"]).set(asked["changed"])
    fs.simulate(scenario.set(asked["warm_up"]), replications=1, threads=1)
    forget_peak()
    before, start = peak_bytes(), time.perf_counter()
    result = fs.simulate(scenario, replications=asked["replications"], threads=asked["threads"])
    seconds, peak, data = time.perf_counter() - start, peak_bytes(), result.data
    final = [name for name, stage in scenario.stages.items() if not stage.moves and stage.track == "none"]
    alive = data.standing.sum("group").drop_sel(stage=final).sum("stage")
    found = {
        "before": before,
        "peak": peak,
        "result": data.nbytes,
        "seconds": seconds,
        "events": int(data.created.sum() + data.attempts.sum()),
        "alive": int(alive.max()),
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
