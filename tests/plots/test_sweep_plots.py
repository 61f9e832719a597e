"""What pictures of sweeps show, read off what was drawn."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest

import funnelsim as fs
from funnelsim.metrics import statistics
from funnelsim.metrics.display import number
from funnelsim.plots import plot_sweep, sweep_figure
from funnelsim.plots.sweep import positions
from funnelsim.scenario import Scenario

AFTER, CHANCE = "stages.lead.moves.call.after", "stages.lead.moves.call.chance"


@pytest.fixture(autouse=True)
def no_screen() -> Iterator[None]:
    from matplotlib import pyplot

    matplotlib.use("Agg")
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    text = {
        "format": 1,
        "name": "Costs $5, or $6",
        "start": "2026-01-01",
        "horizon": "2 months",
        "currency": "CNY",
        "channels": {"web": {"leads": "40 per month", "spend": "1_000 per month", "enters": "lead"}},
        "stages": {
            "lead": {"moves": {"call": {"after": "1d", "chance": "50%", "to": "won", "else": "lost"}}},
            "lost": {},
            "won": {},
        },
    }
    return fs.loads(json.dumps(text))


@pytest.fixture(scope="module")
def line(scenario: Scenario) -> fs.Sweep:
    return fs.sweep(scenario, {CHANCE: ["60%", "20%", "30%"]}, replications=20, metrics=["won", "cost_per_won"])


@pytest.fixture(scope="module")
def grid(scenario: Scenario) -> fs.Sweep:
    return fs.sweep(scenario, {CHANCE: ["20%", "60%"], AFTER: ["1d", "9d", "3d to 20d"]}, replications=5)


def test_a_line_with_its_band_and_interval(line: fs.Sweep) -> None:
    ax = plot_sweep(line, "won")
    told = line.metric("won")
    order = [1, 2, 0]
    (drawn,) = [each for each in ax.lines if each.get_marker() == "o"]
    assert drawn.get_xdata().tolist() == [20, 30, 60]
    assert drawn.get_ydata().tolist() == told["mean"].to_numpy()[order].tolist()
    band: Any = ax.collections[0].get_paths()[0].vertices
    assert band[:, 1].min() == told["p10"].to_numpy().min()
    assert band[:, 1].max() == told["p90"].to_numpy().max()
    whiskers: Any = ax.collections[1].get_segments()  # type: ignore[attr-defined]
    low, high = statistics.interval(told["mean"], told["mc_error"], 20)
    assert np.allclose([segment[:, 1] for segment in whiskers], np.stack([low, high], axis=1)[order])
    ticks = {label.get_text(): place for place, label in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)}
    assert ticks == {"60%": 60, "20%": 20, "30%": 30}
    assert ax.get_xlabel() == CHANCE
    assert ax.get_ylabel() == "entries into won"


def test_a_heat_map(grid: fs.Sweep) -> None:
    ax = plot_sweep(grid, "cost_per_won")
    mean = grid.metric("cost_per_won")["mean"].to_numpy()
    assert np.array_equal(np.asarray(ax.images[0].get_array()), mean)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1d", "9d", "3d to 20d"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["20%", "60%"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == (AFTER, CHANCE)
    assert len(ax.texts) == 6
    assert [text.get_text() for text in ax.texts] == [number(float(value), "CNY per won") for value in mean.flat]


def test_figures_are_drawn_without_warnings(line: fs.Sweep, grid: fs.Sweep, scenario: Scenario, tmp_path: Path) -> None:
    one = fs.sweep(scenario, {"stages.lead.moves.call.chance": [0.0]}, replications=1)  # without an error, or a cost
    for place, swept in enumerate((line, grid, one)):
        figure = sweep_figure(swept, ["won", "cost_per_won"])
        assert len([ax for ax in figure.axes if ax.get_xlabel()]) == 2
        figure.savefig(tmp_path / f"{place}.png")


def test_points_in_a_list_make_a_line(scenario: Scenario) -> None:
    points = fs.design({CHANCE: "20% to 60%"}, 8)
    ax = plot_sweep(fs.sweep(scenario, points, replications=2, metrics="won"), "won")
    (drawn,) = [each for each in ax.lines if each.get_marker() == "o"]
    assert drawn.get_xdata().tolist() == sorted(float(str(point[CHANCE])[:-1]) for point in points)


def test_what_cannot_be_drawn(scenario: Scenario, line: fs.Sweep) -> None:
    two = fs.sweep(scenario, [{CHANCE: 0.2, AFTER: "1d"}], replications=1, metrics="won")
    with pytest.raises(ValueError, match=r"a picture is over one path, or a grid of two, not over 2; read sweep.table"):
        plot_sweep(two, "won")
    with pytest.raises(ValueError, match="'sql' was not kept"):
        plot_sweep(line, "sql")
    with pytest.raises(ValueError, match="no metrics to draw"):
        sweep_figure(line, [])


def test_where_values_stand() -> None:
    assert positions(["7d", "14d", "28d"]) == [7, 14, 28]
    assert positions([0.1, 2, "3"]) == [0.1, 2, 3]
    assert positions(["7d", "2 weeks"]) == [0, 1]
    assert positions(["never", "7d"]) == [0, 1]
    assert positions(["3d to 20d"]) == [0]
