"""One lead's log as sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def story(log: pd.DataFrame, lead: str, currency: str = "") -> str:
    """Tell what happened to one lead.

    Parameters
    ----------
    log : DataFrame
        From `funnelsim.trace`.
    lead : str
        As in the log's column `lead`, such as ``search-17``.
    currency : str
        Written after amounts.

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
        known = log.groupby("channel", observed=True)["lead"].nunique()
        there = ", ".join(f"{channel}-0 to {channel}-{number - 1}" for channel, number in known.items())
        raise KeyError(f"no lead {lead!r} in this replication; there are {there or 'none'}")
    first = rows.iloc[0]
    lines = [f"{lead}, channel {first['channel']}, segment {first['segment']}"]
    lines.extend(_sentence(row, currency) for row in rows.to_dict("records"))
    last = rows.iloc[-1]
    stands = last["to"] or last["stage"]
    lines.append(f"At the end of the run it stands in {stands}.")
    return "\n".join(lines)


def _sentence(row: dict[Any, Any], currency: str) -> str:
    when = f"{row['date']:%Y-%m-%d %H:%M}  day {row['time']:8.2f}  "
    spent = f" for {row['cost']:g} {currency}".rstrip() if row["cost"] else ""
    worth = f", worth {row['value']:,.2f} {currency}".rstrip() if row["value"] else ""
    place = f"in {row['stage']}" + (f" and {row['stream']}" if row["stream"] else "")
    by = f" by {row['person']}" if row["person"] else ""
    attempt = f"{row['move']}, attempt {row['attempt']}, {place}{by}{spent}"
    why = f" as {row['reason']}" if row["reason"] not in ("", row["move"]) else ""
    goes = f" and goes to {row['to']}{why}" if row["to"] else ""
    match row["outcome"]:
        case "created":
            return f"{when}arrives{spent} and enters {row['to']}{worth}"
        case "present":
            return f"{when}stands in {row['to']}, created {row['age']:.1f} days before"
        case "succeeded":
            return f"{when}{attempt}: succeeds{goes}{worth}"
        case "failed":
            return f"{when}{attempt}: fails"
        case "exhausted":
            return f"{when}{attempt}: fails for the last time{goes}{worth}"
        case "stalled":
            return f"{when}stalls {place}: nothing is planned for it any more"
        case "woken":
            return f"{when}is woken {place}"
        case "passed":
            return f"{when}{attempt}: succeeds, and the next step follows"
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
