"""The command that runs a scenario at many points."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from funnelsim.cli.asked import Asked
from funnelsim.cli.ending import each, ending, hand_over_json, say
from funnelsim.cli.options import (
    By,
    Debug,
    File,
    Horizon,
    Json,
    Metrics,
    Picture,
    Replications,
    Seed,
    Set,
    Threads,
    Variant,
)
from funnelsim.cli.places import save_picture
from funnelsim.cli.starting import prepare_kernel
from funnelsim.scenario import Place
from funnelsim.scenario.problems import shown

if TYPE_CHECKING:
    from funnelsim.forecast.swept import Sweep

MOST_DRAWN = 2
"""Paths of a picture."""

_OPTIONS = {"<sweep>": "--over", "metrics": "--metric", "by": "--by", "replications": "--replications"}
"""By the argument of `funnelsim.sweep` that is wrong."""


def sweep(
    scenario: File,
    over: Annotated[
        list[str],
        typer.Option(
            "--over",
            metavar="PATH=A,B,…",
            help="Values of a path; may be repeated, for every combination.",
            show_default=False,
        ),
    ],
    variant: Variant = None,
    set_: Set = [],  # noqa: B006
    horizon: Horizon = None,
    by: By = None,
    replications: Replications = 1000,
    seed: Seed = 1,
    threads: Threads = None,
    metric: Metrics = [],  # noqa: B006
    json_: Json = False,
    png: Picture = None,
    debug: Debug = False,
) -> None:
    """Run a scenario at many points with the same luck, and print its figures along them."""
    with ending(debug):
        asked = Asked()
        meant = asked.meant(scenario, variant, set_, horizon)
        group: Any = asked.grouping(by, meant)
        asked.written(None, False, png)
        axes = values_over(asked, over)
        if png is not None and len(axes) > MOST_DRAWN:
            asked.wrong("--png", f"a picture is over one path or two, not over {len(axes)}")

        from funnelsim.forecast.points import read_points
        from funnelsim.forecast.sweep import examine, run_points
        from funnelsim.metrics.simulate import Settings

        settings = Settings(replications, seed, by=group, threads=threads)
        points, problems = read_points(axes) if axes else (None, [])
        names: tuple[str, ...] = ()
        if points is not None and len(meant) == 1:
            names, found = examine(meant[0], points, settings, tuple(dict.fromkeys(metric)) or None, False)
            problems = [*problems, *found]
        asked.problems += [
            replace(problem, place=Place(_OPTIONS[problem.place.file])) for problem in dict.fromkeys(problems)
        ]
        asked.refuse()
        assert points is not None
        prepare_kernel()
        swept = run_points(meant[0], points, settings, names, False, None)

        def show_figures() -> None:
            if json_:
                hand_over_json(swept.to_dict())
            else:
                say(swept)

        def draw() -> None:
            if png is not None:
                save_picture(_figure(swept, metric), png)

        each(show_figures, draw)


def _figure(swept: Sweep, metrics: Iterable[str]) -> Any:
    from funnelsim.metrics.names import main_metrics
    from funnelsim.plots import sweep_figure

    usual = [name for name in main_metrics(swept.scenario) if name in swept.metrics]
    return sweep_figure(swept, list(dict.fromkeys(metrics)) or usual or list(swept.metrics[:1]))


# ---------------------------------------------------------------- values
def values_over(asked: Asked, texts: Iterable[str]) -> dict[str, list[str]]:
    """Return the values of every path, as they were written."""
    values: dict[str, list[str]] = {}
    for text in texts:
        path, equals, listed = (part.strip() for part in text.partition("="))
        if not equals:
            example = "--over stages.sql.moves.expire.after=7d,14d"
            asked.wrong("--over", f"write PATH=A,B,…, as in {example}, not {shown(text)}")
        elif path in values:
            asked.wrong("--over", f"{shown(path)} is given twice; write all its values behind one --over")
        else:
            values[path] = split(listed)
    return values


def split(text: str) -> list[str]:
    """Split at commas, but for those in brackets and in quotes: ``a,{b: 1, c: 2}`` is two values."""
    parts, depth, quote = [""], 0, ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "[{(":
            depth += 1
        elif character in ")}]":
            depth -= 1
        if character == "," and depth <= 0 and not quote:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]
