"""Where replications come from: run here, run on an executor, or read from what an interrupted run has finished."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from funnelsim.metrics.executors import Workers, replicate_on
from funnelsim.metrics.resuming import Output

if TYPE_CHECKING:
    from funnelsim.engines.counts import Counts
    from funnelsim.program import Program
    from funnelsim.scenario import Scenario


@dataclass(frozen=True)
class Runner:
    """What gives the counts of replications, and keeps them on disk where it is told to.

    Attributes
    ----------
    executor : Executor or distributed.Client, optional
        Where to run; by default here.
    output : Output, optional
        Where to keep what is finished; prepared by `Output.begin`.
    """

    executor: Workers | None = None
    output: Output | None = None

    def give(
        self,
        scenario: Scenario,
        program: Program,
        replications: int,
        seed: int,
        take: Callable[[Counts], object],
        *,
        first: int,
        done: Callable[[int], object],
        **settings: Any,
    ) -> None:
        """Hand over the counts of replications from `first` on, in order.

        Parameters
        ----------
        scenario : Scenario
        program : Program
            That of the scenario.
        replications, seed, take, first, done, **settings
            As in `replicate.replicate_in_parts`.
        """
        from funnelsim.engines.replicate import replicate_in_parts

        reached = first
        if self.output is not None:
            for counts in self.output.finished(first, replications):
                take(counts)
                reached += len(counts.counts)
                done(len(counts.counts))
        more = {**settings, "first": reached, "done": done}
        keep = take if self.output is None else self.output.keeping(take, reached)
        if self.executor is not None:
            replicate_on(self.executor, scenario, program, replications, seed, keep, **more)
        else:
            replicate_in_parts(program, replications, seed, keep, small=self.output is not None, **more)


HERE = Runner()
"""On threads of this process, keeping nothing."""
