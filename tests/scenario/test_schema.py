"""The published JSON Schema: fresh, draft 7, and it accepts and refuses what the language does as far as it can."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from funnelsim.scenario.reading import read_tree
from funnelsim.scenario.schema import json_schema, schema_text
from funnelsim.scenario.schemas import SHARED
from funnelsim.scenario.tree import plain

ROOT = Path(__file__).parent.parent.parent
PUBLISHED = ROOT / "scenarios" / "funnelsim.schema.json"
VALID = sorted((ROOT / "tests" / "scenarios" / "valid").glob("*.yaml"))
SHIPPED = sorted(path for path in (ROOT / "scenarios").rglob("*.yaml") if path.name != "evidence.yaml")
BEYOND = frozenset("$recursiveRef $dynamicRef $defs prefixItems unevaluatedProperties dependentRequired".split())  # noqa: SIM905

SEEN_BY_THE_SCHEMA = """
    all_missing attempts_half attempts_zero cadence_negative chance_above_one chance_as_list chance_as_text
    chance_empty_table chance_infinite chance_luck chance_negative chance_range chance_true chance_two_tables
    chance_without_percent change_empty change_without_set cost_negative cost_range cost_text
    cost_with_currency empty_channels empty_stage horizon_negative horizon_never id_in_chinese id_too_long
    id_with_blank id_with_capital list_as_stages many_at_once missing_enters months_misspelt no_touches
    not_a_mapping number_as_name odds_zero rate_mapping rate_negative rate_range rate_range_without_period rate_text
    rate_uncertain_without_period rate_unknown_period rate_without_period season_negative season_too_short
    season_unknown_month spend_without_period start_not_a_date text_as_stage text_as_switch text_as_touches
    uncertain_bad_values uncertain_beta_of_wait uncertain_empty_values uncertain_single uncertain_unknown_belief
    unknown_field unknown_field_in_channel unknown_field_in_move value_never variant_wrong_name wait_ambiguous_unit
    wait_mapping wait_missing_parameter wait_mixed_parameters wait_mu_uncertain wait_negative wait_parameters
    wait_text wait_unknown_distribution wait_unknown_parameter wait_unknown_unit wait_without_unit warm_up_negative
    wrong_arrivals wrong_format
    days_off_as_text days_off_twice days_off_unknown discipline_unknown extension_chance_too_large extension_without_by
    hold_zero hours_per_week hours_too_many hours_zero needs_zero people_as_a_list people_named_and_counted people_none
    people_range people_uncertain_without_bounds people_unknown_field people_zero priority_half queue_limit_negative
    reason_with_blank recycling_without_to rule_names_a_person_twice rule_of_no_value rules_empty salary_by_month
    salary_negative salary_without_period schedule_no_such_date script_as_a_list step_unknown_field team_unknown_field
    cooldown_range extension_by_luck idle_range old_after_uncertain_without_unit priority_too_high
    priority_uncertain_without_bounds schedule_range schedule_uncertain_without_bounds season_range
    season_uncertain_negative
    team_without_people trait_not_a_mapping way_is_a_list way_unknown_field way_without_stage work_never
    content_odds_by_visit content_share_zero ends_without_a_way kind_of_track_unknown limit_beyond_unknown
    limit_of_a_range limit_unknown_field limit_without_window range_of_one_number range_without_unit
    touch_fatigue_negative touch_step_unknown_field touch_unknown_field track_rules_empty
    way_to_a_track_with_a_reason
""".split()  # noqa: SIM905


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    return Draft7Validator(json.loads(PUBLISHED.read_text(encoding="utf-8")))


def data(path: Path) -> Any:
    """Read a file as an editor would: plain JSON values."""
    return json.loads(json.dumps(plain(read_tree(path.read_bytes(), path.name)[0])))


def test_published_file_is_fresh() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text(), "write it anew: funnelsim schema"


def test_schema_is_draft_7() -> None:
    schema = json_schema()
    Draft7Validator.check_schema(schema)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"

    def keys(node: Any) -> set[str]:
        below = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        return set(node if isinstance(node, dict) else ()).union(*map(keys, below))

    assert not keys(schema) & BEYOND
    assert SHARED not in keys(schema)


def test_all_references_lead_somewhere() -> None:
    text = schema_text()
    schema = json.loads(text)
    named = {part.split('"')[0] for part in text.split('"#/definitions/')[1:]}
    assert named <= set(schema["definitions"])
    assert set(schema["definitions"]) <= named


def test_every_field_is_described() -> None:
    schema = json_schema()
    models = [schema, *(node for node in schema["definitions"].values() if "properties" in node)]
    for model in models:
        assert model["description"]
        assert all(field["description"] for field in model["properties"].values())


@pytest.mark.parametrize("path", [*VALID, *SHIPPED], ids=lambda path: path.stem)
def test_accepts_what_loads(validator: Draft7Validator, path: Path) -> None:
    assert [error.message for error in validator.iter_errors(data(path))] == []


@pytest.mark.parametrize("name", SEEN_BY_THE_SCHEMA)
def test_refuses_what_an_editor_should_mark(validator: Draft7Validator, name: str) -> None:
    assert not validator.is_valid(data(ROOT / "tests" / "scenarios" / "invalid" / f"{name}.yaml"))


def test_a_file_that_extends_may_leave_out_and_remove(validator: Draft7Validator) -> None:
    assert validator.is_valid({"extends": "base.yaml", "stages": {"demo": None, "lead": {"moves": {"mail": None}}}})
    assert not validator.is_valid({"extends": "base.yaml", "stages": {"demo": {"valeu": 5}}})
    assert not validator.is_valid({"stages": {"demo": None}})
    people = {"extends": "base.yaml", "teams": {"sales": {"people": {"anna": None}}}, "traits": {"line": None}}
    assert validator.is_valid(people)
    whole = data(ROOT / "tests" / "scenarios" / "valid" / "team_named.yaml")
    assert validator.is_valid(whole)
    assert not validator.is_valid({**whole, "teams": {"sales": {"people": {"anna": None}}}})
    assert not validator.is_valid({**whole, "traits": {"line": None}})
