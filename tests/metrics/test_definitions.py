from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import combinations

import pytest

import funnelsim as fs
from funnelsim.metrics.counting import COUNTED
from funnelsim.metrics.definition import Definition, unit_of
from funnelsim.metrics.definitions import BY_PATTERN, COUNTABLE, DEFINITIONS, explain, pattern_of
from funnelsim.metrics.names import all_names, figure_of, joined, named, trunk_of, usual_names
from funnelsim.metrics.vocabulary import NEEDS, Vocabulary, vocabulary_of
from funnelsim.scenario import Scenario, ScenarioError


def exactly(message: str) -> str:
    """A pattern that matches this message only."""
    return f"^{re.escape(message)}$"


PLACES = {
    "<stage>": "sql",
    "<from>": "lead",
    "<to>": "won",
    "<team>": "sales",
    "<reason>": "no_need",
    "<track>": "drip",
    "<why>": "not_active",
}
OF_NURTURE = {"postponing", "opening", "clicking", "opting_out", "warming", "fitted"}
"""What the scenario of nurture has, and that of sales has not."""


def test_every_metric_is_counted_or_made_of_others_that_are_defined() -> None:
    assert set(COUNTED) <= set(COUNTABLE)
    for definition in COUNTABLE.values():
        assert (
            definition.pattern in COUNTED
            or definition.parts
            or definition.kind in ("quantile", "spread", "probability")
        )
        for part in (*definition.parts, *definition.cohort_parts):
            assert pattern_of(part) in COUNTABLE
    for definition in DEFINITIONS:
        assert definition.title
        assert definition.of in Vocabulary._fields
        assert definition.of == "stages" or definition.of in NEEDS


def in_full(pattern: str) -> str:
    """A metric of the sales scenario."""
    name = pattern.replace("<stage>", "trial") if "win_rate" in pattern else pattern
    name = name.replace("<stage>", "mql") if BY_PATTERN[pattern].of == "rejecting" else name
    for place, what in PLACES.items():
        name = name.replace(place, what)
    return name


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition.pattern)
def test_every_metric_is_explained(definition: Definition, sales: Scenario, nurture: Scenario) -> None:
    pattern, scenario = definition.pattern, nurture if definition.of in OF_NURTURE else sales
    for name, told in ((pattern, None), (pattern, scenario), (in_full(pattern), None), (in_full(pattern), scenario)):
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
        "  boundary: Spend is that of all stages. By segment or trait, a channel's\n"
        "    media spend is shared out by the leads it created in that group and period\n"
        "    (by the shares of the groups where it created none). Labour is shared out\n"
        "    by the time worked. Overheads are shared out by what each says. Without a\n"
        "    denominator there is no figure: such replications are counted as empty.\n"
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
        (
            "sql[region=north]",
            "'sql[region=north]': leads are grouped by channel, segment or origin, not by 'region' (did you mean 'origin'?)",
        ),
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
        ("rate_sql", "no metric 'rate_sql'"),  # no stage can be called so
        ("cost_per_mql_to_sql", "no metric 'cost_per_mql_to_sql'"),
        ("lift_mql_to_sql", "no metric 'lift_mql_to_sql'"),
        ("held_per_person_per_person_sales", "no metric 'held_per_person_per_person_sales'"),
        ("mql_to_sql", "no metric 'mql_to_sql'"),
    ],
)
def test_unknown_names_without_a_scenario(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=exactly(message) if "(" in message else message):
        explain(name)


def test_conversions_of_nurtured_leads_are_explained() -> None:
    text = explain("nurtured_rate_mql_to_sql").replace("\n    ", " ")
    assert "First entries into sql by nurtured leads, for each such entry into mql" in text
    assert "such as nurtured_rate_sql" in text
    assert "entry into mql" not in explain("nurtured_rate_sql")
    assert "by leads not nurtured before" in explain("other_rate_mql_to_won").replace("\n    ", " ")


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


def test_the_table_of_reasons_is_explained(scenario: Scenario, sales: Scenario) -> None:
    for told in (None, scenario, sales):
        text = explain("lost_by_reason", told)
        assert text.startswith("lost_by_reason  (a table)\n")
        assert "result.lost_by_reason()" in text
        assert "lost_<reason>" in text
        assert max(map(len, text.splitlines())) <= 80
    way = {"stages.mql.moves.check.else": {"to": "pool", "as": "by_reason"}}
    assert explain("lost_by_reason", scenario.set(way)).startswith("lost_by_reason  (leads)\n")


@pytest.mark.parametrize(
    "table", ["contacts", "incremental", "score_profile", "where_leads_leave", "ways_out", "lead_by_lead"]
)
def test_the_tables_of_contact_are_explained(table: str, nurture: Scenario) -> None:
    for told in (None, nurture):
        text = explain(table, told)
        assert text.startswith(f"{table}  (a table)\n")
        assert "source: DOMAIN D" in text
        assert max(map(len, text.splitlines())) <= 80


def test_a_lift_says_that_it_is_naive() -> None:
    text = explain("lift_sql").replace("\n    ", " ")
    assert "biased by who gets nurtured" in text
    assert "--incremental" in text
    assert "denominator: other_rate_<stage> (the numerator is nurtured_rate_<stage>)." in explain("lift_<stage>")


def test_what_figures_need_of_the_ids_of_stages_is_said() -> None:
    for name in ("starved_share", "starved_sqls", "judged_sqls"):
        text = explain(name).replace("\n    ", " ")
        assert "the stage with the id 'sql', if it has an owner" in text
        assert "in the stage with the id 'opportunity'" in text
        assert "stages with a stated win rate" in text
    text = explain("observed_win_rate_demo").replace("\n    ", " ")
    assert "'trial' (the product) and 'negotiation' (rivals or price)" in text


def test_units_name_the_currency_and_the_stage() -> None:
    assert unit_of(BY_PATTERN["cost_per_<stage>"], {"stage": "sql"}, "CNY") == "CNY per SQL"
    assert unit_of(BY_PATTERN["touches_per_<stage>"], {"stage": "won"}, "CNY") == "touches per won"
    assert unit_of(BY_PATTERN["spend"], {}, "€") == "€"


@pytest.mark.parametrize("pattern", [d.pattern for d in DEFINITIONS if d.pattern != "<stage>"])
def test_no_stage_can_be_called_like_a_metric(pattern: str) -> None:
    name = re.sub(r"<(?!to>)\w+>", "x", pattern).replace("<to>", "y")
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


def test_touches_rules_and_scores_join_stages(nurture: Scenario) -> None:
    """A score leads from lead to mql, an opting-out from where the drip is followed; a track leads into another."""
    pairs = joined(nurture)
    assert {("lead", "mql"), ("lead", "gone"), ("pool", "mql"), ("pool", "gone"), ("mql", "gone")} <= pairs
    assert ("sql", "gone") not in pairs
    assert ("lead", "mql") in joined(
        nurture.set({"stages.lead.moves.call.to": "pool", "tracks.welcome.on_response": {}})
    )
    assert trunk_of(nurture) == ["lead", "mql", "sql", "won"]


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
    assert {f"rate_{before}_to_{after}" for before, after in combinations(["lead", "mql", "sql", "won"], 2)} <= set(
        names
    )
    assert "rate_won_to_lead" not in names


def test_explaining_loads_no_heavy_package() -> None:
    code = (
        "import sys; from funnelsim.metrics import explain; explain('cost_per_sql')\n"
        "heavy = {'numba', 'numpy', 'pandas', 'xarray', 'scipy', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# ---------------------------------------------------------------- what a scenario has
def test_names_are_known_where_there_is_what_they_are_about(
    scenario: Scenario, sales: Scenario, nurture: Scenario
) -> None:
    paid = sales.set({"overheads.crm": {"amount": "900 per month"}})
    assert vocabulary_of(paid).overheads == ("crm",)
    assert vocabulary_of(sales) == Vocabulary(
        stages=tuple(sales.stages),
        teams=("telesales", "sales"),
        working=("telesales", "sales"),
        owning=("sales",),
        limited=("telesales",),
        followed=("mql", "sql", "opportunity"),
        extended=("sql",),
        rejecting=("mql",),
        stated=("opportunity", "trial"),
        weighed=("opportunity", "trial"),
        selling=("mql", "sql", "opportunity", "trial"),
        sqls=("sql",),
        losing=vocabulary_of(sales).losing,
        dialling=("call",),
        served=tuple(sales.stages),
        touching=("mail",),
        opening=(),
        clicking=(),
        opting_out=(),
        withholding=("not_active",),
        postponing=(),
        nurturing=tuple(sales.stages),
        tracks=("drip",),
        warming=(),
        fitted=(),
        overheads=(),
    )
    assert set(vocabulary_of(sales).losing) == {
        *("unanswered", "no_need", "rejected", "no_budget", "expired", "product", "exhausted", "no_follow_up"),
    }
    few, known = vocabulary_of(scenario), {"stages", "losing", "touching", "withholding", "nurturing", "tracks"}
    assert {name for name in few._fields if getattr(few, name)} == known
    for definition in DEFINITIONS:
        if definition.of not in known:
            with pytest.raises(ValueError, match="no metric"):
                figure_of(in_full(definition.pattern), scenario, None)
        having = nurture if definition.of in OF_NURTURE else paid if definition.of == "overheads" else sales
        assert figure_of(in_full(definition.pattern), having, None).definition == definition


def test_names_are_known_where_there_are_touches(nurture: Scenario) -> None:
    known = vocabulary_of(nurture)
    assert known.touching == ("letter", "mail", "sms", "dial", "robot_call", "invitation")
    assert known.opening == known.clicking == ("letter", "mail", "invitation")
    assert known.opting_out == ("mail",)
    assert known.withholding == ("not_active", "not_meant", "over_the_limit", "no_content", "opted_out")
    assert known.postponing == ("mail",)
    assert known.warming == ("letter", "mail", "sms", "invitation", "form")
    assert known.tracks == ("welcome", "drip", "slow")
    assert known.fitted == ("won",)
    assert known.served == known.nurturing == known.stages
    assert set(known.losing) == {"not_now", "rejected", "close", "opted_out"}
    assert vocabulary_of(nurture.set({"scoring.fit": {}})).fitted == ()


def test_without_touches_there_are_no_figures_of_them() -> None:
    text = {
        "format": 1,
        "name": "Bare",
        "start": "2026-01-01",
        "horizon": "60d",
        "channels": {"web": {"leads": "1 per day", "enters": "lead"}},
        "stages": {"lead": {"moves": {"call": {"after": "1d", "to": "won"}}}, "won": {}},
    }
    bare = fs.loads(json.dumps(text))
    for name in ("delivered", "nurtured_leads", "lift_won", "open_rate", "in_track_drip", "warmth_given", "auc"):
        with pytest.raises(ValueError, match="no metric"):
            figure_of(name, bare, None)
    result = fs.simulate(bare, replications=2)
    for name in ("touches", "responses", "reopened", "spend_touches"):
        assert float(result.estimate(name).mean) == 0
    assert result.contacts("track").empty
    assert list(result.where_leads_leave()["kind"].unique()) == ["stage"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("utilisation_sale", "no metric 'utilisation_sale' (did you mean 'utilisation_sales'?)"),
        ("held_telesales", "no metric 'held_telesales' (did you mean 'load_telesales'?)"),
        ("observed_win_rate_tiral", "no metric 'observed_win_rate_tiral' (did you mean 'observed_win_rate_trial'?)"),
        ("lost_no_ned", "no metric 'lost_no_ned' (did you mean 'lost_no_need'?)"),
        ("cost_per_slq", "no metric 'cost_per_slq' (did you mean 'cost_per_sql'?)"),
        ("dails[line=mobile]", "no metric 'dails' (did you mean 'dials'?)"),
        ("sql[line=moble]", "no line 'moble' (did you mean 'mobile'?)"),
        ("sql[lien=mobile]", "'sql[lien=mobile]': leads are grouped by channel, segment, origin, line or need, not by 'lien' (did you mean 'line'?)"),
        ("sql[need=yes]", "'sql[need=yes]': the result is by line; simulate with by='need'"),
    ],
)  # fmt: skip
def test_unknown_names_of_sales(name: str, message: str, sales: Scenario) -> None:
    with pytest.raises(ValueError, match=exactly(message)):
        figure_of(name, sales, "line")


def test_what_a_scenario_lacks_for_a_metric_is_said(scenario: Scenario) -> None:
    message = "no metric 'starved_share' in this scenario: it needs a stage 'sql' with an owner"
    with pytest.raises(ValueError, match=exactly(message)):
        figure_of("starved_share", scenario, None)


def test_a_near_miss_is_found_among_many_names(scenario: Scenario) -> None:
    many = {f"stages.s{number}": {"moves": {"on": {"to": f"s{number + 1}"}}} for number in range(40)}
    long = scenario.set({**many, "stages.s40": {}, "stages.waiting.moves.wake.to": "s0"})
    with pytest.raises(ValueError, match=exactly("no metric 'cost_pre_s17' (did you mean 'cost_per_s17'?)")):
        figure_of("cost_pre_s17", long, None)


def test_the_longest_fixed_text_wins(scenario: Scenario) -> None:
    stages = vocabulary_of(scenario)._replace(stages=("x", "share_x"))
    definition, places = named("old_share_x", stages)
    assert (definition.pattern, places) == ("old_share_<stage>", {"stage": "x"})
    assert explain("old_share_x").splitlines()[1].startswith("  definition: Share of the entries into x")


def test_usual_names_of_sales_say_what_is_short(sales: Scenario) -> None:
    usual = usual_names(sales)
    assert len(usual) <= 18
    assert len(usual) == 18  # full, so that the telephone waits for a smaller scenario
    assert usual[-5:] == ["utilisation_telesales", "wait_telesales", "utilisation_sales", "wait_sales", "starved_share"]
    assert {"sql", "won", "cost_per_sql", "cost_per_won", "revenue"} <= set(usual)


def test_usual_names_of_the_telephone(sales: Scenario) -> None:
    few = {f"stages.{name}": None for name in ("opportunity", "trial", "won")}
    small = sales.set({**few, "stages.sql.moves.follow_up.to": "pool", "stages.dormant.label": "Asleep", "changes": []})
    usual = usual_names(small)
    assert "dials_per_reached" in usual
    assert len(usual) <= 18
