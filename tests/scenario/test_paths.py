from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelsim.scenario.paths import format_path, is_path, parse_path
from funnelsim.scenario.problems import RefusedError


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("start", ("start",)),
        ("stages.sql.moves.expire.after", ("stages", "sql", "moves", "expire", "after")),
        ("changes.2026-07-01.set", ("changes", "2026-07-01", "set")),
        ("tracks.t.touches.0", ("tracks", "t", "touches", "0")),
        ('stages."odd id".value', ("stages", "odd id", "value")),
        (
            'changes.0.set."stages.sql.moves.expire.after"',
            ("changes", "0", "set", "stages.sql.moves.expire.after"),
        ),
        (r'"a\"b\\c".""', ('a"b\\c', "")),
    ],
)
def test_parse(text: str, parts: tuple[str, ...]) -> None:
    assert parse_path(text) == parts
    assert format_path(parts) == text


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", "a b", "a.b c", '"a', 'a"b"', "线索", r'"\q"', "a[0]"])
def test_no_path(text: str) -> None:
    assert not is_path(text)
    with pytest.raises(RefusedError):
        parse_path(text)


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_round_trip(parts: list[str]) -> None:
    text = format_path(tuple(parts))
    assert parse_path(text) == tuple(parts)
    assert text.isprintable()


def test_numbers_of_list_items_are_written_as_they_are() -> None:
    assert format_path(("tracks", "t", "touches", 1)) == "tracks.t.touches.1"
