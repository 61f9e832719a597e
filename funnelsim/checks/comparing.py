"""Compares a scenario with its baseline: which fields changed, what that does to the figures, and to the engine."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from funnelsim import __version__
from funnelsim.checks.baselines import HORIZON, Baseline
from funnelsim.checks.deciding import RISK
from funnelsim.checks.fingerprint import bits_of, samplers
from funnelsim.checks.guards import Guard, unlike
from funnelsim.checks.running import Luck, Runs, Version
from funnelsim.forecast.compare import difference
from funnelsim.metrics.names import usual_names
from funnelsim.scenario.paths import format_path
from funnelsim.scenario.writing import write_scalar

if TYPE_CHECKING:
    from funnelsim.metrics.result import Result
    from funnelsim.scenario import Scenario

Reading = Literal["larger", "smaller", "not told apart", "the same"]


@dataclass(frozen=True)
class Change:
    """A field that is another one than in the baseline; None where there is none."""

    path: str
    was: str | None
    is_: str | None

    def __str__(self) -> str:
        """Write it as ``touches.mail.response: 4% -> 3.2%``."""
        return f"{self.path}: {self.was or 'nothing'} -> {self.is_ or 'nothing'}"


@dataclass(frozen=True)
class Row:
    """A figure as it was and as it is.

    Attributes
    ----------
    variant : str or None
    metric, unit : str
    was, is_ : float
        Means over the horizon; of a ratio total over total.
    change, low, high : float
        The difference, with a 95% interval.
    reading : str
        What the interval says of it.
    is_guarded : bool
        Whether a threshold is about it.
    """

    variant: str | None
    metric: str
    unit: str
    was: float
    is_: float
    change: float
    low: float
    high: float
    reading: Reading
    is_guarded: bool

    @property
    def order(self) -> tuple[bool, bool, float]:
        """Where it comes among others: first what surely differs, what is guarded, and what differs by most."""
        share = abs(self.change / self.was) if self.was else math.inf if self.change else 0.0
        return self.reading not in ("larger", "smaller"), not self.is_guarded, -share


@dataclass(frozen=True)
class Compared:
    """What a scenario is beside its baseline.

    Attributes
    ----------
    baseline : Baseline
    changes : tuple of Change
        The fields that changed.
    rows : tuple of Row
        What matters most first.
    engine : tuple of str
        Sentences that say that the engine changed; none where it did not.
    not_compared : str
        Why figures are not compared, where they are not.
    """

    baseline: Baseline
    changes: tuple[Change, ...]
    rows: tuple[Row, ...]
    engine: tuple[str, ...]
    not_compared: str = ""


def compared(runs: Runs, baseline: Baseline, guards: Iterable[Guard], luck: Luck) -> Compared:
    """Compare a scenario with its baseline.

    The same version of funnelsim must find the same bits for the baseline's own scenario; another one the same means,
    within their error. A scenario that changed is run beside the baseline's, on the same luck.
    """
    changes, engine = changes_since(runs.scenario, baseline), tuple(engine_changes(runs, baseline))
    guarded = {(guard.variant, guard.measured.metric) for guard in guards if guard.measured.by is None}
    variants = [variant for variant in measured_variants(runs.scenario, guards) if runs.has(Version(variant, True))]
    rows, why = list[Row](), ""
    for variant in variants:
        found = [runs.version(Version(variant, of_baseline)) for of_baseline in (False, True)]
        if reasons := list(unlike(found[0], found[1], "baseline")):
            why = reasons[0]
            continue
        rows += _rows(runs, variant, {metric for whose, metric in guarded if whose == variant}, luck)
    return Compared(baseline, changes, tuple(sorted(rows, key=lambda row: row.order)), engine, why)


def measured_variants(scenario: Scenario, guards: Iterable[Guard]) -> list[str | None]:
    """Return the versions that a baseline measures: those with thresholds, or else the scenario itself."""
    found = {guard.variant for guard in guards}
    return [variant for variant in (None, *scenario.variants) if variant in found] or [None]


# ---------------------------------------------------------------- fields
def changes_since(scenario: Scenario, baseline: Baseline) -> tuple[Change, ...]:
    """Return the fields of a scenario that are others than in its baseline; thresholds are none of them."""
    return tuple(changed_fields(baseline.scenario.data(), scenario.unguarded().data()))


_ABSENT = object()


def changed_fields(was: Any, is_: Any, path: tuple[str, ...] = ()) -> Iterator[Change]:
    """Yield the fields in which two scenarios differ, as plain data; of lists of the same length the items."""
    if isinstance(was, Mapping) and isinstance(is_, Mapping):
        names = dict.fromkeys((*was, *is_))
        pairs: Iterable[tuple[str, Any, Any]] = (
            (name, was.get(name, _ABSENT), is_.get(name, _ABSENT)) for name in names
        )
    elif isinstance(was, list | tuple) and isinstance(is_, list | tuple) and len(was) == len(is_):
        pairs = ((str(number), *both) for number, both in enumerate(zip(was, is_, strict=True)))
    else:
        if was != is_:
            yield Change(format_path(path), _shown(was), _shown(is_))
        return
    for name, before, after in pairs:
        yield from changed_fields(before, after, (*path, name))


def _shown(value: Any) -> str | None:
    if value is _ABSENT or value is None:
        return None
    if isinstance(value, Mapping):
        return "{…}" if value else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_shown(item) or 'null' for item in value)}]"
    return write_scalar(value)


# ---------------------------------------------------------------- the engine
def engine_changes(runs: Runs, baseline: Baseline) -> Iterator[str]:
    """Yield in what the engine is not the one that made the baseline, as far as that can be seen."""
    if baseline.version == __version__:
        if baseline.samplers != samplers():
            yield f"the samplers changed: version {__version__} drew other luck when the baseline was written"
        luck = Luck(baseline.seed, baseline.replications)
        for variant, measured in baseline.measured.items():
            if bits_of(runs.result(Version(variant, of_baseline=True), luck)) != measured.bits:
                yield (
                    f"the engine changed: {_called(variant)} of the baseline, with the same version {__version__}, "
                    f"seed {luck.seed} and {luck.replications:,} replications, no longer gives the same bits"
                )
        return
    for variant, measured in baseline.measured.items():
        result = runs.result(Version(variant, of_baseline=True), Luck(baseline.seed, baseline.replications))
        far = list(_far(result, measured.figures))
        if far:
            yield (
                f"the engine changed: version {__version__} and {baseline.version} of the baseline differ by more than "
                f"their error in {_called(variant)}: {'; '.join(far)}"
            )


def _far(result: Result, figures: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield the figures whose mean is another one than in a baseline, each at a level that holds for all together."""
    from scipy.stats import t

    known = {metric: rows[HORIZON] for metric, rows in figures.items() if HORIZON in rows and "[" not in metric}
    reach = float(t.ppf(1 - RISK / 2 / max(1, len(known)), max(1, result.replications - 1)))
    for metric, (was, _, _, _, error) in known.items():
        found = result.estimate(metric)
        if was is None or error is None or math.isnan(float(found.mc_error)):
            continue
        # the baseline is rounded, which its error does not know of
        allowed = reach * math.hypot(error, float(found.mc_error)) + 1e-5 * abs(was)
        if abs(float(found.mean) - was) > allowed:
            yield f"{metric} was {was:g}, is {float(found.mean):g}"


def _called(variant: str | None) -> str:
    return "the scenario" if variant is None else f"the variant '{variant}'"


# ---------------------------------------------------------------- figures
def _rows(runs: Runs, variant: str | None, guarded: set[str], luck: Luck) -> Iterator[Row]:
    now, before = (runs.result(Version(variant, of_baseline), luck) for of_baseline in (False, True))
    shared = set(main_metrics(before.scenario, guarded))
    for metric in main_metrics(now.scenario, guarded):
        if metric in shared:
            yield _row(before, now, variant, metric, metric in guarded)


def main_metrics(scenario: Scenario, guarded: Iterable[str]) -> list[str]:
    """Return the metrics that are compared: those that are guarded over the horizon, and those people look at first."""
    from funnelsim.metrics.names import all_names

    known = set(all_names(scenario))
    return [metric for metric in dict.fromkeys((*sorted(guarded), *usual_names(scenario))) if metric in known]


def _row(before: Result, now: Result, variant: str | None, metric: str, is_guarded: bool) -> Row:
    found = difference(before.parts(metric), now.parts(metric))
    was, is_ = float(before.estimate(metric).mean), float(now.estimate(metric).mean)
    reading: Reading = "not told apart"
    if found.low > 0 or found.high < 0:
        reading = "larger" if found.low > 0 else "smaller"
    elif before is now or (found.mean == 0 and found.low == found.high):
        reading = "the same"
    return Row(variant, metric, now.unit(metric), was, is_, found.mean, found.low, found.high, reading, is_guarded)
