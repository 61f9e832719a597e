"""Figures of teams: how busy they are, what waits for them, who has leads in hand, and how leads are followed up."""

from __future__ import annotations

from funnelsim.metrics.definition import AT_END, EMPTY, HORIZON, OVER_TIME, Definition

_PEOPLE = "Who leaves finishes current work, so that a little more than there was time for can be worked."
_OPPORTUNITY = (
    "SQLs are the leads in the stage with the id 'sql', if it has an owner; without such a stage there is no such "
    "figure. Opportunities are those in stages with a stated win rate below 100% or, where no stage has one, in the "
    "stage with the id 'opportunity'."
)

TEAMS = (
    Definition(
        "utilisation_<team>",
        "ratio",
        "share",
        "Share of the working time of the people of <team> in which they worked.",
        "D2.4",
        "utilisation of <team>",
        parts=("time worked by <team>", "working time of <team>"),
        boundary=f"By group it is the share worked on its leads, and adds up. {_PEOPLE} {EMPTY}",
        of="working",
        times=OVER_TIME,
    ),
    Definition(
        "load_<team>",
        "ratio",
        "share",
        "Time worked by <team>, and what the queue at the end would take, for each hour of working time; at 1 or more "
        "there is more work than time.",
        "D2.4",
        "load of <team>",
        parts=("time worked by <team> and waiting for it", "working time of <team>"),
        boundary=f"A piece of work that waits is taken to last as those begun over the horizon did on average. {EMPTY}",
        of="working",
        times=OVER_TIME,
    ),
    Definition(
        "wait_<team>",
        "ratio",
        "days",
        "Mean days that work waits for <team>, from asking to beginning.",
        "D2.4",
        "mean wait for <team>",
        parts=("time waited for <team>", "work begun by <team>"),
        boundary=f"Of work that was begun, in the period in which it was; what was dropped or waits is not. {EMPTY}",
        of="working",
    ),
    Definition(
        "p90_wait_<team>",
        "quantile",
        "days",
        "Days within which nine in ten pieces of work that <team> began were begun, from asking.",
        "D2.4",
        "wait for <team>, nine in ten",
        boundary="Measured over the horizon only, in bins of 1/64 of the wait. Empty where nothing was begun.",
        of="working",
        times=HORIZON,
    ),
    Definition(
        "queue_<team>",
        "level",
        "attempts",
        "Attempts that wait for somebody of <team> at the end of the period.",
        "D2.4",
        "queue of <team>",
        boundary=f"Those that wait for an owner are among them. {AT_END}",
        of="working",
    ),
    Definition(
        "turned_away_<team>",
        "flow",
        "attempts",
        "Attempts that were turned away because too many waited for <team>.",
        "D2.4",
        "turned away by <team>",
        of="working",
    ),
    Definition(
        "held_<team>",
        "level",
        "leads",
        "Leads that the people of <team> have in hand at the end of the period.",
        "D2.4",
        "leads in hand of <team>",
        boundary=AT_END,
        of="owning",
    ),
    Definition(
        "held_per_person_<team>",
        "ratio",
        "leads per person",
        "Leads in hand for each person of <team> who is there at the end of the period.",
        "D2.4",
        "leads in hand per person of <team>",
        parts=("held_<team>", "people of <team>"),
        boundary=f"{AT_END} {EMPTY}",
        of="owning",
        times=OVER_TIME,
    ),
    Definition(
        "held_spread_<team>",
        "spread",
        "leads",
        "Leads in hand of who has the most, less those of who has the fewest, of the people of <team> who are there at "
        "the end of the period.",
        "D2.4",
        "spread of leads in hand in <team>",
        boundary=f"{AT_END} Empty where nobody is there.",
        of="owning",
        times=OVER_TIME,
    ),
    Definition(
        "unowned_<team>",
        "level",
        "leads",
        "Leads in stages of <team> that wait for an owner at the end of the period.",
        "D2.4",
        "leads without an owner in <team>",
        boundary=AT_END,
        of="owning",
    ),
    Definition(
        "lapsed_<team>",
        "flow",
        "leads",
        "Leads that a deadline of a stage took away while they waited for an owner in <team>.",
        "D2.4",
        "leads that lapsed unowned in <team>",
        boundary="Deadlines run while leads wait unowned. A lead counts each time.",
        of="owning",
    ),
    Definition(
        "claims_<team>",
        "flow",
        "leads",
        "Leads that got an owner in <team>.",
        "D2.4",
        "leads claimed in <team>",
        boundary="A lead counts each time.",
        of="owning",
    ),
)

FOLLOW_UPS = (
    Definition(
        "follow_ups",
        "flow",
        "follow-ups",
        "Attempts that owners have begun on leads of theirs.",
        "D2.4",
        "follow-ups",
        of="followed",
    ),
    Definition(
        "follow_ups_per_<stage>",
        "ratio",
        "follow-ups per <stage>",
        "Attempts that owners have begun in <stage>, for each entry into it; by cohort, for each of its leads that "
        "ever entered.",
        "D2.4",
        "follow-ups per <stage>",
        parts=("follow-ups in <stage>", "<stage>"),
        cohort_parts=("follow-ups in <stage>", "first_<stage>"),
        boundary=EMPTY,
        of="followed",
    ),
    Definition(
        "extended_<stage>",
        "flow",
        "leads",
        "Deadlines in <stage> that were put off.",
        "D2.4",
        "extensions in <stage>",
        boundary="A lead counts each time.",
        of="extended",
    ),
    Definition(
        "endangered",
        "level",
        "leads",
        "Leads that have been in stages of sales for over 30 days at the end of the period, unsigned.",
        "D2.4",
        "endangered leads",
        boundary=f"Stages of sales have an owner, or a stated win rate below 100%. {AT_END}",
        of="selling",
    ),
    Definition(
        "judged_sqls",
        "flow",
        "leads",
        "SQLs whose seventh day has come without an opportunity, under any rule.",
        "D2.4",
        "SQLs without an opportunity after a week",
        boundary=(
            "They count on their seventh day; those that enter again as an SQL before it are looked at anew. "
            f"{_OPPORTUNITY}"
        ),
        of="sqls",
    ),
    Definition(
        "starved_sqls",
        "flow",
        "leads",
        "Of the SQLs that were no opportunity after a week those with which fewer follow-ups were begun than planned.",
        "D2.4",
        "starved SQLs",
        boundary=(
            "Planned is what would happen if nobody kept the lead waiting, days off left out. Without an owner none is "
            f"begun. {_OPPORTUNITY}"
        ),
        of="sqls",
    ),
    Definition(
        "starved_share",
        "ratio",
        "share",
        "Share of the SQLs that were no opportunity after a week with which fewer follow-ups were begun than planned.",
        "D2.4",
        "starved share of stuck SQLs",
        parts=("starved_sqls", "judged_sqls"),
        boundary=f"{_OPPORTUNITY} {EMPTY}",
        of="sqls",
    ),
)
