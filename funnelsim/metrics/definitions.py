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

from funnelsim.metrics import contact_figures, funnel_figures, sales_figures, team_figures
from funnelsim.metrics.definition import BACKLOG, PLACE, Definition, by_length, fill, unit_of
from funnelsim.scenario import words
from funnelsim.scenario.measures import DURATION
from funnelsim.scenario.problems import listed, near_miss

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
    *contact_figures.RATES,
    *contact_figures.POINTS,
    *contact_figures.WORK,
    *team_figures.TEAMS,
    *team_figures.FOLLOW_UPS,
    *sales_figures.TELEPHONE,
    *funnel_figures.OVER_TIME,
)
"""The one table. Fixed names and prefixes are reserved words of the scenario language, so that no stage takes them."""

BY_PATTERN = {definition.pattern: definition for definition in DEFINITIONS}

COUNTABLE = BY_PATTERN | {
    quantity.pattern: quantity for quantity in (*sales_figures.QUANTITIES, *contact_figures.QUANTITIES)
}
"""All that metrics are made of, metrics included."""

TABLES = {
    "lost_by_reason": {
        "definition": "The table result.lost_by_reason(), why leads were lost over the horizon: lost_<reason> of every "
        "reason, and its share of all that were lost; the most frequent reason first.",
        "columns": "reason, mean, p10, p90, share.",
        "boundary": "No metric by itself: ask for lost_<reason>, as in lost_no_budget, for a single reason.",
        "source": "DOMAIN D2.4",
    },
    "contacts": {
        "definition": "The table result.contacts(by=...), what became of touches over the horizon, by track, by touch "
        "or by the content they gave; funnelsim touches FILE prints it.",
        "columns": "sent, delivered, bounced, opened, recorded_opens, clicked, responded, opted_out, withheld, cost, "
        "warmth; sqls and revenue of leads touched before; and the Monte Carlo errors of all.",
        "boundary": "sqls and revenue count for all that touched a lead before, so that they do not add up, and do not "
        "say what a touch adds: that is incremental.",
        "source": "DOMAIN D4.4",
    },
    "incremental": {
        "definition": "The table of funnelsim.incremental(scenario, by=...), and of funnelsim touches FILE "
        "--incremental: of each track, touch or asset the difference between the run as it is and the same run "
        "without it.",
        "columns": "of every metric asked for (sql, or what is won, revenue and spend) the mean difference, its "
        "95% interval (low to high), its Monte Carlo error, and the share of replications in which it is above 0.",
        "boundary": "The same leads with the same luck. Differences of several do not add up, since without one of "
        "them the others do part of its work.",
        "source": "DOMAIN D4.6",
    },
    "score_profile": {
        "definition": "The table result.score_profile(): leads created in each period by their score at its end.",
        "columns": "period, band, leads, leads_error, share, share_error.",
        "boundary": "Bands are those of scoring.bands; a score at an edge is in the band above it.",
        "source": "DOMAIN D4.5",
    },
    "where_leads_leave": {
        "definition": "The table result.where_leads_leave(): where leads stall and where they leave, by stage and by "
        "track.",
        "columns": "kind, name, came, left, there, stalled; and the Monte Carlo errors of these.",
        "boundary": "A backlog is there without having come.",
        "source": "DOMAIN D4.4",
    },
}
"""Tables that are called as a metric may be: label and text of each paragraph that explains them."""


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


_KINDS = {
    "flow": "a flow; it adds up over periods, cohorts and groups",
    "level": "a level; it adds up over groups, not over time",
    "ratio": "a ratio; over several replications it is total over total, with a jackknife error",
    "growth": "a growth; over several replications it is that of the totals",
    "quantile": "a quantile over leads; over several replications the mean of theirs",
    "spread": "a difference between people; over several replications the mean of theirs",
    "lift": "a ratio of two ratios, less 1; each is total over total, with a jackknife error",
    "probability": "a probability over pairs of leads; over several replications the mean of theirs",
}


def _paragraphs(definition: Definition, grouped: bool) -> list[tuple[str, str]]:
    paragraphs = [("definition", definition.meaning), ("kind", f"{_KINDS[definition.kind]}.")]
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
    """Match a name without knowing the scenario: any slug may be a stage, unless it looks like a slip of the pen."""
    if name in BY_PATTERN:
        return BY_PATTERN[name], {}
    for definition in sorted(DEFINITIONS, key=by_length):
        if definition.pattern == "<stage>" or not PLACE.search(definition.pattern):
            continue
        match = re.fullmatch(PLACE.sub(r"(?P<\1>[a-z][a-z0-9_]*?)", definition.pattern), name)
        if match:
            return definition, match.groupdict()
    tail = name.rpartition("_")[2]
    tails = dict.fromkeys(("stage", "to", "team", "track", "reason"), tail)
    likely = [fill(pattern, tails) for pattern in BY_PATTERN if "<" not in pattern or tail != name]
    if difflib.get_close_matches(name, likely, 1, 0.75) or not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise ValueError(f"no metric '{name}'{near_miss(name, likely) or near_miss(name, BY_PATTERN, 'metrics')}")
    return BY_PATTERN["<stage>"], {"stage": name}
