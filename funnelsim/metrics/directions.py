"""Whether more or less of a figure is better, so that scenarios can be ranked by it.

What is put in (spend, touches, hours) has no direction by itself: whether more of it is good depends on what it brings.
So have stages that are not what the funnel is for, such as a pool, and figures that mislead alone (open rates).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from funnelsim.metrics.names import Figure, trunk_of

if TYPE_CHECKING:
    from funnelsim.scenario import Scenario

Direction = Literal["higher", "lower"]

ALWAYS: dict[str, Direction] = {
    "revenue": "higher",
    "wasted_spend": "lower",
    "wasted_share": "lower",
    "price_per_new_lead": "lower",
    "spend_per_new_lead": "lower",
    "stalled_<stage>": "lower",
    "stalled_track_<track>": "lower",
    "bounces": "lower",
    "bounce_rate": "lower",
    "delivery_rate": "higher",
    "click_rate": "higher",
    "clicks": "higher",
    "responses": "higher",
    "reopened": "higher",
    "opt_outs": "lower",
    "opt_out_rate": "lower",
    "auc": "higher",
    "wait_<team>": "lower",
    "p90_wait_<team>": "lower",
    "queue_<team>": "lower",
    "turned_away_<team>": "lower",
    "held_spread_<team>": "lower",
    "unowned_<team>": "lower",
    "lapsed_<team>": "lower",
    "endangered": "lower",
    "starved_sqls": "lower",
    "starved_share": "lower",
    "rejected_<stage>": "lower",
    "accepted_<stage>": "higher",
    "rejection_rate": "lower",
    "lost_<reason>": "lower",
    "observed_win_rate_<stage>": "higher",
    "weighted_pipeline": "higher",
    "dials_per_reached": "lower",
    "dials_per_conversation": "lower",
    "conversations_per_meeting": "lower",
}
"""By the pattern of the figure, whatever it is of."""

OF_GOALS: dict[str, Direction] = {
    "<stage>": "higher",
    "first_<stage>": "higher",
    "fast_<stage>": "higher",
    "value_<stage>": "higher",
    "rate_<from>_to_<to>": "higher",
    "nurtured_<stage>": "higher",
    "nurtured_rate_<stage>": "higher",
    "nurtured_rate_<from>_to_<to>": "higher",
    "cost_per_<stage>": "lower",
    "hours_per_<stage>": "lower",
    "lvr_<stage>": "higher",
    "days_to_<stage>": "lower",
    "p90_days_to_<stage>": "lower",
}
"""Of stages alone that the funnel is for; see `goals`."""


def direction_of(figure: Figure, scenario: Scenario) -> Direction | None:
    """Return whether more or less of a figure is better; None where that cannot be said of it alone.

    Parameters
    ----------
    figure : Figure
    scenario : Scenario
        Whose stages say what the funnel is for: those of the trunk after the first, and those with a value or a
        `win_rate`.
    """
    pattern = figure.definition.pattern
    if pattern in OF_GOALS:
        stage = figure.places.get("stage", figure.places.get("to"))
        return OF_GOALS[pattern] if stage in goals(scenario) else None
    return ALWAYS.get(pattern)


def goals(scenario: Scenario) -> set[str]:
    """Return the stages that the funnel is for."""
    valued = {name for name, stage in scenario.stages.items() if stage.value is not None or stage.win_rate is not None}
    return {*trunk_of(scenario)[1:], *valued}
