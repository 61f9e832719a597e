"""The flow of leads: ribbons as wide as what was counted, and nothing lost on the way."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch

import funnelsim as fs
from funnelsim.metrics.display import number
from funnelsim.metrics.flowing import CREATED, STILL_THERE, TAKEN_ON, THERE_BEFORE, Flow, flows_between_stages
from funnelsim.metrics.result import Result
from funnelsim.plots import plot_flow, plot_funnels, plot_incremental
from funnelsim.plots.ribbons import ribbons_of
from tests.metrics.conftest import NURTURE, SALES, TEXT

SOLD = SALES.replace("  pool: {track: drip}", "  pool: {track: drip}\n  dormant: {}")
SHIPPED = Path(__file__).parents[2] / "scenarios"


@pytest.fixture(autouse=True)
def no_screen() -> Iterator[None]:
    from matplotlib import pyplot

    matplotlib.use("Agg")
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def trunk() -> Result:
    return fs.simulate(fs.loads(TEXT), replications=5, seed=2)


def by_log(text: str, replications: int) -> dict[tuple[str, str], float]:
    """How many leads the event logs say went from stage to stage, at or after the start."""
    scenario = fs.loads(text)
    found: dict[tuple[str, str], float] = defaultdict(float)
    for replication in range(replications):
        log = fs.trace(scenario, seed=2, replication=replication)
        moved = log[(log["to"].isin(list(scenario.stages))) & (log["time"] >= 0) & (log["stage"] != "")]
        for stage, to in zip(moved["stage"], moved["to"], strict=True):
            found[stage, to] += 1 / replications
    return found


# ---------------------------------------------------------------- what is counted
@pytest.mark.parametrize("text", [TEXT, SOLD], ids=["trunk", "sales"])
def test_flows_are_what_the_logs_say(text: str) -> None:
    result = fs.simulate(fs.loads(text), replications=5, seed=2)
    flows = {flow[:2]: flow.leads for flow in flows_between_stages(result)}
    between = {ends: n for ends, n in flows.items() if ends[0] in result.scenario.stages and ends[1] != STILL_THERE}
    assert TAKEN_ON not in {name for ends in flows for name in ends}
    logged = by_log(text, 5)
    assert between.keys() == logged.keys()
    for ends, leads in between.items():
        assert leads == pytest.approx(logged[ends], abs=1e-9), ends


def test_what_tracks_of_several_stages_do_is_as_the_logs_say_in_all() -> None:
    result = fs.simulate(fs.loads(NURTURE), replications=5, seed=2)
    flows = flows_between_stages(result)
    logged = by_log(NURTURE, 5)
    for stage in result.scenario.stages:
        came = sum(flow.leads for flow in flows if flow.to == stage and flow.source not in (CREATED, THERE_BEFORE))
        assert came == pytest.approx(sum(n for (_, to), n in logged.items() if to == stage)), stage
    assert any(flow.to == TAKEN_ON for flow in flows)


@pytest.mark.parametrize("name", ["opportunity_stages", "pool_procedure", "one_week_rule", "markets/small_business"])
def test_as_many_come_as_go(name: str) -> None:
    scenario = fs.load(SHIPPED / f"{name}.yaml").set({"horizon": "60d"})
    result = fs.simulate(scenario, replications=3)
    came, went = defaultdict(float), defaultdict(float)
    for source, to, leads in flows_between_stages(result):
        assert leads > 0
        came[to] += leads
        went[source] += leads
    for place in (*scenario.stages, *([TAKEN_ON] if TAKEN_ON in came else [])):
        assert came[place] == pytest.approx(went[place], abs=1e-6), place
    standing = result.data["standing"].isel(period=-1).sum().item() / result.replications
    assert came[STILL_THERE] == pytest.approx(standing)
    assert went[CREATED] == pytest.approx(float(result.estimate("new_leads").mean))


# ---------------------------------------------------------------- what is drawn
def ribbons(ax: Axes) -> dict[tuple[str, str], Any]:
    drawn = {}
    for patch in ax.patches:
        if isinstance(patch, PathPatch):
            source, _, to = str(patch.get_gid()).partition(" > ")
            drawn[source, to] = patch
    return drawn


def test_ribbons_are_as_wide_as_the_leads_at_both_ends(trunk: Result) -> None:
    ax = plot_flow(trunk)
    flows = {flow[:2]: flow.leads for flow in flows_between_stages(trunk)}
    drawn = ribbons(ax)
    assert drawn.keys() == flows.keys()
    for ends, leads in flows.items():
        vertices = drawn[ends].get_path().vertices[:-1]  # the last closes it
        start, last = vertices[0], vertices[-1]
        assert start[0] == last[0]
        assert abs(last[1] - start[1]) == pytest.approx(leads), ends
        edge = vertices[0, 0]
        upright = [abs(one[1] - other[1]) for one, other in itertools.pairwise(vertices) if one[0] == other[0] != edge]
        assert leads in [pytest.approx(length) for length in upright], ends


def test_bars_are_full_and_ribbons_meet_them(trunk: Result) -> None:
    flows = flows_between_stages(trunk)
    bars, laid = ribbons_of(["lead", "mql", "sql", "won"], flows)
    for name, bar in bars.items():
        for slots in (
            [ribbon.start[1] for ribbon in laid if ribbon.flow.source == name],
            [ribbon.end[1] for ribbon in laid if ribbon.flow.to == name],
        ):
            ends = sorted(slots)
            assert ends[0].top == bar.top
            assert ends[-1].bottom == pytest.approx(bar.top + bar.height)
            for above, below in itertools.pairwise(ends):
                assert above.bottom == pytest.approx(below.top)
    tops = sorted((bar.top, bar.height) for bar in bars.values() if bar.top > 0)
    assert all(one[0] + one[1] < other[0] for one, other in itertools.pairwise(tops))


def test_recycling_and_losses_differ_in_grey_and_are_explained(trunk: Result) -> None:
    ax = plot_flow(trunk)
    drawn = ribbons(ax)
    looks = {
        kind: (drawn[ends].get_facecolor(), drawn[ends].get_hatch())
        for kind, ends in {"on": ("lead", "mql"), "away": ("lead", "pool"), "back": ("pool", "mql")}.items()
    }
    assert len({np.round(np.dot(color[:3], [0.299, 0.587, 0.114]), 1) for color, _ in looks.values()}) == 3
    assert looks["back"][1]
    assert not looks["away"][1]
    lanes = drawn["pool", "mql"].get_path().vertices[:, 1].max()
    assert lanes > max(bar.get_y() + bar.get_height() for bar in ax.patches if not isinstance(bar, PathPatch))
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        *("on along the trunk", "away from it", "back to an earlier stage", "still there at the end")
    ]
    assert ax.get_xlabel().startswith("leads, 2026-01-01 until 2026-05-01: means over 5 replications")
    assert ax.get_title(loc="left") == "Small trunk"


def test_numbers_stand_at_the_ribbons(trunk: Result) -> None:
    ax = plot_flow(trunk)
    flows = {flow[:2]: flow.leads for flow in flows_between_stages(trunk)}
    came = sum(leads for (_, to), leads in flows.items() if to == "lead")
    texts = {text.get_text() for text in ax.texts}
    assert f"{number(flows['lead', 'mql'])} ({flows['lead', 'mql'] / came:.1%})" in texts
    assert f"{number(flows['dormant', STILL_THERE])} still there" in texts
    assert any(text.startswith(("won\n", "成交\n")) for text in texts)


def test_two_that_lead_back_have_lanes_of_their_own() -> None:
    flows = [
        *(Flow(CREATED, "a", 10.0), Flow("a", "b", 12.0), Flow("b", "c", 9.0), Flow("c", "a", 2.0)),
        *(Flow("b", "b", 3.0), Flow(CREATED, "b", 3.0), Flow("b", STILL_THERE, 6.0), Flow("c", STILL_THERE, 7.0)),
    ]
    _, laid = ribbons_of(["a", "b", "c"], flows)
    one, other = sorted(ribbon.lane for ribbon in laid if ribbon.lane is not None)
    assert one.bottom < other.top
    assert {ribbon.flow[:2] for ribbon in laid if ribbon.kind == "back"} == {("c", "a"), ("b", "b")}


def test_it_is_drawn_where_one_is_told(trunk: Result, tmp_path: Path) -> None:
    _, ax = matplotlib.pyplot.subplots()
    assert plot_flow(trunk, ax) is ax
    ax.figure.savefig(tmp_path / "flow.png")
    assert (tmp_path / "flow.png").stat().st_size > 5000


# ---------------------------------------------------------------- funnels side by side
def test_funnels_stand_side_by_side() -> None:
    scenario = fs.loads(TEXT)
    compared = fs.compare({"now": scenario, "rare": scenario.variant("rare")}, replications=4)
    ax = plot_funnels(compared)
    stages = list(scenario.stages)
    expected = [float(result.estimate(stage).mean) for result in compared.results.values() for stage in stages]
    bars = list(ax.patches)
    assert [bar.get_width() for bar in bars] == expected  # type: ignore[attr-defined]
    middles = [bar.get_y() + bar.get_height() / 2 for bar in bars]  # type: ignore[attr-defined]
    np.testing.assert_allclose(middles, [*(np.arange(7) - 0.21), *(np.arange(7) + 0.21)])
    for line, result, stage in zip(
        ax.lines, np.repeat(list(compared.results.values()), 7), [*stages, *stages], strict=True
    ):
        np.testing.assert_array_equal(line.get_xdata(), [result.estimate(stage).p10, result.estimate(stage).p90])
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["now", "rare"]
    rate = compared.results["rare"].estimate("rate_lead_to_mql").mean
    assert ax.texts[8].get_text().endswith(f"({rate:.1%} of lead)")


# ---------------------------------------------------------------- what touches bring
def test_what_touches_bring_is_drawn_with_its_interval() -> None:
    added = fs.incremental(fs.loads(TEXT), "touch", ["sql", "won"], replications=8)
    ax = plot_incremental(added)
    table = added.table()
    rows = table[table["metric"] == "sql"].sort_values("mean", ascending=False)
    touched, means = np.split(np.array([bar.get_width() for bar in ax.patches]), 2)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(means, rows["mean"])
    np.testing.assert_array_equal(touched, rows["touched"])
    for line, (_, row) in zip(ax.lines, rows.iterrows(), strict=False):
        np.testing.assert_array_equal(line.get_xdata(), row[["low", "high"]].astype(float))
    assert [label.get_text() for label in ax.get_yticklabels()] == list(rows["touch"])
    assert "SQLs" in ax.get_xlabel()
    legend = ax.get_legend()
    assert legend is not None
    assert any("95% interval" in text.get_text() for text in legend.get_texts())
    won = plot_incremental(added, "won")  # of which nothing is counted of leads touched before
    assert len(won.patches) == 2
    with pytest.raises(ValueError, match="'spend' was not asked for: take one of sql, won"):
        plot_incremental(added, "spend")
