"""What is simulated for a table, and what is said of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.evidence import Verdict, judge, measure, page_of, planning
from funnelsim.evidence.judging import in_words
from funnelsim.evidence.rows import Input
from funnelsim.evidence.standing import standing
from tests.evidence.small import INPUT, OUTCOME, SCENARIO, changed, planned, table


def verdicts(folder: Path, *rows: dict[str, Any]) -> list[Verdict]:
    found = planned(folder, table(*rows))
    return judge(found, measure(found, 1, progress=False))


def outcomes(*checks: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of outcomes after one of an input."""
    return [INPUT, *({**changed(OUTCOME, **check), "what": str(number)} for number, check in enumerate(checks))]


def test_what_is_the_same_is_run_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    better = {"variant": "better", "by": "channel"}
    rows = outcomes(
        {},
        {"metric": "lead"},
        {**better, "metric": "sql[channel=web]"},
        {**better, "metric": "sql[channel=fair]", "against": {"metric": "lead[channel=fair]"}, "as": "quotient"},
        {"variant": "better", "against": {"variant": None}, "as": "change"},
        {"set": {"horizon": "20d"}},
        {"horizon": "20d"},
    )
    plan = planned(tmp_path, table(*rows))
    assert [(key[1], dict(key[2]), key[3], run.metrics) for key, run in plan.runs.items()] == [
        (None, {}, None, ["sql", "lead"]),
        ("better", {}, "channel", ["sql[channel=web]", "sql[channel=fair]", "lead[channel=fair]"]),
        ("better", {}, None, ["sql"]),
        (None, {"horizon": "20d"}, None, ["sql"]),
    ]
    runs: list[int] = []
    from funnelsim.evidence import measuring

    run = measuring.run
    monkeypatch.setattr(measuring, "run", lambda *args: runs.append(1) or run(*args))
    assert len(measure(plan, 1, progress=False)) == 7
    assert len(runs) == 4


def test_values_and_errors(tmp_path: Path) -> None:
    """Of a mean, a ratio, and both against another run, beside those worked out from the replications."""
    rows = outcomes(
        {},
        {"metric": "cost_per_sql"},
        {"variant": "better", "against": {"variant": None}, "as": "difference"},
        {"variant": "better", "against": {"variant": None}, "as": "change"},
        {"metric": "sql", "against": {"metric": "lead"}, "as": "quotient"},
    )
    found = measure(planned(tmp_path, table(*rows)), 1, progress=False)
    base = fs.loads(SCENARIO)
    first, better = (fs.simulate(s, replications=50, seed=1, progress=False) for s in (base, base.variant("better")))
    for row, metric in ((1, "sql"), (2, "cost_per_sql")):
        estimate = first.estimate(metric)
        assert found[row].value == pytest.approx(float(estimate.mean), rel=1e-12)
        assert found[row].error == pytest.approx(float(estimate.mc_error), rel=1e-9)
    less, more = (result.metric("sql", over="horizon").to_numpy() for result in (first, better))
    paired = more - less
    assert found[3].value == pytest.approx(paired.mean())
    assert found[3].error == pytest.approx(paired.std(ddof=1) / math.sqrt(50)), "errors of pairs, not of two runs"
    ratio = more.mean() / less.mean()
    assert found[4].value == pytest.approx(ratio - 1)
    assert found[4].error == pytest.approx(np.std(more - ratio * less, ddof=1) / math.sqrt(50) / less.mean(), rel=0.02)
    assert found[5].value == pytest.approx(less.sum() / 6000)
    assert [found[row].unit for row in range(1, 6)] == ["leads", "EUR per SQL", "leads", "change", "times"]


AGREEING: dict[str, tuple[dict[str, Any], bool]] = {
    "within a share": ({"expected": 60, "tolerance": "5%"}, True),
    "beyond a share": ({"expected": 70, "tolerance": "5%"}, False),
    "within an amount": ({"expected": 62, "tolerance": 3}, True),
    "beyond an amount": ({"expected": 66, "tolerance": 3}, False),
    "at least": ({"at_least": 55}, True),
    "not at least": ({"at_least": 65}, False),
    "at most": ({"at_most": 65}, True),
    "not at most": ({"at_most": 55}, False),
    "between": ({"between": [55, 65]}, True),
    "not between": ({"between": [65, 75]}, False),
    "no value": ({"metric": "cost_per_pool", "set": {"stages.lead.moves.call.chance": "100%"}, "at_least": 0}, False),
}


@pytest.mark.parametrize(("check", "agrees"), AGREEING.values(), ids=AGREEING)
def test_agreeing(check: dict[str, Any], agrees: bool, tmp_path: Path) -> None:
    _, verdict = verdicts(tmp_path, *outcomes({"expected": None, "tolerance": None, **check}))
    assert verdict.agrees is agrees


def test_a_row_out_of_tolerance_is_named(tmp_path: Path) -> None:
    _, verdict = verdicts(tmp_path, INPUT, changed(OUTCOME, expected=70))
    told = str(verdict).replace(f"{tmp_path}/", "")
    assert told.startswith("evidence.yaml:14:5: D0.2: SQLs: ")
    assert told.endswith(" is found, not 70 within 5%")


def test_what_is_put_in_is_looked_at(tmp_path: Path) -> None:
    verdict, _ = verdicts(tmp_path, changed(INPUT, equals="90 per 30d"), OUTCOME)
    assert verdict.agrees is False
    assert str(verdict).endswith("D0.1: Leads of the web: 100 per 30d is found, not 90 per 30d")


@pytest.mark.parametrize(
    ("path", "check", "text", "agrees"),
    [
        ("channels.web.leads", {"equals": "100 per 30 days"}, "100 per 30d", True),
        ("stages.sql.win_rate", {"equals": 0.2}, "20%", True),
        ("stages.sql.win_rate", {"equals": "21%"}, "20%", False),
        ("stages.sql.win_rate", {"at_most": 0.2}, "20%", True),
        ("stages.sql.win_rate", {"at_least": 0.25}, "20%", False),
        ("stages.sql.win_rate", {"between": (0.1, 0.3)}, "20%", True),
        ("horizon", {"equals": "30d"}, "30d", True),
        ("channels.web.backlog", {"equals": "none"}, "none", None),
    ],
)
def test_standing(path: str, check: dict[str, Any], text: str, agrees: bool | None) -> None:
    put_in = Input.model_validate({"scenario": "small", "path": path, **check})
    if agrees is None:
        with pytest.raises(ValueError, match="backlog"):
            standing(fs.loads(SCENARIO), put_in)
    else:
        assert standing(fs.loads(SCENARIO), put_in) == (text, agrees)


@pytest.mark.parametrize(
    ("value", "error", "unit", "text"),
    [
        (119.881, 0.2351, "leads", "119.88 ± 0.47"),
        (1234567.8, 456.0, "CNY", "1,234,568 ± 912 CNY"),
        (90_000.0, 0.0, "CNY", "90,000 ± 0 CNY"),
        (3.0, 1e-16, "conversations", "3 ± 0 conversations"),
        (0.62534, 0.0012, "share", "62.53 ± 0.24%"),
        (0.4995, 0.0017, "change", "+49.95 ± 0.34%"),
        (-0.3331, 0.0007, "change", "−33.31 ± 0.14%"),
        (0.02, 0.004, "pp", "+2.00 ± 0.80 points"),
        (5.5, 0.25, "points", "5.50 ± 0.50 points"),
        (2.5001, 0.0065, "times", "2.500 ± 0.013"),
        (math.nan, math.nan, "leads", "no value"),
    ],
)
def test_in_words(value: float, error: float, unit: str, text: str) -> None:
    assert in_words(value, error, unit) == text


def test_replications_can_be_others(tmp_path: Path) -> None:
    from funnelsim.evidence import read_sheet
    from tests.evidence.small import written

    plan = planning.plan(read_sheet(written(tmp_path, table())), replications=7)
    assert [run.replications for run in plan.runs.values()] == [7]


# ---------------------------------------------------------------- the page
@pytest.fixture
def page(tmp_path: Path) -> Callable[..., str]:
    def make(*rows: dict[str, Any], **fields: Any) -> str:
        plan = planned(tmp_path, table(*rows, **fields))
        return page_of(plan, judge(plan, measure(plan, 1, progress=False)), 1)

    return make


def test_the_page(page: Callable[..., str]) -> None:
    absent = {"number": "D0.2", "what": "Buyers", "figure": "21 | 8", "not_modelled": "committees are not modelled yet"}
    text = page(
        {**INPUT, "reading": "a month is 30 days"},
        changed(OUTCOME, fitted="the chance of a call", variant="better", horizon="20d", tolerance="60%"),
        absent,
        introduction="Where figures come from.",
    )
    lines = text.splitlines()
    assert lines[0] == "<!-- Written by `funnelsim evidence`; change evidence.yaml instead. -->"
    assert "Where figures come from." in lines
    assert (
        "**Of 3 figures 1 come out, 1 of them fitted; 1 are put in, 0 are defined, and 1 are not modelled yet." in text
    )
    assert (
        "| D0.1 | Leads of the web<br>*Read: a month is 30 days* | 100 | put in | [small](small.yaml): "
        "`channels.web.leads` | 100 per 30d | yes |"
    ) in lines
    came_out = next(line for line in lines if line.startswith("| D0.2 | SQLs<br>*Fitted: the chance of a call* |"))
    assert "| comes out, fitted | [small](small.yaml), better, 20d: `sql` |" in came_out
    assert came_out.endswith("| yes, 60 within 60% |")
    assert text.index("## D0 First") < text.index("## Not modelled yet") < text.index("| D0.2 | Buyers")
    assert "| 21 \\| 8 | committees are not modelled yet |" in text
    assert "`funnelsim run small --variant better --set horizon=20d --seed 1 --replications 50`" in " ".join(lines)
    assert text.endswith("| small | 50 |\n")


def test_the_page_names_what_does_not_agree(page: Callable[..., str]) -> None:
    text = page(INPUT, changed(OUTCOME, expected=70))
    assert "1 do not agree: D0.2.**" in " ".join(text.split())
    assert "| **no**, 70 within 5% |" in text


def test_the_page_is_the_same_again(page: Callable[..., str]) -> None:
    assert page() == page()
