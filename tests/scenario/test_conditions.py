"""What a lead must be, as text: writing is the inverse of reading, and what is refused is refused where it stands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelsim.scenario.conditions import (
    Conditions,
    Range,
    read_conditions,
    read_some_conditions,
    write_conditions,
)
from funnelsim.scenario.meeting import both_hold
from funnelsim.scenario.problems import RefusedError
from funnelsim.scenario.quantities import UniformBelief

DAY = 86_400_000

names = st.dictionaries(
    st.sampled_from(["segment", "need", "reason", "behaviour", "stage", "from"]),
    st.lists(st.sampled_from("abc"), min_size=1, unique=True),
)
points = st.integers(-100, 100)
ranges = st.fixed_dictionaries(
    {},
    optional={
        "score": st.one_of(points.map(lambda n: {"from": n}), points.map(lambda n: {"from": n - 0.5, "below": n})),
        "age": st.integers(1, 90).map(lambda n: {"from": f"{n}d"}),
        "silent": st.integers(1, 90).map(lambda n: {"from": f"{n}h", "below": f"{n + 1}h"}),
        "touched": st.integers(0, 9).map(lambda n: {"below": n + 1}),
    },
)


@given(names, ranges)
def test_conditions_are_written_as_they_are_read(by_name: dict[str, list[str]], by_range: dict[str, Any]) -> None:
    read = read_conditions({**by_name, **by_range})
    assert read.names == {by: tuple(values) for by, values in by_name.items()}
    assert set(read.ranges) == set(by_range)
    assert read_conditions(write_conditions(read)) == read
    assert bool(read) == bool(by_name or by_range)
    assert hash(read) == hash(read_conditions(write_conditions(read)))


def test_what_is_read() -> None:
    read = read_conditions({"need": "yes", "score": {"from": 20, "below": 50}, "silent": {"from": "90d"}})
    assert read.names == {"need": ("yes",)}
    assert read.ranges == {"score": Range(20, 50), "silent": Range(90 * DAY, None)}
    assert read_conditions({}) == Conditions()
    uncertain = read_conditions({"score": {"from": {"uncertain": "between 10 and 20"}}})
    assert uncertain.ranges == {"score": Range(UniformBelief(10, 20), None)}
    assert write_conditions(read_conditions({"line": "mobile"})) == {"line": "mobile"}
    assert write_conditions(None) is None


@pytest.mark.parametrize(
    ("raw", "within"),
    [
        ({"line": []}, ("line",)),
        ({"line": ["a", "a"]}, ("line", 1)),
        ({"line": 5}, ("line",)),
        ({"line": ["a", 5]}, ("line", 1)),
        ({"score": 50}, ("score",)),
        ({"score": {}}, ("score",)),
        ({"score": {"from": 5, "below": 5}}, ("score",)),
        ({"score": {"from": 5, "above": 9}}, ("score", "above")),
        ({"score": {"from": "5d"}}, ("score", "from")),
        ({"age": {"from": 5}}, ("age", "from")),
        ({"silent": {"below": "-1d"}}, ("silent", "below")),
        ({"touched": {"from": 1.5}}, ("touched", "from")),
        ({"score": {"uncertain": "5 to 9"}}, ("score",)),
    ],
)
def test_conditions_refused_where_they_stand(raw: Any, within: tuple[str | int, ...]) -> None:
    with pytest.raises(RefusedError) as fault:
        read_conditions(raw)
    assert [where for where, _ in fault.value.findings] == [within]


def test_some_conditions_are_some() -> None:
    assert read_some_conditions({"need": "yes"}) == read_conditions({"need": "yes"})
    with pytest.raises(RefusedError, match="without any condition"):
        read_some_conditions({})


def test_what_holds_where_two_conditions_do() -> None:
    hot, warm = read_conditions({"score": {"from": 50}}), read_conditions({"score": {"from": 20, "below": 60}})
    assert both_hold(hot, warm) == read_conditions({"score": {"from": 50, "below": 60}})
    assert both_hold(hot, hot) == hot
    assert both_hold(hot, Conditions()) == both_hold(Conditions(), hot) == hot
    assert both_hold(read_conditions({"score": {"below": 50}}), hot) is None
    one, two = (
        read_conditions({"need": ["yes", "unknown"]}),
        read_conditions({"need": ["unknown", "no"], "line": "fax"}),
    )
    assert both_hold(one, two) == read_conditions({"need": "unknown", "line": "fax"})
    assert both_hold(one, read_conditions({"need": "no"})) is None


def test_of_uncertain_bounds_what_surely_holds_counts() -> None:
    unclear = read_conditions({"score": {"from": {"uncertain": "between 10 and 20"}}})
    assert both_hold(unclear, read_conditions({"score": {"below": 20}})) is None
    both = both_hold(unclear, read_conditions({"score": {"from": 15}}))
    assert both == unclear
