"""Figures of leads, stages and money: those of every scenario."""

from __future__ import annotations

from funnelsim.metrics.definition import AT_END, BACKLOG, EMPTY, HORIZON, Definition

SHARED = (
    "By segment or trait, a channel's media spend is shared out by the leads it created in that group and period (by "
    "the shares of the groups where it created none)."
)
_LABOUR = "Labour is shared out by the time worked."
_OVERHEADS = "Overheads are shared out by what each says."

FLOWS = (
    Definition(
        "new_leads", "flow", "leads", "Leads created.", "D4.5", "new leads", boundary="A backlog is not created."
    ),
    Definition(
        "<stage>",
        "flow",
        "leads",
        "Entries into <stage>, first and later ones.",
        "D2.1",
        "entries into <stage>",
        boundary=BACKLOG,
    ),
    Definition(
        "first_<stage>",
        "flow",
        "leads",
        "Leads that entered <stage> for the first time.",
        "D0.6",
        "first entries into <stage>",
        boundary=f"{BACKLOG} A backlog lead that comes back to where it stood has been there before.",
    ),
    Definition(
        "fast_<stage>",
        "flow",
        "leads",
        "Entries into <stage> by leads that were not {old}.",
        "D0.6",
        "entries into <stage> by fast leads",
    ),
    Definition(
        "old_<stage>",
        "flow",
        "leads",
        "Entries into <stage> by leads that were {old}.",
        "D0.6",
        "entries into <stage> by old leads",
    ),
)

MONEY = (
    Definition(
        "spend",
        "flow",
        "{currency}",
        "All that is spent.",
        "D0.7, D4.5",
        "spend",
        parts=("spend_media", "spend_leads", "spend_touches", "spend_moves", "spend_labour", "spend_overheads"),
        boundary=(
            f"{SHARED} {_LABOUR} {_OVERHEADS} By cohort it is the media spend of the cohort's period and what its own "
            "leads cost since."
        ),
    ),
    Definition(
        "spend_media",
        "flow",
        "{currency}",
        "What is spent on channels as time goes by.",
        "D0.7",
        "media spend",
        boundary=f"{SHARED} By cohort it is that of the cohort's period.",
    ),
    Definition("spend_leads", "flow", "{currency}", "What channels charge by the lead.", "D0.4", "spend on leads"),
    Definition("spend_touches", "flow", "{currency}", "What touches cost.", "D0.7", "spend on touches"),
    Definition(
        "spend_moves",
        "flow",
        "{currency}",
        "What attempts of moves other than touches cost.",
        "D4.5",
        "spend on attempts",
    ),
    Definition(
        "spend_labour",
        "flow",
        "{currency}",
        "What the people of all teams earn.",
        "D4.5",
        "spend on labour",
        boundary=(
            "It is earned whether there is work or not. By group and cohort it is shared out by the time each team "
            "worked on their leads (by leads created where it worked on none, evenly where there are none either)."
        ),
        of="teams",
    ),
    Definition(
        "spend_overheads",
        "flow",
        "{currency}",
        "What programmes and technology cost as time goes by.",
        "D4.5",
        "spend on overheads",
        boundary=(
            "By group each is shared out, period by period, by what its 'by' says: all other spend, leads created, "
            "touches, hours worked, evenly, or entries into a stage. Where there are none, it is by leads created, and "
            "where there are none either, evenly. What goes by leads created or evenly is that of the cohort's period; "
            "of all else, what a group gets over the horizon is shared out to its cohorts by the same."
        ),
        of="overheads",
    ),
    Definition(
        "revenue",
        "flow",
        "{currency}",
        "Value of all entries into stages.",
        "D1.8",
        "revenue",
        parts=("value_<stage>",),
    ),
    Definition(
        "value_<stage>",
        "flow",
        "{currency}",
        "Value of the entries into <stage>.",
        "D1.8",
        "value of <stage>",
        boundary="0 where the stage has no value.",
    ),
    Definition(
        "wasted_spend",
        "flow",
        "{currency}",
        "What was spent on leads that at the end are neither won, nor in a stage of sales, nor in a track that may "
        "still touch them.",
        "D2.7",
        "wasted spend",
        boundary=(
            "Of what their own touches, attempts and creation cost, all; of each channel's media the share of such "
            "leads among those it created; of each team's labour the share of the time it worked on such leads; of "
            "overheads nothing. Over the horizon only, and what was spent before the start does not count. A track may "
            "still touch a lead by a touch that is active then, meant for such a lead, with content left, and by a "
            "move with attempts left: one of twice a year will do, one of which nothing is sent will not."
        ),
        times=HORIZON,
    ),
)

LEVELS = (
    Definition(
        "in_<stage>",
        "level",
        "leads",
        "Leads standing in <stage> at the end of the period.",
        "D4.4",
        "leads in <stage>",
        boundary=f"Leads of the warm-up and of a backlog are among them. {AT_END}",
    ),
    Definition(
        "stalled_<stage>",
        "level",
        "leads",
        "Leads in <stage> at the end of the period with nothing more to come: all their moves are silent.",
        "D4.4",
        "leads stalled in <stage>",
        boundary=f"None in a final stage. {AT_END}",
    ),
)

RATIOS = (
    Definition(
        "old_share_<stage>",
        "ratio",
        "share",
        "Share of the entries into <stage> by leads that were {old}.",
        "D0.6, D0.8",
        "share of old leads among entries into <stage>",
        parts=("old_<stage>", "<stage>"),
        boundary=EMPTY,
    ),
    Definition(
        "rate_<from>_to_<to>",
        "ratio",
        "share",
        "Entries into <to> for each entry into <from> of the same time; by cohort, leads that ever entered.",
        "D0.4, D0.8",
        "<to> per <from>",
        parts=("<to>", "<from>"),
        cohort_parts=("first_<to>", "first_<from>"),
        boundary=f"By period it can exceed 1, since entries into <to> come of earlier ones into <from>. {EMPTY}",
    ),
    Definition(
        "cost_per_<stage>",
        "ratio",
        "{currency} per <stage>",
        "What is spent for each entry into <stage>; by cohort, for each of its leads that ever entered.",
        "D0.4, D0.7, D4.5",
        "cost per <stage>",
        parts=("spend", "<stage>"),
        cohort_parts=("spend", "first_<stage>"),
        boundary=f"Spend is that of all stages. {SHARED} {_LABOUR} {_OVERHEADS} {EMPTY}",
    ),
    Definition(
        "spend_per_new_lead",
        "ratio",
        "{currency} per lead",
        "All that is spent for each lead created: the cost per lead.",
        "D0.4",
        "cost per new lead",
        parts=("spend", "new_leads"),
        boundary=f"{SHARED} {_LABOUR} {_OVERHEADS} {EMPTY}",
    ),
    Definition(
        "price_per_new_lead",
        "ratio",
        "{currency} per lead",
        "What channels charge by the lead, for each lead created: the price that is put in.",
        "D3.2",
        "price per new lead",
        parts=("spend_leads", "new_leads"),
        boundary=f"Media spend, and what a lead costs later, are in cost_per_<stage> of the stage it enters. {EMPTY}",
    ),
    Definition(
        "touches_per_<stage>",
        "ratio",
        "touches per <stage>",
        "Touches made for each entry into <stage>; by cohort, for each of its leads that ever entered.",
        "D4.1",
        "touches per <stage>",
        parts=("touches", "<stage>"),
        cohort_parts=("touches", "first_<stage>"),
        boundary=f"All touches count, also those of leads that never enter. {EMPTY}",
    ),
    Definition(
        "wasted_share",
        "ratio",
        "share",
        "Share of all that was spent that was spent on leads that at the end are neither won, nor in a stage of sales, "
        "nor in a track.",
        "D2.7",
        "wasted share of spend",
        parts=("wasted_spend", "spend"),
        boundary=f"As wasted_spend. {EMPTY}",
        times=HORIZON,
    ),
)

OVER_TIME = (
    Definition(
        "lvr_<stage>",
        "growth",
        "%",
        "Lead velocity rate: growth of the entries into <stage> from one period to the next, in percent.",
        "D0.5",
        "growth of entries into <stage>",
        parts=("<stage>",),
        boundary=(
            "None in the first period, and in any that follows a period without entries. It is a figure of periods: "
            "there is none over the horizon, nor by cohort. A first or last period that is shorter than others shows."
        ),
        times=("period", "horizon"),
    ),
    Definition(
        "days_to_<stage>",
        "quantile",
        "days",
        "Median over leads of the days from creation to the first entry into <stage>.",
        "D2.4",
        "median days to <stage>",
        boundary=(
            "Of the leads that entered within the horizon, so late ones are missed. Measured over the horizon only, in "
            "bins of 1/64 of the age. Empty where nobody entered."
        ),
        times=HORIZON,
    ),
    Definition(
        "p90_days_to_<stage>",
        "quantile",
        "days",
        "Days from creation within which nine in ten of the leads that first entered <stage> did so.",
        "D4.1",
        "days to <stage>, nine in ten",
        boundary="As days_to_<stage>.",
        times=HORIZON,
    ),
)
