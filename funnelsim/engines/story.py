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
    attempt = f"{row['move']}, attempt {row['attempt']}, {place}{spent}"
    goes = f" and goes to {row['to']}" if row["to"] else ""
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
        case _:
            return f"{when}is woken {place}"
