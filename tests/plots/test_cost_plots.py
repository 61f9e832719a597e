"""What pictures of costs show, read off what was drawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import matplotlib
import numpy as np
import pytest

import funnelsim as fs
from funnelsim.plots import costs_figure, plot_cost_by_cohort, plot_cost_by_period, plot_cost_parts

TEXT = """
format: 1
name: Costs $5, or $6
start: 2026-01-01
horizon: 3 months
currency: CNY
channels: {web: {leads: 200 per month, spend: 1_000 per month, cost: 1, enters: lead}}
stages:
  lead: {moves: {call: {after: between 5d and 50d, chance: 50%, to: sql, else: lost}}}
  sql: {moves: {close: {after: 10d, chance: 50%, to: won, else: lost}}}
  lost: {}
  won: {value: 9}
overheads: {crm: {amount: 3_000 per month}}
"""


@pytest.fixture(autouse=True)
def no_screen() -> Iterator[None]:
    from matplotlib import pyplot

    matplotlib.use("Agg")
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def costs() -> fs.UnitCosts:
    return fs.unit_costs(fs.loads(TEXT), run_on="3 months", marginal=False, replications=20, seed=2)


def of(table: Any, unit: str) -> Any:
    return table[(table["unit"] == unit) & (table["group"] == "all")]


def band(collection: Any) -> tuple[float, float]:
    """Lowest and highest of a band."""
    heights = collection.get_paths()[0].vertices[:, 1]
    return float(heights.min()), float(heights.max())


@pytest.mark.parametrize("unit", [None, "won"])
def test_cost_by_period(costs: fs.UnitCosts, unit: str | None) -> None:
    ax, table = plot_cost_by_period(costs, unit), of(costs.by_period(), unit or "sql")
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), table["cost"])
    known = table[["p10", "p90"]].dropna()
    assert band(ax.collections[0]) == (known["p10"].min(), known["p90"].max())
    assert ax.get_ylabel() == f"cost per {unit or 'SQL'} (CNY)"
    assert ax.get_title("left") == f"Costs $5, or $6: cost per {unit or 'SQL'}, by period"
    assert ax.get_ylim()[0] == 0
    assert ax.get_legend_handles_labels()[1] == ["P10 to P90 over replications", "mean"]


def test_cost_by_cohort_shows_what_is_not_known_yet(costs: fs.UnitCosts) -> None:
    ax, table = plot_cost_by_cohort(costs), of(costs.by_cohort(), "sql").iloc[1:-1]
    matured, so_far = ax.lines
    np.testing.assert_array_equal(matured.get_ydata(), table["matured"])
    np.testing.assert_array_equal(so_far.get_ydata(), table["cost"])
    assert so_far.get_markerfacecolor() == "white"
    quantiles, unknown = ax.collections
    assert band(quantiles) == (table["p10"].min(), table["p90"].max())
    assert band(unknown) == (table["matured"].min(), table["cost"].max())
    assert unknown.get_hatch() == "///"
    assert unknown.get_label() == "not known yet at the end of the horizon"
    assert table["cost"].iloc[-1] > 1.5 * table["matured"].iloc[-1]


def test_cost_by_cohort_of_a_run_that_does_not_go_on_and_of_one_cohort() -> None:
    scenario = fs.loads(TEXT)
    bare = plot_cost_by_cohort(fs.unit_costs(scenario, run_on=None, marginal=False, replications=3))
    assert [line.get_label() for line in bare.lines] == ["so far"] and not bare.collections  # noqa: PT018
    one = fs.unit_costs(scenario.set({"horizon": "1 month"}), run_on="2 months", marginal=False, replications=9)
    ax, table = plot_cost_by_cohort(one), of(one.by_cohort(), "sql").iloc[1]
    assert ax.lines[0].get_ydata().tolist() == [table["matured"]]  # type: ignore[union-attr]
    assert band(ax.collections[0]) == (table["p10"], table["p90"])


def test_parts_are_stacked_to_the_whole(costs: fs.UnitCosts) -> None:
    ax, table = plot_cost_parts(costs), costs.parts_by_period()
    stacks = {str(stack.get_label()): [bar.get_height() for bar in stack] for stack in ax.containers}
    assert list(stacks) == ["overhead crm", "media", "leads"]  # by size; nothing is spent on touches and moves
    for part, heights in stacks.items():
        np.testing.assert_allclose(heights, table[table["part"] == part]["cost"])
    tops = [bar.get_y() + bar.get_height() for bar in ax.containers[-1]]
    np.testing.assert_allclose(tops, of(costs.by_period(), "sql")["cost"])


def test_all_in_one_figure(costs: fs.UnitCosts) -> None:
    axes = costs_figure(costs, "won").axes
    assert [ax.get_title("left").rpartition(", ")[2] for ax in axes] == [
        "by period",
        "by cohort",
        "by what it is made of",
    ]
    with pytest.raises(ValueError, match="no unit 'wonn' \\(did you mean 'won'"):
        plot_cost_parts(costs, "wonn")
