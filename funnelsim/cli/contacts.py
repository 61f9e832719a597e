"""The command that tells what touches do: how far leads went with them, what they gave, and what they truly add."""

from __future__ import annotations

import math
import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

import funnelsim as fs
from funnelsim.cli.asked import Asked
from funnelsim.cli.ending import each, ending, hand_over_json, say, say_if_compiling
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
from funnelsim.scenario.problems import listed

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.forecast.incremental import Incremental
    from funnelsim.metrics.contact_reports import ContactBy
    from funnelsim.metrics.display import Row
    from funnelsim.scenario import Scenario

Listed = Annotated[Literal["track", "touch", "content"], typer.Option(help="One line for each of these.")]
Beside = Annotated[
    bool, typer.Option("--incremental", help="Also run without each of them, with the same luck: what each truly adds.")
]
Scores = Annotated[bool, typer.Option("--scores", help="Also the score of each period's new leads at its end.")]
Leaving = Annotated[bool, typer.Option("--leaving", help="Also where leads stall and where they leave.")]

NAIVE = {"sql": "sqls", "revenue": "revenue", "spend": "cost"}
"""The column of what is beside a metric, without leaving anything out."""

AFTER = "sqls, revenue: of leads touched so before. They count for every touch a lead had, and do not say what it adds"


def touches(
    scenario: File,
    by: Listed = "track",
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
        if meant:
            _look(asked, meant, by, scores)
        asked.refuse()

        from funnelsim.metrics.simulate import Settings

        settings = Settings(replications, seed, threads=threads)
        asked.room(meant[:1] * (1 + incremental), settings)
        asked.refuse()
        say_if_compiling()
        added = None
        if incremental:
            run: dict[str, Any] = {"replications": replications, "seed": seed, "threads": threads}
            added = fs.incremental(meant[0], by, metric or None, **run)
            result = added.result
        else:
            result = fs.simulate(meant[0], **asdict(settings))

        def show() -> None:
            if json_:
                hand_over_json(as_json(result, by, added))
                return
            say("\n".join(_told(result, by, added)))
            if scores:
                say(f"\n{_scores(result)}")
            if leaving:
                say(f"\n{_leaving(result)}")

        def draw() -> None:
            if png is not None:
                save_picture(_picture(result, by), png)

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


def _is_scored(scenario: Scenario) -> bool:
    from funnelsim.program import compile_scenario

    return compile_scenario(scenario).is_scored


# ---------------------------------------------------------------- text
def _told(result: fs.Result, by: ContactBy, added: Incremental | None) -> list[str]:
    """Return the lines of the answer: two tables, the one of what is added, and sentences."""
    from funnelsim.forecast.incremental import MEANING
    from funnelsim.metrics.display import text_table

    table = result.contacts(by)
    variant = f", variant {result.variant}" if result.variant else ""
    title = f"{result.scenario.name}{variant}: {result.replications:,} replications, seed {result.seed}"
    lines = [*_wrapped(title), text_table(*_steps(table, by)), "", text_table(*_gifts(table, by))]
    sentences = [f"{AFTER}{'' if added else ': add --incremental'}."]
    if added is not None:
        header, rows = _beside(table, added)
        lines += ["", text_table(header, rows, left=(0, 1))]
        sentences.append(MEANING)
    sentences += verdicts(result, added)
    return [*lines, *(line for sentence in sentences for line in _wrapped(sentence))]


def _wrapped(text: str) -> list[str]:
    from funnelsim.metrics.display import WIDTH

    return textwrap.wrap(text, WIDTH)


def _steps(table: pd.DataFrame, by: str) -> tuple[Row, list[Row]]:
    """Return how far touches went: of those sent the share delivered, of those delivered the share of all else."""
    from funnelsim.metrics.display import number

    shares = [name for name in ("opened", "recorded_opens", "clicked", "responded", "opted_out") if name in table]
    first = [name for name in ("sent", "delivered", "withheld") if name in table]
    rows = []
    for row in table.to_dict("records"):
        delivered = row["delivered"]
        of = [row[name] / delivered if delivered else math.nan for name in shares]
        told = [number(row[name]) for name in first]
        rows.append((row[by], *told, *(number(share, "share") for share in of)))
    short = {"recorded_opens": "recorded", "opted_out": "opt-outs"}
    return (by, *first, *(short.get(name, name) for name in shares)), rows


def _gifts(table: pd.DataFrame, by: str) -> tuple[Row, list[Row]]:
    """Return what touches cost and gave, and what became of leads touched before."""
    from funnelsim.metrics.display import number

    columns = [name for name in ("cost", "warmth", "sqls", "revenue") if name in table and table[name].notna().any()]
    rows = [(row[by], *(number(row[name]) for name in columns)) for row in table.to_dict("records")]
    return (by, *columns), rows


def _beside(table: pd.DataFrame, added: Incremental) -> tuple[Row, list[Row]]:
    """Return what is added, beside what leads did that were touched before."""
    from funnelsim.metrics.display import number

    rows, name = [], ""
    beside = {row[added.by]: row for row in table.to_dict("records")}
    for row in added.rows():
        name, metric = row[0] or name, row[1]
        naive = beside[name].get(NAIVE.get(metric, ""), math.nan)
        rows.append((row[0], metric, number(naive), *row[2:]))
    return (added.by, "metric", "touched", "added", "95% interval", "error", "above 0"), rows


def verdicts(result: fs.Result, added: Incremental | None = None) -> list[str]:
    """Say which touches raise the score, which lower it and which do nothing (DOMAIN D4.4).

    A touch does nothing if it gives no warmth and, where touches were left out in turn, changes none of the metrics
    beyond the error, but for what is spent.
    """
    warmth = result.contacts("touch").set_index("touch")["warmth"]
    sent = result.contacts("touch").set_index("touch")["sent"]
    used = [str(name) for name in warmth.index if sent[name] > 0]
    raising, lowering = ([name for name in used if sign * warmth[name] > 0] for sign in (1, -1))
    idle = [name for name in used if warmth[name] == 0]
    told = [f"raise the score: {listed(raising, 'and') or 'none'}"]
    told += [f"lower it: {listed(lowering, 'and')}"] if lowering else []
    if added is None or added.by != "touch":
        told += [f"give no points: {listed(idle, 'and')}"] if idle else []
        return [f"Touches that {'; that '.join(told)}."]
    goals = [metric for metric in added.metrics if metric != "spend"]
    nothing = [name for name in idle if not any(added.added[name][goal].is_seen for goal in goals)]
    rest = [name for name in idle if name not in nothing]
    told += [f"give no points, but change {listed(goals)}: {listed(rest, 'and')}"] if rest else []
    told += [f"do nothing beyond the error: {listed(nothing, 'and')}"] if nothing else []
    return [f"Touches that {'; that '.join(told)}."]


def _scores(result: fs.Result) -> str:
    from funnelsim.metrics.display import number, text_table

    table = result.score_profile()
    bands = [str(band) for band in result.data["band"].to_numpy()]
    rows = []
    for period, part in table.groupby("period"):
        shares = part.set_index("band")["share"]
        created = number(float(part["leads"].sum()))
        rows.append((str(period)[:10], created, *(number(float(shares[band]), "share") for band in bands)))
    return text_table(("score, created in", "leads", *bands), rows)


def _leaving(result: fs.Result) -> str:
    from funnelsim.metrics.display import number, text_table

    columns = ("came", "left", "there", "stalled")
    table = result.where_leads_leave().to_dict("records")
    rows = [(f"{row['kind']} {row['name']}", *(number(row[name]) for name in columns)) for row in table]
    return text_table(("where leads leave", *columns), rows)


# ---------------------------------------------------------------- JSON and pictures
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
        "verdicts": verdicts(result, added),
        "warnings": result.warnings(),
    }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    """Return a value for JSON; None where there is none."""
    return None if isinstance(value, float) and math.isnan(value) else value


def _picture(result: fs.Result, by: ContactBy) -> Any:
    """Draw the touches, and below them the profile of scores where there is one."""
    from matplotlib.figure import Figure

    from funnelsim.plots import plot_contacts, plot_score_profile

    scored = "profile" in result.data
    rows = len(result.contacts(by))
    figure = Figure(figsize=(8, 1.5 + 0.5 * rows + 4 * scored), layout="constrained")
    axes = figure.subplots(1 + scored, squeeze=False, height_ratios=[1.5 + 0.5 * rows, 4][: 1 + scored])[:, 0]
    plot_contacts(result, by, ax=axes[0])
    if scored:
        plot_score_profile(result, ax=axes[1])
    return figure
