"""What is wrong with a scenario, and where: places, problems and the error that carries all of them."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

A = TypeVar("A")
T = TypeVar("T")

PathParts = tuple[str | int, ...]
"""The way to a node: names of fields and items, numbers of list items from 0."""

Finding = tuple[PathParts, str]
"""The path of what is wrong, and the message."""


@dataclass(frozen=True, order=True)
class Place:
    """Where something is written: file, line and column, both from 1; line 0 where there is no file to point into."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong: its place, the dotted path of the node (empty for the whole file) and the message."""

    place: Place
    path: str
    message: str

    def __str__(self) -> str:
        line = ": ".join(part for part in (str(self.place), self.path, self.message) if part)
        return "".join(character if character.isprintable() else repr(character)[1:-1] for character in line)


class ScenarioError(ValueError):
    """A scenario that is refused, with all that is wrong with it at once.

    Attributes
    ----------
    problems : tuple of Problem
        Sorted by file, line and column. ``str()`` of the error has one line for each.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class RefusedError(Exception):
    """What is wrong inside one value: messages, each with the way to it from the value."""

    def __init__(self, message: str, *within: str | int) -> None:
        super().__init__(message)
        self.findings: tuple[Finding, ...] = ((within, message),)

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> RefusedError:
        """Make one fault of several findings."""
        fault = cls("")
        fault.findings = tuple(findings)
        fault.args = ("; ".join(message for _, message in fault.findings),)
        return fault


def read_each(read: Callable[[A], T], parts: Iterable[tuple[str | int, A]]) -> list[T]:
    """Read every named part of a value; what is wrong with any of them is raised together."""
    values: list[T] = []
    findings: list[Finding] = []
    for name, raw in parts:
        try:
            values.append(read(raw))
        except RefusedError as fault:
            findings.extend(((name, *within), message) for within, message in fault.findings)
    if findings:
        raise RefusedError.of(findings)
    return values


def read_part(name: str | int, read: Callable[[A], T], raw: A) -> T:
    """Read one named part of a value, so that what is wrong with it is said of that part."""
    return read_each(read, [(name, raw)])[0]


def shown(value: object) -> str:
    """Show a value in a message as a person would point at it; long text is cut."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            text = f"{value[:57]}..." if len(value) > 60 else value
            return f"'{text}'"
        case dict():
            return "a mapping" if value else "an empty mapping"
        case tuple() | list():
            return "a list" if value else "an empty list"
        case _:
            return str(value)


def listed(names: Iterable[str], conjunction: str = "or", most: int = 12) -> str:
    """Join names for a sentence: ``a, b or c``; a long list is cut."""
    words = list(names)
    if len(words) > most:
        return ", ".join(words[:most]) + ", …"
    return f" {conjunction} ".join(part for part in (", ".join(words[:-1]), words[-1] if words else "") if part)


MOST_COMPARED = 300
"""Among more names than these no near miss is looked for: it would take too long."""


def near_miss(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """Suggest what may have been meant, in brackets; where nothing is near, list what there is.

    Parameters
    ----------
    word : str
        What was written.
    known : iterable of str
        What could have been written.
    otherwise : str
        What to call the list of `known` where nothing is near, as in ``stages``; without it, nothing is listed.
    """
    names = [str(name) for name in known]
    compared = names if len(names) <= MOST_COMPARED else []
    if matches := difflib.get_close_matches(word.lower(), compared, n=1, cutoff=0.6):
        return f" (did you mean '{matches[0]}'?)"
    if not otherwise:
        return ""
    return f" ({otherwise}: {listed(names, 'and')})" if names else f" (there are no {otherwise})"
