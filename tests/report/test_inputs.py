"""Every parameter with its path, value and unit: what is listed is what runs."""

from __future__ import annotations

import pytest

import funnelsim as fs
from funnelsim.report.inputs import inputs
from funnelsim.scenario import Scenario
from tests.metrics.conftest import NURTURE, SALES, TEXT
from tests.report.conftest import ROOT

SHIPPED = sorted((ROOT / "scenarios").rglob("*.yaml"))
SOLD = SALES.replace("  pool: {track: drip}", "  pool: {track: drip}\n  dormant: {}")


@pytest.mark.parametrize("path", [path for path in SHIPPED if path.name != "evidence.yaml"], ids=lambda path: path.stem)
def test_what_is_listed_is_what_runs(path: object) -> None:
    scenario = fs.load(str(path))
    table = inputs(scenario)
    assert table["path"].is_unique
    assert scenario.set(dict(zip(table["path"], table["written"], strict=True))).data() == scenario.data()


OTHER = {
    TEXT: {"currency": "USD", "stages.mql.moves.check.cost": 25, "tracks.reactivation.cadence": "11d"},
    SOLD: {
        "teams.sales.people.ben.chance": 0.7,
        "stages.sql.moves.expire.extend.by": "9d",
        "stages.trial.win_rate": "61%",
    },
    NURTURE: {
        "touches.mail.click.warmth": 9,
        "limits.mail.most": "4 per 10d",
        "content.guide.odds.segment.enterprise": 3,
    },
}
"""Small scenarios, and what is set in them."""


@pytest.mark.parametrize("text", OTHER, ids=["trunk", "sales", "nurture"])
def test_what_differs_is_listed_at_its_path(text: str) -> None:
    scenario = fs.loads(text)
    other = scenario.set(OTHER[text])
    before, after = (inputs(each).set_index("path")["written"] for each in (scenario, other))
    assert list(before.index) == list(after.index)
    differing = after[after != before]
    assert sorted(differing.index) == sorted(OTHER[text])
    assert scenario.set(differing.to_dict()).data() == other.data()


def row(scenario: Scenario, path: str) -> tuple[object, str, str]:
    found = inputs(scenario).set_index("path").loc[path]
    return found["value"], found["unit"], found["written"]


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        (TEXT, "channels.search.leads", (80.0, "leads per month", "80 per month")),
        (TEXT, "channels.search.spend", (9000.01, "CNY per month", "9000.01 per month")),
        (TEXT, "channels.fairs.cost", (12.5, "CNY", "12.5")),
        (TEXT, "channels.base.backlog", (120.0, "leads", "120")),
        (TEXT, "segments.small.share", (0.8, "share", "80%")),
        (TEXT, "stages.lead.moves.call.after", ("1d to 4d", "", "1d to 4d")),
        (TEXT, "stages.mql.moves.check.chance.uncertain", ("60% to 90%", "", "60% to 90%")),
        (TEXT, "stages.won.value", ("20_000 to 90_000", "CNY", "20_000 to 90_000")),
        (TEXT, "stages.won.label", ("成交", "", "成交")),
        (TEXT, "tracks.reactivation.cadence", (9.0, "days", "9d")),
        (TEXT, "horizon", (4.0, "months", "4 months")),
        (TEXT, "changes.2026-02-16.from", ("2026-02-16", "", "2026-02-16")),
        (SOLD, "teams.sales.salary", (9000.0, "CNY per month", "9000 per month")),
        (SOLD, "stages.sql.moves.follow_up.takes", (2.0, "hours", "2h")),
        (SOLD, "teams.sales.people.ben.chance", (0.8, "", "0.8")),
        (NURTURE, "touches.mail.delivered", (0.9, "share", "90%")),
    ],
)
def test_values_and_units(text: str, path: str, expected: tuple[object, str, str]) -> None:
    assert row(fs.loads(text), path) == expected


def test_names_that_look_like_numbers_are_text() -> None:
    scenario = fs.loads(TEXT).set({"name": '"1e5"', "stages.won.label": "40%", "currency": '"12"'})
    assert row(scenario, "name") == ("1e5", "", '"1e5"')
    assert row(scenario, "stages.won.label") == ("40%", "", "40%")
    assert row(scenario, "currency") == ("12", "", '"12"')


def test_variants_are_no_inputs() -> None:
    assert not inputs(fs.loads(TEXT))["path"].str.startswith("variants").any()
