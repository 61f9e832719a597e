"""What a lead costs on a cluster of two processes, beside here: processor time, the same bits, and what is kept.

``python benchmarks/clusters.py 1500`` runs so many replications of the trunk. docs/clusters.md tells what it printed.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import distributed

import funnelsim as fs

TRUNK = Path(__file__).parents[1] / "scenarios" / "trunk.yaml"
ROUNDS = 3


def main(replications: int) -> None:
    scenario = fs.load(TRUNK)
    settings: dict[str, Any] = {"replications": replications, "seed": 1}
    leads = sum(fs.trace(scenario, replication=number)["lead"].nunique() for number in range(5)) / 5  # warm-up too
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,  # type: ignore[no-untyped-call]
        distributed.Client(cluster) as client,  # type: ignore[no-untyped-call]
    ):
        fs.simulate(scenario, replications=20, executor=client)  # so that all is compiled

        def on_workers() -> float:
            return float(sum(client.run(time.process_time).values()))

        for _ in range(ROUNDS):
            began = time.process_time()
            here = fs.simulate(scenario, **settings)
            told("here", time.process_time() - began, replications * leads)

            began, workers_began = time.process_time(), on_workers()
            there = fs.simulate(scenario, executor=client, **settings)
            spent = on_workers() - workers_began
            told("workers", spent, replications * leads)
            told("client and scheduler", time.process_time() - began, replications * leads)
            assert there.data.identical(here.data)
    with tempfile.TemporaryDirectory() as folder:
        here.save(Path(folder) / "run.zarr")
        size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    memory = here.data.nbytes / replications
    print(
        f"{leads:,.0f} leads a replication, of which {memory:,.0f} bytes are kept, {size / replications:,.0f} on disk"
    )


def told(who: str, seconds: float, leads: float) -> None:
    print(f"{who}: {seconds:.2f} s of processor time, {seconds / leads * 1e6:.3f} µs a lead")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1500)
