"""What the figures of a workbook mean: a table of definitions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from funnelsim.metrics import display
from funnelsim.metrics.definition import BACKLOG, fill
from funnelsim.metrics.definitions import explained_kind
from funnelsim.metrics.names import figure_of

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.metrics.names import Figure
    from funnelsim.metrics.result import Result


def definitions(result: Result, names: Iterable[str]) -> pd.DataFrame:
    """Return what figures mean.

    Returns
    -------
    DataFrame
        `metric` (without a group), `title`, `meaning`, `formula`, `unit`, `kind`, `boundary` and `source`, a number of
        the domain's description.
    """
    import pandas as pd

    rows = []
    for name in dict.fromkeys(name.partition("[")[0] for name in names):
        figure = figure_of(name, result.scenario, result.by)
        definition = figure.definition
        rows.append(
            {
                "metric": name,
                "title": display.title(figure, result.scenario),
                "meaning": fill(definition.meaning, figure.places, result.scenario.currency),
                "formula": formula(figure),
                "unit": result.unit(name),
                "kind": explained_kind(definition),
                "boundary": fill(definition.boundary or BACKLOG, figure.places, result.scenario.currency),
                "source": f"DOMAIN {definition.source}",
            }
        )
    columns = ["metric", "title", "meaning", "formula", "unit", "kind", "boundary", "source"]
    return pd.DataFrame(rows, columns=columns)


def formula(figure: Figure) -> str:
    """Write how a figure comes of others, such as ``spend / sql``; ``counted`` where it does not."""
    definition = figure.definition
    parts, by_cohort = (
        [fill(part, figure.places) for part in parts] for parts in (definition.parts, definition.cohort_parts)
    )
    match definition.kind:
        case "ratio":
            return " / ".join(parts) + (f"; by cohort {' / '.join(by_cohort)}" if by_cohort else "")
        case "lift":
            return f"{parts[0]} / {parts[1]} - 1"
        case "growth":
            return f"({parts[0]} - {parts[0]} of the period before) / {parts[0]} of the period before"
        case "flow" if parts:
            return " + ".join(part if "<" not in part else f"{part} of every stage" for part in parts)
    return "counted"
