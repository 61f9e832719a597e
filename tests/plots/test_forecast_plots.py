"""Pictures of forecasts and of differences, read off what was drawn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.dates import date2num

import funnelsim as fs
from funnelsim.forecast.actuals import Actual
from funnelsim.forecast.compare import Comparison
from funnelsim.plots import difference_figure, forecast_figure, plot_difference, plot_fan
from funnelsim.plots.style import BAND, FILL, FIRST_FILL, INK


@pytest.fixture(autouse=True)
def no_screen() -> Iterator[None]:
    from matplotlib import pyplot

    matplotlib.use("Agg")
    yield
    pyplot.close("all")


def write(chance: Any, after: str = "5%") -> Any:
    text = {
        "format": 1,
        "name": "Plain",
        "start": "2026-01-01",
        "horizon": "4 months",
        "currency": "CNY",
        "channels": {"web": {"leads": "40 per month", "spend": "1_000 per month", "enters": "lead"}},
        "stages": {
            "lead": {"moves": {"call": {"after": "1d to 9d", "chance": chance, "to": "sql", "else": "pool"}}},
            "sql": {},
            "pool": {"moves": {"mail": {"after": "9d", "chance": after, "to": "sql"}}},
        },
    }
    return fs.loads(json.dumps(text))


@pytest.fixture(scope="module")
def forecast() -> fs.Forecast:
    told = fs.forecast(write({"uncertain": "40% to 60%"}), "sql", replications=80, seed=2)
    middle, high = float(told.by_period.p50[1]), float(told.by_period.p90[2]) + 5
    return fs.Forecast(told.result, "sql", (Actual(1, middle), Actual(2, high)))


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    scenarios = {"now": write("50%"), "better": write("60%"), "close": write("50%", "6%")}
    return fs.compare(scenarios, replications=90, seed=2)


def line(ax: Axes, label: str) -> tuple[Any, Any]:
    (found,) = [line for line in ax.get_lines() if line.get_label() == label]
    return found.get_xdata(orig=False), found.get_ydata()


def grey(color: Any) -> float:
    return float(np.dot(to_rgb(color), (0.299, 0.587, 0.114)))


# ---------------------------------------------------------------- fan
@pytest.mark.parametrize("so_far", [False, True])
def test_fan_is_the_table(forecast: fs.Forecast, so_far: bool) -> None:
    ax = plot_fan(forecast, so_far=so_far)
    table = forecast.fan(so_far)
    dates = date2num(table["until" if so_far else "period"].to_numpy())
    for label, name in (("mean", "mean"), ("P50", "p50")):
        x, y = line(ax, label)
        assert x.tolist() == dates.tolist()
        assert y.tolist() == table[name].tolist()
    (band,) = ax.collections
    edges = {tuple(point) for point in band.get_paths()[0].vertices.tolist()}
    for name in ("p10", "p90"):
        assert set(zip(dates.tolist(), table[name].tolist(), strict=True)) <= edges
    assert ax.get_ylim()[0] == 0
    assert ax.get_ylabel() == ("SQLs, so far" if so_far else "SQLs, by period")


def test_actuals_full_within_and_hollow_outside(forecast: fs.Forecast) -> None:
    ax = plot_fan(forecast)
    for label, period, fill in (("actual, within", 1, INK), ("actual, outside", 2, "white")):
        x, y = line(ax, label)
        assert x.tolist() == [date2num(forecast.edges[period])]
        assert y.tolist() == [forecast.actual[period]]
        (drawn,) = [one for one in ax.get_lines() if one.get_label() == label]
        assert drawn.get_markerfacecolor() == fill
    assert not [one for one in plot_fan(forecast, so_far=True).get_lines() if "actual" in str(one.get_label())]


def test_target_until_its_day_with_its_chance(forecast: fs.Forecast) -> None:
    by, of = forecast.probability(60, "2026-03-31"), forecast.probability(20, of="2026-02-03")
    label = f"target: at least 60, reached in {100 * by.probability:.3g}%"
    x, y = line(plot_fan(forecast, so_far=True, reached=[by, of]), label)
    assert x.tolist() == date2num(np.array(["2026-01-01", "2026-04-01"], "datetime64[D]")).tolist()
    assert y.tolist() == [60, 60]
    x, _ = line(plot_fan(forecast, reached=[by, of]), f"target: at least 20, reached in {100 * of.probability:.3g}%")
    assert x.tolist() == date2num(np.array(["2026-02-01", "2026-03-01"], "datetime64[D]")).tolist()


def test_figure_says_how_much_is_ignorance(forecast: fs.Forecast) -> None:
    figure = forecast_figure(forecast, [forecast.probability(60)])
    left, right = figure.axes
    assert (left.get_ylabel(), right.get_ylabel()) == ("SQLs, by period", "SQLs, so far")
    share = 100 * float(forecast.result.uncertainty("sql").share)
    assert f"of the variance at the end {share:.0f}% is ignorance" in figure.get_supxlabel()
    known = forecast_figure(fs.forecast(write("50%"), "lvr_sql", replications=9))
    assert len(known.axes) == 1
    assert "all parameters are taken as known" in known.get_supxlabel()


def test_growth_below_zero_has_a_line_at_zero() -> None:
    ax = plot_fan(fs.forecast(write("50%"), "lvr_sql", replications=30))
    assert ax.get_ylim()[0] < 0
    assert [0, 0] in [list(one.get_ydata()) for one in ax.get_lines()]


# ---------------------------------------------------------------- differences
@pytest.mark.parametrize("metric", ["sql", "cost_per_sql", "rate_lead_to_sql", "pool", "new_leads"])
@pytest.mark.parametrize("scenario", ["better", "close"])
def test_bars_hold_every_replication_and_are_darker_where_better(
    comparison: Comparison, metric: str, scenario: str
) -> None:
    ax = plot_difference(comparison, metric, scenario)
    change = comparison.difference(scenario, metric)
    heights: dict[str, float] = {FILL: 0.0, FIRST_FILL: 0.0}
    for bar in ax.patches:
        if hasattr(bar, "get_height") and bar.get_linewidth() == 0.4:
            color = next(color for color in heights if to_rgb(color) == bar.get_facecolor()[:3])
            heights[color] += bar.get_height()
    assert sum(heights.values()) == 90
    better = change.probability_better
    assert heights[FILL] == pytest.approx(0 if np.isnan(better) else 90 * better)
    dashed = next(one for one in ax.get_lines() if one.get_linestyle() == "--")
    assert list(dashed.get_xdata()) == [change.mean, change.mean]


def test_a_picture_of_a_difference_says_how_sure_it_is(comparison: Comparison) -> None:
    ax = plot_difference(comparison, "cost_per_sql", "close")
    change = comparison.difference("close", "cost_per_sql")
    told = ax.get_title(loc="left")
    assert f"mean {change.mean:+.3g} (95% interval {change.low:+.3g} to {change.high:+.3g})" in told
    assert f"better (lower) in {100 * change.probability_better:.3g}% of the replications" in told
    assert ax.get_xlabel() == "cost per SQL (CNY): close less now"
    assert "larger in" in plot_difference(comparison, "pool").get_title(loc="left")


def test_figure_of_differences(comparison: Comparison) -> None:
    figure = difference_figure(comparison, ["sql", "cost_per_sql"])
    assert [ax.get_xlabel() for ax in figure.axes] == [
        f"{title}: {name} less now" for title in ("SQLs", "cost per SQL (CNY)") for name in ("better", "close")
    ]
    assert "90 replications" in figure.get_supxlabel()
    with pytest.raises(ValueError, match="no metrics to draw"):
        difference_figure(comparison, [])
    with pytest.raises(ValueError, match="no metric 'x'"):
        difference_figure(comparison, ["x"])


def test_fills_differ_in_grey() -> None:
    assert grey(FIRST_FILL) - grey(FILL) > 0.2
    assert grey(BAND) - grey(INK) > 0.5
