"""Runs the benchmarks: ``python -m benchmarks``, or some of them: ``python -m benchmarks peers pairing``.

All of them together write RESULTS.md and its picture.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from typing import Any

from benchmarks import comparing, growth, memory_growth, pairing, parts
from benchmarks.timing import ROUNDS
from benchmarks.work import HERE

PARTS: dict[str, tuple[Callable[[], list[Any]], str]] = {
    "peers": (comparing.beside_peers, "beside other simulators and programs in C"),
    "ourselves": (comparing.beside_ourselves, "threads, small replications, the reference engine, long queues"),
    "parts": (parts.measured, "where our time goes"),
    "growth": (growth.measured, "how time grows"),
    "memory": (memory_growth.measured, "how memory grows"),
    "pairing": (pairing.measured, "what the same luck is worth"),
}


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Run the benchmarks.")
    told = "; ".join(f"{name}: {what}" for name, (_, what) in PARTS.items())
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{told}; all of them write RESULTS.md")
    asked = parser.parse_args().parts
    unknown = sorted(set(asked) - PARTS.keys())
    if unknown:
        parser.error(f"no part {unknown[0]!r}: take some of {', '.join(PARTS)}")
    load, found = os.getloadavg()[0], {}
    for name in asked or PARTS:
        run, what = PARTS[name]
        print(f"\n{name}: {what}", flush=True)
        start = time.perf_counter()
        found[name] = run()
        print(f"({time.perf_counter() - start:.0f} s)", flush=True)
    if not asked:
        write_results(load, found)


def write_results(load: float, found: dict[str, list[Any]]) -> None:
    """Write the page and its picture."""
    from benchmarks.drawing import draw
    from benchmarks.report import write

    rows, grown = found["peers"] + found["ourselves"], found["growth"] + found["memory"]
    write(HERE / "RESULTS.md", load, ROUNDS, rows, found["parts"], grown, found["pairing"], pairing.REPLICATIONS)
    draw(HERE / "results.svg", rows, found["growth"], found["memory"])
    print(f"\nwritten: {HERE / 'RESULTS.md'}")


if __name__ == "__main__":
    main()
