"""Decides guards, with a bounded rate of false alarms.

The rule is sequential, and says before it looks how often it may look: after `replications`, then after twice as many,
and so on, until `max_replications`. At look k the estimate has an interval that misses it with a risk of

    0.05 / (k (k + 1)),   half of it on either side.

A guard is broken where the whole interval lies on the wrong side of the limit, and kept where it lies on the right one;
while the limit is inside, there is another look, and after the last one the guard is open. The risks sum to 0.05 over
any number of looks, so by Bonferroni's inequality a guard that holds is called broken in at most 2.5% of seeds, and one
that does not hold is called kept in at most 2.5%.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from funnelsim.checks.guards import Guard, unlike
from funnelsim.checks.intervals import COMPARE, Interval, NoDataError, difference, estimate
from funnelsim.checks.running import Luck, Runs, Version
from funnelsim.scenario.problems import Problem, ScenarioError
from funnelsim.scenario.thresholds import Comparison

RISK = 0.05
"""How often a guard may be decided wrongly, on both sides together."""

Outcome = Literal["kept", "broken", "open"]


def looks(first: int, most: int) -> Iterator[int]:
    """Yield after how many replications is looked: `first`, then twice as many each time, last `most`."""
    number = first
    while number < most:
        yield number
        number *= 2
    yield max(first, most)


def risk_at(look: int) -> float:
    """Return how often the interval of a look, counted from 1, may miss what it is for."""
    return RISK / (look * (look + 1))


def decide(found: Interval, comparison: Comparison, limit: float) -> Outcome:
    """Say whether an interval lies on the right side of a limit, on the wrong one, or on both."""
    compare = COMPARE[comparison]
    low, high = compare(found.low, limit), compare(found.high, limit)
    if low and high:
        return "kept"
    return "open" if low or high else "broken"


@dataclass(frozen=True)
class Verdict:
    """What became of a guard.

    Attributes
    ----------
    guard : Guard
    outcome : {"kept", "broken", "open"}
    estimate : Interval
        Of the statistic.
    limit : float
        Where it has a reference, what the reference makes of it.
    beyond : Interval
        How much larger the statistic is than the limit; with a reference from pairs of replications.
    luck : Luck
        The replications that decided it.
    risk : float
        How often such an interval misses what it is for.
    fails : bool
        Whether it breaks the check.
    moved : Interval or None
        How much larger the statistic is than in the baseline, where the guard is not kept and the scenario changed; a
        95% interval.
    """

    guard: Guard
    outcome: Outcome
    estimate: Interval
    limit: float
    beyond: Interval
    luck: Luck
    risk: float
    fails: bool
    moved: Interval | None = None

    @property
    def is_told(self) -> bool:
        """Whether somebody should look at it: it is not kept."""
        return self.outcome != "kept"


def judge(guards: Iterable[Guard], runs: Runs, seed: int, first: int, most: int) -> list[Verdict]:
    """Decide guards, each after as many replications as it takes; in their order.

    Raises
    ------
    ScenarioError
        With the guards whose figure has no value in any replication.
    """
    waiting, decided = list(enumerate(guards)), dict[int, Verdict]()
    problems: list[Problem] = []
    for look, number in enumerate(looks(first, most), 1):
        is_last = number >= most
        still = []
        # those of one version stand together, so that what is run can be let go of
        for place, guard in sorted(waiting, key=lambda found: (found[1].variant or "", found[1].measured.by or "")):
            try:
                verdict = _verdict(guard, runs, Luck(seed, number), risk_at(look))
            except NoDataError as error:
                problems.append(
                    Problem(guard.place, guard.name, f"{error} of {number:,}, so that nothing is known of it")
                )
                continue
            if verdict.outcome == "open" and not is_last:
                still.append((place, guard))
            decided[place] = verdict
        waiting = sorted(still, key=lambda found: found[0])
        if not waiting:
            break
    if problems:
        raise ScenarioError(problems)
    return [_with_move(decided[place], runs) for place in sorted(decided)]


def _with_move(verdict: Verdict, runs: Runs) -> Verdict:
    """Return a verdict with what the changes since the baseline did to its figure, where that can be said."""
    guard, version = verdict.guard, Version(verdict.guard.variant, of_baseline=True)
    if not verdict.is_told or not runs.has(version) or not runs.is_changed(guard.variant):
        return verdict
    if any(unlike(runs.version(Version(guard.variant)), runs.version(version), "baseline")):
        return verdict
    try:
        found, base = (runs.parts(one, guard.measured, verdict.luck) for one in (Version(guard.variant), version))
        return replace(verdict, moved=difference(base, found, guard.condition.statistic, 1.0, RISK))
    except ValueError:  # the baseline has no such figure
        return verdict


def _verdict(guard: Guard, runs: Runs, luck: Luck, risk: float) -> Verdict:
    condition, measured = guard.condition, guard.measured
    found = runs.parts(Version(guard.variant), measured, luck)
    value = estimate(found, condition.statistic, risk)
    factor = float(condition.limit.number)
    if condition.reference is None:
        beyond, limit = Interval(*(end - factor for end in value)), factor
        outcome = decide(value, condition.comparison, limit)
    else:
        is_baseline = condition.variant is None
        version = Version(guard.variant if is_baseline else condition.variant, of_baseline=is_baseline)
        base = runs.parts(version, measured, luck)
        beyond = difference(base, found, condition.statistic, factor, risk)
        limit = factor * estimate(base, condition.statistic, risk).value
        outcome = decide(beyond, condition.comparison, 0.0)
    is_error = guard.level == "error"
    fails = is_error and (outcome == "broken" or (outcome == "open" and runs.scenario.checks.unsettled == "error"))
    return Verdict(guard, outcome, value, limit, beyond, luck, risk, fails)
