from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.scenario import load, loads
from funnelsim.scenario import quantities as q
from funnelsim.scenario.measures import CHANCE, DURATION, MONEY
from funnelsim.scenario.show import draw, sentences
from funnelsim.scenario.words import WIDTH, luck, number, width, wrap

DAY = 86_400_000
UNKNOWN = "(not known: nine chances in ten lie between, drawn anew for each replication)"
VALID = Path(__file__).parent.parent / "scenarios" / "valid"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (q.Never(), "never"),
        (q.Constant(7 * DAY), "7 days"),
        (q.Constant(DAY), "1 day"),
        (q.Constant(5_400_000), "1.5 hours"),
        (q.Uniform(30 * DAY, 700 * DAY), "between 30 and 700 days, all equally likely (uniform)"),
        (q.Uniform(0, 700 * DAY), "between 0 and 700 days, all equally likely (uniform)"),
        (q.Exponential(9 * DAY), "9 days on average, without memory (exponential)"),
        (
            q.Lognormal("range", 6 * DAY, 20 * DAY),
            "between 6 and 20 days for nine leads in ten, 11.71 days on average (lognormal)",
        ),
        (
            q.Lognormal("median", 10 * DAY, 0.4),
            "between 5.179 and 19.31 days for nine leads in ten, 10.83 days on average (lognormal)",
        ),
        (q.Gamma("moments", 30 * DAY, 20 * DAY), "30 days on average with a standard deviation of 20 days (gamma)"),
        (q.Gamma("shape", 4, 3 * DAY), "12 days on average with a standard deviation of 6 days (gamma)"),
        (
            q.Weibull(0.5, 10 * DAY),
            "20 days on average, while the chance that it comes falls as time goes by (Weibull)",
        ),
        (q.Empirical((DAY, 3 * DAY), (1.0, 3.0)), "one of 2 observed values, 2.5 days on average (empirical)"),
        (
            q.Gamma("moments", q.RangeBelief(20.0 * DAY, 40.0 * DAY), 20 * DAY),
            f"drawn from a gamma law with a mean of 20 to 40 days {UNKNOWN} and a standard deviation of 20 days",
        ),
    ],
)
def test_luck_in_words(value: q.Luck, said: str) -> None:
    assert luck(value, DURATION) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.006, "0.6%"),
        (
            q.RangeBelief(0.4, 0.5),
            f"40% to 50% {UNKNOWN}",
        ),
        (q.UniformBelief(0.0, 0.5), "0% to 50% (not known: any value between, drawn anew for each replication)"),
        (
            q.BetaBelief(40.0, 100.0),
            "about 40% (not known: learnt from 40 successes in 100 trials, drawn anew for each replication)",
        ),
        (
            q.DrawsBelief((0.4, 0.3, 0.35)),
            "30% to 40% (not known: one of 3 given values, drawn anew for each replication)",
        ),
    ],
)
def test_chances_in_words(value: q.Number, said: str) -> None:
    assert number(value, CHANCE) == said


def test_money_in_words() -> None:
    assert number(123_456_700, MONEY) == "12,345.67"
    assert luck(q.Lognormal("range", 200_000_000, 900_000_000), MONEY) == (
        "between 20,000 and 90,000 for nine leads in ten, 47,101 on average (lognormal)"
    )


def test_wrap_counts_wide_characters() -> None:
    text = wrap("线" * 100 + " und so weiter", "- ", "  ")
    lines = text.splitlines()
    assert all(width(line) <= WIDTH for line in lines)
    assert lines[0] == "- " + "线" * 39
    assert lines[1].startswith("  线")
    assert text.replace("\n", "").replace(" ", "") == "-" + "线" * 100 + "undsoweiter"


def test_drawing_of_a_trunk() -> None:
    assert (
        draw(load(VALID / "trunk.yaml"))
        == """\
Trunk: 3 months from 2026-01-01

channels
  search  800 per month; spends 90_000 per month -> lead

stages
  lead
    call  after 5min, then every 1d, 3 times: 40% -> mql, else pool
  mql
    check  after 1d: 80% -> sql, else pool
  sql
    follow_up  at once, then every 2d, 20 times: 15% -> won, else pool
    expire     after 7d: -> pool
  pool · joins reactivation
  won · final, worth 20_000 to 90_000
  dormant · final

tracks
  reactivation
    cadence    every 30d
    touches    sms (0.6%), mail (0.4%) in turn
    response   -> mql
    exhausted  after 6 touches in a stay -> dormant
"""
    )


def test_sentences_say_what_matters() -> None:
    said = " ".join(sentences(load(VALID / "odds.yaml")).split())
    assert "40% is the average over the segments' shares; for a lead whose odds are all 1 it is 42.35%" in said
    said = " ".join(sentences(load(VALID / "reference_chance.yaml")).split())
    assert "lead, call: the chance is that of a lead whose odds are all 1 (reference)." in said
    said = " ".join(sentences(load(VALID / "changes.yaml")).split())
    assert "From 2026-03-01 on: tracks.monthly.cadence becomes never" in said
    assert said.index("From 2026-02-01") < said.index("From 2026-03-01")
    said = " ".join(sentences(load(VALID / "variants.yaml")).split())
    assert "no_pool: without stages.pool; stages.lead.moves.call.else becomes lost." in said
    said = " ".join(sentences(load(VALID / "spans.yaml")).split())
    assert "runs for 3 months, from 2025-10-31, without counting" in said
    said = " ".join(sentences(load(VALID / "track.yaml")).split())
    assert "monthly (Monthly) sends mail, sms (Short message) and mail in turn" in said


def test_a_variant_says_so() -> None:
    scenario = load(VALID / "variants.yaml", "faster")
    assert draw(scenario).startswith("Variants, variant faster: 3 months from 2026-01-01\n")
    assert "'Variants', variant 'faster', counts 3 months" in sentences(scenario)


def test_what_is_not_known_is_marked() -> None:
    unknown = draw(load(VALID / "chance_uncertain.yaml"))
    assert "40% to 50%? -> won" in unknown
    assert unknown.endswith("? not known: one value in each replication\n")
    assert "?" not in draw(load(VALID / "minimal.yaml"))


@pytest.mark.parametrize("path", sorted(VALID.glob("*.resolved.yaml")), ids=lambda path: path.stem)
def test_fits_the_page(path: Path) -> None:
    scenario = loads(path.read_text(encoding="utf-8"))
    for text in (draw(scenario), sentences(scenario)):
        assert all(width(line) <= WIDTH for line in text.splitlines())
        assert all(line == line.rstrip() for line in text.splitlines())
        assert all(name in text for name in (*scenario.stages, *scenario.channels, *scenario.touches, *scenario.tracks))
