"""Runs of a scenario and its variants, as they are and as the baseline has them, on the same luck."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from funnelsim.checks.guards import Measured, version_of
from funnelsim.metrics.figures import Parts
from funnelsim.metrics.figures_of_periods import of_period
from funnelsim.metrics.simulate import Settings, check_room, run

if TYPE_CHECKING:
    from funnelsim.metrics.result import Result
    from funnelsim.scenario import Scenario


class Luck(NamedTuple):
    """Which replications are run."""

    seed: int
    replications: int


class Version(NamedTuple):
    """One version of what is checked."""

    variant: str | None = None
    of_baseline: bool = False


@dataclass
class Runs:
    """Runs what is asked for, and what was run last of each version once only.

    Attributes
    ----------
    scenario : Scenario
    baseline : Scenario or None
        As the baseline has it.
    threads : int or None
        How many processors to use at a time; by default all.
    done : callable
        Called with the number of replications that have just been finished.
    """

    scenario: Scenario
    baseline: Scenario | None = None
    threads: int | None = None
    done: Callable[[int], object] = lambda _: None
    _versions: dict[Version, Scenario] = field(default_factory=dict)
    _last: dict[tuple[Version, str | None], tuple[Luck, Result]] = field(default_factory=dict)

    def version(self, version: Version) -> Scenario:
        """Return a version, without thresholds."""
        if version not in self._versions:
            whole = self.baseline if version.of_baseline else self.scenario.unguarded()
            assert whole is not None
            self._versions[version] = version_of(whole, version.variant)
        return self._versions[version]

    def has(self, version: Version) -> bool:
        """Say whether there is such a version."""
        whole = self.baseline if version.of_baseline else self.scenario
        return whole is not None and (version.variant is None or version.variant in whole.variants)

    def is_changed(self, variant: str | None) -> bool:
        """Say whether a version is another one in the baseline, where both have it."""
        return self.version(Version(variant)) != self.version(Version(variant, of_baseline=True))

    def result(self, version: Version, luck: Luck, by: str | None = None) -> Result:
        """Run a version, unless that was just done."""
        if version.of_baseline and self.has(Version(version.variant)) and not self.is_changed(version.variant):
            version = Version(version.variant)
        known = self._last.get((version, by))
        if known is None or known[0] != luck:
            settings = Settings(luck.replications, luck.seed, by=by, threads=self.threads)
            check_room([self.version(version)], settings)
            self._last[version, by] = known = luck, run(self.version(version), settings, self.done)
        return known[1]

    def parts(self, version: Version, measured: Measured, luck: Luck) -> Parts:
        """Return a figure of a version, with one number for each replication."""
        found = self.result(version, luck, measured.by).parts(measured.metric, measured.over)
        return found if measured.period is None else of_period(found, measured.period)
