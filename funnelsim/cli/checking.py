"""The command that checks scenarios: whether what they promise holds, and what changed since their baselines."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from funnelsim.cli.asked import Asked
from funnelsim.cli.ending import BrokenGuardError, each, ending, hand_over, say, writing
from funnelsim.cli.options import Debug
from funnelsim.cli.places import report_refused, save_page
from funnelsim.cli.starting import prepare_kernel
from funnelsim.scenario import ScenarioError
from funnelsim.scenario.guarding import FEWEST
from funnelsim.scenario.problems import near_miss, shown

if TYPE_CHECKING:
    from funnelsim.checks.checking import Loaded, Report

SUMMARY = "GITHUB_STEP_SUMMARY"
"""The variable that names the file of a step's summary, in a workflow of GitHub."""

MOST_ROWS = 15
"""Rows of the table of one file in a terminal."""


def check(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH…", help="Scenario files, folders of them, or patterns.", show_default=False),
    ],
    replications: Annotated[
        int | None,
        typer.Option("-n", "--replications", min=FEWEST, max=2**31 - 1, help="For the files' own.", show_default=False),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("-j", "--jobs", min=1, max=1024, help="Processors to use; by default all.", show_default=False),
    ] = None,
    update: Annotated[bool, typer.Option("--update", help="Write the baselines anew.")] = False,
    only_load: Annotated[bool, typer.Option("--only-load", help="Only look whether the files are right.")] = False,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write XML for JUnit's readers.")] = None,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page in markdown.")] = None,
    github: Annotated[bool, typer.Option("--github", help="Annotate lines, and write the step's summary.")] = False,
    debug: Debug = False,
) -> None:
    """Check whether scenarios keep their thresholds, and say what changed since their baselines."""
    with ending(debug):
        asked = Asked()
        files = _files(asked, paths)
        for option, path in (("--junit", junit), ("--markdown", markdown)):
            if path is not None and (refused := report_refused(path)):
                asked.wrong(option, refused)
        loaded = _loaded(asked, files, update)
        asked.refuse()
        if only_load:
            say(f"{len(loaded)} scenarios are right, with {sum(len(one.guards) for one in loaded)} guards")
            return
        prepare_kernel()
        if update:
            loaded = _updated(loaded, replications, jobs)
        reports = _reports(loaded, replications, jobs)
        _hand_out(reports, junit, markdown, github)
        failed = sum(report.fails for report in reports)
        if failed:
            raise BrokenGuardError(f"{failed} of {len(reports)} files break what they promise")


# ---------------------------------------------------------------- what is checked
def _files(asked: Asked, paths: Iterable[str]) -> list[Path]:
    """Return the scenario files that are meant: as named, all of a folder, or all that a pattern fits."""
    from funnelsim.checks.checking import found_in, is_scenario

    found: list[Path] = []
    for text in paths:
        path = Path(text)
        if path.is_dir():
            inside = found_in(path)
            if not inside:
                asked.wrong(shown(text), "no scenario in this folder: no YAML file with 'format' or 'extends'")
            found += inside
        elif not path.exists() and glob.has_magic(text):
            inside = [Path(name) for name in sorted(glob.glob(text, recursive=True)) if is_scenario(Path(name))]
            if not inside:
                asked.wrong(shown(text), "no scenario fits this pattern")
            found += inside
        elif not path.exists():
            beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
            asked.wrong(shown(text), f"no such file or folder{near_miss(path.name, beside)}")
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def _loaded(asked: Asked, files: Iterable[Path], update: bool) -> list[Loaded]:
    from funnelsim.checks.checking import all_loaded

    try:
        return all_loaded(files, updating=update)
    except ScenarioError as error:
        asked.problems += error.problems
        return []


# ---------------------------------------------------------------- running
def _updated(loaded: list[Loaded], replications: int | None, jobs: int | None) -> list[Loaded]:
    """Write the baselines, and load them."""
    from funnelsim.checks.baselines import path_of, write
    from funnelsim.checks.checking import Check, all_loaded
    from funnelsim.metrics.progress import progress_bar

    with progress_bar(None, None, "replications") as done:
        for one in loaded:
            baseline = Check(one, replications, jobs, done).baseline()
            with writing(str(path_of(one.path))):
                write(baseline, path_of(one.path))
    say(f"{len(loaded)} baselines written")
    return all_loaded([one.path for one in loaded])


def _reports(loaded: list[Loaded], replications: int | None, jobs: int | None) -> list[Report]:
    from funnelsim.checks.checking import Check
    from funnelsim.metrics.progress import progress_bar

    with progress_bar(None, None, "replications") as done:
        return [Check(one, replications, jobs, done).report() for one in loaded]


# ---------------------------------------------------------------- telling
def _hand_out(reports: list[Report], junit: Path | None, markdown: Path | None, github: bool) -> None:
    from funnelsim.checks import junit as xml
    from funnelsim.checks.markdown import markdown as page
    from funnelsim.checks.markdown import notices

    def to_github() -> None:
        if github:
            hand_over("".join(f"{line}\n" for line in notices(reports)))
            if summary := os.environ.get(SUMMARY):
                with writing(summary), Path(summary).open("a", encoding="utf-8") as file:
                    file.write(page(reports))

    def to_file(path: Path | None, text: str) -> None:
        if path is not None:
            save_page(text, path)
            print(f"report: {path.resolve()}", file=sys.stderr)

    each(
        lambda: _say(reports),
        lambda: to_file(junit, xml.junit(reports)),
        lambda: to_file(markdown, page(reports)),
        to_github,
    )


def _say(reports: list[Report]) -> None:
    from funnelsim.checks.sentences import engine_sentences, file_line, headline, table, verdict_sentence

    for report in reports:
        say(file_line(report))
        if report.compared is not None and report.compared.changes:
            rows = report.compared.rows[:MOST_ROWS]
            say(f"\n{table(rows)}\n" if rows else report.compared.not_compared)
        for sentence in engine_sentences(report):
            say(sentence)
        for verdict in report.verdicts:
            if verdict.is_told:
                say(verdict_sentence(verdict, report.changes))
    say(headline(reports))
