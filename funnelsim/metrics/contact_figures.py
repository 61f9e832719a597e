"""Figures of contact that are counted: touches from sending to response, nurtured leads, tracks."""

from __future__ import annotations

from funnelsim.metrics.definition import (
    AT_END,
    Definition,
)

_EACH_TIME = "A lead counts each time."
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
        "Touches whose turn it was and that were not sent, for whatever reason: see withheld_<why>.",
        "D1.6, D3.8",
        "touches withheld",
        boundary=(
            "What a limit postpones is sent later, and what waits while a track is paused has no turn: neither counts."
        ),
        of="touching",
    ),
    Definition(
        "withheld_<why>",
        "flow",
        "touches",
        "Touches withheld since they were not_active, not_meant for such a lead (by 'if'), over_the_limit of contact, "
        "where it drops, without content left (no_content), or for a lead that had opted_out, by a move with 'else'.",
        "D1.6, D3.8",
        "touches withheld, <why>",
        boundary="The last is looked at first, then the others in this order; the first that holds counts.",
        of="withholding",
    ),
    Definition(
        "postponed",
        "flow",
        "touches",
        "Times that a limit of contact put a touch off until it was allowed.",
        "D1.6",
        "touches postponed",
        boundary="Each time counts; the touch itself counts where it is sent, or withheld.",
        of="postponing",
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
