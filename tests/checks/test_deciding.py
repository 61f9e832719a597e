"""Guards are decided by a rule whose false alarms are bounded, and measured here; and a true change is found."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from scipy.stats import binom, binomtest

import funnelsim as fs
from funnelsim.checks.deciding import RISK, Outcome, decide, judge, looks, risk_at
from funnelsim.checks.guards import Measured, guards_of
from funnelsim.checks.intervals import Interval
from funnelsim.checks.running import Luck, Runs, Version
from funnelsim.metrics.figures import Parts

TOY = """format: 1
name: A toy at its limit
start: 2026-01-01
horizon: 30d
channels: {web: {leads: 100 per 30d, arrivals: evenly, spend: 3_000 per 30d, enters: lead}}
stages: {lead: {moves: {call: {chance: 30%, to: sql}}}, sql: {}}
variants: {worse: {set: {stages.lead.moves.call.chance: 28.5%}}}
"""
"""Of 100 leads each is an SQL with 30%: 30 of them on average, above 30 with the chance that the binomial law says."""

FIRST, MOST = 100, 400
SEEDS = 1000
ABOVE = float(binom.sf(30, 100, 0.3))
AT_THE_LIMIT = {
    "sql": f"[mean <= 30, prob(> 30) >= {ABOVE!r}, p50 <= 30, mean >= {30 / 28.5!r} * variant(worse)]",
    "rate_lead_to_sql": "[mean >= 30%]",
}


class Prefixes(Runs):
    """Runs that are made once, of as many replications as there can be; fewer are the first of them, to the bit."""

    def parts(self, version: Version, measured: Measured, luck: Luck) -> Parts:
        found = super().parts(version, measured, Luck(luck.seed, MOST))
        under = None if found.under is None else found.under[: luck.replications]
        return found._replace(over=found.over[: luck.replications], under=under)


def outcomes(thresholds: str, seeds: Iterable[int]) -> list[list[Outcome]]:
    """By seed, what becomes of every guard."""
    scenario = fs.loads(f"{TOY}thresholds:\n{thresholds}\n")
    guards = guards_of(scenario)
    return [
        [verdict.outcome for verdict in judge(guards, Prefixes(scenario, threads=1), seed, FIRST, MOST)]
        for seed in seeds
    ]


@pytest.mark.long
def test_false_alarms_are_as_rare_as_is_promised() -> None:
    text = "\n".join(f"  {figure}: {conditions}" for figure, conditions in AT_THE_LIMIT.items())
    found = outcomes(text, range(SEEDS))
    for number, name in enumerate(["mean", "probability", "median", "relative", "ratio"]):
        broken = sum(one[number] == "broken" for one in found)
        assert binomtest(broken, SEEDS, RISK / 2, "greater").pvalue > 1e-4, (name, broken)
    # a rule that looks at the estimate alone would be wrong in half of them
    assert sum(one[0] == "open" for one in found) > SEEDS / 2


@pytest.mark.long
def test_a_true_change_is_found() -> None:
    # 28.5 instead of 30 SQLs is 3.3 standard errors of 100 replications, and 6.6 of the 400 there are at most
    scenario = fs.loads(f"{TOY.replace('chance: 30%', 'chance: 28.5%')}thresholds:\n  sql: [mean >= 30, mean <= 30]\n")
    guards, counted = guards_of(scenario), 0
    for seed in range(300):
        verdicts = judge(guards, Prefixes(scenario, threads=1), seed, FIRST, MOST)
        counted += [verdict.outcome for verdict in verdicts] == ["broken", "kept"]
    assert binomtest(counted, 300, 0.99, "less").pvalue > 1e-4


def test_some_seeds_at_the_limit() -> None:
    found = outcomes("  sql: [mean <= 30, mean <= 27, mean <= 33]", range(40))
    assert sum(one[0] == "broken" for one in found) <= binom.ppf(1 - 1e-4, 40, RISK / 2)
    assert all(one[1:] == ["broken", "kept"] for one in found)


# ---------------------------------------------------------------- the rule
@pytest.mark.parametrize(
    ("low", "high", "sign", "outcome"),
    [
        (1, 2, "<", "broken"), (1, 2, ">", "kept"), (-2, -1, "<", "kept"), (-2, -1, ">=", "broken"),
        (-1, 1, "<", "open"), (-1, 1, ">=", "open"), (0, 0, "<=", "kept"), (0, 0, "<", "broken"), (0, 1, ">", "open"),
    ],
)  # fmt: skip
def test_decisions(low: float, high: float, sign: str, outcome: str) -> None:
    assert decide(Interval(0, low, high), sign, 0.0) == outcome  # type: ignore[arg-type]


def test_looks_and_their_risks() -> None:
    assert list(looks(100, 800)) == [100, 200, 400, 800]
    assert list(looks(100, 700)) == [100, 200, 400, 700]
    assert list(looks(100, 100)) == list(looks(100, 50)) == [100]
    assert sum(risk_at(look) for look in range(1, 10_000)) <= RISK


def test_what_is_open_fails_unless_it_may_be() -> None:
    text = f"{TOY}thresholds: {{sql: {{error: mean <= 30, warn: mean <= 30}}}}\n"
    for unsettled, fails in (("error", [True, False]), ("warn", [False, False])):
        scenario = fs.loads(f"{text}checks: {{unsettled: {unsettled}}}\n")
        verdicts = judge(guards_of(scenario), Runs(scenario), 1, 100, 100)
        assert [verdict.outcome for verdict in verdicts] == ["open", "open"]
        assert [verdict.fails for verdict in verdicts] == fails


def test_no_data_is_never_a_pass() -> None:
    scenario = fs.loads(
        TOY.replace("chance: 30%", "chance: 0%") + "thresholds: {cost_per_sql: mean < 800}\n", "toy.yaml"
    )
    with pytest.raises(fs.ScenarioError, match=r"toy.yaml:8:28: .*no value in any replication of 100"):
        judge(guards_of(scenario), Runs(scenario), 1, 100, 100)
