"""What the definition of a figure says, and how its name, unit and sentences are filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["flow", "level", "ratio", "growth", "quantile", "spread", "lift", "probability"]

Over = Literal["period", "horizon", "cohort"]
OVERS: tuple[Over, ...] = ("period", "horizon", "cohort")

OVER_TIME: tuple[Over, ...] = ("period", "horizon")
HORIZON: tuple[Over, ...] = ("horizon",)
IN_ALL: tuple[Over, ...] = ("horizon", "cohort")
PERIODS: tuple[Over, ...] = ("period",)


@dataclass(frozen=True)
class Definition:
    """What a metric is.

    Parameters
    ----------
    pattern : str
        Its name; `<stage>`, `<from>` and `<to>` stand for stages, `<team>`, `<track>` and `<reason>` for what they say.
    kind : {"flow", "level", "ratio", "growth", "quantile", "spread", "lift", "probability"}
        A flow adds up over time and groups, a level over groups only; the others do not add up.
    unit : str
        `{currency}` and `<stage>` are filled in.
    meaning : str
        One sentence. `{old}` is filled in with what makes a lead old.
    source : str
        The number in the domain's description.
    title : str
        What pictures call it, without its unit.
    parts : tuple of str
        Metrics or quantities it is made of: what a flow is the sum of, a ratio's numerator and denominator, what
        grows, the two ratios of a lift.
    cohort_parts : tuple of str
        A ratio's numerator and denominator by cohort, where they differ.
    boundary : str
        What happens at the edges.
    of : str
        For what there is such a metric: a field of `vocabulary.Vocabulary`. With a place in the pattern one for each
        name there; without, one if there is any.
    times : tuple of {"period", "horizon", "cohort"}
        Over what it is measured.
    """

    pattern: str
    kind: Kind
    unit: str
    meaning: str
    source: str
    title: str = ""
    parts: tuple[str, ...] = ()
    cohort_parts: tuple[str, ...] = ()
    boundary: str = ""
    of: str = "stages"
    times: tuple[Over, ...] = OVERS

    def parts_over(self, over: str) -> tuple[str, ...]:
        """Return the metrics it is made of over a period, the horizon or a cohort."""
        return (self.cohort_parts or self.parts) if over == "cohort" else self.parts


def quantity(pattern: str, kind: Kind, parts: tuple[str, ...] = ()) -> Definition:
    """Define something that metrics are made of and that is no metric itself."""
    return Definition(pattern, kind, "", "", "", parts=parts)


EMPTY = "Without a denominator there is no figure: such replications are counted as empty."
BACKLOG = "A backlog standing there on day one is no entry; the warm-up is not counted."
AT_END = "Over the horizon: at its end."

PLACE = re.compile(r"<(\w+)>")
_ABBREVIATIONS = {"mql": "MQL", "sql": "SQL"}


def fill(text: str, places: Mapping[str, str], currency: str = "{currency}", old: str = "old") -> str:
    """Fill places such as `<stage>`, `{currency}` and `{old}` in a name, unit or sentence."""
    text = text.replace("{currency}", currency).replace("{old}", old)
    return PLACE.sub(lambda match: places.get(match[1], match[0]), text)


def abbreviated(places: Mapping[str, str]) -> dict[str, str]:
    """Return what places stand for as the trade writes it: MQL and SQL in capitals."""
    return {place: _ABBREVIATIONS.get(name, name) for place, name in places.items()}


def unit_of(definition: Definition, places: Mapping[str, str], currency: str = "{currency}") -> str:
    """Return the unit with its currency and stage, such as ``CNY per SQL``."""
    return fill(definition.unit, abbreviated(places), currency)


def is_money(definition: Definition) -> bool:
    """Say whether what is counted is money, in ten-thousandths."""
    return definition.unit.startswith("{currency}")


def by_length(definition: Definition) -> tuple[bool, int]:
    """Return where a definition comes when a name is looked up: first those with the most fixed text.

    So ``old_share_x`` is the share of old leads among the entries into ``x``, also where a stage is called ``share_x``.
    """
    places = PLACE.findall(definition.pattern)
    return bool(places), -len(PLACE.sub("", definition.pattern))
