"""The variables of contact: touches by turn, content, tracks, nurtured leads, points and scores."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.engines.rows import WHYS
from funnelsim.engines.tally import CONTENT_KINDS, PAID, WARMED, layout_of
from funnelsim.metrics.labelled import POINT_UNITS, Tables, by_period, counted, money, ticks
from funnelsim.metrics.spending import whole
from funnelsim.program import records as p
from funnelsim.program.names import name_hash
from funnelsim.scenario.paths import format_path

if TYPE_CHECKING:
    from funnelsim.engines.counts import Counts
    from funnelsim.program import Program

STEPS = ("given", "opened", "clicked", "answered", "opted_out")
"""What becomes of a piece of content, in the order in which it is counted."""

WITHHELD = tuple(why.replace(" ", "_") for why in WHYS)
"""Why touches were withheld, as figures are called by it."""

ROLES = ("", "delivered", "opt_out", "open", "click", "response")
"""What a row is of a touch, by its code."""

ENGAGING = (p.OPEN, p.CLICK, p.RESPONSE)
"""The rows of a touch that a lead takes part in; the last that is written is its response."""

HOURS = 24.0
"""A team's clock runs through whole days; of each so many hours are worked (rule 39)."""


# ---------------------------------------------------------------- counts
def flows(program: Program, kinds: p.IntArray, time: str) -> Tables:
    """Name the parts of rows of counts (n, time, G, kinds) that add up over time."""
    layout, lead, shape = layout_of(program), ("replication", time, "group"), kinds.shape[:3]
    turns, assets = len(program.structure.turns), len(program.assets)

    def part(first: int, last: int, *sizes: int) -> p.IntArray:
        return kinds[..., first:last].reshape(*shape, *sizes)

    content = part(layout.content, layout.joined, assets, CONTENT_KINDS)
    found: Tables = {
        "sent": counted((*lead, "turn", "age"), part(layout.sent, layout.engaged, turns, 2), "touches sent", "touches"),
        "engaged": counted(
            (*lead, "turn", "age"),
            part(layout.engaged, layout.withheld, turns, 2),
            "touches that were clicked or answered",
            "touches",
        ),
        "withheld": counted(
            (*lead, "turn", "why"),
            part(layout.withheld, layout.postponed, turns, len(WHYS)),
            "touches withheld, by why",
            "touches",
        ),
        "postponed": counted(
            (*lead, "turn"), part(layout.postponed, layout.postponed + turns, turns), "touches put off", "touches"
        ),
        "recorded": counted(
            (*lead, "turn"), kinds[..., layout.recorded : layout.content], "opens that were recorded", "touches"
        ),
        "pieces": counted((*lead, "content", "step"), content[..., :PAID], "pieces of content", "pieces"),
        "content_cost": money((*lead, "content"), content[..., PAID], "what touches with the content cost"),
        "content_warmth": counted(
            (*lead, "content"), content[..., WARMED], "points that touches with the content gave", POINT_UNITS
        ),
        "joined": counted((*lead, "track"), kinds[..., layout.joined : layout.left], "leads that joined each track"),
        "left": counted((*lead, "track"), kinds[..., layout.left : layout.in_stream], "leads that left each track"),
    }
    if turns:
        touched = kinds[..., layout.touched]
        found["touched"] = counted(lead, touched, "leads that a touch was delivered to for the first time")
        entered = kinds[..., layout.touched_entry : layout.touches_until]
        found["touched_entries"] = counted((*lead, "stage"), entered, "first entries of leads touched before")
        until = kinds[..., layout.touches_until : layout.reached_stream]
        found["touches_until"] = counted((*lead, "stage"), until, "touches before first entries", "touches")
    return found | _reached(program, kinds, lead) | _profile(program, kinds, lead)


def _reached(program: Program, kinds: p.IntArray, lead: tuple[str, ...]) -> Tables:
    """Leads that became SQLs after a touch, and what those reached brought: by track, by touch and by content."""
    layout, found = layout_of(program), Tables()
    places = (
        ("track", layout.reached_stream, layout.reached_touch),
        ("touch", layout.reached_touch, layout.reached_asset),
        ("content", layout.reached_asset, layout.profile),
    )
    for by, first, last in places:
        reached = kinds[..., first:last].reshape(*kinds.shape[:3], -1, 2)
        if "sql" in program.stages:
            found[f"sqls_by_{by}"] = counted((*lead, by), reached[..., 0], "leads touched before that became SQLs")
        found[f"value_by_{by}"] = money((*lead, by), reached[..., 1], "value of entries by leads touched before")
    return found


def _profile(program: Program, kinds: p.IntArray, lead: tuple[str, ...]) -> Tables:
    layout = layout_of(program)
    if not program.is_scored:
        return {}
    profile = kinds[..., layout.profile : layout.fit_created]
    return {"profile": counted((*lead, "band"), profile, "leads created, by their score at the end of the period")}


def levels(program: Program, running: p.IntArray, time: str) -> Tables:
    """Name the parts of rows of counts that say how many there are, of all that was counted until some time."""
    layout, lead = layout_of(program), ("replication", time, "group")
    found: Tables = {
        "standing_track": counted(
            (*lead, "track"), running[..., layout.in_stream : layout.stalled_stream], "leads in each track at the end"
        ),
        "stalled_track": counted(
            (*lead, "track"),
            running[..., layout.stalled_stream : layout.touched],
            "leads stalled in each track at the end",
        ),
    }
    if len(program.structure.turns):
        came = running[..., layout.created : layout.placed].sum(axis=-1)
        touched = running[..., layout.touched]
        found["ever_touched"] = counted(lead, touched, "leads that a touch was ever delivered to by the end")
        found["never_touched"] = counted(lead, came - touched, "leads that no touch was delivered to by the end")
    return found


# ---------------------------------------------------------------- what differs by regime
def by_price(program: Program, counts: Counts) -> Tables:
    """Return what touches cost, points given and hours worked: by period only, since cells have the prices."""
    cells, lead = counts.counts, ("replication", "period", "group")
    layout, recipes, structure = layout_of(program), program.recipes, program.structure
    regimes, found = structure.cell_regime, Tables()

    def periods(values: p.IntArray) -> p.IntArray:
        return by_period(values, program, axis=1)[:, 1:]

    turns, rows = len(structure.turns), len(structure.rows)
    if turns:
        sent = cells[..., layout.sent : layout.engaged].reshape(*cells.shape[:3], turns, 2).sum(axis=-1)
        positions = recipes.cost[regimes][:, structure.turns["first_row"]]
        price = whole(counts.parameters[:, positions]).astype(np.int64)
        found["touch_cost"] = money((*lead, "turn"), periods(sent * price[:, :, None]), "what touches cost")
    if np.any(recipes.row_points >= 0) or np.any(recipes.move_points >= 0):
        passed = cells[..., layout.attempt : layout.stalled].reshape(*cells.shape[:3], rows, 3, 2)[..., 1, :]
        points = _points_of_rows(program, counts.parameters)[:, regimes, None]
        given = periods(passed.sum(axis=-1) * points)
        found["warmth"] = counted((*lead, "row"), given, "points of warmth given", POINT_UNITS)
    if program.teams:
        found["time_worked"] = ticks(lead, periods(_time_worked(program, counts)), "worked by all teams")
    return found


def _points_of_rows(program: Program, parameters: p.FloatArray) -> p.IntArray:
    """Return what passing each row gives (n, R, W): of a touch its own points, of another move those of its success."""
    recipes, moves = program.recipes, program.structure.moves
    positions = recipes.row_points.copy()
    plain = moves["num_turns"] == 0
    last = (moves["first_row"] + moves["num_rows"] + moves["num_steps"] - 1)[plain]
    positions[:, last] = np.where(recipes.move_points[:, plain] >= 0, recipes.move_points[:, plain], positions[:, last])
    points = np.floor(parameters[:, positions] * 1000.0 + 0.5).astype(np.int64)
    return np.where(positions >= 0, points, 0)


def _time_worked(program: Program, counts: Counts) -> p.IntArray:
    """Return working time (n, K, G) of all teams, rounded as a running total over groups, so that they add up."""
    layout, structure = layout_of(program), program.structure
    busy = counts.counts[..., layout.busy : layout.turned_away]
    hours = counts.parameters[:, program.recipes.staff[structure.cell_regime][..., 0]]
    running = np.floor(busy.cumsum(axis=2) * (hours / HOURS)[:, :, None] + 0.5).astype(np.int64)
    return np.asarray(np.diff(running, axis=2, prepend=0).sum(axis=-1))


def fit(program: Program, kinds: p.IntArray) -> Tables:
    """Leads created (n, periods, G, kinds) by what they were worth then, and those of them that were won."""
    if not program.is_scored:
        return {}
    layout, horizon = layout_of(program), kinds.sum(axis=1)
    created, won = (horizon[..., layout.fit_created : layout.fit_won], horizon[..., layout.fit_won : layout.size])
    dims = ("replication", "group", "fit_bin")
    return {
        "fit_created": counted(dims, created, "leads created, by their fit"),
        "fit_won": counted(dims, won, "those of them that were won, by their fit when created"),
    }


# ---------------------------------------------------------------- coordinates
def coordinates(program: Program, move_of_row: p.IntArray, move_names: list[str]) -> dict[str, Any]:
    """Return the names of turns, tracks, touches, content and bands, and what is said of them and of rows."""
    structure = program.structure
    role, turns, moves = structure.rows["role"], structure.turns, structure.moves
    turn_of_row = np.full(len(structure.rows), p.NONE)
    move_of_turn = np.repeat(np.arange(len(moves)), moves["num_turns"])
    for number, turn in enumerate(turns):
        turn_of_row[turn["first_row"] : turn["end_row"]] = number
    of_turn = turn_of_row != p.NONE
    last = np.zeros(len(structure.rows), bool)
    last[turns["end_row"] - 1] = True
    plain = ~of_turn & ~_made_of_tracks(program)[move_of_row]
    found: dict[str, Any] = {
        "is_touch": ("row", of_turn),
        "role": ("row", np.array(ROLES)[role]),
        "responds": ("row", last & np.isin(role, ENGAGING)),
        "turn_of_row": ("row", turn_of_row),
        "is_plain": ("row", plain),
    }
    if len(turns):
        containers = (*[""] * len(program.stages), *program.streams, *[""] * len(program.teams))
        delivered = np.array([p.DELIVERED in role[turn["first_row"] : turn["end_row"]] for turn in turns])
        found |= {
            "turn": _turn_names(program, move_of_turn, move_names),
            "turn_touch": ("turn", np.array(program.touches)[turns["touch"]]),
            "turn_track": ("turn", np.array(containers)[moves["container"][move_of_turn]]),
            "always_delivered": ("turn", ~delivered),
            "why": list(WITHHELD),
        }
    if program.streams:
        found["track"] = list(program.streams)
    if program.touches:
        found["touch"] = list(program.touches)
    if program.assets:
        found |= {"content": list(program.assets), "step": list(STEPS)}
    if program.is_scored:
        found["band"] = band_names(program)
    return found


def _made_of_tracks(program: Program) -> p.IntArray:
    """Say of each move whether a track's end or one of its rules is written as it, which is nothing a lead does."""
    moves, stages = program.structure.moves, len(program.stages)
    purposes = np.array([name_hash(format_path(("tracks", name, "ends"))) for name in program.streams], np.uint64)
    in_track = (moves["container"] >= stages) & (moves["container"] < stages + len(program.streams))
    return np.asarray(in_track & (np.isin(moves["purpose"], purposes) | (moves["trigger"] == p.ON_RULE)))


def _turn_names(program: Program, move_of_turn: p.IntArray, move_names: list[str]) -> list[str]:
    """Return track and touch, or stage (or track), move and touch; the second of one name has its number."""
    seen, names = Counter[str](), []
    for move, turn in zip(move_of_turn.tolist(), program.structure.turns, strict=True):
        name = f"{turn_holder(program, move, move_names)}.{program.touches[turn['touch']]}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return names


def turn_holder(program: Program, move: int, move_names: list[str]) -> str:
    """Return what is named before a touch: the track whose cadence it is, or the move that makes it."""
    if program.structure.moves["cadence"][move]:
        return move_names[move].rpartition(".")[0]
    return move_names[move]


def band_names(program: Program) -> list[str]:
    """Return what bands of the score are called, such as ``below 25``, ``25 to 50`` and ``75 and more``."""
    edges = [f"{edge / 1000:g}" for edge in program.structure.bands]
    between = [f"{low} to {high}" for low, high in pairwise(edges)]
    return [f"below {edges[0]}", *between, f"{edges[-1]} and more"] if edges else ["all"]
