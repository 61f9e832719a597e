"""`set`, variants, changes: the same paths everywhere, in a sparse file and in its resolved form."""

from __future__ import annotations

import datetime as dt
import pickle
from copy import copy, deepcopy
from typing import Any

import pytest

from funnelsim.scenario import Scenario, ScenarioError, loads
from funnelsim.scenario.models import Move
from funnelsim.scenario.quantities import Constant, Lognormal, Never, RangeBelief, Rate, Span, Table

DAY = 86_400_000
SPARSE = """\
format: 1
name: Settings
start: 2026-01-01
horizon: 6 months
segments: {small: {share: 80%}, big: {share: 20%}}
channels:
  search: {leads: 100 per month, enters: lead}
  fair: {leads: {2026-01: 5, 2026-02: 5, 2026-03: 5, 2026-04: 5, 2026-05: 5, 2026-06: 5}, enters: lead}
stages:
  lead:
    moves:
      call: {after: 1d, chance: {segment: {small: 40%, big: 20%}}, to: won, else: pool}
      drop: {after: 9d, chance: 5%, to: lost}
      park: {after: 30d, to: pool}
  pool: {track: monthly, moves: {ask: {every: 90d, chance: 2%, to: won}}}
  won: {}
  lost: {}
touches: {mail: {response: 1%}}
tracks:
  monthly: {cadence: 30d, touches: [mail], on_response: {to: lead}, exhausted: {after: 6, to: lost}}
changes:
  - {from: 2026-03-01, set: {tracks.monthly.cadence: 14d}}
  - {from: 2026-02-01, set: {stages.lead.moves.call.after: 2d}}
variants:
  quiet: {set: {tracks.monthly.cadence: never, changes: []}}
  numbers: {set: {channels.search.leads: 120 per month, stages.won.label: "2026"}}
"""


@pytest.fixture
def scenario() -> Scenario:
    return loads(SPARSE)


def call(scenario: Scenario) -> Move:
    return scenario.stages["lead"].moves["call"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("stages.lead.moves.call.after", "6d to 20d"),
        ("stages.lead.moves.call.after", 0),
        ("stages.lead.moves.call.after", {"dist": "gamma", "mean": "3d", "sd": "2d"}),
        ("stages.lead.moves.call.chance", 0.3),
        ("stages.lead.moves.call.chance", "{uncertain: 40% to 50%}"),
        ("stages.lead.moves.call.chance.segment.small", "45%"),
        ("stages.lead.moves.call.odds.segment", {"big": 2}),
        ("stages.lead.moves.call.odds.segment.big", 2),
        ("stages.lead.moves.call.odds.attempt", [1, 0.5]),
        ("stages.lead.moves.call.to", "lost"),
        ("stages.lead.moves.call.label", '"007"'),
        ("stages.lead.moves.demo", {"after": "3d", "to": "won"}),
        ("stages.lead.moves.call", {"after": "3d", "to": "won", "else": "pool"}),
        ("stages.won.value", 500),
        ("channels.search.leads", "120 per month"),
        ("channels.fair.leads.2026-03", 50),
        ("channels.search.seasonality.month", {"jan": 0.5}),
        ("tracks.monthly.exhausted", None),
        ("tracks.monthly.exhausted.per", "lifetime"),
        ("tracks.monthly.touches", ["mail", "mail"]),
        ("stages.lead.track", "keep"),
        ("start", dt.date(2026, 1, 1)),
        ("horizon", "5 months"),
        ("name", "Another"),
        ("changes.2026-03-01.from", "2026-04-01"),
        ('changes.2026-03-01.set."tracks.monthly.cadence"', "7d"),
        ("changes.1", None),
        ("changes", []),
        ("variants.quiet", None),
        ("variants.fast", {"set": {"stages.lead.moves.call.after": 0}}),
        ("variants", {}),
        ("segments", {"big": {"share": 0.25}, "small": {"share": "75%"}}),
    ],
)
def test_set_commutes_with_dump(scenario: Scenario, path: str, value: Any) -> None:
    resolved = loads(scenario.dump())
    expected = scenario.set({path: value})
    assert resolved.set({path: value}) == expected
    assert loads(expected.dump()) == expected
    assert loads(scenario.set({path: value}).dump()).dump() == expected.dump()


def test_set_makes_a_new_scenario(scenario: Scenario) -> None:
    before = scenario.dump()
    longer = scenario.set({"stages.lead.moves.call.after": "6 to 20d"})
    assert call(longer).after == Lognormal("range", 6 * DAY, 20 * DAY)
    assert call(scenario).after == Constant(DAY)
    assert scenario.dump() == before
    assert longer.set({"stages.lead.moves.call.after": "1d"}) == scenario


def test_several_at_once_in_their_order(scenario: Scenario) -> None:
    made = scenario.set(
        {
            "stages.lead.moves.call": {"to": "won", "else": "pool"},
            "stages.lead.moves.call.after": "2d",
            "stages.lost.value": 3,
        }
    )
    assert call(made).after == Constant(2 * DAY)
    assert call(made).chance == 1.0
    assert made.stages["lost"].value == Constant(30_000)


def test_numbers_of_other_kinds(scenario: Scenario) -> None:
    from fractions import Fraction

    assert call(scenario.set({"stages.lead.moves.call.chance": Fraction(1, 4)})).chance == 0.25
    with pytest.raises(ScenarioError, match=r"^<set>: name: a complex cannot be set"):
        scenario.set({"name": 1j})


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("stages.lead.moves.cal.after", "2d", "no move 'cal' (did you mean 'call'?)"),
        ("stages.lead.moves.call.aftr", "2d", "no field 'aftr' in a move (did you mean 'after'?)"),
        ("stags.lead", {}, "no field 'stags' in a scenario (did you mean 'stages'?)"),
        ("stages.loost", None, "no stage 'loost' (did you mean 'lost'?)"),
        ("stages.deal", 5, "no stage 'deal' (stage names: lead, pool, won and lost); a mapping adds a stage"),
        ("stages.lead.moves.call.after.mean", "2d", "this is one value (1d) without parts: set the whole of it"),
        (
            "stages.lead.moves.call.chance.segment.smal",
            "2%",
            "no 'smal' in this value (did you mean 'small'?); set the whole value",
        ),
        ("tracks.monthly.touches.3", "mail", "no turn '3' (turns: 0)"),
        ("changes.2026-03-02.from", "2026-04-01", "no change '2026-03-02' (did you mean '2026-03-01'?)"),
        ("variants.loud.label", "x", "no variant 'loud' (variant names: quiet and numbers)"),
        (
            "stages lead",
            1,
            "'stages lead' is no path: '.' expected after 'stages'; put an odd name in double quotes",
        ),
        ("stages.lead.moves.call.chance", "140%", "a chance is between 0% and 100%, not '140%'"),
        (
            "stages.lead.moves.call.chance",
            "40% to 50%",
            "a bare range '40% to 50%' says neither luck nor ignorance, and luck has no meaning for a chance; "  # noqa: ISC004
            "where the true value is not known write {uncertain: 40% to 50%}",
        ),
        ("stages.lead.moves.call.to", "woon", "no stage 'woon' (did you mean 'won'?)"),
        (
            "stages.lead.moves.call.after",
            "[",
            "not YAML: while parsing a flow node, expected the node content, but found '<stream end>'",
        ),
        ("stages.won.label", 5, 'must be text, not 5; quote it: "5"'),
        ("name", True, "must be text, not true"),
    ],
)
def test_set_refuses(scenario: Scenario, path: str, value: Any, message: str) -> None:
    with pytest.raises(ScenarioError) as error:
        scenario.set({path: value})
    assert str(error.value) == f"<set>: {path}: {message}"


def test_null_takes_a_field_back_to_its_default(scenario: Scenario) -> None:
    made = scenario.set({"stages.lead.moves.call.after": None, "stages.lead.moves.call.else": None})
    assert call(made).after == Constant(0)
    assert call(made).else_ is None


def test_all_that_is_wrong_at_once(scenario: Scenario) -> None:
    with pytest.raises(ScenarioError) as error:
        scenario.set({"stages.lead.moves.cal.after": "2d", "horizon": "0d", "stages.lost": None})
    paths = [problem.path for problem in error.value.problems]
    assert paths == [
        "horizon",
        "stages.lead.moves.cal.after",
        "stages.lead.moves.drop.to",
        "tracks.monthly.exhausted.to",
    ]


def test_variants(scenario: Scenario) -> None:
    quiet = scenario.variant("quiet")
    assert quiet.variant_name == "quiet"
    assert quiet.variants == {}
    assert quiet.changes == ()
    assert quiet.tracks["monthly"].cadence == Never()
    numbers = scenario.variant("numbers")
    assert numbers.stages["won"].label == "2026"
    assert numbers.channels["search"].leads == Rate(120, Span(1, "month"))
    assert numbers.set({"horizon": "5 months"}).variant_name == "numbers"
    with pytest.raises(ScenarioError, match="no variant 'quit' \\(did you mean 'quiet'\\?\\)"):
        scenario.variant("quit")


def test_regimes(scenario: Scenario) -> None:
    regimes = scenario.regimes()
    assert [date for date, _ in regimes] == [dt.date(2026, 1, 1), dt.date(2026, 2, 1), dt.date(2026, 3, 1)]
    assert [call(regime).after for _, regime in regimes] == [Constant(DAY), Constant(2 * DAY), Constant(2 * DAY)]
    assert [regime.tracks["monthly"].cadence for _, regime in regimes] == [
        Constant(30 * DAY),
        Constant(30 * DAY),
        Constant(14 * DAY),
    ]
    assert all(regime.changes == () and regime.variants == {} for _, regime in regimes)


def test_changes_of_one_day_are_one_regime(scenario: Scenario) -> None:
    change = [
        {"from": "2026-02-01", "set": {"segments.small.share": "60%"}},
        {"from": "2026-02-01", "set": {"segments.big.share": "40%"}},
    ]
    regimes = scenario.set({"changes": change}).regimes()
    assert [regime.segments["small"].share for _, regime in regimes] == [0.8, 0.6]


def test_the_calendar_of_a_run(scenario: Scenario) -> None:
    run = scenario.set(
        {"start": "2026-03-31", "warm_up": "1 month", "horizon": "11 months", "changes": [], "channels.fair": None}
    )
    assert run.begin == dt.date(2026, 2, 28)
    assert run.end == dt.datetime(2027, 2, 28)
    assert run.set({"horizon": "36h"}).end == dt.datetime(2026, 4, 1, 12)
    assert run.set({"warm_up": "2 weeks"}).begin == dt.date(2026, 3, 17)
    assert run.set({"warm_up": "week"}).begin == dt.date(2026, 3, 24)


def test_resolved_words(scenario: Scenario) -> None:
    made = scenario.set({"stages.lead.moves.mail": {"every": "7d", "to": "won"}})
    assert call(made).attempt_limit == 1
    assert made.stages["lead"].moves["mail"].attempt_limit == "unlimited"
    assert made.stages["won"].is_final
    assert not made.stages["pool"].is_final
    assert made.tracks["monthly"].first_wait == Constant(30 * DAY)
    assert made.set({"tracks.monthly.after": "1d"}).tracks["monthly"].first_wait == Constant(DAY)


def test_scenarios_are_frozen(scenario: Scenario) -> None:
    with pytest.raises(ValueError, match="frozen"):
        scenario.name = "x"
    with pytest.raises(TypeError, match="make a new one with"):
        scenario.stages["x"] = scenario.stages["won"]
    with pytest.raises(TypeError):
        scenario.changes[0].set.update({"a": 1})
    with pytest.raises(TypeError):
        del scenario.stages["won"]


def test_scenarios_travel(scenario: Scenario) -> None:
    quiet = scenario.variant("quiet")
    for made in (scenario, quiet):
        back = pickle.loads(pickle.dumps(made))
        assert back == made
        assert back.variant_name == made.variant_name
        assert back.dump() == made.dump()
    assert deepcopy(scenario) == scenario
    assert copy(scenario.stages) == scenario.stages
    assert len({scenario, loads(scenario.dump()), quiet}) == 2
    assert scenario != quiet
    assert scenario != "Settings"


def test_name_of_the_variant_is_not_compared(scenario: Scenario) -> None:
    assert scenario.variant("quiet") == loads(scenario.variant("quiet").dump())


def test_types_of_what_is_read(scenario: Scenario) -> None:
    assert call(scenario).chance == Table("segment", ("small", "big"), (0.4, 0.2))
    unknown = scenario.set({"segments.small.share": "{uncertain: 75% to 85%}"})
    assert unknown.segments["small"].share == RangeBelief(0.75, 0.85)
