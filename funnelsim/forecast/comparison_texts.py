"""What people read beside the table of a comparison: what differs, how sure the differences are, and who is best."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from funnelsim.metrics import display
from funnelsim.scenario.differing import FieldDifference

if TYPE_CHECKING:
    from funnelsim.forecast.compare import Comparison
    from funnelsim.forecast.differences import Difference

MOST_FIELDS = 12
"""Fields that are listed of one scenario; JSON has all."""

LONGEST_VALUE = 24

MOST_TIMES = 1000
"""Above it nobody needs to know how many times smaller a variance is."""

SURE_HEADER = ("how sure", "error", "p10", "p90", "ratio (95%)", "better", "paired", "more")

SURE_NOTES = (
    (
        "error: Monte Carlo standard error of the mean difference. p10 to p90: of the difference in one future; in "
        "eight of ten replications it lies between. ratio: how many times the first it is expected to be, a 95% "
        "interval."
    ),
    (
        "better: in how many replications it is better than the first; – where neither more nor less of a figure is "
        "better by itself. paired: how many times smaller the variance of the difference is than with seeds of their "
        "own. more: replications that would settle whether there is a difference, with a chance of 80%."
    ),
)


def differing_told(first: str, differing: Mapping[str, Sequence[FieldDifference]]) -> list[str]:
    """Say in which fields each scenario differs from the first (DOMAIN D0.2), a line for each."""
    lines = []
    first = display.shortened(first, LONGEST_VALUE)
    for whole, fields in differing.items():
        name = display.shortened(whole, LONGEST_VALUE)
        if not fields:
            lines.append(f"{name} is the same as {first}.")
            continue
        effect = "the effect is theirs together" if len(fields) > 1 else "the effect is that of this one alone"
        number = "1 field" if len(fields) == 1 else f"{len(fields)} fields"
        lines += _wrapped(f"{name} differs from {first} in {number}; {effect}:")
        lines += [_field_told(field) for field in fields[:MOST_FIELDS]]
        if len(fields) > MOST_FIELDS:
            lines.append(f"  … and {len(fields) - MOST_FIELDS} more, which --json lists")
    return lines


def _field_told(field: FieldDifference) -> str:
    values = " -> ".join(display.shortened(value, LONGEST_VALUE) for value in (field.first, field.other))
    room = display.WIDTH - display.columns(values) - 4
    return f"  {display.shortened(field.path, room)}: {values}"


# ---------------------------------------------------------------- how sure
def sure_rows(comparison: Comparison) -> list[display.Row]:
    """Return how sure each difference is, without those that are none at all."""
    rows: list[display.Row] = []
    for metric in comparison.names():
        unit = comparison.unit(metric)
        told = {name: comparison.difference(name, metric) for name in comparison.others}
        lines = [(f"  {name}", *_sure(change, unit)) for name, change in told.items() if _differs(change)]
        if lines:
            direction = comparison.direction(metric)
            better = f"{direction} is better" if direction else "neither more nor less is better by itself"
            rows += [(f"{metric}: {better}", *[""] * (len(SURE_HEADER) - 1)), *lines]
    return rows


def _differs(change: Difference) -> bool:
    return change.probability_equal < 1


def _sure(change: Difference, unit: str) -> display.Row:
    shown = display.unit_of_change(unit)
    low, high = (display.number(value, shown, sign=True) for value in (change.p10, change.p90))
    return (
        display.number(change.mc_error, shown),
        low,
        high,
        _ratio(change),
        _share(change.probability_better),
        _times(change.times_smaller),
        _more(change),
    )


def _ratio(change: Difference) -> str:
    if math.isnan(change.ratio_low):
        return display.NOTHING
    ends = (change.ratio_low, change.ratio_high)
    return " to ".join(f"{value:.3f}" if value < 100 else display.number(value) for value in ends)


def _share(share: float) -> str:
    return display.NOTHING if math.isnan(share) else f"{100 * share:.3g}%"


def _times(times: float) -> str:
    if math.isnan(times):
        return display.NOTHING
    if times > MOST_TIMES:
        return f">{MOST_TIMES}x"
    return f"{times:.{0 if times >= 10 else 1}f}x"


def _more(change: Difference) -> str:
    if math.isnan(change.more_replications):
        return display.NOTHING
    return "settled" if change.more_replications == 0 else display.number(change.more_replications)


# ---------------------------------------------------------------- who is best
RANKING = "Best by the mean first; in brackets the share of replications in which each is best, ties shared."


def ranking_told(comparison: Comparison) -> list[str]:
    """Say of more than two scenarios which is best by each metric with a direction; a line or more for each."""
    if len(comparison.others) < 2:
        return []
    lines = []
    for metric in filter(comparison.direction, comparison.names()):
        if any(_differs(comparison.difference(name, metric)) for name in comparison.others):
            ranked = comparison.ranked(metric)
            names = [display.shortened(one.scenario, LONGEST_VALUE) for one in ranked]
            shares = [_share(one.probability_best) for one in ranked]
            order = ", ".join(f"{name} ({share})" for name, share in zip(names, shares, strict=True))
            lines += _wrapped(f"{metric}: {order}", "    ")
    return [*_wrapped(RANKING), *lines] if lines else []


def _wrapped(text: str, indent: str = "") -> list[str]:
    """Break a text into lines that fit, also where its characters take two columns."""
    wide = display.columns(text) - len(text)
    return textwrap.wrap(text, max(display.WIDTH // 2, display.WIDTH - wide), subsequent_indent=indent)
