"""Figures of sales: rejected and lost leads, opportunities with win rates, the telephone."""

from __future__ import annotations

from funnelsim.metrics.definition import AT_END, EMPTY, OVER_TIME, PERIODS, Definition, quantity

REJECTED = (
    Definition(
        "rejected_<stage>",
        "flow",
        "leads",
        "Leads sent back from <stage> as not meeting its definition.",
        "D2.3",
        "rejected <stage>",
        boundary="Led away with the reason 'rejected'.",
        of="rejecting",
    ),
    Definition(
        "accepted_<stage>",
        "flow",
        "leads",
        "Entries into <stage> less those sent back as not meeting its definition.",
        "D2.3",
        "accepted <stage>",
        boundary=(
            "In a period those rejected may have entered before it. Leads returned for another reason stay counted "
            "(D4.3)."
        ),
        of="rejecting",
    ),
    Definition(
        "rejection_rate",
        "ratio",
        "share",
        "Leads sent back as not meeting the definition, for each entry into a stage from which they can be.",
        "D2.3",
        "rejection rate",
        parts=("rejected leads", "entries into stages that can reject"),
        boundary=EMPTY,
        of="rejecting",
    ),
    Definition(
        "lost_<reason>",
        "flow",
        "leads",
        "Leads that left a stage for the reason '<reason>'.",
        "D2.4",
        "lost: <reason>",
        boundary=(
            "A reason is written with the way (as:), or is the name of a move that gave up, a deadline or a step. A "
            "lead counts each time."
        ),
        of="losing",
    ),
)

OPPORTUNITIES = (
    Definition(
        "observed_win_rate_<stage>",
        "ratio",
        "share",
        "Share of the leads that were in <stage> and have come to an end of sales that were won.",
        "D2.5",
        "observed win rate of <stage>",
        parts=("leads won that were in <stage>", "leads decided that were in <stage>"),
        boundary=(
            "They count when they are won, or leave the stages with a stated win rate otherwise; who is still there "
            "does not count yet. Where the rate is below the stated one, a warning says where to look, if the stage's "
            "own step is: this hangs on the ids of stages, 'trial' (the product) and 'negotiation' (rivals or price). "
            f"{EMPTY}"
        ),
        of="stated",
    ),
    Definition(
        "weighted_pipeline",
        "level",
        "{currency}",
        "Leads in each stage with a stated win rate, times that rate, times the mean value of a win.",
        "D2.5",
        "weighted pipeline",
        boundary=(
            "The mean value is the expected value of the stages of the won that have one (of several, their average), "
            f"as written at that time. {AT_END}"
        ),
        of="weighed",
        times=OVER_TIME,
    ),
    Definition(
        "pipeline_brought",
        "level",
        "{currency}",
        "What the leads standing in the pipeline at the end of the period brought when they were won, by the end of "
        "the run.",
        "D2.5",
        "what the pipeline brought",
        boundary=(
            "The truth beside weighted_pipeline. Those still open at the end of the run count as nothing, so that late "
            "periods miss some; at the end of the run itself there is no figure."
        ),
        of="weighed",
        times=PERIODS,
    ),
)

TELEPHONE = (
    Definition(
        "dials",
        "flow",
        "dials",
        "Attempts of moves with a script or with several successes needed, reached or not.",
        "D3.4",
        "dials",
        of="dialling",
    ),
    Definition(
        "reached",
        "flow",
        "dials",
        "Dials that reached somebody: whose own chance succeeded.",
        "D3.4",
        "dials that reached somebody",
        of="dialling",
    ),
    Definition(
        "conversations",
        "flow",
        "conversations",
        "Dials that came through every step of the script.",
        "D3.4",
        "meaningful conversations",
        of="dialling",
    ),
    Definition(
        "meetings",
        "flow",
        "meetings",
        "Leads that such a move led on, after the successes it needs.",
        "D3.4",
        "meetings",
        of="dialling",
    ),
    Definition(
        "dials_per_reached",
        "ratio",
        "dials",
        "Dials for each that reached somebody.",
        "D3.4",
        "dials per prospect reached",
        parts=("dials", "reached"),
        boundary=EMPTY,
        of="dialling",
    ),
    Definition(
        "dials_per_conversation",
        "ratio",
        "dials",
        "Dials for each meaningful conversation.",
        "D3.4",
        "dials per conversation",
        parts=("dials", "conversations"),
        boundary=EMPTY,
        of="dialling",
    ),
    Definition(
        "conversations_per_meeting",
        "ratio",
        "conversations",
        "Meaningful conversations for each meeting.",
        "D3.4",
        "conversations per meeting",
        parts=("conversations", "meetings"),
        boundary=EMPTY,
        of="dialling",
    ),
)


QUANTITIES = (
    quantity("time worked by <team>", "flow"),
    quantity("working time of <team>", "flow"),
    quantity("time the queue of <team> takes", "level"),
    quantity(
        "time worked by <team> and waiting for it", "flow", ("time worked by <team>", "time the queue of <team> takes")
    ),
    quantity("time waited for <team>", "flow"),
    quantity("work begun by <team>", "flow"),
    quantity("people of <team>", "level"),
    quantity("follow-ups in <stage>", "flow"),
    quantity("rejected leads", "flow"),
    quantity("entries into stages that can reject", "flow"),
    quantity("leads won that were in <stage>", "flow"),
    quantity("leads lost that were in <stage>", "flow"),
    quantity(
        "leads decided that were in <stage>",
        "flow",
        ("leads won that were in <stage>", "leads lost that were in <stage>"),
    ),
)
"""What metrics are made of and is no metric itself."""
