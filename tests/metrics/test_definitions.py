from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

import funnelsim as fs
from funnelsim.metrics.definitions import BY_PATTERN, DEFINITIONS, explain, unit_of
from funnelsim.metrics.figures import _COUNTED
from funnelsim.metrics.names import all_names, figure_of, joined, trunk_of, usual_names
from funnelsim.scenario import Scenario, ScenarioError


def exactly(message: str) -> str:
    """A pattern that matches this message only."""
    return f"^{re.escape(message)}$"


def test_every_metric_is_counted_or_made_of_others_that_are_defined() -> None:
    assert set(_COUNTED) <= set(BY_PATTERN)
    for definition in DEFINITIONS:
        assert definition.pattern in _COUNTED or definition.parts or definition.kind == "quantile"
        for part in (*definition.parts, *definition.cohort_parts):
            assert part.replace("<from>", "<stage>").replace("<to>", "<stage>") in BY_PATTERN


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition.pattern)
def test_every_metric_is_explained(definition: object, scenario: Scenario) -> None:
    pattern = definition.pattern  # type: ignore[attr-defined]
    for name, told in (
        (pattern, None),
        (pattern, scenario),
        (pattern.replace("<stage>", "sql").replace("<from>", "lead").replace("<to>", "won"), None),
        (pattern.replace("<stage>", "sql").replace("<from>", "lead").replace("<to>", "won"), scenario),
    ):
        text = explain(name, told)
        assert text.startswith(f"{name}  (")
        for word in ("definition: ", "denominator: ", "boundary: ", "source: DOMAIN "):
            assert word in text
        assert max(map(len, text.splitlines())) <= 80
        assert "{" not in text


def test_an_explanation_in_full(scenario: Scenario) -> None:
    assert explain("cost_per_sql[segment=small]", scenario) == (
        "cost_per_sql[segment=small]  (CNY per SQL)\n"
        "  definition: What is spent for each entry into sql; by cohort, for each of\n"
        "    its leads that ever entered.\n"
        "  kind: a ratio; over several replications it is total over total, with a\n"
        "    jackknife error.\n"
        "  denominator: sql (the numerator is spend). By cohort: first_sql.\n"
        "  boundary: Spend is that of all stages. By segment, a channel's media spend\n"
        "    is shared out by the leads it created in that segment and period (by the\n"
        "    segments' shares where it created none). Without a denominator there is no\n"
        "    figure: such replications are counted as empty.\n"
        "  group: that of the leads of this group alone.\n"
        "  source: DOMAIN D0.4, D0.7, D4.5"
    )


def test_what_is_old_follows_the_scenario(scenario: Scenario) -> None:
    assert "old (30 days or more since their creation)" in explain("old_sql", scenario).replace("\n    ", " ")
    text = explain("old_sql", scenario.set({"old_after": "45d"})).replace("\n    ", " ")
    assert "old (45 days or more since their creation)" in text
    text = explain("fast_sql", scenario.set({"old_after": "month"})).replace("\n    ", " ")
    assert "old (created in an earlier calendar month)" in text


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cost_per_slq", "no metric 'cost_per_slq' (did you mean 'cost_per_sql'?)"),
        ("spned", "no metric 'spned' (did you mean 'spend'?)"),
        ("rate_sql_to_sql", "no metric 'rate_sql_to_sql' (did you mean 'rate_sql_to_mql'?)"),
        ("sql[channel=serch]", "no channel 'serch' (did you mean 'search'?)"),
        ("sql[region=north]", "'sql[region=north]': leads are grouped by channel or segment, not by 'region'"),
        ("sql[channel]", "'sql[channel]' is no metric's name: write it as in sql or sql[channel=search]"),
    ],
)
def test_unknown_names_with_a_scenario(name: str, message: str, scenario: Scenario) -> None:
    with pytest.raises(ValueError, match=exactly(message)):
        explain(name, scenario)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("spned", "no metric 'spned' (did you mean 'spend'?)"),
        ("cost_pre_sql", "no metric 'cost_pre_sql' (did you mean 'cost_per_sql'?)"),
        ("revenues", "no metric 'revenues' (did you mean 'revenue'?)"),
    ],
)
def test_unknown_names_without_a_scenario(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=exactly(message)):
        explain(name)


def test_any_stage_is_explained_without_a_scenario() -> None:
    assert "Entries into trial," in explain("trial")
    assert "Entries into lead," in explain("lead")
    assert explain("p90_days_to_trial_2").startswith("p90_days_to_trial_2  (days)")
    assert "denominator: first_demo" not in explain("rate_demo_to_won")
    assert (
        explain("rate_demo_to_won")
        .splitlines()[1]
        .startswith("  definition: Entries into won for each entry into demo")
    )


def test_units_name_the_currency_and_the_stage() -> None:
    assert unit_of(BY_PATTERN["cost_per_<stage>"], {"stage": "sql"}, "CNY") == "CNY per SQL"
    assert unit_of(BY_PATTERN["touches_per_<stage>"], {"stage": "won"}, "CNY") == "touches per won"
    assert unit_of(BY_PATTERN["spend"], {}, "€") == "€"


@pytest.mark.parametrize("pattern", [d.pattern for d in DEFINITIONS if d.pattern != "<stage>"])
def test_no_stage_can_be_called_like_a_metric(pattern: str) -> None:
    name = pattern.replace("<stage>", "x").replace("<from>", "x").replace("<to>", "y")
    text = {
        "format": 1,
        "name": "Clash",
        "start": "2026-01-01",
        "horizon": "30d",
        "channels": {"web": {"leads": "1 per day", "enters": "x"}},
        "stages": {"x": {"moves": {"go": {"to": name}}}, name: {}},
    }
    with pytest.raises(ScenarioError, match=r"reserved name|names of metrics"):
        fs.loads(json.dumps(text))


# ---------------------------------------------------------------- lists of names
def test_stages_that_moves_and_tracks_join(scenario: Scenario) -> None:
    assert joined(scenario) == {
        ("lead", "mql"),
        ("lead", "pool"),
        ("mql", "sql"),
        ("mql", "pool"),
        ("sql", "won"),
        ("sql", "pool"),
        ("pool", "mql"),
        ("pool", "dormant"),
        ("pool", "waiting"),
        ("waiting", "lead"),
    }


def test_a_track_that_is_kept_joins_stages_too(scenario: Scenario) -> None:
    kept = scenario.set({"stages.waiting.track": "keep"})
    assert joined(kept) - joined(scenario) == {("waiting", "mql"), ("waiting", "dormant")}


def test_the_trunk_follows_success(scenario: Scenario) -> None:
    assert trunk_of(scenario) == ["lead", "mql", "sql", "won"]


def test_usual_names_are_few(scenario: Scenario) -> None:
    assert usual_names(scenario) == [
        "new_leads",
        *scenario.stages,
        *("rate_lead_to_mql", "rate_mql_to_sql", "rate_sql_to_won"),
        *("spend", "cost_per_sql", "cost_per_won", "revenue"),
    ]
    many = {f"stages.s{number}": {"moves": {"on": {"to": f"s{number + 1}"}}} for number in range(30)}
    long = scenario.set({**many, "stages.s30": {}, "stages.waiting.moves.wake.to": "s0"})
    assert len(usual_names(long)) <= 18
    assert usual_names(long)[:4] == ["new_leads", "lead", "mql", "sql"]


def test_all_names_are_metrics_with_a_value_over_the_horizon(scenario: Scenario) -> None:
    names = all_names(scenario, "segment")
    assert len(names) == len(set(names)) == 3 * len(all_names(scenario))
    assert all(figure_of(name, scenario, "segment").definition.kind != "growth" for name in names)
    assert {"rate_pool_to_mql", "cost_per_sql[segment=small]", "p90_days_to_won"} <= set(names)
    assert "rate_lead_to_won" not in names


def test_explaining_loads_no_heavy_package() -> None:
    code = (
        "import sys; from funnelsim.metrics import explain; explain('cost_per_sql')\n"
        "heavy = {'numba', 'numpy', 'pandas', 'xarray', 'scipy', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
