"""Tables that are refused: with every fault at once, each in its place; and that the shipped one leaves nothing out."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from funnelsim.evidence import plan, read_sheet
from funnelsim.scenario import ScenarioError
from tests.evidence.small import INPUT, OUTCOME, SCENARIO, changed, planned, table, written

SHIPPED = Path(__file__).parents[2] / "scenarios" / "evidence.yaml"


def refusal(folder: Path, data: dict[str, Any]) -> str:
    """What is told of a table, without its folder."""
    with pytest.raises(ScenarioError) as caught:
        planned(folder, data)
    return str(caught.value).replace(f"{folder}/", "")


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no check": (
        without(INPUT, "input"),
        "rows.0: a row has exactly one of input, outcome, definition or not_modelled",
    ),
    "two checks": ({**INPUT, "not_modelled": "because"}, "here stand input and not_modelled"),
    "number": ({**INPUT, "number": "D7"}, "rows.0.number: a number of the domain is written as in D0.7, not 'D7'"),
    "figure that is no text": ({**INPUT, "figure": 100}, 'rows.0.figure: must be text, not 100; quote it: "100"'),
    "no figure": (without(INPUT, "figure"), "rows.0.figure: a row needs this field: the figure as the source gives it"),
    "unknown field": ({**INPUT, "readin": "x"}, "no field 'readin' in a row (did you mean 'reading'?)"),
    "input without value": (changed(INPUT, equals=None), "an input has exactly one of equals, at_least, at_most or"),
    "input of two": (changed(INPUT, at_most=3), "here stand equals and at_most"),
    "bounds of a rate": (changed(INPUT, equals=None, at_most=900), "channels.web.leads is no number that has bounds"),
    "path": (changed(INPUT, path="channels.webb.leads"), "nothing stands at channels.webb.leads: no 'webb' (did you"),
    "no path": (changed(INPUT, path="channels..leads"), "'channels..leads' is no path"),
    "value": (changed(INPUT, equals="many"), "rows.0.input.path: "),
    "scenario": (changed(INPUT, scenario="smal"), "input.scenario: no scenario 'smal' here (did you mean 'small'?)"),
    "scenario elsewhere": (changed(INPUT, scenario="../small"), "a scenario is named by its file beside this one"),
    "variant": (changed(INPUT, variant="beter"), "input.variant: no variant 'beter' (did you mean 'better'?)"),
    "no tolerance": (changed(OUTCOME, tolerance=None), "a tolerance, such as 2%, stands beside an expected figure"),
    "tolerance of a bound": (
        changed(OUTCOME, expected=None, at_most=3),
        "stands beside an expected figure, and beside",
    ),
    "tolerance": (changed(OUTCOME, tolerance="wide"), "a tolerance is a share of the figure such as 2%"),
    "bounds": (changed(OUTCOME, expected=None, tolerance=None, between=[3, 2]), "takes the lower figure first, not 3"),
    "one bound": (changed(OUTCOME, expected=None, tolerance=None, between=[3]), "between takes two figures"),
    "expected": (changed(OUTCOME, expected="sixty"), "expected: a figure is a number such as 750, or a share such as"),
    "metric": (changed(OUTCOME, metric="sqll"), "rows.0.outcome.metric: no metric 'sqll' (did you mean 'sql'?)"),
    "metric of a group": (changed(OUTCOME, metric="sql[channel=web]"), "simulate with by='channel'"),
    "group": (changed(OUTCOME, by="chanel"), "rows.0.outcome.by: cannot group by 'chanel' (did you mean 'channel'?)"),
    "horizon": (changed(OUTCOME, horizon="soon"), "rows.0.outcome.horizon: no unit 'soon'"),
    "settings": (changed(OUTCOME, set={"stages.sq.win_rate": "30%"}), "no stage 'sq' (did you mean 'sql'?)"),
    "against nothing": (changed(OUTCOME, against={}, **{"as": "quotient"}), "name another variant or metric"),
    "against without how": (changed(OUTCOME, against={"variant": "better"}), "as quotient, difference or change"),
    "against a variant": (
        changed(OUTCOME, against={"variant": "beter"}, **{"as": "change"}),
        "rows.0.outcome.against.variant: no variant 'beter' (did you mean 'better'?)",
    ),
    "against a metric": (
        changed(OUTCOME, against={"metric": "lad"}, **{"as": "quotient"}),
        "rows.0.outcome.against.metric: no metric 'lad' (did you mean 'lead'?)",
    ),
    "definition": (
        {**without(INPUT, "input"), "definition": {"scenario": "small", "metric": "sql", "says": "a cow"}},
        "rows.0.definition.says: the definition of sql does not say so",
    ),
}


@pytest.mark.parametrize(("row", "message"), BAD.values(), ids=BAD)
def test_a_bad_row(row: dict[str, Any], message: str, tmp_path: Path) -> None:
    told = refusal(tmp_path, table(row, {**INPUT, "what": "Another"}, {**OUTCOME, "what": "Another"}))
    assert message in told
    assert re.match(r"evidence\.yaml:\d+:\d+: rows\.0", told), "line and column"
    assert told.count("\n") == 0, "nothing else is wrong"


TABLES: dict[str, tuple[dict[str, Any], str]] = {
    "a number is left out": (
        table(OUTCOME),
        "sections.0: nothing is said of D0.1; write a row, or a remark in without_figure",
    ),
    "a number of no section": (
        table(INPUT, OUTCOME, {**INPUT, "number": "D0.3"}),
        "rows.2.number: no section has a number D0.3",
    ),
    "a figure or none": (
        table(without_figure=[{"number": "D0.1", "what": "Nothing"}]),
        "without_figure.0.number: D0.1 has a figure in rows",
    ),
    "the same twice": (table(INPUT, INPUT, OUTCOME), "another row of D0.1 says the same; name them apart"),
    "no study": (table(studies=[]), "rows.1.outcome.scenario: say in studies how often 'small' is simulated"),
    "a study of nothing": (
        table({**INPUT, "number": "D0.2"}, INPUT),
        "studies.0.scenario: no row tells an outcome of 'small'; leave it out",
    ),
    "a study twice": (
        table(studies=[{"scenario": "small", "replications": 50}] * 2),
        "studies.1.scenario: 'small' stands there twice",
    ),
    "replications": (
        table(studies=[{"scenario": "small", "replications": 1}]),
        "studies.0.replications: an error takes a whole number of at least 2 replications, not 1",
    ),
    "seed": (table(seed=-1), "seed: a seed is a whole number from 0 to"),
}


@pytest.mark.parametrize(("data", "message"), TABLES.values(), ids=TABLES)
def test_a_bad_table(data: dict[str, Any], message: str, tmp_path: Path) -> None:
    assert message in refusal(tmp_path, data)


def test_everything_is_told_at_once(tmp_path: Path) -> None:
    """What the model refuses does not hide what only the scenarios can tell."""
    rows = [{**INPUT, "figure": 1}, changed(INPUT, path="channels.wob"), changed(OUTCOME, metric="sqll")]
    told = refusal(tmp_path, table(*rows, studies=[{"scenario": "smal", "replications": 0}]))
    assert [line.split(": ")[1] for line in told.splitlines()] == [
        "studies.0.replications",
        "rows.0.figure",
        "rows.1.input.path",
        "rows.2.outcome.metric",
    ]
    places = [int(line.split(":")[1]) for line in told.splitlines()]
    assert places == sorted(places)


def test_faults_of_a_scenario_are_told_once(tmp_path: Path) -> None:
    path = written(tmp_path, table())
    (tmp_path / "small.yaml").write_text(SCENARIO.replace("to: sql", "to: sqll"), encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        plan(read_sheet(path))
    told = str(caught.value)
    assert told.count("small.yaml:9:") == 1
    assert "no stage 'sqll' (did you mean 'sql'?)" in told
    assert "evidence.yaml" not in told


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file; name a table such as scenarios/evidence.yaml"),
        ("", "the file is empty; a table of evidence has sections and rows"),
        ("- a", "a table of evidence is a mapping of fields such as 'rows: […]'"),
        ("a: [", "not YAML"),
    ],
)
def test_no_table(content: str | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "evidence.yaml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(ScenarioError, match=re.escape(message)):
        read_sheet(path)


# ---------------------------------------------------------------- the shipped table
FIGURES = {
    "D0.1": 1,
    "D0.2": 1,
    "D0.3": 3,
    "D0.6": 4,
    "D0.7": 15,
    "D0.8": 10,
    "D0.9": 1,
    "D1.1": 4,
    "D1.2": 1,
    "D1.3": 5,
    "D1.5": 1,
    "D1.6": 1,
    "D1.7": 1,
    "D2.2": 2,
    "D2.4": 8,
    "D2.5": 4,
    "D2.6": 3,
    "D2.7": 1,
    "D3.1": 2,
    "D3.2": 1,
    "D3.3": 3,
    "D3.4": 5,
    "D3.5": 2,
    "D3.6": 1,
    "D3.8": 6,
    "D4.1": 2,
    "D4.5": 1,
    "D4.6": 1,
}
"""How many figures each number of the domain has at least."""


def test_every_figure_of_the_domain_is_there() -> None:
    evidence = read_sheet(SHIPPED).evidence
    assert evidence is not None, "the reader has found that no number is left out"
    assert [section.numbers for section in evidence.sections] == [9, 8, 8, 9, 6]
    there = Counter(row.number for row in evidence.rows)
    assert set(there) == set(FIGURES)
    assert {number: there[number] for number, due in FIGURES.items() if there[number] < due} == {}


def test_the_shipped_table_can_be_run() -> None:
    shipped = plan(read_sheet(SHIPPED))
    assert all(run.metrics for run in shipped.runs.values())
    assert all(standing.agrees for standing in shipped.standing.values()), "what is put in stands there"
