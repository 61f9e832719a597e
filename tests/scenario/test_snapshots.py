"""Snapshots of a CRM: what of them scenarios keep, and what becomes of their ids."""

from __future__ import annotations

from pathlib import Path

import pytest

import funnelsim as fs
from funnelsim.scenario.problems import ScenarioError
from funnelsim.scenario.snapshots import key_of

VALID = Path(__file__).parents[1] / "scenarios" / "valid"
HEAD = "id,stage,days_since_creation,days_in_stage,channel,segment,owner,value,touches,account\n"


def loaded(folder: Path, text: str) -> fs.Scenario:
    (folder / "snapshot.yaml").write_bytes((VALID / "snapshot.yaml").read_bytes())
    (folder / "snapshot_small.csv").write_bytes((VALID / "snapshot_small.csv").read_bytes())
    (folder / "snapshot.csv").write_text(text, encoding="utf-8")
    return fs.load(folder / "snapshot.yaml")


def test_order_of_rows_and_columns_makes_no_scenario(tmp_path: Path) -> None:
    lines = (VALID / "snapshot.csv").read_text(encoding="utf-8").splitlines()
    same = fs.load(VALID / "snapshot.yaml")
    assert loaded(tmp_path, "\n".join([lines[0], *reversed(lines[1:])])) == same
    assert loaded(tmp_path, "\r\n".join(["\ufeff" + lines[0], *lines[1:], "", ",,,"])) == same
    shorter = loaded(tmp_path, "\n".join(lines[:-1]))
    assert shorter != same
    assert set(shorter.open_ids) == set(same.open_ids) - {key_of("C-5")}


def test_ids_are_known_on_loading_and_nowhere_else() -> None:
    scenario = fs.load(VALID / "snapshot.yaml")
    assert scenario.open_ids[key_of("C-3")] == "C-3"
    for version in (scenario.variant("small"), scenario.set({"horizon": "30d"})):
        assert version.open_ids == scenario.open_ids
    assert "C-9" in scenario.open_ids.values()  # of the file of a variant
    text = scenario.dump()
    assert not any(identity in text for identity in scenario.open_ids.values())
    assert not fs.loads(text).open_ids


def test_keys_have_a_known_answer() -> None:
    assert key_of("C-1") == "4d27ebc5f2dc135a"
    assert len({key_of(f"C-{number}") for number in range(10_000)}) == 10_000


def test_what_is_empty_has_a_default(tmp_path: Path) -> None:
    scenario = loaded(tmp_path, HEAD + "a,pool,,3.5,,,,,,\nb,pool,8,,,,,,,\n")
    assert scenario.backlog is not None
    leads = {scenario.open_ids[lead.key]: lead for lead in scenario.backlog.leads}
    assert (leads["a"].created, leads["a"].entered) == (302_400_000, 302_400_000)
    assert (leads["b"].created, leads["b"].entered, leads["b"].value) == (691_200_000, 0, None)


def test_days_are_kept_to_the_tick(tmp_path: Path) -> None:
    days = ("0.000000012", "0.1", "33.333333333", "1234.5678901", "36525")
    rows = [f"{number},pool,{one},{one},,,,,," for number, one in enumerate(days)]
    scenario = loaded(tmp_path, HEAD + "\n".join(rows))
    assert fs.loads(scenario.dump()).backlog == scenario.backlog


def test_too_much_for_a_scenario_is_refused(tmp_path: Path) -> None:
    rows = (f"lead {number},pool,{number / 7:.6f},,,,,,," for number in range(30_000))
    with pytest.raises(ScenarioError) as error:
        loaded(tmp_path, HEAD + "\n".join(rows))
    assert "bytes in a scenario, which holds 900,000" in str(error.value)


def test_no_leads_are_no_snapshot(tmp_path: Path) -> None:
    for text, message in (("", "no column 'id'"), (HEAD, "there are no leads under the header")):
        with pytest.raises(ScenarioError) as error:
            loaded(tmp_path, text)
        assert message in str(error.value)


def test_keys_of_a_text_are_checked() -> None:
    text = fs.load(VALID / "snapshot.yaml").dump()
    key = key_of("C-1")
    for wrong, message in (("xyz", "a key has 16 hexadecimal digits"), (key_of("C-5"), "two leads have one key")):
        with pytest.raises(ScenarioError) as error:
            fs.loads(text.replace(key, wrong))
        assert message in str(error.value)


def test_show_tells_of_them() -> None:
    from funnelsim.scenario.show import draw, sentences

    scenario = fs.load(VALID / "snapshot.yaml")
    said = " ".join(sentences(scenario).split())
    assert "It starts with 5 open leads from snapshot.csv: 2 in lead, 1 in sql and 2 in pool." in said
    assert "Of them it is known the owner of 1, the value of 2 and the segment of 2." in said
    assert "5 open leads from snapshot.csv" in draw(scenario)
    assert not any(identity in said for identity in scenario.open_ids.values())
