"""Fields in which two scenarios differ."""

from __future__ import annotations

import pytest

import funnelsim as fs
from funnelsim.scenario import Scenario
from funnelsim.scenario.differing import NOT_THERE, fields_that_differ

TEXT = """
format: 1
name: Small
start: 2026-01-01
horizon: 2 months
channels: {search: {leads: 40 per month, spend: 1_000 per month, enters: lead}}
stages:
  lead: {moves: {call: {after: 4h to 2d, chance: 30%, to: sql, else: pool}}}
  pool: {moves: {mail: {after: 10d, every: 10d, attempts: 3, chance: 5%, to: sql}}}
  sql: {}
changes: [{from: 2026-02-01, set: {stages.lead.moves.call.chance: 35%}}]
variants:
  all: {label: All at once, set: {stages.lead.moves.call.chance: 40%, channels.search.spend: 900 per month}}
"""


@pytest.fixture(scope="module")
def base() -> Scenario:
    return fs.loads(TEXT)


def test_each_field_with_both_values_in_the_order_of_the_file(base: Scenario) -> None:
    assert fields_that_differ(base, base.variant("all")) == (
        ("channels.search.spend", "1000 per month", "900 per month"),
        ("stages.lead.moves.call.chance", "30%", "40%"),
    )


def test_paths_set_what_they_name(base: Scenario) -> None:
    other = base.variant("all")
    changed = base.set({path: theirs for path, _, theirs in fields_that_differ(base, other)})
    assert fields_that_differ(changed, other) == ()


def test_names_make_no_difference(base: Scenario) -> None:
    other = base.set({"name": "Another", "description": "Of it", "variants.more": {"set": {"horizon": "1d"}}})
    assert fields_that_differ(base, other.set({"stages.sql.label": "SQLs"})) == ()


def test_what_only_one_has_is_one_field(base: Scenario) -> None:
    (found,) = fields_that_differ(base, base.set({"stages.pool.moves.mail": None}))
    assert found.path == "stages.pool.moves.mail"
    assert found.first.startswith("{after: 10d, every: 10d, attempts: 3, ")
    assert found.other == NOT_THERE


def test_lists_by_their_items_where_they_are_as_long(base: Scenario) -> None:
    rules = "tracks.drip.touches"
    track = {"cadence": "7d", "touches": ["mail", "sms"], "on_response": {"to": "sql"}}
    drip = base.set(
        {
            "touches": {"mail": {"response": "1%"}, "sms": {"response": "2%"}},
            "tracks.drip": track,
            "stages.pool": {"track": "drip"},
        }
    )
    found = fields_that_differ(drip, drip.set({rules: ["sms", "mail"]}))
    assert [tuple(one) for one in found] == [(f"{rules}.0", "mail", "sms"), (f"{rules}.1", "sms", "mail")]
    (whole,) = fields_that_differ(drip, drip.set({rules: ["mail", "sms", "mail"]}))
    assert whole.path == rules


def test_changes_by_their_date(base: Scenario) -> None:
    change = 'changes.2026-02-01.set."stages.lead.moves.call.chance"'
    assert fields_that_differ(base, base.set({change: "50%"})) == ((change, "35%", "50%"),)
    one, other = "stages.lead.moves.call.chance", "stages.pool.moves.mail.chance"
    split = base.set({"changes": [{"from": "2026-02-01", "set": {path: "35%"}} for path in (one, other)]})
    together = base.set({"changes": [{"from": "2026-02-01", "set": {one: "35%", other: "35%"}}]})
    assert fields_that_differ(split, together) == ()
    (gone,) = fields_that_differ(base, base.set({"changes": []}))
    assert (gone.path, gone.other) == ("changes.2026-02-01", NOT_THERE)
