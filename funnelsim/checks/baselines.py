"""Baselines: what a scenario was and what came out, in a small file beside it that is reviewed like code.

``<scenario>.baseline.json`` holds the scenario in its resolved form without thresholds, the version of funnelsim, a
fingerprint of its samplers, seed, replications, and of every version that is guarded its fingerprint and figures.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim import __version__
from funnelsim.checks.fingerprint import samplers
from funnelsim.metrics.figures import estimate
from funnelsim.metrics.figures_of_periods import period_days
from funnelsim.metrics.names import figure_of
from funnelsim.scenario import Scenario
from funnelsim.scenario.building import build
from funnelsim.scenario.problems import Place, Problem, ScenarioError
from funnelsim.scenario.tree import grow

if TYPE_CHECKING:
    from funnelsim.metrics.result import Result

SUFFIX = ".baseline.json"
FORMAT = 1
COLUMNS = ("mean", "p10", "p50", "p90", "error")
DIGITS = 6
"""Significant digits of the figures; the fingerprints stand for the exact bits."""

HORIZON = "horizon"

Row = tuple[float | None, ...]
"""The numbers of `COLUMNS`; None where there is no value."""

Figures = Mapping[str, Mapping[str, Row]]
"""By metric, then by `HORIZON` or the day on which a period begins."""


@dataclass(frozen=True)
class Measurement:
    """What came out of one version: the fingerprint of its bits, and its figures."""

    bits: str
    figures: Figures


@dataclass(frozen=True)
class Baseline:
    """What a baseline file says.

    Attributes
    ----------
    scenario : Scenario
        Without thresholds.
    version, samplers : str
        Of funnelsim, and the fingerprint of its samplers.
    seed, replications : int
    measured : mapping of str or None to Measurement
        By variant; None is the scenario itself.
    """

    scenario: Scenario
    version: str
    samplers: str
    seed: int
    replications: int
    measured: Mapping[str | None, Measurement]


def path_of(scenario: Path) -> Path:
    """Return where the baseline of a scenario file lies."""
    return scenario.with_name(scenario.stem + SUFFIX)


def baseline_of(
    scenario: Scenario, seed: int, replications: int, measured: Mapping[str | None, Measurement]
) -> Baseline:
    """Return the baseline of a scenario as it is, of which this was measured."""
    return Baseline(scenario.unguarded(), __version__, samplers(), seed, replications, measured)


def figures_of(result: Result, metrics: list[str]) -> Figures:
    """Return the figures of a run, over the horizon and by period, where they are measured so."""
    days = [str(day) for day in period_days(result.scenario)]
    found: dict[str, dict[str, Row]] = {}
    for metric in sorted(metrics):
        definition = figure_of(metric, result.scenario, result.by).definition
        rows: dict[str, Row] = {}
        if "horizon" in definition.times and definition.kind != "growth":
            rows[HORIZON] = _row(estimate(result.parts(metric))[:-1])
        if "period" in definition.times:
            numbers = np.array(
                [np.broadcast_to(part, len(days)) for part in estimate(result.parts(metric, "period"))[:-1]]
            )
            rows |= {day: _row(numbers[:, place]) for place, day in enumerate(days)}
        found[metric] = rows
    return found


def _row(numbers: Any) -> Row:
    return tuple(None if math.isnan(number) else float(f"{float(number):.{DIGITS}g}") for number in numbers)


# ---------------------------------------------------------------- writing
def write(baseline: Baseline, path: Path) -> None:
    """Write a baseline to the side, then put it in its place at once: a reader sees the old one or the new one.

    Raises
    ------
    OSError
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text_of(baseline), "utf-8", newline="\n")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def text_of(baseline: Baseline) -> str:
    """Return the text of a baseline file: sorted, one row of figures a line, the scenario in its own order."""
    versions = {variant or "": _measurement(found) for variant, found in baseline.measured.items()}
    data: dict[str, Any] = {
        "columns": list(COLUMNS),
        "format": FORMAT,
        "replications": baseline.replications,
        "samplers": baseline.samplers,
        "scenario": baseline.scenario.data(),
        "seed": baseline.seed,
        "version": baseline.version,
    }
    if own := versions.pop("", None):
        data["measured"] = own
    if versions:
        data["variants"] = dict(sorted(versions.items()))
    return "".join(_lines(dict(sorted(data.items())), "")) + "\n"


def _measurement(found: Measurement) -> dict[str, Any]:
    return {"bits": found.bits, "figures": found.figures}


def _lines(value: Any, indent: str) -> str:
    """Write JSON in which what holds no mapping stands on one line."""
    if isinstance(value, Mapping) and value:
        inner = indent + " "
        items = [
            f"{inner}{json.dumps(str(key), ensure_ascii=False)}: {_lines(item, inner)}" for key, item in value.items()
        ]
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    if isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
        inner = indent + " "
        return "[\n" + ",\n".join(f"{inner}{_lines(item, inner)}" for item in value) + f"\n{indent}]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


# ---------------------------------------------------------------- reading
def read(path: Path) -> Baseline | None:
    """Read a baseline; None where there is none.

    Raises
    ------
    ScenarioError
        Where it cannot be read, with its place.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _refused(Place(str(path)), f"cannot be read: {error}") from None
    try:
        return _of(json.loads(text))
    except json.JSONDecodeError as error:
        raise _refused(Place(str(path), error.lineno, error.colno), f"not JSON: {error.msg}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = str(error).splitlines()[0] if isinstance(error, ScenarioError) else f"{type(error).__name__}: {error}"
        raise _refused(Place(str(path), 1, 1), f"no baseline that this version reads ({what})") from None


def _refused(place: Place, message: str) -> ScenarioError:
    return ScenarioError([Problem(place, "", f"{message}; write it anew with funnelsim check --update")])


def _of(data: Any) -> Baseline:
    if data["format"] != FORMAT or data["columns"] != list(COLUMNS):
        raise ValueError(f"format {data['format']} with columns {data['columns']}")
    versions = dict(data.get("variants", {}))
    measured: dict[str | None, Measurement] = {}
    if "measured" in data:
        measured[None] = _read_measurement(data["measured"])
    measured |= {str(name): _read_measurement(found) for name, found in versions.items()}
    numbers = int(data["seed"]), int(data["replications"])
    scenario = build(grow(data["scenario"]), Scenario)
    return Baseline(scenario, str(data["version"]), str(data["samplers"]), *numbers, measured)


def _read_measurement(data: Any) -> Measurement:
    figures = {
        str(metric): {str(when): tuple(row) for when, row in rows.items()} for metric, rows in data["figures"].items()
    }
    if any(len(row) != len(COLUMNS) for rows in figures.values() for row in rows.values()):
        raise ValueError("a row of figures is too short or too long")
    return Measurement(str(data["bits"]), figures)
