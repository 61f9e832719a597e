"""A forecast as people read it, and as JSON."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.metrics import display
from funnelsim.metrics.statistics import Array

if TYPE_CHECKING:
    from funnelsim.forecast.forecasting import Forecast, Reached
    from funnelsim.metrics.figures import Estimate
    from funnelsim.metrics.uncertainty import Uncertainty

QUANTILES = ("p10", "p50", "p90", "mean")

ORIGIN_WORDS = {"open": "of leads open at the start", "new": "of leads yet to come"}
"""What the parts of a forecast are of that starts from a pipeline as it stands."""

MOST_NAMED = 4
"""Uncertain parameters that are named; JSON has all."""

TOO_NARROW = (
    "All parameters are taken as known: the spread is luck alone, and too narrow where one of them is a guess. Write "
    "what is not known as {uncertain: 40% to 50%}."
)


def day(moment: np.datetime64) -> str:
    """Write the day of a moment, as in 2026-01-31."""
    return str(moment.astype("datetime64[D]"))


# ---------------------------------------------------------------- text
def as_text(forecast: Forecast, reached: Iterable[Reached] = ()) -> str:
    """Return table and sentences, at most 80 columns wide."""
    header, rows = _table(forecast)
    lines = [textwrap.fill(_title(forecast), display.WIDTH), display.text_table(header, rows)]
    if forecast.origins:
        lines.append(display.text_table(*_origins_table(forecast)))
    return "\n".join([*lines, *(textwrap.fill(note, display.WIDTH) for note in _notes(forecast, reached))])


def as_html(forecast: Forecast) -> str:
    """Return table and sentences as HTML."""
    return display.html_table(_title(forecast), *_table(forecast), _notes(forecast, ()))


def _title(forecast: Forecast) -> str:
    result = forecast.result
    variant = f", variant {result.variant}" if result.variant else ""
    return (
        f"{forecast.metric} ({forecast.unit}) of {result.scenario.name}{variant}: {result.replications:,} "
        f"replications, seed {result.seed}, {result.scenario.start} until {result.scenario.end:%Y-%m-%d}"
    )


def _table(forecast: Forecast) -> tuple[display.Row, list[display.Row]]:
    """Return a row for each period: its range, that so far, and what happened."""
    header = ["period from", *QUANTILES]
    columns = [[day(moment) for moment in forecast.edges[:-1]], *_numbers(forecast, forecast.by_period)]
    if forecast.has_so_far:
        header += ["so far p10", "p50", "p90"]
        columns += _numbers(forecast, forecast.so_far)[:3]
    if forecast.actuals:
        header.append("actual")
        columns.append(
            [
                "" if math.isnan(value) else f"{display.number(value, forecast.unit)}{'' if within else ' !'}"
                for value, within in zip(forecast.actual, forecast.within, strict=True)
            ]
        )
    return tuple(header), list(zip(*columns, strict=True))


def _origins_table(forecast: Forecast) -> tuple[display.Row, list[display.Row]]:
    """Return a row for each period: the range of each part that the figure is the sum of."""
    header, columns = ["period from"], [[day(moment) for moment in forecast.edges[:-1]]]
    for origin in forecast.origins:
        header += [f"{origin} {QUANTILES[0]}", *QUANTILES[1:]]
        columns += _numbers(forecast, forecast.of_origin(origin))
    return tuple(header), list(zip(*columns, strict=True))


def _numbers(forecast: Forecast, estimated: Estimate) -> list[list[str]]:
    return [[display.number(float(value), forecast.unit) for value in getattr(estimated, name)] for name in QUANTILES]


def _notes(forecast: Forecast, reached: Iterable[Reached]) -> list[str]:
    notes = [
        _expected(forecast),
        *_origins(forecast),
        *(_reached(forecast, one) for one in reached),
        *_outside(forecast),
    ]
    return [*notes, _why(forecast), *(f"warning: {warning}" for warning in forecast.result.warnings())]


def _expected(forecast: Forecast) -> str:
    if not forecast.has_so_far:
        return "p10 to p90: eight in ten futures lie between."
    low, mean, high = (float(getattr(forecast.so_far, name)[-1]) for name in ("p10", "mean", "p90"))
    when = "On" if forecast.figure.definition.kind == "level" else "From the start to"
    between = " and ".join(display.number(value, forecast.unit) for value in (low, high))
    return (
        f"{when} {_last_day(forecast)}: {_with_unit(mean, forecast.unit)} expected; eight in ten futures lie between "
        f"{between} (p10 and p90)."
    )


def _origins(forecast: Forecast) -> list[str]:
    if not forecast.origins:
        return []
    told = []
    for origin in forecast.origins:
        part = forecast.of_origin(origin, so_far=True)
        mean, low, high = (
            display.number(float(numbers[-1]), forecast.unit) for numbers in (part.mean, part.p10, part.p90)
        )
        told.append(f"{mean} ({low} to {high}) {ORIGIN_WORDS[origin]}")
    return [f"Of these, {' and '.join(told)}."]


def _last_day(forecast: Forecast) -> str:
    return day(forecast.edges[-1] - np.timedelta64(1, "ms"))


def _with_unit(value: float, unit: str) -> str:
    shown = display.number(value, unit)
    return shown if unit in ("share", "%") else f"{shown} {unit}"


def _reached(forecast: Forecast, one: Reached) -> str:
    side = "or less" if one.at_most else "or more"
    return (
        f"{_with_unit(one.target, forecast.unit)} {side}, from {day(one.first)} to {day(one.last)}: in "
        f"{_percent(one.probability)} of the futures (95% interval for the number of replications: "
        f"{_percent(one.low)} to {_percent(one.high)})."
    )


def _percent(share: float) -> str:
    if 0 < share < 0.001 or 0.999 < share < 1:
        return "under 0.1%" if share < 0.5 else "over 99.9%"
    return f"{100 * share:.3g}%"


def _outside(forecast: Forecast) -> list[str]:
    known = np.isfinite(forecast.actual)
    if not known.any():
        return []
    outside = known & ~forecast.within
    within = int((known & forecast.within).sum())
    told = f"Between p10 and p90: {within} of {known.sum()} actual values, where eight of ten should be"
    return [f"{told}{'; outside (!): ' if outside.any() else ''}{', '.join(_places(forecast, outside))}."]


def _places(forecast: Forecast, outside: Any) -> list[str]:
    places = []
    for period in np.flatnonzero(outside):
        value, low = forecast.actual[period], forecast.by_period.p10[period]
        side, end = ("below p10", low) if value < low else ("above p90", forecast.by_period.p90[period])
        numbers = (display.number(float(number), forecast.unit) for number in (value, end))
        places.append(f"{day(forecast.edges[period])} with {next(numbers)}, {side} of {next(numbers)}")
    return places


# ---------------------------------------------------------------- luck and ignorance
def uncertainty_at_end(forecast: Forecast) -> Uncertainty:
    """Return how luck and ignorance share in the variance at the end."""
    told = forecast.uncertainty(forecast.has_so_far)
    return told._replace(**{name: values[-1] for name, values in told._asdict().items()})


def _why(forecast: Forecast) -> str:
    unknown = [str(name) for name in forecast.result.data["parameter"].to_numpy()]
    if not unknown:
        return TOO_NARROW
    told = uncertainty_at_end(forecast)
    if math.isnan(float(told.share)):
        return "At the end nothing varies."
    spread = display.number(float(told.luck_sd), display.unit_of_change(forecast.unit))
    named = ", ".join(unknown[:MOST_NAMED]) + (f" and {len(unknown) - MOST_NAMED} more" * (len(unknown) > MOST_NAMED))
    return (
        f"Of the variance at the end {_percent(float(told.share))} ({_percent(float(told.low))} to "
        f"{_percent(float(told.high))}) is ignorance of what is written as uncertain ({named}), which knowledge "
        f"narrows; the rest is luck, with a standard deviation of {spread}, which remains."
    )


# ---------------------------------------------------------------- JSON
def as_dict(forecast: Forecast, reached: Iterable[Reached] = ()) -> dict[str, Any]:
    """Return what ``--json`` prints.

    Returns
    -------
    dict
        What was run; ``metric``, ``unit``; ``periods`` and ``until`` (when they begin and end); ``by_period`` and
        ``so_far`` (None for a growth) with lists of ``mean``, ``p10``, ``p50``, ``p90``, ``mc_error``, and of
        ``luck`` and ``ignorance`` (variances), ``ignorance_share`` and its ``ignorance_low`` and ``ignorance_high``;
        ``uncertain``: the parameters that are not known; ``actuals`` with ``period``, ``value``, ``within``;
        ``origins``: where the scenario starts from a CRM's snapshot, for ``open`` and ``new`` leads ``by_period`` and
        ``so_far`` with lists of ``mean``, ``p10``, ``p50``, ``p90``, ``mc_error``; ``targets``; ``warnings``. None
        where there is no value.
    """
    unknown = [str(name) for name in forecast.result.data["parameter"].to_numpy()]
    known = np.flatnonzero(np.isfinite(forecast.actual))
    return {
        **forecast.result.head(),
        "metric": forecast.metric,
        "unit": forecast.unit,
        "periods": [day(moment) for moment in forecast.edges[:-1]],
        "until": [day(moment) for moment in forecast.edges[1:]],
        "by_period": _lists(forecast.by_period, forecast.uncertainty()),
        "so_far": _lists(forecast.so_far, forecast.uncertainty(True)) if forecast.has_so_far else None,
        "origins": {
            origin: {
                "by_period": _ranges(forecast.of_origin(origin)),
                "so_far": _ranges(forecast.of_origin(origin, True)),
            }
            for origin in forecast.origins
        },
        "uncertain": unknown,
        "actuals": [
            {
                "period": day(forecast.edges[period]),
                "value": float(forecast.actual[period]),
                "within": bool(forecast.within[period]),
            }
            for period in known
        ],
        "targets": [{**one._asdict(), "first": day(one.first), "last": day(one.last)} for one in reached],
        "warnings": forecast.result.warnings(),
    }


def _lists(estimated: Estimate, uncertain: Uncertainty) -> dict[str, list[float | None]]:
    numbers: dict[str, Array] = {"luck": uncertain.luck, "ignorance": uncertain.ignorance}
    numbers |= {f"ignorance_{name}": getattr(uncertain, name) for name in ("share", "low", "high")}
    return _ranges(estimated) | {name: _plain(values) for name, values in numbers.items()}


def _ranges(estimated: Estimate) -> dict[str, list[float | None]]:
    return {name: _plain(values) for name, values in estimated._asdict().items() if name != "empty"}


def _plain(values: Array) -> list[float | None]:
    return [float(value) if math.isfinite(value) else None for value in values]
