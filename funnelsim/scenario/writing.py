"""Plain data to YAML text that reads back as the same data: blocks, with short mappings and lists on one line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from funnelsim.scenario.reading import resolve
from funnelsim.scenario.units import GROUPED_FROM

_WIDEST_LINE = 120
_PLAIN = re.compile(r"[\w.(][\w .%()/+-]*", re.UNICODE)


def write_yaml(data: Mapping[str, Any]) -> str:
    """Write a mapping of mappings, lists and scalars as YAML 1.2."""
    return "".join(f"{line}\n" for line in _block(data, ""))


def _block(data: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in data.items():
        name = f"{indent}{write_scalar(str(key))}:"
        line = f"{name} {write_value(value)}"
        if len(line) > _WIDEST_LINE and _is_block(value):
            yield f"{name} |"
            yield from (f"{indent}  {row}" for row in value.splitlines())
            continue
        if not isinstance(value, Mapping | list | tuple) or (len(line) <= _WIDEST_LINE and not _holds_mappings(value)):
            yield line
        elif isinstance(value, Mapping):
            yield name
            yield from _block(value, indent + "  ")
        else:
            yield name
            for item in value:
                lines = list(_block(item, "")) if isinstance(item, Mapping) and item else [write_value(item)]
                yield from (f"{indent}  {'  ' if number else '- '}{line}" for number, line in enumerate(lines))


def _is_block(value: Any) -> bool:
    """Say whether a text is lines of plain characters, which can stand below each other as they are."""
    if not isinstance(value, str) or not value.endswith("\n"):
        return False
    return all(row.isprintable() and row.strip() == row and row for row in value[:-1].split("\n"))


def _holds_mappings(value: Any) -> bool:
    """Say whether a list holds mappings: each of them starts a line of its own."""
    return isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value)


def write_value(value: Any) -> str:
    """Write a value of any shape on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{write_scalar(str(key))}: {write_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(write_value(item) for item in value) + "]"
    return write_scalar(value)


def write_scalar(value: str | int | float | bool | None) -> str:
    """Write one scalar; text is quoted only where it would read as something else."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:_}" if abs(value) >= GROUPED_FROM else str(value)
    if isinstance(value, float):
        return repr(value)
    if _PLAIN.fullmatch(value) and not value.endswith(" ") and isinstance(resolve(value), str):
        return value
    return '"' + "".join(map(_quoted, value)) + '"'


def _quoted(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    code = ord(character)
    return json.dumps(character)[1:-1] if code <= 0xFFFF else f"\\U{code:08x}"
