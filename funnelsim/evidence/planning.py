"""What has to be run for a table: everything that is wrong is found first, and nothing is simulated twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from funnelsim.evidence.reading import Sheet
from funnelsim.evidence.rows import Definition, Evidence, Input, Outcome, Row
from funnelsim.evidence.standing import Standing, standing
from funnelsim.metrics.definitions import explain
from funnelsim.metrics.figures import check_over
from funnelsim.metrics.names import check_by, figure_of
from funnelsim.metrics.simulate import Settings, check_room
from funnelsim.scenario import Scenario, ScenarioError, load
from funnelsim.scenario.problems import PathParts, near_miss, shown

T = TypeVar("T")

RunKey = tuple[str, str | None, tuple[tuple[str, Any], ...], str | None]
"""Scenario, variant, what is set, and what leads are grouped by: what is the same is run once."""


@dataclass
class Run:
    """One simulation, and the metrics that rows ask of it."""

    scenario: Scenario
    by: str | None
    replications: int
    metrics: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Asked:
    """A metric of a run."""

    run: RunKey
    metric: str


@dataclass(frozen=True)
class Plan:
    """A table without faults, and what has to be run for it.

    Attributes
    ----------
    sheet : Sheet
    evidence : Evidence
    runs : dict of RunKey to Run
    standing : dict of int to Standing
        What stands in the scenario, by the number of the row of an input.
    asked : dict of int to tuple of Asked
        The metric of an outcome, and what it is set against, by the number of the row.
    """

    sheet: Sheet
    evidence: Evidence
    runs: Mapping[RunKey, Run]
    standing: Mapping[int, Standing]
    asked: Mapping[int, tuple[Asked, ...]]


def plan(sheet: Sheet, replications: int | None = None) -> Plan:
    """Find out what has to be run.

    Parameters
    ----------
    sheet : Sheet
    replications : int, optional
        Instead of those that the table says.

    Raises
    ------
    ScenarioError
        With everything that is wrong with the table: what could not be read, scenarios, variants and metrics that do
        not exist, paths that lead nowhere.
    """
    planner = _Planner(sheet, replications)
    for number, row in sheet.rows.items():
        planner.take(number, row)
    planner.look_at_studies()
    if planner.problems or sheet.evidence is None:
        raise ScenarioError(planner.problems)
    return Plan(sheet, sheet.evidence, planner.runs, planner.standing, planner.asked)


class _Planner:
    def __init__(self, sheet: Sheet, replications: int | None) -> None:
        self.sheet = sheet
        self.problems = list(sheet.problems)
        self.files = _Files(sheet.folder)
        self.replications = replications
        self.studies = sheet.evidence.studies if sheet.evidence else ()
        self.runs: dict[RunKey, Run] = {}
        self.standing: dict[int, Standing] = {}
        self.asked: dict[int, tuple[Asked, ...]] = {}

    def take(self, number: int, row: Row) -> None:
        """Look at one row, and note what it needs."""
        match row.check:
            case Input() as put_in:
                self._input(number, put_in)
            case Outcome() as outcome:
                self._outcome(number, outcome)
            case Definition() as definition:
                self._definition(number, definition)

    def look_at_studies(self) -> None:
        """Refuse studies that stand there twice, or of which no outcome is told."""
        simulated, seen = {key[0] for key in self.runs}, set[str]()
        for place, study in enumerate(self.studies):
            path = ("studies", place, "scenario")
            if study.scenario in seen:
                self.wrong(path, f"{shown(study.scenario)} stands there twice")
            elif study.scenario not in simulated and len(self.problems) == len(self.sheet.problems):
                self.wrong(path, f"no row tells an outcome of {shown(study.scenario)}; leave it out")
            seen.add(study.scenario)

    def wrong(self, path: PathParts, message: str) -> None:
        self.problems.append(self.sheet.problem(path, message))

    def _input(self, number: int, put_in: Input) -> None:
        at: PathParts = ("rows", number, "input")
        if (scenario := self._scenario(at, put_in.scenario, put_in.variant)) is None:
            return
        found = self._tried((*at, "path"), lambda: standing(scenario, put_in))
        if found is not None:
            self.standing[number] = found

    def _definition(self, number: int, definition: Definition) -> None:
        at: PathParts = ("rows", number, "definition")
        if (scenario := self._scenario(at, definition.scenario, None)) is None:
            return
        text = self._tried((*at, "metric"), lambda: explain(definition.metric, scenario))
        if text is not None and definition.says not in " ".join(text.split()):
            message = f"the definition of {definition.metric} does not say so; funnelsim explain {definition.metric}"
            self.wrong((*at, "says"), message)

    def _outcome(self, number: int, outcome: Outcome) -> None:
        at: PathParts = ("rows", number, "outcome")
        against = outcome.against
        sides = [self._side(number, at, outcome, outcome.variant, outcome.metric)]
        if against is not None:
            variant = against.variant if "variant" in against.model_fields_set else outcome.variant
            sides.append(self._side(number, (*at, "against"), outcome, variant, against.metric or outcome.metric))
        self.asked[number] = tuple(side for side in sides if side is not None)

    def _side(self, number: int, at: PathParts, outcome: Outcome, variant: str | None, metric: str) -> Asked | None:
        whole: PathParts = ("rows", number, "outcome")
        scenario = self._scenario(whole, outcome.scenario, variant, (*at, "variant"))
        if scenario is None:
            return None
        values = dict(outcome.set_ or {}) | ({"horizon": outcome.horizon} if outcome.horizon else {})
        key = (outcome.scenario, variant, tuple(sorted(values.items())), outcome.by)
        if key not in self.runs:
            about = "set" if outcome.set_ else "horizon"
            changed = self._tried((*whole, about), lambda: scenario.set(values)) if values else scenario
            replications = self._replications(whole, outcome.scenario)
            if changed is None:
                return None
            grouped = self._done((*whole, "by"), lambda: check_by(outcome.by, changed))
            settings = Settings(replications, 0, by=outcome.by)
            if not grouped or not self._done(whole, lambda: check_room([changed], settings)):
                return None
            self.runs[key] = Run(changed, outcome.by, replications)
        run = self.runs[key]
        if not self._done((*at, "metric"), lambda: check_over(figure_of(metric, run.scenario, run.by), "horizon")):
            return None
        if metric not in run.metrics:
            run.metrics.append(metric)
        return Asked(key, metric)

    def _replications(self, at: PathParts, scenario: str) -> int:
        there = [study.replications for study in self.studies if study.scenario == scenario]
        if not there and self.sheet.evidence is not None:
            self.wrong((*at, "scenario"), f"say in studies how often {shown(scenario)} is simulated")
        return self.replications or (there[0] if there else 1)

    def _scenario(
        self, at: PathParts, name: str, variant: str | None, variant_at: PathParts | None = None
    ) -> Scenario | None:
        try:
            scenario = self.files.load(name)
        except LookupError as error:
            self.wrong((*at, "scenario"), str(error.args[0]))
            return None
        except ScenarioError as error:
            self.problems += error.problems
            return None
        if variant is None:
            return scenario
        return self._tried(variant_at or (*at, "variant"), lambda: scenario.variant(variant))

    def _done(self, at: PathParts, look: Callable[[], object]) -> bool:
        """Look at something; where it is refused, note why and return False."""
        return self._tried(at, lambda: (look(), True)) is not None

    def _tried(self, at: PathParts, make: Callable[[], T]) -> T | None:
        """Do something; where it is refused, note why and return None."""
        try:
            return make()
        except ScenarioError as error:
            for problem in error.problems:
                self.wrong(at, problem.message)
        except ValueError as error:
            self.wrong(at, str(error))
        return None


class _Files:
    """The scenarios of a folder, each loaded once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loaded: dict[str, Scenario | ScenarioError] = {}

    def load(self, name: str) -> Scenario:
        """Load a scenario by its name; LookupError where there is none."""
        if name not in self.loaded:
            path = self.folder / f"{name}.yaml"
            if not path.is_file():
                raise LookupError(f"no scenario {shown(name)} here{near_miss(name, self._names())}")
            try:
                self.loaded[name] = load(path)
            except ScenarioError as error:
                self.loaded[name] = error
                raise
        found = self.loaded[name]
        if isinstance(found, ScenarioError):
            raise ScenarioError(())  # which has been told already
        return found

    def _names(self) -> Iterator[str]:
        for path in sorted(self.folder.rglob("*.yaml")):
            yield path.relative_to(self.folder).with_suffix("").as_posix()
