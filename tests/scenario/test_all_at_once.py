"""Everything that is wrong is told at once, where it is written, and only once."""

from __future__ import annotations

from typing import Any

import pytest

from funnelsim.scenario import Scenario, ScenarioError, loads

BASE = """\
format: 1
name: All at once
start: 2026-01-01
horizon: 3 months
segments: {small: {share: 50%}, big: {share: 50%}}
channels:
  search: {leads: 100 per month, enters: lead}
stages:
  lead: {moves: {call: {after: 1d, chance: 40%, to: won, else: pool}}}
  pool: {moves: {wait: {after: 1d, to: lead}}}
  won: {}
changes:
  - {from: 2026-01-10, set: {stages.won.value: 10}}
  - {from: 2026-02-10, set: {stages.won.value: 20}}
variants:
  slow: {set: {stages.lead.moves.call.after: 9d}}
"""


def found(*edits: tuple[str, str]) -> list[str]:
    """Return line and path of all that is wrong with the base after some replacements, with the title of a change or variant."""
    text = BASE
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    try:
        loads(text)
    except ScenarioError as error:
        told = []
        for problem in error.problems:
            title, _, rest = problem.message.partition(": ")
            titled = rest and title.startswith(("from ", "in variant "))
            told.append(f"{problem.place.line} {problem.path}{f' ({title})' if titled else ''}")
        return told
    return []


BAD_CHANCE = ("40%", "140%")
ORPHAN = ("  won: {}", "  won: {}\n  orphan: {moves: {x: {to: won}}}")
STAY = ("to: lead}", "cost: 1}")
SHARES = ("{share: 50%}}", "{share: 40%}}")
EARLY = ("2026-01-10", "2025-01-10")
BAD_WAY = ("else: pool", "else: pol")


@pytest.mark.parametrize(
    ("edits", "told"),
    [
        ([], []),
        ([BAD_CHANCE], ["9 stages.lead.moves.call.chance"]),
        ([ORPHAN], ["12 stages.orphan"]),
        ([BAD_CHANCE, ORPHAN], ["9 stages.lead.moves.call.chance", "12 stages.orphan"]),
        ([STAY, SHARES], ["5 segments", "10 stages.pool"]),
        (
            [BAD_CHANCE, ORPHAN, STAY, SHARES, EARLY],
            [
                "5 segments",
                "9 stages.lead.moves.call.chance",
                "10 stages.pool",
                "12 stages.orphan",
                "14 changes.2025-01-10.from",
            ],
        ),
        # where a way is not known, any stage may be reached by it
        ([BAD_WAY, ORPHAN, SHARES], ["5 segments", "9 stages.lead.moves.call.else"]),
        ([("enters: lead", "enters: led"), ORPHAN], ["7 channels.search.enters"]),
        ([("{after: 1d, chance: 40%, to: won, else: pool}", "often"), ORPHAN], ["9 stages.lead.moves.call"]),
        ([("{moves: {wait: {after: 1d, to: lead}}}", "nothing"), ORPHAN], ["10 stages.pool"]),
        # a stage that is not reached whatever the way it is told of again only where it is added
        (
            [ORPHAN, ("slow: {set: {", "slow: {set: {stages.lead.moves.call.else: won, ")],
            ["12 stages.orphan", "17 stages.pool (in variant 'slow')"],
        ),
        # what a change mends is wrong all the same, and what it breaks is told once
        (
            [BAD_CHANCE, ORPHAN, ("won.value: 10", "lead.moves.call.chance: 10%")],
            ["9 stages.lead.moves.call.chance", "12 stages.orphan"],
        ),
        (
            [("{stages.won.value: 10}", "{segments.small.share: 40%}")],
            ["13 segments (from 2026-01-10 on)"],
        ),
        (
            [SHARES, ("{stages.won.value: 10}", "{segments.small.share: 60%}"), ("value: 20", "value: x")],
            ["5 segments", "14 stages.won.value (from 2026-02-10 on)"],
        ),
        # a wrong setting of a variant hides nothing else of it, and is not blamed for what it would have mended
        (
            [("slow: {set: {", "slow: {set: {stages.lead.moves.cal.else: won, stages.new: {moves: {}}, ")],
            ["16 stages.lead.moves.cal.else (in variant 'slow')"],
        ),
        (
            [("slow: {set: {", "slow: {set: {stages.lead.moves.call.chance: 2, stages.new: {moves: {}}, ")],
            ["16 stages.lead.moves.call.chance (in variant 'slow')", "16 stages.new (in variant 'slow')"],
        ),
        # a bad name is one thing, what is wrong with its stage another
        ([("  won: {}", "  won: {}\n  Lost: {}")], ["12 stages.Lost", "12 stages.Lost"]),
        # with a key given twice it is not known which one is meant
        ([("  won: {}", "  won: {}\n  pool: {moves: {x: {to: y}}}"), STAY], ["12 stages.pool"]),
    ],
)  # fmt: skip
def test_all_is_told_where_it_stands(edits: list[tuple[str, str]], told: list[str]) -> None:
    assert found(*edits) == told


def test_a_scenario_of_fragments_is_refused_clearly() -> None:
    for text in ("format: 1", "stages: 5", "stages: {lead: 5}\nchannels: 7", "stages: {a: {}}\ntracks: {t: {}}"):
        with pytest.raises(ScenarioError) as error:
            loads(text)
        assert all(problem.place.line for problem in error.value.problems)


def test_changes_are_checked_for_the_time_they_hold() -> None:
    # while it lasts, a day, the round is not gone too often; its regime is made without being refused
    text = BASE.replace("{stages.won.value: 10}", "{stages.lead.moves.call.chance: 0, stages.lead.moves.call.after: 0}")
    text = text.replace("{stages.won.value: 20}", "{stages.lead.moves.call.chance: 40%}").replace(
        "2026-02-10", "2026-01-11"
    )
    text = text.replace("wait: {after: 1d", "wait: {after: 1s")
    assert len(loads(text).regimes()) == 3
    with pytest.raises(ScenarioError, match="holds 7,776,000 rounds"):
        loads(text.replace("2026-01-11", "2026-03-11"))


@pytest.mark.parametrize("values", ["a", ["a"], None, 5])
def test_set_takes_a_mapping(values: Any) -> None:
    scenario: Scenario = loads(BASE)
    with pytest.raises(TypeError, match=r"set\(\) takes a mapping from paths to values, such as .*, not "):
        scenario.set(values)


# ---------------------------------------------------------------- amounts
@pytest.mark.parametrize(
    ("edits", "told"),
    [
        ([("100 per month", "333m per month")], []),
        ([("100 per month", "334m per month")], ["7 channels.search.leads"]),
        ([("100 per month", "12m per day")], ["7 channels.search.leads"]),
        ([("100 per month", "1e9 per quarter")], []),
        ([("leads: 100 per month", "backlog: 1_000_000_000")], []),
        ([("leads: 100 per month", "backlog: 1_000_000_001")], ["7 channels.search.backlog"]),
        ([("leads: 100 per month", "leads: 1e9 per month, seasonality: {month: [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]}")], []),
        ([("leads: 100 per month", "leads: 300m per month, seasonality: {month: {mar: {uncertain: 1 to 1.3}}}")], []),
        ([("leads: 100 per month", "leads: 300m per month, seasonality: {month: {mar: {uncertain: 1 to 1.5}}}")], ["7 channels.search.leads"]),
        ([("100 per month", "{uncertain: 10 to 1e10 per month}")], ["7 channels.search.leads"]),
        ([("100 per month", "300m per month"), ("horizon", "warm_up: 1 month\nhorizon")], ["8 channels.search.leads"]),
        ([("100 per month", "1e9 per month"), ("horizon: 3 months", "horizon: x")], ["4 horizon"]),
        ([("won.value: 10", "won.value: 10, channels.search.leads: 1e10 per month")], ["13 channels.search.leads (from 2026-01-10 on)"]),
        ([("horizon", "period: 77_760ms\nhorizon")], []),
        ([("horizon", "period: 77_759ms\nhorizon")], ["4 period"]),
        ([("horizon", "period: week\nhorizon")], []),
    ],
)  # fmt: skip
def test_amounts_are_bounded(edits: list[tuple[str, str]], told: list[str]) -> None:
    assert found(*edits) == told
