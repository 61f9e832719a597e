"""What a track, a touch or an asset adds, where that can be said beforehand, and as two runs say it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.forecast.incremental import Added, left_out, usual_metrics, without
from funnelsim.scenario import Scenario

TEXT = """
format: 1
name: Two touches
start: 2026-01-01
horizon: 6 months
channels: {base: {backlog: 200, enters: pool}}
stages:
  pool: {track: drip, moves: {visit: {after: 40d, chance: 20%, to: sql}, remind: {touch: note, after: 10d, to: sql}}}
  sql: {value: 100, moves: {rest: {after: 10d, chance: 0%, to: quiet}}}
  quiet: {track: unused}
content: {guide: {number: 2}, film: {}}
touches:
  mail: {cost: 1, click: 10%, content: all}
  letter: {cost: 5, warmth: 3}
  note: {cost: 2, response: 10%}
tracks:
  drip: {cadence: 9d, touches: [mail, letter], on_response: {to: sql}, exhausted: {after: 6}}
  unused: {cadence: 9d, touches: [mail], on_response: {to: pool}}
changes: [{from: 2026-03-01, set: {touches.letter.active: true, touches.letter.cost: 6}}]
"""


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return fs.loads(TEXT)


def test_what_is_left_out(scenario: Scenario) -> None:
    assert left_out(scenario, "track") == ("drip", "unused")
    assert left_out(scenario, "touch") == ("mail", "letter", "note")
    assert left_out(scenario, "content") == ("guide", "film")


def test_a_dated_change_does_not_bring_it_back(scenario: Scenario) -> None:
    bare = without(scenario, "touch", "letter")
    assert [regime.touches["letter"].active for _, regime in bare.regimes()] == [False, False]
    assert [regime.touches["letter"].cost for _, regime in bare.regimes()] == [50_000, 60_000]
    assert without(scenario, "touch", "mail").changes == scenario.changes


@pytest.mark.parametrize("by", ["track", "touch", "content"])
def test_additions_are_those_of_two_runs(scenario: Scenario, by: Any) -> None:
    found = fs.incremental(scenario, by, replications=12, seed=4)
    assert found.metrics == ("sql", "revenue", "spend") == usual_metrics(scenario)
    assert list(found.added) == list(left_out(scenario, by))
    for name, by_metric in found.added.items():
        runs = [fs.simulate(each, replications=12, seed=4) for each in (without(scenario, by, name), scenario)]
        for metric, added in by_metric.items():
            before, after = (run.metric(metric, over="horizon").to_numpy() for run in runs)
            assert added.mean == pytest.approx((after - before).mean())
            assert added.mc_error == pytest.approx((after - before).std(ddof=1) / np.sqrt(12))
            assert added.low <= added.mean <= added.high
            assert added.probability_positive == ((after - before) > 0).mean()


def test_what_must_add_nothing_adds_nothing(scenario: Scenario) -> None:
    """A track nobody joins adds nothing; a letter that only warms, where nothing hangs on warmth, costs money alone."""
    tracks = fs.incremental(scenario, "track", replications=5, seed=2).added
    assert all(added[:4] == (0, 0, 0, 0) for added in tracks["unused"].values())
    assert tracks["drip"]["sql"].low > 0
    assert tracks["drip"]["sql"].is_seen
    letter = fs.incremental(scenario, "touch", replications=5, seed=2).added["letter"]
    assert letter["sql"] == letter["revenue"] == Added(0, 0, 0, 0, 0)
    assert not letter["sql"].is_seen
    assert letter["spend"].low > 0


def test_a_kind_of_tracks_is_all_its_tracks(scenario: Scenario) -> None:
    kinds = {"tracks.drip.kind": "activation", "tracks.unused.kind": "activation"}
    changes = [{"from": "2026-03-01", "set": {"tracks.drip.active": True, "touches.letter.cost": 6}}]
    sparse = scenario.set({**kinds, "changes": changes})
    assert left_out(sparse, "kind") == ("activation",)
    assert left_out(scenario, "kind") == ("(of no kind)",)
    bare = without(sparse, "kind", "activation")
    assert [regime.tracks[name].active for _, regime in bare.regimes() for name in ("drip", "unused")] == [False] * 4
    found = fs.incremental(sparse, "kind", replications=4, seed=2)
    without_drip = fs.incremental(sparse, "track", replications=4, seed=2)
    assert found.added["activation"]["spend"].mean == without_drip.added["drip"]["spend"].mean
    table = found.result.contacts("kind").set_index("kind")
    tracks = found.result.contacts("track")
    assert list(table.index) == ["activation", "(moves of stages)"]
    assert table.loc["activation", "sent"] == tracks["sent"][:2].sum()
    assert np.isnan(table.loc["activation", "sqls"])


def test_what_is_counted_of_touched_leads_stands_beside(scenario: Scenario) -> None:
    found = fs.incremental(scenario, "touch", replications=4, seed=2)
    contacts = found.result.contacts("touch").set_index("touch")
    table = found.table().set_index(["touch", "metric"])["touched"]
    for name in ("mail", "letter", "note"):
        assert table[name, "sql"] == contacts.loc[name, "sqls"]
        assert table[name, "revenue"] == contacts.loc[name, "revenue"]
        assert table[name, "spend"] == contacts.loc[name, "cost"]
    other = fs.incremental(scenario, "touch", "quiet", replications=2).table()
    assert other["touched"].isna().all()


def test_a_track_without_takes_its_moves_of_touches_with_it(scenario: Scenario) -> None:
    busy = scenario.set({"tracks.drip.moves": {"call": {"touch": "note", "after": "5d", "to": "sql"}}})
    bare = without(busy, "track", "drip")
    table = fs.simulate(bare, replications=2, seed=2).contacts("track").set_index("track")
    assert table.loc["drip", "sent"] == 0
    assert table.loc["drip", "withheld"] > 0
    assert table.loc["(moves of stages)", "sent"] > 0


def test_ratios_and_other_metrics(scenario: Scenario) -> None:
    found = fs.incremental(scenario, "touch", "cost_per_sql", replications=8, seed=3)
    added = found.added["letter"]["cost_per_sql"]
    first, second = (
        fs.simulate(each, replications=8, seed=3).estimate("cost_per_sql").mean
        for each in (without(scenario, "touch", "letter"), scenario)
    )
    assert added.mean == pytest.approx(float(second - first))
    assert added.low < added.mean < added.high
    rates = fs.incremental(scenario, "touch", ["lift_sql", "nurtured_rate_sql"], replications=3)
    assert set(rates.added["mail"]) == {"lift_sql", "nurtured_rate_sql"}


def test_the_table_and_json(scenario: Scenario) -> None:
    found = fs.incremental(scenario, "content", replications=3)
    table = found.table()
    assert list(table.columns) == [
        "content",
        "metric",
        "mean",
        "low",
        "high",
        "mc_error",
        "probability_positive",
        "touched",
        "unit",
    ]
    assert list(table["content"]) == ["guide"] * 3 + ["film"] * 3
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["guide"]["revenue"]["unit"] == "EUR"
    assert told["guide"]["sql"]["mean"] == table["mean"][0]
    one = fs.incremental(scenario, "content", replications=1).to_dict()
    assert one["film"]["sql"]["low"] is None


def test_additions_show_themselves(scenario: Scenario) -> None:
    found = fs.incremental(scenario, "touch", replications=3)
    lines = repr(found).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "Two touches: 3 replications each, seed 1, 2026-01-01 until 2026-07-01"
    assert lines[2].startswith("mail")
    assert "do not add up" in repr(found).replace("\n", " ")
    given = repr(fs.incremental(scenario, "content", replications=2)).replace("\n", " ")
    assert "this asset given to nobody" in given
    assert "the next one takes its place with the same luck" in given
    assert "<table>" in found._repr_html_()


def test_what_cannot_be_said_is_refused(scenario: Scenario) -> None:
    with pytest.raises(
        ValueError, match="touches are not listed by 'channel': take one of 'track', 'kind', 'touch', 'content'"
    ):
        fs.incremental(scenario, "channel")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no metric 'slq'"):
        fs.incremental(scenario, "touch", "slq")
    with pytest.raises(ValueError, match="no metric 'pipeline_brought'"):
        fs.incremental(scenario, "touch", "pipeline_brought")
    with pytest.raises(TypeError, match="scenario is str, not a Scenario"):
        fs.incremental("trunk")  # type: ignore[arg-type]
    bare = scenario.set({"touches.mail.content": [], "content": {}})
    with pytest.raises(ValueError, match="'Two touches' has no content to leave out"):
        fs.incremental(bare, "content")
