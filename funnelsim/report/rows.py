"""Which figures a sheet has, and which of them are made of others that stand on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple

from funnelsim.metrics.definition import PLACE, fill
from funnelsim.metrics.definitions import BY_PATTERN, pattern_of
from funnelsim.metrics.figures import Over
from funnelsim.metrics.names import figure_of
from funnelsim.metrics.vocabulary import vocabulary_of

if TYPE_CHECKING:
    from funnelsim.metrics.names import Figure
    from funnelsim.metrics.result import Result


class Row(NamedTuple):
    """A figure, and the figures that it is the sum or the quotient of."""

    name: str
    unit: str
    kind: str
    """As of its definition: only a ``flow`` adds up over time."""
    terms: tuple[str, ...] = ()
    how: Literal["", "sum", "quotient"] = ""


def rows_of(result: Result, names: Iterable[str], over: Over) -> list[Row]:
    """Return the figures asked for, and before each those that it is made of.

    Parameters
    ----------
    result : Result
    names : iterable of str
        Those that are not measured over this are left out.
    over : {"period", "horizon", "cohort"}

    Returns
    -------
    list of Row
        A sum or a quotient where all that it is made of are figures themselves, and measured over this.
    """
    found: dict[str, Row] = {}
    for name in names:
        _add(result, name, over, found)
    return list(found.values())


def _add(result: Result, name: str, over: Over, found: dict[str, Row]) -> None:
    figure = figure_of(name, result.scenario, result.by)
    if name in found or over not in figure.definition.times:
        return
    terms, how = _terms(result, figure, over), figure.definition.kind
    for term in terms:
        _add(result, term, over, found)
    live: Literal["", "sum", "quotient"] = "" if not terms else "sum" if how == "flow" else "quotient"
    found[name] = Row(name, result.unit(name), how, terms if live else (), live)


def _terms(result: Result, figure: Figure, over: Over) -> tuple[str, ...]:
    """Return the figures that one is made of; none where it is not made of figures that are measured over this."""
    definition = figure.definition
    parts = definition.parts_over(over)
    if definition.kind not in ("flow", "ratio") or any(pattern_of(part) not in BY_PATTERN for part in parts):
        return ()
    group = f"[{figure.name.partition('[')[2]}" if "[" in figure.name else ""
    names = []
    for part in parts:
        if definition.kind == "flow" and set(PLACE.findall(part)) - set(figure.places):
            names += [f"{name}{group}" for name in _of_every_stage(result, part)]
        elif _is_here(result, fill(part, figure.places)):
            names.append(f"{fill(part, figure.places)}{group}")
        elif definition.kind == "ratio":
            return ()
    measured = [over in figure_of(name, result.scenario, result.by).definition.times for name in names]
    return tuple(names) if all(measured) else ()


def _of_every_stage(result: Result, pattern: str) -> list[str]:
    """Return a figure of every stage of which there is some."""
    names = [fill(pattern, {"stage": stage}) for stage in vocabulary_of(result.scenario).stages]
    return [name for name in names if result.parts(name).over.any()]


def _is_here(result: Result, name: str) -> bool:
    """Say whether a scenario has a figure: without teams it spends nothing on labour."""
    try:
        figure_of(name, result.scenario, result.by)
    except ValueError:
        return False
    return True
