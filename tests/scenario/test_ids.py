"""Ids: the words of the trade are free, and no name makes a metric mean two things."""

from __future__ import annotations

import pytest

from funnelsim.scenario.ids import (
    METRIC_STARTS,
    METRICS,
    NO_TRAITS,
    RESERVED,
    read_event_name,
    read_name,
    read_stage_name,
    read_team_name,
    read_trait_name,
)
from funnelsim.scenario.problems import RefusedError

OF_ONE_NAME = [
    "utilisation_X",
    "load_X",
    "wait_X",
    "p90_wait_X",
    "queue_X",
    "turned_away_X",
    "held_X",
    "held_per_person_X",
    "held_spread_X",
    "unowned_X",
    "claims_X",
    "follow_ups_per_X",
    "accepted_X",
    "rejected_X",
    "observed_win_rate_X",
    "lost_X",
    "extended_X",
    "first_X",
    "fast_X",
    "old_X",
    "old_share_X",
    "lvr_X",
    "cost_per_X",
    "stalled_X",
    "in_X",
    "days_to_X",
    "p90_days_to_X",
    "touches_per_X",
    "value_X",
    *(f"{start}_X" for start in ("joined", "left", "in_track", "stalled_track", "touches_of", "hours_per")),
    *(f"{start}_X" for start in ("nurtured", "nurtured_rate", "other", "other_rate", "lift")),
]
ALONE = [
    "spend_labour",
    "follow_ups",
    "rejection_rate",
    "weighted_pipeline",
    "endangered",
    "starved_share",
    "starved_sqls",
    "judged_sqls",
    "wasted_spend",
    "wasted_share",
    "dials_per_reached",
    "dials_per_conversation",
    "conversations_per_meeting",
    "dials",
    "reached",
    "conversations",
    "meetings",
    "spend",
    "revenue",
    "new_leads",
    "reopened",
    *(
        "delivered",
        "bounces",
        "opens",
        "recorded_opens",
        "clicks",
        "opt_outs",
        "withheld",
        "postponed",
        "price_per_new_lead",
        "warmth_given",
        "auc",
    ),
    *("delivery_rate", "bounce_rate", "open_rate", "recorded_open_rate", "click_rate", "opt_out_rate"),
    "nurtured_leads",
]


@pytest.mark.parametrize(
    "name",
    [
        "lead",
        "mql",
        "sql",
        "opportunity",
        "lost",
        "won",
        "trial",
        "negotiation",
        "rejected",
        "accepted",
        "pool",
        "queue",
        "waiting",
        "held",
        "extended",
        "meeting",
        "conversation",
        "dial",
        "share",
        "observed",
        "claim",
        "value",
    ],
)
def test_words_of_the_trade_can_be_stages(name: str) -> None:
    assert read_stage_name(name) == name


@pytest.mark.parametrize("reason", ["rejected", "no_need", "dead_number", "reached", "lost", "lost_interest"])
def test_words_of_the_trade_can_be_reasons(reason: str) -> None:
    assert read_name(reason) == reason


@pytest.mark.parametrize("metric", [*(pattern.replace("X", "sales") for pattern in OF_ONE_NAME), *ALONE])
def test_no_stage_is_called_like_a_metric(metric: str) -> None:
    with pytest.raises(RefusedError, match=r"reserved name|names of metrics"):
        read_stage_name(metric)


def test_no_two_patterns_make_one_name() -> None:
    """Where a pattern starts like another, what would have to stand in the shorter one is refused."""
    starts = [pattern.removesuffix("X") for pattern in OF_ONE_NAME]
    clashes = [(short, long) for short in starts for long in starts if long != short and long.startswith(short)]
    assert ("held_", "held_spread_") in clashes
    assert ("old_", "old_share_") in clashes
    assert ("in_", "in_track_") in clashes
    for short, long in clashes:
        read = read_team_name if short == "held_" else read_stage_name
        with pytest.raises(RefusedError, match="as the names of metrics do"):
            read(f"{long.removeprefix(short)}sales")


def test_metrics_that_stand_alone_do_not_look_like_those_of_a_name() -> None:
    starts = [pattern.removesuffix("X") for pattern in OF_ONE_NAME]
    assert [(metric, start) for metric in METRICS for start in starts if metric.startswith(start)] == []
    assert all(start.startswith(METRIC_STARTS) for start in starts)


@pytest.mark.parametrize("name", ["per_person_sales", "spread_sales"])
def test_teams_that_would_be_ambiguous(name: str) -> None:
    with pytest.raises(RefusedError, match="as the names of metrics do"):
        read_team_name(name)


def test_reserved_words_are_refused_everywhere() -> None:
    for name in RESERVED:
        for read in (read_name, read_stage_name, read_team_name, read_trait_name):
            with pytest.raises(RefusedError, match="reserved name"):
                read(name)


def test_traits_stand_beside_other_tables() -> None:
    for name in NO_TRAITS:
        with pytest.raises(RefusedError, match=r"word of tables|reserved name"):
            read_trait_name(name)
    assert read_trait_name("line") == "line"


def test_events_stand_beside_what_leads_do_with_touches() -> None:
    for name in ("opened", "clicked", "answered"):
        with pytest.raises(RefusedError, match="what a lead does with a touch"):
            read_event_name(name)
    assert read_event_name("form") == "form"
