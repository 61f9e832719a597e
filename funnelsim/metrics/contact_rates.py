"""Figures of contact that are divided, or of points and work: of touches, of nurtured leads and others, of scores."""

from __future__ import annotations

from funnelsim.metrics.definition import (
    EMPTY,
    HORIZON,
    IN_ALL,
    OVER_TIME,
    Definition,
    quantity,
)

_NURTURED = (
    "A lead is nurtured from the first touch that is delivered to it on. Leads that stood in the funnel when the "
    "count begins are among them, also those of a warm-up."
)

_BETWEEN = (
    "Leads are nurtured at an entry if a touch was delivered to them before it. Those first touched between the two "
    "entries are others at <from> and nurtured at <to>: where tracks run beside <from> itself, look at rates per lead, "
    "such as nurtured_rate_<to>. By period it can exceed 1, since entries into <to> come of earlier ones into <from>."
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
        "Share of the touches delivered that were opened, of touches that can be.",
        "D4.5",
        "open rate",
        parts=("opens", "deliveries of touches with 'open'"),
        boundary=f"What truly happens; recorded_open_rate is what a system shows. {EMPTY}",
        of="opening",
    ),
    Definition(
        "recorded_open_rate",
        "ratio",
        "share",
        "Share of the touches delivered that a system shows as opened, of touches that can be.",
        "D4.5",
        "recorded open rate",
        parts=("recorded_opens", "deliveries of touches with 'open'"),
        boundary=f"It misleads: with images off an open is not recorded, and machines open what nobody reads. {EMPTY}",
        of="opening",
    ),
    Definition(
        "click_rate",
        "ratio",
        "share",
        "Share of the touches delivered with a click, of touches that can be clicked.",
        "D3.9",
        "click rate",
        parts=("clicks", "deliveries of touches with 'click'"),
        boundary=EMPTY,
        of="clicking",
    ),
    Definition(
        "opt_out_rate",
        "ratio",
        "share",
        "Share of the touches delivered after which the lead opted out, of touches that let it.",
        "D1.6",
        "opt-out rate",
        parts=("opt_outs", "deliveries of touches with 'opt_out'"),
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
        "nurtured_rate_<from>_to_<to>",
        "ratio",
        "share",
        "First entries into <to> by nurtured leads, for each such entry into <from> of the same time.",
        "D0.4",
        "<to> per <from>, of nurtured leads",
        parts=("nurtured_<to>", "nurtured_<from>"),
        boundary=f"{_BETWEEN} {EMPTY}",
        of="nurturing",
    ),
    Definition(
        "other_rate_<from>_to_<to>",
        "ratio",
        "share",
        "First entries into <to> by leads not nurtured before, for each such entry into <from> of the same time.",
        "D0.4",
        "<to> per <from>, of other leads",
        parts=("other_<to>", "other_<from>"),
        boundary=f"{_BETWEEN} {EMPTY}",
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
            "as do those in the same of 64 bins of fit. Leads that would be won later count as others. Warmth is left "
            "out: it comes later, and of what is done with a lead. Where only leads with a high score are worked on, "
            "others cannot be won, which flatters it: look at it where all are. Empty where all or none were won."
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
    quantity("deliveries of touches with 'open'", "flow"),
    quantity("deliveries of touches with 'click'", "flow"),
    quantity("deliveries of touches with 'opt_out'", "flow"),
)
"""What these are made of and is no metric itself."""
