"""The arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from funnelsim.cli.completing import scenario_names, variant_names

File = Annotated[
    Path,
    typer.Argument(
        metavar="SCENARIO",
        help="A scenario file (YAML), or the name of a shipped one.",
        show_default=False,
        autocompletion=scenario_names,
    ),
]
Variant = Annotated[
    str | None, typer.Option(metavar="NAME", help="A variant of the scenario.", autocompletion=variant_names)
]
Variants = Annotated[
    str, typer.Option(metavar="A,B,…", help="Variants; 'base' is the file itself.", autocompletion=variant_names)
]
Set = Annotated[
    list[str],
    typer.Option("--set", metavar="PATH=VALUE", help="Set one value, as in stages.sql.moves.expire.after=14d."),
]
Horizon = Annotated[str | None, typer.Option(metavar="SPAN", help="Another horizon, as in 30d or '6 months'.")]
By = Annotated[
    str | None,
    typer.Option(metavar="GROUP", help="Group leads: by channel, segment or a trait.", show_default=False),
]
Replications = Annotated[int, typer.Option("-n", "--replications", min=1, max=2**31 - 1, help="How many runs.")]
Precision = Annotated[
    list[str],
    typer.Option(
        "--precision",
        metavar="NAME=SIZE",
        help="Run on until this metric's error is as small, as in cost_per_sql=1%; may be repeated.",
    ),
]
MaxReplications = Annotated[
    int | None,
    typer.Option(min=1, max=2**31 - 1, help="When --precision gives up; by default 10000.", show_default=False),
]
Seed = Annotated[int, typer.Option(min=0, max=2**64 - 1, help="Equal seeds give equal luck.")]
EngineName = Literal["kernel", "simpy"]
ENGINES: tuple[EngineName, ...] = ("kernel", "simpy")
Engine = Annotated[str, typer.Option(metavar="[kernel|simpy]", help="The fast one or the reference; the same bits.")]
Threads = Annotated[
    int | None, typer.Option(min=1, max=1024, help="Threads; by default as many as processors.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Metrics = Annotated[list[str], typer.Option("--metric", metavar="NAME", help="Only this metric; may be repeated.")]
OverName = Literal["horizon", "period", "cohort"]
OVERS: tuple[OverName, ...] = ("horizon", "period", "cohort")
Over = Annotated[
    str, typer.Option(metavar="[horizon|period|cohort]", help="In all, by period, or by period of creation.")
]
Cluster = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Run on a cluster of Dask, as in tls://host:8786.", show_default=False),
]
Insecure = Annotated[bool, typer.Option("--insecure", help="Let --cluster go to another machine without TLS.")]
Out = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Save the result (Zarr); what is finished is kept as it comes.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with what an interrupted run has left at --out.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Let --out replace a result that is there.")]
Picture = Annotated[Path | None, typer.Option("--png", metavar="FILE", help="Save a picture, in place of one there.")]
Pictures = Annotated[
    list[str],
    typer.Option(
        "--picture",
        metavar="[funnel|time|flow|teams|touches|scores]",
        help="What --png draws; may be repeated. By default the funnel, and --metric over time.",
        show_default=False,
    ),
]
Workbook = Annotated[
    Path | None,
    typer.Option(
        "--xlsx",
        metavar="FILE",
        help="Save a workbook: totals and unit costs are live formulas; in place of one there.",
        show_default=False,
    ),
]
Tables = Annotated[
    Path | None,
    typer.Option(
        "--csv",
        metavar="FOLDER",
        help="Save tidy tables (CSV) there; text that looks like a formula gets an apostrophe before it.",
        show_default=False,
    ),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of a fault of funnelsim.")]
