"""The commands that compare budgets, and split one over channels."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

import funnelsim as fs
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
    Tables,
    Threads,
    Variant,
    Workbook,
)
from funnelsim.cli.places import save_picture
from funnelsim.cli.saving import budgets_saved
from funnelsim.cli.starting import prepare_kernel
from funnelsim.metrics import display
from funnelsim.scenario import ScenarioError
from funnelsim.scenario.problems import shown

if TYPE_CHECKING:
    from funnelsim.forecast.budget_report import Budgets
    from funnelsim.scenario import Scenario

RunOn = Annotated[
    str | None,
    typer.Option(metavar="SPAN", help="Go on after the horizon, so that late wins are credited.", show_default=False),
]


def budgets(
    scenario: File,
    budget: Annotated[
        list[str],
        typer.Option(metavar="NAME: {PATH: VALUE, …}", help="A budget, instead of those of the file; may be repeated."),
    ] = [],  # noqa: B006
    run_on: RunOn = None,
    monthly: Annotated[bool, typer.Option("--monthly", help="Month by month too, or whatever the period is.")] = False,
    variant: Variant = None,
    set_: Set = [],  # noqa: B006
    horizon: Horizon = None,
    replications: Replications = 500,
    seed: Seed = 1,
    threads: Threads = None,
    json_: Json = False,
    png: Picture = None,
    xlsx: Workbook = None,
    csv: Tables = None,
    debug: Debug = False,
) -> None:
    """Run budgets with the same luck: what each brings, costs and risks, and which teams are full."""
    with ending(debug):
        asked = Asked()
        meant = asked.meant(scenario, variant, set_, horizon)
        asked.written(None, False, png)
        asked.taken_away(xlsx, csv)
        given = _given(asked, budget)
        if len(meant) == 1 and not asked.problems:
            _look_at_budgets(asked, meant[0], given, run_on)
        asked.refuse()
        prepare_kernel()
        found = fs.budgets(
            meant[0], given or None, run_on=run_on, replications=replications, seed=seed, threads=threads
        )

        def show_figures() -> None:
            if json_:
                hand_over_json(found.to_dict(monthly=monthly))
            else:
                say(found)
                if monthly:
                    say(f"\n{_by_period(found)}")

        def draw() -> None:
            if png is not None:
                from funnelsim.plots import budgets_figure

                save_picture(budgets_figure(found), png)

        each(show_figures, draw, *budgets_saved(found, xlsx, csv))


def allocate(
    scenario: File,
    budget: Annotated[
        str | None, typer.Option(metavar="AMOUNT", help="What channels may spend together; by default what they do.")
    ] = None,
    maximise: Annotated[
        str, typer.Option(metavar="FIGURE", help="sql, won, revenue, gross_profit, profit or new_leads.")
    ] = "sql",
    bound: Annotated[
        list[str],
        typer.Option(
            metavar="CHANNEL=LEAST..MOST", help="What a channel spends at least and at most; may be repeated."
        ),
    ] = [],  # noqa: B006
    run_on: RunOn = None,
    starts: Annotated[int, typer.Option(min=1, max=100, help="From how many splits a search begins.")] = 2,
    variant: Variant = None,
    set_: Set = [],  # noqa: B006
    horizon: Horizon = None,
    replications: Replications = 50,
    seed: Seed = 1,
    threads: Threads = None,
    json_: Json = False,
    debug: Debug = False,
) -> None:
    """Split a budget over the channels so that it brings most, and say how sure that is."""
    with ending(debug):
        asked = Asked()
        meant = asked.meant(scenario, variant, set_, horizon)
        bounds = _bounds(asked, bound)
        if len(meant) == 1 and not asked.problems:
            from funnelsim.forecast.budgets import read_run_on
            from funnelsim.forecast.splits import read_task

            _refused(asked, "--run-on", lambda: read_run_on(meant[0], run_on))
            _refused(asked, "allocate", lambda: read_task(meant[0], maximise, budget, bounds, starts))
        asked.refuse()
        prepare_kernel()
        found = fs.allocate(
            meant[0],
            maximise=maximise,
            budget=budget,
            bounds=bounds,
            run_on=run_on,
            starts=starts,
            replications=replications,
            seed=seed,
            threads=threads,
        )
        if json_:
            hand_over_json(found.to_dict())
        else:
            say(found)


# ---------------------------------------------------------------- what is asked for
def _given(asked: Asked, texts: Iterable[str]) -> dict[str, Any]:
    """Return budgets written as ``more: {spend: +20%}``."""
    from funnelsim.scenario.reading import read_tree
    from funnelsim.scenario.tree import plain

    found: dict[str, Any] = {}
    for text in texts:
        tree, problems = read_tree(text, "--budget")
        budget = None if problems else plain(tree)
        if not isinstance(budget, dict) or not all(isinstance(settings, dict) for settings in budget.values()):
            asked.wrong("--budget", f"write NAME: {{PATH: VALUE}}, as in 'more: {{spend: +20%}}', not {shown(text)}")
            continue
        for name in budget.keys() & found.keys():
            asked.wrong("--budget", f"{shown(name)} stands there twice; name it once")
        found |= budget
    return found


def _look_at_budgets(asked: Asked, scenario: Scenario, given: dict[str, Any], run_on: str | None) -> None:
    from funnelsim.forecast.budgets import budgeted, named_budgets, read_run_on

    _refused(asked, "--run-on", lambda: read_run_on(scenario, run_on))
    _refused(asked, "--budget", lambda: budgeted(scenario, named_budgets(scenario, given or None)[0], None))


def _refused(asked: Asked, option: str, look: Callable[[], object]) -> None:
    try:
        look()
    except ScenarioError as error:
        asked.problems += error.problems
    except ValueError as error:
        for message in str(error).split("\n"):
            asked.wrong(option, message)


def _bounds(asked: Asked, texts: Iterable[str]) -> dict[str, tuple[str | None, str | None]]:
    found: dict[str, tuple[str | None, str | None]] = {}
    for text in texts:
        name, equals, range_ = (part.strip() for part in text.partition("="))
        least, dots, most = (part.strip() for part in range_.partition(".."))
        if not equals or not dots:
            example = "--bound search='20_000 per month..80_000 per month'"
            asked.wrong("--bound", f"write CHANNEL=LEAST..MOST, as in {example}, not {shown(text)}")
        found[name] = (least or None, most or None)
    return found


# ---------------------------------------------------------------- month by month
_SHOWN = ("spend", "new_leads", "sql", "won", "gross_profit", "cost_per_sql")


def _by_period(found: Budgets) -> str:
    """Return the means of every budget by period as a table of at most 80 columns."""
    from funnelsim.forecast.budget_texts import CALLED

    table = found.monthly()
    figures = [name for name in _SHOWN if name in set(table["figure"])]
    wide = table.pivot_table(index=["budget", "period"], columns="figure", values="mean", sort=False, dropna=False)
    rows: list[display.Row] = []
    for name in found.names:
        rows.append((found.labels[name], *[""] * len(figures)))
        for period, values in wide.loc[name].iterrows():
            rows.append((f"  {period}", *(display.number(float(values[figure])) for figure in figures)))
    header = ("created in" if found.run_on else "period", *(CALLED[figure] for figure in figures))
    return display.headed_table(header, rows)
