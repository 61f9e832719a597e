"""The command that writes a report."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import funnelsim as fs
from funnelsim.cli.asked import Asked
from funnelsim.cli.comparing import check_alike, scenarios_to_compare
from funnelsim.cli.ending import ending, say
from funnelsim.cli.options import Debug, File, Horizon, Replications, Seed, Set, Threads, Variant, Variants
from funnelsim.cli.places import page_refused, save_page
from funnelsim.cli.starting import prepare_kernel

if TYPE_CHECKING:
    from funnelsim.scenario import Scenario

LARGEST = 3_000_000
"""Bytes of a report, so that it can be sent by mail."""


def report(
    scenario: File,
    html: Annotated[
        Path, typer.Option("--html", metavar="FILE", help="The page; a report that is there is replaced.")
    ] = Path("report.html"),
    variant: Variant = None,
    variants: Variants = "",
    set_: Set = [],  # noqa: B006
    horizon: Horizon = None,
    replications: Replications = 1000,
    seed: Seed = 1,
    threads: Threads = None,
    debug: Debug = False,
) -> None:
    """Write a report to send round: one page that opens with the answer, and needs nothing else.

    A scenario with variants is compared with all of them, unless --variants or --variant says which.
    """
    with ending(debug):
        from funnelsim.report.page import MARK, html_report

        asked = Asked()
        meant = _meant(asked, scenario, variant, variants, set_, horizon)
        if refused := page_refused(html, MARK, "report.html"):
            asked.wrong("--html", refused)
        asked.refuse()
        chosen = {name: versions[0] for name, versions in meant.items()}
        if not variants:
            chosen = _alike(chosen)
        check_alike(asked, chosen)
        asked.refuse()

        from funnelsim.metrics.simulate import Settings

        asked.room(chosen.values(), Settings(replications, seed, threads=threads))
        asked.refuse()
        prepare_kernel()
        page = html_report(_run(chosen, replications, seed, threads))
        save_page(page, html)
        say(f"report: {html.resolve()}")
        if len(page.encode()) > LARGEST:
            say("warning: it is larger than 3 MB, since there is much to tell; name fewer --variants to shorten it")


def _meant(
    asked: Asked, path: Path, variant: str | None, variants: str, settings: Iterable[str], horizon: str | None
) -> dict[str, list[Scenario]]:
    """Return the scenarios that may be meant, one where there is nothing to compare."""
    if variant is not None and variants:
        asked.wrong("--variants", "give either --variant, for that one alone, or --variants, to compare")
    if variant is None:
        there = Asked().scenario(path)
        if variants or (there is not None and there.variants):
            return scenarios_to_compare(asked, path, None, variants, settings, horizon)
    return {"": asked.meant(path, variant, settings, horizon)}


def _alike(scenarios: Mapping[str, Scenario]) -> dict[str, Scenario]:
    """Leave out scenarios that are of another time or money than the first, and say so."""
    first, *others = scenarios
    alike = {first: scenarios[first]}
    for name in others:
        differs = Asked()
        check_alike(differs, {first: scenarios[first], name: scenarios[name]})
        if differs.problems:
            print(f"left out: {differs.problems[0]}", file=sys.stderr)
        else:
            alike[name] = scenarios[name]
    return alike


def _run(
    scenarios: Mapping[str, Scenario], replications: int, seed: int, threads: int | None
) -> fs.Result | fs.Comparison:
    if len(scenarios) > 1:
        return fs.compare(scenarios, replications=replications, seed=seed, threads=threads)
    (scenario,) = scenarios.values()
    return fs.simulate(scenario, replications=replications, seed=seed, threads=threads)
