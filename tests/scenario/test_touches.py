"""Touches, limits and turns: a value stands for the field it is short for, when read, set, changed and extended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from funnelsim.scenario import ScenarioError, load, loads
from funnelsim.scenario.limits import FREQUENCY, Frequency
from funnelsim.scenario.models import Limit, Odds, Scenario, Touch, TouchStep, TouchTurn
from funnelsim.scenario.problems import RefusedError
from funnelsim.scenario.quantities import Constant, Table, UniformBelief
from funnelsim.scenario.touches import ROWS

DAY = 86_400_000
TEXT = """
format: 1
name: Touches
start: 2026-01-01
horizon: 3 months
segments: {small: {share: 80%}, big: {share: 20%}}
channels: {search: {leads: 100 per month, enters: lead}}
stages:
  lead: {moves: {call: {after: 1d, chance: 40%, to: won, else: pool}}}
  pool: {track: drip}
  won: {}
touches:
  mail: {open: {chance: 20%, warmth: 3}, response: {chance: 2%, warmth: 20, to: won, odds: {warmth: 1.1}}}
  sms: {response: {segment: {small: 1%, big: 2%}}}
limits: {mail: 3 per 7d}
tracks:
  drip: {cadence: 7d, touches: [mail, {touch: sms, wait: 3d}], on_response: {to: lead}}
"""


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return loads(TEXT)


def step(scenario: Scenario) -> TouchStep:
    """Return the response of the mail."""
    response = scenario.touches["mail"].response
    assert response is not None
    return response


# ---------------------------------------------------------------- reading
def test_a_chance_stands_for_a_step() -> None:
    short = Touch.model_validate({"response": "2%"})
    assert short == Touch.model_validate({"response": {"chance": "2%"}})
    assert short.response == TouchStep.model_validate({"chance": "2%"})
    by_segment = Touch.model_validate({"response": {"segment": {"small": "1%", "big": "2%"}}}).response
    assert by_segment is not None
    assert by_segment.chance == Table("segment", ("small", "big"), (0.01, 0.02))
    uncertain = Touch.model_validate({"open": {"uncertain": "between 1% and 2%"}}).open
    assert uncertain is not None
    assert uncertain.chance == UniformBelief(0.01, 0.02)
    assert uncertain.odds == Odds()
    assert uncertain.warmth == 0
    assert uncertain.to is uncertain.to_track is None


def test_steps_are_in_the_order_in_which_they_are_decided() -> None:
    touch = Touch.model_validate({"response": "2%", "click": "5%", "opt_out": "1%", "open": "20%"})
    assert ["delivered", *touch.steps] == list(ROWS)
    assert list(touch.engagement) == ["open", "click", "response"]
    assert touch.chances == (1.0, 0.01, 0.2, 0.05, 0.02)
    assert Touch.model_validate({"warmth": 5}).steps == {}
    assert touch.kind_of("letter") == "letter"
    assert Touch.model_validate({"warmth": 5, "kind": "mail"}).kind_of("letter") == "mail"


@pytest.mark.parametrize(
    ("raw", "frequency"),
    [
        ("3 per 7d", Frequency(3, 7 * DAY)),
        ("10 per week", Frequency(10, 7 * DAY)),
        ("1 per 2 weeks", Frequency(1, 14 * DAY)),
        ({"amount": 2, "per": "day"}, Frequency(2, DAY)),
        ({"uncertain": "between 2 and 4 per 7d"}, Frequency(UniformBelief(2, 4), 7 * DAY)),
        (
            {"amount": 3, "per": {"uncertain": "between 5d and 9d"}},
            Frequency(3, UniformBelief(5 * DAY, 9 * DAY)),
        ),
    ],
)
def test_limits_are_written_as_they_are_read(raw: Any, frequency: Frequency) -> None:
    assert FREQUENCY.read(raw) == frequency
    assert FREQUENCY.read(FREQUENCY.write(frequency)) == frequency
    assert Limit.model_validate(raw) == Limit.model_validate({"most": raw})


@pytest.mark.parametrize(
    "raw",
    [
        3,
        "3",
        "0 per 7d",
        "1.5 per 7d",
        "2 to 4 per 7d",
        "3 per 0d",
        "3 per",
        "per 7d",
        "3 per fortnight",
        True,
        None,
        [],
    ],
)
def test_what_is_no_limit(raw: Any) -> None:
    with pytest.raises(RefusedError):
        FREQUENCY.read(raw)


@pytest.mark.parametrize(
    ("raw", "within"),
    [
        ({"amount": 3, "per": "7d", "of": "mail"}, ("of",)),
        ({"amount": 0, "per": "7d"}, ("amount",)),
        ({"amount": 3}, ()),
        ({"uncertain": "2 to 4 per 7d"}, ("uncertain",)),
        ({"uncertain": 3}, ("uncertain",)),
    ],
)
def test_limits_refused_where_they_stand(raw: Any, within: tuple[str, ...]) -> None:
    with pytest.raises(RefusedError) as fault:
        FREQUENCY.read(raw)
    assert [where for where, _ in fault.value.findings] == [within]


def test_a_name_stands_for_a_turn(scenario: Scenario) -> None:
    drip = scenario.tracks["drip"]
    assert drip.touches[0] == TouchTurn(touch="mail")
    assert drip.touches[1].own_wait == Constant(3 * DAY)
    assert drip.touch_names == ("mail", "sms")
    assert scenario.data()["tracks"]["drip"]["touches"][0] == "mail"
    assert drip.first_wait == Constant(7 * DAY)
    waiting = scenario.set({"tracks.drip.touches.0.wait_up_to": "2d"}).tracks["drip"]
    assert waiting.touches[0] == TouchTurn.model_validate({"touch": "mail", "wait_up_to": "2d"})
    assert waiting.first_wait == Constant(2 * DAY)


# ---------------------------------------------------------------- setting
def test_a_chance_set_on_a_step_leaves_the_rest(scenario: Scenario) -> None:
    for path in ("touches.mail.response", "touches.mail.response.chance"):
        changed = step(scenario.set({path: "4%"}))
        assert changed == step(scenario).model_copy(update={"chance": 0.04})
    assert step(scenario.set({"touches.mail.response": {"chance": "4%"}})) == TouchStep.model_validate("4%")
    assert step(scenario.set({"touches.mail.response.warmth": 5})).warmth == 5
    assert scenario.set({"touches.mail.response": None}).touches["mail"].response is None
    assert scenario.set({"touches.mail.click": "5%"}).touches["mail"].click == TouchStep.model_validate("5%")


def test_one_entry_of_a_table_is_set_with_and_without_the_field(scenario: Scenario) -> None:
    for path in ("touches.sms.response.segment.big", "touches.sms.response.chance.segment.big"):
        response = scenario.set({path: "9%"}).touches["sms"].response
        assert response is not None
        assert response.chance == Table("segment", ("small", "big"), (0.01, 0.09))


def test_a_limit_is_set_and_added(scenario: Scenario) -> None:
    dropping = scenario.set({"limits.mail.beyond": "drop"})
    assert dropping.set({"limits.mail": "1 per 7d"}).limits["mail"] == Limit.model_validate(
        {"most": "1 per 7d", "beyond": "drop"}
    )
    assert scenario.set({"limits.all": "5 per week"}).limits["all"] == Limit.model_validate("5 per week")
    assert scenario.set({"limits.mail": None}).limits == {}


def test_a_change_sets_the_chance_and_nothing_else(scenario: Scenario) -> None:
    change = {"from": "2026-02-01", "set": {"touches.mail.response": "4%", "limits.mail": "1 per 7d"}}
    _, (_, later) = scenario.set({"changes": [change]}).regimes()
    assert step(later) == step(scenario).model_copy(update={"chance": 0.04})
    assert later.limits["mail"] == Limit.model_validate("1 per 7d")


@pytest.mark.parametrize(
    "path",
    [
        "touches.mail.click",
        "touches.mail.click.chance",
        "touches.mail.response.to",
        "limits.sms",
        "tracks.drip.ends.after",
    ],
)
def test_a_change_adds_nothing(scenario: Scenario, path: str) -> None:
    value = "1 per 7d" if path.startswith("limits") else "won" if path.endswith("to") else "5%"
    with pytest.raises(ScenarioError, match="a change sets values, not structure"):
        scenario.set({"changes": [{"from": "2026-02-01", "set": {path: value}}]})


def test_a_file_lies_over_another(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(TEXT, encoding="utf-8")

    def over(text: str) -> Touch:
        (tmp_path / "over.yaml").write_text(f"extends: base.yaml\n{text}", encoding="utf-8")
        return load(tmp_path / "over.yaml").touches["mail"]

    base = loads(TEXT).touches["mail"]
    assert base.response is not None
    assert over("touches: {mail: {response: 4%}}").response == base.response.model_copy(update={"chance": 0.04})
    assert over("touches: {mail: {response: {warmth: 1}}}").response == base.response.model_copy(update={"warmth": 1})
    assert over("touches: {mail: {open: null}}").open is None


# ---------------------------------------------------------------- content that nobody wrote
def test_the_usual_mix_is_filled_in_where_a_touch_gives_any(scenario: Scenario) -> None:
    assert scenario.content == {}
    mixed = scenario.set({"touches.mail.content": "all"})
    assert sum(content.share for content in mixed.content.values()) == pytest.approx(1)  # type: ignore[misc]
    assert {content.number for content in mixed.content.values()} == {5}
    assert loads(mixed.dump()) == mixed
    assert mixed.set({"touches.mail.content": []}).content == mixed.content
    own = scenario.set({"content": {"e_book": {}}, "touches.mail.content": "all"})
    assert list(own.content) == ["e_book"]


def test_false_is_a_name_where_a_name_stands() -> None:
    opens = loads(TEXT.replace("warmth: 3}", "warmth: 3}, recorded_opens: {seen: 60%, false: 5%}")).touches["mail"]
    assert (opens.recorded_opens.seen, opens.recorded_opens.false) == (0.6, 0.05)
