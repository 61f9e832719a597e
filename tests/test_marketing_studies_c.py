"""The study of content finds what its comment says: fit and supply, triggered mail, recorded opens, cases and solutions."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import funnelsim as fs

SCENARIOS = Path(__file__).parents[1] / "scenarios"
LEVEL = 1e-4
ERRORS = 4
"""As many standard errors are exceeded by luck once in 16,000 times."""
SUPPLY = {"web_page": 4, "webinar": 3, "white_paper": 3, "forum": 2, "e_book": 2, "case": 3, "comparison": 2}
MIX = {"web_page": 0.21, "webinar": 0.20, "white_paper": 0.19, "forum": 0.11, "e_book": 0.10, "case": 0.19}
HOUR = 1 / 24
TICK = HOUR / 3_600_000
SAME = 1e-6
"""Times are days, as floats."""


def load(variant: str | None = None, **changes: object) -> fs.Scenario:
    return fs.load(SCENARIOS / "content.yaml", variant=variant).set(changes)


@pytest.fixture(scope="module")
def simulated() -> Callable[[str | None], fs.Result]:
    @cache
    def run(variant: str | None) -> fs.Result:
        return fs.simulate(load(variant), replications=40, seed=1, by="segment", progress=False)

    return run


def horizon(result: fs.Result, metric: str) -> np.ndarray:
    return result.metric(metric, over="horizon").to_numpy()


def logged(scenario: fs.Scenario) -> pd.DataFrame:
    """The log of one run, with texts as texts, and of a row of a touch which one it is of."""
    log = fs.trace(scenario, seed=1)
    log = log.astype({name: str for name in log.columns if isinstance(log[name].dtype, pd.CategoricalDtype)})
    return log.assign(touch=log["move"].str.split(".").str[0])


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    return logged(load())


def sent(log: pd.DataFrame, *touches: str) -> pd.DataFrame:
    """The first row of each of these touches that was sent."""
    first = log["move"].str.endswith(".delivered") & log["outcome"].isin(["passed", "failed"])
    return log[first & log["touch"].isin(touches)]


# ---------------------------------------------------------------- content
def test_each_piece_is_given_once(log: pd.DataFrame) -> None:
    """As many as there are, and no more; what is not delivered is not given."""
    given = log[log["move"].str.endswith(".delivered") & log["outcome"].eq("passed") & log["content"].isin(SUPPLY)]
    most = given.groupby(["lead", "content"]).size().groupby("content").max()
    assert most.to_dict() == SUPPLY


def test_what_comes_first_is_the_mix(log: pd.DataFrame) -> None:
    first = sent(log, "letter").query("outcome == 'passed'").drop_duplicates("lead")["content"].value_counts()
    assert set(first.index) == set(MIX)
    assert stats.chisquare(first[list(MIX)], np.array(list(MIX.values())) * first.sum()).pvalue > LEVEL


def test_fit_multiplies_the_odds() -> None:
    """Without warmth and fatigue managers who are leads open letters as fit says: by asset, and by size of the firm."""
    managers = {"user": 0, "manager": 1, "director": 0}
    scenario = load(**{"scoring.response": 1, "fatigue.response": 1, "traits.role": managers})
    log = logged(scenario)
    log = log[log["move"].eq("letter.open") & log["stage"].eq("lead")]
    for asset in MIX:
        odds = scenario.content[asset].odds
        for segment in scenario.segments:
            fit = odds.segment.get(segment, 1) * odds.stage.get("lead", 1) * odds.traits["role"].get("manager", 1)
            chance = 0.34 * float(fit) / (0.66 + 0.34 * float(fit))
            seen = log.loc[log["content"].eq(asset) & log["segment"].eq(segment), "outcome"].ne("failed")
            assert stats.binomtest(int(seen.sum()), len(seen), chance).pvalue > LEVEL, (asset, segment)


def test_what_fits_runs_out(simulated: Callable[[str | None], fs.Result]) -> None:
    """A letter that fits does more, but there are fewer of them; with twice the supply fit wins where most fits."""
    for mixed, fitting, better in ((None, "fitting", "less"), ("twice", "fitting_twice", "greater")):
        runs = [simulated(name) for name in (fitting, mixed)]
        for segment in ("small", "mid", "large"):
            fits, mix = (horizon(run, f"click_rate[segment={segment}]").mean() for run in runs)
            assert fits > 1.1 * mix
        more = np.subtract(*(horizon(run, "won[segment=small]") for run in runs))
        assert stats.ttest_1samp(more, 0, alternative=better).pvalue < LEVEL


# ---------------------------------------------------------------- triggered mail, and its limit
@pytest.mark.parametrize(
    ("move", "touch", "days"),
    [
        ("browse", "answer", 2 * HOUR),
        ("sign_up", "reminder", 1.0),
        ("fill_form", "answer", HOUR / 6),
        ("order", "cart", 4 * HOUR),
    ],
)
def test_what_a_lead_does_is_answered(log: pd.DataFrame, move: str, touch: str, days: float) -> None:
    """At its time, unless the limit puts it off or the lead moves on."""
    done = log[log["move"].eq(move) & log["outcome"].eq("succeeded")][["lead", "time"]]
    mails = sent(log, touch)[["lead", "time"]].assign(at=lambda rows: rows["time"])
    pairs = pd.merge_asof(done, mails, on="time", by="lead", direction="forward")
    gaps = (pairs["at"] - pairs["time"]).dropna()
    assert len(gaps) > 50
    assert np.isclose(gaps, days, atol=SAME).mean() > 0.5


def test_two_mails_a_week_and_more_come_later(log: pd.DataFrame) -> None:
    mails = sent(log, "letter", "answer", "reminder", "compared", "cart", "case_mail")
    third = mails.groupby("lead")["time"].diff(2).dropna()
    assert third.min() > 7 - SAME
    assert np.isclose(third, 7, atol=SAME).sum() > 300, "postponed until the limit allows it"
    assert log["outcome"].eq("postponed").sum() > 500


def test_right_after_something_happened() -> None:
    """With wait_up_to a letter comes a tick after an activity of its lead, or two weeks after the last one."""
    log = logged(load("prompt", limits=None))
    letters = sent(log, "letter").query("stage == 'lead'")
    gaps = letters.groupby("lead")["time"].diff()
    assert gaps.max() < 14 + SAME
    early = letters[gaps < 14 - SAME]
    assert 0.05 < len(early) / len(letters) < 0.5
    done = log[log["outcome"].eq("succeeded")][["lead", "time"]].assign(at=lambda rows: rows["time"])
    before = pd.merge_asof(early[["lead", "time"]], done, on="time", by="lead", allow_exact_matches=False)
    assert np.allclose(before["time"] - before["at"], TICK, atol=TICK / 10)


def test_triggered_mail_brings_half_of_the_wins(simulated: Callable[[str | None], fs.Result]) -> None:
    with_it, without = (horizon(simulated(name), "won").sum(axis=1) for name in (None, "no_triggers"))
    error = ERRORS * stats.sem(without) / with_it.mean()
    assert abs(without.mean() / with_it.mean() - 0.5) < 0.05 + error


# ---------------------------------------------------------------- opens
def test_recorded_opens_prefer_the_worse_letter(simulated: Callable[[str | None], fs.Result]) -> None:
    plain, glossy = (simulated(name).contacts("touch").set_index("touch").loc["letter"] for name in (None, "glossy"))
    assert glossy["open_rate"] < 0.9 * plain["open_rate"]
    assert glossy["recorded_open_rate"] > 1.5 * plain["recorded_open_rate"]
    for letters, seen, wrongly in ((plain, 0.35, 0.02), (glossy, 0.80, 0.12)):
        expected = seen * letters["opened"] + wrongly * (letters["delivered"] - letters["opened"])
        assert letters["recorded_opens"] == pytest.approx(expected, rel=0.02)
    more = (horizon(simulated("glossy"), "won") - horizon(simulated(None), "won")).sum(axis=1)
    assert stats.ttest_1samp(more, 0, alternative="less").pvalue < LEVEL


# ---------------------------------------------------------------- beside sales
def test_cases_until_negotiation_and_solutions_from_trial_on(log: pd.DataFrame) -> None:
    assert set(sent(log, "case_mail")["stage"]) == {"opportunity", "trial"}
    solved = log[log["touch"].eq("solution") & log["outcome"].isin(["succeeded", "failed"]) & log["content"].ne("")]
    assert set(solved["segment"]) == {"large"}
    assert set(solved["stage"]) == {"trial", "negotiation"}


def test_solutions_help_large_firms_alone(simulated: Callable[[str | None], fs.Result]) -> None:
    """The others are won as they were, to the last lead."""
    for segment, more in (("small", False), ("mid", False), ("large", True)):
        with_them, without = (horizon(simulated(name), f"won[segment={segment}]") for name in (None, "no_solutions"))
        assert (with_them == without).all() != more
        if more:
            assert stats.ttest_1samp(with_them - without, 0, alternative="greater").pvalue < LEVEL


def test_cases_help(simulated: Callable[[str | None], fs.Result]) -> None:
    more = (horizon(simulated(None), "won") - horizon(simulated("no_cases"), "won")).sum(axis=1)
    assert stats.ttest_1samp(more, 0, alternative="greater").pvalue < LEVEL
