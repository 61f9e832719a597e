"""Figures of a result as JSON and as pictures."""

from __future__ import annotations

import contextlib
import math
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.cli.ending import WrongInputError
from funnelsim.scenario import Place, Problem

if TYPE_CHECKING:
    import pandas as pd

    import funnelsim as fs
    from funnelsim.metrics.figures import Over
    from funnelsim.scenario import Scenario


@contextlib.contextmanager
def asked_for() -> Iterator[None]:
    """Refuse a metric that a result does not have in this form."""
    try:
        yield
    except ValueError as error:
        raise WrongInputError([Problem(Place("--metric"), "", str(error))]) from error


def with_groups(metrics: Sequence[str], scenarios: Sequence[Scenario], by: str | None) -> list[str]:
    """Return the metrics asked for, each followed by that of the groups which all scenarios have."""
    from funnelsim.metrics.names import group_names

    if by is None:
        return list(metrics)
    first, *others = [group_names(scenario, by) for scenario in scenarios]
    shared = [group for group in first if all(group in groups for groups in others)]
    asked = [[name, *(f"{name}[{by}={group}]" for group in shared if "[" not in name)] for name in metrics]
    return list(dict.fromkeys(name for names in asked for name in names))


# ---------------------------------------------------------------- JSON
def run_as_json(result: fs.Result, metrics: Sequence[str], over: Over) -> dict[str, Any]:
    """Return what ``run --json`` prints.

    Parameters
    ----------
    result : Result
    metrics : sequence of str
        Only these; none: all that have a value over the horizon (and over `over`).
    over : {"horizon", "period", "cohort"}
        Where it is not the horizon, ``over`` says so, ``periods`` or ``cohorts`` when they begin, and all numbers of a
        metric are lists, one number for each.
    """
    plain = result.to_dict()
    if not metrics and over == "horizon":
        return plain
    names = list(metrics) or [name for name in plain["metrics"] if has_values(result, name, over)]
    head = {key: value for key, value in plain.items() if key != "metrics"}
    if over != "horizon":
        head |= {"over": over, f"{over}s": _times(result, over)}
    return {**head, "metrics": {name: _numbers(result, name, over) for name in names}}


def _numbers(result: fs.Result, name: str, over: Over) -> dict[str, Any]:
    with asked_for():
        numbers = result.estimate(name, over)._asdict()
    del numbers["empty"]
    return {**{key: _plain(value) for key, value in numbers.items()}, "unit": result.unit(name)}


def _plain(value: Any) -> Any:
    """Return numbers for JSON; None where there is no value."""
    if np.ndim(value):
        return [_plain(number) for number in value]
    return None if math.isnan(value) else float(value)


def _times(result: fs.Result, over: Over) -> list[str]:
    first = next(iter(result.scenario.stages))
    times = result.summary(first, over=over)[over]
    return [time if isinstance(time, str) else time.isoformat().removesuffix("T00:00:00") for time in times]


def has_values(result: fs.Result, name: str, over: Over) -> bool:
    """Say whether a metric is measured by period, or by cohort."""
    try:
        result.parts(name, over)
    except ValueError:
        return False
    return True


def comparison_as_json(
    comparison: fs.Comparison, metrics: Sequence[str], stage: str | None = None, leads: pd.DataFrame | None = None
) -> dict[str, Any]:
    """Return what ``compare --json`` prints; with `metrics` only these, with `leads` also which reached a stage."""
    told = _compared(comparison, metrics) if metrics else comparison.to_dict()
    if leads is not None:
        rows = leads.to_dict("records")
        by_name = {row.pop("scenario"): {key: _plain(value) for key, value in row.items()} for row in rows}
        told["lead_by_lead"] = {"stage": stage, "scenarios": by_name}
    return told


def lead_by_lead_told(stage: str, leads: pd.DataFrame) -> str:
    """Tell which leads reached a stage, as people read it."""
    from funnelsim.metrics.display import number, text_table

    columns = ("reached", "both", "missed", "gained")
    rows = []
    for row in leads.to_dict("records"):
        said = (f"{number(row[name])} ± {number(row[f'{name}_error'])}" for name in columns)
        rows.append((row["scenario"], *said))
    note = "missed: there in the first alone; gained: in this alone; the same leads, with the same luck. ±: error."
    return "\n".join([text_table((f"leads in {stage}", *columns), rows), *textwrap.wrap(note, 80)])


def _compared(comparison: fs.Comparison, metrics: Sequence[str]) -> dict[str, Any]:
    return {
        "scenarios": {name: run_as_json(result, metrics, "horizon") for name, result in comparison.results.items()},
        **comparison.against_first(metrics),
    }
