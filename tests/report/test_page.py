from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable

import lxml.html
import pytest

import funnelsim as fs
from funnelsim.metrics.display import number
from funnelsim.metrics.names import main_metrics
from funnelsim.report.answer import answer_of, answer_of_comparison
from funnelsim.report.differing import differing
from funnelsim.report.left_out import left_out
from funnelsim.report.page import MARK, html_report
from funnelsim.scenario.telling import sections
from tests.report.hostile import DRAWN, HARMLESS, HOSTILE, scenario_of

PageWith = Callable[[str, bool], str]
LARGEST = 3_000_000


@pytest.fixture(scope="module")
def trunk() -> fs.Scenario:
    return fs.load("scenarios/trunk.yaml")


@pytest.fixture(scope="module")
def result(trunk: fs.Scenario) -> fs.Result:
    return fs.simulate(trunk, replications=20)


@pytest.fixture(scope="module")
def comparison(trunk: fs.Scenario) -> fs.Comparison:
    return fs.compare({"base": trunk, **{name: trunk.variant(name) for name in trunk.variants}}, replications=20)


def elements(page: str) -> Counter[str]:
    return Counter(
        str(element.tag) for element in lxml.html.document_fromstring(page).iter() if element.tag is not None
    )


def parsed(page: str) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(page)


# ---------------------------------------------------------------- hostile texts
@pytest.mark.parametrize("compared", [False, True], ids=["one", "compared"])
def test_no_text_adds_an_element(page_with: PageWith, compared: bool) -> None:
    """Outlines of letters are left out: other texts have others."""

    def counted(text: str) -> Counter[str]:
        page = re.sub(r"<svg.*?</svg>", "<svg></svg>", page_with(text, compared), flags=re.DOTALL)
        return elements(page)

    usual = counted(HARMLESS)
    assert len(HOSTILE) >= 50
    for text in HOSTILE:
        assert counted(text) == usual, text


def test_no_text_adds_to_a_picture_but_lines(page_with: PageWith) -> None:
    drawn = {"svg", "g", "path", "use", "defs", "clippath", "rect", "style"}
    assert len(DRAWN) >= 6
    for text in DRAWN:
        for svg in parsed(page_with(text, False)).iter("svg"):
            assert {str(element.tag).lower() for element in svg.iter()} <= drawn, text


def test_texts_can_be_read_as_they_were_written(page_with: PageWith) -> None:
    for text in HOSTILE:
        clean = re.sub("[\x07\x1b\x85]", "\ufffd", text)
        assert parsed(page_with(text, False)).xpath("string(//h1)") == clean


def test_a_page_that_escapes_nothing_would_be_found() -> None:
    page = html_report(fs.simulate(scenario_of(HARMLESS), replications=2))
    assert elements(page.replace(HARMLESS, HOSTILE[0])) != elements(page)


# ---------------------------------------------------------------- the page
@pytest.mark.parametrize("run", ["result", "comparison"])
def test_it_needs_nothing_else_and_is_small(run: str, request: pytest.FixtureRequest) -> None:
    page = html_report(request.getfixturevalue(run))
    root = parsed(page)
    assert page.startswith(MARK)
    assert len(page.encode()) < LARGEST
    policy = root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert policy.startswith("default-src 'none'")
    assert not root.xpath("//script | //img | //iframe | //object | //link[not(starts-with(@href, 'data:'))]")
    assert all(str(target).startswith("#") for target in root.xpath("//a/@href | //use/@href"))
    assert "@import" not in page
    assert not re.findall(r"url\((?!#)", page)


@pytest.mark.parametrize("run", ["result", "comparison"])
def test_ids_are_unique_and_every_reference_is_met(run: str, request: pytest.FixtureRequest) -> None:
    page = html_report(request.getfixturevalue(run))
    ids = Counter(parsed(page).xpath("//@id"))
    assert max(ids.values()) == 1
    references = re.findall(r'href="#([^"]+)"', page) + re.findall(r"url\(#([^)]+)\)", page)
    assert len(references) > 100
    assert set(references) <= set(ids)


def test_landmarks_headings_and_alternative_texts(result: fs.Result) -> None:
    root = parsed(html_report(result))
    for landmark in ("header", "nav", "main", "footer", "h1"):
        assert len(root.xpath(f"//{landmark}")) == 1, landmark
    assert root.xpath("//html/@lang") == ["en"]
    pictures = root.xpath("//figure/svg")
    assert len(pictures) == 4
    assert all(picture.get("role") == "img" and len(picture.get("aria-label")) > 20 for picture in pictures)
    assert number(float(result.estimate("won").mean)) in pictures[0].get("aria-label")
    assert all(len(row.xpath("th[@scope='row']")) == 1 for row in root.xpath("//tbody/tr"))


def test_the_same_run_gives_the_same_bytes(trunk: fs.Scenario, result: fs.Result) -> None:
    assert html_report(fs.simulate(trunk, replications=20)) == html_report(result)


def test_it_tells_seed_version_assumptions_and_what_differs(comparison: fs.Comparison, trunk: fs.Scenario) -> None:
    text = parsed(html_report(comparison)).text_content()
    assert f"funnelsim {fs.__version__}, seed 1, 20 replications of each scenario" in text
    assert "stages.sql.moves.expire.after: 14d instead of 7d" in text
    for _, sentences in sections(trunk):
        for sentence in sentences:
            assert sentence.strip() in text


# ---------------------------------------------------------------- the answer
def test_the_answer_is_made_of_computed_figures(result: fs.Result) -> None:
    brings, costs, narrow = answer_of(result)
    for sentence, metric in ((brings, "won"), (costs, "cost_per_won"), (narrow, "rate_opportunity_to_won")):
        told = result.estimate(metric)
        for value in (told.mean, told.p10, told.p90):
            assert number(float(value), result.unit(metric)) in sentence
        assert "95% interval" in sentence


def test_the_narrowest_step_has_the_lowest_rate(result: fs.Result) -> None:
    steps = ["rate_lead_to_mql", "rate_mql_to_sql", "rate_sql_to_opportunity", "rate_opportunity_to_won"]
    assert min(steps, key=lambda name: float(result.estimate(name).mean)) == steps[-1]
    wider = fs.simulate(result.scenario.set({"stages.lead.moves.call.chance": "1%"}), replications=5)
    assert "from 'lead' to 'mql'" in answer_of(wider)[2]


def test_the_answer_of_a_comparison_names_who_has_most(comparison: fs.Comparison) -> None:
    most, cheapest, takes = answer_of_comparison(comparison)
    won = {name: float(result.estimate("won").mean) for name, result in comparison.results.items()}
    assert max(won, key=lambda name: won[name]) == "two_weeks"
    assert most.startswith("Of 4 scenarios 'Two weeks for an SQL' has the most entries into won: ")
    assert number(won["two_weeks"]) in most
    assert number(comparison.difference("two_weeks", "won").low, sign=True) in most
    assert "the lowest cost per won" in cheapest
    assert "100.0% of 20 runs" in takes


def test_nobody_is_named_best_who_is_not_surely_better(trunk: fs.Scenario) -> None:
    same = fs.compare({"a": trunk, "b": trunk, "c": trunk.variant("no_nurture")}, replications=5)
    most, cheapest, _ = answer_of_comparison(same)
    assert most.startswith("None surely has more entries into won than 'a'; 'b' comes nearest")
    assert cheapest.startswith("None surely has a lower cost per won (CNY) than 'a'; 'b' comes nearest")


NOTHING_SPENT = """
format: 1
name: Little
start: 2026-01-01
horizon: 1 month
channels: {web: {leads: 30 per month, enters: lead}}
stages: {lead: {moves: {wait: {after: 90d, to: lost}}}, lost: {}}
"""


def test_there_is_an_answer_where_there_is_little_to_say() -> None:
    little = fs.loads(NOTHING_SPENT)
    assert main_metrics(little) == ["lost", "cost_per_lost"]
    brings, costs, steps = answer_of(fs.simulate(little, replications=1))
    assert "95%" not in brings
    assert costs == "Nothing is spent in this scenario, so that what one of them costs cannot be said."
    assert steps.startswith("The narrowest step is from 'lead' to 'lost', with 0.00%")
    told = fs.compare({"a": little, "b": little.set({"channels.web.leads": "60 per month"})}, replications=5)
    assert math.isnan(told.difference("b", "cost_per_lost").mean)
    assert html_report(told).startswith(MARK)


# ---------------------------------------------------------------- what is left out, what differs
def test_what_is_left_out_follows_what_is_written(trunk: fs.Scenario) -> None:
    def starts(scenario: fs.Scenario) -> set[str]:
        return {sentence.partition(":")[0] for sentence in left_out(scenario)}

    bare = starts(fs.loads(NOTHING_SPENT))
    assert {"Doubt about the rates", "People's time", "Seasons", "Nurture", "Revenue", "What leads cost"} <= bare
    full = starts(trunk)
    assert not {"Doubt about the rates", "Seasons", "Nurture", "Revenue", "What leads cost"} & full
    assert {"People's time", "Fatigue", "Opting out", "What comes after 'won'"} <= full
    assert "Fatigue" not in starts(trunk.set({"fatigue.response": 0.8}))
    assert "Fatigue" not in starts(trunk.set({"touches.mail.odds": "{fatigue: 0.8}"}))
    assert "Changes on the way" not in starts(trunk.variant("from_july"))


def test_what_differs_is_told_path_by_path(trunk: fs.Scenario) -> None:
    told = differing(
        {
            "base": trunk,
            "same": trunk,
            "other": trunk.set({"touches.sms": None, "tracks.reactivation.touches": ["mail", "live_stream"]}),
        }
    )
    assert told["same"] == []
    assert "touches.sms.cost: nothing instead of 0.05" in told["other"]
    assert (
        'tracks.reactivation.touches: ["mail", "live_stream"] instead of ["sms", "mail", "live_stream"]'
        in told["other"]
    )
