"""What people do, in the reference engine: leads ask for them, they take up work and finish it, or nobody has time."""

from __future__ import annotations

import bisect
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, NamedTuple

import simpy

from funnelsim.engines import luck
from funnelsim.engines.leads import Lead, Request, Work
from funnelsim.engines.rows import ASKED, BEGUN, DROPPED, STOPPED, TURNED_AWAY
from funnelsim.engines.working_time import is_day_off, work_end
from funnelsim.program import records as p

if TYPE_CHECKING:
    from funnelsim.engines.reference import Funnel


class Waiting(NamedTuple):
    """A request in a queue. No two have one place, so that sorting looks no further."""

    place: tuple[int, int, int, int]
    request: Request


class Staff:
    """The people of a funnel's teams, and who waits for them."""

    def __init__(self, funnel: Funnel) -> None:
        self.funnel, self.tables = funnel, funnel.tables
        self.shared: list[list[Waiting]] = [[] for _ in funnel.program.teams]
        """By team: who waits for whoever of it, in order."""
        self.owned: list[list[Waiting]] = [[] for _ in funnel.program.people]
        """By person: their own leads that wait for them, in order."""
        self.busy = [False] * len(funnel.program.people)
        self.deadlines = {move for move, record in enumerate(self.tables.moves[0]) if record["deadline"]}

    def people_of(self, team: int) -> range:
        """Return the people of a team, in order of their places."""
        record = self.tables.teams[0, team]
        return range(int(record["first_person"]), int(record["end_person"]))

    def is_there(self, person: int) -> bool:
        """Rule 38: say whether one is of the team now."""
        record = self.tables.people[person]
        return bool(record["from_tick"] <= self.funnel.now < record["until_tick"])

    # ------------------------------------------------------------ requests
    def ask(self, lead: Lead, move: int) -> None:
        """Rule 40: a move asks for a person."""
        record = self.funnel.move(move)
        request = Request(lead, move, self.funnel.now, int(record["team"]), bool(record["owned"]))
        lead.requests[move] = request
        self.tell(lead, move, ASKED)
        self.queue(request)
        self.funnel.due_pass()

    def tell(self, lead: Lead, move: int, outcome: int, person: int = p.NONE) -> None:
        """Write a row of the log on the attempt that a move is about to make."""
        row, number = self.funnel.attempts.row_in_turn(lead, move), lead.attempts[move] + 1
        self.funnel.record_move(lead, move, outcome, row, number, person)

    def queue(self, request: Request) -> None:
        """Rule 43: a request joins its queue; one of a lead nobody owns waits until there is an owner."""
        lead, move = request.lead, request.move
        if request.owned and lead.owner == p.NONE:
            return
        picks = self.tables.people[lead.owner]["picks"] if request.owned else self.discipline(request.team)
        request.place = (self.first_by(int(picks), request), request.asked, int(lead.key), move)
        bisect.insort(self.queue_of(request), Waiting(request.place, request))

    def discipline(self, team: int) -> int:
        """Return what the queue of a whole team is ordered by."""
        return int(self.tables.teams[0, team]["discipline"])

    def first_by(self, picks: int, request: Request) -> int:
        """Rule 43: what a discipline looks at; the smallest comes first."""
        match picks:
            case p.NEWEST:
                return -request.asked
            case p.PRIORITY:
                return -int(self.funnel.move(request.move)["priority"])
            case p.DEADLINE:
                return request.lead.nearest(self.deadlines)
            case p.EVEN:
                return request.lead.begun
        return 0

    def queue_of(self, request: Request) -> list[Waiting]:
        """Return the queue a request waits in, once it has a place."""
        return self.owned[request.lead.owner] if request.owned else self.shared[request.team]

    def unqueue(self, request: Request) -> None:
        """Take a request out of its queue, if it is in one."""
        if request.place is not None:
            queue = self.queue_of(request)
            del queue[bisect.bisect_left(queue, request.place, key=lambda waiting: waiting.place)]
            request.place = None

    def withdraw(self, request: Request) -> None:
        """End a request."""
        self.unqueue(request)
        del request.lead.requests[request.move]

    def change_owner(self, lead: Lead, owner: int) -> None:
        """Rules 43 and 47: what waits for the owner of a lead waits for another one."""
        requests = [request for _, request in sorted(lead.requests.items()) if request.owned]
        for request in requests:
            self.unqueue(request)
        lead.owner = owner
        for request in requests:
            self.queue(request)

    def abandon(self, lead: Lead, move: int) -> None:
        """Rule 44: the lead leaves, so that a request is dropped and work in progress stops."""
        if move in lead.requests:
            self.tell(lead, move, DROPPED)
            self.withdraw(lead.requests[move])
        if move in lead.works:
            work = lead.works[move]
            self.tell(lead, move, STOPPED, work.person)
            if work.process is not None:
                work.process.interrupt()
            self.put_down(work)

    # ------------------------------------------------------------ work
    def take_up(self, team: int) -> None:
        """Rule 42: who is there and has no work takes up work, unless it is a day off."""
        if is_day_off(self.tables.worked_days[team], self.funnel.now):
            return
        for person in self.people_of(team):
            if self.is_there(person) and not self.busy[person]:
                queue = self.owned[person] or self.shared[team]
                if queue:
                    self.begin(queue[0].request, person)

    def begin(self, request: Request, person: int) -> None:
        """Let a person take up the work on a move (rule 42)."""
        lead, move = request.lead, request.move
        self.withdraw(request)
        lead.begun += 1
        self.tell(lead, move, BEGUN, person)
        self.work_on(lead, move, person)
        if request.owned:
            self.funnel.owners.note_follow_up(lead)

    def work_on(self, lead: Lead, move: int, person: int) -> None:
        """Rules 39 and 51: work on the row that the attempt has come to, by what holds when it begins."""
        work = Work(lead, move, person)
        lead.works[move] = work
        self.busy[person] = True
        work.process = self.funnel.environment.process(self.work(work, self.end_of_work(work)))

    def end_of_work(self, work: Work) -> int:
        """Tick at which work that begins now ends."""
        regime, lead, move = self.funnel.regime, work.lead, work.move
        record, person = self.tables.moves[regime, move], self.tables.people[work.person]
        wait = self.tables.waits[self.tables.rows[regime, self.funnel.attempts.row_in_turn(lead, move)]["takes"]]
        attempt, step = lead.attempts[move], lead.step[move]
        ticks = luck.work_ticks(wait, self.tables.pool, record["key"], lead.key, lead.starts[move], attempt, step)
        hours, days = self.tables.teams[regime, record["team"]]["hours"], self.tables.worked_days[record["team"]]
        return int(work_end(days, self.funnel.now, ticks, hours, person["pace"]))

    def work(self, work: Work, end: int) -> Generator[simpy.events.Event, Any, None]:
        """Work until the end, and let the attempt be decided (rule 44) unless it is stopped before."""
        try:
            yield self.funnel.at_turn_of(work.lead, work.move, end)
        except simpy.Interrupt:
            return
        self.put_down(work)
        self.funnel.attempts.finish(work.lead, work.move, work.person)

    def put_down(self, work: Work) -> None:
        """Take a piece of work off a person."""
        del work.lead.works[work.move]
        self.busy[work.person] = False
        self.funnel.due_pass()

    # ------------------------------------------------------------ queue limits
    def turn_away(self, team: int) -> None:
        """Rule 45: while more wait than can, those who asked at this instant are turned away, the last first."""
        queue = self.shared[team]
        while len(queue) > self.tables.teams[self.funnel.regime, team]["queue_limit"]:
            late = [request for _, request in queue if request.asked == self.funnel.now]
            if not late:
                return
            self.refuse(max(late, key=lambda request: (int(request.lead.key), request.move)))

    def refuse(self, request: Request) -> None:
        """Rule 45: a request that is turned away uses up an attempt."""
        lead, move, attempts = request.lead, request.move, self.funnel.attempts
        record, row = self.funnel.move(move), attempts.row_in_turn(lead, move)
        self.withdraw(request)
        attempts.use_up(lead, move)
        going = attempts.way(lead, record["otherwise"], record["else_reason"])
        attempts.conclude(lead, move, TURNED_AWAY, going, [{"outcome": TURNED_AWAY, "row": row}])
