"""From what the engines counted to a Dataset with named dimensions.

Cells become periods, positions become names, and the media spend of channels is shared out to the groups.

Dimensions are `replication`, `period` (its first moment), `group` (one called `all` if not grouped), `stage`, `visit`,
`age`, `channel`, `row` (a move, a step of a touch, or one of a script), `outcome`, `reason`, `move`, `team`, `person`,
`pipeline` (stages with a stated win rate), `overhead`, `turn` (a touch as a track or a move makes it), `touch`,
`track`, `content`, `step` (of a piece of content), `band` (of the score), `fit_bin`, `quantile`, `parameter` (the
uncertain ones) and, where cohorts were counted, `cohort` (NaT: before the start). Counts are whole numbers, money whole
ten-thousandths, points whole thousandths and times whole ticks, each in the smallest type that holds them; attributes
say the unit. Variables by cohort have the names of those by period after `cohort_`. Of what a scenario has none, such
as teams, there are no variables.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.engines.rows import OUTCOMES
from funnelsim.engines.tally import layout_of
from funnelsim.metrics import contact_tables, sales_tables
from funnelsim.metrics.labelled import Tables, by_period, counted, money
from funnelsim.metrics.names import COHORT_PREFIX
from funnelsim.metrics.overheads import overheads_of_cohorts, overheads_of_groups
from funnelsim.metrics.spending import costs, labour_of_teams, media_of_groups, wasted
from funnelsim.metrics.vocabulary import Vocabulary, dialling_moves
from funnelsim.program import records as p
from funnelsim.program.calendar import DAY

if TYPE_CHECKING:
    from funnelsim.engines.counts import Counts
    from funnelsim.program import Program

ATTEMPT_OUTCOMES = OUTCOMES[:3]
AGES = ("fast", "old")
VISITS = ("later", "first")


def tables_of(program: Program, counts: Counts, by: str | None) -> Tables:
    """Return the variables of some replications.

    Parameters
    ----------
    program : Program
    counts : Counts
        From `replicate` with the same `by`.
    by : str or None
        What leads were grouped by.

    Returns
    -------
    Tables
        Whole numbers have eight bytes; `gathering` keeps them in fewer.
    """
    periods = by_period(counts.counts, program, axis=1)
    kinds = periods[:, 1:]
    media = media_of_groups(program, counts, kinds, by)
    spent, labour = by_period(counts.spend, program, axis=2)[:, :, 1:], labour_of_teams(program, counts)
    tables = _flows(program, kinds, "period")
    tables |= costs(by_period(counts.costs, program, axis=1)[:, 1:], media, "period")
    tables["overheads"] = overheads_of_groups(program, counts, tables)
    tables |= _levels(program, periods.cumsum(axis=1)[:, 1:], "period")
    tables |= _ages(counts)
    tables |= sales_tables.waits(counts)
    tables |= sales_tables.staff(program, counts)
    tables |= sales_tables.pipeline(program, counts)
    tables["channel_media"] = money(("replication", "channel", "period"), spent, "media spend of each channel")
    tables["team_labour"] = money(("replication", "team", "period"), labour, "what the people of each team earn")
    tables |= contact_tables.by_price(program, counts)
    tables |= contact_tables.fit(program, kinds)
    tables["wasted_spend"] = wasted(program, kinds, spent.sum(axis=2), labour.sum(axis=2))
    if counts.cohort_counts.shape[1]:
        tables |= _cohorts(program, counts, media, tables)
    tables = {name: table for name, table in tables.items() if 0 not in table[1].shape}
    uncertain = program.recipes.parameters["belief"] != p.FIXED
    tables["parameters"] = (
        ("replication", "parameter"),
        counts.parameters[:, uncertain],
        {"long_name": "value of each uncertain parameter, as it stands in the program"},
    )
    return tables


# ---------------------------------------------------------------- counts
def _flows(program: Program, kinds: p.IntArray, time: str) -> Tables:
    """Name the parts of rows of counts (n, time, G, kinds) that add up over time."""
    layout = layout_of(program)
    shape, lead = kinds.shape[:3], ("replication", time, "group")
    stages, rows = len(program.stages), len(program.rows)

    def part(first: int, last: int, *sizes: int) -> p.IntArray:
        return kinds[..., first:last].reshape(*shape, *sizes)

    entries, attempts = part(layout.entry, layout.exit, stages, 2, 2), part(layout.attempt, layout.stalled, rows, 3, 2)
    return {
        "created": counted((*lead, "channel"), kinds[..., layout.created : layout.present], "leads created"),
        "present": counted(
            (*lead, "channel"), kinds[..., layout.present : layout.placed], "backlog there at the start"
        ),
        "entries": counted((*lead, "stage", "visit", "age"), entries, "entries into stages"),
        "exits": counted((*lead, "stage"), kinds[..., layout.exit : layout.attempt], "exits from stages"),
        "attempts": counted(
            (*lead, "row", "outcome", "age"),
            attempts,
            "attempts of moves, by touch where a track makes them, and by step where there is a script",
            "attempts",
        ),
        "value": money((*lead, "stage"), kinds[..., layout.value : layout.reason], "value of entries"),
        **sales_tables.flows(program, kinds, time),
        **contact_tables.flows(program, kinds, time),
    }


def _levels(program: Program, running: p.IntArray, time: str) -> Tables:
    """Name the parts of rows of counts that say how many there are, of all that was counted until some time."""
    layout, lead = layout_of(program), ("replication", time, "group")
    stalled = running[..., layout.stalled : layout.value]
    return {
        "standing": counted((*lead, "stage"), _standing(program, running), "leads in each stage at the end"),
        "stalled": counted((*lead, "stage"), stalled, "leads stalled in each stage at the end"),
        **sales_tables.levels(program, running, time),
        **contact_tables.levels(program, running, time),
    }


def _standing(program: Program, kinds: p.IntArray) -> p.IntArray:
    """Leads that came to each stage less those that left it."""
    layout, stages = layout_of(program), len(program.stages)
    entries = kinds[..., layout.entry : layout.exit].reshape(*kinds.shape[:-1], stages, 4).sum(axis=-1)
    return np.asarray(entries - kinds[..., layout.exit : layout.attempt] + kinds[..., layout.placed : layout.entry])


def _ages(counts: Counts) -> Tables:
    """Quantiles of the age at first entry: of each group, and of everyone."""
    days = counts.ages / DAY
    attrs = {"units": "days", "long_name": "age at the first entry into each stage"}
    dims = ("stage", "quantile")
    return {
        "days_to": (("replication", "group", *dims), days[:, :-1], attrs),
        "days_to_of_all": (("replication", *dims), days[:, -1], attrs),
    }


# ---------------------------------------------------------------- cohorts
def _cohorts(program: Program, counts: Counts, media: p.IntArray, tables: Tables) -> Tables:
    """Return the tables by cohort; leads of a later cohort have no life before the start, so the first has the rest."""
    kinds = counts.cohort_counts
    before = np.zeros_like(media[:, :1])
    cohorts = _flows(program, kinds, "cohort")
    cohorts |= costs(counts.cohort_costs, np.concatenate((before, media), axis=1), "cohort")
    cohorts["overheads"] = overheads_of_cohorts(program, counts, tables["overheads"][1], cohorts)
    for name, (dims, values, attrs) in _levels(program, kinds, "cohort").items():
        level = values.copy()
        level[:, 0] = tables[name][1][:, -1] - level[:, 1:].sum(axis=1)
        cohorts[name] = (dims, level, attrs)
    return {COHORT_PREFIX + name: table for name, table in cohorts.items()}


# ---------------------------------------------------------------- coordinates
def coordinates(program: Program, vocabulary: Vocabulary, by: str | None, cohorts: bool) -> dict[str, Any]:
    """Return the names along each dimension but `replication`, and what is said of them."""
    dates = program.period_dates.astype("datetime64[ns]")
    uncertain = program.recipes.parameters["belief"] != p.FIXED
    found: dict[str, Any] = {
        "period": dates,
        "group": list(program.group_names(by)) if by else ["all"],
        "stage": list(program.stages),
        "can_reject": ("stage", np.isin(program.stages, vocabulary.rejecting)),
        "visit": list(VISITS),
        "age": list(AGES),
        "channel": list(program.channels),
        "outcome": list(ATTEMPT_OUTCOMES),
        "quantile": [0.5, 0.9],
        "parameter": [path for path, unknown in zip(program.parameters, uncertain, strict=True) if unknown],
        **_of_moves(program),
        **_of_teams(program, vocabulary),
    }
    if program.overheads.names:
        found["overhead"] = list(program.overheads.names)
    if program.reasons:
        found |= {"reason": list(program.reasons), "losing": ("reason", np.array(program.losing))}
    if cohorts:
        found["cohort"] = np.concatenate((np.array(["NaT"], dates.dtype), dates))
    return found


def _of_moves(program: Program) -> dict[str, Any]:
    """Return what is said of moves and their rows."""
    moves, rows = program.structure.moves, program.structure.rows
    lengths = moves["num_rows"] + moves["num_steps"]
    move_of_row = np.repeat(np.arange(len(moves)), lengths)
    container = moves["container"][move_of_row]
    in_track = (container >= len(program.stages)) & (container < len(program.stages) + len(program.streams))
    first = np.arange(len(rows)) == moves["first_row"][move_of_row]
    last = np.arange(len(rows)) == (moves["first_row"] + lengths - 1)[move_of_row]
    dials = np.isin(np.arange(len(moves)), dialling_moves(program))
    of_stage, teams = (*program.stages, *[""] * len(program.streams + program.teams)), (*program.teams, "")
    names = _move_names(program)
    return {
        "row": _row_names(program, move_of_row, names),
        "in_track": ("row", in_track),
        "ends": ("row", last | (moves["num_steps"] == 0)[move_of_row]),
        "dials": ("row", dials[move_of_row] & first),
        "talks": ("row", dials[move_of_row] & last),
        "move": names,
        "move_stage": ("move", np.array(of_stage)[moves["container"]]),
        "move_team": ("move", np.array(teams)[moves["team"]]),
        "owned": ("move", np.array(moves["owned"] == 1)),
        "is_dialling": ("move", dials),
        **contact_tables.coordinates(program, move_of_row, names),
    }


def _of_teams(program: Program, vocabulary: Vocabulary) -> dict[str, Any]:
    """Return what is said of teams and the pipeline, where there are any."""
    found: dict[str, Any] = {"pipeline": list(vocabulary.stated)} if vocabulary.stated else {}
    if program.teams:
        team = np.array(program.teams)[program.structure.people["team"]]
        found |= {"team": list(program.teams), "person": list(program.people), "person_team": ("person", team)}
    return found


def _containers(program: Program) -> tuple[str, ...]:
    return (*program.stages, *program.streams, *program.teams)


def _move_names(program: Program) -> list[str]:
    """Return stage (or track, or team) and move."""
    containers = _containers(program)
    containing = [containers[place] for place in program.structure.moves["container"]]
    return [f"{container}.{move}" for container, move in zip(containing, program.moves, strict=True)]


def _row_names(program: Program, move_of_row: p.IntArray, move_names: list[str]) -> list[str]:
    """Return stage and move, track and touch, or stage, move and step; the second of one name has its number."""
    seen, names = Counter[str](), []
    for row, move in enumerate(move_of_row.tolist()):
        name = contact_tables.turn_holder(program, move, move_names) if program.rows[row] else move_names[move]
        if program.rows[row]:
            name = f"{name}.{program.rows[row]}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return names
