"""Pictures of budgets: what is drawn is what the tables say, with today marked."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
from matplotlib import pyplot

import funnelsim as fs
from funnelsim.plots import budgets_figure, plot_frontier, plot_responses
from tests.forecast.test_budgets import SMALL, TEXT

pytestmark = pytest.mark.usefixtures("compiled_kernel")


@pytest.fixture(scope="module")
def budgets() -> fs.Budgets:
    given = {
        "today": {},
        "half": {"spend": "-50%"},
        "wasted": {"channels.fair.spend": "4_000 per month"},
        "more": {"spend": "+50%"},
    }
    return fs.budgets(SMALL, given, replications=30, seed=1, one_more_person=False, progress=False)


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    pyplot.close("all")


@pytest.mark.parametrize("outcome", ["sql", "won", "gross_profit"])
def test_the_frontier(budgets: fs.Budgets, outcome: str) -> None:
    ax = plot_frontier(budgets, outcome)
    table = budgets.frontier(outcome)
    line, *_ = ax.get_lines()
    free = table[table["dominated_by"] == ""]
    assert line.get_xydata() == pytest.approx(free[["spend", "outcome"]].to_numpy())
    drawn = {}
    for container, row in zip(ax.containers, table.itertuples(), strict=True):
        point, _, (bar,) = container.lines
        assert point.get_xydata()[0] == pytest.approx([row.spend, row.outcome])
        low, high = bar.get_segments()[0][:, 1]
        of_all = budgets.table()
        figure = of_all[(of_all["budget"] == row.budget) & (of_all["figure"] == outcome)].iloc[0]
        assert [low, high] == pytest.approx([figure["p10"], figure["p90"]])
        assert (point.get_marker() == "D") == (row.budget == "today")
        assert (point.get_markerfacecolor() == "white") == bool(row.dominated_by)
        drawn[row.budget] = row.dominated_by
    assert drawn["wasted"] in ("today", "more")
    assert {text.get_text() for text in ax.texts} == {"today", "half", "wasted", "more"}
    assert ax.get_xlabel() == "spend (CNY)"
    assert "whiskers P10 to P90" in ax.get_ylabel()


def test_responses_with_today_marked() -> None:
    ax = plot_responses(SMALL)
    curve, today = ax.get_lines()[:2]
    spend, leads = curve.get_xydata().T
    at_today = today.get_xydata()[0]
    months = 90 / 30.4375
    assert at_today == pytest.approx([18_000 / months, 180 / months])
    assert leads == pytest.approx(180 / months * (spend / at_today[0]) ** 0.7, rel=1e-6)
    assert (spend[0], spend[-1]) == pytest.approx((0, 2 * at_today[0]))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["search", "today"]
    assert ax.get_ylabel() == "expected leads a month"


def test_a_band_where_the_response_is_not_known() -> None:
    unsure = SMALL.set({"channels.search.response.exponent": {"uncertain": "0.4 to 0.9"}})
    ax = plot_responses(unsure)
    (band,) = ax.collections
    heights = np.ptp(band.get_paths()[0].vertices[:, 1])
    assert heights > 0
    table = fs.response_curves(unsure)
    assert (table["low"] <= table["leads"] + 1e-9).all()
    row = table[table["change"] == 0].iloc[0]
    assert row["low"] == pytest.approx(row["high"]), "at the spend that is written nothing is unknown"


def test_both_side_by_side_and_text_in_any_language(budgets: fs.Budgets) -> None:
    assert len(budgets_figure(budgets).axes) == 2
    text = json.loads(json.dumps(TEXT))
    del text["channels"]["search"]["response"]
    text["budgets"] = {"today": {"label": "今天 $x$", "set": {}}}
    plain = fs.budgets(fs.loads(json.dumps(text)), replications=2, one_more_person=False, progress=False)
    figure = budgets_figure(plain)
    assert len(figure.axes) == 1
    figure.draw_without_rendering()
    with pytest.raises(ValueError, match="no channel with a 'response' to spend"):
        plot_responses(plain.scenario)
