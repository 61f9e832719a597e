"""Rules and their conditions, as a program has them (rule 65)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from funnelsim.program import records as p
from funnelsim.program.recipes import RecipeBook
from funnelsim.scenario import quantities as q
from funnelsim.scenario.conditions import Conditions

NAMED = {"from": p.BY_FROM, "stage": p.BY_STAGE}
RANGED = {"score": p.BY_SCORE, "age": p.BY_AGE, "silent": p.BY_SILENCE, "touched": p.BY_TOUCHED}

BEHAVIOURS = ("none", "opened", "clicked", "answered")
"""In the order of their codes; events follow."""

ANYBODY = Conditions()


class RuleBook:
    """The growing lists of rules and conditions.

    Parameters
    ----------
    values : mapping
        The values of each kind.
    channels, stages, events, reasons : sequence of str
        A name may stand for two reasons.
    num_regimes : int
    book : RecipeBook
    """

    def __init__(
        self,
        values: Mapping[str, Sequence[str]],
        channels: Sequence[str],
        stages: Sequence[str],
        events: Sequence[str],
        reasons: Sequence[str],
        num_regimes: int,
        book: RecipeBook,
    ) -> None:
        self._values, self._channels, self._stages = values, tuple(channels), tuple(stages)
        self._behaviours, self._reasons = (*BEHAVIOURS, *events), tuple(reasons)
        self._book = book
        self.rules: list[tuple[int, ...]] = []
        self.people: list[int] = []
        self.conditions: list[tuple[int, int]] = []
        self.ranges: list[list[tuple[int, int]]] = [[] for _ in range(num_regimes)]

    def add(
        self,
        path: str,
        by_regime: Sequence[Conditions],
        to: int = p.NONE,
        people: Sequence[int] = (),
        by: int = p.LEAST_LOADED,
    ) -> int:
        """Add a rule whose conditions are written at a path; return its number.

        Parameters
        ----------
        path : str
        by_regime : sequence of Conditions
            They differ in the bounds of ranges only.
        to : int
            Of a stage's rule the stream, NONE or KEEP.
        people : sequence of int
            Of a rule of assignment.
        by : int
            How one of them is chosen.
        """
        first, first_person = len(self.conditions), len(self.people)
        for looked_at, names in by_regime[0].names.items():
            self.conditions += [found for name in names for found in self._named(looked_at, name)]
        for bounds in self.ranges:
            bounds.extend([(p.NONE, p.NONE)] * (len(self.conditions) - len(bounds)))
        for looked_at in by_regime[0].ranges:
            self.conditions.append((RANGED[looked_at], 0))
            for bounds, conditions in zip(self.ranges, by_regime, strict=True):
                lies = conditions.ranges[looked_at]
                ends = (("from", lies.from_), ("below", lies.below))
                bounds.append(tuple(self._bound(f"{path}.{looked_at}.{end}", one) for end, one in ends))  # type: ignore[arg-type]
        self.people += people
        self.rules.append((first, len(self.conditions), first_person, len(self.people), by, to))
        return len(self.rules) - 1

    def _bound(self, path: str, number: q.Number | None) -> int:
        return p.NONE if number is None else self._book.parameter(path, number)

    def _named(self, looked_at: str, name: str) -> list[tuple[int, int]]:
        match looked_at:
            case "reason":
                return [(p.BY_REASON, place) for place, reason in enumerate(self._reasons) if reason == name]
            case "behaviour":
                return [(p.BY_BEHAVIOUR, self._behaviours.index(name))]
            case "stage" | "from":
                return [(NAMED[looked_at], self._stages.index(name))]
            case "channel":
                return [(p.BY_CHANNEL, self._channels.index(name))]
        return [(p.BY_KIND + list(self._values).index(looked_at), self._values[looked_at].index(name))]
