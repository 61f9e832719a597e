"""Reads a table of evidence; what is wrong with one row does not hide what is wrong with the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from funnelsim.evidence.rows import Evidence, Row
from funnelsim.scenario.messages import problems_of
from funnelsim.scenario.problems import PathParts, Place, Problem, ScenarioError
from funnelsim.scenario.reading import MOST_BYTES, read_tree
from funnelsim.scenario.settings import named_path
from funnelsim.scenario.tree import Fields, Items, Node, place_of, plain


@dataclass(frozen=True)
class Sheet:
    """A file of rows, as far as it can be read.

    Attributes
    ----------
    source : str
        The file, as the user gave it.
    folder : Path
        Where the file lies, and the scenarios that its rows name.
    tree : Node
        With the place of everything.
    evidence : Evidence or None
        The whole table; None where something is wrong with it.
    rows : dict of int to Row
        The rows that can be read, by their number from 0.
    problems : tuple of Problem
        What is wrong with the rest.
    """

    source: str
    folder: Path
    tree: Node
    evidence: Evidence | None
    rows: dict[int, Row]
    problems: tuple[Problem, ...]

    def problem(self, path: PathParts, message: str) -> Problem:
        """Say of something in the file that it is wrong."""
        return Problem(place_of(self.tree, path), named_path(self.tree, path), message)

    def place(self, row: int) -> Place:
        """Return where a row stands."""
        return place_of(self.tree, ("rows", row))


def read_sheet(path: Path) -> Sheet:
    """Read a table of evidence.

    Parameters
    ----------
    path : Path
        A YAML file; the scenarios that it names lie in its folder.

    Raises
    ------
    ScenarioError
        Where there is nothing to go on with: no file, or no YAML. What else is wrong is in the sheet.
    """
    source = str(path)
    tree, problems = read_tree(_content(path), source)
    if not isinstance(tree, Fields):
        message = "a table of evidence is a mapping of fields such as 'rows: […]'"
        raise ScenarioError([*problems, Problem(tree.place, "", message)])
    evidence: Evidence | None = None
    try:
        evidence = Evidence.model_validate(plain(tree))
        rows = dict(enumerate(evidence.rows))
    except ValidationError as error:
        problems += problems_of(error, tree, Evidence)
        rows = dict(_sound(tree.get("rows")))
    sheet = Sheet(source, path.parent, tree, evidence, rows, ())
    if evidence is not None:
        problems += _incomplete(sheet, evidence)
    return Sheet(source, path.parent, tree, evidence, rows, tuple(problems))


def _sound(node: Node | None) -> Iterator[tuple[int, Row]]:
    """Read every row by itself, and leave out those that are refused."""
    for number, item in enumerate(node.nodes if isinstance(node, Items) else ()):
        try:
            yield number, Row.model_validate(plain(item))
        except ValidationError:
            continue


def _incomplete(sheet: Sheet, evidence: Evidence) -> list[Problem]:
    """Find numbers of the domain that are left out, stand in no section, or are said to have no figure and have one."""
    due = [f"{section.id}.{number}" for section in evidence.sections for number in range(1, section.numbers + 1)]
    figured = {row.number for row in evidence.rows}
    said = figured | {remark.number for remark in evidence.without_figure}
    problems = [
        sheet.problem(("sections", place), f"nothing is said of {number}; write a row, or a remark in without_figure")
        for place, section in enumerate(evidence.sections)
        for number in due
        if number.startswith(f"{section.id}.") and number not in said
    ]
    problems += [
        sheet.problem((name, place, "number"), f"no section has a number {part.number}")
        for name in ("rows", "without_figure")
        for place, part in enumerate(getattr(evidence, name))
        if part.number not in due
    ]
    problems += [
        sheet.problem(("without_figure", place, "number"), f"{remark.number} has a figure in rows")
        for place, remark in enumerate(evidence.without_figure)
        if remark.number in figured
    ]
    named = Counter((row.number, row.what) for row in evidence.rows)
    problems += [
        sheet.problem(("rows", place, "what"), f"another row of {row.number} says the same; name them apart")
        for place, row in enumerate(evidence.rows)
        if named[row.number, row.what] > 1
    ]
    return problems


def _content(path: Path) -> bytes:
    place = Place(str(path))
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        message = "no such file; name a table such as scenarios/evidence.yaml"
        raise ScenarioError([Problem(place, "", message)]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ScenarioError([Problem(place, "", f"cannot be read: {reason}")]) from None
    if not content.strip():
        raise ScenarioError([Problem(place, "", "the file is empty; a table of evidence has sections and rows")])
    return content
