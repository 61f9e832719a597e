"""One test or more for each rule of `semantics.md` about traits, points, touches, tracks and rules, on both engines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.engines.replicate import replicate
from funnelsim.engines.tally import layout_of
from funnelsim.program import compile_scenario
from funnelsim.scenario import Scenario
from tests.engines.conftest import one_lead, several, write

Told = list[tuple[Any, ...]]

NEARLY_NEVER, HUGE = 1e-6, 1e15
"""A chance, and odds that make it nearly certain."""

NEARLY_SURE = 1 - 1e-6

TICK = 1 / 86_400_000


def told(scenario: Scenario, engine: str, *columns: str, only: Sequence[str] = (), seed: int = 1) -> Told:
    """Time in days and these columns of every row but the coming; or of those with these outcomes."""
    log = fs.trace(scenario, seed=seed, engine=engine)  # type: ignore[arg-type]
    log = log[~log["outcome"].isin(("present", "created")) & (log["move"] != "open")]
    if only:
        log = log[log["outcome"].isin(only)]
    times = [round(float(time), 6) for time in log["time"]]
    return list(zip(times, *(log[column].tolist() for column in columns), strict=True))


def times(scenario: Scenario, engine: str, move: str, outcome: str | None = None) -> list[float]:
    """Times in days of a move's rows, or of those with an outcome."""
    rows = told(scenario, engine, "move", "outcome")
    return [time for time, name, became in rows if name == move and outcome in (None, became)]


def with_ends(stages: dict[str, Any]) -> dict[str, Any]:
    """Stages that all have a way out, though nobody ever takes it."""
    end = {"leave": {"after": "never", "to": "left"}}
    staying = {
        name: {**stage, "moves": {**stage.get("moves", {}), **end}} if stage.keys() & {"moves", "track"} else stage
        for name, stage in stages.items()
    }
    return {**staying, "left": {}}


def alone(stages: dict[str, Any], **fields: Any) -> Scenario:
    """One lead in the first stage, from time 0, for 60 days."""
    return one_lead(with_ends(stages), **fields)


def in_track(touches: dict[str, Any], track: dict[str, Any], **fields: Any) -> Scenario:
    """One lead in a stage `pool` with a track `nurture`, from time 0, for 60 days, beside other stages."""
    stages: dict[str, Any] = {"pool": {"track": "nurture"}, **fields.pop("stages", {})}
    more = fields.pop("tracks", {})
    tracks = {"nurture": {"cadence": "5d", "touches": list(touches)[:1], **track}, **more}
    return alone(stages, touches=touches, tracks=tracks, **fields)


def several_in_track(number: int, **fields: Any) -> Scenario:
    return several({"web": (number, "pool")}, with_ends({"pool": {"track": "nurture"}}), **fields)


def called(chance: Any, **fields: Any) -> dict[str, Any]:
    """Stages of a move after a day that either succeeds or not."""
    return {
        "lead": {"moves": {"call": {"after": "1d", "chance": chance, "to": "won", "else": "lost", **fields}}},
        "won": {},
        "lost": {},
    }


def where(scenario: Scenario, engine: str) -> dict[tuple[str, str], set[str]]:
    """Where leads of each channel and segment go on the first day."""
    log = fs.trace(scenario, engine=engine)  # type: ignore[arg-type]
    found: dict[tuple[str, str], set[str]] = {}
    for channel, segment, to in log.loc[log["move"] == "call", ["channel", "segment", "to"]].itertuples(index=False):
        found.setdefault((channel, segment), set()).add(to)
    return found


# ---------------------------------------------------------------- what leads differ by
def test_rule_53_shares_by_channel_come_before_those_by_segment(engine: str) -> None:
    yes, no = {"yes": "100%", "no": "0%"}, {"yes": "0%", "no": "100%"}
    scenario = write(
        called({"need": {"yes": 1, "no": 0}}),
        traits={"need": yes},
        segments={"big": {"share": 0.5}, "small": {"share": 0.5, "traits": {"need": no}}},
        channels={
            "web": {"backlog": 40, "enters": "lead"},
            "fair": {"backlog": 40, "enters": "lead", "traits": {"need": yes}},
        },
    )
    assert where(scenario, engine) == {
        ("web", "big"): {"won"},
        ("web", "small"): {"lost"},
        ("fair", "big"): {"won"},
        ("fair", "small"): {"won"},
    }


def test_rule_53_an_observed_trait_errs(engine: str) -> None:
    fields: dict[str, Any] = {
        "traits": {"need": {"yes": "100%", "no": "0%"}, "size": {"s": "100%", "m": "0%", "l": "0%"}},
        "channels": {"web": {"backlog": 300, "enters": "lead"}},
    }
    for error, to in (("0%", "won"), ("100%", "lost")):
        observed = {"need_seen": {"of": "need", "error": error}}
        scenario = write(called({"need_seen": {"yes": 1, "no": 0}}), observed=observed, **fields)
        assert where(scenario, engine) == {("web", "all"): {to}}
    observed = {"size_seen": {"of": "size", "error": {"s": "60%", "m": 0, "l": 0}}}
    won = {}
    for seen in ("s", "m", "l"):
        chance = {"size_seen": {name: int(name == seen) for name in ("s", "m", "l")}}
        rows = told(write(called(chance), observed=observed, **fields), engine, "to")
        won[seen] = [to for _, to in rows].count("won")
    assert sum(won.values()) == 300
    # binomial, n = 300: five standard deviations
    assert abs(won["s"] - 120) < 5 * np.sqrt(300 * 0.4 * 0.6)
    assert abs(won["m"] - 90) < 5 * np.sqrt(300 * 0.3 * 0.7)


def test_rule_53_channels_are_left_out_of_averages(engine: str) -> None:
    """Odds by a trait that only this channel's leads have move their chance, and nobody else's."""
    fields: dict[str, Any] = {"traits": {"need": {"yes": "0%", "no": "100%"}}}
    own = {"fair": {"backlog": 200, "enters": "lead", "traits": {"need": {"yes": "100%", "no": "0%"}}}}
    odds = write(called(0.5, odds={"need": {"yes": 3}}), channels=own, **fields)
    plain = write(called(0.75), channels=own, **fields)
    assert told(odds, engine, "lead", "to") == told(plain, engine, "lead", "to")


SEGMENTS = {
    f"{need}_{money}": {
        "share": 0.25,
        "traits": {
            "need": {"yes": int(need == "yes"), "no": int(need != "yes")},
            "money": {"yes": int(money == "yes"), "no": int(money != "yes")},
        },
    }
    for need in ("yes", "no")
    for money in ("yes", "no")
}

QUALIFIED: dict[str, Any] = {
    "segments": SEGMENTS,
    "traits": {"need": {"yes": 0.5, "no": 0.5}, "money": {"yes": 0.5, "no": 0.5}},
    "channels": {"web": {"backlog": 60, "enters": "lead"}},
}


@pytest.mark.parametrize(
    ("qualify", "qualified"),
    [
        ({"require": "all"}, {"yes_yes"}),
        ({"require": 1}, {"yes_yes", "yes_no", "no_yes"}),
        ({"require": "none", "weigh": 2}, set(SEGMENTS)),
        ({"require": "all", "sees": "observed"}, {"no_no"}),
    ],
)
def test_rule_54_a_framework_asks_for_criteria(engine: str, qualify: dict[str, Any], qualified: set[str]) -> None:
    observed = {f"{trait}_seen": {"of": trait, "error": "100%"} for trait in ("need", "money")}
    scenario = write(
        called(1, qualify={"by": "ours", **qualify}),
        **QUALIFIED,
        frameworks={"ours": ["need", "money"]},
        observed=observed,
    )
    found = where(scenario, engine)
    assert set(found) == {("web", segment) for segment in SEGMENTS}
    assert {segment for (_, segment), to in found.items() if to == {"won"}} == qualified
    assert all(to == {"lost"} for (_, segment), to in found.items() if segment not in qualified)


def test_rule_54_criteria_weigh(engine: str) -> None:
    weighed = write(called(0.5, qualify={"by": ["need", "money"], "require": "none", "weigh": 2}), **QUALIFIED)
    odds = write(called(0.5, odds={"need": {"yes": 2}, "money": {"yes": 2}}), **QUALIFIED)
    assert told(weighed, engine, "lead", "to") == told(odds, engine, "lead", "to")


# ---------------------------------------------------------------- points
def visits(**fields: Any) -> dict[str, Any]:
    """A stage with a move that warms by ten points on day 1, and looks that change nothing every day."""
    look = {"every": "5d", "after": "6d", "attempts": 4, "chance": 0, "cost": 1}
    return {"lead": {"moves": {"visit": {"after": "1d", "warmth": 10, **fields}, "look": look}}}


@pytest.mark.parametrize(
    ("scoring", "warmth"),
    [
        ({}, [10, 10, 10, 10, 10]),
        ({"half_life": "10d"}, [10, 7.071, 5, 3.536, 2.5]),  # 10,000 / sqrt(2) is 7071.07, over 2 sqrt(2) 3535.53
    ],
)
def test_rule_55_points_fade(engine: str, scoring: dict[str, Any], warmth: list[float]) -> None:
    rows = told(alone(visits(), scoring=scoring), engine, "warmth", only=("failed", "succeeded", "exhausted"))
    assert rows == list(zip([1, 6, 11, 16, 21], warmth, strict=True))


def test_rule_55_getting_some_first_reads(engine: str) -> None:
    stages = visits(every="10d", attempts=3)
    rows = told(alone(stages, scoring={"half_life": "10d"}), engine, "warmth", only=("succeeded",))
    assert rows == [(1, 10), (11, 15), (21, 17.5)]


def test_rule_55_the_half_life_is_that_of_now(engine: str) -> None:
    changes = [{"from": "2026-01-16", "set": {"scoring.half_life": "5d"}}]
    scenario = alone(visits(), scoring={"half_life": "10d"}, changes=changes)
    rows = told(scenario, engine, "warmth", only=("failed",))
    assert rows == [(6, 7.071), (11, 5), (16, 1.25), (21, 0.625)], "three half-lives of five days, then four"


def test_rule_56_the_score_is_fit_plus_warmth(engine: str) -> None:
    stages = {
        "lead": {
            "score": {"mql": 50},
            "moves": {"visit": {"after": "3d", "every": "3d", "attempts": 9, "warmth": 10}},
        },
        "mql": {},
    }
    traits = {"need": {"yes": "100%", "no": "0%"}}
    segments = {"big": {"share": 0.5}, "small": {"share": 0.5}}
    scoring = {"fit": {"segment": {"big": 20, "small": -5}, "need": {"yes": 30}}}
    scenario = several({"web": (20, "lead")}, stages, traits=traits, segments=segments, scoring=scoring)
    rows = told(scenario, engine, "segment", "warmth", only=("succeeded",))
    reached = {(segment, time, warmth) for time, segment, warmth in rows if warmth in (0, 30)}
    assert reached >= {("big", 0, 0)}
    assert {segment for segment, *_ in reached} == {"big", "small"}
    to = {(segment, time) for time, segment, to in told(scenario, engine, "segment", "to") if to == "mql"}
    assert to == {("big", 0), ("small", 9)}, "20 + 30 at once; 30 - 5 and three visits"


@pytest.mark.parametrize(
    ("odds", "product"),
    [
        ({"warmth": 1.1}, 1.1**10),
        ({"score": 1.05}, 1.05**18),
        ({"fatigue": 0.7}, 0.7**2),
        ({"warmth": 1.1, "score": 1.05, "fatigue": 0.7}, 1.1**10 * 1.05**18 * 0.7**2),
    ],
)
def test_rule_57_odds_by_the_point(engine: str, odds: dict[str, float], product: float) -> None:
    """Ten points of warmth, eight of fit, and two touches, on 300 leads."""

    def scenario(chance: float, **fields: Any) -> Scenario:
        stages = called(chance, after="3d", **fields)
        stages["lead"]["track"] = "nurture"
        stages["lead"]["moves"]["visit"] = {"after": "1d", "warmth": 10}
        return write(
            stages,
            scoring={"fit": {"segment": {"any": 8}}},
            fatigue={"half_life": "never"},
            segments={"any": {"share": 1}},
            touches={"mail": {"response": 0}},
            tracks={"nurture": {"cadence": "1d", "after": "1d", "touches": ["mail"], "exhausted": {"after": 2}}},
            channels={"web": {"leads": "300 per day", "arrivals": "evenly", "enters": "lead"}},
            horizon="4d",
            changes=[{"from": "2026-01-02", "set": {"channels.web.leads": "0 per day"}}],
        )

    chance = product / (1 + product)
    ends = told(scenario(0.5, odds=odds), engine, "lead", "to", only=("succeeded", "exhausted"))
    assert ends == told(scenario(chance), engine, "lead", "to", only=("succeeded", "exhausted"))
    assert {to for *_, to in ends} >= {"won", "lost"}


def test_rule_57_points_come_after_the_average(engine: str) -> None:
    """The average over segments holds at no warmth: odds by warmth do not take part in it."""
    segments = {"big": {"share": 0.5}, "small": {"share": 0.5}}
    scoring = {"fit": {"segment": {"big": 5}}}
    channels = {"web": {"backlog": 300, "enters": "lead"}}
    both = write(
        called(0.4, odds={"segment": {"big": 2}, "score": 1.2}), segments=segments, scoring=scoring, channels=channels
    )
    by_segment = write(called(0.4, odds={"segment": {"big": 2}}), segments=segments, channels=channels)
    won = [{lead for _, lead, to in told(one, engine, "lead", "to") if to == "won"} for one in (both, by_segment)]
    assert won[0] > won[1], "who was won is won, and odds of 1.2 ** 5 win more"
    small = {lead for _, lead, segment in told(both, engine, "lead", "segment") if segment == "small"}
    assert won[0] & small == won[1] & small


# ---------------------------------------------------------------- touches
CHAIN = {"cost": 2, "delivered": 1, "warmth": 1, "opt_out": 0.5, "open": 1, "click": 1, "response": 1}
"""Written so that all rows are there; each chance is set for each test."""


def chain(**chances: Any) -> dict[str, Any]:
    return {"mail": {**CHAIN, "opt_out": NEARLY_NEVER, **chances}}


@pytest.mark.parametrize(
    ("touch", "rows"),
    [
        ({"delivered": 0}, [("mail.delivered", "failed", "", 2)]),
        ({"opt_out": 1}, [("mail.delivered", "passed", "", 2), ("mail.opt_out", "opted_out", "", 0)]),
        ({"open": 0}, [("mail.delivered", "passed", "", 2), ("mail.open", "failed", "", 0)]),
        (
            {"click": 0},
            [("mail.delivered", "passed", "", 2), ("mail.open", "passed", "", 0), ("mail.click", "failed", "", 0)],
        ),
        (
            {"response": 0},
            [
                ("mail.delivered", "passed", "", 2),
                ("mail.open", "passed", "", 0),
                ("mail.click", "passed", "", 0),
                ("mail", "failed", "", 0),
            ],
        ),
        (
            {},
            [
                ("mail.delivered", "passed", "", 2),
                ("mail.open", "passed", "", 0),
                ("mail.click", "passed", "", 0),
                ("mail", "succeeded", "mql", 0),
            ],
        ),
        (
            {"open": {"chance": 1, "to": "mql"}},
            [("mail.delivered", "passed", "", 2), ("mail.open", "succeeded", "mql", 0)],
        ),
    ],
)
def test_rule_58_a_touch_is_a_chain(engine: str, touch: dict[str, Any], rows: list[Any]) -> None:
    scenario = in_track(chain(**touch), {"on_response": {"to": "mql"}}, stages={"mql": {}}, horizon="9d")
    assert told(
        scenario, engine, "move", "outcome", "to", "cost", only=("passed", "failed", "succeeded", "opted_out")
    ) == [(5, *row) for row in rows]


def test_rule_58_only_what_is_written_is_decided(engine: str) -> None:
    touches = {"mail": {"cost": 2, "open": 1, "response": 1}}
    scenario = in_track(touches, {"on_response": {"to": "mql"}}, stages={"mql": {}})
    assert told(scenario, engine, "move", "outcome", "cost") == [
        (5, "mail.open", "passed", 2),
        (5, "mail", "succeeded", 0),
    ]
    scenario = in_track(
        {"mail": {"warmth": 4, "cost": 2}}, {"exhausted": {"after": 1, "to": "gone"}}, stages={"gone": {}}
    )
    assert told(scenario, engine, "move", "outcome", "cost") == [
        (5, "mail.delivered", "passed", 2),
        (5, "mail", "exhausted", 0),
    ]


def test_rule_58_chances_are_read_before_anything_changes(engine: str) -> None:
    click = {"chance": NEARLY_NEVER, "odds": {"warmth": HUGE}}
    touches = {"mail": {"warmth": 1, "open": {"chance": 1, "warmth": 1}, "click": click}}
    scenario = in_track(touches, {"on_response": {"to": "mql"}}, stages={"mql": {}})
    assert told(scenario, engine, "move", "outcome", "warmth") == [
        (5, "mail.delivered", "passed", 2),
        (5, "mail.open", "passed", 2),
        (5, "mail", "failed", 2),
        (10, "mail.delivered", "passed", 4),
        (10, "mail.open", "passed", 4),
        (10, "mail", "succeeded", 4),
    ]


@pytest.mark.parametrize("place", ["track", "touch", "scoring"])
def test_rule_58_what_acts_on_the_whole_acts_on_the_first_row(engine: str, place: str) -> None:
    odds = {"warmth": HUGE}
    fields: dict[str, Any] = {"scoring": {"response": HUGE}} if place == "scoring" else {}
    on_touch, on_track = ({"odds": odds} if place == what else {} for what in ("touch", "track"))
    track = {**on_track, "on_response": {"to": "mql"}, "exhausted": {"after": 1, "to": "gone"}}
    stages = {"pool": {"track": "nurture", "moves": {"visit": {"after": "1d", "warmth": 1}}}, "mql": {}, "gone": {}}
    touches = {"mail": {"delivered": NEARLY_SURE, "open": NEARLY_NEVER, "response": 1, **on_touch}}
    rows = told(in_track(touches, track, stages=stages, **fields), engine, "move", "outcome")
    assert rows[-1] == (5, "mail", "succeeded")
    touches = {"mail": {"open": 1, "response": NEARLY_NEVER, **on_touch}}
    rows = told(in_track(touches, track, stages=stages, **fields), engine, "move", "outcome")
    assert rows[-1] == (5, "mail", "exhausted")


def test_rule_59_passed_rows_give_points(engine: str) -> None:
    touches = {
        "mail": {
            "warmth": -2,
            "open": {"chance": 1, "warmth": 3},
            "click": {"chance": {"attempt": [0, 1]}, "warmth": 5},
        }
    }
    scenario = in_track(touches, {"exhausted": {"after": 2}}, scoring={"half_life": "5d"})
    rows = told(scenario, engine, "outcome", "warmth", only=("failed", "succeeded"))
    assert rows == [(5, "failed", 1), (10, "succeeded", 6.5)], "-2 + 3, half of it, and -2 + 3 + 5"


def test_rule_59_a_touch_that_is_not_delivered_leaves_nothing(engine: str) -> None:
    fatigue = {"half_life": "never", "response": 1 / HUGE}
    for delivered, outcome in ((0, "succeeded"), (1, "failed")):
        touches = {
            "bad": {"delivered": delivered, "open": 0, "warmth": 7},
            "mail": {"response": NEARLY_SURE},
        }
        scenario = in_track(touches, {"touches": ["bad", "mail"], "exhausted": {"after": 2}}, fatigue=fatigue)
        rows = told(scenario, engine, "outcome", "warmth", only=("succeeded", "failed"))
        assert rows[-1] == (10, outcome, 7 * delivered)


def test_rule_59_the_weight_of_fatigue(engine: str) -> None:
    """What is asked for, or weighs nothing, does not tire."""
    for fields, outcome in (({}, "failed"), ({"fatigue": 0}, "succeeded"), ({"subscribed": True}, "succeeded")):
        touches = {"news": {"response": 0, **fields}, "mail": {"response": NEARLY_SURE}}
        track = {"touches": ["news", "mail"], "exhausted": {"after": 2}}
        scenario = in_track(touches, track, fatigue={"response": 1 / HUGE})
        assert told(scenario, engine, "move", "outcome", only=("succeeded", "failed"))[-1] == (10, "mail", outcome)


@pytest.mark.parametrize(
    ("touch", "behaviour"),
    [
        ({"open": 1, "click": 1, "response": 1}, "answered"),
        ({"open": 1, "click": 1, "response": 0}, "clicked"),
        ({"open": 1, "click": 0, "response": 1}, "opened"),
        ({"open": 0, "click": 1, "response": 1}, "none"),
    ],
)
def test_rule_59_the_last_behaviour(engine: str, touch: dict[str, Any], behaviour: str) -> None:
    known = ("none", "opened", "clicked", "answered")
    rules = [{"if": {"behaviour": what, "touched": {"from": 1}}, "to": {"to": f"was_{what}"}} for what in known]
    scenario = in_track({"mail": touch}, {"transition_rules": rules}, stages={f"was_{what}": {} for what in known})
    assert [to for *_, to in told(scenario, engine, "to") if to] == [f"was_{behaviour}"]


def test_rule_59_a_touch_without_any_leaves_the_behaviour(engine: str) -> None:
    touches = {"mail": {"open": {"chance": {"attempt": [1, 0]}}, "response": 0}}
    track = {"moves": {"late": {"trigger": {"when": {"behaviour": "opened", "touched": {"from": 2}}}, "to": "mql"}}}
    scenario = in_track(touches, {**track, "exhausted": {"after": 3, "to": "gone"}}, stages={"mql": {}, "gone": {}})
    assert told(scenario, engine, "move", "to")[-1] == (10, "late", "mql")


@pytest.mark.parametrize(
    ("touch", "engaged"),
    [
        ({"open": 1, "click": 1, "response": 0}, True),
        ({"open": 1, "click": 0, "response": 0}, False),
        ({"open": 1}, True),
        ({"open": 0}, False),
    ],
)
def test_rule_59_an_engaged_touch_is_an_activity_and_breaks_silence(
    engine: str, touch: dict[str, Any], engaged: bool
) -> None:
    """Of three touches the first is engaged or not, the others are not; two in a row that are not are enough."""
    later = {step: {"chance": {"attempt": [chance, 0]}} for step, chance in touch.items()}
    track = {
        "exhausted": {"after": 2, "per": "silence", "to": "gone"},
        "moves": {"quiet": {"trigger": {"idle": "8d"}, "chance": 0, "cost": 1}},
    }
    scenario = in_track({"mail": later}, track, stages={"gone": {}})
    assert times(scenario, engine, "quiet") == ([13] if engaged else [8])
    assert [time for time, to in told(scenario, engine, "to") if to == "gone"] == ([15] if engaged else [10])


def test_rule_60_who_opts_out_leaves_the_stream(engine: str) -> None:
    stages = {
        "pool": {
            "track": "nurture",
            "moves": {
                "remind": {"touch": "sms", "after": "7d"},
                "go": {"after": "10d", "to": "mql"},
            },
        },
        "mql": {"track": "nurture", "moves": {"end": {"after": "20d", "to": "done"}}},
        "done": {},
    }
    touches = {"mail": {"opt_out": 1, "response": 1}, "sms": {"response": 0}}
    rows = told(in_track(touches, {}, stages=stages), engine, "move", "outcome", "stage", "stream", "to")
    assert rows == [
        (5, "mail.opt_out", "opted_out", "pool", "nurture", ""),
        (10, "go", "succeeded", "pool", "", "mql"),
        (30, "end", "succeeded", "mql", "", "done"),
    ]


def test_rule_60_a_way_to_a_stage(engine: str) -> None:
    stages = {
        "gone": {
            "track": "nurture",
            "moves": {"remind": {"touch": "mail", "after": "1d"}, "end": {"after": "20d", "to": "done"}},
        },
        "done": {},
    }
    track = {"on_opt_out": {"to": "gone"}}
    rows = told(
        in_track({"mail": {"opt_out": 1, "response": 0}}, track, stages=stages),
        engine,
        "move",
        "outcome",
        "to",
        "reason",
    )
    assert rows == [(5, "mail.opt_out", "opted_out", "gone", "opted_out"), (25, "end", "succeeded", "done", "end")]
    rows = told(
        in_track({"mail": {"opt_out": 1, "response": 0}}, track, stages=stages), engine, "stream", only=("succeeded",)
    )
    assert rows == [(25, "")]


def test_rule_60_a_touch_of_a_stage_leads_else(engine: str) -> None:
    """Its next clock is the last, whatever `attempts` says; the opt-out itself leads there where it was the last."""
    touches = {"mail": {"opt_out": 1, "response": 1, "cost": 1}}
    every = {
        "pool": {"moves": {"remind": {"touch": "mail", "after": "5d", "every": "6d", "attempts": 3, "else": "gone"}}}
    }
    columns = ("move", "outcome", "why", "cost", "to", "reason")
    assert told(alone({**every, "gone": {}}, touches=touches), engine, *columns) == [
        (5, "mail.opt_out", "opted_out", "", 1, "", ""),
        (11, "mail.opt_out", "withheld", "opted out", 0, "gone", "remind"),
    ]
    every["pool"]["moves"]["remind"]["attempts"] = 1
    del every["pool"]["moves"]["remind"]["every"]
    rows = told(alone({**every, "gone": {}}, touches=touches), engine, *columns)
    assert rows == [(5, "mail.opt_out", "opted_out", "", 1, "gone", "remind")]
    del every["pool"]["moves"]["remind"]["else"]
    rows = told(alone(every, touches=touches), engine, "outcome")
    assert rows == [(5, "opted_out"), (5, "stalled")]


def test_rule_60_so_does_one_of_a_later_stage(engine: str) -> None:
    """Also where a lifetime limit is met on entry (rule 23)."""
    once = {"touch": "mail", "after": "2d", "lifetime_attempts": 1, "else": "last"}
    ring = {"touch": "mail", "after": "1d"}
    stages = {
        "gone": {"moves": {"remind": {"touch": "mail", "after": "1d", "else": "rest"}}},
        "rest": {"moves": {"once": once, "ring": ring, "back": {"after": "9d", "to": "gone"}}},
        "last": {"moves": {"again": {"after": "3d", "to": "rest"}}},
    }
    track = {"on_opt_out": {"to": "gone"}}
    rows = told(
        in_track({"mail": {"opt_out": 1, "response": 0}}, track, stages=stages, horizon="20d"), engine, "outcome", "to"
    )
    assert rows == [
        (5, "opted_out", "gone"),
        (6, "withheld", "rest"),
        (8, "withheld", "last"),
        (11, "succeeded", "last"),
        (14, "succeeded", "last"),
        (17, "succeeded", "last"),
    ]


def test_rule_60_its_request_starts_anew(engine: str) -> None:
    dial = {"touch": "call", "after": "4d", "else": "done"}
    stages = {"pool": {"track": "nurture", "moves": {"dial": dial}}, "done": {}}
    touches = {"mail": {"opt_out": 1, "response": 0}, "call": {"response": 0, "team": "desk", "takes": "3d"}}
    scenario = in_track(touches, {}, stages=stages, teams={"desk": {"people": 1, "hours": 24}})
    assert told(scenario, engine, "move", "outcome", "to") == [
        (4, "call", "asked", ""),
        (4, "call", "begun", ""),
        (5, "call", "stopped", ""),
        (5, "mail.opt_out", "opted_out", ""),
        (9, "call", "withheld", "done"),
    ]


def test_rule_60_work_on_other_touches_ends(engine: str) -> None:
    stages = {"pool": {"track": "nurture", "moves": {"dial": {"touch": "call", "after": "4d"}}}}
    touches = {"mail": {"opt_out": 1, "response": 0}, "call": {"response": 0, "team": "desk", "takes": "3d"}}
    scenario = in_track(touches, {}, stages=stages, teams={"desk": {"people": 1, "hours": 24}})
    assert told(scenario, engine, "move", "outcome", "stream") == [
        (4, "call", "asked", "nurture"),
        (4, "call", "begun", "nurture"),
        (5, "call", "stopped", "nurture"),
        (5, "mail.opt_out", "opted_out", "nurture"),
        (5, "", "stalled", ""),
    ]


@pytest.mark.parametrize("per", ["stay", "lifetime", "silence"])
@pytest.mark.parametrize(
    ("told_why", "why"),
    [
        ("not active", {"touches": {"mail": {"active": False}}}),
        ("not meant", {"touches": {"mail": {"if": {"need": "yes"}}}}),
        ("not active", {"track": {"active": False}}),
        ("over the limit", {"limits": {"mail": {"most": "1 per 30d", "beyond": "drop"}}}),
    ],
)
def test_rule_61_a_touch_may_be_withheld(engine: str, told_why: str, why: dict[str, Any], per: str) -> None:
    """A postcard is always sent; the mail that follows is not, and is the last attempt, also in a row of silence."""
    touches = {
        "card": {"kind": "mail", "response": 0, "cost": 1},
        "mail": {"response": 1, "cost": 1, **why.get("touches", {}).get("mail", {})},
    }
    exhausted = {"after": 2, "per": per, "to": "gone"}
    track = {"touches": ["card", "mail"], "exhausted": exhausted, **why.get("track", {})}
    fields: dict[str, Any] = {"limits": why["limits"]} if "limits" in why else {}
    traits = {"need": {"yes": "0%", "no": "100%"}}
    rows = told(
        in_track(touches, track, stages={"gone": {}}, traits=traits, **fields),
        engine,
        "move",
        "outcome",
        "why",
        "cost",
        "attempt",
        "to",
        "reason",
    )
    first = ("withheld", told_why, 0) if "track" in why else ("failed", "", 1)
    assert rows == [(5, "card", *first, 1, "", ""), (10, "mail", "withheld", told_why, 0, 2, "gone", "exhausted")]


def test_rule_61_an_engaged_touch_ends_the_run_of_what_was_withheld(engine: str) -> None:
    touches = {"mail": {"response": 1}, "sms": {"active": False, "response": 0}}
    track = {"touches": ["sms", "mail", "sms", "sms"], "exhausted": {"after": 2, "per": "silence", "to": "gone"}}
    rows = told(in_track(touches, track, stages={"gone": {}}), engine, "outcome", "to")
    assert rows == [(5, "withheld", ""), (10, "succeeded", ""), (15, "withheld", ""), (20, "withheld", "gone")]


@pytest.mark.parametrize(("others", "last"), [(False, True), (True, False)])
def test_rule_61_without_content_in_any_touch_it_was_the_last(engine: str, others: bool, last: bool) -> None:
    touches: dict[str, Any] = {"mail": {"response": 0, "content": ["book"]}}
    if others:
        touches["sms"] = {"response": 0}
    track = {"touches": list(touches), "exhausted": {"after": 4, "to": "gone"}}
    scenario = in_track(touches, track, stages={"gone": {}}, content={"book": {"share": 1}})
    rows = told(scenario, engine, "move", "outcome", "content", "to")
    assert [why for _, why in told(scenario, engine, "why", only=("withheld",))] == ["no content"]
    if last:
        assert rows == [(5, "mail", "failed", "book", ""), (10, "mail", "withheld", "", "gone")]
    else:
        assert rows == [
            (5, "mail", "failed", "book", ""),
            (10, "sms", "failed", "", ""),
            (15, "mail", "withheld", "", ""),
            (20, "sms", "exhausted", "", "gone"),
        ]


def test_rule_61_without_content_it_falls_silent(engine: str) -> None:
    touches = {"mail": {"response": 0, "content": ["book"]}}
    scenario = in_track(touches, {}, content={"book": {"share": 1, "number": 2}})
    assert told(scenario, engine, "move", "outcome", "attempt") == [
        (5, "mail", "failed", 1),
        (10, "mail", "failed", 2),
        (15, "mail", "withheld", 3),
        (15, "", "stalled", 0),
    ]


def test_rule_61_in_order(engine: str) -> None:
    """A limit that drops comes before content that has run out, and that before a limit that postpones."""
    touches = {"mail": {"response": 0, "content": ["book"]}}
    drop = {"mail": {"most": "1 per 8d", "beyond": "drop"}}
    postpone = {"mail": "1 per 8d"}
    content = {"book": {"share": 1}}
    assert told(in_track(touches, {}, content=content, limits=drop), engine, "outcome") == [
        (5, "failed"),
        (10, "withheld"),  # dropped: the next is tried
        (15, "withheld"),  # nothing is left: the last
        (15, "stalled"),
    ]
    assert told(in_track(touches, {}, content=content, limits=postpone), engine, "outcome") == [
        (5, "failed"),
        (10, "withheld"),
        (10, "stalled"),
    ]


# ---------------------------------------------------------------- content and limits
def test_rule_62_content_is_a_supply(engine: str) -> None:
    touches = {"mail": {"response": 0, "content": "all"}, "sms": {"response": 0, "content": ["paper"]}}
    content = {
        "paper": {"share": 1, "number": 2},
        "book": {"share": 1e8, "number": 2},
        "old": {"share": HUGE, "number": 9, "active": False},
    }
    track = {"touches": ["mail", "mail", "sms", "mail"]}
    rows = told(in_track(touches, track, content=content), engine, "move", "outcome", "content")
    assert rows[:6] == [
        (5, "mail", "failed", "book"),
        (10, "mail", "failed", "book"),
        (15, "sms", "failed", "paper"),
        (20, "mail", "failed", "paper"),
        (25, "mail", "withheld", ""),
        (25, "", "stalled", ""),
    ]


def test_rule_62_what_is_not_delivered_is_not_given(engine: str) -> None:
    touches = {"mail": {"delivered": {"attempt": [0, 1]}, "open": 0, "content": ["book"]}}
    rows = told(in_track(touches, {}, content={"book": {"share": 1}}), engine, "move", "outcome", "content")
    assert rows == [
        (5, "mail.delivered", "failed", ""),
        (10, "mail.delivered", "passed", "book"),
        (10, "mail", "failed", "book"),
        (15, "mail.delivered", "withheld", ""),
        (15, "", "stalled", ""),
    ]


@pytest.mark.parametrize(
    ("odds", "outcome"),
    [
        ({"stage": {"pool": HUGE}}, "succeeded"),
        ({"segment": {"any": HUGE}}, "succeeded"),
        ({"channel": {"web": HUGE}}, "succeeded"),
        ({"need": {"no": HUGE}}, "succeeded"),
        ({"need": {"yes": HUGE}}, "failed"),
    ],
)
def test_rule_62_content_has_odds(engine: str, odds: dict[str, Any], outcome: str) -> None:
    touches = {"mail": {"open": NEARLY_NEVER, "content": ["book"]}}
    fields = {"traits": {"need": {"yes": "0%", "no": "100%"}}, "segments": {"any": {"share": 1}}}
    scenario = in_track(touches, {}, content={"book": {"share": 1, "odds": odds}}, **fields)
    assert told(scenario, engine, "outcome")[0] == (5, outcome)


def test_rule_62_the_order_of_assets_is_drawn_by_name(engine: str) -> None:
    """Leads of one scenario get the same first asset of two, whatever else there is; shares say how many."""
    touches = {"mail": {"response": 0, "content": "all"}}
    tracks = {"nurture": {"cadence": "5d", "touches": ["mail"]}}

    def first(shares: dict[str, float]) -> dict[str, str]:
        content = {name: {"share": share} for name, share in shares.items()}
        scenario = several_in_track(400, touches=touches, tracks=tracks, content=content, horizon="6d")
        return {lead: asset for _, lead, asset in reversed(told(scenario, engine, "lead", "content"))}

    two, three = first({"a": 1, "b": 3}), first({"a": 1, "b": 3, "c": 4})
    assert len(two) == 400
    assert {two[lead] for lead in two if three[lead] != "c"} == {"a", "b"}
    assert all(three[lead] in ("c", two[lead]) for lead in two)
    for found, name, share in ((two, "a", 0.25), (three, "c", 0.5)):
        number = list(found.values()).count(name)
        assert abs(number - 400 * share) < 5 * np.sqrt(400 * share * (1 - share))


def test_rule_63_a_limit_postpones(engine: str) -> None:
    """Two in any twelve days: the third comes twelve days after the first, and the fourth is planned as it was."""
    scenario = in_track(
        {"mail": {"response": 0, "cost": 1}}, {"cadence": "5d"}, limits={"mail": "2 per 12d"}, horizon="40d"
    )
    assert told(scenario, engine, "outcome", "attempt", "cost") == [
        (5, "failed", 1, 1),
        (10, "failed", 2, 1),
        (15, "postponed", 3, 0),
        (17, "failed", 3, 1),
        (20, "postponed", 4, 0),
        (22, "failed", 4, 1),
        (25, "postponed", 5, 0),
        (29, "failed", 5, 1),
        (30, "postponed", 6, 0),
        (34, "failed", 6, 1),
        (35, "postponed", 7, 0),
    ]


def test_rule_63_the_next_clock_is_after_now(engine: str) -> None:
    """One in twelve days, planned each five: what was planned before the last one comes a tick after it."""
    scenario = in_track({"mail": {"response": 0}}, {"cadence": "5d"}, limits={"mail": "1 per 12d"}, horizon="30d")
    assert told(scenario, engine, "outcome", "attempt") == [
        (5, "failed", 1),
        (10, "postponed", 2),
        (17, "failed", 2),
        (17, "postponed", 3),  # planned for day 15
        (29, "failed", 3),
        (29, "postponed", 4),  # planned for day 22, for its predecessor came a tick after day 17
    ]
    log = fs.trace(scenario, engine=engine)  # type: ignore[arg-type]
    postponed = log.loc[log["outcome"] == "postponed", "time"].to_numpy()
    np.testing.assert_allclose(postponed, [10, 17 + TICK, 29 + TICK], atol=TICK / 10)


def test_rule_63_limits_hold_for_a_kind_or_for_all(engine: str) -> None:
    touches = {
        "mail": {"response": 0},
        "letter": {"kind": "mail", "delivered": 0, "response": 0},
        "sms": {"response": 0},
    }
    track = {"cadence": "1d", "touches": ["mail", "sms", "letter"], "exhausted": {"after": 6}}
    rows = told(
        in_track(touches, track, limits={"mail": {"most": "1 per 4d", "beyond": "drop"}}), engine, "move", "outcome"
    )
    assert rows[:6] == [
        (1, "mail", "failed"),
        (2, "sms", "failed"),
        (3, "letter.delivered", "withheld"),
        (4, "mail", "withheld"),
        (5, "sms", "failed"),
        (6, "letter.delivered", "failed"),  # not delivered, but sent
    ]
    rows = told(in_track(touches, track, limits={"all": {"most": "2 per 4d", "beyond": "drop"}}), engine, "outcome")
    assert rows[:6] == [(1, "failed"), (2, "failed"), (3, "withheld"), (4, "withheld"), (5, "failed"), (6, "failed")]


def test_rule_63_all_limits_that_postpone(engine: str) -> None:
    limits = {"mail": "1 per 6d", "all": "2 per 15d"}
    scenario = in_track({"mail": {"response": 0}}, {"cadence": "4d", "exhausted": {"after": 4}}, limits=limits)
    assert told(scenario, engine, "outcome", "attempt", only=("failed", "postponed")) == [
        (4, "failed", 1),
        (8, "postponed", 2),
        (10, "failed", 2),
        (12, "postponed", 3),  # to day 16 by the first limit, to day 19 by the second
        (19, "failed", 3),
        (19, "postponed", 4),
        (25, "failed", 4),
    ]


def test_rule_63_after_work_it_is_looked_at_again(engine: str) -> None:
    """A mail is sent while the call is prepared: the call is postponed, and prepared again."""
    stages = {"pool": {"track": "nurture", "moves": {"send": {"touch": "mail", "after": "6d"}}}}
    touches = {"call": {"response": 0, "team": "desk", "takes": "2d"}, "mail": {"response": 0}}
    scenario = in_track(
        touches,
        {"exhausted": {"after": 1}},
        stages=stages,
        limits={"all": "1 per 10d"},
        teams={"desk": {"people": 1, "hours": 24}},
    )
    assert told(scenario, engine, "move", "outcome", "attempt", "person") == [
        (5, "call", "asked", 1, ""),
        (5, "call", "begun", 1, "desk.1"),
        (6, "mail", "failed", 1, ""),
        (7, "call", "postponed", 1, "desk.1"),
        (16, "call", "asked", 1, ""),
        (16, "call", "begun", 1, "desk.1"),
        (18, "call", "failed", 1, "desk.1"),
        (18, "", "stalled", 0, ""),
    ]


def test_rule_63_a_changed_limit(engine: str) -> None:
    changes = [{"from": "2026-01-12", "set": {"limits.mail.most": "1 per 3d"}}]
    scenario = in_track({"mail": {"response": 0}}, {}, limits={"mail": "1 per 20d"}, changes=changes, horizon="30d")
    assert told(scenario, engine, "outcome") == [
        (5, "failed"),
        (10, "postponed"),  # the clock is set to day 25, and a change does not move it
        (25, "failed"),
        (25, "postponed"),
        (28, "failed"),
    ]


# ---------------------------------------------------------------- tracks
def test_rule_64_a_paused_track_passes_over(engine: str) -> None:
    """Paused from day 7 to day 17: touches of days 10 and 15 do not come, and the next is the one in turn."""
    stages = {
        "pool": {"track": "nurture", "moves": {"go": {"after": "7d", "to": "sql"}}},
        "sql": {"track": "keep", "moves": {"back": {"after": "10d", "to": "rest"}}},
        "rest": {"track": "keep"},
    }
    touches = {"mail": {"response": 0}, "sms": {"response": 0}, "card": {"response": 0}}
    track = {
        "touches": ["mail", "sms"],
        "paused": {"stage": "sql"},
        "exhausted": {"after": 3},
        "moves": {"greet": {"touch": "card", "trigger": {"enters": "sql"}, "after": "1d"}},
    }
    rows = told(in_track(touches, track, stages=stages), engine, "move", "attempt", only=("failed",))
    assert rows == [(5, "mail", 1), (8, "card", 1), (20, "sms", 2), (25, "mail", 3)]


STAGES: dict[str, Any] = {
    "lead": {
        "moves": {
            "visit": {"after": "1d", "event": "form", "warmth": 5},
            "call": {"after": "3d", "to": {"to": "pool", "as": "not_now"}},
        }
    },
    "pool": {},
}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"channel": "web"}, True),
        ({"channel": "fair"}, False),
        ({"channel": ["fair", "web"]}, True),
        ({"segment": "big"}, True),
        ({"segment": "small"}, False),
        ({"need": "yes"}, True),
        ({"need": "no"}, False),
        ({"need": "yes", "channel": "fair"}, False),
        ({"reason": "not_now"}, True),
        ({"reason": "go"}, False),
        ({"from": "lead"}, True),
        ({"from": "gate"}, False),
        ({"behaviour": "form"}, True),
        ({"behaviour": "none"}, False),
        ({"score": {"from": 25}}, True),
        ({"score": {"below": 25}}, False),
        ({"score": {"from": 20, "below": 25.001}}, True),
        ({"age": {"from": "33d"}}, True),
        ({"age": {"below": "33d"}}, False),
        ({"silent": {"from": "2d"}}, True),  # since the event of day 1
        ({"silent": {"below": "2d"}}, False),
        ({"touched": {"from": 1}}, False),
        ({"touched": {"below": 1}}, True),
    ],
)
def test_rule_65_what_rules_look_at(engine: str, condition: dict[str, Any], holds: bool) -> None:
    stages = {
        **STAGES,
        "pool": {
            "track": [{"if": condition, "track": "first"}, {"track": "second"}],
            "moves": {"go": {"after": "9d", "to": "lead"}},
        },
    }
    stages["gate"] = {"moves": {"open": {"to": "lead"}, "skip": {"after": "1d", "to": "pool"}}}
    scenario = write(
        stages,
        channels={
            "web": {"backlog": 1, "age": "30d", "enters": "gate"},
            "fair": {"leads": "1 per year", "enters": "gate"},
        },
        segments={"big": {"share": "100%"}, "small": {"share": "0%"}},
        traits={"need": {"yes": "100%", "no": "0%"}},
        scoring={"fit": {"segment": {"big": 20}}},
        touches={"mail": {"response": 0}},
        tracks={
            name: {"cadence": "1d", "touches": ["mail"], "exhausted": {"after": 1}} for name in ("first", "second")
        },
        horizon="5d",
    )
    rows = told(scenario, engine, "move", "stream")
    assert (4, "mail", "first" if holds else "second") in rows


def test_rule_65_the_stage_is_that_of_before(engine: str) -> None:
    """Where a stage is entered, only reason and `from` are new: the lead still is in the stage that it leaves."""
    stages = {**STAGES, "pool": {"track": [{"if": {"stage": "lead", "from": "lead"}, "track": "nurture"}]}}
    scenario = in_track({"mail": {"response": 0}}, {"cadence": "1d"}, stages=stages, enters="lead", horizon="5d")
    assert (4, "mail") in told(scenario, engine, "move")


def test_rule_65_without_a_rule_that_holds_there_is_no_stream(engine: str) -> None:
    stages = {
        **STAGES,
        "pool": {
            "track": [{"if": {"reason": "not_now"}, "track": "nurture"}],
            "moves": {"on": {"after": "2d", "to": "rest"}},
        },
    }
    stages["rest"] = {
        "track": [{"if": {"reason": "not_now"}, "track": "nurture"}],
        "moves": {"end": {"after": "9d", "to": "done"}},
    }
    stages["done"] = {}
    scenario = in_track({"mail": {"response": 0}}, {"cadence": "1d"}, stages=stages, enters="lead")
    rows = told(scenario, engine, "move", "stage", "stream")
    assert rows[-3:] == [(4, "mail", "pool", "nurture"), (5, "on", "pool", "nurture"), (14, "end", "rest", "")]


def test_rule_65_conditions_of_assignment(engine: str) -> None:
    """A rule of assignment sees the lead as it is in its new stage."""
    stages = {
        **STAGES,
        "pool": {"owner": "sales", "moves": {"expire": {"after": "5d", "to": "lost"}}},
        "lost": {},
    }
    conditions = {"stage": "pool", "from": "lead", "reason": "not_now", "score": {"from": 5}, "silent": {"below": "1d"}}
    assign = [{"if": conditions, "to": ["ben"]}, {"to": ["anna"]}]
    teams = {"sales": {"people": {"anna": {}, "ben": {}}, "assign": assign}}
    scenario = alone(stages, teams=teams)
    assert told(scenario, engine, "person", only=("claimed",)) == [(3, "sales.ben")]


def test_rule_66_a_success_may_be_an_event(engine: str) -> None:
    stages = {
        "pool": {
            "track": "nurture",
            "moves": {
                "visit": {
                    "after": "3d",
                    "every": "4d",
                    "attempts": 3,
                    "chance": {"attempt": [1, 0, 1]},
                    "event": "page",
                }
            },
        },
    }
    touches = {"mail": {"response": 0}, "sms": {"response": 0}}
    moves = {
        "answer": {"touch": "sms", "trigger": {"event": "page"}, "after": "1d", "every": "2d", "attempts": 3},
        "quiet": {"trigger": {"idle": "9d"}, "chance": 0, "cost": 1},
    }
    scenario = in_track(touches, {"cadence": "50d", "moves": moves}, stages=stages, horizon="30d")
    assert told(scenario, engine, "move", "outcome", "attempt", only=("succeeded", "failed")) == [
        (3, "visit", "succeeded", 1),
        (4, "sms", "failed", 1),
        (6, "sms", "failed", 2),
        (7, "visit", "failed", 2),
        (8, "sms", "failed", 3),
        (11, "visit", "succeeded", 3),
        (12, "sms", "failed", 1),
        (14, "sms", "failed", 2),
        (16, "sms", "failed", 3),
        (20, "quiet", "failed", 1),
    ]


def test_rule_66_it_triggers_where_the_lead_has_come(engine: str) -> None:
    stages = {
        "lead": {
            "moves": {
                "visit": {"after": "3d", "event": "page", "to": "pool"},
                "miss": {"trigger": {"event": "page"}, "to": "lost"},
            }
        },
        "pool": {
            "moves": {
                "greet": {"trigger": {"event": "page"}, "after": "1d", "to": "done"},
                "expire": {"after": "9d", "to": "lost"},
            }
        },
        "done": {},
        "lost": {},
    }
    assert told(alone(stages), engine, "move", "to") == [(3, "visit", "pool"), (4, "greet", "done")]


def test_rule_67_a_way_may_lead_to_a_stream(engine: str) -> None:
    stages = {"pool": {"track": "nurture", "moves": {"wake": {"after": "12d", "to": "done"}}}, "done": {}}
    touches = {"mail": {"response": 1}, "sms": {"response": 0}}
    tracks = {"monthly": {"cadence": "3d", "touches": ["sms"]}}
    scenario = in_track(touches, {"on_response": {"to": {"track": "monthly"}}}, stages=stages, tracks=tracks)
    rows = told(scenario, engine, "move", "outcome", "stage", "stream", "to", "reason")
    assert rows == [
        (5, "mail", "succeeded", "pool", "nurture", "monthly", "touch"),
        (8, "sms", "failed", "pool", "monthly", "", ""),
        (11, "sms", "failed", "pool", "monthly", "", ""),
        (12, "wake", "succeeded", "pool", "monthly", "done", "wake"),
    ]


def test_rule_67_to_the_stream_it_is_in(engine: str) -> None:
    """Reminders, once in a lifetime, send on to where the lead is: it is as if the way were not written."""
    touches = {"mail": {"response": 1}, "sms": {"response": 0}}
    once = {"after": 1, "per": "lifetime", "to": {"track": "nurture"}}
    tracks = {"reminders": {"cadence": "2d", "touches": ["sms"], "exhausted": once}}
    track = {"on_response": {"to": {"track": "reminders"}}, "exhausted": {"after": 2, "to": "gone"}}
    columns = ("move", "outcome", "stream", "to", "reason")
    assert told(in_track(touches, track, tracks=tracks, stages={"gone": {}}), engine, *columns) == [
        (5, "mail", "succeeded", "nurture", "reminders", "touch"),
        (7, "sms", "exhausted", "reminders", "nurture", "exhausted"),
        (12, "mail", "succeeded", "nurture", "", ""),
        (17, "mail", "succeeded", "nurture", "gone", "exhausted"),
    ]
    touches["mail"]["response"] = 0
    track = {"exhausted": {"after": 2, "to": {"track": "reminders"}}}
    assert told(in_track(touches, track, tracks=tracks), engine, *columns)[2:] == [
        (12, "sms", "exhausted", "reminders", "nurture", "exhausted"),
        (17, "mail", "failed", "nurture", "", ""),
        (22, "mail", "failed", "nurture", "", ""),
        (22, "", "stalled", "nurture", "", ""),
    ]


def test_rule_67_lifetime_limits_are_looked_at(engine: str) -> None:
    """After two reminders in a lifetime the track of reminders sends on to the last one."""
    touches = {"mail": {"response": 1}, "sms": {"response": 0}, "card": {"response": 0}}
    tracks = {
        "reminders": {"cadence": "2d", "touches": ["sms"], "exhausted": {"after": 2, "per": "lifetime", "to": {"track": "last"}}, "moves": {"back": {"after": "3d", "to": {"track": "nurture"}}}},
        "last": {"cadence": "4d", "touches": ["card"], "exhausted": {"after": 1}},
    }  # fmt: skip
    track = {"on_response": {"to": {"track": "reminders"}}, "ends": {"after": "30d", "to": "gone"}}
    rows = told(in_track(touches, track, stages={"gone": {}}, tracks=tracks), engine, "move", "outcome", "stream", "to")
    assert rows == [
        (5, "mail", "succeeded", "nurture", "reminders"),
        (7, "sms", "failed", "reminders", ""),
        (8, "back", "succeeded", "reminders", "nurture"),
        (13, "mail", "succeeded", "nurture", "reminders"),
        (15, "sms", "exhausted", "reminders", "last"),
        (19, "card", "failed", "last", ""),
        (19, "", "stalled", "last", ""),
    ]


def test_rule_67_a_stage_is_entered_though_its_stream_sends_on(engine: str) -> None:
    stages = {
        "pool": {"track": "reminders", "moves": {"go": {"after": "4d", "to": "mql"}}},
        "mql": {"track": "none", "moves": {"back": {"after": "1d", "to": "pool"}}},
    }
    touches = {"sms": {"response": 0}, "card": {"response": 0}}
    tracks = {
        "reminders": {
            "cadence": "3d",
            "touches": ["sms"],
            "exhausted": {"after": 1, "per": "lifetime", "to": {"track": "last"}},
        },
        "last": {"cadence": "3d", "touches": ["card"]},
    }
    scenario = alone(stages, touches=touches, tracks=tracks, horizon="9d")
    assert told(scenario, engine, "move", "outcome", "stage", "stream", "to") == [
        (3, "sms", "exhausted", "pool", "reminders", "last"),
        (4, "go", "succeeded", "pool", "last", "mql"),
        (5, "back", "succeeded", "mql", "", "pool"),
        (8, "card", "failed", "pool", "last", ""),
    ]


def test_rule_67_it_is_no_entry(engine: str) -> None:
    """Moves that wait for an entry or for the absence of activities do not start with it; those of the stage go on."""
    touches = {"mail": {"response": 0}, "sms": {"response": 0}, "card": {"response": 0}}
    moves = {
        "greet": {"touch": "card", "trigger": {"enters": "pool"}, "after": "1d"},
        "quiet": {"touch": "card", "trigger": {"idle": "2d"}},
    }
    tracks = {"monthly": {"cadence": "30d", "touches": ["sms"], "moves": moves}}
    track = {"exhausted": {"after": 1, "to": {"track": "monthly"}}}
    scenario = in_track(
        touches,
        track,
        tracks=tracks,
        stages={"pool": {"track": "nurture", "moves": {"end": {"after": "20d", "to": "done"}}}, "done": {}},
    )
    assert told(scenario, engine, "move", "to") == [(5, "mail", "monthly"), (20, "end", "done")]


# ---------------------------------------------------------------- triggers
def test_rule_68_a_rule_is_tested_after_each_attempt(engine: str) -> None:
    """Warm on day 3, cold again by day 13, warm on day 14: it starts twice, and is not tested in between."""
    stages = {
        "lead": {
            "moves": {
                "visit": {"after": "3d", "every": "11d", "attempts": 2, "warmth": 10},
                "look": {"after": "13d", "chance": 0, "cost": 1},
                "hot": {"trigger": {"score": 8}, "after": "1d", "chance": 0, "cost": 1},
            },
        }
    }
    scenario = alone(stages, scoring={"half_life": "10d"})
    assert times(scenario, engine, "hot") == [4, 15]
    del stages["lead"]["moves"]["look"]
    assert times(alone(stages, scoring={"half_life": "10d"}), engine, "hot") == [4], "nobody saw that it was cold"


def test_rule_68_on_entering_it_counts_as_not_holding(engine: str) -> None:
    stages = {
        "lead": {
            "moves": {
                "on": {"after": "2d", "to": "lead", "lifetime_attempts": 3},
                "hot": {"trigger": {"when": {"age": {"below": "90d"}}}, "after": "1d", "chance": 0, "cost": 1},
            }
        },
    }
    assert times(alone(stages), engine, "hot") == [1, 3, 5, 7]


def test_rule_68_after_what_is_withheld_too(engine: str) -> None:
    """Points have faded below six before day 5, which is seen at a clock."""
    touches = {"mail": {"active": False, "response": 0}}
    stages = {
        "pool": {"track": "nurture", "moves": {"visit": {"after": "1d", "event": "page", "warmth": 10}}},
        "gone": {},
    }
    when = {"score": {"below": 6}, "behaviour": "page"}
    track = {"moves": {"cold": {"trigger": {"when": when}, "to": "gone"}}}
    scenario = in_track(touches, track, stages=stages, scoring={"half_life": "5d"})
    assert told(scenario, engine, "move", "outcome", "to") == [
        (1, "visit", "succeeded", ""),
        (5, "mail", "withheld", ""),
        (5, "cold", "succeeded", "gone"),
    ]


def waiting(when: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A stage with a visit on days 3 and 12, and a move that is tried a day after its rule begins to hold."""
    visit = {"after": "3d", "every": "9d", "attempts": 2, "event": "page"}
    rings = {"trigger": {"when": when}, "after": "1d", "chance": 0, "cost": 1, **fields}
    return {"lead": {"moves": {"visit": visit, "rings": rings}}}


@pytest.mark.parametrize(
    ("when", "days"),
    [
        ({"age": {"from": "7d"}}, [8]),
        ({"age": {"below": "7d"}}, [1]),
        ({"age": {"from": "7d"}, "behaviour": "none"}, []),
        ({"silent": {"from": "4d"}}, [8, 17]),
        ({"silent": {"from": "4d", "below": "8d"}, "age": {"below": "15d"}}, [8]),
        ({"silent": {"from": "8d"}, "age": {"from": "11.5d"}}, [12.5, 21]),
        ({"silent": {"from": "2d", "below": "3d"}}, [3, 6, 15]),
    ],
)
def test_rule_68_time_alone_makes_a_rule_hold(engine: str, when: dict[str, Any], days: list[float]) -> None:
    assert times(alone(waiting(when)), engine, "rings") == days


def test_rule_68_who_waits_for_a_bound_is_not_stalled(engine: str) -> None:
    stages = waiting({"age": {"from": "30d"}}, lifetime_attempts=1)
    rows = told(alone(stages), engine, "outcome")
    assert rows == [(3, "succeeded"), (12, "succeeded"), (31, "failed"), (31, "stalled")]


def test_rule_68_a_test_by_time_comes_before_what_is_due(engine: str) -> None:
    """On day 10 the last touch and the bound come together: the rule of the stage holds, and its move is first."""
    stages = {
        "pool": {"track": "nurture", "moves": {"old": {"trigger": {"when": {"age": {"from": "10d"}}}, "to": "won"}}}
    }
    track = {"exhausted": {"after": 2, "to": "gone"}}
    scenario = in_track({"mail": {"response": 0}}, track, stages={**stages, "gone": {}, "won": {}})
    assert told(scenario, engine, "move", "to") == [(5, "mail", ""), (10, "old", "won")]


def test_rule_68_in_a_stage_with_an_owner(engine: str) -> None:
    """Leads that meet others see time pass, too."""
    stages = {**waiting({"silent": {"from": "4d"}}), "lost": {}}
    stages["lead"]["moves"]["expire"] = {"after": "40d", "to": "lost"}
    stages["lead"] |= {"owner": "sales"}
    assert times(alone(stages, teams={"sales": {"people": 1}}), engine, "rings") == [8, 17]


def test_rule_68_at_a_change(engine: str) -> None:
    stages = {"lead": {"moves": {"hot": {"trigger": {"score": 8}, "after": "1d", "chance": 0, "cost": 1}}}}
    scoring = {"fit": {"segment": {"any": 2}}}
    changes = [{"from": "2026-01-12", "set": {"scoring.fit.segment.any": 9}}]
    scenario = alone(stages, scoring=scoring, segments={"any": {"share": 1}}, changes=changes)
    assert times(scenario, engine, "hot") == [12]


def test_rule_68_transition_rules(engine: str) -> None:
    touches = {"mail": {"open": 1, "click": {"chance": {"attempt": [0, 1]}, "warmth": 30}, "response": 0}}
    rules = [
        {"if": {"behaviour": "clicked", "score": {"from": 60}}, "to": {"to": "mql", "as": "hot"}},
        {"if": {"behaviour": "clicked"}, "to": {"track": "other"}},
    ]
    stages = {"mql": {}}
    scenario = in_track(
        touches,
        {"transition_rules": rules},
        stages=stages,
        tracks={"other": {"cadence": "20d", "touches": ["mail"]}},
        horizon="20d",
    )
    rows = told(scenario, engine, "move", "outcome", "to", only=("failed", "succeeded"))
    assert rows == [(5, "mail.click", "failed", ""), (10, "mail", "failed", ""), (10, "rule_2", "succeeded", "other")]
    warm = in_track(
        touches,
        {"transition_rules": rules},
        stages=stages,
        scoring={"fit": {"segment": {"any": 30}}},
        segments={"any": {"share": 1}},
        tracks={"other": {"cadence": "20d", "touches": ["mail"]}},
    )
    assert told(warm, engine, "move", "to", "reason")[-1] == (10, "rule_1", "mql", "hot")


def test_rule_69_anniversaries(engine: str) -> None:
    stages = with_ends(
        {"pool": {"track": "nurture", "moves": {"call": {"after": "25d", "to": "rest"}}}, "rest": {"track": "nurture"}}
    )
    stages["gate"] = {"moves": {"open": {"to": "pool"}}}
    tracks = {
        "nurture": {
            "cadence": "never",
            "touches": ["mail"],
            "moves": {"birthday": {"touch": "sms", "trigger": {"anniversary": "20d"}}},
        }
    }
    scenario = write(
        stages,
        channels={
            "old": {"backlog": 1, "age": "30d", "enters": "gate"},
            "even": {"backlog": 1, "age": "40d", "enters": "gate"},
        },
        touches={"mail": {"response": 0}, "sms": {"response": 0}},
        tracks=tracks,
    )
    rows = told(scenario, engine, "channel", "move", "attempt", only=("failed",))
    assert [(time, attempt) for time, channel, _, attempt in rows if channel == "old"] == [(10, 1), (30, 2), (50, 3)]
    assert [(time, attempt) for time, channel, _, attempt in rows if channel == "even"] == [(20, 1), (40, 2)], (
        "after the entry"
    )


def test_rule_69_after_work_it_is_the_next_anniversary(engine: str) -> None:
    stages = {"pool": {"moves": {"birthday": {"touch": "dial", "trigger": {"anniversary": "20d"}}}}}
    touches = {"dial": {"response": 0, "team": "desk", "takes": "2d"}}
    scenario = alone(stages, touches=touches, teams={"desk": {"people": 1, "hours": 24}}, horizon="63d")
    assert told(scenario, engine, "outcome") == [
        (time + later, outcome)
        for time in (20, 40, 60)
        for later, outcome in ((0, "asked"), (0, "begun"), (2, "failed"))
    ]


def test_rule_70_a_touch_may_have_its_own_wait(engine: str) -> None:
    touches = {"mail": {"response": 0}, "sms": {"response": 0}, "card": {"response": 0}}
    track = {"after": "1d", "touches": ["mail", {"touch": "sms", "wait": "2d"}, {"touch": "card", "wait": "1d"}]}
    rows = told(in_track(touches, track, horizon="12d"), engine, "move")
    assert rows == [(1, "mail"), (3, "sms"), (4, "card"), (9, "mail"), (11, "sms")]
    track = {"touches": [{"touch": "mail", "wait": "3d"}]}
    assert told(in_track({"mail": {"response": 0}}, track, horizon="10d"), engine, "move") == [
        (3, "mail"),
        (6, "mail"),
        (9, "mail"),
    ]


def test_rule_70_up_to_an_activity(engine: str) -> None:
    visit = {"after": "8d", "every": "12d", "attempts": 2, "event": "page"}
    stages = {"pool": {"track": "nurture", "moves": {"visit": visit}}}
    touches = {"mail": {"response": 0}, "offer": {"response": 1}}
    track = {"touches": ["mail", {"touch": "offer", "wait_up_to": "10d"}], "exhausted": {"after": 4}}
    scenario = in_track(touches, track, stages=stages)
    log = fs.trace(scenario, engine=engine)  # type: ignore[arg-type]
    rows = log.loc[log["move"].isin(("mail", "offer")), ["time", "move"]]
    assert rows["move"].tolist() == ["mail", "offer", "mail", "offer"]
    # the visit of day 8 brings the offer; the cadence goes on from there, and the offer after it waits for day 20
    np.testing.assert_allclose(rows["time"], [5, 8 + TICK, 13 + TICK, 20 + TICK], atol=TICK / 10)


def test_rule_70_the_touch_before_is_no_activity_for_it(engine: str) -> None:
    touches = {"mail": {"response": 1}, "offer": {"response": 0}}
    track = {"touches": ["mail", {"touch": "offer", "wait_up_to": "10d"}], "exhausted": {"after": 2}}
    assert told(in_track(touches, track), engine, "move", only=("succeeded", "failed")) == [(5, "mail"), (15, "offer")]
    first = {"touches": [{"touch": "mail", "wait_up_to": "4d"}], "exhausted": {"after": 1}}
    assert told(in_track({"mail": {"response": 1}}, first), engine, "move", only=("succeeded",)) == [(4, "mail")], (
        "nor is joining"
    )


# ---------------------------------------------------------------- what is counted
class Counts:
    """Counts of one replication by name, over all counted cells."""

    def __init__(self, scenario: Scenario, engine: str) -> None:
        self.program = compile_scenario(scenario)
        counts = replicate(self.program, 1, 1, engine=engine).counts  # type: ignore[arg-type]
        self.counts = counts[0, 1:, 0].sum(axis=0)

    def __call__(self, name: str, number: int = 1, place: int = 0) -> list[int]:
        first = getattr(layout_of(self.program), name) + place
        return self.counts[first : first + number].tolist()  # type: ignore[no-any-return]


def test_touches_are_counted(engine: str) -> None:
    touches = {
        "mail": {"delivered": {"attempt": [0, 1]}, "open": {"chance": {"attempt": [1, 1, 1, 0]}}, "click": {"chance": {"attempt": [1, 1, 0]}}, "content": ["book"], "recorded_opens": {"seen": 1, "false": 1}},
        "sms": {"response": 0, "if": {"need": "yes"}},
    }  # fmt: skip
    track = {"touches": ["mail", "mail", "mail", "mail", "sms"], "exhausted": {"after": 5, "to": "sql"}}
    stages = {"sql": {"moves": {"close": {"after": "1d", "to": "won"}}}, "won": {"value": 7}}
    traits = {"need": {"yes": "0%", "no": "100%"}}
    count = Counts(
        in_track(touches, track, stages=stages, content={"book": {"share": 1, "number": 5}}, traits=traits), engine
    )
    assert count("sent", 10) == [1, 0] * 4 + [0, 0]
    assert count("engaged", 10) == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0], "clicked in its second turn"
    assert count("withheld", 25) == [0] * 20 + [0, 1, 0, 0, 0], "the last turn, not meant for it"
    moves = {name: count("given_up", 1, place)[0] for place, name in enumerate(count.program.moves)}
    assert (count("postponed", 5), moves["touch"], sum(moves.values())) == ([0] * 5, 1, 1)
    assert count("recorded", 5) == [0, 1, 1, 1, 0], "two that were opened, and one that was not"
    assert count("content", 4) == [3, 2, 1, 0]
    assert (count("joined"), count("left"), count("in_stream"), count("stalled_stream")) == ([1], [1], [0], [0])
    sql = count.program.stages.index("sql")
    assert (count("touched"), count("touched_entry", 1, sql), count("touches_until", 1, sql)) == ([1], [1], [3])
    assert count("reached_stream", 2) == [1, 70_000]
    assert count("reached_touch", 4) == [1, 70_000, 0, 0]
    assert count("reached_asset", 2) == [1, 70_000]


def test_all_entries_are_counted_of_leads_that_were_touched(engine: str) -> None:
    """The lead is an SQL on day 10 for the first time, and on day 20 again; it was sent its first mail on day 5."""
    stages = {
        "sql": {"track": "keep", "value": 3, "moves": {"back": {"after": "1d", "to": "pool"}}},
        "pool": {"track": "nurture", "moves": {"ask": {"after": "9d", "to": "sql"}}},
    }
    count = Counts(in_track({"mail": {"response": 0}}, {}, stages=stages, horizon="22d"), engine)
    assert count("reached_stream", 2) == count("reached_touch", 2) == [2, 60_000]
    sql = count.program.stages.index("sql")
    assert count("touched_entry", 1, sql) == [1]


@pytest.mark.parametrize(
    ("kept", "track", "fields"),
    [
        (True, {}, {}),
        (True, {"exhausted": {"after": 3}}, {}),
        (False, {"exhausted": {"after": 1}}, {}),
        (False, {"exhausted": {"after": 1, "per": "lifetime"}}, {}),
        (False, {"exhausted": {"after": 2, "per": "silence"}}, {}),
        (False, {"active": False}, {}),
        (False, {"cadence": "never"}, {}),
        (True, {"cadence": "never", "touches": [{"touch": "mail", "wait": "5d"}]}, {}),
        (False, {"after": "1d", "cadence": "never"}, {}),
        (False, {}, {"mail": {"active": False}}),
        (False, {}, {"mail": {"if": {"need": "yes"}}}),
        (True, {}, {"mail": {"if": {"need": ["yes", "no"], "channel": "web"}}}),
        (True, {}, {"mail": {"if": {"touched": {"from": 4}}}}),
        (True, {"touches": ["mail", "sms"]}, {"mail": {"active": False}}),
        (True, {}, {"mail": {"content": ["book"]}}),
        (False, {}, {"mail": {"content": ["paper"]}}),
        (False, {"cadence": "never", "moves": {"late": {"touch": "sms", "after": "3d"}}}, {}),
        (True, {"cadence": "never", "moves": {"late": {"touch": "sms", "after": "30d"}}}, {}),
        (True, {"cadence": "never", "moves": {"late": {"touch": "sms", "trigger": {"idle": "8d"}}}}, {}),
        (
            False,
            {
                "cadence": "never",
                "moves": {"late": {"touch": "sms", "trigger": {"idle": "8d"}, "lifetime_attempts": 1}},
            },
            {},
        ),
    ],
)
def test_who_may_still_be_touched_is_not_wasted(
    engine: str, kept: bool, track: dict[str, Any], fields: dict[str, Any]
) -> None:
    """Of a lead that has been in a track for twelve days, and gone on in a second stage."""
    stages = with_ends(
        {"pool": {"track": "nurture", "moves": {"go": {"after": "4d", "to": "rest"}}}, "rest": {"track": "keep"}}
    )
    touches = {name: {"response": 0, **fields.get(name, {})} for name in ("mail", "sms")}
    tracks = {"nurture": {"cadence": "5d", "touches": ["mail"], **track}}
    used = str(tracks)
    scenario = write(
        stages,
        channels={"web": {"leads": "1 per day", "arrivals": "evenly", "enters": "pool", "cost": 5}},
        traits={"need": {"yes": "0%", "no": "100%"}},
        content={name: {"number": 9 if name == "book" else 1} for name in touches["mail"].get("content", ())},
        touches={name: touch for name, touch in touches.items() if f"'{name}'" in used},
        tracks=tracks,
        horizon="13d",
        changes=[{"from": "2026-01-02", "set": {"channels.web.leads": "0 per day"}}],
    )
    assert Counts(scenario, engine)("wasted_leads") == [int(not kept)]


def test_tracks_that_send_nothing_waste_as_much_as_none(engine: str) -> None:
    """They lead on from one to the next, as they would if they sent something."""
    stages = {
        "pool": {"track": "first", "moves": {"ask": {"after": "2d to 90d", "to": "sql"}}},
        "sql": {
            "moves": {
                "work": {"after": "3d", "takes": "1h", "team": "desk", "chance": 0.5, "to": "won", "else": "pool"}
            }
        },
        "won": {"value": 1},
    }
    tracks = {
        "first": {
            "cadence": "5d",
            "touches": ["mail"],
            "exhausted": {"after": 2, "per": "silence", "to": {"track": "second"}},
        },
        "second": {"cadence": "9d", "touches": ["mail"], "exhausted": {"after": 3}},
    }
    fields: dict[str, Any] = {
        "teams": {"desk": {"people": 5, "hours": 24}},
        "channels": {"web": {"leads": "3 per day", "enters": "pool", "cost": 5}},
    }
    found = {}
    for active in (True, False):
        given = {name: {**track, "active": active} for name, track in tracks.items()}
        found[active] = Counts(
            write(stages, tracks=given, touches={"mail": {"cost": 1, "response": 0}}, **fields), engine
        )
    stages["pool"]["track"] = "none"
    bare = Counts(write(stages, **fields), engine)
    for kind in ("wasted_leads", "wasted_cost", "wasted_busy"):
        assert found[False](kind) == bare(kind)
    assert 0 < found[True]("wasted_leads")[0] < bare("wasted_leads")[0]


def test_worth_is_counted(engine: str) -> None:
    stages = {
        "lead": {"moves": {"visit": {"after": "4d", "warmth": 40}, "call": {"after": "20d", "to": "won"}}},
        "won": {"value": 1},
    }
    channels = {"web": {"leads": "1 per day", "arrivals": "evenly", "enters": "lead"}}
    scoring = {"half_life": "2d", "fit": {"segment": {"any": 30}}, "bands": [25, 50, 60]}
    scenario = write(
        stages,
        channels=channels,
        segments={"any": {"share": 1}},
        scoring=scoring,
        horizon="20d",
        period="10d",
        warm_up="5d",
    )
    count = Counts(scenario, engine)
    # of the ten of a period, at its end: four are younger than four days, 30; of the others warmth is 40 / 2 ** (d / 2)
    # at d = 0.5, 1.5, 2.5 ... days: 33.6, 23.8, 16.8, 11.9, 8.4, 5.9
    assert sum(count("profile", 4)) == 20
    assert count("profile", 4) == [0, 16, 2, 2]
    assert sum(count("fit_created", 64)) == 20
    assert sum(count("fit_won", 64)) == 0, "who is won by day 20 was created before day 0"


def test_opens_are_recorded_by_chance(engine: str) -> None:
    touches = {"mail": {"open": 0.5, "recorded_opens": {"seen": 0.6, "false": 0.1}}}
    tracks = {"nurture": {"cadence": "1d", "touches": ["mail"]}}
    count = Counts(several_in_track(100, touches=touches, tracks=tracks, horizon="41d"), engine)
    sent, (recorded,) = sum(count("sent", 2)), count("recorded")
    assert sent == 4000
    assert abs(recorded - sent * 0.35) < 5 * np.sqrt(sent * 0.35 * 0.65)
