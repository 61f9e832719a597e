"""What the funnel brings on average, exactly: each lead is a chain that is absorbed."""

from __future__ import annotations

import math

LEADS = 40 * 365
CALL, CHECK, WIN, TOUCH = 0.45, 0.5, 0.3, 0.08
TOUCHES = 6
IN_TIME = 1 - math.exp(-7 / 6)
"""The chance that an exponential wait of 6 days on average is over within 7."""


def funnel() -> dict[str, float]:
    """Return the average of what one replication of `funnel.yaml` counts, once all leads have come to their end.

    Every touch comes after one that neither led on for good nor was the last in the lead's life: it failed, or the MQL
    it made came back to the pool.
    """
    back = 1 - CHECK * IN_TIME
    to_pool = (1 - CALL) + CALL * back
    again = (1 - TOUCH) + TOUCH * back
    touches = LEADS * to_pool * (1 - again**TOUCHES) / (1 - again)
    mql = LEADS * CALL + touches * TOUCH
    sql = mql * CHECK
    opportunity = sql * IN_TIME
    return {
        "mql": mql,
        "sql": sql,
        "opportunity": opportunity,
        "won": opportunity * WIN,
        "events": LEADS + LEADS + mql + sql + opportunity + touches,
    }
