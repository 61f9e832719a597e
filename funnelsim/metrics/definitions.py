"""Every figure, defined once: what it is, its unit, what it is divided by, and where it comes from.

Names are patterns: `cost_per_<stage>` stands for one metric of every stage. What is said here is what is computed: a
ratio is the quotient of the two metrics it names, a sum is the sum of the metrics it names.
"""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

from funnelsim.metrics import contact_figures, contact_rates, funnel_figures, sales_figures, team_figures
from funnelsim.metrics.definition import BACKLOG, PLACE, Definition, by_length, fill, unit_of
from funnelsim.metrics.explained_tables import TABLES
from funnelsim.scenario import ids, words
from funnelsim.scenario.measures import DURATION
from funnelsim.scenario.problems import RefusedError, listed, near_miss

if TYPE_CHECKING:
    from funnelsim.scenario import Scenario

DEFINITIONS: tuple[Definition, ...] = (
    *funnel_figures.FLOWS,
    *contact_figures.TOUCHES,
    *contact_figures.NURTURED,
    *sales_figures.REJECTED,
    *funnel_figures.LEVELS,
    *contact_figures.TRACKS,
    *funnel_figures.RATIOS[:2],
    *sales_figures.OPPORTUNITIES,
    *funnel_figures.MONEY,
    *funnel_figures.RATIOS[2:],
    *contact_rates.RATES,
    *contact_rates.POINTS,
    *contact_rates.WORK,
    *team_figures.TEAMS,
    *team_figures.FOLLOW_UPS,
    *sales_figures.TELEPHONE,
    *funnel_figures.OVER_TIME,
)
"""The one table. Fixed names and prefixes are reserved words of the scenario language, so that no stage takes them."""

BY_PATTERN = {definition.pattern: definition for definition in DEFINITIONS}

COUNTABLE = BY_PATTERN | {
    quantity.pattern: quantity for quantity in (*sales_figures.QUANTITIES, *contact_rates.QUANTITIES)
}
"""All that metrics are made of, metrics included."""


def pattern_of(part: str) -> str:
    """Return the pattern of a part that says which stage of a metric with two is meant, as in ``first_<from>``."""
    return re.sub("<(from|to)>", "<stage>", part)


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
    if name in TABLES and (scenario is None or not _is_metric(name, scenario)):
        return "\n".join([f"{name}  (a table)", *_wrapped(*TABLES[name].items())])
    if scenario is None or name in BY_PATTERN:
        definition, places = _matched(base)
    else:
        from funnelsim.metrics.names import figure_of

        definition, places = figure_of(name, scenario, group.partition("=")[0] or None)[1:3]
    currency, old = ("currency", _OLD) if scenario is None else (scenario.currency, _old_in_words(scenario))
    lines = [f"{name}  ({unit_of(definition, places, currency)})"]
    filled = [(label, fill(text, places, currency, old)) for label, text in _paragraphs(definition, bool(group))]
    return "\n".join([*lines, *_wrapped(*filled)])


def _wrapped(*paragraphs: tuple[str, str]) -> list[str]:
    return [
        line
        for label, text in paragraphs
        for line in textwrap.wrap(f"{label}: {text}", 78, initial_indent="  ", subsequent_indent="    ")
    ]


def _is_metric(name: str, scenario: Scenario) -> bool:
    """Say whether a scenario has a metric that is called as a table is, as ``lost_<reason>`` for a ``by_reason``."""
    from funnelsim.metrics.names import named
    from funnelsim.metrics.vocabulary import vocabulary_of

    try:
        return bool(named(name, vocabulary_of(scenario)))
    except ValueError:
        return False


KINDS = {
    "flow": "a flow; it adds up over periods, cohorts and groups",
    "level": "a level; it adds up over groups, not over time",
    "ratio": "a ratio; over several replications it is total over total, with a jackknife error",
    "growth": "a growth; over several replications it is that of the totals",
    "quantile": "a quantile over leads; over several replications the mean of theirs",
    "spread": "a difference between people; over several replications the mean of theirs",
    "lift": "a ratio of two ratios, less 1; each is total over total, with a jackknife error",
    "probability": "a probability over pairs of leads; over several replications the mean of theirs",
}
"""How a figure of each kind adds up, and how it is estimated from several replications."""


def explained_kind(definition: Definition) -> str:
    """Say what kind of figure it is, and how it adds up."""
    return KINDS[definition.kind]


def _paragraphs(definition: Definition, grouped: bool) -> list[tuple[str, str]]:
    paragraphs = [("definition", definition.meaning), ("kind", f"{explained_kind(definition)}.")]
    if definition.kind in ("ratio", "lift"):
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
    paragraphs.append(("boundary", definition.boundary or BACKLOG))
    if grouped:
        paragraphs.append(("group", "that of the leads of this group alone."))
    return [*paragraphs, ("source", f"DOMAIN {definition.source.removeprefix('D ')}")]


_OLD = "old (30 days since their creation, if not set otherwise)"


def _old_in_words(scenario: Scenario) -> str:
    if scenario.old_after == "month":
        return "old (created in an earlier calendar month)"
    return f"old ({words.of(words.number(scenario.old_after, DURATION), 'or more since their creation')})"


def _matched(name: str) -> tuple[Definition, Mapping[str, str]]:
    """Match a name without knowing the scenario: a stage may have any name that looks like no slip."""
    if name in BY_PATTERN:
        return BY_PATTERN[name], {}
    for definition in sorted(DEFINITIONS, key=by_length):
        if definition.pattern == "<stage>" or not PLACE.search(definition.pattern):
            continue
        match = re.fullmatch(PLACE.sub(r"(?P<\1>[a-z][a-z0-9_]*?)", definition.pattern), name)
        if match and all(_can_be_called(place, part) for place, part in match.groupdict().items()):
            return definition, match.groupdict()
    tail = name.rpartition("_")[2]
    tails = dict.fromkeys(("stage", "to", "team", "track", "reason"), tail)
    likely = [fill(pattern, tails) for pattern in BY_PATTERN if "<" not in pattern or tail != name]
    if difflib.get_close_matches(name, likely, 1, 0.75) or not _can_be_called("stage", name):
        raise ValueError(f"no metric '{name}'{near_miss(name, likely) or near_miss(name, BY_PATTERN, 'metrics')}")
    return BY_PATTERN["<stage>"], {"stage": name}


_READERS = {"team": ids.read_team_name, "track": ids.read_name, "reason": ids.read_name}
"""What reads the ids of what a place stands for, where that is no stage."""


def _can_be_called(place: str, name: str) -> bool:
    """Say whether any scenario can have a stage, or what else a place stands for, of this name."""
    try:
        _READERS.get(place, ids.read_stage_name)(name)
    except RefusedError:
        return False
    return True
