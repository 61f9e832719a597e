"""Every figure, defined once: what it is, its unit, what it is divided by, and where it comes from.

Names are patterns: `cost_per_<stage>` stands for one metric of every stage. What is said here is what is computed: a
ratio is the quotient of the two metrics it names, a sum is the sum of the metrics it names.
"""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from funnelsim.scenario.problems import listed, near_miss

if TYPE_CHECKING:
    from funnelsim.scenario import Scenario

Kind = Literal["flow", "level", "ratio", "growth", "quantile"]


@dataclass(frozen=True)
class Definition:
    """What a metric is.

    Parameters
    ----------
    pattern : str
        Its name; `<stage>`, `<from>` and `<to>` stand for stages.
    kind : {"flow", "level", "ratio", "growth", "quantile"}
        A flow adds up over time and groups, a level over groups only; the others do not add up.
    unit : str
        `{currency}` and `<stage>` are filled in.
    meaning : str
        One sentence. `{old}` is filled in with what makes a lead old.
    source : str
        The number in the domain's description.
    parts : tuple of str
        Metrics it is made of: what a flow is the sum of, a ratio's numerator and denominator, what grows.
    cohort_parts : tuple of str
        A ratio's numerator and denominator by cohort, where they differ.
    boundary : str
        What happens at the edges.
    """

    pattern: str
    kind: Kind
    unit: str
    meaning: str
    source: str
    parts: tuple[str, ...] = ()
    cohort_parts: tuple[str, ...] = ()
    boundary: str = ""

    def parts_over(self, over: str) -> tuple[str, ...]:
        """Return the metrics it is made of over a period, the horizon or a cohort."""
        return (self.cohort_parts or self.parts) if over == "cohort" else self.parts


_EMPTY = "Without a denominator there is no figure: such replications are counted as empty."
_BACKLOG = "A backlog standing there on day one is no entry; the warm-up is not counted."
_BY_COHORT = "By cohort it is that of the leads created in one period."
_SHARED = (
    "By segment, a channel's media spend is shared out by the leads it created in that segment and period (by the "
    "segments' shares where it created none)."
)

DEFINITIONS: tuple[Definition, ...] = (
    # ------------------------------------------------------------ flows
    Definition("new_leads", "flow", "leads", "Leads created.", "D4.5", boundary="A backlog is not created."),
    Definition("<stage>", "flow", "leads", "Entries into <stage>, first and later ones.", "D2.1", boundary=_BACKLOG),
    Definition(
        "first_<stage>",
        "flow",
        "leads",
        "Leads that entered <stage> for the first time.",
        "D0.6",
        boundary=f"{_BACKLOG} A backlog lead that comes back to where it stood has been there before.",
    ),
    Definition("fast_<stage>", "flow", "leads", "Entries into <stage> by leads that were not {old}.", "D0.6"),
    Definition("old_<stage>", "flow", "leads", "Entries into <stage> by leads that were {old}.", "D0.6"),
    Definition("touches", "flow", "touches", "Touches made by tracks, answered or not.", "D4.1"),
    Definition("responses", "flow", "responses", "Touches that were answered.", "D2.6"),
    Definition(
        "reopened",
        "flow",
        "leads",
        "Leads in a track, {old}, that have just shown engagement again: successes of the track's moves.",
        "D Terms, D4.5",
        boundary="A lead counts each time.",
    ),
    Definition(
        "spend",
        "flow",
        "{currency}",
        "All that is spent.",
        "D0.7",
        parts=("spend_media", "spend_leads", "spend_touches", "spend_moves"),
        boundary=f"{_SHARED} By cohort it is the media spend of the cohort's period and what its own leads cost since.",
    ),
    Definition(
        "spend_media",
        "flow",
        "{currency}",
        "What is spent on channels as time goes by.",
        "D0.7",
        boundary=f"{_SHARED} By cohort it is that of the cohort's period.",
    ),
    Definition("spend_leads", "flow", "{currency}", "What channels charge by the lead.", "D0.4"),
    Definition("spend_touches", "flow", "{currency}", "What touches cost.", "D0.7"),
    Definition("spend_moves", "flow", "{currency}", "What attempts of moves other than touches cost.", "D4.5"),
    Definition("revenue", "flow", "{currency}", "Value of all entries into stages.", "D1.8", parts=("value_<stage>",)),
    Definition(
        "value_<stage>",
        "flow",
        "{currency}",
        "Value of the entries into <stage>.",
        "D1.8",
        boundary="0 where the stage has no value.",
    ),
    # ------------------------------------------------------------ levels
    Definition(
        "in_<stage>",
        "level",
        "leads",
        "Leads standing in <stage> at the end of the period.",
        "D4.4",
        boundary="Leads of the warm-up and of a backlog are among them. Over the horizon: at its end.",
    ),
    Definition(
        "stalled_<stage>",
        "level",
        "leads",
        "Leads in <stage> at the end of the period with nothing more to come: all their moves are silent.",
        "D4.4",
        boundary="None in a final stage. Over the horizon: at its end.",
    ),
    # ------------------------------------------------------------ ratios
    Definition(
        "old_share_<stage>",
        "ratio",
        "share",
        "Share of the entries into <stage> by leads that were {old}.",
        "D0.6, D0.8",
        parts=("old_<stage>", "<stage>"),
        boundary=_EMPTY,
    ),
    Definition(
        "rate_<from>_to_<to>",
        "ratio",
        "share",
        "Entries into <to> for each entry into <from> of the same time; by cohort, leads that ever entered.",
        "D0.4, D0.8",
        parts=("<to>", "<from>"),
        cohort_parts=("first_<to>", "first_<from>"),
        boundary=f"By period it can exceed 1, since entries into <to> come of earlier ones into <from>. {_EMPTY}",
    ),
    Definition(
        "cost_per_<stage>",
        "ratio",
        "{currency} per <stage>",
        "What is spent for each entry into <stage>; by cohort, for each of its leads that ever entered.",
        "D0.4, D0.7, D4.5",
        parts=("spend", "<stage>"),
        cohort_parts=("spend", "first_<stage>"),
        boundary=f"Spend is that of all stages. {_SHARED} {_EMPTY}",
    ),
    Definition(
        "touches_per_<stage>",
        "ratio",
        "touches per <stage>",
        "Touches made for each entry into <stage>; by cohort, for each of its leads that ever entered.",
        "D4.1",
        parts=("touches", "<stage>"),
        cohort_parts=("touches", "first_<stage>"),
        boundary=f"All touches count, also those of leads that never enter. {_EMPTY}",
    ),
    # ------------------------------------------------------------ growth and quantiles
    Definition(
        "lvr_<stage>",
        "growth",
        "%",
        "Lead velocity rate: growth of the entries into <stage> from one period to the next, in percent.",
        "D0.5",
        parts=("<stage>",),
        boundary=(
            "None in the first period, and in any that follows a period without entries. It is a figure of periods: "
            "there is none over the horizon, nor by cohort. A first or last period that is shorter than others shows."
        ),
    ),
    Definition(
        "days_to_<stage>",
        "quantile",
        "days",
        "Median over leads of the days from creation to the first entry into <stage>.",
        "D2.4",
        boundary=(
            "Of the leads that entered within the horizon, so late ones are missed. Measured over the horizon only, in "
            "bins of 1/64 of the age. Empty where nobody entered."
        ),
    ),
    Definition(
        "p90_days_to_<stage>",
        "quantile",
        "days",
        "Days from creation within which nine in ten of the leads that first entered <stage> did so.",
        "D4.1",
        boundary="As days_to_<stage>.",
    ),
)
"""The one table. Fixed names and prefixes are reserved words of the scenario language, so that no stage takes them."""

BY_PATTERN = {definition.pattern: definition for definition in DEFINITIONS}

_PLACE = re.compile(r"<(\w+)>")
_ABBREVIATIONS = {"mql": "MQL", "sql": "SQL"}


def fill(text: str, stages: Mapping[str, str], currency: str = "{currency}", old: str = "old") -> str:
    """Fill places such as `<stage>`, `{currency}` and `{old}` in a name, unit or sentence."""
    text = text.replace("{currency}", currency).replace("{old}", old)
    return _PLACE.sub(lambda match: stages.get(match[1], match[0]), text)


def unit_of(definition: Definition, stages: Mapping[str, str], currency: str = "{currency}") -> str:
    """Return the unit with its currency and stage, such as ``CNY per SQL``."""
    return fill(definition.unit, {place: _ABBREVIATIONS.get(stage, stage) for place, stage in stages.items()}, currency)


def is_money(definition: Definition) -> bool:
    """Say whether what is counted is money, in ten-thousandths."""
    return definition.unit.startswith("{currency}")


# ---------------------------------------------------------------- explaining
def explain(name: str, scenario: Scenario | None = None) -> str:
    """Say what a metric is: definition, unit, denominator, boundary cases and source.

    Parameters
    ----------
    name : str
        A metric, such as ``cost_per_sql`` (a group, as in ``sql[channel=search]``, is allowed), or a pattern, such as
        ``cost_per_<stage>``.
    scenario : Scenario, optional
        Fills in its stages and currency, and says which names there are. Without one any stage is taken for granted.

    Returns
    -------
    str
        A few lines of at most 80 columns.

    Raises
    ------
    ValueError
        For an unknown name, with a near miss.
    """
    base, _, group = name.partition("[")
    if scenario is None or name in BY_PATTERN:
        definition, stages = _matched(base)
    else:
        from funnelsim.metrics.names import figure_of

        definition, stages = figure_of(name, scenario, group.partition("=")[0] or None)[1:3]
    currency, old = ("currency", _OLD) if scenario is None else (scenario.currency, _old_in_words(scenario))
    lines = [f"{name}  ({unit_of(definition, stages, currency)})"]
    for label, text in _paragraphs(definition, bool(group)):
        lines += textwrap.wrap(
            f"{label}: {fill(text, stages, currency, old)}", 78, initial_indent="  ", subsequent_indent="    "
        )
    return "\n".join(lines)


def _paragraphs(definition: Definition, grouped: bool) -> list[tuple[str, str]]:
    kinds = {
        "flow": "a flow; it adds up over periods, cohorts and groups",
        "level": "a level; it adds up over groups, not over time",
        "ratio": "a ratio; over several replications it is total over total, with a jackknife error",
        "growth": "a growth; over several replications it is that of the totals",
        "quantile": "a quantile over leads; over several replications the mean of theirs",
    }
    paragraphs = [("definition", definition.meaning), ("kind", f"{kinds[definition.kind]}.")]
    if definition.kind == "ratio":
        over, under = definition.parts
        text = f"{under} (the numerator is {over})."
        if definition.cohort_parts:
            text += f" By cohort: {definition.cohort_parts[1]}."
        paragraphs.append(("denominator", text))
    elif definition.kind == "growth":
        paragraphs.append(("denominator", f"{definition.parts[0]} of the period before."))
    else:
        paragraphs.append(("denominator", "none."))
    if definition.kind == "flow" and definition.parts:
        paragraphs.append(("parts", f"{listed(definition.parts, 'and')}."))
    paragraphs.append(("boundary", definition.boundary or _BACKLOG))
    if grouped:
        paragraphs.append(("group", "that of the leads of this group alone."))
    return [*paragraphs, ("source", f"DOMAIN {definition.source.removeprefix('D ')}")]


_OLD = "old (30 days since their creation, if not set otherwise)"


def _old_in_words(scenario: Scenario) -> str:
    if scenario.old_after == "month":
        return "old (created in an earlier calendar month)"
    return f"old ({scenario.old_after / 86_400_000:g} days or more since their creation)"


def _matched(name: str) -> tuple[Definition, Mapping[str, str]]:
    """Match a name without knowing the stages: any slug may be one, unless it looks like a slip of the pen."""
    if name in BY_PATTERN:
        return BY_PATTERN[name], {}
    for definition in sorted(DEFINITIONS, key=lambda definition: -len(definition.pattern)):
        if definition.pattern == "<stage>" or not _PLACE.search(definition.pattern):
            continue
        match = re.fullmatch(_PLACE.sub(r"(?P<\1>[a-z][a-z0-9_]*?)", definition.pattern), name)
        if match:
            return definition, match.groupdict()
    tail = name.rpartition("_")[2]
    likely = [
        fill(pattern, {"stage": tail, "to": tail}) for pattern in BY_PATTERN if "<" not in pattern or tail != name
    ]
    if difflib.get_close_matches(name, likely, 1, 0.75) or not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise ValueError(f"no metric '{name}'{near_miss(name, likely) or near_miss(name, BY_PATTERN, 'metrics')}")
    return BY_PATTERN["<stage>"], {"stage": name}
