"""Reports for pull requests: a page in markdown, and the annotations of GitHub's workflows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from funnelsim.checks.checking import Report
from funnelsim.checks.sentences import (
    HEADER,
    OUTCOMES,
    engine_sentences,
    file_line,
    headline,
    row_cells,
    said_changes,
    unit_of,
    verdict_sentence,
)
from funnelsim.metrics import display
from funnelsim.scenario.problems import Place

MOST_BYTES = 1_000_000
"""A step summary of GitHub holds 1 MiB at most."""

MOST_ROWS = 100
"""Rows of the table of one file."""

MOST_ANNOTATIONS = 10
"""GitHub shows no more of one step."""


def markdown(reports: Sequence[Report]) -> str:
    """Return the reports as a page of at most `MOST_BYTES`: baseline against branch first, then the guards."""
    page, size = [], 0
    for block in _blocks(reports):
        size += len(block.encode()) + 1
        if size > MOST_BYTES - 200:
            page.append("\n… the rest is left out: the page would be too long.\n")
            break
        page.append(block)
    return "\n".join(page) + "\n"


def _blocks(reports: Sequence[Report]) -> Iterator[str]:
    yield f"## funnelsim check\n\n{_escaped(headline(reports))}\n"
    for report in reports:
        if report.compared is not None and report.compared.changes:
            yield from _changes(report)
    told = [(report, verdict) for report in reports for verdict in report.verdicts if verdict.is_told]
    engines = [sentence for report in reports for sentence in engine_sentences(report)]
    if told or engines:
        yield "### To be looked at\n"
        yield from (f"- {_escaped(sentence)}" for sentence in engines)
        yield from (f"- {_escaped(verdict_sentence(verdict, report.changes))}" for report, verdict in told)
        yield ""
    yield "### Files\n"
    for report in reports:
        yield f"<details><summary>{_escaped(file_line(report))}</summary>\n"
        yield from _guards(report)
        yield "\n</details>\n"


def _changes(report: Report) -> Iterator[str]:
    assert report.compared is not None
    yield f"### {_escaped(str(report.loaded.path))}\n"
    yield f"Changed since the baseline: {_escaped(said_changes(report.compared.changes))}\n"
    if report.compared.not_compared:
        yield f"{_escaped(report.compared.not_compared)}\n"
    if report.compared.rows:
        yield _table(HEADER, [row_cells(row) for row in report.compared.rows[:MOST_ROWS]])


def _guards(report: Report) -> Iterator[str]:
    rows = []
    for verdict in report.verdicts:
        ends = [display.number(value, unit_of(verdict)) for value in (verdict.estimate.value, verdict.limit)]
        rows.append((verdict.guard.name, *ends, OUTCOMES[verdict.outcome]))
    if rows:
        yield _table(("guard", "estimate", "limit", "verdict"), rows)


def _table(header: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    cells = list(header)
    lines = [cells, ["---", *["---:"] * (len(cells) - 2), "---"], *rows]
    return "\n".join(f"| {' | '.join(map(_escaped, line))} |" for line in lines) + "\n"


def _escaped(text: str) -> str:
    """Let no text of a scenario become a mark of the page."""
    for character, instead in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "\\|"), ("`", "\\`"), ("\n", " ")):
        text = text.replace(character, instead)
    for character in "*_[]":
        text = text.replace(character, f"\\{character}")
    return text


# ---------------------------------------------------------------- annotations
def notices(reports: Sequence[Report]) -> list[str]:
    """Return GitHub's workflow commands that show what is to be looked at, on its lines: ten at most, worst first."""
    found = []
    for report in reports:
        for sentence in engine_sentences(report):
            found.append(
                ((0, 0.0), _annotation("error", Place(str(report.loaded.path), 1, 1), "engine changed", sentence))
            )
        for verdict in report.verdicts:
            if verdict.is_told:
                level = "error" if verdict.fails else "warning"
                rank = 0 if verdict.fails and verdict.outcome == "broken" else 1 if verdict.fails else 2
                size = abs(verdict.beyond.value / verdict.limit) if verdict.limit else abs(verdict.beyond.value)
                sentence = verdict_sentence(verdict, report.changes)
                told = _annotation(level, verdict.guard.place, verdict.guard.name, sentence)
                found.append(((rank, -size), told))
    return [told for _, told in sorted(found)[:MOST_ANNOTATIONS]]


def _annotation(level: str, place: Place, title: str, message: str) -> str:
    where = f"file={_property(place.file)},line={max(1, place.line)},col={max(1, place.column)}"
    return f"::{level} {where},title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
