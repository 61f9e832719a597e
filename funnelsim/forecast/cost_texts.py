"""Unit costs as people read them: tables of at most 80 columns, each with the decision that it is the right one for."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from funnelsim.forecast.cost_tables import NEW_LEADS, SINCE_START
from funnelsim.forecast.marginal import ALL, LAST
from funnelsim.metrics import display
from funnelsim.metrics.names import BEFORE_START, EVERYONE

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.forecast.unit_costs import UnitCosts

DECISIONS = {
    "by_unit": "what the budget bought, in full: for a price, a plan and the board. It says nothing of one more",
    "by_part": "where the money goes: for what to negotiate and what to cut. The parts add up to the total, exactly",
    "by_period": (
        "what was paid and what came in it, whoever's leads they were: for the books and for cash. A month of much "
        "new spend looks dear, since what it brings comes later"
    ),
    "by_cohort": (
        "what leads created then cost in the end: for whether a campaign or a channel was worth it. 'So far' makes "
        "young cohorts look dear; decide by 'matured'"
    ),
    "marginal": (
        f"what the last {LAST:.0%} of spend on channels brought; leads go with it, or along the channel's response: "
        "for whether to spend more or less. People and overheads stay as they are, so that it leaves out what is paid "
        "anyhow"
    ),
    "tracks": (
        "the run beside the same without the track: for whether to keep it. Additions do not add up. 'Touched' are "
        "leads that had been touched in it before; that it brought them is not said"
    ),
}
"""For which decision each table is the right one."""


class _Section(NamedTuple):
    title: str
    header: display.Row
    rows: list[display.Row]
    notes: list[str]


def text(costs: UnitCosts) -> str:
    """Return all tables as a text of at most 80 columns."""
    blocks = [textwrap.fill(_title(costs), display.WIDTH)]
    for section in _sections(costs):
        table = display.text_table(section.header, section.rows)
        notes = [textwrap.fill(note, display.WIDTH) for note in section.notes]
        blocks.append("\n".join([textwrap.fill(section.title, display.WIDTH), table, *notes]))
    return "\n\n".join(blocks)


def html(costs: UnitCosts) -> str:
    """Return all tables as HTML; every text is escaped."""
    tables = [display.html_table(s.title, s.header, s.rows, s.notes) for s in _sections(costs)]
    return f"<div>{display.html_table(_title(costs), ('',), [], [])}{''.join(tables)}</div>"


def _title(costs: UnitCosts) -> str:
    now = costs.now
    variant = f", variant {now.variant}" if now.variant else ""
    on = f", and on until {costs.later.scenario.end:%Y-%m-%d}" if costs.later else ""
    return (
        f"{now.scenario.name}{variant}: what it costs, in {now.scenario.currency}; {now.replications:,} replications, "
        f"seed {now.seed}, {now.scenario.start} until {now.scenario.end:%Y-%m-%d}{on}"
    )


def _sections(costs: UnitCosts) -> Iterator[_Section]:
    yield _full(costs)
    yield _parts(costs)
    if costs.now.by:
        yield _groups(costs)
    yield _periods(costs)
    yield _cohorts(costs)
    if any(costs.margins.values()):
        yield _marginal(costs)
    if costs.by_track is not None:
        yield _tracks(costs)


def named(unit: str) -> str:
    """Return a unit as the trade writes it."""
    return {"mql": "MQL", "sql": "SQL", NEW_LEADS: "new lead"}.get(unit, unit)


def _each(table: pd.DataFrame) -> list[Any]:
    return list(table.itertuples())


def _note(table: str) -> str:
    return f"Right for: {DECISIONS[table]}."


def _interval(row: Any, low: str = "low", high: str = "high") -> str:
    ends = (getattr(row, low), getattr(row, high))
    return display.NOTHING if any(map(math.isnan, ends)) else " to ".join(map(display.number, ends))


def _numbers(row: Any, *columns: str) -> list[str]:
    return [display.number(float(getattr(row, column))) for column in columns]


_FULL = ("number", "spend", "cost")
_BAND = ("p10", "p90")


def _full(costs: UnitCosts) -> _Section:
    table = costs.by_unit()
    rows = [
        (named(row.unit), *_numbers(row, *_FULL), _interval(row), *_numbers(row, *_BAND))
        for row in _each(table[table["group"] == EVERYONE])
    ]
    notes = [_note("by_unit"), "p10 to p90: eight in ten replications lie between."]
    return _Section("Full cost over the horizon", ("unit", *_FULL, "95% interval", *_BAND), rows, notes)


def _parts(costs: UnitCosts) -> _Section:
    table, unit = costs.by_part(), costs.goal
    rows = [
        (row.part, *_numbers(row, "spend"), display.number(row.share, "share"), *_numbers(row, f"per_{unit}"))
        for row in _each(table[table["group"] == EVERYONE])
    ]
    header = ("part", "spend", "share", f"per {named(unit)}")
    return _Section("Where the money goes", header, rows, [_note("by_part")])


def _groups(costs: UnitCosts) -> _Section:
    table, unit = costs.by_unit(), costs.goal
    rows = [
        (row.group, *_numbers(row, *_FULL), _interval(row), *_numbers(row, *_BAND))
        for row in _each(table[table["unit"] == unit])
    ]
    header = (str(costs.now.by), *_FULL, "95% interval", *_BAND)
    return _Section(f"Full cost per {named(unit)} by {costs.now.by}", header, rows, [_note("by_unit")])


def _periods(costs: UnitCosts) -> _Section:
    table = _of_goal(costs, costs.by_period())
    rows = [
        (str(row.period)[:10], *_numbers(row, *_FULL), _interval(row), *_numbers(row, *_BAND)) for row in _each(table)
    ]
    header = ("period", *_FULL, "95% interval", *_BAND)
    return _Section(f"Full cost per {named(costs.goal)} by period", header, rows, [_note("by_period")])


def _of_goal(costs: UnitCosts, table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["unit"] == costs.goal) & (table["group"] == EVERYONE)]


def _cohorts(costs: UnitCosts) -> _Section:
    columns = ("number", "number_to_come", "cost", "matured")
    rows = [
        (row.cohort, *_numbers(row, *columns), _interval(row), *_numbers(row, "in_flight"))
        for row in _each(_of_goal(costs, costs.by_cohort()))
    ]
    header = ("created", "number", "to come", "so far", "matured", "95% interval", "in flight")
    title = f"Full cost per {named(costs.goal)} by cohort: each lead counts once, where it was created"
    return _Section(title, header, rows, [_note("by_cohort"), *_caveats(costs)])


def _caveats(costs: UnitCosts) -> list[str]:
    """Say what is not known of cohorts."""
    if costs.later is None:
        return ["The run does not go on after the horizon, so that nothing is known of what is to come."]
    ends = f"{costs.later.scenario.end:%Y-%m-%d}"
    notes = [f"Matured: as on {ends}, flow included. In flight: leads that may still move on then."]
    table = _of_goal(costs, costs.by_cohort())
    cut = table[table["in_flight"].isna()]["cohort"].tolist()
    if cut:
        notes.append(f"The horizon cuts the cohort of {cut[0]} off; end it with a period to see that one matured.")
    if np.any(table["cohort"].eq(BEFORE_START) & table["number"].gt(0)):
        notes.append("Of leads created before the start only what was spent since the start counts.")
    return notes


def _marginal(costs: UnitCosts) -> _Section:
    table, full = costs.marginal(), costs.by_cohort()
    of_all = full[(full["group"] == EVERYONE) & (full["cohort"] == SINCE_START)].set_index("unit")
    in_full: dict[Any, float] = of_all["cost" if costs.later is None else "matured"].to_dict()
    rows = [
        (
            f"{named(row.unit)}{'' if row.channel == ALL else f', {row.channel}'}",
            *_numbers(row, "spend", "number"),
            _interval(row, "number_low", "number_high"),
            *_numbers(row, "cost"),
            _interval(row),
            display.number(in_full[row.unit]) if row.channel == ALL else "",
        )
        for row in _each(table)
        if row.channel == ALL or row.unit == costs.goal
    ]
    header = ("unit", "spend", "number", "95% interval", "cost", "95% interval", "full")
    notes = [_note("marginal"), "Full: by cohort, of leads created since the start, matured as these are."]
    if table["cost"].isna().any():
        notes.append("No cost where it is not sure that there is one more or one less; more replications tell.")
    return _Section(f"The last {LAST:.0%} of spend on channels", header, rows, notes)


def _tracks(costs: UnitCosts) -> _Section:
    rows = [
        (
            row.track,
            *_numbers(row, "cost_of_touches", "touched", "spend", "number"),
            _interval(row, "number_low", "number_high"),
            *_numbers(row, "cost"),
        )
        for row in _each(costs.tracks())
    ]
    header = ("track", "touches", "touched", "spend", "adds", "95% interval", f"per {named(costs.goal)}")
    return _Section("What tracks add over the horizon", header, rows, [_note("tracks")])


# ---------------------------------------------------------------- JSON
def tables_of(costs: UnitCosts) -> dict[str, pd.DataFrame]:
    """Return every table by name."""
    tables = {
        "by_unit": costs.by_unit(),
        "by_part": costs.by_part(),
        "by_period": costs.by_period(),
        "by_cohort": costs.by_cohort(),
        "marginal": costs.marginal(),
    }
    if costs.by_track is not None:
        tables["tracks"] = costs.tracks()
    return tables


def to_dict(costs: UnitCosts) -> dict[str, Any]:
    """Return what was run, every table as records, and for which decision each is; None where there is no value."""
    tables = tables_of(costs)
    until = None if costs.later is None else f"{costs.later.scenario.end:%Y-%m-%d}"
    return {
        **costs.now.head(),
        "by": costs.now.by,
        "currency": costs.now.scenario.currency,
        "matured_until": until,
        **{name: _records(table) for name, table in tables.items()},
        "right_for": {name: DECISIONS[name] for name in tables},
        "warnings": costs.now.warnings(),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, float) and math.isnan(value):
        return None
    return value if isinstance(value, str | int | float) else str(value)[:10]
