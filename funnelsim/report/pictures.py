"""Pictures as inline SVG: drawn to be read at the width of a phone, the same bytes for the same run."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree

from funnelsim.forecast.compare import Comparison
from funnelsim.metrics.display import columns, number, shortened
from funnelsim.metrics.names import main_metrics
from funnelsim.metrics.vocabulary import vocabulary_of
from funnelsim.report.answer import furthest, goals_of

if TYPE_CHECKING:
    from funnelsim.metrics.result import Result

WIDTH = 5.2
"""In inches: a phone shows it at about its own size, so that its text can be read there."""

LINES, COLUMNS = 2, 56
"""Of a text in a picture."""

SVG = "http://www.w3.org/2000/svg"
XLINK = "{http://www.w3.org/1999/xlink}href"


class Picture(NamedTuple):
    """A picture of a page."""

    svg: str
    """An element with its alternative text, without ids that another picture of the page has."""
    caption: str


def pictures_of(result: Result) -> list[Picture]:
    """Draw a result: the funnel, what matters most over time, teams with work, and touches.

    Parameters
    ----------
    result : Result

    Returns
    -------
    list of Picture
    """
    return _drawn(_drawings(result))


Drawing = tuple[Callable[..., object], float, str, str]
"""What draws it, its height in inches, its caption, and what it shows for those who do not see it."""


def _drawings(result: Result) -> Iterator[Drawing]:
    from funnelsim.plots import plot_contacts, plot_metric, plot_teams

    vocabulary = vocabulary_of(result.scenario)
    yield _funnel(result, "The funnel: entries into every stage over the horizon")
    for metric in main_metrics(result.scenario):
        values = [number(float(value), result.unit(metric)) for value in result.estimate(metric, "period").mean]
        told = f"A line with a band; averages of the periods in turn: {', '.join(values)}."
        yield partial(plot_metric, result, metric), 3.4, f"{result.title(metric)} by period", told
    if vocabulary.working:
        busy = [f"{team} {_mean(result, f'utilisation_{team}')}" for team in vocabulary.working]
        caption = "How busy the teams are, and what waits for them"
        yield (
            partial(plot_teams, result),
            4.2 + 0.5 * len(busy),
            caption,
            f"Lines; over the horizon: {', '.join(busy)}.",
        )
    if vocabulary.tracks:
        rows = [f"{row['track']} {number(row['sent'])}" for row in result.contacts("track").to_dict("records")]
        caption = "What became of touches, by track"
        yield partial(plot_contacts, result, "track"), 1.6 + 0.6 * len(rows), caption, f"Bars; sent: {', '.join(rows)}."


def _funnel(result: Result, caption: str) -> Drawing:
    from funnelsim.plots import plot_funnel

    stages = result.scenario.stages
    entries = [f"{stage.label or name} {_mean(result, name)}" for name, stage in stages.items()]
    told = f"Bars, from the first stage to the last: {', '.join(entries)}."
    return partial(plot_funnel, result), 1.2 + 0.4 * len(stages), caption, told


def _mean(result: Result, metric: str) -> str:
    return number(float(result.estimate(metric).mean), result.unit(metric))


def pictures_of_comparison(comparison: Comparison) -> list[Picture]:
    """Draw a comparison: what matters most side by side, and the funnels of the first and of who brings most.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    list of Picture
    """
    from funnelsim.plots import plot_beside

    drawings: list[Drawing] = []
    goal, cost = goals_of(comparison)
    height = 1.0 + 0.6 * len(comparison.results)
    for metric in (goal, cost):
        bars = [f"{comparison.label(name)} {_mean(result, metric)}" for name, result in comparison.results.items()]
        caption = f"{comparison.title(metric)} side by side"
        drawings.append((partial(plot_beside, comparison, metric), height, caption, f"Bars: {', '.join(bars)}."))
    for name in (comparison.first, furthest(comparison, goal, up=True)):
        drawings.append(_funnel(comparison.results[name], f"The funnel of '{comparison.label(name)}'"))
    return _drawn(drawings)


def _drawn(drawings: Iterable[Drawing]) -> list[Picture]:
    return [
        Picture(inline_svg(draw, height, told, place), caption)
        for place, (draw, height, caption, told) in enumerate(drawings)
    ]


# ---------------------------------------------------------------- SVG
def inline_svg(draw: Callable[..., object], height: float, told: str, place: int) -> str:
    """Draw on axes, and return an SVG element to stand in a page.

    Parameters
    ----------
    draw : callable
        Takes the axes as `ax`.
    height : float
        In inches.
    told : str
        What it shows, for those who do not see it.
    place : int
        The number of the picture on its page, which its ids start with.

    Returns
    -------
    str
        Text is drawn as outlines, so that it looks the same wherever it is read; nothing in it says when it was made.
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": "funnelsim", "font.size": 9}):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        draw(ax=figure.subplots())
        for text in figure.findobj(Text):
            text.set_text(_fitted(text.get_text()))
        drawn = io.BytesIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return _embedded(drawn.getvalue(), told, f"p{place}-")


def _fitted(text: str) -> str:
    """Break a text that is too wide for a picture, and leave out the middle of one that would fill it."""
    if columns(text) <= COLUMNS or "\n" in text:
        return text
    return textwrap.fill(shortened(text, LINES * COLUMNS), COLUMNS)


def _embedded(svg: bytes, told: str, prefix: str) -> str:
    """Leave out all but the drawing, and let its ids start with a prefix."""
    root = ElementTree.fromstring(svg)
    for metadata in root.findall(f"{{{SVG}}}metadata"):
        root.remove(metadata)
    used = {_reference(value) for element in root.iter() for value in element.attrib.values()} - {None}
    for element in root.iter():
        if element.get("id") not in used:
            element.attrib.pop("id", None)
        for name, value in list(element.attrib.items()):
            element.set(name, _renamed(name, value, prefix))
        if XLINK in element.attrib:
            element.set("href", element.attrib.pop(XLINK))
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    root.attrib |= {"role": "img", "aria-label": told}
    ElementTree.register_namespace("", SVG)
    return ElementTree.tostring(root, "unicode")


def _reference(value: str) -> str | None:
    """Return the id that an attribute refers to, if it does."""
    if value.startswith("url(#"):
        return value[5:-1]
    return value[1:] if value.startswith("#") else None


def _renamed(name: str, value: str, prefix: str) -> str:
    if name == "id":
        return prefix + value
    if name not in ("clip-path", XLINK):
        return value
    return value.replace("#", f"#{prefix}", 1)
