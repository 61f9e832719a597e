from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelsim.scenario.problems import Place, ScenarioError
from funnelsim.scenario.reading import read_tree, resolve
from funnelsim.scenario.tree import Fields, Leaf, at, grow, matches, place_of, plain
from funnelsim.scenario.writing import write_scalar, write_yaml

TEXT = """\
# a comment
stages:
  lead: {value: 5, label: 线索}
  won:
    moves:
      - first
      - [1, 2]
"""


def read(text: str) -> Any:
    tree, problems = read_tree(text, "t.yaml")
    assert problems == []
    return tree


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ((), 2, 1),
        (("stages",), 2, 1),
        (("stages", "lead"), 3, 3),
        (("stages", "lead", "value"), 3, 17),
        (("stages", "lead", "label"), 3, 27),
        (("stages", "won", "moves"), 5, 5),
        (("stages", "won", "moves", 0), 6, 9),
        (("stages", "won", "moves", 1, 1), 7, 13),
        (("stages", "lost", "moves"), 2, 1),
        (("stages", "lead", "moves", "call"), 3, 3),
        (("stages", "won", "moves", 7), 5, 5),
    ],
)
def test_place_of(path: tuple[str | int, ...], line: int, column: int) -> None:
    assert place_of(read(TEXT), path) == Place("t.yaml", line, column)


def test_place_of_a_key() -> None:
    assert place_of(read(TEXT), ("stages", "lead", "value"), key=True) == Place("t.yaml", 3, 10)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("on", "on"),
        ("12", 12),
        ("-3", -3),
        ("90_000", 90_000),
        ("007", 7),
        ("0x1F", "0x1F"),
        ("1_", "1_"),
        ("0.05", 0.05),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1e9999", "1e9999"),
        ("9" * 41, "9" * 41),
        ("2026-01-31", "2026-01-31"),
        ("2026-01", "2026-01"),
        ("7d", "7d"),
        (".inf", math.inf),
    ],
)
def test_resolve(text: str, value: object) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


def test_not_a_number() -> None:
    assert math.isnan(resolve(".nan"))  # type: ignore[arg-type]


def test_quoted_scalars_are_text() -> None:
    assert plain(read('["1", \'2\', "null", |-\n  3\n]'.replace("|-\n  3\n", "4"))) == ("1", "2", "null", 4)


def test_problems_do_not_hide_each_other() -> None:
    tree, problems = read_tree("a: &x 1\nb: !!int 2\na: 3\n5: 6\n", "t.yaml")
    assert plain(tree) == {"a": 1, "b": 2}
    assert [(problem.place.line, problem.path) for problem in problems] == [(1, "a"), (2, "b"), (3, "a"), (4, "")]


@pytest.mark.parametrize("text", ["%YAML 1.3\n---\na: 1\n", 'a: "\\UFFFFFFFF"\n', "%\n", "a: 'b", "a: @b", "..."])
def test_whatever_the_parser_stumbles_over_is_one_message(text: str) -> None:
    with pytest.raises(ScenarioError, match=r"^t.yaml:\d+:\d+: not YAML: .") as error:
        read_tree(text, "t.yaml")
    assert len(error.value.problems) == 1


def test_a_syntax_error_does_not_hide_what_came_before() -> None:
    with pytest.raises(ScenarioError) as error:
        read_tree("a: 1\na: 2\nb: [\n", "t.yaml")
    assert [problem.path for problem in error.value.problems] == ["a", ""]


def test_aliases_end_the_reading() -> None:
    with pytest.raises(ScenarioError) as error:
        read_tree("a: &x {k: 1}\nb: *x\n", "t.yaml")
    assert [problem.place.line for problem in error.value.problems] == [1, 2]


def test_half_a_surrogate_is_not_text() -> None:
    _, problems = read_tree('name: "\\ud800"\n', "t.yaml")
    assert [problem.path for problem in problems] == ["name"]


def test_matches() -> None:
    tree = grow({"stages": {"a": {"to": "b"}, "b": {}}, "list": [{"to": 1}, 2]})
    assert [path for path, _ in matches(tree, "stages.*.to")] == [("stages", "a", "to")]
    assert [path for path, _ in matches(tree, "list.*.to")] == [("list", 0, "to")]
    assert list(matches(tree, "stages.*.to.*")) == []


def test_trees_are_edited_by_copies() -> None:
    tree = read("{a: 1, b: 2, c: 3}")
    assert isinstance(tree, Fields)
    put = tree.put("b", Leaf(9, Place("other")))
    assert list(plain(put).items()) == [("a", 1), ("b", 9), ("c", 3)]
    assert plain(tree.drop("a")) == {"b": 2, "c": 3}
    assert plain(tree) == {"a": 1, "b": 2, "c": 3}
    assert at(tree, ("b", "x")) is None


texts = st.text(st.characters(codec="utf-8"), max_size=20)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**15), 10**15), st.floats(allow_nan=False, allow_infinity=False), texts
)
trees = st.recursive(
    scalars,
    lambda below: st.one_of(st.lists(below, max_size=4).map(tuple), st.dictionaries(texts, below, max_size=4)),
    max_leaves=20,
)


@given(st.dictionaries(texts.filter(lambda key: key != "<<"), trees, min_size=1, max_size=5))
def test_what_is_written_reads_back(data: dict[str, Any]) -> None:
    assert plain(read(write_yaml(data))) == data


@given(scalars)
def test_scalars_keep_their_type(value: object) -> None:
    back = plain(read(f"a: {write_scalar(value)}\n"))["a"]  # type: ignore[arg-type]
    assert back == value
    assert type(back) is type(value)
