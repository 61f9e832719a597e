from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from pathlib import Path
from unittest import mock

import pytest

import funnelsim as fs
from funnelsim.forecast.compare import Comparison
from funnelsim.metrics.result import Result
from funnelsim.report import pictures
from funnelsim.report.page import html_report
from funnelsim.scenario import Scenario
from tests.report.hostile import DRAWN, HARMLESS, scenario_of

ROOT = Path(__file__).parents[2]

HOSTILE = (
    '=HYPERLINK("http://example.com","click")',
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "＝1+1",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1+1",
    "'=1",
    "http://example.com",
    "mailto:a@example.com",
    "12",
    "1e5",
    "TRUE",
    "2026-01-01",
    "=cmd|' /C calc'!A0",
    '"quoted", and; more',
    "<b>&amp;</b>",
    "_x0041_",
    "成交",
    "x" * 40_000,
)
"""Texts that a spreadsheet may take for something else."""


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    """The trunk for four months, with people and money of every kind."""
    return fs.load(ROOT / "scenarios" / "trunk.yaml").set(
        {
            "horizon": "4 months",
            "teams": {"desk": {"people": 2, "salary": "8_000 per month"}},
            "stages.won.label": "Won",
            "stages.mql.moves.check.team": "desk",
            "stages.mql.moves.check.takes": "10min",
        }
    )


@pytest.fixture(scope="session")
def result(scenario: Scenario) -> Result:
    return fs.simulate(scenario, replications=12, seed=3, by="channel", cohorts=True)


@pytest.fixture(scope="session")
def comparison(scenario: Scenario) -> Comparison:
    dearer = scenario.set({"channels.search.spend": "70_000 per month", "stages.won.label": "WON"})
    return fs.compare({"now": scenario, "more": dearer}, replications=12, seed=3, cohorts=True)


def hostile(text: str) -> Scenario:
    """A small scenario in which a text stands wherever people write texts, and labels are all hostile ones."""
    from funnelsim.scenario.writing import write_yaml

    last = len(HOSTILE) - 1
    shares = {place: 4 if place < last else 100 - 4 * last for place in range(len(HOSTILE))}
    segments = {f"kind_{place}": {"share": f"{shares[place]}%", "label": label} for place, label in enumerate(HOSTILE)}
    data = {
        "format": 1,
        "name": text,
        "description": text,
        "start": "2026-01-01",
        "horizon": "2 months",
        "currency": text,
        "segments": segments,
        "channels": {
            "web": {"leads": "20 per month", "spend": "1_000 per month", "enters": "lead", "label": text},
        },
        "stages": {
            "lead": {"moves": {"call": {"after": "1d", "chance": "50%", "to": "won", "else": "lost", "label": text}}},
            "lost": {},
            "won": {"label": text, "value": 100},
        },
        "variants": {"other": {"label": text, "set": {"stages.lead.moves.call.chance": "60%"}}},
    }
    return fs.loads(write_yaml(data))


PageWith = Callable[[str, bool], str]


@cache
def _runs() -> tuple[fs.Result, fs.Result]:
    """Run once: what things are called changes no figure."""
    scenario = scenario_of(HARMLESS)
    compared = fs.compare({"base": scenario, "less": scenario.variant("less")}, replications=3)
    return compared.results["base"], compared.results["less"]


@cache
def _page(text: str, compared: bool) -> str:
    scenario = scenario_of(text)
    base, less = (
        dataclasses.replace(run, scenario=other)
        for run, other in zip(_runs(), (scenario, scenario.variant("less")), strict=True)
    )
    run = fs.Comparison({"base": base, "less": less}) if compared else base
    if text in DRAWN:
        return html_report(run)
    undrawn = mock.patch.object(pictures, "inline_svg", return_value="<svg></svg>")  # drawing takes most of the time
    with undrawn:
        return html_report(run)


@pytest.fixture(scope="session")
def page_with() -> PageWith:
    """Return a report on a scenario with a text in every field, of one run or of a comparison."""
    return _page
