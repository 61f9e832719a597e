"""YAML text to a tree.

ruamel.yaml parses the text into events (YAML 1.2); the tree, its places and its scalars are ours. Scalars follow the
core schema: null, true and false, integers (also ``90_000``) and floats; everything else, dates too, is text.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from funnelsim.scenario.paths import format_path
from funnelsim.scenario.problems import PathParts, Place, Problem, ScenarioError, shown
from funnelsim.scenario.tree import Entry, Fields, Items, Leaf, Node

MOST_BYTES = 1_000_000
MOST_DEPTH = 64
MERGE_KEY = "<<"
_LONGEST_NUMBER = 40

_NULLS = ("", "~", "null", "Null", "NULL")
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+(_[0-9]+)*")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(_[0-9]+)*(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_NOT_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def resolve(text: str) -> str | int | float | bool | None:
    """Say what an unquoted scalar is: null, true or false, a number, or text."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _NOT_FINITE.fullmatch(text):
        return float(text.replace(".", ""))
    if len(text) <= _LONGEST_NUMBER:
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    return text


def read_tree(content: bytes | str, file: str) -> tuple[Node, list[Problem]]:
    """Parse YAML to a tree with places.

    Parameters
    ----------
    content : bytes or str
        The whole file; bytes are UTF-8, with or without a byte order mark.
    file : str
        The name of the file in places.

    Returns
    -------
    Node
        The tree, as far as it can be understood.
    list of Problem
        What is wrong with it as YAML but does not keep the rest from being checked, such as a duplicate key.

    Raises
    ------
    ScenarioError
        Where there is no tree to go on with: wrong syntax, not text, empty, too large, too deep, aliases, merge keys.
    """
    text = _text_of(content, file)
    builder = _Builder(file)
    events = builder.events(text)
    first = next((event for event in events if isinstance(event, NodeEvent | DocumentStartEvent)), None)
    if not isinstance(first, DocumentStartEvent):
        raise ScenarioError([Problem(Place(file, 1, 1), "", "the file is empty; a scenario starts with 'format: 1'")])
    if first.version not in (None, (1, 2)):
        builder.refuse(first, "only YAML 1.2 is read; leave the %YAML line out")
    tree = builder.node(next(events), events, ())
    if second := next((event for event in events if isinstance(event, DocumentStartEvent)), None):
        builder.refuse(second, "a second document in one file; keep one scenario in a file")
    if builder.unresolved:
        raise ScenarioError(builder.problems)
    return tree, builder.problems


def _text_of(content: bytes | str, file: str) -> str:
    start = Place(file, 1, 1)
    size = len(content)
    if size > MOST_BYTES:
        raise ScenarioError([Problem(start, "", f"the file is larger than {MOST_BYTES:_} bytes; a scenario is small")])
    if isinstance(content, bytes):
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            before = content[: error.start]
            place = Place(file, before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
            message = f"byte 0x{content[error.start]:02x} is not UTF-8 text; save the file as UTF-8"
            raise ScenarioError([Problem(place, "", message)]) from None
    else:
        text = content
    text = text.removeprefix("\ufeff")
    if match := _NOT_TEXT.search(text):
        line = text.count("\n", 0, match.start()) + 1
        column = match.start() - text.rfind("\n", 0, match.start())
        message = f"character U+{ord(match.group()):04X} is not text; a scenario is a text file"
        raise ScenarioError([Problem(Place(file, line, column), "", message)])
    return text


class _Builder:
    """Builds nodes from events and keeps what is wrong with them."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.unresolved = False

    def events(self, text: str) -> Iterator[Event]:
        """Yield the events of the parser; whatever it stumbles over becomes one clear message."""
        try:
            yield from YAML(typ="safe", pure=True).parse(io.StringIO(text))
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(self.file, mark.line + 1, mark.column + 1) if mark else Place(self.file, 1, 1)
            reasons = [reason for reason in (error.context, error.problem) if reason]
            self.problems.append(Problem(place, "", f"not YAML: {', '.join(reasons)}"))
            raise ScenarioError(self.problems) from None
        except Exception as error:  # on odd input, such as %YAML 1.3, the parser fails in ways of its own
            self.problems.append(Problem(Place(self.file, 1, 1), "", f"not YAML: {error}"))
            raise ScenarioError(self.problems) from None

    def place(self, event: Any) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def refuse(self, event: Any, message: str, path: PathParts = ()) -> None:
        self.problems.append(Problem(self.place(event), format_path(path), message))

    def node(self, event: Event, events: Iterator[Event], path: PathParts) -> Node:
        if len(path) >= MOST_DEPTH:
            self.refuse(event, f"deeper than {MOST_DEPTH} levels; a scenario is flat")
            raise ScenarioError(self.problems)
        if isinstance(event, AliasEvent):
            self.unresolved = True
            self.refuse(event, f"an alias '*{event.anchor}': write the value out, or share it through 'extends'", path)
            return Leaf(None, self.place(event))
        if isinstance(event, NodeEvent) and event.anchor:
            anchor = f"an anchor '&{event.anchor}': leave it out; scenarios share values through 'extends'"
            self.refuse(event, anchor, path)
        tag = getattr(event, "tag", None)
        if tag and str(tag) != "!":
            self.refuse(event, f"a tag '{tag}': leave it out; what a value is follows from its field", path)
        if isinstance(event, MappingStartEvent):
            return self.fields(event, events, path)
        if isinstance(event, SequenceStartEvent):
            items: list[Node] = []
            while not isinstance(item := next(events), SequenceEndEvent):
                items.append(self.node(item, events, (*path, len(items))))
            return Items(tuple(items), self.place(event))
        return self.leaf(event, path)

    def leaf(self, event: Any, path: PathParts) -> Leaf:
        if any("\ud800" <= character <= "\udfff" for character in event.value):
            self.refuse(event, "half a surrogate pair is not text; write the character itself", path)
            return Leaf("", self.place(event))
        return Leaf(event.value if event.style else resolve(event.value), self.place(event))

    def fields(self, start: Event, events: Iterator[Event], path: PathParts) -> Fields:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            key = self.node(event, events, (*path, "key"))
            name = self.key_name(key, event, path)
            known = len(self.problems)
            node = self.node(next(events), events, (*path, name or "key"))
            if name == MERGE_KEY and not getattr(event, "style", None):  # its alias is the same fault
                del self.problems[known:]
            elif name in entries:
                message = f"the key is given twice, first in line {entries[name].key.line}; keep one of them"
                self.refuse(event, message, (*path, name))
            elif name is not None:
                entries[name] = Entry(key.place, node)
        return Fields(entries, self.place(start))

    def key_name(self, key: Node, event: Any, path: PathParts) -> str | None:
        """Return the name that a key is; None where it is none."""
        if isinstance(event, AliasEvent):
            return None
        if not isinstance(key, Leaf):
            self.refuse(event, f"a key is text, not {'a mapping' if isinstance(key, Fields) else 'a list'}", path)
            return None
        if isinstance(key.value, bool):  # a name too: the share of opens that is false
            return str(event.value)
        if not isinstance(key.value, str):
            self.refuse(event, f'a key is text, not {shown(key.value)}: quote it as "{event.value}"', path)
            return None
        if key.value == MERGE_KEY and not event.style:
            self.unresolved = True
            self.refuse(event, "a merge key '<<': write the fields out, or share them through 'extends'", path)
        return key.value
