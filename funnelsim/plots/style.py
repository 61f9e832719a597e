"""What all pictures share: axes without clutter, greys that print, and text in whatever script a font has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from funnelsim.metrics.display import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#222222"
FIRST_FILL = "#c9c9c9"
FILL = "#5b86b4"
"""As dark in grey as mid-grey, so that it differs from `FIRST_FILL` without colour."""
BAND = "#d5dfeb"

LONGEST_TICK = 30
"""Columns of a line beside a tick; the middle of a longer one is left out."""

BAND_WORDS = "P10 to P90 over replications"

_WIDE_FONTS = re.compile(
    "CJK|Han Sans|Han Serif|WenQuanYi|YaHei|PingFang|SimHei|SimSun|Hiragino|Heiti|Songti|Sans Fallback|Arial Unicode"
)


def new_axes(ax: Axes | None, width: float = 7.0, height: float = 4.0) -> Axes:
    """Return the axes given, or those of a new figure, without a frame."""
    if ax is None:
        from matplotlib import pyplot

        _, ax = pyplot.subplots(figsize=(width, height), layout="constrained")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def written(text: str, otherwise: str) -> dict[str, Any]:
    """Return what makes matplotlib write a user's text as it stands.

    Parameters
    ----------
    text : str
        In any language; a dollar sign starts no formula.
    otherwise : str
        What is written where no font has all its characters.

    Returns
    -------
    dict
        Keyword arguments `text`, `fontfamily` and `parse_math`.
    """
    families = _families(text)
    shown = otherwise if families is None else text
    return {"text": shown, "fontfamily": families or _default_family(), "parse_math": False}


def label_axis(axis: Any, text: str, otherwise: str) -> None:
    """Name an x or y axis with a user's text."""
    words = written(text, otherwise)
    axis.set_label_text(words.pop("text"), **words)


def name_ticks(axis: Any, names: Sequence[tuple[str, str]]) -> None:
    """Name the ticks 0, 1, … of an axis with users' texts, each with what is written where no font has it."""
    words = [written(_tick(text), otherwise) for text, otherwise in names]
    axis.set_ticks(range(len(words)), labels=[word.pop("text") for word in words])
    for label, word in zip(axis.get_ticklabels(), words, strict=True):
        label.update(word)


def _tick(text: str) -> str:
    return "\n".join(shortened(line, LONGEST_TICK) for line in text.split("\n"))


def group_digits(axis: Any, unit: str) -> None:
    """Write the numbers of an axis as in the tables: shares in percent, thousands apart."""
    from matplotlib.ticker import FuncFormatter

    share = unit == "share"
    axis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{100 * value:g}%" if share else f"{round(value, 9):,.10g}")
    )


def date_axis(ax: Axes) -> None:
    """Write the beginnings of periods along the x axis."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator: Any = AutoDateLocator()  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    ax.set_xlabel("period, by its beginning")


BELOW: dict[str, Any] = {
    "frameon": False,
    "fontsize": 8,
    "loc": "upper center",
    "bbox_to_anchor": (0.5, 0.0),
    "borderaxespad": 5.0,
}
"""What puts a legend below the name of the x axis, however tall the axes are."""


def _default_family() -> list[str]:
    import matplotlib

    return list(matplotlib.rcParams["font.family"])


def _families(text: str) -> list[str] | None:
    """Return the fonts that have all characters of a text, the usual one first; None where there are none."""
    from matplotlib import font_manager

    usual = font_manager.findfont(font_manager.FontProperties())
    missing = set(map(ord, text)) - _characters(usual) - {ord("\n")}
    if not missing:
        return _default_family()
    for font in sorted(font_manager.fontManager.ttflist, key=lambda font: (font.name, font.fname)):
        if _WIDE_FONTS.search(font.name) and missing <= _characters(font.fname):
            return [*_default_family(), font.name]
    return None


def _characters(path: str) -> set[int]:
    from matplotlib import font_manager

    return set(font_manager.get_font(path).get_charmap())
