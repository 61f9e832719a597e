"""Tables and numbers as people read them: plain text of at most 80 columns, and escaped HTML."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from funnelsim.metrics.definition import abbreviated, fill, unit_of
from funnelsim.scenario import words

if TYPE_CHECKING:
    from funnelsim.metrics.names import Figure
    from funnelsim.scenario import Scenario

WIDTH = 80
NOTHING = "–"

Row = tuple[str, ...]


def number(value: float, unit: str = "", sign: bool = False) -> str:
    """Show a number in at most four or five digits; shares as percentages.

    Parameters
    ----------
    value : float
        NaN is shown as a dash.
    unit : str
        ``share`` and ``%`` make percentages, ``pp`` a share in percentage points; points of warmth are plain numbers.
    sign : bool
        Whether to write a plus before what is not negative.
    """
    if math.isnan(value):
        return NOTHING
    plus = "+" if sign else ""
    if unit in ("share", "pp"):
        digits = 2 if abs(value) < 0.1 else 1
        return f"{100 * value:{plus}.{digits}f}{'%' if unit == 'share' else 'pp'}"
    if unit == "%":
        return f"{value:{plus}.1f}%"
    size = abs(value)
    for limit, name in ((1e9, "bn"), (1e6, "M")):
        if size >= limit:
            return f"{value / limit:{plus},.3f}{name}"
    if size >= 1000 or value == round(value):
        return f"{value:{plus},.0f}"
    return f"{value:{plus}.{1 if size >= 100 else 2}f}" if size >= 1 else f"{value:{plus}.3g}"


def unit_of_change(unit: str) -> str:
    """Return the unit in which differences of a figure are shown: those of shares are in percentage points."""
    return "pp" if unit == "share" else unit


def title(figure: Figure, scenario: Scenario) -> str:
    """Write what a metric is for a picture, such as ``cost per SQL (CNY)``.

    Stages, teams and tracks are called by their labels where they have some; MQL and SQL as the trade writes them. The
    unit stands in brackets where the words do not say it yet; numbers of leads have none.
    """
    labels = {place: _label(scenario, place, name) or name for place, name in abbreviated(figure.places).items()}
    if figure.definition.pattern == "<stage>" and labels["stage"] in ("MQL", "SQL"):
        text = f"{labels['stage']}s"
    else:
        text = fill(figure.definition.title, labels)
    unit = unit_of(figure.definition, figure.places, scenario.currency).partition(" per ")[0]
    group = f", {figure.name.partition('[')[2][:-1].replace('=', ' ')}" if "[" in figure.name else ""
    return f"{text}{group}" if unit in ("share", "leads") or unit in text else f"{text}{group} ({unit})"


def _label(scenario: Scenario, place: str, name: str) -> str | None:
    parts: dict[str, Mapping[str, Any]] = {"team": scenario.teams, "track": scenario.tracks, "reason": {}}
    part = parts.get(place, scenario.stages).get(name)
    return None if part is None else part.label


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes; Chinese characters take two."""
    return words.width(text)


def filled(text: str) -> str:
    """Break a text into lines that fit."""
    return words.wrap(text)


def shortened(text: str, width: int) -> str:
    """Cut the middle of a text that takes too many columns."""
    start, end = text[: (len(text) + 1) // 2], text[(len(text) + 1) // 2 :]
    while columns(start + end) > width - (start + end != text):
        if columns(start) > columns(end):
            start = start[:-1]
        else:
            end = end[1:]
    return text if start + end == text else f"{start}…{end}"


def text_table(header: Row, rows: Sequence[Row], left: Sequence[int] = (0,)) -> str:
    """Return a table of at most 80 columns.

    Parameters
    ----------
    header : tuple of str
    rows : sequence of tuple of str
        The first column gives way where there is too little room, and after it the last of those at the left.
    left : sequence of int
        Columns that are aligned to the left; all others are numbers.
    """
    widths = [max(columns(row[column]) for row in (header, *rows)) for column in range(len(header))]
    spare = WIDTH - sum(widths) - len(widths) + 1
    widths[0] = max(12, widths[0] + min(0, spare))
    last = max(left)
    if (over := WIDTH - sum(widths) - len(widths) + 1) < 0 and last > 0:
        widths[last] = max(8, widths[last] + over)
    lines = []
    for row in (header, *rows):
        cells = [shortened(cell, width) for cell, width in zip(row, widths, strict=True)]
        padding = [" " * (width - columns(cell)) for cell, width in zip(cells, widths, strict=True)]
        aligned = [
            cell + pad if column in left else pad + cell
            for column, (cell, pad) in enumerate(zip(cells, padding, strict=True))
        ]
        lines.append(" ".join(aligned).rstrip())
    return "\n".join(lines)


def headed_table(header: Row, rows: Sequence[Row]) -> str:
    """Return a table as `text_table` does, in which a row with nothing in its second column is a heading of the next.

    Headings may run into the empty columns beside them.
    """
    lines = text_table(header, [row if row[1] else ("", *row[1:]) for row in rows]).split("\n")
    named = [line if row[1] else shortened(row[0], WIDTH) for line, row in zip(lines[1:], rows, strict=True)]
    return "\n".join([lines[0], *named])


def html_table(caption: str, header: Row, rows: Sequence[Row], notes: Sequence[str], left: Sequence[int] = (0,)) -> str:
    """Return a small table as HTML; every text is escaped."""

    def cells(tag: str, row: Row) -> str:
        aligned = ["left" if column in left else "right" for column in range(len(row))]
        return "".join(
            f'<{tag} style="text-align:{align};white-space:pre">{html.escape(cell)}</{tag}>'
            for cell, align in zip(row, aligned, strict=True)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    foot = "<br>".join(html.escape(note) for note in notes)
    return (
        f'<div><table><caption style="text-align:left">{html.escape(caption)}</caption>'
        f"<thead><tr>{cells('th', header)}</tr></thead><tbody>{body}</tbody></table><small>{foot}</small></div>"
    )
