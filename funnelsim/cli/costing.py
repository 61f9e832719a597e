"""The command that says what units cost."""

from __future__ import annotations

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
    Picture,
    Replications,
    Seed,
    Set,
    Tables,
    Threads,
    Variant,
)
from funnelsim.cli.places import save_picture, save_tables
from funnelsim.cli.starting import prepare_kernel

if TYPE_CHECKING:
    from funnelsim.scenario import Scenario

NONE = "none"

RunOn = Annotated[
    str, typer.Option(metavar="SPAN", help="How long to go on after the horizon, to see cohorts matured; none: not.")
]
NoMarginal = Annotated[bool, typer.Option("--no-marginal", help="Without what the last 10% of spend brought.")]
Tracks = Annotated[bool, typer.Option("--tracks", help="Also run without each track: what it costs and adds.")]


def costs(
    scenario: File,
    by: By = None,
    run_on: RunOn = "12 months",
    no_marginal: NoMarginal = False,
    tracks: Tracks = False,
    variant: Variant = None,
    set_: Set = [],  # noqa: B006
    horizon: Horizon = None,
    replications: Replications = 1000,
    seed: Seed = 1,
    threads: Threads = None,
    json_: Json = False,
    png: Picture = None,
    csv: Tables = None,
    debug: Debug = False,
) -> None:
    """Say what a lead, an SQL or a customer costs: by period and cohort, full and marginal, with its parts."""
    with ending(debug):
        asked = Asked()
        meant = asked.meant(scenario, variant, set_, horizon)
        group = asked.grouping(by, meant)
        asked.written(None, False, png)
        asked.taken_away(None, csv)
        for some in meant[:1]:
            _look(asked, some, run_on, tracks)
        asked.refuse()

        from funnelsim.forecast.unit_costs import unit_costs
        from funnelsim.metrics.simulate import Settings

        asked.room(meant[:1] * 3, Settings(replications, seed, by=group, cohorts=True, threads=threads))
        asked.refuse()
        prepare_kernel()
        found = unit_costs(
            meant[0],
            by=group,
            run_on=None if run_on == NONE else run_on,
            marginal=not no_marginal,
            tracks=tracks,
            replications=replications,
            seed=seed,
            threads=threads,
        )

        def show() -> None:
            if json_:
                hand_over_json(found.to_dict())
            else:
                say(found)

        def draw() -> None:
            if png is not None:
                save_picture(_figure(found), png)

        def save() -> None:
            if csv is not None:
                from funnelsim.forecast.cost_texts import tables_of

                save_tables(tables_of(found), csv)

        each(show, draw, save)


def _look(asked: Asked, scenario: Scenario, run_on: str, tracks: bool) -> None:
    """Look at whether the run can go on, and whether there is what is to be told."""
    from funnelsim.forecast.run_on import longer

    if tracks and not scenario.tracks:
        asked.wrong("--tracks", "this scenario has no tracks; leave it out")
    if run_on != NONE:
        try:
            longer(scenario, run_on)
        except ValueError as error:
            asked.wrong("--run-on", str(error))


def _figure(found: Any) -> Any:
    from funnelsim.plots.costs import costs_figure

    return costs_figure(found)
