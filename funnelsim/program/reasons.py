"""Why leads go where they go (rule 52), and whether they are lost by it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from funnelsim.program import records as p
from funnelsim.program.moves import WrittenMove
from funnelsim.program.touches import WrittenRow

Reason = tuple[str | None, bool]
"""Its name, or None where nothing leads anywhere; and whether leads are lost by it."""

REJECTED = "rejected"
"""The reason of leads that are sent back as not meeting the definition."""


class Reasons:
    """All reasons of a program; a name may stand for two.

    Attributes
    ----------
    names : tuple of str
    losing : tuple of bool
    """

    def __init__(self, moves: Sequence[WrittenMove]) -> None:
        self._all = list(dict.fromkeys(reason for reason in _reasons(moves) if reason[0] is not None))
        self.names = tuple(str(name) for name, _ in self._all)
        self.losing = tuple(losing for _, losing in self._all)

    def place(self, reason: Reason) -> int:
        """Return the number of a reason; NONE where there is none."""
        return p.NONE if reason[0] is None else self._all.index(reason)


def _reasons(moves: Sequence[WrittenMove]) -> Iterator[Reason]:
    for move in moves:
        for row in move.rows:
            yield row.reason, True
            yield reason_of_row(move, row)
        yield from reasons_of_move(move)


def reasons_of_move(move: WrittenMove) -> tuple[Reason, Reason]:
    """Rule 52: why the move leads `to`, and why `otherwise`; and whether leads are lost by it."""
    way, otherwise = move.way, move.otherwise
    losing = (way is not None and way.reason is not None) or move.is_deadline
    giving_up = "exhausted" if move.cadence else move.name
    return (
        (None if way is None else way.reason or move.name, losing),
        (None if otherwise is None else otherwise.reason or giving_up, True),
    )


def reason_of_row(move: WrittenMove, row: WrittenRow) -> Reason:
    """Rule 52: why passing a row of a touch leads somewhere."""
    way = row.way
    if way is None:
        return None, False
    losing = way.reason is not None or row.role == p.OPT_OUT
    return way.reason or row.way_reason or move.name, losing
