"""A CRM's snapshot of its open leads, from a CSV file: whatever is wrong with it is told with line and column."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from funnelsim.scenario.known import Known, unknown
from funnelsim.scenario.problems import Place, Problem, RefusedError, near_miss, shown
from funnelsim.scenario.rosters import names_people
from funnelsim.scenario.snapshots import COLUMNS, MOST_BYTES, OpenLead, key_of, lead_of, write_leads
from funnelsim.scenario.tree import Fields, Leaf, at, plain

LARGEST_FILE = 10_000_000

IN_FILES = ("id", *COLUMNS[1:])
"""The columns of a file."""


class Cell(NamedTuple):
    """A cell of a file: its text, and where it begins."""

    text: str
    place: Place


@dataclass
class Snapshot:
    """What is read from a file.

    Attributes
    ----------
    leads : list of OpenLead
    ids : dict of str to str
        The id of each lead, by its key.
    problems : list of Problem
        What is wrong, each with line and column of the file.
    """

    leads: list[OpenLead] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    width: int = 0
    """How many columns the header has."""

    @property
    def text(self) -> str:
        """The leads as a scenario holds them."""
        return write_leads(tuple(sorted(self.leads, key=lambda lead: lead.key)))

    def refuse(self, place: Place, column: str, message: str) -> None:
        """Keep what is wrong with a cell, or with the file."""
        self.problems.append(Problem(place, f"backlog.{column}", message))


def read_snapshot(path: Path, shown_path: str, ignored: Sequence[str], channel: str | None, known: Known) -> Snapshot:
    """Read a file of open leads.

    Parameters
    ----------
    path : Path
        A CSV file with a header, in UTF-8, one lead a line, at most 10 MB.
    shown_path : str
        What to call it in messages.
    ignored : sequence of str
        Columns that are not read.
    channel : str or None
        The channel of leads without one.
    known : Known
        The names that there are in the scenario.
    """
    snapshot = Snapshot()
    start = Place(shown_path, 1, 1)
    try:
        lines = _content(path).splitlines()
    except RefusedError as fault:
        snapshot.refuse(start, "file", str(fault))
        return snapshot
    header = [Cell(cell.text.strip(), cell.place) for cell in _cells(lines[0], shown_path, 1)] if lines else []
    snapshot.width = len(header)
    columns = _columns(header, ignored, start, snapshot)
    if {"id", "stage"} <= set(columns.values()):
        lined: dict[str, int] = {}
        for number, line in enumerate(lines[1:], 2):
            if line.strip(", \t"):
                _read_line(snapshot, columns, list(_cells(line, shown_path, number)), channel, known, lined)
        if not lined and not snapshot.problems:
            snapshot.refuse(start, "file", "there are no leads under the header; leave the backlog out")
        if (size := len(snapshot.text.encode())) > MOST_BYTES:
            message = f"these leads take {size:,} bytes in a scenario, which holds {MOST_BYTES:,}"
            snapshot.refuse(start, "file", f"{message}; leave out those that stand still, or make a channel of them")
    return snapshot


def _content(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise RefusedError(f"the file is larger than {LARGEST_FILE:_} bytes; export open leads alone")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise RefusedError(f"line {line} is not UTF-8 text; save the file as CSV in UTF-8") from None


def _cells(line: str, file: str, number: int) -> Iterator[Cell]:
    """Yield the cells of a line; a comma within quotes is part of a cell."""
    starts, quoted = [1], False
    for column, character in enumerate(line, 2):
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            starts.append(column)
    texts = next(csv.reader([line]), [])  # a cell whose quotes are not closed ends with its line
    yield from (Cell(text, Place(file, number, start)) for text, start in zip(texts, starts, strict=False))


def _columns(header: Sequence[Cell], ignored: Sequence[str], start: Place, snapshot: Snapshot) -> dict[int, str]:
    """Return which columns are read, by their position."""
    columns: dict[int, str] = {}
    for number, (name, place) in enumerate(header):
        if name in ignored:
            continue
        if name in columns.values():
            snapshot.refuse(place, "file", f"the column {shown(name)} is there twice; keep one of them")
        elif name in IN_FILES:
            columns[number] = name
        else:
            message = f"no column {shown(name)}{near_miss(name, IN_FILES, 'columns')}"
            snapshot.refuse(place, "file", f"{message}; name columns that are not to be read in 'ignore'")
    for name in ("id", "stage"):
        if name not in columns.values():
            snapshot.refuse(start, "file", f"the header has no column '{name}', which says of each lead {_ASKED[name]}")
    names = [name for name, _ in header]
    for name in ignored:
        if name not in names:
            message = f"no column {shown(name)} that could be ignored{near_miss(name, names, 'columns')}"
            snapshot.refuse(start, "ignore", message)
    return columns


_ASKED = {"id": "which it is", "stage": "where it stands"}


def _read_line(
    snapshot: Snapshot,
    columns: Mapping[int, str],
    row: Sequence[Cell],
    channel: str | None,
    known: Known,
    lined: dict[str, int],
) -> None:
    """Read one lead; `lined` has the lines of those before it, by id."""
    cells = {columns[number]: cell for number, cell in enumerate(row) if number in columns and cell.text.strip()}
    places = {columns[number]: cell.place for number, cell in enumerate(row) if number in columns}
    texts = {column: cell.text.strip() for column, cell in cells.items()}
    first = row[0].place
    if beyond := next((cell for cell in row[snapshot.width :] if cell.text.strip()), None):
        message = f"{shown(beyond.text)} stands beyond the columns of the header; put text with commas into quotes"
        snapshot.refuse(beyond.place, "file", message)
    identity = texts.pop("id", "")
    known_before = lined.setdefault(identity, first.line) if identity else first.line
    if identity:
        texts = {"key": key_of(identity), **texts}
    if known_before != first.line:
        message = f"{shown(identity)} stands in line {known_before} already; keep one of them"
        snapshot.refuse(places["id"], "id", message)
    for column, message in _unknown_names(texts, channel, known):
        snapshot.refuse(places.get(column, first), column, message)
    try:
        lead = lead_of(texts)
    except RefusedError as fault:
        for way, message in fault.findings:
            column = "id" if way == ("key",) else str(way[0])
            snapshot.refuse(places.get(column, first), column, message)
        return
    if known_before == first.line:
        snapshot.leads.append(lead)
        snapshot.ids[lead.key] = identity


def _unknown_names(texts: Mapping[str, str], channel: str | None, known: Known) -> Iterator[tuple[str, str]]:
    """Yield the cells that name what does not exist."""
    for column in ("stage", "channel", "segment"):
        names = known.names(column)
        if column in texts and names is not None and texts[column] not in names:
            yield column, unknown(texts[column], column, names)
    if "channel" not in texts and channel is None:
        message = "this lead has no channel; write one, or one for all such leads, as in backlog: {channel: search}"
        yield "channel", message
    if "owner" in texts and texts.get("stage") in (known.names("stage") or ()):
        yield from (("owner", message) for message in _unknown_owner(texts["owner"], texts["stage"], known))


def _unknown_owner(owner: str, stage: str, known: Known) -> Iterator[str]:
    """Yield what is wrong with the owner of a lead in a stage."""
    team = at(known.tree, ("stages", stage, "owner"))
    name = team.value if isinstance(team, Leaf) else None
    people = at(known.tree, ("teams", str(name), "people"))
    if team is None or (isinstance(team, Leaf) and team.value is None):
        yield f"nobody owns leads in '{stage}'; leave the cell empty, give the stage an owner, or ignore the column"
    elif people is not None and not names_people(plain(people)):
        yield f"the people of '{name}' are counted, not named; name them, or ignore the column"
    elif isinstance(people, Fields) and owner not in people.entries:
        yield unknown(owner, "person", people.entries)
