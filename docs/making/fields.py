"""The page of every field of the scenario language, made from the models, with examples from files of the tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from funnelsim.scenario import models, structure
from funnelsim.scenario.reading import read_tree
from funnelsim.scenario.schema import json_schema
from funnelsim.scenario.structure import Spot
from funnelsim.scenario.tree import plain
from funnelsim.scenario.writing import write_yaml

ROOT = Path(__file__).parents[2]
EXAMPLES = ("scenarios", "tests/scenarios/valid")

INTRODUCTION = """\
# Every field

Made from the models that read scenario files: what each field means, what holds where it is not written, and an
example. Examples are parts of files of the repository, all of which the tests load. [The scenario
language](../language.md) tells how the fields work together.

*Dated* fields may be set by a [dated change](../language.md#changes).
"""


class Example(NamedTuple):
    """A part of a file that uses a field."""

    size: int
    file: str
    path: tuple[str, ...]
    value: Any


Examples = Mapping[tuple[type[BaseModel], str], Example]


def page() -> str:
    """Return the page, in Markdown."""
    examples = shortest_examples()
    definitions = json_schema()["definitions"]
    return "\n".join([INTRODUCTION, *(_section(spot, definitions, examples) for spot in spots().values())])


def spots() -> dict[type[BaseModel], Spot]:
    """Return where each model of the language stands, from the whole to its parts."""
    found: dict[type[BaseModel], Spot] = {}
    waiting = [structure.root(models.Scenario)]
    while waiting:
        spot = waiting.pop(0)
        if spot.model is None or spot.model in found:
            continue
        found[spot.model] = spot
        fields = Spot("fields", spot.model, spot.noun)
        waiting += [fields.below(name) for name in structure.field_names(spot.model)]
    return found


def shortest_examples() -> Examples:
    """Return of every field the shortest example there is in the files."""
    found: dict[tuple[type[BaseModel], str], Example] = {}
    for folder in EXAMPLES:
        for path in sorted((ROOT / folder).rglob("*.yaml")):
            if path.name == "evidence.yaml" or path.parent.name == "parts":
                continue
            tree, _ = read_tree(path.read_bytes(), path.name)
            file = path.relative_to(ROOT).as_posix()
            for key, where, value in _uses(structure.root(models.Scenario), plain(tree), ()):
                example = Example(len(write_yaml({"x": value})), file, where, value)
                found[key] = min(found.get(key, example), example, key=_simplest)
    return found


def _simplest(example: Example) -> tuple[bool, int, str]:
    """Order examples: first those of files that people write."""
    return example.file.endswith(".resolved.yaml"), example.size, example.file


def _uses(
    spot: Spot, data: Any, path: tuple[str, ...]
) -> Iterator[tuple[tuple[type[BaseModel], str], tuple[str, ...], Any]]:
    """Yield every use of a field in plain data: the field, where it stands, and what is written."""
    if spot.kind == "list" and isinstance(data, tuple):
        for number, item in enumerate(data):
            yield from _uses(spot.below(""), item, (*path, str(number)))
    elif spot.kind in ("fields", "items") and isinstance(data, Mapping):
        names = spot.field_names
        for name, value in data.items():
            if value is None or (spot.kind == "fields" and name not in names):
                continue
            if spot.kind == "fields" and spot.model is not None:
                yield (spot.model, name), (*path, name), value
            yield from _uses(spot.below(name), value, (*path, name))


def _section(spot: Spot, definitions: Mapping[str, Any], examples: Examples) -> str:
    model = spot.model
    assert model is not None
    schema = definitions.get(model.__name__, {})
    title = "scenario" if model is models.Scenario else spot.noun
    lines = [f"## {title[0].upper()}{title[1:]} (`{model.__name__}`)", "", (model.__doc__ or "").split("\n")[0], ""]
    if short := getattr(model, "short_for", None):
        lines += [f"A single value stands for its `{short}`.", ""]
    for name, attribute in structure.field_names(model).items():
        info = model.model_fields[attribute]
        marks = ["required"] if info.is_required() else _default(schema, name)
        marks += ["dated"] if attribute in getattr(model, "changeable", ()) else []
        anchor = f"{model.__name__.lower()}-{name.replace('_', '-')}"
        lines += [f"({anchor})=", f"### `{name}`", ""]
        lines += [info.description or "", "", *([f"*{', '.join(marks)}*", ""] if marks else [])]
        if example := examples.get((model, name)):
            lines += [*_shown(example), ""]
    return "\n".join(lines)


def _default(schema: Mapping[str, Any], name: str) -> list[str]:
    ways = [schema, *schema.get("anyOf", ())]
    fields = next((way["properties"] for way in ways if "properties" in way), {})
    default = fields.get(name, {}).get("default")
    return [f"default `{default}`"] if isinstance(default, str | int | float) and default != "" else []


def _shown(example: Example) -> list[str]:
    nested: Any = example.value
    for part in reversed(example.path):
        nested = [nested] if part.isdigit() else {part: nested}
    return ["```yaml", *write_yaml(nested).splitlines(), "```", "", f"from `{example.file}`"]
