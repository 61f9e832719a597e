"""What is counted of teams, owners and sales: small funnels counted by hand, on both engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.engines.replicate import replicate
from funnelsim.engines.tally import layout_of
from funnelsim.program import Program, compile_scenario
from funnelsim.scenario import Scenario
from tests.engines.conftest import several, write

DAY = 86_400_000
HOUR = DAY // 24


class Counts:
    """Counts of one replication by name, in the cells from the first counted one on."""

    def __init__(self, scenario: Scenario, engine: str) -> None:
        self.program: Program = compile_scenario(scenario)
        counts = replicate(self.program, 1, 1, engine=engine).counts  # type: ignore[arg-type]
        self.counts = counts[0, 1:, 0]

    def __call__(self, name: str, place: int = 0) -> list[int]:
        """By cell."""
        return self.counts[:, getattr(layout_of(self.program), name) + place].tolist()  # type: ignore[no-any-return]

    def stage(self, name: str) -> int:
        return self.program.stages.index(name)

    def move(self, name: str) -> int:
        return self.program.moves.index(name)


def funnel(leads: dict[str, Any], stages: dict[str, Any], **fields: Any) -> Scenario:
    return several(leads, stages, **{"period": "10d", "horizon": "40d", **fields})


def test_work_waits_and_queues(engine: str) -> None:
    stages = {
        "lead": {
            "moves": {
                "call": {"team": "desk", "takes": "8d", "chance": 0, "to": "won", "else": "lost"},
                "expire": {"after": "18d", "to": "lost"},
            }
        },
        "won": {},
        "lost": {},
    }
    teams = {"desk": {"people": 1, "hours": 24, "queue_limit": 3, "days_off": ["2026-01-05"]}}
    count = Counts(funnel({"web": (5, "lead")}, stages, teams=teams), engine)
    # begun on days 0, 9 and 17, the last stopped on day 18; two more had asked, one was turned away
    assert count("begun", count.move("call")) == [2, 1, 0, 0]
    assert count("busy") == [9 * DAY, 8 * DAY, 0, 0]
    assert count("waited") == [9 * DAY, 17 * DAY, 0, 0]
    assert count("queue") == [2, -2, 0, 0]
    assert count("turned_away") == [1, 0, 0, 0]


def test_work_that_is_not_finished_at_the_end(engine: str) -> None:
    stages = {"lead": {"moves": {"call": {"team": "desk", "takes": "60d", "to": "won"}}}, "won": {}}
    count = Counts(funnel({"web": "lead"}, stages, teams={"desk": {"people": 1, "hours": 24}}), engine)
    assert count("busy") == [10 * DAY] * 4


def test_leads_in_hand(engine: str) -> None:
    stages = {"sql": {"owner": "sales", "moves": {"expire": {"after": "25d", "to": "lost"}}}, "lost": {}}
    people = {"anna": {"until": "2026-01-13"}, "ben": {"from": "2026-01-23"}}
    teams = {"sales": {"people": people, "hold": 2}}
    count = Counts(funnel({"web": (3, "sql")}, stages, teams=teams), engine)
    assert count("claims") == [2, 0, 2, 0]
    assert count("held", 0) == [2, -2, 0, 0]
    assert count("held", 1) == [0, 0, 0, 0]  # two claimed on day 22, gone on day 25
    assert count("unowned") == [1, 2, -3, 0]


def test_put_off_and_reasons(engine: str) -> None:
    extend = {"by": "10d", "times": 2, "chance": 1}
    stages = {
        "lead": {"moves": {"expire": {"after": "5d", "to": "mql", "extend": extend}}},
        "mql": {"moves": {"check": {"chance": 0, "to": "won", "else": {"to": "pool", "as": "rejected"}}}},
        "won": {},
        "pool": {},
    }
    count = Counts(funnel({"web": (2, "lead")}, stages), engine)
    assert count("extended", count.move("expire")) == [2, 2, 0, 0]
    assert count("led", count.move("expire")) == [0, 0, 2, 0]
    assert count("rejected", count.stage("mql")) == [0, 0, 2, 0]
    assert count("reason", count.program.reasons.index("rejected")) == [0, 0, 2, 0]
    assert count("led", count.move("check")) == [0, 0, 0, 0]


@pytest.mark.parametrize(("chances", "led"), [([1, 1], 1), ([0, 1], 0)])
def test_a_success_that_does_not_lead_to(engine: str, chances: list[int], led: int) -> None:
    """Both ways lead to one stage and have one reason: only the number of successes tells them apart."""
    way = {"to": "done", "as": "met"}
    call = {
        "after": "1d",
        "every": "1d",
        "attempts": 2,
        "needs": 2,
        "chance": {"attempt": chances},
        "to": way,
        "else": way,
    }
    count = Counts(funnel({"web": "lead"}, {"lead": {"moves": {"call": call}}, "done": {}}), engine)
    assert count("entry", count.stage("done") * 4 + 2) == [1, 0, 0, 0]
    assert count("led", count.move("call")) == [led, 0, 0, 0]
    reasons = [place for place, name in enumerate(count.program.reasons) if name == "met"]
    assert sum(sum(count("reason", place)) for place in reasons) == 1


def sales(**moves: Any) -> dict[str, Any]:
    return {
        "sql": {"owner": "sales", "moves": {"on": {"after": "5d", "to": "opportunity"}, **moves}},
        "opportunity": {"owner": "sales", "win_rate": 0.3, "moves": {"close": {"after": "30d", "to": "won"}}},
        "won": {"win_rate": 1},
    }


def test_endangered_after_a_month_in_sales(engine: str) -> None:
    stages = sales()
    teams = {"sales": {"people": 1}}
    count = Counts(funnel({"web": "sql"}, stages, teams=teams), engine)
    assert count("endangered") == [0, 0, 0, 0], "endangered on day 30, won on day 35"
    count = Counts(funnel({"web": "sql"}, stages, teams=teams, horizon="34d", period="6d"), engine)
    assert count("endangered") == [0, 0, 0, 0, 0, 1]
    count = Counts(funnel({"web": "sql"}, stages, teams=teams, horizon="30d", period="6d"), engine)
    assert sum(count("endangered")) == 0, "the run ends before"


def test_won_and_lost_from_the_pipeline(engine: str) -> None:
    stages = {
        "opportunity": {"win_rate": 0.1, "moves": {"on": {"after": "1d", "to": "trial"}}},
        "trial": {"win_rate": 0.3, "moves": {"back": {"after": "1d", "to": "opportunity", "lifetime_attempts": 1}, "on": {"after": "2d", "to": "won"}}},
        "early": {"win_rate": 0.05, "moves": {"drop": {"after": "11d", "to": "lost"}}},
        "won": {"win_rate": 1},
        "lost": {},
    }  # fmt: skip
    count = Counts(funnel({"web": "opportunity", "base": "early"}, stages), engine)
    stage = count.stage
    assert count("won_from", stage("opportunity")) == [1, 0, 0, 0], "once, however often it was there"
    assert count("won_from", stage("trial")) == [1, 0, 0, 0]
    assert count("lost_from", stage("early")) == [0, 1, 0, 0]
    assert sum(count("lost_from", stage("trial"))) == 0


VISIT = {"takes": "1h", "every": "2d", "chance": 0, "cost": 1}


@pytest.mark.parametrize(
    ("people", "then", "judged", "starved"),
    [
        (1, "9d", 1, 0),  # four visits were planned, and four were made
        ({"anna": {"from": "2026-01-04"}}, "9d", 1, 1),  # on day 3 there was somebody
        (1, "7d", 1, 0),  # an opportunity only when the week was over
        (1, "6d", 0, 0),  # an opportunity by then
        ({"anna": {"from": "2026-02-01"}}, "9d", 1, 1),  # who has no owner is starved
    ],
)
def test_who_is_starved(engine: str, people: Any, then: str, judged: int, starved: int) -> None:
    stages = sales(visit=VISIT)
    stages["sql"]["moves"]["on"]["after"] = then
    scenario = funnel({"web": "sql"}, stages, teams={"sales": {"people": people, "hours": 24}})
    count = Counts(scenario, engine)
    # visits start at the beginning of the stay, and the next is two days after an end: at 0, 49, 98 and 147 hours
    assert (sum(count("judged")), sum(count("judged", 1))) == (judged, starved)


def test_a_new_entry_opens_a_new_week(engine: str) -> None:
    stages = sales(visit=VISIT, back={"after": "3d", "to": "sql", "lifetime_attempts": 2, "else": "opportunity"})
    stages["sql"]["moves"]["on"]["after"] = "20d"
    count = Counts(funnel({"web": "sql"}, stages, teams={"sales": {"people": 1, "hours": 24}}), engine)
    assert sum(count("judged")) == 0, "entered at 0 and 3; the third time it would have gone on to an opportunity"


def test_what_is_wasted(engine: str) -> None:
    call = {"team": "desk", "takes": "6h", "cost": 2, "chance": {"channel": {"good": 1, "bad": 0}}, "to": "won"}
    stages = {"lead": {"moves": {"call": {**call, "else": "lost"}}}, "won": {"win_rate": 1}, "lost": {}}
    channels = {
        "good": {"leads": "1 per day", "arrivals": "evenly", "enters": "lead", "cost": 5},
        "bad": {"leads": "1 per day", "arrivals": "evenly", "enters": "lead", "cost": 7},
    }
    teams = {"desk": {"people": 2, "hours": 24}}
    scenario = write(stages, channels=channels, teams=teams, horizon="40d", period="10d", warm_up="5d")
    count = Counts(scenario, engine)
    good, bad = (count.program.channels.index(name) for name in ("good", "bad"))
    assert count("wasted_leads", good) == [0, 0, 0, 0]
    assert count("wasted_leads", bad) == [0, 0, 0, 40]
    assert count("wasted_cost") == [0, 0, 0, 40 * (7 + 2) * 10_000]
    assert count("wasted_busy") == [0, 0, 0, 40 * 6 * HOUR]


def test_labels_of_counts_do_not_overlap() -> None:
    program = compile_scenario(fs.load(Path(__file__).parent / "rich.yaml"))
    assert np.diff(list(layout_of(program))).min() > 0
