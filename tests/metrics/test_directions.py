"""Whether more or less of a figure is better."""

from __future__ import annotations

import pytest

import funnelsim as fs
from funnelsim.metrics.definitions import BY_PATTERN
from funnelsim.metrics.directions import ALWAYS, OF_GOALS, direction_of, goals
from funnelsim.metrics.names import figure_of
from funnelsim.scenario import Scenario


@pytest.fixture(scope="module")
def trunk() -> Scenario:
    return fs.load("scenarios/trunk.yaml")


def test_every_direction_is_that_of_a_figure() -> None:
    assert set(ALWAYS) | set(OF_GOALS) <= set(BY_PATTERN)
    assert not set(ALWAYS) & set(OF_GOALS)


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("sql", "higher"),
        ("won", "higher"),
        ("rate_mql_to_sql", "higher"),
        ("cost_per_sql", "lower"),
        ("days_to_won", "lower"),
        ("revenue", "higher"),
        ("wasted_share", "lower"),
        ("sql[channel=search]", "higher"),
        ("lead", None),
        ("pool", None),
        ("cost_per_pool", None),
        ("rate_lead_to_pool", None),
        ("spend", None),
        ("touches", None),
        ("new_leads", None),
        ("in_sql", None),
    ],
)
def test_directions(name: str, direction: str | None, trunk: Scenario) -> None:
    assert direction_of(figure_of(name, trunk, "channel"), trunk) == direction


def test_goals_are_the_trunk_after_its_first_stage_and_what_has_a_value(trunk: Scenario) -> None:
    assert goals(trunk) == {"mql", "sql", "opportunity", "won"}
    assert goals(trunk.set({"stages.dormant.value": "3"})) == {"mql", "sql", "opportunity", "won", "dormant"}
