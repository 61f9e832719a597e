"""Figures of contact: touches from sending to response, nurtured leads beside others, tracks, points and scores."""

from __future__ import annotations

from funnelsim.metrics.definition import (
    AT_END,
    EMPTY,
    HORIZON,
    IN_ALL,
    OVER_TIME,
    Definition,
    quantity,
)

_EACH_TIME = "A lead counts each time."
_NURTURED = (
    "A lead is nurtured from the first touch that is delivered to it on. Leads that stood in the funnel when the "
    "count begins are among them, also those of a warm-up."
)

TOUCHES = (
    Definition(
        "touches",
        "flow",
        "touches",
        "Touches sent, by tracks and by moves of their own, delivered or not.",
        "D4.1",
        "touches",
    ),
    Definition(
        "delivered",
        "flow",
        "touches",
        "Touches that were delivered.",
        "D3.9",
        "touches delivered",
        of="touching",
    ),
    Definition(
        "bounces",
        "flow",
        "touches",
        "Touches sent that were not delivered.",
        "D3.9",
        "bounced touches",
        of="touching",
    ),
    Definition(
        "opens",
        "flow",
        "touches",
        "Touches that were opened.",
        "D4.5",
        "touches opened",
        boundary="What truly happens; recorded_opens says what a system shows of it.",
        of="opening",
    ),
    Definition(
        "recorded_opens",
        "flow",
        "touches",
        "Touches that a system shows as opened, whether they were or not.",
        "D4.5",
        "recorded opens",
        boundary=(
            "With images off an open is not recorded, and machines open what nobody reads: recorded_opens of a touch."
        ),
        of="opening",
    ),
    Definition(
        "clicks",
        "flow",
        "touches",
        "Touches with a click.",
        "D3.9",
        "clicks",
        of="clicking",
    ),
    Definition(
        "responses",
        "flow",
        "responses",
        "Touches that were answered.",
        "D2.6",
        "responses",
        boundary=(
            "Those that came through the last step that is written: of a touch without a response, its click or open."
        ),
    ),
    Definition(
        "opt_outs",
        "flow",
        "leads",
        "Leads that opted out of all further touches.",
        "D1.6",
        "opt-outs",
        of="opting_out",
    ),
    Definition(
        "withheld",
        "flow",
        "touches",
        "Touches whose turn it was and that were not sent: not active, not for this lead, beyond a limit of contact "
        "that drops, or out of content.",
        "D1.6, D3.8",
        "touches withheld",
        boundary=(
            "What a limit postpones is sent later, and what waits while a track is paused has no turn: neither counts."
        ),
        of="touching",
    ),
    Definition(
        "reopened",
        "flow",
        "leads",
        "Leads, {old}, that have just shown engagement again: touches that were clicked or answered, and successes of "
        "a track's other moves.",
        "D Terms, D4.5",
        "reopened leads",
        boundary=f"{_EACH_TIME} What a track does by itself, its end and its transition rules, is no engagement.",
    ),
)

NURTURED = (
    Definition(
        "nurtured_leads",
        "flow",
        "leads",
        "Leads to which a touch was delivered for the first time in their life.",
        "D0.4",
        "nurtured leads",
        of="touching",
    ),
    Definition(
        "nurtured_<stage>",
        "flow",
        "leads",
        "Leads that entered <stage> for the first time, after a touch had been delivered to them.",
        "D0.4",
        "first entries into <stage> by nurtured leads",
        of="nurturing",
    ),
    Definition(
        "other_<stage>",
        "flow",
        "leads",
        "Leads that entered <stage> for the first time before any touch had been delivered to them.",
        "D0.4",
        "first entries into <stage> by other leads",
        of="nurturing",
    ),
)

TRACKS = (
    Definition(
        "in_track_<track>",
        "level",
        "leads",
        "Leads in the track <track> at the end of the period.",
        "D4.4",
        "leads in <track>",
        boundary=AT_END,
        of="tracks",
    ),
    Definition(
        "stalled_track_<track>",
        "level",
        "leads",
        "Leads in the track <track> at the end of the period with nothing more to come: all their moves are silent.",
        "D4.4",
        "leads stalled in <track>",
        boundary=AT_END,
        of="tracks",
    ),
    Definition(
        "joined_<track>",
        "flow",
        "leads",
        "Leads that joined the track <track>.",
        "D4.4",
        "leads that joined <track>",
        boundary=f"{_EACH_TIME} A backlog that is in it on day one has not joined.",
        of="tracks",
    ),
    Definition(
        "left_<track>",
        "flow",
        "leads",
        "Leads that left the track <track>, by whatever way.",
        "D4.4",
        "leads that left <track>",
        boundary=f"{_EACH_TIME} Also those of a backlog.",
        of="tracks",
    ),
)

RATES = (
    Definition(
        "delivery_rate",
        "ratio",
        "share",
        "Share of the touches sent that were delivered.",
        "D3.9",
        "delivery rate",
        parts=("delivered", "touches"),
        boundary=EMPTY,
        of="touching",
    ),
    Definition(
        "bounce_rate",
        "ratio",
        "share",
        "Share of the touches sent that were not delivered.",
        "D3.9",
        "bounce rate",
        parts=("bounces", "touches"),
        boundary=EMPTY,
        of="touching",
    ),
    Definition(
        "open_rate",
        "ratio",
        "share",
        "Share of the touches delivered that were opened.",
        "D4.5",
        "open rate",
        parts=("opens", "delivered"),
        boundary=f"What truly happens; recorded_open_rate is what a system shows. {EMPTY}",
        of="opening",
    ),
    Definition(
        "recorded_open_rate",
        "ratio",
        "share",
        "Share of the touches delivered that a system shows as opened.",
        "D4.5",
        "recorded open rate",
        parts=("recorded_opens", "delivered"),
        boundary=f"It misleads: with images off an open is not recorded, and machines open what nobody reads. {EMPTY}",
        of="opening",
    ),
    Definition(
        "click_rate",
        "ratio",
        "share",
        "Share of the touches delivered with a click.",
        "D3.9",
        "click rate",
        parts=("clicks", "delivered"),
        boundary=EMPTY,
        of="clicking",
    ),
    Definition(
        "opt_out_rate",
        "ratio",
        "share",
        "Share of the touches delivered after which the lead opted out.",
        "D1.6",
        "opt-out rate",
        parts=("opt_outs", "delivered"),
        boundary=EMPTY,
        of="opting_out",
    ),
    Definition(
        "touches_of_<stage>",
        "ratio",
        "touches per <stage>",
        "Touches that a lead had got before it first entered <stage>, on average.",
        "D4.1",
        "touches before <stage>",
        parts=("touches before <stage>", "first_<stage>"),
        boundary=f"Of those that entered, touches that were delivered to them in their life. {EMPTY}",
        of="nurturing",
    ),
    Definition(
        "nurtured_rate_<stage>",
        "ratio",
        "share",
        "First entries into <stage> by nurtured leads, for each nurtured lead.",
        "D0.4",
        "<stage> per nurtured lead",
        parts=("nurtured_<stage>", "leads ever nurtured"),
        boundary=f"{_NURTURED} {EMPTY}",
        of="nurturing",
        times=IN_ALL,
    ),
    Definition(
        "other_rate_<stage>",
        "ratio",
        "share",
        "First entries into <stage> by leads not nurtured before, for each lead that is never nurtured.",
        "D0.4",
        "<stage> per other lead",
        parts=("other_<stage>", "leads never nurtured"),
        boundary=(
            f"{_NURTURED} Those that entered first and were nurtured later are in the numerator alone, so that where "
            f"they are many it can exceed 1. {EMPTY}"
        ),
        of="nurturing",
        times=IN_ALL,
    ),
    Definition(
        "lift_<stage>",
        "lift",
        "share",
        "By how much nurtured_rate_<stage> exceeds other_rate_<stage>, as a share of it.",
        "D4.6",
        "lift of <stage> by nurture",
        parts=("nurtured_rate_<stage>", "other_rate_<stage>"),
        boundary=(
            "The naive comparison. It is biased by who gets nurtured: those that qualify at once never are, and those "
            "that stay long get the most touches. What nurture truly adds is the difference between a run with it and "
            "the same run without: incremental, as in funnelsim touches FILE --incremental. Empty without leads of "
            "both sorts, and where no other lead entered."
        ),
        of="nurturing",
        times=IN_ALL,
    ),
)

POINTS = (
    Definition(
        "warmth_given",
        "flow",
        "points",
        "Points of warmth that touches and moves gave.",
        "D4.4",
        "warmth given",
        boundary="As given, before it cools down; what takes points away counts as less. There is none by cohort.",
        of="warming",
        times=OVER_TIME,
    ),
    Definition(
        "auc",
        "probability",
        "share",
        "Chance that a lead that was won had a higher fit when it was created than one that was not; 50% tells "
        "nothing, 100% all.",
        "D3.2",
        "quality of the fit (AUC)",
        boundary=(
            "Of the leads created in the counted time, over all pairs of a won and another one; equal ones count half, "
            "as do those in the same of 64 bins of fit. Leads that would be won later count as others. Empty where all "
            "or none were won."
        ),
        of="fitted",
        times=HORIZON,
    ),
)

WORK = (
    Definition(
        "hours_per_<stage>",
        "ratio",
        "hours per <stage>",
        "Hours that the people of all teams worked, for each entry into <stage>.",
        "D4.5",
        "hours worked per <stage>",
        parts=("hours worked", "<stage>"),
        boundary=f"All work counts, also on leads that never enter. There is none by cohort. {EMPTY}",
        of="served",
        times=OVER_TIME,
    ),
)

QUANTITIES = (
    quantity("touches before <stage>", "flow"),
    quantity("leads ever nurtured", "level"),
    quantity("leads never nurtured", "level"),
    quantity("hours worked", "flow"),
)
"""What these are made of and is no metric itself."""
