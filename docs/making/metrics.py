"""The page of every metric, made from their definitions."""

from __future__ import annotations

from funnelsim.metrics.definition import BACKLOG, OVERS, Definition, unit_of
from funnelsim.metrics.definitions import DEFINITIONS, KINDS
from funnelsim.metrics.explained_tables import TABLES
from funnelsim.metrics.vocabulary import NEEDS

INTRODUCTION = """\
# Every metric

Made from the definitions that figures are computed by. In a name `<stage>`, `<from>` and `<to>` stand for stages, and
`<team>`, `<track>`, `<touch>` and `<reason>` for what they say: `cost_per_<stage>` is `cost_per_sql` where there is a
stage `sql`. A metric of a group is written `sql[channel=search]`. `funnelsim explain NAME` prints what this page says
of a single one, and [How to read the figures](../reading.md) tells what means, bands and errors are.

Numbers such as D0.7 are those of the sources that a definition was read from.
"""


def page() -> str:
    """Return the page, in Markdown."""
    kinds = ["## Kinds", "", *(f"- **{kind}**: {text}." for kind, text in KINDS.items()), ""]
    metrics = ["## Metrics", "", *(line for definition in DEFINITIONS for line in _section(definition))]
    tables = ["## Tables", ""]
    for name, paragraphs in TABLES.items():
        tables += [f"### `{name}`", "", *(f"- {label}: {text}" for label, text in paragraphs.items()), ""]
    return "\n".join([INTRODUCTION, *kinds, *metrics, *tables])


def _section(definition: Definition) -> list[str]:
    currency = "currency" if "{currency}" in definition.unit else ""
    facts = [f"*{definition.kind}*, in {unit_of(definition, {}, currency)}"]
    if definition.kind in ("ratio", "lift"):
        over, under = definition.parts
        facts.append(f"`{over}` by `{under}`")
        if definition.cohort_parts:
            facts.append(f"by cohort `{definition.cohort_parts[0]}` by `{definition.cohort_parts[1]}`")
    elif definition.parts:
        facts.append("made of " + ", ".join(f"`{part}`" for part in definition.parts))
    if definition.times != OVERS:
        facts.append(f"over {' and '.join(definition.times)} only")
    if definition.of != "stages" and definition.of in NEEDS:
        facts.append(f"where there is {NEEDS[definition.of]}")
    meaning = definition.meaning.replace("{old}", "old").replace("{currency}", "currency")
    boundary = (definition.boundary or BACKLOG).replace("{old}", "old")
    source = definition.source.removeprefix("D ")
    return [
        f"### `{definition.pattern}`",
        "",
        _code(meaning),
        "",
        f"{'; '.join(facts)}. {_code(boundary)} Source: {source}.",
        "",
    ]


def _code(text: str) -> str:
    """Keep what stands in angle brackets from being read as markup."""
    return text.replace("<", r"\<")
