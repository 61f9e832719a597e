"""Strategies of the marketing side: touches with steps, conditions, content, limits, tracks and their rules."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Strategy = st.SearchStrategy[Any]

lengths = st.tuples(st.integers(1, 300), st.sampled_from(["d", "h", " weeks"])).map(lambda pair: f"{pair[0]}{pair[1]}")
points = st.one_of(
    st.integers(-50, 100), st.integers(-500, 500).map(lambda n: n / 10), st.just({"uncertain": "between 1 and 9"})
)
multipliers = st.one_of(st.sampled_from([0.85, 1, 1.02, 2]), st.just({"uncertain": "0.8 to 1.2"}))
half_lives = st.one_of(st.just("never"), lengths, st.just({"uncertain": "10d to 20d"}))
names = {
    "segment": ["small", "big"],
    "need": ["yes", "no"],
    "need_seen": ["yes", "no"],
    "channel": ["search", "base"],
    "reason": ["next", "touch", "robot"],
    "from": ["owned"],
    "stage": ["pool"],
    "behaviour": ["opened", "clicked", "answered", "none", "form"],
}
ranges = st.one_of(
    st.integers(0, 90).map(lambda n: {"score": {"from": n, "below": n + 1}}),
    st.integers(1, 90).map(lambda n: {"age": {"from": f"{n}d"}}),
    st.integers(1, 90).map(lambda n: {"silent": {"below": f"{n}d"}}),
    st.integers(1, 9).map(lambda n: {"touched": {"from": n}}),
)


@st.composite
def conditions(draw: st.DrawFn, stage: str = "pool") -> dict[str, Any]:
    """Some conditions, at least one; in the track leads are in the stage 'pool', to which they come from 'owned'."""
    by = draw(st.sampled_from(list(names)))
    values = st.sampled_from([stage] if by == "stage" else names[by])
    named = {by: draw(st.one_of(values, st.lists(values, min_size=1, unique=True)))}
    return draw(st.sampled_from([named, draw(ranges), {**named, **draw(ranges)}]))


def steps(chances: Strategy, ways: Strategy) -> Strategy:
    """A step of a touch, in its short form or with more."""
    odds = st.fixed_dictionaries({}, optional={"warmth": multipliers, "stage": st.just({"pool": 2})})
    more = st.fixed_dictionaries({"chance": chances}, optional={"odds": odds, "warmth": points, "to": ways})
    return st.one_of(chances, more)


def touches(chances: Strategy, costs: Strategy) -> Strategy:
    """A touch of mail, which is the first of a rotation and need not be answered."""
    step = steps(chances, st.sampled_from(["won", {"to": "s0", "as": "asked"}, {"track": "other"}]))
    usual = {
        "kind": st.sampled_from(["mail", "auto", "post"]),
        "active": st.booleans(),
        "delivered": chances,
        "bounced": st.sampled_from(["won", {"to": "s0", "as": "wrong_number"}]),
        "opt_out": chances,
        "click": step,
        "response": step,
        "warmth": points,
        "fatigue": st.sampled_from([0, 1, 2.5]),
        "content": st.sampled_from([[], "all", "e_book", ["e_book", "case_study"]]),
        "if": conditions(),
        "recorded_opens": st.just({"seen": "60%", "false": "5%"}),
    }
    touch = st.fixed_dictionaries({"cost": costs, "open": step}, optional=usual)
    return touch.map(lambda written: {**written, "delivered": "90%"} if "bounced" in written else written)


content = st.fixed_dictionaries(
    {
        "e_book": st.fixed_dictionaries(
            {}, optional={"share": st.sampled_from([2, "19%"]), "number": st.integers(0, 9)}
        ),
        "case_study": st.fixed_dictionaries(
            {}, optional={"odds": st.just({"need": {"yes": 2}}), "active": st.booleans()}
        ),
    }
)
frequencies = st.tuples(st.integers(1, 9), lengths).map(lambda pair: f"{pair[0]} per {pair[1]}")
limits = st.dictionaries(
    st.sampled_from(["all", "sms"]),
    st.one_of(
        frequencies, st.fixed_dictionaries({"most": frequencies, "beyond": st.sampled_from(["drop", "postpone"])})
    ),
)
scoring = st.fixed_dictionaries(
    {},
    optional={
        "half_life": half_lives,
        "fit": st.just({"need": {"yes": 30}, "segment": {"big": 9}}),
        "response": multipliers,
    },
)
fatigue = st.fixed_dictionaries({}, optional={"half_life": half_lives, "response": multipliers, "opt_out": multipliers})
errors = st.sampled_from(["10%", {"yes": "5%", "no": {"uncertain": "10% to 30%"}}])
own_shares = st.sampled_from([{}, {"need": {"yes": "30%", "no": "70%"}}])
qualifying = st.fixed_dictionaries(
    {"by": st.sampled_from(["ours", ["need"]])},
    optional={
        "sees": st.sampled_from(["truth", "observed"]),
        "require": st.sampled_from(["all", 1]),
        "weigh": multipliers,
    },
)


@st.composite
def tracks(draw: st.DrawFn, gaps: Strategy, odds: Strategy) -> dict[str, Any]:
    """A track of mails and messages that leads to stages and to another track, and the other one."""
    turn = st.one_of(
        st.sampled_from(["mail", "sms"]),
        st.fixed_dictionaries({"touch": st.just("sms"), "wait": gaps}),
        st.fixed_dictionaries({"touch": st.just("mail"), "wait_up_to": gaps}),
    )
    ways = st.sampled_from(["won", {"to": "s0", "as": "asked"}, {"track": "other"}])
    rules = st.lists(st.fixed_dictionaries({"if": conditions(), "to": ways}), max_size=2)
    triggers = st.one_of(
        st.just({"event": "form"}),
        st.integers(1, 90).map(lambda n: {"score": n}),
        conditions().map(lambda when: {"when": when}),
        lengths.map(lambda length: {"anniversary": length}),
        st.just({"enters": "pool"}),
    )
    moves = st.dictionaries(
        st.sampled_from(["birthday", "cart"]),
        st.fixed_dictionaries({"trigger": triggers, "touch": st.just("sms"), "to": ways}),
        max_size=2,
    )
    exhausted = {
        "after": draw(st.integers(1, 9)),
        "per": draw(st.sampled_from(["stay", "lifetime", "silence"])),
        "to": draw(ways),
    }
    usual: dict[str, Strategy] = {
        "kind": st.sampled_from(["welcome", "drip"]),
        "active": st.booleans(),
        "exhausted": st.just(exhausted),
        "ends": st.fixed_dictionaries({"after": lengths, "to": ways}),
        "paused": conditions(),
        "transition_rules": rules,
        "moves": moves,
    }
    head = {"cadence": gaps, "on_response": st.just({"to": {"track": "other"}}), "odds": odds}
    monthly = draw(st.fixed_dictionaries(head, optional=usual))
    others = draw(st.lists(turn, max_size=3))
    other = {"cadence": draw(gaps), "touches": ["sms"], "on_response": {"to": "won"}}
    return {"monthly": {**monthly, "touches": ["mail", *others]}, "other": other}


def track_rules(track: str) -> Strategy:
    """Which track is joined: a name, or rules that say so, as a lead enters and still is where it comes from."""
    rule = conditions("owned").flatmap(
        lambda if_: st.sampled_from([{"if": if_, "track": other} for other in ("other", "keep", "none")])
    )
    return st.lists(rule, max_size=2).map(lambda rules: [*rules, {"track": track}])
