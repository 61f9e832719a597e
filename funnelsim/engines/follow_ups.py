"""How many follow-ups an SQL should have had: what starvation is measured against (DOMAIN D2.4)."""

from __future__ import annotations

from funnelsim.engines import luck
from funnelsim.engines.jit import lean
from funnelsim.engines.philox import Word
from funnelsim.engines.tables import UNLIMITED, Tables
from funnelsim.engines.working_time import opening, work_end
from funnelsim.program import records as p


@lean
def planned_follow_ups(
    tables: Tables, regime: int, stage: int, lead: Word, visit: int, entered: int, until: int
) -> int:
    """Count the follow-ups that are planned for a stay in a stage, if nobody kept the lead waiting.

    Follow-ups are attempts of moves that the stage's owner makes and that start on entry. The first is planned
    `after` the entry, the next `every` after its work, done at once and at a pace of 1, would end; one that falls on
    a day off is planned for the next working day.

    Parameters
    ----------
    tables : Tables
    regime, stage : int
        What held on entry, and where.
    lead : int
        The lead's key.
    visit : int
        Which visit to the stage it is, from 1.
    entered, until : int
        Ticks of the entry, and of the end of what is looked at, itself not included.
    """
    planned = 0
    container = tables.containers[regime, stage]
    for i in range(container.first, container.end):
        move = tables.moves[regime, i]
        if move.owned == 1 and move.trigger == p.UNTRIGGERED:
            tick, attempt = entered, 0
            while attempt < move.attempts:
                wait = tables.waits[move.after if attempt == 0 else move.every]
                ticks = luck.wait_ticks(wait, tables.pool, move.key, lead, visit, attempt)
                if ticks >= UNLIMITED:
                    break
                days = tables.worked_days[move.team]
                tick = opening(days, tick + (ticks if attempt == 0 else max(1, ticks)))
                if tick >= until:
                    break
                planned += 1
                takes = tables.waits[tables.rows[regime, move.first_row].takes]
                work = luck.work_ticks(takes, tables.pool, move.key, lead, visit, attempt, 0)
                tick = work_end(days, tick, work, tables.teams[regime, move.team].hours, 1.0)
                attempt += 1
    return planned
