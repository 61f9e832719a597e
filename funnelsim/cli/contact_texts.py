"""What the command about touches prints: tables of touches, of scores and of where leads leave, and sentences."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from funnelsim.scenario.problems import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    import funnelsim as fs
    from funnelsim.forecast.incremental import Incremental
    from funnelsim.metrics.contact_reports import ContactBy
    from funnelsim.metrics.display import Row

RATES = {
    "open_rate": "opened",
    "recorded_open_rate": "recorded",
    "click_rate": "clicked",
    "response_rate": "responded",
    "opt_out_rate": "opt-outs",
}
"""What the table calls the rates of touches."""

HELD_BACK = {
    "withheld_not_active": "not active",
    "withheld_not_meant": "not meant",
    "withheld_over_the_limit": "over limit",
    "withheld_no_content": "no content",
    "withheld_opted_out": "opted out",
    "postponed": "postponed",
}
"""What the table calls why touches were held back."""

ELSEWHERE = "(by a track or team)"
"""What led leads out of a stage that is no way of its own."""

AFTER = "sqls, revenue: of leads touched so before. They count for every touch a lead had, and do not say what it adds"


def told(result: fs.Result, by: ContactBy, added: Incremental | None) -> list[str]:
    """Return the lines of the answer: two tables, the one of what is added, and sentences."""
    from funnelsim.forecast.incremental import meaning
    from funnelsim.metrics.display import text_table

    table = result.contacts(by)
    variant = f", variant {result.variant}" if result.variant else ""
    title = f"{result.scenario.name}{variant}: {result.replications:,} replications, seed {result.seed}"
    parts = [_steps(table, by), _gifts(table, by), *_held_back(table, by)]
    lines = [*_wrapped(title), *"\n\n".join(text_table(*part) for part in parts).split("\n")]
    sentences = [f"{AFTER}{'' if added else ': add --incremental'}."] if table["revenue"].notna().any() else []
    if added is not None:
        lines += ["", text_table(added.header(), added.rows(), left=(0, 1))]
        sentences.append(meaning(by))
    sentences += verdicts(result, added)
    return [*lines, *(line for sentence in sentences for line in _wrapped(sentence))]


def _wrapped(text: str) -> list[str]:
    from funnelsim.metrics.display import WIDTH

    return textwrap.wrap(text, WIDTH)


def _steps(table: pd.DataFrame, by: str) -> tuple[Row, list[Row]]:
    """Return how far touches went: numbers, then shares of the deliveries of touches that have the step."""
    from funnelsim.metrics.display import number

    numbers = [name for name in ("sent", "delivered", "withheld") if name in table]
    rates = {rate: said for rate, said in RATES.items() if rate in table}
    rows = [
        (row[by], *(number(row[name]) for name in numbers), *(number(row[rate], "share") for rate in rates))
        for row in table.to_dict("records")
    ]
    return (by, *numbers, *rates.values()), rows


def _gifts(table: pd.DataFrame, by: str) -> tuple[Row, list[Row]]:
    """Return what touches cost and gave, and what became of leads touched before."""
    from funnelsim.metrics.display import number

    columns = [name for name in ("cost", "warmth", "sqls", "revenue") if name in table and table[name].notna().any()]
    rows = [(row[by], *(number(row[name]) for name in columns)) for row in table.to_dict("records")]
    return (by, *columns), rows


def _held_back(table: pd.DataFrame, by: str) -> Iterator[tuple[Row, list[Row]]]:
    """Yield why touches were withheld, and how often they were postponed, where either happened."""
    from funnelsim.metrics.display import number

    columns = [name for name in HELD_BACK if name in table and table[name].any()]
    rows = [(row[by], *(number(row[name]) for name in columns)) for row in table.to_dict("records")]
    if columns:
        yield (by, *(HELD_BACK[name] for name in columns)), [row for row in rows if set(row[1:]) != {"0"}]


def verdicts(result: fs.Result, added: Incremental | None = None) -> list[str]:
    """Say which touches raise the score, which lower it and which do nothing (DOMAIN D4.4).

    A touch does nothing if it gives no warmth and, where touches were left out in turn, changes none of the metrics
    beyond the error, but for what is spent.
    """
    warmth = result.contacts("touch").set_index("touch")["warmth"]
    sent = result.contacts("touch").set_index("touch")["sent"]
    used = [str(name) for name in warmth.index if sent[name] > 0]
    raising, lowering = ([name for name in used if sign * warmth[name] > 0] for sign in (1, -1))
    idle = [name for name in used if warmth[name] == 0]
    said = [f"raise the score: {listed(raising, 'and') or 'none'}"]
    said += [f"lower it: {listed(lowering, 'and')}"] if lowering else []
    if added is None or added.by != "touch":
        said += [f"give no points: {listed(idle, 'and')}"] if idle else []
        return [f"Touches that {'; that '.join(said)}."]
    goals = [metric for metric in added.metrics if metric != "spend"]
    nothing = [name for name in idle if not any(added.added[name][goal].is_seen for goal in goals)]
    rest = [name for name in idle if name not in nothing]
    said += [f"give no points, but change {listed(goals)}: {listed(rest, 'and')}"] if rest else []
    said += [f"do nothing beyond the error: {listed(nothing, 'and')}"] if nothing else []
    return [f"Touches that {'; that '.join(said)}."]


def scores(result: fs.Result) -> str:
    """Tell how the new leads of each period are scored at its end."""
    from funnelsim.metrics.display import number, text_table

    table = result.score_profile()
    bands = [str(band) for band in result.data["band"].to_numpy()]
    rows = []
    for period, part in table.groupby("period"):
        shares = part.set_index("band")["share"]
        created = number(float(part["leads"].sum()))
        rows.append((str(period)[:10], created, *(number(float(shares[band]), "share") for band in bands)))
    return text_table(("score, created in", "leads", *bands), rows)


def leaving(result: fs.Result) -> str:
    """Tell where leads stall and leave, and by which ways."""
    from funnelsim.metrics.display import number, text_table

    columns = ("came", "left", "there", "stalled")
    table = result.where_leads_leave().to_dict("records")
    rows = [(f"{row['kind']} {row['name']}", *(number(row[name]) for name in columns)) for row in table]
    ways = result.ways_out().to_dict("records")
    led = [
        (f"{way['kind']} {way['name']}", way["reason"] or ELSEWHERE, way["to"], number(way["leads"])) for way in ways
    ]
    return "\n\n".join(
        (
            text_table(("where leads leave", *columns), rows),
            text_table(("led on from", "reason", "to", "leads"), led, left=(0, 1, 2)),
        )
    )
