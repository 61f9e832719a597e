"""What became of guards, in sentences: place, guard, estimate with its interval, limit, and what changed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from funnelsim.checks.checking import Report
from funnelsim.checks.comparing import Change, Compared, Row
from funnelsim.checks.deciding import RISK, Verdict
from funnelsim.checks.intervals import Interval
from funnelsim.metrics import display
from funnelsim.scenario.problems import listed

MOST_CHANGES = 4
"""Changed fields that a sentence names."""

OUTCOMES = {"kept": "kept", "broken": "broken", "open": "not settled"}


def verdict_sentence(verdict: Verdict, changes: Sequence[Change] = ()) -> str:
    """Say what became of a guard: place, guard, estimate with its interval, limit, and what changed."""
    guard, condition = verdict.guard, verdict.guard.condition
    outcome = (
        OUTCOMES[verdict.outcome] if verdict.fails or not verdict.is_told else f"warning, {OUTCOMES[verdict.outcome]}"
    )
    unit = unit_of(verdict)
    limit = f"{condition.comparison} {display.number(verdict.limit, unit)}"
    if condition.reference is not None:
        limit += f" ({condition.comparison} {str(condition).partition(f' {condition.comparison} ')[2]})"
    told = (
        f"{guard.place}: {outcome}: {guard.name}: {condition.statistic} is "
        f"{display.number(verdict.estimate.value, unit)} ({_between(verdict.estimate, unit, verdict.risk)}) after "
        f"{verdict.luck.replications:,} replications, and is to be {limit}; {_beyond(verdict)}"
    )
    if verdict.outcome == "open":
        told += "; the limit lies within the interval: run more, or move it"
    if verdict.moved is not None:
        told += f"; since the baseline it has moved by {_moved(verdict.moved, unit)}"
    if verdict.is_told and (meant := _about(verdict, changes)):
        told += f"; changed: {said_changes(meant)}"
    return f"{told}. Reason: {guard.reason}" if guard.reason else told


def _about(verdict: Verdict, changes: Iterable[Change]) -> list[Change]:
    """Leave out what changed in variants that the guard is not about."""
    meant = [f"variants.{name}." for name in (verdict.guard.variant, verdict.guard.condition.variant) if name]
    return [
        change for change in changes if not change.path.startswith("variants.") or change.path.startswith(tuple(meant))
    ]


def unit_of(verdict: Verdict) -> str:
    """Return the unit of what a guard estimates."""
    return "share" if verdict.guard.condition.statistic.kind == "probability" else verdict.guard.measured.unit


def said_changes(changes: Sequence[Change]) -> str:
    """Name the first of the fields that changed, and how many more did."""
    more = len(changes) - MOST_CHANGES
    named = [str(change) for change in changes[:MOST_CHANGES]] + ([f"{more} more"] if more > 0 else [])
    return listed(named, "and")


def _beyond(verdict: Verdict) -> str:
    unit = display.unit_of_change(unit_of(verdict))
    size = display.number(abs(verdict.beyond.value), unit)
    side = "above" if verdict.beyond.value > 0 else "below"
    within = _between(verdict.beyond, unit, verdict.risk, sign=True)
    return f"that is {size} {side} the limit" + (f" ({within})" if verdict.guard.condition.reference else "")


def _moved(moved: Interval, unit: str) -> str:
    change = display.unit_of_change(unit)
    return f"{display.number(moved.value, change, sign=True)} ({_between(moved, change, RISK, sign=True)})"


def _between(found: Interval, unit: str, risk: float, sign: bool = False) -> str:
    ends = [display.number(end, unit, sign) if math.isfinite(end) else "no bound" for end in found[1:]]
    return f"{100 * (1 - risk):.4g}% interval {ends[0]} to {ends[1]}"


def engine_sentences(report: Report) -> list[str]:
    """Say that the engine changed, where it did."""
    found = report.compared.engine if report.compared else ()
    return [f"{report.loaded.path}: broken: {sentence}" for sentence in found]


def headline(reports: Sequence[Report]) -> str:
    """Say how many guards there are in all, and what became of them."""
    verdicts = [verdict for report in reports for verdict in report.verdicts]
    counts = [(sum(verdict.outcome == outcome for verdict in verdicts), called) for outcome, called in OUTCOMES.items()]
    engines = sum(bool(report.compared and report.compared.engine) for report in reports)
    parts = [f"{number} {called}" for number, called in counts if number] or ["none there"]
    parts += [f"the engine changed in {engines}"] if engines else []
    return f"{_counted(len(reports), 'file')}, {_counted(len(verdicts), 'guard')}: {', '.join(parts)}"


def file_line(report: Report) -> str:
    """Say of one file what became of its guards, and what it was compared with."""
    kept = sum(not verdict.is_told for verdict in report.verdicts)
    of = f"{kept} of {_counted(len(report.verdicts), 'guard')} kept" if report.verdicts else "no thresholds"
    return f"{report.loaded.path}: {of}; {_beside(report.compared)}"


def _beside(compared: Compared | None) -> str:
    if compared is None:
        return "no baseline (write one with --update)"
    if compared.engine:
        return "not the engine of the baseline"
    if not compared.changes:
        return "as in the baseline"
    return f"changed since the baseline: {said_changes(compared.changes)}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


# ---------------------------------------------------------------- the table
HEADER = ("metric", "was", "is", "difference", "95% interval", "verdict")


def row_cells(row: Row) -> tuple[str, ...]:
    """Return a row of the table of baseline against what is there now."""
    change = display.unit_of_change(row.unit)
    ends = " to ".join(display.number(end, change, sign=True) for end in (row.low, row.high))
    numbers = (display.number(row.was, row.unit), display.number(row.is_, row.unit))
    metric = f"{row.variant}: {row.metric}" if row.variant else row.metric
    return (metric, *numbers, display.number(row.change, change, sign=True), ends, row.reading)


def table(rows: Iterable[Row]) -> str:
    """Return the table of baseline against what is there now as text of at most 80 columns."""
    return display.text_table(HEADER, [row_cells(row) for row in rows], left=(0, 5))
