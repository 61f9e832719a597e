"""Checks scenario files: loads them, decides their guards, and compares them with their baselines."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from funnelsim.checks.baselines import Baseline, Measurement, baseline_of, figures_of, path_of, read
from funnelsim.checks.comparing import (
    Change,
    Compared,
    changes_since,
    compared,
    engine_changes,
    main_metrics,
    measured_variants,
)
from funnelsim.checks.deciding import Verdict, judge
from funnelsim.checks.fingerprint import bits_of
from funnelsim.checks.guards import Guard, guards_of, measured_of, unlike, version_of
from funnelsim.checks.running import Luck, Runs, Version
from funnelsim.scenario import load
from funnelsim.scenario.problems import Problem, ScenarioError

if TYPE_CHECKING:
    from funnelsim.scenario import Scenario

ENDINGS = (".yaml", ".yml")
_OWN_FIELD = re.compile(r"^(?:format|extends)\s*:", re.MULTILINE)


@dataclass(frozen=True)
class Loaded:
    """A scenario file that is to be checked: the scenario, its guards and its baseline, if it has one."""

    path: Path
    scenario: Scenario
    guards: tuple[Guard, ...]
    baseline: Baseline | None


@dataclass(frozen=True)
class Report:
    """What became of a scenario file.

    Attributes
    ----------
    loaded : Loaded
    verdicts : tuple of Verdict
        One for each guard.
    compared : Compared or None
        None where there is no baseline.
    seconds : float
        How long it took.
    """

    loaded: Loaded
    verdicts: tuple[Verdict, ...]
    compared: Compared | None
    seconds: float = 0.0

    @property
    def changes(self) -> tuple[Change, ...]:
        """The fields that changed since the baseline."""
        return self.compared.changes if self.compared else ()

    @property
    def fails(self) -> bool:
        """Whether a guard is broken, or the engine changed."""
        return any(verdict.fails for verdict in self.verdicts) or bool(self.compared and self.compared.engine)


# ---------------------------------------------------------------- finding and loading
def is_scenario(path: Path) -> bool:
    """Say whether a file among others is a scenario: YAML with a field ``format`` or ``extends`` at its margin."""
    if path.suffix not in ENDINGS:
        return False
    try:
        return _OWN_FIELD.search(path.read_text("utf-8", errors="replace")) is not None
    except OSError:
        return False


def found_in(folder: Path) -> list[Path]:
    """Return the scenario files of a folder and those below it, by name."""
    return sorted(path for path in folder.rglob("*") if is_scenario(path))


def loaded(path: Path, *, updating: bool = False) -> Loaded:
    """Load a scenario file with its guards and its baseline.

    Parameters
    ----------
    path : Path
    updating : bool
        Whether the baseline is going to be written, so that the one there does not matter.

    Raises
    ------
    ScenarioError
        With all that is wrong, each with its place.
    """
    scenario = load(path)
    problems, guards, baseline = list[Problem](), tuple[Guard, ...](), None
    try:
        guards = guards_of(scenario)
    except ScenarioError as error:
        problems += error.problems
    try:
        baseline = None if updating else read(path_of(path))
        if not updating:
            problems += _without_baseline(scenario, guards, baseline, path)
    except ScenarioError as error:
        problems += error.problems
    if problems:
        raise ScenarioError(problems)
    return Loaded(path, scenario, guards, baseline)


def _without_baseline(
    scenario: Scenario, guards: Iterable[Guard], baseline: Baseline | None, path: Path
) -> Iterator[Problem]:
    """Yield the guards that refer to a baseline which does not have what they need."""
    for guard in guards:
        if guard.condition.reference != "baseline":
            continue
        if baseline is None:
            message = f"there is no {path_of(path).name} to compare with; write it with funnelsim check --update {path}"
            yield Problem(guard.place, guard.figure, message)
            continue
        whole = baseline.scenario
        if guard.variant is not None and guard.variant not in whole.variants:
            yield Problem(
                guard.place, guard.figure, f"the baseline has no variant '{guard.variant}'; write it anew with --update"
            )
            continue
        version = version_of(whole, guard.variant)
        current = version_of(scenario, guard.variant)
        yield from (Problem(guard.place, guard.figure, message) for message in unlike(current, version, "baseline"))
        try:
            measured_of(guard.figure, version)
        except ValueError as error:
            yield Problem(guard.place, guard.figure, f"the baseline has no such figure: {error}")


def all_loaded(paths: Iterable[Path], *, updating: bool = False) -> list[Loaded]:
    """Load several files; what is wrong with any of them is raised together."""
    found, problems = list[Loaded](), list[Problem]()
    for path in paths:
        try:
            found.append(loaded(path, updating=updating))
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems)
    return found


# ---------------------------------------------------------------- checking
@dataclass
class Check:
    """The check of one file, part by part; what parts share is run once.

    Attributes
    ----------
    loaded : Loaded
    replications : int or None
        For the scenario's own.
    threads : int or None
    done : callable
        Called with the number of replications that have just been finished.
    """

    loaded: Loaded
    replications: int | None = None
    threads: int | None = None
    done: Callable[[int], object] = lambda _: None
    runs: Runs = field(init=False)

    def __post_init__(self) -> None:
        baseline = self.loaded.baseline
        self.runs = Runs(self.loaded.scenario, None if baseline is None else baseline.scenario, self.threads, self.done)

    @property
    def luck(self) -> Luck:
        """The replications of the first look."""
        checks = self.loaded.scenario.checks
        return Luck(checks.seed, self.replications or checks.replications)

    def verdicts(self, guards: Iterable[Guard]) -> list[Verdict]:
        """Decide guards."""
        most = max(self.luck.replications, self.loaded.scenario.checks.max_replications)
        return judge(guards, self.runs, self.luck.seed, self.luck.replications, most)

    def compared(self) -> Compared | None:
        """Compare with the baseline, if there is one."""
        if self.loaded.baseline is None:
            return None
        return compared(self.runs, self.loaded.baseline, self.loaded.guards, self.luck)

    def changes(self) -> tuple[Change, ...]:
        """Return the fields that changed since the baseline, if there is one."""
        return () if self.loaded.baseline is None else changes_since(self.loaded.scenario, self.loaded.baseline)

    def engine(self) -> tuple[str, ...]:
        """Return sentences that say that the engine is not that of the baseline."""
        return () if self.loaded.baseline is None else tuple(engine_changes(self.runs, self.loaded.baseline))

    def baseline(self) -> Baseline:
        """Measure what a baseline holds."""
        scenario, guards = self.loaded.scenario, self.loaded.guards
        measured = {variant: self._measurement(variant) for variant in measured_variants(scenario, guards)}
        return baseline_of(scenario, *self.luck, measured)

    def _measurement(self, variant: str | None) -> Measurement:
        guards = [guard for guard in self.loaded.guards if guard.variant == variant]
        result = self.runs.result(Version(variant), self.luck)
        own = {guard.measured.metric for guard in guards if guard.measured.by is None}
        figures = {**figures_of(result, [*main_metrics(result.scenario, own), *own])}
        for by in sorted({guard.measured.by for guard in guards if guard.measured.by is not None}):
            grouped = {guard.measured.metric for guard in guards if guard.measured.by == by}
            figures |= figures_of(self.runs.result(Version(variant), self.luck, by), sorted(grouped))
        return Measurement(bits_of(result), dict(sorted(figures.items())))

    def report(self) -> Report:
        """Do all of it."""
        begin = time.monotonic()
        found, verdicts = self.compared(), self.verdicts(self.loaded.guards)
        return Report(self.loaded, tuple(verdicts), found, time.monotonic() - begin)
