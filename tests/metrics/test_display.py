from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelsim.metrics.definitions import DEFINITIONS
from funnelsim.metrics.display import columns, html_table, number, shortened, text_table, unit_of_change


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (math.nan, "leads", "–"),
        (0, "leads", "0"),
        (180, "leads", "180"),
        (180.16, "leads", "180.2"),
        (12.3456, "leads", "12.35"),
        (0.72391, "leads", "0.724"),
        (-368.81, "CNY", "-368.8"),
        (89_999.6, "CNY", "90,000"),
        (1_080_000, "CNY", "1.080M"),
        (28_047_000, "CNY", "28.047M"),
        (3.2e9, "CNY", "3.200bn"),
        (0.4123, "share", "41.2%"),
        (0.04567, "share", "4.57%"),
        (1.5, "share", "150.0%"),
        (0.105, "pp", "10.5pp"),
        (34.5, "points", "34.50"),
        (-12.34, "%", "-12.3%"),
    ],
)
def test_numbers(value: float, unit: str, text: str) -> None:
    assert number(value, unit) == text


def test_what_is_no_share_is_shown_as_it_is() -> None:
    """Of every unit that a figure can have, only shares are multiplied by a hundred."""
    for definition in DEFINITIONS:
        unit = definition.unit.format(currency="CNY")
        shown = {"share": "4200.0%", "%": "42.0%"}.get(unit, "42")
        assert number(42.0, unit) == shown, definition.pattern
        assert number(42.0, unit_of_change(unit), sign=True) == f"+{shown}".replace("4200.0%", "4200.0pp"), unit


def test_signs() -> None:
    assert number(3, sign=True) == "+3"
    assert number(-3.25, sign=True) == "-3.25"
    assert number(0.002, "pp", sign=True) == "+0.20pp"
    assert number(2e6, sign=True) == "+2.000M"


@given(st.floats(-9e11, 9e11), st.sampled_from(["leads", "CNY", "share", "%"]))
def test_numbers_are_short(value: float, unit: str) -> None:
    if unit in ("share", "%"):
        value = math.fmod(value, 100)
    assert len(number(value, unit, sign=True)) <= 11


@given(st.text(st.sampled_from("ab成交…")), st.integers(1, 20))
def test_shortened_texts_fit_and_keep_their_ends(text: str, width: int) -> None:
    short = shortened(text, width)
    assert columns(short) <= width
    if columns(text) <= width:
        assert short == text
    else:
        start, end = short.split("…", 1) if short.count("…") == 1 else ("", "")
        assert text.startswith(start)
        assert text.endswith(end)


def test_tables_are_aligned_and_give_way_in_the_first_column() -> None:
    rows = [("x" * 90, "1", "CNY"), ("成交", "1,000", "leads")]
    assert text_table(("metric", "mean", "unit"), rows, left=(0, 2)).splitlines() == [
        "metric" + " " * 63 + " mean unit".rjust(10),
        "x" * 34 + "…" + "x" * 33 + "     1 CNY",
        "成交" + " " * 64 + " 1,000 leads",
    ]


def test_html_tables_are_escaped() -> None:
    page = html_table("a<b", ("<i>",), [("&",)], ["x > y"])
    assert "<i>" not in page
    assert "a&lt;b" in page
    assert ">&amp;<" in page
    assert "x &gt; y" in page
