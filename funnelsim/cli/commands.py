"""The commands. Each first looks at all it was asked for, then runs, then writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

import funnelsim as fs
from funnelsim.cli.asked import Asked
from funnelsim.cli.beginning import init, new
from funnelsim.cli.budgeting import allocate, budgets
from funnelsim.cli.checking import check
from funnelsim.cli.clusters import connected
from funnelsim.cli.comparing import check_alike, scenarios_to_compare
from funnelsim.cli.contacts import touches
from funnelsim.cli.costing import costs
from funnelsim.cli.drawing import COMPARED, PICTURES, check_pictures, compared_figure, run_figure
from funnelsim.cli.ending import (
    BrokenGuardError,
    WrongInputError,
    each,
    ending,
    for_programs,
    hand_over,
    hand_over_json,
    say,
)
from funnelsim.cli.forecasting import forecast
from funnelsim.cli.keeping import simulated
from funnelsim.cli.options import (
    ENGINES,
    OVERS,
    By,
    Cluster,
    Debug,
    Engine,
    File,
    Horizon,
    Insecure,
    Json,
    MaxReplications,
    Metrics,
    Out,
    Over,
    Overwrite,
    Picture,
    Pictures,
    Precision,
    Replications,
    Resume,
    Seed,
    Set,
    Tables,
    Threads,
    Variant,
    Variants,
    Workbook,
)
from funnelsim.cli.places import save_page, save_picture
from funnelsim.cli.reporting import report
from funnelsim.cli.saving import comparison_saved, result_saved
from funnelsim.cli.starting import prepare_kernel
from funnelsim.cli.sweeping import sweep
from funnelsim.scenario import Place, Problem, shipped
from funnelsim.scenario.problems import shown

app = typer.Typer(
    name="funnelsim",
    help="Simulate a funnel, and see what a policy, a budget or a team change brings.",
    epilog=(
        "Example: funnelsim run trunk --variant two_weeks --replications 500. Exit codes: 0 fine; 1 a guard is broken; "
        "2 the input is wrong; 69 a cluster failed; 70 a fault of funnelsim (--debug or FUNNELSIM_DEBUG=1 shows its "
        "traceback); 74 something could not be written; 130 stopped by Ctrl-C."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

MOST_EVENTS = 40
"""Events of a log that are printed if not all are asked for."""


@app.command(
    epilog=(
        "Example: funnelsim run nurture_before_after --variant after --horizon 30d --by channel. With --json and "
        "--over period or cohort every number of a metric is a list, one for each of the periods or cohorts named."
    )
)
def run(
    scenario: File,
    variant: Variant = None,
    set_: Set = [],  # noqa: B006
    horizon: Horizon = None,
    by: By = None,
    replications: Replications = 1000,
    precision: Precision = [],  # noqa: B006
    max_replications: MaxReplications = None,
    seed: Seed = 1,
    engine: Engine = "kernel",
    threads: Threads = None,
    metric: Metrics = [],  # noqa: B006
    over: Over = "horizon",
    json_: Json = False,
    out: Out = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
    cluster: Cluster = None,
    insecure: Insecure = False,
    png: Picture = None,
    picture: Pictures = [],  # noqa: B006
    xlsx: Workbook = None,
    csv: Tables = None,
    debug: Debug = False,
) -> None:
    """Run a scenario many times and print its figures."""
    with ending(debug):
        asked = Asked()
        meant = asked.meant(scenario, variant, set_, horizon)
        group: Any = asked.grouping(by, meant)
        which, during = asked.one_of("--engine", engine, ENGINES), asked.one_of("--over", over, OVERS)
        asked.metrics(metric, meant, group, during)
        wanted = asked.precision(precision, replications, max_replications, meant, group)
        asked.written(out, overwrite, png, resume)
        pictures = check_pictures(asked, picture, png, meant, PICTURES)
        asked.taken_away(xlsx, csv, out)
        asked.cluster(cluster, insecure)
        asked.refuse()

        from funnelsim.cli.figures import asked_for, run_as_json, with_groups
        from funnelsim.metrics.precision import check_numbers, given_up
        from funnelsim.metrics.simulate import Settings

        settings = Settings(replications, seed, which, group, during == "cohort" or bool(xlsx or csv), threads)
        most = check_numbers(replications, max_replications) if wanted else replications
        asked.room(meant, replace(settings, replications=most))
        asked.resumed(meant[0], settings, out, wanted, resume=resume, overwrite=overwrite)
        asked.refuse()
        with connected(cluster) as workers:
            if workers is None:
                prepare_kernel()
            result, saved = simulated(
                meant[0],
                settings,
                workers,
                out,
                resume=resume,
                overwrite=overwrite,
                precision=wanted or None,
                max_replications=max_replications,
            )
        shown = with_groups(metric, meant[:1], group)

        def show_figures() -> None:
            if json_:
                hand_over_json(run_as_json(result, shown, during))
            elif metric or during != "horizon":
                with asked_for():
                    table = result.table(shown or None, over=during)
                say("\n".join([table, *(f"warning: {warning}" for warning in given_up(result))]))
            else:
                say(result)

        def draw() -> None:
            if png is not None:
                save_picture(run_figure(result, metric, pictures), png)

        each(saved, show_figures, draw, *result_saved(result, shown, xlsx, csv))


@app.command(epilog="Example: funnelsim compare nurture_before_after --variants before,after --horizon 30d")
def compare(
    scenario: File,
    other: Annotated[Path | None, typer.Argument(metavar="[OTHER]", help="A second one.", show_default=False)] = None,
    variants: Variants = "",
    set_: Set = [],  # noqa: B006
    horizon: Horizon = None,
    by: By = None,
    replications: Replications = 1000,
    seed: Seed = 1,
    threads: Threads = None,
    metric: Metrics = [],  # noqa: B006
    lead_by_lead: Annotated[
        str | None,
        typer.Option(metavar="STAGE", help="Also which leads come there: how many are missed, how many gained."),
    ] = None,
    json_: Json = False,
    png: Picture = None,
    difference_png: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Save a picture of the differences in each replication."),
    ] = None,
    picture: Annotated[
        str | None, typer.Option(metavar="[metrics|funnel]", help="What --png draws; by default metrics.")
    ] = None,
    xlsx: Workbook = None,
    csv: Tables = None,
    debug: Debug = False,
) -> None:
    """Run scenarios with the same luck and print what differs; the first is the one compared with."""
    with ending(debug):
        asked = Asked()
        meant = scenarios_to_compare(asked, scenario, other, variants, set_, horizon)
        groups = [asked.grouping(by, versions) for versions in meant.values()]
        group: Any = by if None not in groups else None
        for versions in meant.values():
            asked.metrics(metric, versions, group)
            asked.stage("--lead-by-lead", lead_by_lead, versions)
        asked.written(None, False, png)
        asked.picture("--difference-png", difference_png)
        everyone = [version for versions in meant.values() for version in versions]
        drawn, *_ = check_pictures(asked, [picture] if picture else [], png, everyone, COMPARED) or COMPARED
        asked.taken_away(xlsx, csv)
        asked.refuse()
        chosen = {name: versions[0] for name, versions in meant.items()}
        check_alike(asked, chosen)
        asked.refuse()

        from funnelsim.cli.figures import comparison_as_json, lead_by_lead_told, with_groups
        from funnelsim.metrics.names import main_metrics
        from funnelsim.metrics.simulate import Settings

        cohorts = bool(xlsx or csv)
        asked.room(chosen.values(), Settings(replications, seed, by=group, cohorts=cohorts, threads=threads))
        asked.refuse()
        shown = with_groups(metric, list(chosen.values()), group)
        prepare_kernel()
        comparison = fs.compare(
            chosen,
            replications=replications,
            seed=seed,
            metrics=shown or None,
            by=group,
            threads=threads,
            cohorts=cohorts,
        )
        found = None
        if lead_by_lead is not None:
            found = fs.lead_by_lead(chosen, lead_by_lead, replications=replications, seed=seed)

        def show_figures() -> None:
            if json_:
                hand_over_json(comparison_as_json(comparison, shown, lead_by_lead, found))
            else:
                say(comparison)
                if found is not None:
                    say(f"\n{lead_by_lead_told(str(lead_by_lead), found)}")

        main = metric or main_metrics(next(iter(chosen.values())))

        def draw() -> None:
            if png is not None:
                save_picture(compared_figure(comparison, main, drawn), png)

        def draw_differences() -> None:
            if difference_png is not None:
                from funnelsim.plots import difference_figure

                save_picture(difference_figure(comparison, main), difference_png)

        each(show_figures, draw, draw_differences, *comparison_saved(comparison, xlsx, csv))


app.command(
    epilog=(
        "Examples: funnelsim touches nurture_before_after --variant after --horizon 30d; with --by touch --incremental "
        "also what each of them truly adds: one more run without each."
    )
)(touches)


app.command(
    epilog=(
        "Example: funnelsim sweep trunk --over stages.sql.moves.expire.after=7d,14d,21d --metric won --metric "
        "cost_per_won. With --png one path makes a line, two make a heat map."
    )
)(sweep)


app.command(
    epilog=(
        "Example: funnelsim forecast trunk --metric sql --target 1500 --by 2026-06-30 --png out/sql.png. With "
        "--actuals actuals.csv what happened stands beside it: a header date,value, and one row for each period."
    )
)(forecast)

app.command(
    epilog=(
        "Example: funnelsim costs nurture_before_after --variant after --horizon 30d --by channel. Matured figures and "
        "those of the last 10% take further runs; with --run-on none --no-marginal there is one."
    )
)(costs)
app.command(epilog="Example: funnelsim report trunk --variants base,two_weeks --html trunk.html")(report)
app.command(
    epilog=(
        "Example: funnelsim check scenarios/; with --update the baselines are written anew. Exit code 1: a threshold "
        "is broken or not settled, or the engine changed."
    )
)(check)


@app.command(epilog="Example: funnelsim show trunk --variant two_weeks")
def show(
    scenario: File,
    variant: Variant = None,
    set_: Set = [],  # noqa: B006
    horizon: Horizon = None,
    resolved: Annotated[
        bool, typer.Option("--resolved", help="Print the whole file, every default written out.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Draw the funnel, and say in sentences what will be simulated."""
    with ending(debug):
        asked = Asked()
        meant = asked.meant(scenario, variant, set_, horizon)
        asked.refuse()
        if resolved:
            hand_over(meant[0].dump())
        else:
            from funnelsim.scenario.show import draw, sentences

            say(f"{draw(meant[0])}\n\n{sentences(meant[0])}")


@app.command(epilog="Example: funnelsim trace trunk --variant two_weeks --lead search-17")
def trace(
    scenario: File,
    variant: Variant = None,
    set_: Set = [],  # noqa: B006
    horizon: Horizon = None,
    seed: Seed = 1,
    replication: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Which of the runs.")] = 0,
    engine: Engine = "kernel",
    lead: Annotated[str | None, typer.Option(metavar="ID", help="Tell one lead's story, as in search-17.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print the whole log as CSV.")] = False,
    debug: Debug = False,
) -> None:
    """Print the event log of one run, or one lead's story."""
    with ending(debug):
        asked = Asked()
        meant = asked.meant(scenario, variant, set_, horizon)
        asked.lead(lead, meant)
        which = asked.one_of("--engine", engine, ENGINES)
        asked.refuse()

        from funnelsim.engines.story import story

        prepare_kernel()
        log = fs.trace(meant[0], seed=seed, replication=replication, engine=which)
        if lead is not None and not (log["lead"] == lead).any():
            try:
                story(log, lead)
            except KeyError as error:  # which says what leads there are
                raise WrongInputError([Problem(Place("--lead"), "", str(error.args[0]))]) from None
        if csv:
            with for_programs() as stream:
                (log if lead is None else log[log["lead"] == lead]).to_csv(stream, index=False)
        elif lead is not None:
            steps = {name: next(reversed(touch.engagement), "") for name, touch in meant[0].touches.items()}
            say(story(log, lead, meant[0].currency, steps))
        else:
            person = ["person"] if (log["person"] != "").any() else []
            columns = ["time", "lead", "stage", "move", "attempt", "outcome", "to", *person, "cost", "value"]
            say(log[columns].head(MOST_EVENTS).to_string(index=False, float_format=lambda value: f"{value:g}"))
            if len(log) > MOST_EVENTS:
                say(f"… {len(log):,} events in all: --csv prints every one, --lead ID one lead's story")


@app.command(epilog="Example: funnelsim explain cost_per_sql")
def explain(
    name: Annotated[
        str, typer.Argument(metavar="METRIC", help="As in cost_per_sql or rate_mql_to_sql.", show_default=False)
    ],
    scenario: Annotated[
        Path | None, typer.Argument(metavar="[SCENARIO]", help="Whose stages and currency.", show_default=False)
    ] = None,
    debug: Debug = False,
) -> None:
    """Say what a metric means: definition, unit, denominator, source."""
    with ending(debug):
        from funnelsim.metrics.definitions import explain as explained

        asked = Asked()
        told = None if scenario is None else asked.scenario(scenario)
        try:
            text = explained(name, told)
        except ValueError as error:
            asked.wrong(shown(name), str(error))
        asked.refuse()
        say(text)


@app.command(epilog="Example: funnelsim scenarios; then funnelsim show trunk --resolved > mine.yaml for one to change")
def scenarios(debug: Debug = False) -> None:
    """List the scenarios that come with funnelsim, which every command finds by name."""
    with ending(debug):
        from funnelsim.metrics.display import WIDTH, shortened

        there = {name: fs.load(path).name for name, path in shipped.shipped().items()}
        width = max(map(len, there), default=0)
        for name, title in there.items():
            say(f"{name:{width}}  {shortened(title, WIDTH - width - 2)}")


@app.command(
    epilog=(
        "Example: funnelsim evidence --check. A table names scenarios that lie beside it. "
        "Exit code 1: a figure does not agree, or with --check the page is stale."
    )
)
def evidence(
    table: Annotated[
        Path | None,
        typer.Argument(metavar="[TABLE]", help="A table (YAML); by default the shipped one.", show_default=False),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; say whether the page is fresh.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The page; by default README.md beside the table.", show_default=False),
    ] = None,
    replications: Annotated[
        int | None,
        typer.Option(
            "-n", "--replications", min=2, max=2**31 - 1, help="Of every run, for the table's.", show_default=False
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**64 - 1, help="For the table's own.", show_default=False)
    ] = None,
    threads: Threads = None,
    debug: Debug = False,
) -> None:
    """Run what the table of evidence needs, and write its page: each figure of the source beside what comes out."""
    with ending(debug):
        from funnelsim.cli.evidencing import page_path, staleness
        from funnelsim.evidence import judge, measure, page_of, read_sheet
        from funnelsim.evidence import plan as planned

        asked = Asked()
        path = page_path(asked, table, out, check, other_luck=replications is not None or seed is not None)
        try:
            plan = planned(read_sheet(table or shipped.evidence()), replications)
        except fs.ScenarioError as error:
            asked.problems += error.problems
        asked.refuse()
        prepare_kernel()
        chosen = plan.evidence.seed if seed is None else seed
        verdicts = judge(plan, measure(plan, chosen, threads))
        page = page_of(plan, verdicts, chosen)
        broken = [str(verdict) for verdict in verdicts if verdict.agrees is False]
        if check:
            broken += [stale] if (stale := staleness(path, page)) else []
        else:
            save_page(page, path)
        if broken:
            raise BrokenGuardError("\n".join(broken))
        modelled = sum(verdict.agrees is not None for verdict in verdicts)
        say(f"{path}: {modelled} of {len(verdicts)} figures are modelled, and all of these agree")


app.command(
    epilog=(
        "Examples: funnelsim budgets budget; funnelsim budgets budget --run-on '6 months' --monthly; funnelsim budgets "
        "trunk --budget 'more: {spend: +20%}'."
    )
)(budgets)
app.command(
    epilog=(
        "Example: funnelsim allocate budget --budget '120_000 per month' --maximise gross_profit --bound "
        "fairs='20_000 per month..40_000 per month'."
    )
)(allocate)
app.command(
    epilog="Example: funnelsim init mine.yaml --leads 800 --sellers 4. A file that is there is never overwritten."
)(init)
app.command(epilog="Example: funnelsim new --from one_week_rule mine.yaml. What is there is never overwritten.")(new)


@app.command(epilog="Example: funnelsim schema > funnelsim.schema.json")
def schema(debug: Debug = False) -> None:
    """Print the JSON Schema of scenario files, for editors."""
    with ending(debug):
        from funnelsim.scenario.schema import schema_text

        hand_over(schema_text())


@app.callback(invoke_without_command=True)
def _main(version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    if version:
        say(f"funnelsim {fs.__version__}")
        raise typer.Exit
