from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.scenario import load, loads
from funnelsim.scenario import quantities as q
from funnelsim.scenario.measures import CHANCE, DURATION, MONEY
from funnelsim.scenario.moves import Trigger
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


def test_drawing_of_a_script() -> None:
    assert (
        draw(load(VALID / "telephone.yaml"))
        == """\
Telephone: 3 months from 2026-01-01

channels
  search  100 per month -> lead

traits
  line    mobile 70%, switchboard 30%
  number  right 90%, wrong 6%, dead 4%

teams
  telesales  4 people, 8h a day; 8000 per month each

stages
  lead
    call  at once, then every 1d, 30 times, 40s of telesales: mobile 7.9%,
          switchboard 5.3% -> sentence (10s) 80% -> talk (30s) 60% else pool
          (no_need) -> transfer 90% -> 3 times -> meeting, else or after 3
          unanswered pool (unanswered)
  meeting · final
  pool · final
"""
    )


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("owners", "10 people, 8h a day; by deadline; hold 60; after 15d without follow-up, 30d without opportunity, 6 months without win -> pool"),
        ("team_counted", "4 people, 7h a day except sat, sun, 2026-01-01; 7000 to 9000 per month? each; newest first; queue 0"),
        ("team_scheduled", "telesales 4 from 2026-01-01, 6 from 2026-02-01, 0 from 2026-03-01, 7.5h a day"),
        ("team_uncertain", "telesales between 3 and 6 people?, between 6 and 8h a day? sales one of 3 people?, 8h a day; hold 40 to 80?"),
        ("team_named", "sales anna (Anna), ben, carl, 8h a day; by priority; hold 60; claims a day 8"),
        ("uncertain_lengths_and_counts", "telesales 2 from 2026-01-01, between 3 and 5? from 2026-02-01, one of 3? from 2026-03-01, 8h a day"),
        ("uncertain_lengths_and_counts", "after 10d to 20d? without follow-up, between 20d and 40d? without opportunity, between 2 months and 4 months? without win -> pool"),
        ("uncertain_lengths_and_counts", "forgotten when idle for 5d to 9d?, at once: -> pool"),
        ("uncertain_lengths_and_counts", "expire after 7d, +3d to 8d? up to 1 times: -> pool"),
        ("one_week_rule", "lead · owned by sales follow_up at once, then every 2d, 20 times, 45min of owner: 15% -> won, else pool"),
        ("one_week_rule", "expire after 7d, +7d up to 2 times: -> pool (expired)"),
        ("opportunities", "trial · win rate 25% to 35%?"),
        ("team_in_a_track", "response -> lead (answered) exhausted after 6 touches in a stay -> lost (exhausted)"),
    ],
)  # fmt: skip
def test_drawings_of_teams(name: str, drawn: str) -> None:
    assert drawn in " ".join(draw(load(VALID / f"{name}.yaml")).split())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("team_scheduled", "4 people from 2026-01-01 on, 6 people from 2026-02-01 on and nobody from 2026-03-01 on."),
        ("team_counted", "but not on Saturdays, Sundays and 2026-01-01; an hour of work takes 3.429 hours of the clock."),
        ("team_counted", "Each earns 7000 to 9000 (not known: nine chances in ten lie between, drawn anew for each replication) EUR per month."),
        ("team_counted", "They take up first what came last. At most 0 leads wait for them; one more is turned away."),
        ("team_uncertain", "telesales: 3 to 6 people (not known: any value between, drawn anew for each replication)."),
        ("team_uncertain", "It needs its owner for a working time of 30 minutes to 1 hour (not known:"),
        ("team_named", "anna (Anna) (odds of success times 1.5, 1.25 times as fast and takes up first the lead that had the least attention)"),
        ("team_named", "A lead of segment enterprise and line mobile or executive goes to anna and ben in turn."),
        ("team_named", "Any other lead of channel search goes to carl."),
        ("team_named", "Any other lead goes to whoever has the fewest in hand."),
        ("owners", "They own the leads of lead and deal; each has at most 60 in hand and none goes back to its last owner for 30 days."),
        ("owners", "Leads are taken back to pool after 15 days without a follow-up, 30 days without an opportunity (deal) or 182.6 days without a win (won). - Not those that ever were in won."),
        ("owners", "They are protected for 7 days after they were claimed and for 5 days after each follow-up but not beyond 60 days after they were claimed."),
        ("one_week_rule", "It can be put off twice, by 7 days each time, with a chance of 30%, for at most 10 leads of one owner at a time."),
        ("one_week_rule", "It leads to pool (reason: expired)."),
        ("telephone", "With a chance of 7.9% for mobile and 5.3% for switchboard (its odds times 0.1 for number wrong and 0.001 for number dead) it comes to the script: sentence (One sentence) -> talk -> transfer."),
        ("telephone", "talk takes 30 seconds and succeeds with 60% (its odds times 0.8 for line switchboard); a lead that is lost there goes to pool (reason: no_need)."),
        ("telephone", "For that it takes 3 successes in one stay. It gives up after 3 in a row that fail at once."),
        ("telephone", "lead, call, talk: 60% is the average over the shares of line; for a lead whose odds are all 1 it is"),
        ("traits", "They differ by line: mobile 70% and switchboard 30%."),
        ("opportunities", "It is stated that a lead here is won in the end with a chance of 10%."),
        ("opportunities", "The lead is won here."),
        ("uncertain_lengths_and_counts", "A lead counts as old when it is 20 to 40 days old or older (not known: nine chances in ten"),
        ("uncertain_lengths_and_counts", "The flow is multiplied by 0.7 to 0.9 (not known: nine chances in ten lie between, drawn anew for each replication) in January and by 1.5 in December."),
        ("uncertain_lengths_and_counts", "days weigh 1, but 0 to 0.5 (not known: any value between, drawn anew for each replication) on Saturdays and 0.1 to 0.2 (not known: one of 2"),
        ("uncertain_lengths_and_counts", "2 people from 2026-01-01 on, 3 to 5 people (not known: any value between, drawn anew for each replication) from 2026-02-01 on and"),
        ("uncertain_lengths_and_counts", "none goes back to its last owner for 7 to 14 days (not known:"),
        ("uncertain_lengths_and_counts", "but not beyond 14 to 21 days (not known: one of 2 given values, drawn anew for each replication) after they were claimed."),
        ("uncertain_lengths_and_counts", "with priority -1 to 2 (not known: any value between, drawn anew for each replication)."),
        ("uncertain_lengths_and_counts", "once nothing has happened to the lead for 5 to 9 days (not known:"),
        ("uncertain_lengths_and_counts", "It can be put off once, by 3 to 8 days (not known: nine chances in ten lie between, drawn anew for each replication) each time"),
        ("team_in_a_track", "robot: at once, then every 90 days. It needs somebody of telesales for a working time of 30 seconds."),
    ],
)  # fmt: skip
def test_sentences_of_teams(name: str, said: str) -> None:
    assert said in " ".join(sentences(load(VALID / f"{name}.yaml")).split())


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
        named = (scenario.stages, scenario.channels, scenario.touches, scenario.tracks, scenario.teams, scenario.traits)
        assert all(name in text for names in named for name in names)


def test_touches_in_words() -> None:
    said = sentences(load(Path(__file__).parents[1] / "engines" / "rich.yaml"))
    flat = " ".join(said.split())
    for sentence in (
        "95% are delivered; of those 1% (its odds times 1.2 for each recent touch) opt out; of the others 30% open it",
        "One that has had 9 touches in a row without a click or a response goes to the track robot.",
        "A lead goes to mql (reason: hot) once it is one with behaviour clicked and with 'score' from 60.",
        "A lead with reason not_now and with 'age' below 60 days joins the track monthly.",
        "A lead whose score reaches 45 points goes to mql at once.",
        "It requires 2 criteria of bant; each that is met multiplies the odds by 1.3.",
        "A lead gets at most 3 touches in any 14 days; one more does not come.",
        "need_seen is what is seen of need; it is wrong with a chance of 10%.",
        "Warmth halves in 20 days; the odds of a touch are times 1.02 for each point of it.",
        "reminder: 4 days before sql.expire.",
    ):
        assert sentence in flat, sentence


TRIGGERS = {
    "enters: pool": ("on entering pool, at once", "at once, when the lead enters pool"),
    "date: 2026-02-01": ("from 2026-02-01, at once", "at once, from 2026-02-01 on"),
    "idle: 30d": ("when idle for 30d, at once", "at once, once nothing has happened to the lead for 30 days"),
    "event: form": ("at each form, at once", "at once, at each form"),
    "score: 1": ("at a score of 1, at once", "at once, once the score reaches 1 point"),
    "when: {age: {from: 60d}, stage: pool}": (
        "once in pool and with 'age' from 60 days, at once",
        "at once, once it is a lead in pool and with 'age' from 60 days",
    ),
    "anniversary: 90d": ("every 90d since creation", "every 90 days since the lead was created"),
    "expires: {move: pool.over, before: 2d}": ("2d before pool.over", "2 days before pool.over"),
}
TRIGGERED = """
format: 1
name: Triggered
start: 2026-01-01
horizon: 3 months
channels: {{search: {{leads: 100 per month, enters: lead}}}}
stages:
  lead: {{moves: {{call: {{after: 1d, to: pool, event: form, warmth: 1}}, ask: {{touch: mail, after: 2d}}}}}}
  pool: {{track: drip, moves: {{over: {{after: 60d, to: gone}}}}}}
  gone: {{}}
content: {{book: {{number: 1}}}}
limits: {{mail: 1 per 7d}}
touches: {{mail: {{response: 1%, opt_out: 1%, content: all}}}}
tracks:
  drip:
    kind: mid_funnel
    cadence: 7d
    touches: [mail]
    on_response: {{to: gone}}
    exhausted: {{after: 1, per: silence}}
    moves: {{m: {{touch: mail, trigger: {{{trigger}}}, to: gone}}}}
"""


def test_every_trigger_is_tried() -> None:
    assert {trigger.partition(":")[0] for trigger in TRIGGERS} == set(Trigger.model_fields)


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_triggers_are_drawn_and_told(trigger: str) -> None:
    scenario = loads(TRIGGERED.format(trigger=trigger))
    drawn, said = (" ".join(text(scenario).split()) for text in (draw, sentences))
    assert f" m {TRIGGERS[trigger][0]}: touch mail -> gone" in drawn
    assert f"- m: {TRIGGERS[trigger][1]}. It makes the touch mail" in said


def test_kinds_of_tracks_single_things_and_opt_outs_are_told() -> None:
    scenario = loads(TRIGGERED.format(trigger="idle: 30d"))
    drawn, said = (" ".join(text(scenario).split()) for text in (draw, sentences))
    assert "drip · mid-funnel" in drawn
    assert "exhausted after 1 touch in a row without an answer -> silence" in drawn
    for sentence in (
        "drip, a track of the kind mid-funnel, sends mail, every 7 days.",
        "One that has had 1 touch in a row without a click or a response is left in silence.",
        "Of book there is 1 piece,",
        "A lead gets at most 1 touch of the kind mail in any 7 days",
        "A success gives 1 point of warmth.",
        "- ask: after 2 days. It makes the touch mail; a response to it leaves the lead where it is. - mail: 1% opt out;",
        "opt out; of the others 1% respond.",
        "A lead that opts out leaves its track, joins none any more, and gets no touches.",
        "Where a move of its stage would make a touch, it goes where the move leads 'otherwise', or nothing comes",
    ):
        assert sentence in said, sentence


def test_a_touch_that_says_where_it_leads_is_told_so() -> None:
    touches = "mail: {response: {chance: 1%, to: {to: gone, as: asked}}, delivered: 90%, bounced: gone, opt_out: 1%, content: all}"
    text = TRIGGERED.format(trigger="idle: 30d").replace("mail: {response: 1%, opt_out: 1%, content: all}", touches)
    scenario = loads(
        text.replace("on_response: {to: gone}", "on_response: {}").replace("idle: 30d}, to: gone}", "idle: 30d}}")
    )
    drawn, said = (" ".join(text(scenario).split()) for text in (draw, sentences))
    assert "m when idle for 30d, at once: touch mail -> gone (asked)" in drawn
    assert "response -> gone (asked)" in drawn
    assert "mail (1%, else gone)" in drawn
    assert "ask after 2d: touch mail -> gone (asked)" in drawn
    assert "A lead that responds stays where it is, unless the touch itself says where it leads." in said
    assert "It makes the touch mail; a response to it leads to gone (reason: asked)." in said
    assert "90% are delivered (of the others each goes to gone); of those 1% opt out; of the others 1% respond" in said


def test_nobody_answers_a_moment() -> None:
    text = TRIGGERED.format(trigger="idle: 30d").replace(
        "lead: {moves: {", "lead: {moves: {hurt: {touch: mishap, after: 3d}, "
    )
    said = " ".join(sentences(loads(text.replace("touches: {", "touches: {mishap: {warmth: -3}, "))).split())
    assert "- hurt: after 3 days. It makes the touch mishap. - call" in said
