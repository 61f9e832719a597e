"""What the tables are that a result has beside its metrics."""

from __future__ import annotations

TABLES = {
    "lost_by_reason": {
        "definition": "The table result.lost_by_reason(), why leads were lost over the horizon: lost_<reason> of every "
        "reason, and its share of all that were lost; the most frequent reason first.",
        "columns": "reason, mean, p10, p90, share.",
        "boundary": "No metric by itself: ask for lost_<reason>, as in lost_no_budget, for a single reason.",
        "source": "DOMAIN D2.4",
    },
    "contacts": {
        "definition": "The table result.contacts(by=...), what became of touches over the horizon, by track, by kind "
        "of track, by touch or by the content they gave; funnelsim touches FILE prints it.",
        "columns": "sent, delivered, bounced, opened, recorded_opens, clicked, responded, opted_out, withheld, cost, "
        "warmth, postponed; withheld_<why> of each; sqls and revenue of leads touched before; open_rate, "
        "recorded_open_rate, click_rate, response_rate and opt_out_rate; and the Monte Carlo errors of all.",
        "boundary": "sqls and revenue count for all that touched a lead before, so that they do not add up, and do not "
        "say what a touch adds: that is incremental.",
        "source": "DOMAIN D4.4",
    },
    "incremental": {
        "definition": "The table of funnelsim.incremental(scenario, by=...), and of funnelsim touches FILE "
        "--incremental: of each track, kind of track, touch or asset the difference between the run as it is and "
        "the same run without it.",
        "columns": "of every metric asked for (sql, or what is won, revenue and spend) the mean difference, its "
        "95% interval (low to high), its Monte Carlo error, the share of replications in which it is above 0; and as "
        "touched what is counted of leads touched before.",
        "boundary": "The same leads with the same luck. Differences of several do not add up, since without one of "
        "them the others do part of its work.",
        "source": "DOMAIN D4.6",
    },
    "score_profile": {
        "definition": "The table result.score_profile(): leads created in each period by their score at its end.",
        "columns": "period, band, leads, leads_error, share, share_error.",
        "boundary": "Bands are those of scoring.bands; a score at an edge is in the band above it.",
        "source": "DOMAIN D4.5",
    },
    "where_leads_leave": {
        "definition": "The table result.where_leads_leave(): where leads stall and where they leave, by stage and by "
        "track.",
        "columns": "kind, name, came, left, there, stalled; and the Monte Carlo errors of these.",
        "boundary": "A backlog is there without having come.",
        "source": "DOMAIN D4.4",
    },
    "ways_out": {
        "definition": "The table result.ways_out(): by which ways leads were led on from each stage and track, and "
        "why; funnelsim touches FILE --leaving prints it.",
        "columns": "kind, name, reason, to, leads, leads_error.",
        "boundary": "A way counts where it is written: of a stage a line without a reason has those that a track, the "
        "owner's team or a limit already met took from it.",
        "source": "DOMAIN D4.4",
    },
    "lead_by_lead": {
        "definition": "The table of funnelsim.lead_by_lead(scenarios, stage), and of funnelsim compare --lead-by-lead "
        "STAGE: which leads enter a stage in one scenario and not in another.",
        "columns": "scenario; reached, in both, missed (in the first alone) and gained (in it alone); and their Monte "
        "Carlo errors.",
        "boundary": "The same leads with the same luck, known by channel and number; entries before the start do not "
        "count.",
        "source": "DOMAIN D3.6",
    },
}
"""Tables that are called as a metric may be: label and text of each paragraph that explains them."""
