"""One lead's log as sentences."""

from __future__ import annotations

import re
from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

_NONE: Mapping[str, str] = MappingProxyType({})


def story(log: pd.DataFrame, lead: str, currency: str = "", touches: Mapping[str, str] = _NONE) -> str:
    """Tell what happened to one lead.

    Parameters
    ----------
    log : DataFrame
        From `funnelsim.trace`.
    lead : str
        As in the log's column `lead`, such as ``search-17``.
    currency : str
        Written after amounts.
    touches : mapping of str to str
        By touch the last step that is written of it, ``open``, ``click`` or ``response``; empty for a moment, of which
        nothing is expected.

    Returns
    -------
    str
        A line for each event, with date and days since the start.

    Raises
    ------
    KeyError
        If the log has no such lead; the message says what leads there are.
    """
    rows = log[log["lead"] == lead]
    if rows.empty:
        raise KeyError(f"no lead {lead!r} in this replication; there are {_there(log) or 'none'}")
    first, tracks = rows.iloc[0], frozenset(_names(log["stream"])) - frozenset(_names(log["stage"]))
    lines = [f"{lead}, channel {first['channel']}, segment {first['segment']}"]
    lines.extend(_sentence(row, currency, tracks, touches) for row in rows.to_dict("records"))
    last = rows.iloc[-1]
    stands = last["stage"] if last["to"] in ("", *tracks) else last["to"]
    lines.append(f"At the end of the run it stands in {stands}.")
    return "\n".join(lines)


def _there(log: pd.DataFrame) -> str:
    """Say what leads a log has: of channels by their numbers, of a snapshot the first by name and how many more."""
    numbered, others = Counter[str](), []
    leads = log.drop_duplicates("lead")
    for lead, channel in zip(leads["lead"], leads["channel"], strict=True):
        if re.fullmatch(rf"{re.escape(channel)}-\d+", lead):
            numbered[channel] += 1
        else:
            others.append(lead)
    there = [f"{channel}-0 to {channel}-{number - 1}" for channel, number in numbered.items()]
    return ", ".join(there + ([f"{others[0]} and {len(others) - 1} more of a snapshot"] if others else []))


def _names(column: pd.Series[Any]) -> list[str]:
    """Return all names that a column of the log could have."""
    return [str(name) for name in column.cat.categories if name]


_PARTS = {"delivered": "delivered", "open": "opened", "click": "clicked", "response": "answered"}
"""What a touch is when it has come through a step."""


def _sentence(
    row: dict[Any, Any], currency: str, tracks: frozenset[str] = frozenset(), touches: Mapping[str, str] = _NONE
) -> str:
    when = f"{row['date']:%Y-%m-%d %H:%M}  day {row['time']:8.2f}  "
    spent = f" for {row['cost']:g} {currency}".rstrip() if row["cost"] else ""
    worth = f", worth {row['value']:,.2f} {currency}".rstrip() if row["value"] else ""
    place = f"in {row['stage']}" + (f" and {row['stream']}" if row["stream"] else "")
    by = f" by {row['person']}" if row["person"] else ""
    given = f" with {row['content']}" if row["content"] else ""
    move, _, part = row["move"].partition(".")
    is_so, attempt = (
        _PARTS.get(part or touches.get(move, "")),
        f"{move}, attempt {row['attempt']}{given}, {place}{by}{spent}",
    )
    why = f" as {row['reason']}" if row["reason"] not in ("", row["move"]) else ""
    goes = f" and {'changes' if row['to'] in tracks else 'goes'} to {row['to']}{why}" if row["to"] else ""
    match row["outcome"]:
        case "created":
            return f"{when}arrives{spent} and enters {row['to']}{worth}"
        case "present":
            return f"{when}stands in {row['to']}, created {row['age']:.1f} days before"
        case "succeeded":
            return f"{when}{attempt}: {f'is {is_so}' if is_so else 'succeeds'}{goes}{worth}"
        case "failed" | "exhausted" if touches.get(move) == "" and not part:
            return f"{when}{attempt}: expects nothing{f' for the last time{goes}' if goes else ''}{worth}"
        case "failed":
            return f"{when}{attempt}: {f'is not {is_so}' if is_so else 'fails'}"
        case "exhausted":
            return f"{when}{attempt}: {f'is not {is_so}, ' if is_so else 'fails '}for the last time{goes}{worth}"
        case "opted_out":
            leaves = " and leaves its track" if row["stream"] else ""
            return f"{when}{attempt}: opts out{goes or leaves}{worth}"
        case "withheld":
            reason = f" ({row['why']})" if row["why"] else ""
            return f"{when}{attempt}: is withheld{reason}{goes}{worth}"
        case "postponed":
            return f"{when}{attempt}: is postponed"
        case "stalled":
            return f"{when}stalls {place}: nothing is planned for it any more"
        case "woken":
            return f"{when}is woken {place}"
        case "passed":
            return f"{when}{attempt}: {f'is {is_so}' if is_so else 'succeeds, and the next step follows'}"
        case "asked":
            return f"{when}{attempt}: asks for a person"
        case "begun":
            return f"{when}{attempt}: work begins"
        case "dropped":
            return f"{when}{attempt}: is not waited for any more"
        case "stopped":
            return f"{when}{attempt}: work stops"
        case "turned_away":
            return f"{when}{attempt}: is turned away, for too many wait{goes}{worth}"
        case "extended":
            return f"{when}{row['move']}, {place}{by}: is put off, extension {row['attempt']}"
        case "claimed":
            return f"{when}is given to {row['person']} {place}"
        case "unowned":
            return f"{when}loses its owner {row['person']}, who leaves, {place}"
        case _:
            raise ValueError(f"no outcome {row['outcome']!r} is known to stories")
