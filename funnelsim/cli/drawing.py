"""The pictures that commands draw: which there are, whether a scenario has what they show, and how tall they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from funnelsim.cli.asked import Asked

if TYPE_CHECKING:
    import funnelsim as fs
    from funnelsim.forecast.incremental import Incremental
    from funnelsim.scenario import Scenario

PICTURES = ("funnel", "time", "flow", "teams", "touches", "scores")
"""What ``run --picture`` draws."""

COMPARED = ("metrics", "funnel")
"""What ``compare --picture`` draws."""

NEEDED = {
    "teams": "no team has any work here",
    "touches": "this scenario makes no touch",
    "scores": "leads have no score here",
}
"""What is said of a scenario that has nothing of a picture."""


class Panel(NamedTuple):
    """A part of a figure, as large as it needs to be, in inches."""

    draw: Callable[..., object]
    height: float
    width: float = 8.0


def check_pictures(
    asked: Asked, names: Sequence[str], png: Path | None, meant: Sequence[Scenario], choices: Sequence[str]
) -> list[str]:
    """Return the pictures that are meant, and note what is wrong with them."""
    if names and png is None:
        asked.wrong("--picture", "it says what --png draws; add --png FILE")
    chosen = [asked.one_of("--picture", name, choices) for name in names]
    for name in dict.fromkeys(chosen):
        if meant and not any(_has(scenario, name) for scenario in meant):
            asked.wrong("--picture", f"there is nothing to draw as {name}: {NEEDED[name]}")
    return chosen


def _has(scenario: Scenario, picture: str) -> bool:
    from funnelsim.metrics.vocabulary import program_of, vocabulary_of

    match picture:
        case "teams":
            return bool(vocabulary_of(scenario).working)
        case "touches":
            return bool(vocabulary_of(scenario).touching)
        case "scores":
            return program_of(scenario).is_scored
    return True


def run_figure(result: fs.Result, metrics: Sequence[str], pictures: Sequence[str] = ()) -> Any:
    """Draw pictures of a run below each other; by default its funnel, and metrics over time.

    Parameters
    ----------
    result : Result
    metrics : sequence of str
        Drawn over time, those of them that are measured by period; by default the first of the main ones.
    pictures : sequence of str
        Of `PICTURES`.
    """
    panels = [panel for name in pictures or ("funnel", "time") for panel in _panels(result, metrics, name)]
    return stacked(panels)


def stacked(panels: Sequence[Panel]) -> Any:
    """Return a figure of panels below each other."""
    from matplotlib.figure import Figure

    heights = [panel.height for panel in panels]
    figure = Figure(figsize=(max(panel.width for panel in panels), sum(heights)), layout="constrained")
    axes = figure.subplots(len(panels), squeeze=False, height_ratios=heights)[:, 0]
    for panel, ax in zip(panels, axes, strict=True):
        panel.draw(ax=ax)
    return figure


def _panels(result: fs.Result, metrics: Sequence[str], picture: str) -> list[Panel]:
    from funnelsim import plots
    from funnelsim.cli.figures import has_values
    from funnelsim.metrics.names import main_metrics

    stages = len(result.scenario.stages)
    match picture:
        case "time":
            asked = list(metrics) or main_metrics(result.scenario)[:1]
            drawn = [metric for metric in asked if has_values(result, metric, "period")]
            return [Panel(partial(plots.plot_metric, result, metric), 4) for metric in drawn]
        case "flow":
            return [Panel(partial(plots.plot_flow, result), 3.5 + 0.5 * stages, 2.4 + 1.5 * stages)]
        case "teams":
            return [Panel(partial(plots.plot_teams, result), 4.5)]
        case "touches":
            rows = len(result.contacts("touch"))
            return [Panel(partial(plots.plot_contacts, result, "touch"), 1.7 + 0.5 * rows)]
        case "scores":
            return [Panel(partial(plots.plot_score_profile, result), 4)]
    return [Panel(partial(plots.plot_funnel, result), max(4.0, 0.9 + 0.45 * stages))]


def compared_figure(comparison: fs.Comparison, metrics: Sequence[str], picture: str) -> Any:
    """Draw a comparison: metrics side by side, or the funnels."""
    from funnelsim import plots

    if picture == "metrics":
        return plots.comparison_figure(comparison, metrics)
    stages = len(comparison.results[comparison.first].scenario.stages)
    height = 1.6 + 0.3 * stages * (0.5 + len(comparison.results))
    return stacked([Panel(partial(plots.plot_funnels, comparison), height)])


def touches_figure(result: fs.Result, by: Any, added: Incremental | None) -> Any:
    """Draw how far leads went with touches, what each truly adds where that is known, and the profile of scores."""
    from funnelsim import plots

    rows = len(result.contacts(by))
    panels = [Panel(partial(plots.plot_contacts, result, by), 1.7 + 0.5 * rows)]
    if added is not None:
        panels += [
            Panel(partial(plots.plot_incremental, added, metric), 1.9 + 0.5 * len(added.added))
            for metric in added.metrics
        ]
    if "profile" in result.data:
        panels.append(Panel(partial(plots.plot_score_profile, result), 4))
    return stacked(panels)
