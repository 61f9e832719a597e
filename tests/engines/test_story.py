"""A lead's log as sentences, and the columns they are made of."""

from __future__ import annotations

import pytest

import funnelsim as fs
from funnelsim.engines.rows import OUTCOMES
from funnelsim.engines.story import _sentence, story
from tests.engines.conftest import one_lead


def test_people_and_reasons_are_told(engine: str) -> None:
    visit = {"takes": "1d", "chance": 0, "cost": 3, "to": "won", "else": {"to": "pool", "as": "rejected"}}
    stages = {"sql": {"owner": "sales", "moves": {"visit": visit}}, "won": {}, "pool": {}}
    scenario = one_lead(stages, teams={"sales": {"people": {"anna": {}}, "hours": 24}})
    log = fs.trace(scenario, engine=engine)  # type: ignore[arg-type]
    assert log["person"].tolist() == ["", "", "", "sales.anna", "sales.anna", "sales.anna"]
    assert log["reason"].tolist() == ["", "open", "", "", "", "rejected"]
    assert [line[32:] for line in story(log, "web-0", "EUR").splitlines()[3:-1]] == [
        "visit, attempt 1, in sql: asks for a person",
        "is given to sales.anna in sql",
        "visit, attempt 1, in sql by sales.anna: work begins",
        "visit, attempt 1, in sql by sales.anna for 3 EUR: fails for the last time and goes to pool as rejected",
    ]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_has_a_sentence(outcome: str) -> None:
    scenario = one_lead({"lead": {"moves": {"call": {"after": "1d", "to": "won"}}}, "won": {}})
    row = fs.trace(scenario).iloc[-1].to_dict()
    sentences = {_sentence({**row, "outcome": other}, "") for other in OUTCOMES}
    assert len(sentences) == len(OUTCOMES)
    assert "lead" in _sentence({**row, "outcome": outcome}, "") or "won" in _sentence({**row, "outcome": outcome}, "")
