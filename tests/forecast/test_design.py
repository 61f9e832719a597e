from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.forecast.design import METHODS, Method


def numbers(points: list[dict[str, Any]], path: str) -> np.ndarray[Any, Any]:
    return np.array([float(re.sub(r"[^\d.]", "", str(point[path]))) for point in points])


@pytest.mark.parametrize("method", METHODS)
def test_each_part_of_a_range_has_as_many_points(method: Method) -> None:
    """Both designs are stratified: of 32 points one lies in each thirty-second of every range, alone."""
    points = fs.design({"a": (0.0, 32.0), "b": (100.0, 132.0)}, 32, method)
    for path, low in (("a", 0.0), ("b", 100.0)):
        assert sorted(np.floor(numbers(points, path) - low)) == list(range(32))
    random = np.random.default_rng(1).random(32) * 32
    assert sorted(np.floor(random)) != list(range(32))


def test_sobol_points_fill_the_square_too() -> None:
    """A scrambled (0, m, 2)-net: every box of 2**-3 by 2**-2 of the square holds exactly one of 32 points."""
    points = fs.design({"a": (0.0, 8.0), "b": (0.0, 4.0)}, 32)
    boxes = {(int(point["a"]), int(point["b"])) for point in points}
    assert len(boxes) == 32


@pytest.mark.parametrize("method", METHODS)
def test_seeds(method: Method) -> None:
    ranges = {"a": "20% to 40%", "b": (2, 5)}
    assert fs.design(ranges, 16, method, seed=4) == fs.design(ranges, 16, method, seed=4)
    assert fs.design(ranges, 16, method, seed=4) != fs.design(ranges, 16, method, seed=5)


def test_whole_numbers_are_met_equally_often_with_both_ends() -> None:
    for ends in ((2, 5), "2 to 5"):
        points = fs.design({"people": ends}, 64)
        assert all(isinstance(point["people"], int) for point in points)
        assert np.bincount(numbers(points, "people").astype(int)).tolist() == [0, 0, 16, 16, 16, 16]
    assert {type(point["people"]) for point in fs.design({"people": (2.0, 5.0)}, 4)} == {float}


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("20% to 40%", r"[\d.]+%"),
        ("20 to 40%", r"[\d.]+%"),
        ("5d to 15d", r"[\d.]+d"),
        ("600 to 1_200 per month", r"[\d.]+ per month"),
        ("2 weeks to 5 weeks", r"[\d.]+ weeks"),
        ("0.000001% to 0.000002%", r"0\.0000\d+%"),
    ],
)
def test_ranges_in_units(text: str, shape: str) -> None:
    points = fs.design({"a": text}, 8)
    assert all(re.fullmatch(shape, str(point["a"])) for point in points)
    low, high = (float(end) for end in re.findall(r"[\d_.]+", text))
    values = numbers(points, "a")
    assert ((values >= low) & (values <= high)).all()


def test_all_ranges_that_are_wrong_are_said() -> None:
    ways = "write two numbers, as in (0.2, 0.4), or a range in one unit, as in '20% to 40%' or '5 to 15 per month'"
    with pytest.raises(fs.ScenarioError) as caught:
        fs.design({"a": "4% to 2%", "b": "7d", "c": (1,), "d": "1d to 2 weeks", "e": (True, 3), "f": 3, "g": "1 to 2"})
    assert str(caught.value).splitlines() == [
        "<sweep>: a: '4% to 2%' runs from 4 to 2; write the smaller end first",
        f"<sweep>: b: '7d' is no range; {ways}",
        f"<sweep>: c: a list is no range; {ways}",
        f"<sweep>: d: '1d to 2 weeks' has ends in two units, 'd' and 'weeks'; {ways}",
        f"<sweep>: e: a list is no range; {ways}",
        f"<sweep>: f: 3 is no range; {ways}",
    ]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"points": 60},
            ValueError,
            "points is 60: a Sobol design is balanced for powers of two only, such as 32 or 64",
        ),
        ({"points": 0}, ValueError, "points is 0: take a whole number from 1 to 100000"),
        ({"points": 8.0}, TypeError, "points is 8.0, not a whole number"),
        ({"method": "halton"}, ValueError, "no design 'halton': take one of sobol, latin_hypercube"),
        ({"seed": -1}, ValueError, "seed is -1"),
        ({"ranges": {}}, TypeError, "ranges is {}, not a mapping"),
        ({"ranges": "1 to 2"}, TypeError, "ranges is '1 to 2', not a mapping"),
    ],
)
def test_arguments_that_make_no_sense(arguments: dict[str, Any], error: Any, message: str) -> None:
    with pytest.raises(error) as caught:
        fs.design(**{"ranges": {"a": (1, 2)}, **arguments})
    assert str(caught.value).startswith(message)


def test_a_latin_hypercube_may_have_any_number_of_points() -> None:
    assert len(fs.design({"a": (1.0, 2.0)}, 60, "latin_hypercube")) == 60
