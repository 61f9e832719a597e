"""The table of evidence as a page of Markdown."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from shlex import quote

from funnelsim.evidence.judging import Verdict
from funnelsim.evidence.planning import Plan
from funnelsim.evidence.rows import Definition, Evidence, Input, Outcome, Row

MARK = "<!-- Written by `funnelsim evidence`"
"""How every page starts, so that no other file is overwritten."""

WIDTH = 150

KINDS = {"input": "put in", "outcome": "comes out", "definition": "defined", "not_modelled": "not modelled"}
"""What the kinds of rows are called on the page."""


def kind_of(row: Row) -> str:
    """Return which of `KINDS` a row is."""
    return next(kind for kind in KINDS if getattr(row, kind) is not None)


def page_of(plan: Plan, verdicts: Sequence[Verdict], seed: int) -> str:
    """Write the page.

    Parameters
    ----------
    plan : Plan
        What was run.
    verdicts : sequence of Verdict
        Of every row.
    seed : int
        With which it was run.

    Returns
    -------
    str
        The same for the same table and scenarios, to the byte.
    """
    evidence = plan.evidence
    mark = f"{MARK}; change {PurePath(plan.sheet.source).name} instead. -->"
    parts = [mark, f"# {evidence.title}", *_introduction(evidence, verdicts)]
    for section in evidence.sections:
        told = [verdict for verdict in verdicts if verdict.row.number.startswith(f"{section.id}.")]
        modelled = [verdict for verdict in told if verdict.agrees is not None]
        if modelled:
            parts += [f"## {section.id} {section.title}", _table(_HEADER, map(_cells, modelled))]
    parts += _missing(evidence, verdicts)
    return "\n\n".join([*parts, *_how(plan, seed)]) + "\n"


# ---------------------------------------------------------------- parts
def _introduction(evidence: Evidence, verdicts: Sequence[Verdict]) -> Iterator[str]:
    if evidence.introduction:
        yield _wrapped(evidence.introduction)
    counts = Counter(kind_of(verdict.row) for verdict in verdicts)
    fitted = sum(_fitted(verdict.row) is not None for verdict in verdicts)
    broken = [verdict.row.number for verdict in verdicts if verdict.agrees is False]
    verdict = f"{len(broken)} do not agree: {', '.join(broken)}" if broken else "All that are modelled agree"
    yield _wrapped(
        f"**Of {len(verdicts)} figures {counts['outcome']} come out, {fitted} of them fitted; {counts['input']} are "
        f"put in, {counts['definition']} are defined, and {counts['not_modelled']} are not modelled yet. {verdict}.**"
    )
    yield _wrapped(
        "What is found is the mean over all replications (of a quotient total over total), ± twice its Monte Carlo "
        "standard error: what is still due to luck, and would be less with more replications. It is no help in "
        "agreeing: the mean itself has to lie as near to the figure as is said."
    )


_HEADER = ("number", "what the source says", "figure", "kind", "where", "found", "agrees")


def _cells(verdict: Verdict) -> tuple[str, ...]:
    row = verdict.row
    found = f"“{verdict.found}”" if isinstance(row.check, Definition) else verdict.found
    agrees = "yes" if verdict.agrees else "**no**"
    if verdict.expected and verdict.expected != verdict.found:
        agrees += f", {verdict.expected}"
    kind = f"{KINDS[kind_of(row)]}{', fitted' if _fitted(row) else ''}"
    return (row.number, _what(row), row.figure, kind, _where(row), found, agrees)


def _where(row: Row) -> str:
    match row.check:
        case Input(path=path) as put_in:
            return f"{_named(put_in.scenario, put_in.variant)}: `{path}`"
        case Outcome(metric=metric) as outcome:
            span = [outcome.horizon] if outcome.horizon else []
            settings = [f"`{path}={value}`" for path, value in (outcome.set_ or {}).items()]
            where = ", ".join([_named(outcome.scenario, outcome.variant), *span, *settings])
            return f"{where}: `{metric}`{_against(outcome)}"
        case Definition(metric=metric) as definition:
            return f"[{definition.scenario}]({definition.scenario}.yaml): `funnelsim explain {metric}`"
    return ""


def _named(scenario: str, variant: str | None) -> str:
    return f"[{scenario}]({scenario}.yaml){f', {variant}' if variant else ''}"


_HOW = {"quotient": " ÷", "difference": " −", "change": ", change from"}


def _against(outcome: Outcome) -> str:
    if outcome.against is None or outcome.as_ is None:
        return ""
    names = [f"`{outcome.against.metric}`"] if outcome.against.metric else []
    if "variant" in outcome.against.model_fields_set:
        names.append(outcome.against.variant or "the scenario itself")
    return f"{_HOW[outcome.as_]} {', '.join(names)}"


def _missing(evidence: Evidence, verdicts: Sequence[Verdict]) -> Iterator[str]:
    absent = [verdict.row for verdict in verdicts if verdict.row.not_modelled is not None]
    if absent:
        yield "## Not modelled yet"
        cells = ((row.number, _what(row), row.figure, str(row.not_modelled)) for row in absent)
        yield _table(("number", "what the source says", "figure", "why not"), cells)
    if evidence.without_figure:
        yield "## Numbers without a figure"
        yield "\n".join(f"- **{remark.number}** {remark.what}" for remark in evidence.without_figure)


def _what(row: Row) -> str:
    read = [f"*Read: {row.reading}*"] if row.reading else []
    fitted = [f"*Fitted: {_fitted(row)}*"] if _fitted(row) else []
    return "<br>".join([row.what, *read, *fitted])


def _fitted(row: Row) -> str | None:
    return row.outcome.fitted if row.outcome else None


def _how(plan: Plan, seed: int) -> Iterator[str]:
    if not plan.runs:
        return
    (scenario, variant, values, by), first = next(iter(plan.runs.items()))
    options = {"--variant": variant, **{f"--set {path}": value for path, value in values}, "--by": by}
    words = [f"{name}{'=' if ' ' in name else ' '}{quote(str(value))}" for name, value in options.items() if value]
    command = " ".join([f"funnelsim run {scenario}", *words, f"--seed {seed} --replications {first.replications}"])
    simulated = {key[0]: run.replications for key, run in plan.runs.items()}
    replications = [(study.scenario, simulated[study.scenario]) for study in plan.evidence.studies]
    yield "## How it was run"
    yield _wrapped(
        f"With seed {seed}; every run once, however many rows read it. `funnelsim evidence` writes this page anew, and "
        f"`funnelsim evidence --check` says whether it is fresh and everything agrees. A run by itself: `{command}`."
    )
    yield _table(("scenario", "replications"), ((name, f"{number:,}") for name, number in replications))


# ---------------------------------------------------------------- Markdown
def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *(tuple(map(_cell, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)
