from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import t

import funnelsim as fs
from funnelsim.engines.desks import run_chunk, run_chunk_in_blocks
from funnelsim.forecast import sweep as sweeping
from funnelsim.forecast.points import MOST_POINTS, labels, short_names, text_of
from funnelsim.metrics import gathering, simulate
from funnelsim.metrics.display import columns
from funnelsim.scenario import Scenario

CHANCE, LEADS = "touches.mail.response", "channels.web.leads"


def write(**fields: Any) -> Scenario:
    text = {
        "format": 1,
        "name": "Two policies",
        "start": "2026-01-01",
        "horizon": "60d",
        "currency": "CNY",
        "channels": {"web": {"leads": "40 per month", "spend": "1_000 per month", "enters": "lead"}},
        "stages": {
            "lead": {"moves": {"call": {"after": "1d to 9d", "chance": "50%", "cost": 3, "to": "sql", "else": "pool"}}},
            "sql": {},
            "pool": {"track": "drip"},
        },
        "touches": {"mail": {"cost": 0.5, "response": "10%"}},
        "tracks": {"drip": {"cadence": "7d", "touches": ["mail"], "on_response": {"to": "sql"}}},
        **fields,
    }
    return fs.loads(json.dumps(text))


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return write()


@pytest.fixture(scope="module")
def grid(scenario: Scenario) -> fs.Sweep:
    over = {CHANCE: ["10%", "25%", 0.4], LEADS: ["40 per month", "80 per month"]}
    return fs.sweep(scenario, over, replications=30, seed=3, metrics=["sql", "cost_per_sql"], each=True)


# ---------------------------------------------------------------- what it gives
def test_every_point_is_what_simulate_gives_with_the_same_luck(grid: fs.Sweep, scenario: Scenario) -> None:
    for row, chance in enumerate(["10%", "25%", "0.4"]):
        for leads in ("40 per month", "80 per month"):
            alone = fs.simulate(scenario.set({CHANCE: chance, LEADS: leads}), replications=30, seed=3)
            for metric in ("sql", "cost_per_sql"):
                there = grid.metric(metric).sel({CHANCE: chance, LEADS: leads})
                expected = alone.estimate(metric)
                for name, value in expected._asdict().items():
                    assert float(there[name]) == float(value), (row, leads, metric, name)
                values = alone.metric(metric, over="horizon").to_numpy()
                assert np.array_equal(there["each"].to_numpy(), values)


def test_a_grid_has_a_dimension_for_each_path_with_values_as_they_were_written(grid: fs.Sweep) -> None:
    assert grid.data["mean"].dims == ("metric", CHANCE, LEADS)
    assert grid.data["each"].dims == ("metric", CHANCE, LEADS, "replication")
    assert grid.data[CHANCE].to_numpy().tolist() == ["10%", "25%", "0.4"]
    assert grid.data[LEADS].to_numpy().tolist() == ["40 per month", "80 per month"]
    assert grid.data["unit"].to_numpy().tolist() == ["leads", "CNY per SQL"]
    assert grid.metric("sql").attrs["unit"] == "leads"
    assert grid.metric("sql").attrs["definition"].startswith("Entries into sql")
    twice = fs.sweep(grid.scenario, [{CHANCE: "10%"}], replications=2, metrics=["sql", "sql"])
    assert twice.metrics == ("sql",)
    with pytest.raises(ValueError, match="read-only"):
        grid.data["mean"].to_numpy()[:] = 0


def test_points_are_paired(scenario: Scenario) -> None:
    """The same leads, and the luck of a mail that is answered at 10% is answered at more: nobody is lost by it."""
    over = {CHANCE: [0.1, 0.1000001, 0.25]}
    values = fs.sweep(scenario, over, replications=40, seed=5, metrics=["new_leads", "sql"], each=True).data["each"]
    created, qualified = values.sel(metric="new_leads").to_numpy(), values.sel(metric="sql").to_numpy()
    assert (created == created[0]).all()
    assert np.array_equal(qualified[0], qualified[1])
    gain = qualified[2] - qualified[0]
    assert (gain >= 0).all()
    other = fs.sweep(scenario, {CHANCE: [0.25]}, replications=40, seed=6, metrics="sql", each=True).data["each"]
    independent = other.to_numpy()[0, 0] - qualified[0]
    assert gain.var() < independent.var() / 2
    assert t.ppf(0.9999, 39) * gain.std() / math.sqrt(40) < gain.mean()


def test_a_list_has_one_dimension_with_coordinates_for_each_path(scenario: Scenario) -> None:
    points = [{CHANCE: 0.1, LEADS: "40 per month"}, {LEADS: "90 per month", CHANCE: 0.2}]
    swept = fs.sweep(scenario, points, replications=5, metrics="sql")
    assert swept.data["mean"].dims == ("metric", "point")
    assert swept.data[CHANCE].dims == ("point",)
    assert swept.data[CHANCE].to_numpy().tolist() == [0.1, 0.2]
    assert swept.data[LEADS].to_numpy().tolist() == ["40 per month", "90 per month"]
    alone = fs.simulate(scenario.set(points[1]), replications=5)
    assert float(swept.metric("sql")["mean"].sel(point=1)) == float(alone.estimate("sql").mean)


def test_a_design_runs(scenario: Scenario) -> None:
    points = fs.design({CHANCE: "5% to 25%", LEADS: "20 to 60 per month"}, points=4, seed=2)
    swept = fs.sweep(scenario, points, replications=3, metrics="sql")
    assert swept.data.sizes == {"metric": 1, "point": 4}
    assert swept.data[CHANCE].to_numpy().tolist() == [point[CHANCE] for point in points]


def test_headline_metrics_that_all_points_have(scenario: Scenario) -> None:
    swept = fs.sweep(scenario, {CHANCE: ["10%"]}, replications=2)
    assert list(swept.metrics) == fs.simulate(scenario, replications=1).usual_names()
    assert "each" not in swept.data
    fewer = fs.sweep(scenario, {"stages.sql": [{}, {"value": 500}]}, replications=2)
    assert "revenue" not in fewer.metrics
    assert {"sql", "cost_per_sql"} <= set(fewer.metrics)


def test_groups(scenario: Scenario) -> None:
    swept = fs.sweep(scenario, {CHANCE: ["10%"]}, replications=2, by="channel")
    assert "sql[channel=web]" in swept.metrics
    (there,) = swept.metric("sql[channel=web]")["mean"].to_numpy()
    assert there == swept.metric("sql")["mean"].to_numpy()[0]


def test_it_runs_again_to_the_same_bits(grid: fs.Sweep) -> None:
    again = grid.rerun(progress=False)
    assert again.data.identical(grid.data)
    assert again.points == grid.points


def test_engines_threads_and_chunks_do_not_matter(scenario: Scenario) -> None:
    over = {CHANCE: ["10%", "25%"]}
    one = fs.sweep(scenario, over, replications=4, metrics="sql", each=True)
    for other in ({"engine": "simpy"}, {"threads": 1}, {"threads": 2, "chunk": 1}):
        assert fs.sweep(scenario, over, replications=4, metrics="sql", each=True, **other).data.identical(one.data)  # type: ignore[arg-type]


# ---------------------------------------------------------------- what it costs
def test_only_one_point_is_counted_at_a_time_and_nothing_is_compiled_again(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    fs.simulate(scenario, replications=1)
    both: Any = (run_chunk, run_chunk_in_blocks)
    before, alive, most = [len(one.signatures) for one in both], 0, 0

    class Counted(gathering.Gathered):
        def __init__(self) -> None:
            nonlocal alive, most
            super().__init__()
            alive += 1
            most = max(most, alive)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    monkeypatch.setattr(gathering, "Gathered", Counted)
    fs.sweep(scenario, {CHANCE: [0.1, 0.2, 0.3], LEADS: ["40 per month", "50 per month"]}, replications=2)
    assert most == 1
    assert [len(one.signatures) for one in both] == before


def test_one_bar_for_all_points(scenario: Scenario, capsys: pytest.CaptureFixture[str]) -> None:
    fs.sweep(scenario, {CHANCE: [0.1, 0.2, 0.3]}, replications=2, progress=True)
    error = capsys.readouterr().err
    assert "6/6" in error
    assert error.count("\n") == 1


def test_what_is_kept_has_to_fit_into_memory(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "machine_memory", lambda: 40_000_000)
    over = {CHANCE: np.linspace(0.1, 0.3, 20).tolist()}
    with pytest.raises(fs.ScenarioError, match=r"replications: 1 metrics at 20 points would take up to 0\.0 GB"):
        fs.sweep(scenario, over, replications=200_000, metrics="sql", each=True)


# ---------------------------------------------------------------- what is refused
def refused(scenario: Scenario, over: Any, **arguments: Any) -> list[str]:
    with pytest.raises(fs.ScenarioError) as caught:
        fs.sweep(scenario, over, **{"replications": 2, **arguments})
    return str(caught.value).splitlines()


def test_all_that_is_wrong_is_said_at_once_before_anything_runs(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: Any) -> None:
        raise AssertionError("something has run")

    monkeypatch.setattr(sweeping, "run", run)
    monkeypatch.setattr(simulate, "run", run)
    over = {
        CHANCE: ["10%", "110%", "10 %%"],
        "touches.mial.cost": [1],
        "tracks.drip.cadence": ["7d", "7d"],
        "horizon": ["30d"],
        "stages.lead.moves.call.cost": 3,
        "stages.lead.moves.call.attempts": [],
    }
    assert refused(scenario, over, metrics=["sql", "sqk"]) == [
        "<sweep>: horizon: points share start, horizon, warm_up, period and currency; set it for all of them before",
        "<sweep>: stages.lead.moves.call.attempts: there is no value in its list; name at least one",
        "<sweep>: stages.lead.moves.call.cost: write a list of values, such as ['7d', '14d'], not 3",
        "<sweep>: touches.mail.response.chance: a chance is between 0% and 100%, not '110%' (at touches.mail.response=110%)",
        "<sweep>: touches.mail.response.chance: no unit '%%' for a chance; write 35% or 0.35 (at touches.mail.response=10 %%)",
        "<sweep>: touches.mial.cost: no touch 'mial' (did you mean 'mail'?)",
        "<sweep>: tracks.drip.cadence: '7d' stands there twice; name it once",
        "metrics: no metric 'sqk' (did you mean 'sql'?)",
    ]


def test_values_that_do_not_fit_together_are_placed(scenario: Scenario) -> None:
    shares = write(segments={"small": {"share": "80%"}, "large": {"share": "20%"}})
    over = {"segments.small.share": ["80%", "70%"], "segments.large.share": ["20%", "30%"], CHANCE: ["10%", "20%"]}
    at = "(at segments.small.share={}, segments.large.share={})"
    assert refused(shares, over, metrics="sql") == [
        f"<sweep>: segments: shares add up to 100%, not 70% + 20% = 90% {at.format('70%', '20%')}",
        f"<sweep>: segments: shares add up to 100%, not 80% + 30% = 110% {at.format('80%', '30%')}",
    ]


def test_of_very_many_messages_the_first_are_told(scenario: Scenario) -> None:
    told = refused(scenario, {CHANCE: [f"{110 + number}%" for number in range(80)]}, metrics="sql")
    assert len(told) == 51
    assert "<sweep>: and 30 more such messages" in told


def test_metrics_that_some_points_lack(scenario: Scenario) -> None:
    ways = ["pool", {"to": "pool", "as": "tired"}, {"to": "pool", "as": "bored"}]
    messages = refused(scenario, {"stages.lead.moves.call.else": ways}, metrics=["sql", "lost_tired"])
    assert all(message.startswith("metrics: no metric 'lost_tired'") for message in messages)
    assert not [message for message in messages if 'tired"}' in message]
    assert {message.rpartition(" (at ")[2] for message in messages} <= {
        "stages.lead.moves.call.else=pool)",
        'stages.lead.moves.call.else={"to": "pool", "as": "bored"})',
        "stages.lead.moves.call.else=pool, and at 1 more)",
    }


def test_points_that_are_not_alike_and_too_many(scenario: Scenario) -> None:
    assert refused(scenario, [{CHANCE: 0.1}, {LEADS: 4}]) == [
        f"<sweep>: {LEADS}: point 0 sets no value here, and others do; write one in each",
        f"<sweep>: {CHANCE}: point 1 sets no value here, and others do; write one in each",
    ]
    assert refused(scenario, []) == ["<sweep>: there are no points to sweep; name at least one"]
    (nothing,) = refused(scenario, {})
    assert nothing.startswith("<sweep>: there is nothing to sweep; name a path and its values")
    (many,) = refused(scenario, {CHANCE: range(400), LEADS: range(400)})
    assert many.startswith(f"<sweep>: 160,000 points are more than the {MOST_POINTS:,} of one sweep")


@pytest.mark.parametrize("over", ["7d", 3, None, [3], ["a"]])
def test_what_is_no_sweep(scenario: Scenario, over: Any) -> None:
    with pytest.raises(TypeError, match=r"a sweep is over lists|a point of a sweep is a mapping"):
        fs.sweep(scenario, over)


def test_a_metric_that_was_not_kept(grid: fs.Sweep) -> None:
    with pytest.raises(ValueError, match="'new_leads' was not kept; sweep with metrics="):
        grid.metric("new_leads")


# ---------------------------------------------------------------- showing
def test_tables(grid: fs.Sweep) -> None:
    table = grid.table()
    assert list(table.columns) == ["metric", CHANCE, LEADS, "mean", "p10", "p50", "p90", "mc_error", "unit", "empty"]
    assert len(table) == 12
    last = table.iloc[-1]
    assert (last["metric"], last[CHANCE], last[LEADS]) == ("cost_per_sql", 0.4, "80 per month")
    assert last["mean"] == grid.data["mean"].to_numpy()[1, 2, 1]

    told = grid.to_dict()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["over"] == {CHANCE: ["10%", "25%", 0.4], LEADS: ["40 per month", "80 per month"]}
    assert told["points"][5]["at"] == {CHANCE: 0.4, LEADS: "80 per month"}
    assert told["points"][5]["metrics"]["cost_per_sql"]["mean"] == last["mean"]

    text = repr(grid)
    title = "Two policies: 6 points, 30 replications each, seed 3, 2026-01-01 until 2026-03-02"
    assert text.replace("\n", " ").startswith(title)
    assert "response=25%, leads=80 per month" in text
    assert all(columns(line) <= 80 for line in text.splitlines())
    assert "response=25%, leads=80 per month" in grid._repr_html_()


def test_a_long_table_is_cut(scenario: Scenario) -> None:
    swept = fs.sweep(scenario, {CHANCE: np.linspace(0.1, 0.2, 70)}, replications=1, metrics="sql")
    assert "… 70 points" in repr(swept)
    assert len(repr(swept).splitlines()) < 70
    assert len(swept.to_dict()["points"]) == 70


def test_names_and_texts() -> None:
    paths = ["a.b.after", "a.c.after", "d.cost"]
    assert short_names(paths) == {"a.b.after": "b.after", "a.c.after": "c.after", "d.cost": "cost"}
    assert short_names(["x", "y.x"]) == {"x": "x", "y.x": "y.x"}
    values = ["7d", 0.1, np.float64(0.3), np.int64(4), 1 / 3, True, None, {"uncertain": "1% to 2%"}]
    assert [text_of(value) for value in values] == [
        "7d", "0.1", "0.3", "4", "0.3333333333333333", "true", "null", '{"uncertain": "1% to 2%"}',
    ]  # fmt: skip
    assert labels([1, 2.5]).dtype == np.float64
    assert labels([1, "2"]).tolist() == ["1", "2"]
