"""A lead as the reference engine knows it: where it stands, what it has been through, and what goes on with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import simpy

from funnelsim.engines.deciding import Store
from funnelsim.engines.tables import UNLIMITED
from funnelsim.program import records as p


class Clock(NamedTuple):
    """A running clock: the process that waits, and the tick it waits for."""

    process: simpy.Process
    tick: int
    event: int
    """Number of the lead's event in which, or after which, it was set."""


@dataclass(eq=False)
class Request:
    """A move that waits for a person (rule 40)."""

    lead: Lead
    move: int
    asked: int
    team: int
    owned: bool
    """Whether it waits for the lead's owner, rather than for whoever of the team."""
    place: tuple[int, int, int, int] | None = None
    """What orders it in its queue (rule 43); None while it waits for there to be an owner."""


@dataclass(eq=False)
class Work:
    """A row of a move that a person works on."""

    lead: Lead
    move: int
    person: int
    process: simpy.Process | None = None


@dataclass(eq=False)
class Lead:
    """One lead. What is counted by move is of the present stay, unless it says otherwise."""

    key: np.uint64
    channel: int
    number: int
    created: int
    kinds: list[int]
    """The segment, then the value of each trait and of what is observed."""
    known: p.Record | None = None
    """What a snapshot says of it (`records.OPEN_LEAD`)."""
    stage: int = p.NONE
    """Rule 9: always one, once it is created, and at most one stream."""
    stream: int = p.NONE
    visits: Counter[int] = field(default_factory=Counter)
    """By container."""
    started: set[int] = field(default_factory=set)
    """Moves whose clock was started in this stay."""
    starts: Counter[int] = field(default_factory=Counter)
    """What keys a move's draws (rule 33)."""
    lifetime: Counter[int] = field(default_factory=Counter)
    """Attempts, over all stays."""
    attempts: Counter[int] = field(default_factory=Counter)
    misses: Counter[int] = field(default_factory=Counter)
    """Attempts in a row that failed at the first row (rule 51)."""
    done: Counter[int] = field(default_factory=Counter)
    """Successes."""
    extended: Counter[int] = field(default_factory=Counter)
    """How often a deadline was put off (rule 49)."""
    step: Counter[int] = field(default_factory=Counter)
    """The row of its script that an attempt has come to."""
    clocks: dict[int, Clock] = field(default_factory=dict)
    requests: dict[int, Request] = field(default_factory=dict)
    works: dict[int, Work] = field(default_factory=dict)
    asking: set[int] = field(default_factory=set)
    """Deadlines that ask for a token (rule 49)."""
    holds_token: bool = False
    stalled: bool = False
    logged: int = 0
    """Rows of the log so far."""
    events: int = 0
    """Attempts that are over, and its coming."""

    # what it has shown, and what was done to it (rules 55 to 65)
    warmth: Store = field(default_factory=Store)
    fatigue: Store = field(default_factory=Store)
    behaviour: int = p.NO_BEHAVIOUR
    """The last."""
    active: int = 0
    """Tick of its last activity in life, from which its silence counts."""
    touched: int = 0
    """Touches that were delivered to it."""
    is_open: bool = False
    """Whether it was there at the start."""
    opted_out: bool = False
    came_from: int = p.NONE
    """The stage that it left for the present one."""
    reason: int = p.NONE
    """Why it did."""
    had: Counter[int] = field(default_factory=Counter)
    """Pieces of each asset."""
    sent: dict[int, list[int]] = field(default_factory=dict)
    """By limit of contact: ticks of the touches it holds for."""
    held: set[int] = field(default_factory=set)
    """Moves whose rule held when it was last tested in this stay (rule 68)."""
    edge: int = UNLIMITED
    """Tick at which rules are tested next by time alone."""
    planned: dict[int, int] = field(default_factory=dict)
    """By move: for when a touch was planned that is postponed (rule 63)."""

    # who owns it (rules 46 to 50)
    team: int = p.NONE
    """The team in whose stages it is."""
    owner: int = p.NONE
    waits_since: int = p.NONE
    """Tick since which it waits for an owner; NONE if it does not."""
    rule: int = p.NONE
    """By which its owner is chosen."""
    claimed: int = p.NONE
    """Tick of the first claim since it came into the team's stages; NONE before."""
    followed: int = p.NONE
    """Tick of the last follow-up since."""
    last_owner: int = p.NONE
    """Whose lead it was when it last left a team's stages; not who left the team meanwhile."""
    left_owner: int = p.NONE
    """Tick at which it left them."""
    begun: int = 0
    """How often work was begun on it since the first claim, or since it came."""
    reached: int = 0
    """Marks of the stages entered since it came into the team's stages: 1 an opportunity, 2 a win."""
    won: bool = False
    """Whether it ever entered the stage of the won."""

    def is_engaged(self, move: int) -> bool:
        """Say whether a move waits for a person, is worked on, or asks for more time."""
        return move in self.requests or move in self.works or move in self.asking

    @property
    def is_silent(self) -> bool:
        """Say whether nothing is planned for it (rule 25)."""
        return not (self.clocks or self.requests or self.works or self.asking or self.edge < UNLIMITED)

    def restart(self, move: int) -> None:
        """Count what is of one stay from nothing (rules 12 and 29)."""
        for counts in (self.attempts, self.misses, self.done, self.extended, self.step):
            counts[move] = 0
        self.planned.pop(move, None)

    def nearest(self, deadlines: set[int]) -> int:
        """Tick of the nearest of these moves whose clocks run; UNLIMITED if none does."""
        return min((clock.tick for move, clock in self.clocks.items() if move in deadlines), default=UNLIMITED)
