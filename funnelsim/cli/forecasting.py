"""The command that forecasts one figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from funnelsim.cli.asked import Asked
from funnelsim.cli.ending import each, ending, hand_over_json, say
from funnelsim.cli.options import (
    Debug,
    File,
    Horizon,
    Json,
    Picture,
    Replications,
    Seed,
    Set,
    Threads,
    Variant,
)
from funnelsim.cli.places import save_picture
from funnelsim.cli.starting import prepare_kernel
from funnelsim.scenario import ScenarioError
from funnelsim.scenario.problems import RefusedError

if TYPE_CHECKING:
    from funnelsim.forecast.actuals import Actual
    from funnelsim.scenario import Scenario


def forecast(
    scenario: File,
    metric: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What is forecast, as in sql or sql[channel=search]; by default what the funnel is for.",
            show_default=False,
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(metavar="VALUE", help="Also the chance to reach it, as in 1500 or 35%.", show_default=False),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="The last day for the target, the last of a period; by default the run's.",
            show_default=False,
        ),
    ] = None,
    actuals: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="What happened: a CSV file with the columns date and value.", show_default=False
        ),
    ] = None,
    variant: Variant = None,
    set_: Set = [],  # noqa: B006
    horizon: Horizon = None,
    replications: Replications = 1000,
    seed: Seed = 1,
    threads: Threads = None,
    json_: Json = False,
    png: Picture = None,
    debug: Debug = False,
) -> None:
    """Forecast one figure: its range by period and so far, and the chance to reach a target by a date."""
    with ending(debug):
        asked = Asked()
        meant = asked.meant(scenario, variant, set_, horizon)
        asked.written(None, False, png)
        name = _metric(asked, metric, meant)
        amount = None if name is None else _target(asked, name, target, by, meant)
        happened = () if name is None else _actuals(asked, name, actuals, meant)
        if by is not None and target is None:
            asked.wrong("--by", "it is the day by which a target is to be reached; add --target VALUE")
        asked.refuse()
        assert name is not None

        from dataclasses import replace

        from funnelsim.forecast.forecasting import forecast as forecast_of
        from funnelsim.forecast.forecasting import grouped_by
        from funnelsim.metrics.simulate import Settings

        asked.room(meant * 2, Settings(replications, seed, by=grouped_by(name, meant[0]), threads=threads))
        asked.refuse()
        prepare_kernel()
        told = forecast_of(meant[0], name, replications=replications, seed=seed, threads=threads)
        told = replace(told, actuals=happened)
        reached = [] if amount is None else [told.probability(amount, by)]

        def show_figures() -> None:
            if json_:
                hand_over_json(told.to_dict(reached))
            else:
                say(told.text(reached))

        def draw() -> None:
            if png is not None:
                from funnelsim.plots.forecast import forecast_figure

                save_picture(forecast_figure(told, reached), png)

        each(show_figures, draw)


def _metric(asked: Asked, metric: str | None, meant: list[Scenario]) -> str | None:
    """Return the metric that is meant; None where it is wrong, or that of no scenario."""
    from funnelsim.forecast.forecasting import group_of
    from funnelsim.metrics.names import main_metrics

    if not meant:
        return None
    if metric is None:
        return main_metrics(meant[0])[0]
    before = len(asked.problems)
    asked.metrics([metric], meant, group_of(metric), "period")
    return metric if len(asked.problems) == before else None


def _target(asked: Asked, metric: str, target: str | None, by: str | None, meant: list[Scenario]) -> float | None:
    """Return the target, and look at the day by which it is to be reached."""
    from funnelsim.forecast.actuals import read_amount
    from funnelsim.forecast.days import period_until
    from funnelsim.forecast.forecasting import group_of, has_so_far
    from funnelsim.metrics.names import figure_of

    if target is None:
        return None
    figure, amount = figure_of(metric, meant[0], group_of(metric)), None
    try:
        amount = read_amount(target, figure.definition.unit, figure)
    except RefusedError as error:
        asked.wrong("--target", str(error))
    if not has_so_far(figure):
        asked.wrong("--target", f"'{metric}' is a figure of periods; there is none by a date")
    try:
        period_until(by, meant[0])
    except ValueError as error:
        asked.wrong("--by", str(error))
    return amount


def _actuals(asked: Asked, metric: str, path: Path | None, meant: list[Scenario]) -> tuple[Actual, ...]:
    from funnelsim.forecast.forecasting import actuals_of

    if path is None:
        return ()
    try:
        return actuals_of(path, metric, meant[0])
    except ScenarioError as error:
        asked.problems += error.problems
        return ()
