"""What a command was asked for: everything that is wrong with it is found before anything runs, and told at once.

An option that is wrong does not hide the others. Where a variant is unknown, the others are judged by every scenario
that may have been meant: what is wrong in all of them is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import funnelsim as fs
from funnelsim.cli import places
from funnelsim.cli.clusters import cluster_refused
from funnelsim.cli.ending import WrongInputError
from funnelsim.scenario import Place, Problem, ScenarioError, shipped
from funnelsim.scenario.problems import listed, near_miss, shown
from funnelsim.scenario.settings import Setting

if TYPE_CHECKING:
    from funnelsim.metrics.simulate import Settings
    from funnelsim.scenario import Scenario

BASE = "base"
"""What the file itself is called among its variants, where none of them is called so."""

LONGEST_LABEL = 120

Choice = TypeVar("Choice", bound=str)


@dataclass
class Asked:
    """What is wrong so far, in the order in which it was looked at."""

    problems: list[Problem] = field(default_factory=list)

    def wrong(self, option: str, message: str) -> None:
        """Note that something is wrong with an option."""
        self.problems.append(Problem(Place(option), "", message))

    def one_of(self, option: str, word: str, choices: Sequence[Choice]) -> Choice:
        """Return which of some words is meant, the first where it is none of them."""
        found = next((choice for choice in choices if choice == word), None)
        if found is None:
            self.wrong(option, f"there is no {shown(word)}{near_miss(word, choices, 'choices')}")
        return choices[0] if found is None else found

    def refuse(self) -> None:
        """Raise everything that is wrong, if anything is."""
        if self.problems:
            raise WrongInputError(self.problems)

    # ------------------------------------------------------------ scenarios
    def scenario(self, path: Path) -> Scenario | None:
        """Load a file, or the shipped scenario of this name; None where that is refused."""
        try:
            return fs.load(shipped.find(path))
        except ScenarioError as error:
            missing = shipped.otherwise(path) if shipped.is_missing(path) else ""
            self.problems += [
                replace(problem, message=f"{problem.message}{missing if problem.place == Place(str(path)) else ''}")
                for problem in error.problems
            ]
            return None

    def meant(self, path: Path, variant: str | None, settings: Iterable[str], horizon: str | None) -> list[Scenario]:
        """Return the scenario that is meant, in a list that is empty or longer where that is not known."""
        scenario = self.scenario(path)
        versions = [] if scenario is None else self.variant(scenario, variant)
        return self.with_settings(versions, settings, horizon)

    def variant(self, scenario: Scenario, name: str | None, option: str = "--variant") -> list[Scenario]:
        """Return a variant; where there is none of this name, all that may have been meant."""
        if name is None or (name == BASE and BASE not in scenario.variants):
            return [scenario]
        try:
            return [scenario.variant(name)]
        except ScenarioError as error:
            for problem in error.problems:
                self.wrong(option, problem.message)
            return [scenario, *map(scenario.variant, scenario.variants)]

    def with_settings(self, meant: list[Scenario], texts: Iterable[str], horizon: str | None) -> list[Scenario]:
        """Return scenarios with other values and another horizon."""
        values, labels = self._read_settings(texts)
        if horizon is not None:
            values, labels = {**values, "horizon": horizon}, {**labels, "horizon": "--horizon"}
        readable = {path: value for path, value in values.items() if self._readable(path, value, labels)}
        if not readable:
            return meant
        changed: list[Scenario] = []
        found: list[tuple[Problem, ...]] = []
        for scenario in meant:
            try:
                changed.append(scenario.set(readable))
                found.append(())
            except ScenarioError as error:
                changed.append(scenario)
                found.append(error.problems)
        for problem in found[0] if found else ():
            in_all = all(problem.path in (other.path for other in others) for others in found[1:])
            # what is left of settings that belong together, such as shares, would look wrong by itself
            if in_all and (len(readable) == len(values) or problem.path in readable):
                self.problems.append(_labelled(problem, labels))
        return changed

    def _read_settings(self, texts: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
        values, labels = {}, {}
        for text in texts:
            path, equals, value = (part.strip() for part in text.partition("="))
            label = f"--set {text if len(text) <= LONGEST_LABEL else f'{text[:LONGEST_LABEL]}…'}"
            if not equals:
                self.wrong(label, "write PATH=VALUE, as in --set tracks.reactivation.cadence=14d")
                continue
            values[path], labels[path] = value, label
        return values, labels

    def _readable(self, path: str, value: str, labels: Mapping[str, str]) -> bool:
        try:
            Setting.from_python({path: value})
        except ScenarioError as error:
            self.problems += [_labelled(problem, labels) for problem in error.problems]
            return False
        return True

    # ------------------------------------------------------------ figures
    def grouping(self, by: str | None, meant: Sequence[Scenario]) -> str | None:
        """Return what leads are to be grouped by; None where that is unknown."""
        if by is None or self._found("--by", meant, partial(_grouping_refused, by)):
            return None
        return by

    def metrics(self, names: Iterable[str], meant: Sequence[Scenario], by: str | None, over: str = "horizon") -> None:
        """Look at the names of metrics."""
        by_is_wrong = any(problem.place == Place("--by") for problem in self.problems)
        for name in names:
            if not (by_is_wrong and "[" in name):
                self._found("--metric", meant, partial(_metric_refused, name, by, over))

    def stage(self, option: str, name: str | None, meant: Sequence[Scenario]) -> None:
        """Look at the name of a stage."""
        if name is not None:
            self._found(option, meant, partial(_stage_refused, name))

    def precision(
        self, texts: Iterable[str], first: int, most: int | None, meant: Sequence[Scenario], by: str | None
    ) -> dict[str, str]:
        """Return how precise metrics are to be, where a run looks first after `first` replications."""
        from funnelsim.metrics.precision import check_numbers

        wanted = {}
        for text in texts:
            name, equals, size = (part.strip() for part in text.partition("="))
            if not equals:
                self.wrong("--precision", f"write NAME=SIZE, as in cost_per_sql=1%, not {shown(text)}")
            elif not self._found("--precision", meant, partial(_precision_refused, {name: size}, by)):
                wanted[name] = size
        if not list(texts) and most is not None:
            self.wrong("--max-replications", "it is where --precision gives up; add --precision, or use --replications")
        elif list(texts):
            try:
                check_numbers(first, most)
            except ValueError as error:
                self.wrong("--precision", str(error))
        return wanted

    def lead(self, name: str | None, meant: Sequence[Scenario]) -> None:
        """Look at the name of a lead, as far as that can be done without a run."""
        if name is not None:
            self._found("--lead", meant, partial(_lead_refused, name))

    def _found(self, option: str, meant: Sequence[Scenario], refused: Callable[[Scenario], str | None]) -> bool:
        messages = [refused(scenario) for scenario in meant]
        if not messages or None in messages:
            return False
        self.wrong(option, str(messages[0]))
        return True

    def room(self, scenarios: Iterable[Scenario], settings: Settings) -> None:
        """Look at whether there is memory for what is to be run."""
        from funnelsim.metrics.simulate import check_room

        try:
            check_room(scenarios, settings)
        except ValueError as error:
            self.wrong("--replications", str(error))

    # ------------------------------------------------------------ files
    def written(self, out: Path | None, overwrite: bool, png: Path | None, resume: bool = False) -> None:
        """Look at where a result and a picture are to go."""
        if out is not None and (refused := places.folder_refused(out, overwrite, resume)):
            self.wrong("--out", refused)
        if out is None and overwrite:
            self.wrong("--overwrite", "only what --out names is overwritten; add --out FOLDER")
        if out is None and resume:
            self.wrong("--resume", "only what --out names is resumed; add --out FOLDER")
        if png is not None and (refused := places.picture_refused(png, out)):
            self.wrong("--png", refused)

    def picture(self, option: str, path: Path | None) -> None:
        """Look at where one more picture is to go."""
        if path is not None and (refused := places.picture_refused(path, None)):
            self.wrong(option, refused)

    def taken_away(self, xlsx: Path | None, csv: Path | None, out: Path | None = None) -> None:
        """Look at where a workbook and tables are to go."""
        if xlsx is not None and (refused := places.workbook_refused(xlsx, out)):
            self.wrong("--xlsx", refused)
        if csv is not None and (refused := places.tables_refused(csv, out)):
            self.wrong("--csv", refused)

    def resumed(
        self,
        scenario: Scenario,
        settings: Settings,
        out: Path | None,
        aims: Mapping[str, str],
        *,
        resume: bool,
        overwrite: bool,
    ) -> None:
        """Look at whether what an interrupted run has left is of this one."""
        from funnelsim.metrics.simulate import output_of

        try:
            output_of(scenario, settings, out, resume=resume, overwrite=overwrite, aims=aims)
        except (FileExistsError, ValueError) as error:
            self.wrong("--out", str(error))

    # ------------------------------------------------------------ machines
    def cluster(self, address: str | None, insecure: bool) -> None:
        """Look at the address of a cluster."""
        if address is not None and (refused := cluster_refused(address, insecure)):
            self.wrong("--cluster", refused)
        if address is None and insecure:
            self.wrong("--insecure", "only the way to a cluster can be insecure; add --cluster ADDRESS")


def _labelled(problem: Problem, labels: Mapping[str, str]) -> Problem:
    """Say of a problem which option it is about."""
    if problem.path in labels:
        return Problem(Place(labels[problem.path]), "", problem.message)
    near = [label for path, label in labels.items() if problem.path.startswith(f"{path}.")]
    about = near or list(labels.values())
    label = about[-1] if near or len(about) == 1 else " and ".join(dict.fromkeys(name.split()[0] for name in about))
    return Problem(Place(label), problem.path, problem.message)


def _grouping_refused(by: str, scenario: Scenario) -> str | None:
    from funnelsim.metrics.names import groupings

    known = groupings(scenario)
    return None if by in known else f"leads cannot be grouped by {shown(by)}{near_miss(by, known, 'groups')}"


def _metric_refused(name: str, by: str | None, over: str, scenario: Scenario) -> str | None:
    from funnelsim.metrics.names import figure_of, groupings

    grouped = re.search(r"\[(\w+)=(?!all\])", name)
    if grouped and grouped[1] != by and grouped[1] in groupings(scenario):
        return f"{shown(name)} is that of a group; write --by {grouped[1]}"
    try:
        figure = figure_of(name, scenario, by)
    except ValueError as error:
        return str(error)
    times = figure.definition.times
    if over not in times:
        return f"{shown(name)} is not measured by {over}; write --over {listed(times)}"
    return None


def _stage_refused(name: str, scenario: Scenario) -> str | None:
    return None if name in scenario.stages else f"no stage {shown(name)}{near_miss(name, scenario.stages, 'stages')}"


def _precision_refused(precision: Mapping[str, str], by: str | None, scenario: Scenario) -> str | None:
    from funnelsim.metrics.precision import read_precision

    try:
        read_precision(precision, scenario, by)
    except ValueError as error:
        return str(error)
    return None


def _lead_refused(name: str, scenario: Scenario) -> str | None:
    if name in scenario.open_ids.values():
        return None
    channel, _, number = name.rpartition("-")
    if scenario.open_ids and channel not in scenario.channels:
        return f"no lead {shown(name)} is open{near_miss(name, scenario.open_ids.values())}"
    if channel and number.isdecimal() and channel not in scenario.channels:
        return f"no channel {shown(channel)}{near_miss(channel, scenario.channels, 'channels')}"
    if channel not in scenario.channels or not number.isdecimal():
        example = f"{next(iter(scenario.channels))}-17"
        return f"a lead is called by its channel and its number, such as {example}, not {shown(name)}"
    return None
