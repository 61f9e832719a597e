"""People, days off, ways and hours as text, and that writing is the inverse of reading."""

from __future__ import annotations

from typing import Any

import pytest

from funnelsim.scenario import quantities as q
from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.luck import TAKES
from funnelsim.scenario.measures import HOURS, LIMIT, PACE, PEOPLE, QUEUE, Measure
from funnelsim.scenario.problems import RefusedError
from funnelsim.scenario.rosters import (
    is_schedule,
    names_people,
    read_days_off,
    read_people,
    read_some,
    write_people,
    write_some,
)
from funnelsim.scenario.tables import SALARY
from funnelsim.scenario.ways import Way, read_way, write_way

MINUTE = 60_000


@pytest.mark.parametrize(
    ("raw", "people"),
    [
        (4, 4),
        ("12", 12),
        ("1k", 1000),
        ({"uncertain": "between 3 and 6"}, q.UniformBelief(3.0, 6.0)),
        ({"uncertain": {"values": [3, 4]}}, q.DrawsBelief((3.0, 4.0))),
        ({"2026-07-01": 12, "2026-01-01": 8}, FrozenDict({"2026-01-01": 8, "2026-07-01": 12})),
        ({"2026-01-01": 8, "2026-07-01": 0}, FrozenDict({"2026-01-01": 8, "2026-07-01": 0})),
        (
            {"2026-01-01": 8, "2026-07-01": {"uncertain": "between 0 and 14"}},
            FrozenDict({"2026-01-01": 8, "2026-07-01": q.UniformBelief(0.0, 14.0)}),
        ),
    ],
)
def test_people_that_are_counted(raw: Any, people: q.Number | FrozenDict[str, q.Number]) -> None:
    assert read_people(raw) == people
    assert read_people(write_people(people)) == people
    assert not names_people(raw)


def test_a_schedule_is_in_the_order_of_its_dates() -> None:
    assert list(read_people({"2026-07-01": 12, "2026-01-01": 8})) == ["2026-01-01", "2026-07-01"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("raw", "named", "scheduled"),
    [
        ({"anna": {}}, True, False),
        ({"anna": None}, True, False),
        ({"2026-01-01": 8}, False, True),
        ({"2026-01-01": 8, "anna": {}}, False, True),
        ({"uncertain": "3 to 6"}, False, False),
        ({}, False, False),
        (4, False, False),
        (None, False, False),
    ],
)
def test_how_people_are_written(raw: Any, named: bool, scheduled: bool) -> None:
    assert names_people(raw) is named
    assert is_schedule(raw) is scheduled


@pytest.mark.parametrize(
    ("raw", "findings"),
    [
        (
            {},
            [
                (
                    (),
                    "people are written like 4, {2026-01-01: 8, 2026-07-01: 12} or {anna: {}, ben: {pace: 1.2}}, not an empty mapping",
                )
            ],
        ),
        (0, [((), "a number of people is at least 1 and at most 10_000, not 0")]),
        (10_001, [((), "a number of people is at least 1 and at most 10_000, not 10001")]),
        (True, [((), "a number of people is written like 4, not true")]),
        (
            {"2026-02-30": 1, "2026-03-01": -1, "2026-04-01": True},
            [
                (("2026-02-30",), "no such date '2026-02-30': day is out of range for month"),
                (("2026-03-01",), "a number of people is at least 0 and at most 10_000, not -1"),
                (("2026-04-01",), "a number of people is written like 4, not true"),
            ],
        ),
        ({"2026-01-01": 0}, [((), "nobody is ever there; name a date from which on somebody is")]),
    ],
)
def test_people_refused(raw: Any, findings: list[tuple[tuple[str, ...], str]]) -> None:
    with pytest.raises(RefusedError) as fault:
        read_people(raw)
    assert list(fault.value.findings) == findings


def test_days_off() -> None:
    assert read_days_off(["sat", "2026-12-25"]) == ("sat", "2026-12-25")
    assert read_days_off([]) == ()
    for raw in ("sat", ["sat", "sat"], ["Sat"], [["sat"]], [6], ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]):
        with pytest.raises(RefusedError):
            read_days_off(raw)


def test_one_name_needs_no_list() -> None:
    assert read_some("anna") == read_some(["anna"]) == ("anna",)
    assert write_some(("anna",)) == "anna"
    assert read_some([]) == ()


@pytest.mark.parametrize(
    ("raw", "way", "written"),
    [
        ("pool", Way("pool"), "pool"),
        ({"to": "pool"}, Way("pool"), "pool"),
        ({"to": "pool", "as": None}, Way("pool"), "pool"),
        ({"as": "rejected", "to": "pool"}, Way("pool", "rejected"), {"to": "pool", "as": "rejected"}),
    ],
)
def test_ways(raw: Any, way: Way, written: Any) -> None:
    assert read_way(raw) == way
    assert write_way(way) == written


@pytest.mark.parametrize(
    ("raw", "within"),
    [
        (5, ()),
        ({}, ()),
        ({"as": "rejected"}, ()),
        ({"to": 5}, ("to",)),
        ({"to": "pool", "as": "No need"}, ("as",)),
        ({"to": "pool", "why": "x"}, ("why",)),
    ],
)
def test_ways_refused_where_they_stand(raw: Any, within: tuple[str, ...]) -> None:
    with pytest.raises(RefusedError) as fault:
        read_way(raw)
    assert [where for where, _ in fault.value.findings] == [within]


@pytest.mark.parametrize(
    ("measure", "raw", "number"),
    [
        (HOURS, "7 per day", 7),
        (HOURS, "7.5h per day", 7.5),
        (HOURS, 24, 24),
        (HOURS, {"uncertain": "between 6 and 8"}, q.UniformBelief(6.0, 8.0)),
        (PACE, 1.25, 1.25),
        (PACE, {"uncertain": "0.8 to 1.2"}, q.RangeBelief(0.8, 1.2)),
        (LIMIT, 60, 60),
        (QUEUE, 0, 0),
        (PEOPLE, 1, 1),
    ],
)
def test_numbers_of_teams(measure: Measure, raw: Any, number: q.Number) -> None:
    assert measure.number(raw) == number
    assert measure.number(measure.write_number(number)) == number


@pytest.mark.parametrize(
    ("measure", "raw", "message"),
    [
        (HOURS, 0, "a number of working hours is more than 0 and at most 24, not 0"),
        (HOURS, "24.5", "a number of working hours is more than 0 and at most 24, not '24.5'"),
        (HOURS, "35h per week", "working hours are those of a day, not '35h per week'; write 35 per day"),
        (
            HOURS,
            {"uncertain": "6 to 8"},
            "a number of working hours has bounds, but '6 to 8' leaves one chance in ten to values beyond; write {uncertain: between 6 and 8}",
        ),
        (PACE, 0, "a pace is more than 0, not 0"),
        (LIMIT, 0, "a limit of leads is at least 1, not 0"),
        (QUEUE, 1.5, "a length of a queue is a whole number, not 1.5"),
    ],
)
def test_numbers_of_teams_refused(measure: Measure, raw: Any, message: str) -> None:
    with pytest.raises(RefusedError) as fault:
        measure.number(raw)
    assert str(fault.value) == message


def test_working_times_are_drawn_and_never_never() -> None:
    assert TAKES.read("45min") == q.Constant(45 * MINUTE)
    assert TAKES.read("20min to 1h") == q.Lognormal("range", 20 * MINUTE, 60 * MINUTE)
    assert TAKES.read(0) == q.Constant(0)
    with pytest.raises(RefusedError, match="a working time cannot be never"):
        TAKES.read("never")


def test_salaries_are_rates() -> None:
    assert SALARY.read("8_000 per month") == q.Rate(80_000_000, q.Span(1, "month"))
    assert SALARY.write(SALARY.read({"uncertain": "7k to 9k per month"})) == {"uncertain": "7000 to 9000 per month"}
    with pytest.raises(RefusedError, match="a salary is written like '8_000 per month'"):
        SALARY.read({"2026-01": 8_000})
