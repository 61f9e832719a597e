"""The page of a report: one file of HTML, which asks nothing of any other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from funnelsim.forecast.compare import Comparison
from funnelsim.metrics.definition import fill
from funnelsim.metrics.names import figure_of
from funnelsim.report.answer import answer_of, answer_of_comparison
from funnelsim.report.differing import differing
from funnelsim.report.left_out import left_out
from funnelsim.report.pictures import pictures_of, pictures_of_comparison
from funnelsim.report.tables import comparison_table, period_table, summary_table
from funnelsim.scenario.telling import sections
from funnelsim.scenario.telling_teams import UNDER

if TYPE_CHECKING:
    from jinja2 import Template

    from funnelsim.metrics.result import Result
    from funnelsim.scenario import Scenario

MARK = "<!doctype html>\n<!-- a report of funnelsim -->"
"""What every report starts with."""

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
"""Characters that HTML has no place for."""


class Told(NamedTuple):
    """Assumptions under one title: sentences, each with those that add to it."""

    title: str
    sentences: list[tuple[str, list[str]]]


def html_report(run: Result | Comparison) -> str:
    """Return a report on a result or a comparison as one page of HTML.

    Parameters
    ----------
    run : Result or Comparison

    Returns
    -------
    str
        Begins with `MARK`. The answer in three sentences made of computed figures; pictures; tables; the assumptions
        in plain words; what is not modelled; seed and version. Pictures stand in it as SVG; it loads nothing, runs
        nothing, and its content security policy forbids both. Texts of the scenario are escaped. The same run gives the
        same bytes where the same fonts are.
    """
    context = _of_comparison(run) if isinstance(run, Comparison) else _of_result(run)
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", _template().render(mark=MARK, **context))


@lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("funnelsim.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html")


# ---------------------------------------------------------------- what stands in it
def _of_result(result: Result) -> dict[str, Any]:
    return {
        **_run_of(result),
        "variant": result.scenario.variant_label or result.variant,
        "answer": answer_of(result),
        "warnings": result.warnings(),
        "pictures": pictures_of(result),
        "tables": [summary_table(result), period_table(result)],
        "meanings": _meanings(result, result.usual_names()),
        "differences": [],
    }


def _of_comparison(comparison: Comparison) -> dict[str, Any]:
    first = comparison.results[comparison.first]
    differences = differing({name: result.scenario for name, result in comparison.results.items()})
    return {
        **_run_of(first),
        "variant": None,
        "answer": answer_of_comparison(comparison),
        "warnings": comparison.warnings(),
        "pictures": pictures_of_comparison(comparison),
        "tables": [comparison_table(comparison)],
        "meanings": _meanings(first, comparison.names()),
        "differences": [(comparison.label(name), lines) for name, lines in differences.items()],
        "first": comparison.label(comparison.first),
    }


def _run_of(result: Result) -> dict[str, Any]:
    """Return what does not depend on how many scenarios are told of; of a comparison that of the first."""
    scenario = result.scenario
    return {
        "scenario": scenario,
        "result": result,
        "end": f"{scenario.end:%Y-%m-%d}",
        "assumptions": _assumptions(scenario),
        "left_out": left_out(scenario),
        "first": None,
    }


def _assumptions(scenario: Scenario) -> list[Told]:
    told = []
    for title, lines in sections(scenario):
        sentences: list[tuple[str, list[str]]] = []
        for line in lines:
            if line.startswith(UNDER):
                sentences[-1][1].append(line.removeprefix(UNDER))
            else:
                sentences.append((line, []))
        told.append(Told(title, sentences))
    return told


def _meanings(result: Result, names: Iterable[str]) -> dict[str, str]:
    """Return what figures mean, by name; those of groups mean what that of everyone does."""
    figures = [figure_of(name, result.scenario, result.by) for name in names if "[" not in name]
    return {figure.name: fill(figure.definition.meaning, figure.places) for figure in figures}
