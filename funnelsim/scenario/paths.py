"""Dotted paths: how a node of a scenario is named in messages, in `set` and on the command line.

A segment of letters, digits, ``_`` and ``-`` stands as it is (``stages.sql.moves.expire.after``); any other is quoted
(``stages."odd id".value``), escaped as in JSON. List items are named: a change by its
date (``changes.2026-07-01.set``), others by their number from 0.
"""

from __future__ import annotations

import json
import re

from funnelsim.scenario.problems import PathParts, RefusedError, shown

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def parse_path(text: str) -> tuple[str, ...]:
    """Split a dotted path into its segments.

    Parameters
    ----------
    text : str
        Such as ``stages.sql.moves.expire.after``.

    Returns
    -------
    tuple of str
        At least one segment. Numbers of list items stay text.

    Raises
    ------
    RefusedError
        Where the text is no path; the message says why and how an odd segment is quoted.
    """
    parts: list[str] = []
    position = 0
    while True:
        if match := _PLAIN.match(text, position):
            parts.append(match.group())
        elif match := _QUOTED.match(text, position):
            parts.append(_unquoted(match.group()))
        else:
            raise RefusedError(
                f"{shown(text)} is no path; write it as stages.sql.moves.expire.after, an odd name in double quotes"
            )
        position = match.end()
        if position == len(text):
            return tuple(parts)
        if text[position] != ".":
            raise RefusedError(
                f"{shown(text)} is no path: '.' expected after '{match.group()}'; put an odd name in double quotes"
            )
        position += 1


def is_path(text: str) -> bool:
    """Say whether a text is a dotted path."""
    try:
        parse_path(text)
    except RefusedError:
        return False
    return True


def format_path(parts: PathParts) -> str:
    """Join segments to a dotted path: the inverse of `parse_path`."""
    return ".".join(_segment(str(part)) for part in parts)


def _segment(part: str) -> str:
    if _PLAIN.fullmatch(part):
        return part
    return '"' + "".join(character if _is_clear(character) else json.dumps(character)[1:-1] for character in part) + '"'


def _is_clear(character: str) -> bool:
    return character.isprintable() and character not in '"\\'


def _unquoted(text: str) -> str:
    try:
        return str(json.loads(text, strict=False))
    except ValueError:
        raise RefusedError(f"{text} is no quoted name; write a backslash before a quote or a backslash only") from None
