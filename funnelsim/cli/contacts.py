"""The command that tells what touches do: how far leads went with them, what they gave, and what they truly add."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

import funnelsim as fs
from funnelsim.cli.asked import Asked
from funnelsim.cli.contact_texts import leaving as leaving_told
from funnelsim.cli.contact_texts import scores as scores_told
from funnelsim.cli.contact_texts import told, verdicts
from funnelsim.cli.drawing import touches_figure
from funnelsim.cli.ending import each, ending, hand_over_json, say
from funnelsim.cli.options import (
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

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.forecast.incremental import Incremental
    from funnelsim.metrics.contact_reports import ContactBy
    from funnelsim.scenario import Scenario

LISTED: tuple[ContactBy, ...] = ("track", "kind", "touch", "content")
Listed = Annotated[
    str | None,
    typer.Option(
        metavar="[track|kind|touch|content]",
        help="One line for each of these; by default track, or touch without any.",
        show_default=False,
    ),
]
Beside = Annotated[
    bool, typer.Option("--incremental", help="Also run without each of them, with the same luck: what each truly adds.")
]
Scores = Annotated[bool, typer.Option("--scores", help="Also the score of each period's new leads at its end.")]
Leaving = Annotated[bool, typer.Option("--leaving", help="Also where leads stall and where they leave.")]


def touches(
    scenario: File,
    by: Listed = None,
    incremental: Beside = False,
    scores: Scores = False,
    leaving: Leaving = False,
    variant: Variant = None,
    set_: Set = [],  # noqa: B006
    horizon: Horizon = None,
    replications: Replications = 1000,
    seed: Seed = 1,
    threads: Threads = None,
    metric: Metrics = [],  # noqa: B006
    json_: Json = False,
    png: Picture = None,
    debug: Debug = False,
) -> None:
    """Tell what touches do by track, touch or content: opened, clicked, answered, points given, and what they add."""
    with ending(debug):
        asked = Asked()
        meant = asked.meant(scenario, variant, set_, horizon)
        asked.metrics(metric, meant, None)
        if metric and not incremental:
            asked.wrong("--metric", "these are the metrics of --incremental; add it, or use funnelsim run")
        asked.written(None, False, png)
        chosen = _usual(meant) if by is None else asked.one_of("--by", by, LISTED)
        if meant:
            _look(asked, meant, chosen, scores)
        asked.refuse()

        from funnelsim.metrics.simulate import Settings

        settings = Settings(replications, seed, threads=threads)
        asked.room(meant[:1] * (1 + incremental), settings)
        asked.refuse()
        prepare_kernel()
        added = None
        if incremental:
            run: dict[str, Any] = {"replications": replications, "seed": seed, "threads": threads}
            added = fs.incremental(meant[0], chosen, metric or None, **run)
            result = added.result
        else:
            result = fs.simulate(meant[0], **asdict(settings))

        def show() -> None:
            if json_:
                hand_over_json(as_json(result, chosen, added))
                return
            say("\n".join(told(result, chosen, added)))
            if scores:
                say(f"\n{scores_told(result)}")
            if leaving:
                say(f"\n{leaving_told(result)}")

        def draw() -> None:
            if png is not None:
                save_picture(touches_figure(result, chosen, added), png)

        each(show, draw)


def _look(asked: Asked, meant: list[Scenario], by: ContactBy, scores: bool) -> None:
    """Look at whether there is what is to be told."""
    from funnelsim.forecast.incremental import left_out
    from funnelsim.metrics.vocabulary import vocabulary_of

    if not any(vocabulary_of(scenario).touching for scenario in meant):
        asked.wrong("touches", "this scenario makes no touch; write tracks, or 'touch' in a move")
    elif not any(left_out(scenario, by) for scenario in meant):
        asked.wrong("--by", f"this scenario has no {by}")
    if scores and not any(_is_scored(scenario) for scenario in meant):
        asked.wrong("--scores", "leads have no score here; write points of warmth, or 'fit' in scoring")


def _usual(meant: list[Scenario]) -> ContactBy:
    """Return what touches are listed by if nothing is said: tracks, or where there are none the touches themselves."""
    return "track" if any(scenario.tracks for scenario in meant) else "touch"


def _is_scored(scenario: Scenario) -> bool:
    from funnelsim.program import compile_scenario

    return compile_scenario(scenario).is_scored


# ---------------------------------------------------------------- JSON
def as_json(result: fs.Result, by: ContactBy, added: Incremental | None) -> dict[str, Any]:
    """Return what ``touches --json`` prints."""
    table = result.contacts(by)
    columns = [name for name in table if name != by and not str(name).endswith("_error")]
    contacts = {
        row[by]: {name: {"mean": _plain(row[name]), "mc_error": _plain(row[f"{name}_error"])} for name in columns}
        for row in table.to_dict("records")
    }
    answer: dict[str, Any] = {**result.head(), "by": by, "contacts": contacts}
    if added is not None:
        answer["incremental"] = added.to_dict()
    if "profile" in result.data:
        profile = result.score_profile()
        profile["period"] = [str(period)[:10] for period in profile["period"]]
        answer["score_profile"] = _records(profile)
    return {
        **answer,
        "where_leads_leave": _records(result.where_leads_leave()),
        "ways_out": _records(result.ways_out()),
        "verdicts": verdicts(result, added),
        "warnings": result.warnings(),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    """Return a value for JSON; None where there is none."""
    return None if isinstance(value, float) and math.isnan(value) else value
