"""The command line: what the library says, in a terminal and in CI.

Exit codes: 0 fine, 1 a guard is broken, 2 the input is wrong (and 130 after Ctrl-C). Errors go to stderr; what
was asked for goes to stdout.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

import funnelsim as fs

if TYPE_CHECKING:
    from funnelsim.scenario import Scenario

app = typer.Typer(
    name="funnelsim",
    help="Simulate a funnel, and see what a policy, a budget or a team change brings.",
    epilog="Example: funnelsim run scenarios/trunk.yaml --variant two_weeks --replications 500",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

INPUT_IS_WRONG = 2
INTERRUPTED = 130

# ---------------------------------------------------------------- options that several commands have
File = Annotated[Path, typer.Argument(metavar="SCENARIO", help="A scenario file (YAML).", show_default=False)]
Variant = Annotated[str | None, typer.Option(metavar="NAME", help="A variant of the scenario.")]
Set = Annotated[
    list[str],
    typer.Option("--set", metavar="PATH=VALUE", help="Set one value, as in stages.sql.moves.expire.after=14d."),
]
Horizon = Annotated[str | None, typer.Option(metavar="SPAN", help="Another horizon, as in 30d or '6 months'.")]
By = Annotated[Literal["channel", "segment"] | None, typer.Option(help="Group leads.", show_default=False)]
Replications = Annotated[int, typer.Option("-n", "--replications", min=1, help="How many runs.")]
Seed = Annotated[int, typer.Option(min=0, help="Equal seeds give equal luck.")]
Engine = Annotated[Literal["kernel", "simpy"], typer.Option(help="The fast one or the reference; the same bits.")]
Threads = Annotated[
    int | None, typer.Option(min=1, help="Threads; by default as many as processors.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Metrics = Annotated[list[str], typer.Option("--metric", metavar="NAME", help="Show this metric; may be repeated.")]
Picture = Annotated[Path | None, typer.Option("--png", metavar="FILE", help="Save a picture.")]


# ---------------------------------------------------------------- commands
@app.command(
    epilog="Example: funnelsim run scenarios/nurture_before_after.yaml --variant after --horizon 30d --by channel"
)
def run(
    scenario: File,
    variant: Variant = None,
    set_: Set = [],  # noqa: B006
    horizon: Horizon = None,
    by: By = None,
    replications: Replications = 1000,
    seed: Seed = 1,
    engine: Engine = "kernel",
    threads: Threads = None,
    metric: Metrics = [],  # noqa: B006
    over: Annotated[
        Literal["horizon", "period", "cohort"], typer.Option(help="In all, by period, or by period of creation.")
    ] = "horizon",
    json_: Json = False,
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Save the result (Zarr).")] = None,
    png: Picture = None,
) -> None:
    """Run a scenario many times and print its figures."""
    with input_errors():
        chosen = open_scenario(scenario, variant, set_, horizon)
        _check_names(metric, chosen, by)
        result = fs.simulate(
            chosen,
            replications=replications,
            seed=seed,
            engine=engine,
            by=by,
            cohorts=over == "cohort",
            threads=threads,
        )
        if out is not None:
            result.save(out)
        if json_:
            _print_json(result.to_dict())
        elif metric or over != "horizon":
            table = result.summary(metric or None, over=over)
            print(table.to_string(index=False))
        else:
            print(result)
        if png is not None:
            _save_picture(_run_figure(result, metric), png)


@app.command(
    epilog="Example: funnelsim compare scenarios/nurture_before_after.yaml --variants before,after --horizon 30d"
)
def compare(
    scenario: File,
    other: Annotated[Path | None, typer.Argument(metavar="[OTHER]", help="A second file.", show_default=False)] = None,
    variants: Annotated[str, typer.Option(metavar="A,B,…", help="Variants; 'base' is the file itself.")] = "",
    set_: Set = [],  # noqa: B006
    horizon: Horizon = None,
    by: By = None,
    replications: Replications = 1000,
    seed: Seed = 1,
    threads: Threads = None,
    metric: Metrics = [],  # noqa: B006
    json_: Json = False,
    png: Picture = None,
) -> None:
    """Run scenarios with the same luck and print what differs; the first is the one compared with."""
    with input_errors():
        chosen = _scenarios_to_compare(scenario, other, variants, set_, horizon)
        for each in chosen.values():
            _check_names(metric, each, by)
        comparison = fs.compare(
            chosen,
            replications=replications,
            seed=seed,
            metrics=metric or None,
            by=by,
            threads=threads,
        )
        if json_:
            _print_json(comparison.to_dict())
        else:
            print(comparison)
        if png is not None:
            from funnelsim.plots import comparison_figure

            _save_picture(comparison_figure(comparison, metric or _main_metrics(next(iter(chosen.values())))), png)


@app.command(epilog="Example: funnelsim show scenarios/trunk.yaml --variant two_weeks")
def show(
    scenario: File,
    variant: Variant = None,
    set_: Set = [],  # noqa: B006
    horizon: Horizon = None,
    resolved: Annotated[
        bool, typer.Option("--resolved", help="Print the whole file, every default written out.")
    ] = False,
) -> None:
    """Draw the funnel, and say in sentences what will be simulated."""
    with input_errors():
        chosen = open_scenario(scenario, variant, set_, horizon)
        if resolved:
            print(chosen.dump(), end="")
        else:
            from funnelsim.scenario.show import draw, sentences

            print(draw(chosen), sentences(chosen), sep="\n\n")


@app.command(epilog="Example: funnelsim trace scenarios/trunk.yaml --lead search-17")
def trace(
    scenario: File,
    variant: Variant = None,
    set_: Set = [],  # noqa: B006
    horizon: Horizon = None,
    seed: Seed = 1,
    replication: Annotated[int, typer.Option(min=0, help="Which of the runs.")] = 0,
    engine: Engine = "kernel",
    lead: Annotated[str | None, typer.Option(metavar="ID", help="Tell one lead's story, as in search-17.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print the whole log as CSV.")] = False,
) -> None:
    """Print the event log of one run, or one lead's story."""
    with input_errors():
        chosen = open_scenario(scenario, variant, set_, horizon)
        log = fs.trace(chosen, seed=seed, replication=replication, engine=engine)
        if lead is not None:
            from funnelsim.engines.story import story

            text = story(log, lead, chosen.currency)
            print(log[log["lead"] == lead].to_csv(index=False) if csv else text, end="" if csv else "\n")
        elif csv:
            log.to_csv(sys.stdout, index=False)
        else:
            columns = ["time", "lead", "stage", "move", "attempt", "outcome", "to", "cost", "value"]
            print(log[columns].head(40).to_string(index=False, float_format=lambda value: f"{value:g}"))
            if len(log) > 40:
                print(f"… {len(log):,} events in all: --csv prints every one, --lead ID one lead's story")


@app.command(epilog="Example: funnelsim explain cost_per_sql")
def explain(
    name: Annotated[
        str, typer.Argument(metavar="METRIC", help="As in cost_per_sql or rate_mql_to_sql.", show_default=False)
    ],
    scenario: Annotated[
        Path | None, typer.Argument(metavar="[SCENARIO]", help="Whose stages and currency.", show_default=False)
    ] = None,
) -> None:
    """Say what a metric means: definition, unit, denominator, source."""
    from funnelsim.metrics.definitions import explain as explained

    with input_errors():
        print(explained(name, None if scenario is None else fs.load(scenario)))


@app.command(epilog="Example: funnelsim schema > funnelsim.schema.json")
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from funnelsim.scenario.schema import schema_text

    print(schema_text(), end="")


@app.callback(invoke_without_command=True)
def _main(version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False) -> None:
    if version:
        print(f"funnelsim {fs.__version__}")
        raise typer.Exit


# ---------------------------------------------------------------- what commands share
@contextlib.contextmanager
def input_errors() -> Iterator[None]:
    """Turn what is wrong with the input into a message and exit code 2; no traceback is shown for it."""
    try:
        yield
    except (
        ValueError,
        KeyError,
        TypeError,
        FileExistsError,
        FileNotFoundError,
        IsADirectoryError,
        PermissionError,
    ) as error:
        text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
        print(text, file=sys.stderr)
        raise typer.Exit(INPUT_IS_WRONG) from error
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None


def open_scenario(path: Path, variant: str | None, settings: list[str], horizon: str | None) -> Scenario:
    """Load a scenario with a variant, settings and a horizon, in this order."""
    chosen = fs.load(path, variant=None if variant == "base" else variant)
    values: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise ValueError(f"--set {setting}: write PATH=VALUE, as in --set tracks.reactivation.cadence=14d")
        values[name.strip()] = value.strip()
    if horizon is not None:
        values["horizon"] = horizon
    return chosen.set(values) if values else chosen


def _scenarios_to_compare(
    path: Path, other: Path | None, variants: str, settings: list[str], horizon: str | None
) -> dict[str, Scenario]:
    names = [name.strip() for name in variants.split(",") if name.strip()]
    if other is not None:
        if names:
            raise ValueError("give either two files or --variants, not both")
        if path.resolve() == other.resolve():
            raise ValueError(f"{path} is given twice: give another file, or --variants")
        return {str(file): open_scenario(file, None, settings, horizon) for file in (path, other)}
    if not names:
        names = ["base", *fs.load(path).variants]
    return {name: open_scenario(path, name, settings, horizon) for name in names}


def _check_names(metrics: list[str], scenario: Scenario, by: str | None) -> None:
    """Refuse unknown metrics before anything runs."""
    from funnelsim.metrics.names import figure_of

    for metric in metrics:
        figure_of(metric, scenario, by)


def _main_metrics(scenario: Scenario) -> list[str]:
    """Return what a picture shows if nothing is asked for: the stage sales accepts, or the last one, and its cost."""
    from funnelsim.metrics.names import trunk_of

    trunk = trunk_of(scenario)
    stage = next((name for name in ("sql", "opportunity", "won") if name in trunk), trunk[-1])
    return [stage, f"cost_per_{stage}"]


def _run_figure(result: fs.Result, metrics: list[str]) -> Any:
    from matplotlib.figure import Figure

    from funnelsim.plots import plot_funnel, plot_metric

    shown = metrics or _main_metrics(result.scenario)[:1]
    figure = Figure(figsize=(8, 4 * (1 + len(shown))), layout="constrained")
    axes = figure.subplots(1 + len(shown), squeeze=False)[:, 0]
    plot_funnel(result, ax=axes[0])
    for metric, ax in zip(shown, axes[1:], strict=True):
        plot_metric(result, metric, ax=ax)
    return figure


def _save_picture(figure: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    print(f"picture: {path.resolve()}", file=sys.stderr)


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def main() -> None:
    """Run the command line."""
    try:
        app(prog_name="funnelsim")
    except BrokenPipeError:
        # whoever read the output has heard enough: close quietly, as other commands do
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
