"""The plugin of pytest: scenario files under the paths of ``funnelsim_scenarios`` are tests, one item a guard.

It is loaded by every pytest where funnelsim is installed, so it imports nothing of funnelsim until a project names
paths and one of its scenario files is collected.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from funnelsim.checks.checking import Check
    from funnelsim.checks.guards import Guard

PATHS = "funnelsim_scenarios"
"""The setting that names files and folders."""


class GuardError(Exception):
    """A guard that is broken or not settled, or an engine that changed; its text is the sentence to show."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting that names the files and folders of scenarios to check."""
    parser.addini(PATHS, "Scenario files of funnelsim, and folders of them, whose thresholds are tests.", "paths", [])


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    """Collect a scenario file, where it lies under a path that the project names."""
    paths: list[Path] = parent.config.getini(PATHS)
    if file_path.suffix not in (".yaml", ".yml") or not any(file_path.is_relative_to(path) for path in paths):
        return None
    from funnelsim.checks.checking import is_scenario

    if not is_scenario(file_path):
        return None
    collected: ScenarioFile = ScenarioFile.from_parent(parent, path=file_path)
    return collected


class ScenarioFile(pytest.File):
    """A scenario file, whose items share its runs."""

    check: Check

    def collect(self) -> Iterable[pytest.Item]:
        """Load the file, and yield an item for each guard, and one for its baseline where it has one."""
        from funnelsim.checks.checking import Check, loaded
        from funnelsim.scenario import ScenarioError

        try:
            found = loaded(self._shown_path())
        except ScenarioError as error:
            raise self.CollectError(str(error)) from None
        self.check = Check(found)
        for guard in found.guards:
            yield GuardItem.from_parent(self, name=guard.name, guard=guard)
        if found.baseline is not None:
            yield BaselineItem.from_parent(self, name="baseline")

    def _shown_path(self) -> Path:
        here = self.config.invocation_params.dir
        return self.path.relative_to(here) if self.path.is_relative_to(here) else self.path


class _Item(pytest.Item):
    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show the sentence alone, or what is wrong with the scenario."""
        from funnelsim.scenario import ScenarioError

        if isinstance(excinfo.value, GuardError | ScenarioError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    @property
    def of_file(self) -> Check:
        """The check of the file."""
        assert isinstance(self.parent, ScenarioFile)
        return self.parent.check


class GuardItem(_Item):
    """One guard of a scenario."""

    def __init__(self, *, guard: Guard, **given: Any) -> None:
        super().__init__(**given)
        self.guard = guard

    def runtest(self) -> None:
        """Decide the guard, and leave its numbers for reports; what is only a warning is shown beside the test."""
        from funnelsim.checks.junit import properties
        from funnelsim.checks.sentences import verdict_sentence

        [verdict] = self.of_file.verdicts([self.guard])
        self.user_properties += properties(verdict)
        if verdict.is_told:
            sentence = verdict_sentence(verdict, self.of_file.changes())
            if verdict.fails:
                raise GuardError(sentence)
            self.add_report_section("call", "funnelsim", sentence)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Say where the guard is written."""
        return self.path, max(0, self.guard.place.line - 1), self.name


class BaselineItem(_Item):
    """The same scenario and version must give the same bits as the baseline."""

    def runtest(self) -> None:
        """Compare with the baseline."""
        found = self.of_file.engine()
        if found:
            raise GuardError("\n".join(f"{self.of_file.loaded.path}: broken: {sentence}" for sentence in found))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Say which file it is about."""
        return self.path, 0, self.name
