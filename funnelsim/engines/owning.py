"""Who owns leads, in the reference engine: leads get owners, ask for more time, and are taken back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.engines import luck
from funnelsim.engines.leads import Lead
from funnelsim.engines.philox import below
from funnelsim.engines.rows import CLAIMED, EXTENDED, UNOWNED
from funnelsim.engines.tables import UNLIMITED
from funnelsim.program import records as p
from funnelsim.program.calendar import DAY

if TYPE_CHECKING:
    from funnelsim.engines.reference import Funnel

REACHED, A_WIN = 3, 2
"""Marks of a lead that reached an opportunity or a win, and of one that reached a win (rule 50)."""


class Owners:
    """The leads that a funnel's people have in hand, and those that wait for an owner."""

    def __init__(self, funnel: Funnel) -> None:
        self.funnel, self.tables = funnel, funnel.tables
        people = len(funnel.program.people)
        self.waiting: list[set[Lead]] = [set() for _ in funnel.program.teams]
        """By team: leads without an owner."""
        self.held = [0] * people
        """By person: leads in hand."""
        self.claims = [0] * people
        """By person: leads given to them on the day `claims_day`."""
        self.claims_day = 0
        self.tokens = [0] * people
        """By person: leads in hand that hold a token for more time (rule 49)."""
        self.chosen_last = [p.NONE] * len(self.tables.rules)
        """By rule: who was chosen last, by place among its people (rule 46)."""
        self.asks: dict[tuple[int, int], Lead] = {}
        """Deadlines that ask for a token, by lead key and move."""

    # ------------------------------------------------------------ leads come and go
    def follow(self, lead: Lead, stage: int) -> None:
        """Rules 46, 47 and 49: a lead that goes to a stage keeps its owner, leaves them, or waits for one."""
        record = self.tables.containers[0, stage]
        self.take_token(lead)
        lead.won = lead.won or bool(record["flags"] & p.WON)
        if record["owner"] != lead.team:
            self.leave(lead)
            lead.team, lead.reached = int(record["owner"]), 0
            if lead.team != p.NONE:
                self.wait(lead)
        if lead.team != p.NONE:
            lead.reached |= int(self.tables.marks[lead.team, stage])

    def leave(self, lead: Lead) -> None:
        """Rule 47: a lead leaves the stages of its owner's team."""
        if lead.team == p.NONE:
            return
        self.waiting[lead.team].discard(lead)
        lead.waits_since = p.NONE
        if lead.owner != p.NONE:
            lead.last_owner, lead.left_owner = lead.owner, self.funnel.now
            self.let_go(lead)
        if lead.claimed != p.NONE:
            for move in self.funnel.stays.moves_of(self.funnel.stays.recycling + lead.team):
                self.funnel.clocks.cancel(lead, move)
            lead.claimed = p.NONE

    def let_go(self, lead: Lead) -> None:
        """Take a lead out of its owner's hands."""
        self.take_token(lead)
        self.held[lead.owner] -= 1
        self.funnel.staff.change_owner(lead, p.NONE)
        self.funnel.due_pass()

    def wait(self, lead: Lead) -> None:
        """Rule 46: a lead waits for an owner, from now on."""
        now = self.funnel.now
        lead.waits_since, lead.rule = now, self.rule_of(lead)
        self.waiting[lead.team].add(lead)
        self.funnel.due_pass()
        if self.cooled_down(lead) > now:
            self.funnel.due_pass_at(self.cooled_down(lead))

    def cooled_down(self, lead: Lead) -> int:
        """Tick from which the last owner may have the lead again."""
        return lead.left_owner + int(self.tables.teams[0, lead.team]["cooldown"]) if lead.last_owner != p.NONE else 0

    def part_from_gone(self, leads: Iterable[Lead]) -> None:
        """Rule 47: the leads of those who leave now wait for another owner."""
        for lead in leads:
            if lead.owner != p.NONE and not self.funnel.staff.is_there(lead.owner):
                person = lead.owner
                self.funnel.record(lead, UNOWNED, lead.stage, lead.stream, person=person)
                self.let_go(lead)
                self.wait(lead)

    # ------------------------------------------------------------ claims
    def assign(self, team: int) -> None:
        """Rule 46: the leads that wait get owners, in order, as long as there is somebody who may take one."""
        people = self.funnel.staff.people_of(team)
        if not any(map(self.has_room, people)):
            return
        for lead in sorted(self.waiting[team], key=lambda lead: (lead.waits_since, int(lead.key))):
            person = self.choose(lead)
            if person != p.NONE:
                self.claim(lead, person)
                if not any(map(self.has_room, people)):
                    return

    def rule_of(self, lead: Lead) -> int:
        """Rule 46: the first rule of the team whose conditions a lead meets."""
        team = self.tables.teams[0, lead.team]
        rules = range(int(team["first_rule"]), int(team["end_rule"]))
        return next(rule for rule in rules if self.funnel.routes.holds(lead, rule))

    def choose(self, lead: Lead) -> int:
        """Rule 46: who gets a lead by its rule; NONE if nobody may take it now."""
        rule = self.tables.rules[lead.rule]
        people = self.tables.rule_people[rule["first_person"] : rule["end_person"]].tolist()
        may = [place for place, person in enumerate(people) if self.may_take(person, lead)]
        if not may:
            return p.NONE
        if rule["by"] == p.ROUND_ROBIN:
            last = self.chosen_last[lead.rule]
            chosen = min(may, key=lambda place: (place <= last, place))
        else:
            chosen = min(may, key=lambda place: (self.held[people[place]], place))
        self.chosen_last[lead.rule] = chosen
        return int(people[chosen])

    def may_take(self, person: int, lead: Lead) -> bool:
        """Rule 46: one has room, and has not just had this lead."""
        just_had = person == lead.last_owner and self.funnel.now < self.cooled_down(lead)
        return self.has_room(person) and not just_had

    def has_room(self, person: int) -> bool:
        """Rules 46 and 48: one is there, holds fewer leads than can be, and got fewer than a day's claims."""
        limits = self.tables.teams[self.funnel.regime, self.tables.people[person]["team"]]
        if self.claims_day != self.funnel.now // DAY:
            self.claims_day, self.claims = self.funnel.now // DAY, [0] * len(self.claims)
        room = self.held[person] < limits["hold"] and self.claims[person] < limits["claim_per_day"]
        return bool(room and self.funnel.staff.is_there(person))

    def claim(self, lead: Lead, person: int) -> None:
        """Rules 46 and 50: a lead gets an owner; the first time, what would take it back starts."""
        self.claims[person] += 1
        self.hand_over(lead, person)
        self.funnel.note_stall(lead)

    def keep(self, lead: Lead, person: int) -> None:
        """Rule 71: a lead of a snapshot is its owner's from the start, whatever they hold, if they are there."""
        if lead.team != p.NONE and self.funnel.staff.is_there(person):
            self.hand_over(lead, person)

    def hand_over(self, lead: Lead, person: int) -> None:
        """Rules 46 and 50: a lead gets an owner; the first time, what would take it back starts."""
        self.waiting[lead.team].discard(lead)
        lead.waits_since = p.NONE
        self.held[person] += 1
        self.funnel.record(lead, CLAIMED, lead.stage, lead.stream, person=person)
        if lead.claimed == p.NONE:
            lead.claimed, lead.followed, lead.begun = self.funnel.now, p.NONE, 0
            self.funnel.stays.open_container(lead, self.funnel.stays.recycling + lead.team)
        self.funnel.staff.change_owner(lead, person)

    # ------------------------------------------------------------ more time
    def puts_off(self, lead: Lead, move: int) -> bool:
        """Rule 49: at its clock, see whether a deadline is put off or asks for that."""
        record = self.funnel.move(move)
        if record["extend_by"] == 0 or lead.extended[move] >= record["times"]:
            return False
        word = luck.extension_word(record["key"], lead.key, lead.starts[move], lead.extended[move])
        if not below(np.uint64(word), int(record["extend_chance"])):
            return False
        if record["per_owner"] >= UNLIMITED or lead.holds_token:
            self.extend(lead, move)
            return True
        if lead.owner == p.NONE:
            return False
        lead.asking.add(move)
        self.asks[int(lead.key), move] = lead
        self.funnel.due_pass()
        return True

    def answer(self) -> None:
        """Rule 49: in order, who asks for more time gets a token of the owner, or the deadline comes."""
        asks, self.asks = self.asks, {}
        for (_, move), lead in sorted(asks.items()):
            if move not in lead.asking:
                continue  # the lead has left
            lead.asking.discard(move)
            if not lead.holds_token and self.tokens[lead.owner] < self.funnel.move(move)["per_owner"]:
                lead.holds_token = True
                self.tokens[lead.owner] += 1
            if lead.holds_token:
                self.extend(lead, move)
            else:
                self.funnel.attempts.attempt(lead, move)

    def extend(self, lead: Lead, move: int) -> None:
        """Rule 49: a deadline starts again."""
        record = self.funnel.move(move)
        lead.extended[move] += 1
        self.funnel.clocks.set(lead, move, self.funnel.now + int(record["extend_by"]))
        self.funnel.record_move(lead, move, EXTENDED, int(record["first_row"]), lead.extended[move], lead.owner)
        self.funnel.note_stall(lead)

    def take_token(self, lead: Lead) -> None:
        """Rule 49: a lead gives its token back, if it holds one."""
        if lead.holds_token:
            lead.holds_token = False
            self.tokens[lead.owner] -= 1
            self.funnel.due_pass()

    # ------------------------------------------------------------ taken back
    def note_follow_up(self, lead: Lead) -> None:
        """Rule 50: owned work was begun."""
        stays = self.funnel.stays
        lead.followed = self.funnel.now
        for move in stays.moves_of(stays.recycling + lead.team):
            if self.funnel.move(move)["trigger"] == p.ON_FOLLOW_UP:
                stays.trigger(lead, move, self.funnel.now)

    def take_back(self, lead: Lead, move: int) -> None:
        """Rule 50: at its clock, see whether a lead is to be taken back: not for good, not yet, or now."""
        protected = self.protected_until(lead)
        if self.is_void(lead, int(self.funnel.move(move)["void"])):
            lead.started.discard(move)
            self.funnel.note_stall(lead)
        elif self.funnel.now < protected:
            self.funnel.clocks.set(lead, move, protected)
        else:
            self.funnel.attempts.attempt(lead, move)

    def is_void(self, lead: Lead, void: int) -> bool:
        """Rule 50: what has come true meanwhile makes it silent for good."""
        marks = {p.NOT_VOID: 0, p.VOID_IF_REACHED: REACHED, p.VOID_IF_WON: A_WIN}[void]
        return lead.won or bool(lead.reached & marks)

    def protected_until(self, lead: Lead) -> int:
        """Rule 50: tick from which an owned lead is not protected any more."""
        team = self.tables.teams[0, lead.team]
        until = lead.claimed + int(team["protection"])
        if lead.followed != p.NONE:
            by_activity = lead.followed + int(team["by_activity"])
            until = max(until, min(by_activity, lead.claimed + int(team["most"])))
        return until
