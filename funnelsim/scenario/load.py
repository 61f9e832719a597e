"""Scenario files: reading them, what they extend and the files they name. No path leaves the scenario's folder."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from funnelsim.scenario.building import build
from funnelsim.scenario.columns import read_column
from funnelsim.scenario.extending import merge
from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.known import Known
from funnelsim.scenario.measures import Unread
from funnelsim.scenario.models import Scenario
from funnelsim.scenario.problems import (
    PathParts,
    Place,
    Problem,
    RefusedError,
    ScenarioError,
    near_miss,
    read_each,
    read_part,
    shown,
)
from funnelsim.scenario.reading import MOST_BYTES, read_tree
from funnelsim.scenario.settings import named_path
from funnelsim.scenario.shipped import find
from funnelsim.scenario.snapshot_files import read_snapshot
from funnelsim.scenario.tree import Fields, Items, Leaf, Node, at, grow, matches, place_of, plain, put_at


def load(path: str | os.PathLike[str], variant: str | None = None) -> Scenario:
    """Load a scenario from a file.

    Parameters
    ----------
    path : path
        A YAML file, or the name of a scenario that comes with funnelsim, such as ``trunk``; a file that is there goes
        first. ``extends`` and files of draws are looked for in its folder.
    variant : str, optional
        Return this variant instead of the scenario itself.

    Returns
    -------
    Scenario
        Frozen, resolved and checked, with all its changes and variants.

    Raises
    ------
    ScenarioError
        With everything that is wrong, each with file, line and column.
    """
    file = find(Path(path))
    files = _Files(file.parent.resolve())
    tree = files.with_snapshots(files.with_draws(files.tree(file, str(file))))
    scenario = build(tree, Scenario, files.problems)
    scenario._source, scenario._ids = str(file), FrozenDict(files.ids)
    return scenario if variant is None else scenario.variant(variant)


def loads(text: str, name: str = "<text>") -> Scenario:
    """Load a scenario from YAML text, which cannot refer to files.

    Parameters
    ----------
    text : str
        The whole file.
    name : str
        What to call it in messages.

    Raises
    ------
    ScenarioError
        With everything that is wrong.
    """
    tree, problems = read_tree(text, name)
    if isinstance(tree, Fields) and "extends" in tree.entries:
        message = "a text has no folder to extend a file from; save it and load the file"
        problems.append(Problem(tree.entries["extends"].key, "extends", message))
        tree = tree.drop("extends")
    return build(tree, Scenario, problems)


def files_of(path: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Return the files that a scenario is read from: itself, what it extends, and files of draws.

    Raises
    ------
    ScenarioError
        Where one of them cannot be read.
    """
    files = _Files(Path(path).parent.resolve())
    files.with_draws(files.tree(Path(path), str(path)))
    return tuple(dict.fromkeys([Path(path).resolve(), *files.read]))


@dataclass
class _Files:
    """The files that one scenario is read from, all within one folder."""

    folder: Path
    problems: list[Problem] = field(default_factory=list)
    folders: dict[str, Path] = field(default_factory=dict)
    """The folder of each file, by its name in places."""
    ids: dict[str, str] = field(default_factory=dict)
    """Of leads of snapshots, by key."""
    read: list[Path] = field(default_factory=list)
    """What was found in the folder because a file named it."""

    def tree(self, path: Path, source: str, via: tuple[Path, ...] = ()) -> Node:
        """Read a file and merge it over what it extends."""
        tree, problems = read_tree(_content(path, source), source)
        self.problems += problems
        self.folders[source] = path.parent
        if not isinstance(tree, Fields) or "extends" not in tree.entries:
            return tree
        entry, own = tree.entries["extends"], tree.drop("extends")
        try:
            base = self._inside(path.parent, _text(entry.node))
            chain = (*via, path.resolve())
            if base in chain:
                raise RefusedError(
                    f"{shown(_text(entry.node))} extends itself in a circle; let one of the files stand alone"
                )
            shown_base = os.path.join(os.path.dirname(source), _text(entry.node))
            return merge(self.tree(base, shown_base, chain), own, Scenario)
        except RefusedError as fault:
            raise ScenarioError([*self.problems, Problem(entry.node.place, "extends", str(fault))]) from None

    def _inside(self, folder: Path, name: str) -> Path:
        try:
            path = (folder / name).resolve()
            inside, exists = path.is_relative_to(self.folder), path.is_file()
        except (OSError, ValueError, RuntimeError) as error:  # a name no system takes, a circle of links
            raise RefusedError(f"{shown(name)} cannot be the path of a file: {error}") from None
        if not inside:
            raise RefusedError(f"{shown(name)} lies outside the folder of the scenario; copy the file into it")
        if not exists:
            hint = near_miss(path.name, _siblings(path))
            raise RefusedError(f"no file {shown(name)}{hint}; paths start at the file that names them")
        self.read.append(path)
        return path

    def with_draws(self, tree: Node) -> Node:
        """Put the numbers of a file in the place of every ``{uncertain: {file: …, column: …}}``."""
        return self._with_draws(tree, tree, ())

    def _with_draws(self, tree: Node, node: Node, path: PathParts) -> Node:
        if isinstance(node, Items):
            items = enumerate(node.nodes)
            return Items(tuple(self._with_draws(tree, item, (*path, number)) for number, item in items), node.place)
        if not isinstance(node, Fields):
            return node
        for name, entry in node.entries.items():
            if name == "uncertain" and isinstance(entry.node, Fields) and "file" in entry.node.entries:
                node = node.put(name, self._draws(tree, entry.node, (*path, name)), entry.key)
            else:
                node = node.put(name, self._with_draws(tree, entry.node, (*path, name)), entry.key)
        return node

    def _draws(self, tree: Node, node: Fields, path: PathParts) -> Node:
        try:
            texts = read_each(_text, ((name, entry.node) for name, entry in node.entries.items()))
            fields = dict(zip(node.entries, texts, strict=True))
            if extra := [name for name in fields if name not in ("file", "column", "unit")]:
                raise RefusedError(f"no field {shown(extra[0])} in draws from a file (fields: file, column and unit)")
            file = read_part("file", lambda name: self._inside(self.folders[node.place.file], name), fields["file"])
            values = read_part(
                "column", lambda name: read_column(file, name, fields.get("unit", "")), fields.get("column", "")
            )
            return grow({"values": values}, node.place)
        except RefusedError as fault:
            for where, message in fault.findings:
                self.problems.append(Problem(place_of(node, where), named_path(tree, (*path, *where)), message))
            return Leaf(Unread(), node.place)

    def with_snapshots(self, tree: Node) -> Node:
        """Put the leads of a file in the place of every ``backlog: {file: …}``, also in variants."""
        variants = [path for path, _ in matches(tree, "variants.*.set.backlog")]
        for path in [("backlog",), *variants]:
            node = at(tree, path)
            if isinstance(tree, Fields) and isinstance(node, Fields) and "file" in node.entries:
                tree = put_at(tree, path, self._snapshot(tree, node, path))
        return tree

    def _snapshot(self, tree: Fields, node: Fields, path: PathParts) -> Node:
        file, ignored, channel = (node.entries[n].node if n in node.entries else None for n in _OF_FILES)
        assert file is not None
        left = node.drop("file").drop("ignore")
        try:
            name = _text(file)
            where = self._inside(self.folders[file.place.file], name)
            columns = [_text(item) for item in ignored.nodes] if isinstance(ignored, Items) else []
            if ignored is not None and not isinstance(ignored, Items):
                raise RefusedError(f"'ignore' is a list of columns such as [phone], not {shown(plain(ignored))}")
        except RefusedError as fault:
            self.problems.append(Problem(file.place, named_path(tree, (*path, "file")), str(fault)))
            return left.put("leads", Leaf(Unread(), file.place))
        shown_path = os.path.join(os.path.dirname(file.place.file), name)
        named = str(channel.value) if isinstance(channel, Leaf) and channel.value is not None else None
        snapshot = read_snapshot(where, shown_path, columns, named, Known(tree))
        self.problems += snapshot.problems
        self.ids |= snapshot.ids
        leads = Unread() if snapshot.problems else snapshot.text
        return left.put("source", Leaf(name, file.place)).put("leads", Leaf(leads, file.place))


_OF_FILES = ("file", "ignore", "channel")
"""What says how a file of open leads is read."""


def _text(node: Node) -> str:
    if not isinstance(node, Leaf) or not isinstance(node.value, str):
        raise RefusedError(f"must be text, not {shown(plain(node))}")
    return node.value


def _siblings(path: Path) -> list[str]:
    """Return the names of the files beside a path that are of its kind."""
    try:
        return sorted(sibling.name for sibling in path.parent.iterdir() if sibling.suffix == path.suffix)
    except OSError:
        return []


def _content(path: Path, source: str) -> bytes:
    """Read a file, but no more of it than a scenario may have."""
    place = Place(source)
    try:
        if stat.S_ISREG(path.stat().st_mode):
            with path.open("rb") as file:
                return file.read(MOST_BYTES + 1)
        message = "this is no file; name a scenario file such as trunk.yaml"
    except FileNotFoundError:
        message = f"no such file{near_miss(path.name, _siblings(path))}"
    except (OSError, ValueError) as error:
        message = f"cannot be read: {getattr(error, 'strerror', None) or error}"
    raise ScenarioError([Problem(place, "", message)])
