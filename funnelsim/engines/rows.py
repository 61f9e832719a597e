"""A row of the event log, as both engines write it: whole numbers and positions only."""

from __future__ import annotations

from typing import NamedTuple

# What a row tells: the outcome of an attempt, or what else became of the lead.
FAILED, SUCCEEDED, EXHAUSTED, CREATED, PRESENT, STALLED, WOKEN = range(7)

# What becomes of an attempt that needs a person, and of who owns the lead (rules 38 to 51).
PASSED, ASKED, BEGUN, DROPPED, STOPPED, TURNED_AWAY, EXTENDED, CLAIMED, UNOWNED = range(7, 16)

# What else becomes of a touch (rules 58, 60, 61 and 63): it is opted out of, comes later, or is withheld, since it is
# not active, not meant for the lead, beyond a limit that drops, without content left, or for who has opted out before.
OPTED_OUT, POSTPONED, INACTIVE, NOT_MEANT, OVER_LIMIT, NO_CONTENT, UNWANTED = range(16, 23)

WITHHELD = (INACTIVE, NOT_MEANT, OVER_LIMIT, NO_CONTENT, UNWANTED)
WHYS = ("not active", "not meant", "over the limit", "no content", "opted out")
"""Why a touch was withheld, in the order of these outcomes."""

OUTCOMES = (
    "failed", "succeeded", "exhausted", "created", "present", "stalled", "woken",
    "passed", "asked", "begun", "dropped", "stopped", "turned_away", "extended", "claimed", "unowned",
    "opted_out", "postponed", *("withheld",) * len(WHYS),
)  # fmt: skip


class LogRow(NamedTuple):
    """One event of one lead; rows in order of their fields are in order of the log (semantics, rule 8)."""

    tick: int
    key: int
    """The lead's, as an unsigned number."""
    sequence: int
    """Number of this row within the lead, from 0."""
    channel: int
    number: int
    """Of the lead within its channel."""
    segment: int
    created: int
    """Tick of the lead's creation; negative for leads older than the run."""
    stage: int
    """Where the lead stood when it happened; NONE for a lead that is just coming."""
    stream: int
    move: int
    row: int
    """The row of the touch or script that was decided last, or the move's only row; of a touch that was not sent, its
    first."""
    attempt: int
    """Number of the attempt in this stay, from 1; of an extended deadline that of the extension; 0 where nothing was
    attempted."""
    outcome: int
    to: int
    """Where the lead came to stand: a stage, or S + stream where it has changed its stream alone (rule 67); NONE if it
    did not move."""
    cost: int
    value: int
    person: int
    """Whose work it is, or who got the lead; NONE where nobody had a part in it."""
    reason: int
    """Why the lead went where it went; NONE if it did not move, and for one that is just coming."""
    asset: int
    """The content that was given with a touch; NONE without, and where it was not delivered."""
    warmth: int
    """The lead's at this tick, after all that happened, in thousandths of a point."""


COLUMNS = LogRow._fields
"""Names of the columns, in the order in which the kernel fills them."""
