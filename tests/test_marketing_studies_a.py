"""The shipped studies of frameworks, aim, moments and cadence find what their comments say."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

import funnelsim as fs

SCENARIOS = Path(__file__).parents[1] / "scenarios"
LEVEL = 1e-4
FRAMEWORKS = {
    "mancp": ("money", "authority", "need", "competitor", "people"),
    "bant": ("money", "authority", "need", "urgency"),
    "aunm": ("authority", "urgency", "need", "money"),
    "pact": ("people", "authority", "competitor", "urgency"),
    "faint": ("money", "authority", "interest", "need", "urgency"),
}


def load(name: str, variant: str | None = None, **changes: object) -> fs.Scenario:
    return fs.load(SCENARIOS / f"{name}.yaml", variant=variant).set(changes)


def total(result: fs.Result, metric: str) -> int:
    """Over all replications."""
    return int(result.metric(metric, over="horizon").sum())


def moved(first: fs.Scenario, other: fs.Scenario, metric: str, replications: int = 100) -> tuple[float, float]:
    """The 95% interval of what the other has more, on the same luck."""
    scenarios = {"first": first, "other": other}
    change = fs.compare(scenarios, replications=replications, seed=1, metrics=metric, progress=False)
    difference = change.difference("other", metric)
    return difference.low, difference.high


# ---------------------------------------------------------------- D3.6
def criteria_seen(scenario: fs.Scenario, criteria: tuple[str, ...]) -> np.ndarray:
    """The chances that so many of the criteria are seen, none to all of them, from shares and errors."""
    mean = np.zeros(len(criteria) + 1)
    for segment in scenario.segments.values():
        seen = np.ones(1)
        for trait in criteria:
            yes = float(segment.traits.get(trait, scenario.traits[trait])["yes"])
            error = scenario.observed[f"{trait}_seen"].error
            of_yes, of_no = (error["yes"], error["no"]) if isinstance(error, dict) else (error, error)
            chance = float(yes * (1 - of_yes) + (1 - yes) * of_no)
            seen = np.convolve(seen, [1 - chance, chance])
        mean += float(segment.share) * seen
    return mean


def accepted_as(scenario: fs.Scenario, chance: float) -> bool:
    """Say whether MQLs are accepted with a chance, as far as luck tells (binomial test)."""
    result = fs.simulate(scenario, replications=60, seed=1, progress=False)
    accepted, rejected = total(result, "sql"), total(result, "lost_rejected")
    return bool(stats.binomtest(accepted, accepted + rejected, chance).pvalue > LEVEL)


@pytest.mark.parametrize("variant", FRAMEWORKS)
def test_who_is_accepted_is_who_seems_to_meet_all_criteria_but_one(variant: str) -> None:
    scenario = load("frameworks", variant)
    assert accepted_as(scenario, criteria_seen(scenario, FRAMEWORKS[variant])[-2:].sum())


def test_weighed_each_criterion_multiplies_the_odds() -> None:
    scenario = load("frameworks", "weighed")
    odds = 0.02 / 0.98 * 8.0 ** np.arange(5)
    assert accepted_as(scenario, criteria_seen(scenario, FRAMEWORKS["bant"]) @ (odds / (1 + odds)))


def test_weighing_lies_between_demanding_and_no_check() -> None:
    """It misses fewer buyers than three of four, and does better than two of four where hours are short."""
    low, _ = moved(load("frameworks", "bant"), load("frameworks", "weighed"), "won")
    assert low > 0
    few = {"teams.sales.people": 3}
    loose = load("frameworks", "bant", **few, **{"stages.mql.moves.check.qualify.require": 2})
    low, _ = moved(loose, load("frameworks", "weighed", **few), "won")
    assert low > 0


def test_bant_and_aunm_ask_the_same() -> None:
    bant, aunm = (fs.trace(load("frameworks", variant), seed=3) for variant in ("bant", "aunm"))
    pd.testing.assert_frame_equal(bant, aunm)


def winners(scenario: fs.Scenario, seed: int) -> set[str]:
    log = fs.trace(scenario, seed=seed)
    return set(log.loc[log["to"] == "won", "lead"])


def test_with_enough_people_the_check_only_loses_buyers() -> None:
    """On the same luck whoever signs with it signs without; a check that takes no time moves nobody's meetings."""
    changes = {"teams.sales.people": 60, "stages.mql.moves.check.takes": 0}
    everybody = winners(load("frameworks", "none", **changes), 3)
    accepted = winners(load("frameworks", "bant", **changes), 3)
    assert accepted < everybody
    _, high = moved(load("frameworks", "none"), load("frameworks", "bant"), "won")
    assert high < -0.25 * 132, "more than a quarter of the buyers are missed"


@pytest.mark.parametrize("people", [2, 3])
def test_with_few_people_it_pays(people: int) -> None:
    few = {"teams.sales.people": people}
    low, _ = moved(load("frameworks", "none", **few), load("frameworks", "bant", **few), "won")
    assert low > 0


def test_how_strict_to_be_depends_on_the_hours() -> None:
    loose = {"stages.mql.moves.check.qualify.require": 2}
    for people, better in ((4, "loose"), (3, "strict")):
        few = {"teams.sales.people": people}
        low, high = moved(load("frameworks", "bant", **few), load("frameworks", "bant", **few, **loose), "won")
        assert low > 0 if better == "loose" else high < 0


def test_the_best_framework_depends_on_the_market() -> None:
    few = {"teams.sales.people": 2}
    _, high = moved(load("frameworks", "bant", **few), load("frameworks", "pact", **few), "won")
    low, _ = moved(load("frameworks", "grown_bant", **few), load("frameworks", "grown_pact", **few), "won")
    assert high < 0 < low


# ---------------------------------------------------------------- D3.2
WAYS = ("intuition", "basic", "advanced", "predictive")


def auc_of_buyers(scenario: fs.Scenario) -> float:
    """The chance that a buyer scores above another lead, equal ones half, from errors and points."""
    fit = scenario.scoring.fit
    scores: dict[str, Counter[float]] = {"yes": Counter(), "no": Counter()}
    for buyer, score in scores.items():
        for seen in itertools.product(("yes", "no"), repeat=len(fit)):
            chance, points = 1.0, 0.0
            for (sign, by), value in zip(fit.items(), seen, strict=True):
                error = scenario.observed[sign].error
                wrong = float(error[buyer] if isinstance(error, dict) else error)
                chance *= wrong if value != buyer else 1 - wrong
                points += by.get(value, 0)
            score[points] += chance
    return sum(
        p * q * (0.5 if high == low else high > low)
        for high, p in scores["yes"].items()
        for low, q in scores["no"].items()
    )


@pytest.mark.parametrize("way", WAYS)
def test_auc_is_that_of_the_signs_if_all_are_called(way: str) -> None:
    """Of those not won some are buyers all the same; against them a won lead's score is as good as a coin."""
    scenario = load("aim", way, **{"stages.lead.moves.put_by.to": "mql"})
    result = fs.simulate(scenario, replications=200, seed=1, by="buyer", progress=False)
    won, leads, buyers = (total(result, name) for name in ("won", "new_leads", "new_leads[buyer=yes]"))
    assert total(result, "won[buyer=no]") == 0
    missed = (buyers - won) / (leads - won)
    estimated = result.estimate("auc")
    expected = (1 - missed) * auc_of_buyers(scenario) + missed / 2
    assert abs(estimated.mean - expected) < stats.norm.isf(LEVEL / 2) * estimated.mc_error
    assert estimated.mc_error < 0.002


def test_a_policy_flatters_its_own_score() -> None:
    shown = fs.simulate(load("aim", "intuition"), replications=50, seed=1, progress=False).estimate("auc")
    assert auc_of_buyers(load("aim", "intuition")) == pytest.approx(0.6)
    assert shown.mean > 0.75


def test_a_better_aim_makes_wins_cheaper_until_it_costs_too_much() -> None:
    for worse, better in itertools.pairwise(WAYS):
        _, high = moved(load("aim", worse), load("aim", better), "cost_per_won", 400)
        assert high < 0, better
    low, _ = moved(
        load("aim", "advanced"), load("aim", "predictive", **{"channels.list.cost": 46}), "cost_per_won", 400
    )
    assert low > 0


# ---------------------------------------------------------------- D1.7
MOMENTS = {"ordinary": 1.0, "helpless": 1.5, "urgent": 3.0, "anxious": 1.5}
SHARES = {"ordinary": 0.70, "helpless": 0.10, "urgent": 0.12, "anxious": 0.08}


def chance_to_buy(moment: str, good_moments: int) -> float:
    """Odds by moment, 2.7 for each good one, and a base that makes 8% on average without any."""

    def of(base: float, odds: float) -> float:
        return base * odds / (1 + base * odds)

    base = optimize.brentq(lambda base: sum(SHARES[m] * of(base, MOMENTS[m]) for m in MOMENTS) - 0.08, 1e-6, 1)
    return of(base, MOMENTS[moment] * 2.7**good_moments)


@pytest.fixture(scope="module")
def moments() -> dict[str, fs.Result]:
    variants = ("without", "basic", "fewer_mishaps", "moments", "help_everyone")
    return {
        variant: fs.simulate(load("moments", variant), replications=100, seed=1, by="moment", progress=False)
        for variant in variants
    }


def decided(result: fs.Result, moment: str) -> tuple[int, int]:
    """Leads that bought, and those that decided not to; mishaps left out."""
    won, lost, mishaps = (total(result, f"{name}[moment={moment}]") for name in ("won", "lost", "lost_bad_moment"))
    return won, lost - mishaps


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_good_moment_makes_buying_2_7_times_as_likely(moments: dict[str, fs.Result], moment: str) -> None:
    """In equal leads without a mishap: both chances are as they should be, and so is the quotient of their odds.

    The error is that of independent samples, wider than that of the same luck.
    """
    before, after = (decided(moments[variant], moment) for variant in ("without", "basic"))
    for (won, lost), good in ((before, 0), (after, 1)):
        assert stats.binomtest(won, won + lost, chance_to_buy(moment, good)).pvalue > LEVEL
    ratio = (after[0] / after[1]) / (before[0] / before[1])
    error = math.sqrt(sum(1 / count for count in (*before, *after)))
    assert abs(math.log(ratio / 2.7)) < stats.norm.isf(LEVEL / 2) * error
    assert error < 0.05


def test_who_buys_without_it_buys_with_it() -> None:
    assert winners(load("moments", "without"), 5) < winners(load("moments", "basic"), 5)


def test_over_all_leads_the_odds_rise_less(moments: dict[str, fs.Result]) -> None:
    """Leads differ, and mishaps lose some (those of leads that would decide after the end are well below the error)."""
    odds = []
    for variant, good in (("without", 0), ("basic", 1)):
        chance = 0.94 * sum(SHARES[moment] * chance_to_buy(moment, good) for moment in MOMENTS)
        won, lost = (total(moments[variant], name) for name in ("won", "lost"))
        assert stats.binomtest(won, won + lost, chance).pvalue > LEVEL
        odds.append(chance / (1 - chance))
    assert odds[1] / odds[0] == pytest.approx(2.62, abs=0.02)


def test_the_moments_that_matter_convert_most(moments: dict[str, fs.Result]) -> None:
    result = moments["help_everyone"]
    shares = {moment: won / (won + lost) for moment in MOMENTS for won, lost in [decided(result, moment)]}
    assert min(shares, key=lambda moment: shares[moment]) == "ordinary"
    assert max(shares, key=lambda moment: shares[moment]) == "urgent"
    price = {}
    for dearer, cheaper in (("moments", "basic"), ("help_everyone", "moments")):
        spent, won = (total(moments[dearer], name) - total(moments[cheaper], name) for name in ("spend", "won"))
        price[dearer] = spent / won
    assert price["moments"] < 0.85 * price["help_everyone"], "help to the others costs more per win"


def test_a_mishap_costs_more_where_more_would_buy() -> None:
    lost = {}
    for variant in ("without", "moments"):
        low, high = moved(load("moments", variant), load("moments", variant, **{"touches.mishap.active": False}), "won")
        lost[variant] = (low, high)
    assert lost["without"][0] > 0
    assert lost["without"][1] < 30
    assert lost["moments"][0] > 50


# ---------------------------------------------------------------- D1.6
def every(days: int, **changes: object) -> fs.Scenario:
    return load("cadence", **{"tracks.newsletter.cadence": f"{days}d"}, **changes)


def test_the_best_cadence_lies_inside() -> None:
    for days in (2, 4, 10, 30):
        low, _ = moved(every(days), every(6), "sql", 300)
        assert low > 0, days


def test_the_longer_one_looks_the_more_seldom_one_should_write() -> None:
    low, high = moved(every(7), every(5), "sql", 300)
    assert low > 0
    assert high > 0
    _, high = moved(every(7, horizon="36 months"), every(5, horizon="36 months"), "sql", 100)
    assert high < 0


def test_each_recent_mail_takes_a_quarter_off_the_odds() -> None:
    """Fatigue is added up from the log, mail by mail, and opens and opt-outs are as it says (two-sided z tests)."""
    seen, found = {"mail.open": 0.0, "mail.opt_out": 0.0}, {"mail.open": 0.0, "mail.opt_out": 0.0}
    spread = dict(seen)
    log = fs.trace(load("cadence", "every_4_days"), seed=4)
    mails = log[log["move"].isin(["mail.delivered", "mail.opt_out", "mail.open"])]
    for _, rows in mails.groupby("lead", observed=True):
        fatigue, then = 0.0, 0.0
        times, moves, outcomes = (rows[name].to_numpy() for name in ("time", "move", "outcome"))
        delivered = np.flatnonzero((moves == "mail.delivered") & (outcomes == "passed"))
        for place in delivered:
            fatigue *= 0.5 ** ((times[place] - then) / 14)
            following, outcome = moves[place + 1], outcomes[place + 1]
            out = from_odds(0.002, 1.3**fatigue)
            add(seen, spread, "mail.opt_out", out)
            found["mail.opt_out"] += following == "mail.opt_out"
            if following == "mail.open":
                add(seen, spread, "mail.open", from_odds(0.25, 0.75**fatigue))
                found["mail.open"] += outcome == "passed"
            fatigue, then = fatigue + 1, times[place]
    for row, count in found.items():
        assert count > 100
        assert abs(count - seen[row]) < stats.norm.isf(LEVEL / 2) * math.sqrt(spread[row]), row


def from_odds(chance: float, odds: float) -> float:
    return chance * odds / (1 - chance + chance * odds)


def add(mean: dict[str, float], variance: dict[str, float], row: str, chance: float) -> None:
    mean[row] += chance
    variance[row] += chance * (1 - chance)


def test_what_is_asked_for_does_not_tire() -> None:
    result = fs.simulate(load("cadence", "subscribed"), replications=50, seed=1, progress=False)
    delivered = total(result, "delivered") - total(result, "opt_outs")
    assert stats.binomtest(total(result, "opens"), delivered, 0.25).pvalue > LEVEL
    assert stats.binomtest(total(result, "opt_outs"), total(result, "delivered"), 0.002).pvalue > LEVEL
    low, _ = moved(load("cadence", "weekly"), load("cadence", "subscribed"), "sql")
    assert low > 50


def test_a_limit_is_kept() -> None:
    log = fs.trace(load("cadence", "limited"), seed=4)
    sent = log[(log["move"] == "mail.delivered") & log["outcome"].isin(["passed", "failed"])]
    for _, mails in sent.groupby("lead", observed=True):
        times = mails["time"].to_numpy()
        assert (times[2:] - times[:-2] > 14 - 1e-6).all(), "days, as floats"
    assert len(sent) > 10_000
