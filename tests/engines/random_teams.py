"""Teams for random scenarios: who owns stages, who does the work of moves, and what limits them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

TEAMS = ("desk", "sales")

works = st.sampled_from(
    [
        "8h",
        "8h",
        "4h",
        "2h",
        "1h",
        "16h",
        "1d",
        "1h to 9h",
        {"dist": "exponential", "mean": "6h"},
        {"uncertain": "2h to 8h"},
    ]
)
"""With 24, 12 or 8 hours a day many of them take whole days, so that they end when other things happen."""


def not_known(few: int, many: int) -> st.SearchStrategy[dict[str, Any]]:
    """A length nobody knows: one of two numbers of days, so that things happen at one instant, or any between."""
    return st.sampled_from(
        [{"uncertain": {"values": [f"{few}d", f"{many}d"]}}, {"uncertain": f"between {few}d and {many}d"}]
    )


disciplines = st.sampled_from(["fifo", "newest", "priority", "deadline", "even"])

counts = st.sampled_from([1, 2, 3])

steps = st.fixed_dictionaries(
    {"chance": st.sampled_from([0.5, 0.8, 1])},
    optional={"odds": st.just({"line": {"desk": 0.5}})},
)

numbers_of_people = st.sampled_from(
    [
        1, 2, 3,
        {"uncertain": {"dist": "uniform", "low": 1, "high": 3}},
        {"2026-01-01": 2, "2026-01-08": 1, "2026-01-15": 3, "2026-01-22": 1},
        {"2025-12-01": 1, "2026-01-10": 0, "2026-01-13": 2},
        {"2026-01-01": 2, "2026-01-08": {"uncertain": {"values": [0, 1, 3]}}, "2026-01-15": {"uncertain": "between 1 and 3"}},
    ]
)  # fmt: skip


@st.composite
def named_people(draw: st.DrawFn) -> dict[str, Any]:
    """Two or three people by name, who differ in skill and in when they are there."""
    people: dict[str, Any] = {"anna": {}}
    fields = {
        "chance": st.sampled_from([0.5, 2]),
        "pace": st.sampled_from([0.5, 2, 1.25]),
        "picks": disciplines,
        "from": st.sampled_from(["2026-01-06", "2026-01-12"]),
        "until": st.sampled_from(["2026-01-15", "2026-01-20"]),
    }
    for name in ("anna", "ben", "cora")[: draw(st.integers(2, 3))]:
        wanted = draw(st.sets(st.sampled_from(sorted(fields)), max_size=3))
        people[name] = {field: draw(fields[field]) for field in sorted(wanted)}
    return people


def staff(draw: st.DrawFn, text: dict[str, Any], stages: list[str], finals: tuple[str, ...]) -> None:
    """Give a scenario teams, and moves that need their people; at times none."""
    names = draw(st.sampled_from([[], ["desk"], ["sales"], ["desk", "sales"], ["desk", "sales"], ["desk", "sales"]]))
    if not names:
        return
    owners = {stage: draw(st.sampled_from([*names, None])) for stage in stages}
    used = _Use()
    for stage, owner in owners.items():
        fields = text["stages"][stage]
        if owner is not None:
            fields["owner"] = owner
        for move in fields["moves"].values():
            if draw(st.integers(0, 3)) > 0:
                _give_work(draw, move, owner, names, used, stages.index(stage), [*stages, *finals])
        if owner is not None or draw(st.booleans()):
            fields["moves"]["expire"] = _deadline(draw, [name for name in (*stages, *finals) if name != stage], owner)
    for track in text.get("tracks", {}).values():
        for move in track.get("moves", {}).values():
            if draw(st.integers(0, 3)) > 0:
                _give_work(draw, move, None, names, used, len(stages), finals)
    text["teams"] = {}
    for name in names:
        owned = [stage for stage, owner in owners.items() if owner == name]
        if owned or name in used.teams:
            text["teams"][name] = _team(draw, name, owned, used, [*stages, *finals])
    if "'won'" in str([text["stages"], text.get("tracks"), text["teams"]]) and draw(st.booleans()):
        text["stages"][draw(st.sampled_from(stages))]["win_rate"] = 0.3
        text["stages"]["won"] = {"win_rate": 1}
    if not text["teams"]:
        del text["teams"]


class _Use:
    """What the moves of a scenario need of its teams."""

    def __init__(self) -> None:
        self.teams: set[str] = set()
        self.shared: set[str] = set()
        self.ranked: set[str] = set()


def _give_work(
    draw: st.DrawFn, move: dict[str, Any], owner: str | None, names: list[str], use: _Use, here: int, targets: Any
) -> None:
    team = draw(st.sampled_from([owner, owner, *names])) if owner else draw(st.sampled_from(names))
    if team != owner or draw(st.booleans()):
        move["team"] = team
    if "team" not in move or draw(st.integers(0, 4)) > 0:
        move["takes"] = draw(works)
    if move["after"] == "0d" and draw(st.booleans()):
        move["after"] = "1d"
    use.teams.add(team)
    if team != owner:
        use.shared.add(team)
    if draw(st.integers(0, 2)) == 0:
        move["priority"] = draw(st.one_of(st.integers(-1, 2), st.just({"uncertain": "between -1 and 2"})))
        if move["priority"]:
            use.ranked.add(team)
    _give_script(draw, move, here, targets)


def _give_script(draw: st.DrawFn, move: dict[str, Any], here: int, targets: Any) -> None:
    later = list(targets[here + 1 :]) if len(targets) > here + 1 else list(targets)
    if draw(st.integers(0, 2)) == 0:
        move["script"] = {name: draw(steps) for name in ("intro", "ask")[: draw(st.integers(1, 2))]}
        for step in move["script"].values():
            if draw(st.booleans()) and move["after"] != "0d":
                step["takes"] = draw(works)
            if step["chance"] != 1 and draw(st.integers(0, 2)) == 0:
                step["else"] = {"to": draw(st.sampled_from(later)), "as": "rejected"}
    limits = [move.get(name, 9) for name in ("lifetime_attempts", "attempts")]
    most = min(limits) if "every" in move else 1
    if most > 1 and "to" in move and draw(st.booleans()):
        move["needs"] = draw(st.integers(1, min(most, 3)))
    if most > 1 and draw(st.booleans()):
        move["unanswered"] = draw(st.integers(1, min(most, 3)))
    for way in ("to", "else"):
        if way in move and draw(st.integers(0, 5)) == 0:
            move[way] = {"to": move[way], "as": draw(st.sampled_from(["rejected", "better"]))}


def _deadline(draw: st.DrawFn, targets: list[str], owner: str | None) -> dict[str, Any]:
    move: dict[str, Any] = {
        "after": draw(st.sampled_from(["2d", "3d", "5d", "7d"])),
        "to": draw(st.sampled_from(targets)),
    }
    if draw(st.integers(0, 2)) > 0:
        extend: dict[str, Any] = {"by": draw(st.one_of(st.sampled_from(["1d", "2d", "4d"]), not_known(1, 3)))}
        extend["times"] = draw(st.integers(1, 3))
        if draw(st.booleans()):
            extend["chance"] = draw(st.sampled_from([0.5, 0.8]))
        if owner and draw(st.integers(0, 3)) > 0:
            extend["per_owner"] = draw(st.integers(1, 2))
        move["extend"] = extend
    return move


def _team(draw: st.DrawFn, name: str, owned: list[str], use: _Use, stages: list[str]) -> dict[str, Any]:
    known = draw(st.integers(0, 2)) == 0
    team: dict[str, Any] = {"people": draw(named_people() if known else numbers_of_people)}
    team["hours"] = draw(st.sampled_from([24, 12, 8]))
    if draw(st.booleans()):
        team["days_off"] = draw(st.sampled_from([["sat", "sun"], ["2026-01-07"], ["mon", "2026-01-13"]]))
    if draw(st.booleans()):
        team["salary"] = "300 per month"
    team["discipline"] = draw(disciplines)
    if name in use.shared and draw(st.booleans()):
        team["queue_limit"] = draw(st.integers(0, 3))
    if owned:
        _own(draw, team, known, [stage for stage in stages if stage not in owned], [*owned, *owned, "won"])
    if name not in use.ranked:
        pickers = [team, *(team["people"].values() if known else ())]
        for picker in pickers:
            for field in ("discipline", "picks"):
                if picker.get(field) == "priority":
                    picker[field] = "even"
    return team


def _own(draw: st.DrawFn, team: dict[str, Any], known: bool, outside: list[str], marked: list[str]) -> None:
    if draw(st.booleans()):
        team["hold"] = draw(st.integers(1, 4))
    if draw(st.integers(0, 2)) == 0:
        team["claim_per_day"] = draw(st.integers(1, 2))
    if draw(st.booleans()):
        team["previous_owner_cooldown"] = draw(st.one_of(st.sampled_from(["2d", "5d", "36h"]), not_known(0, 4)))
    by = st.sampled_from(["least_loaded", "round_robin"])
    team["assign"] = [{"by": draw(by)}]
    if draw(st.booleans()):
        chosen: dict[str, Any] = {
            "if": draw(st.sampled_from([{"line": "desk"}, {"segment": "big", "line": ["mobile", "executive"]}]))
        }
        if known:
            chosen["to"] = draw(st.sampled_from(["anna", ["ben", "anna"]]))
        team["assign"] = [{**chosen, "by": draw(by)}, *team["assign"]]
    if draw(st.booleans()):
        team["recycle_after"] = {"to": draw(st.sampled_from(outside))}
        wanted = draw(st.sets(st.sampled_from(["follow_up", "opportunity", "win"]), min_size=1))
        for what in sorted(wanted):
            team["recycle_after"][what] = draw(st.one_of(st.sampled_from(["3d", "4d", "6d"]), not_known(2, 5)))
            if what != "follow_up":
                team["recycle_after"][f"{what}_stages"] = [draw(st.sampled_from(marked))]
        if draw(st.booleans()):
            team["protection"] = {
                "length": draw(st.one_of(st.sampled_from(["1d", "4d"]), not_known(0, 3))),
                "by_activity": draw(st.one_of(st.sampled_from(["2d", "5d"]), not_known(1, 4))),
            }
            if draw(st.booleans()):
                team["protection"]["most"] = draw(st.one_of(st.sampled_from(["4d", "5d"]), not_known(4, 6)))


def changes_of_teams(text: dict[str, Any]) -> dict[str, st.SearchStrategy[Any]]:
    """What changes can set of teams and their work: paths, and values for them."""
    paths: dict[str, st.SearchStrategy[Any]] = {}
    for name, team in text.get("teams", {}).items():
        paths[f"teams.{name}.hours"] = st.sampled_from([24, 12, 8, 6])
        limits = {"hold": st.integers(1, 4), "claim_per_day": st.integers(1, 3), "queue_limit": st.integers(0, 3)}
        paths |= {f"teams.{name}.{field}": values for field, values in limits.items() if field in team}
    for stage, fields in text["stages"].items():
        for name, move in fields.get("moves", {}).items():
            path = f"stages.{stage}.moves.{name}"
            if "takes" in move and move["after"] != "0d":
                paths[f"{path}.takes"] = works
            if "unanswered" in move:
                paths[f"{path}.unanswered"] = st.just(1)
            if "extend" in move:
                paths[f"{path}.extend.chance"] = st.sampled_from([0.3, 1])
                if "per_owner" in move["extend"]:
                    paths[f"{path}.extend.per_owner"] = counts
            for step in move.get("script", {}):
                paths[f"{path}.script.{step}.chance"] = st.sampled_from([0.4, 0.9])
    return paths
