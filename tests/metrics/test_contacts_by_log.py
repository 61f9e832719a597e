"""Figures of contact equal what is counted here from the event log, lead by lead, in another way."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

import funnelsim as fs
from funnelsim.metrics.result import Result
from funnelsim.scenario import Scenario

ROLES = {
    "letter.open": "open",
    "letter": "click",
    "mail.delivered": "delivered",
    "mail.opt_out": "opt_out",
    "mail.open": "open",
    "mail.click": "click",
    "mail": "response",
    "sms.delivered": "delivered",
    "sms": "response",
    "dial": "response",
    "robot_call": "response",
    "invitation.open": "open",
    "invitation": "click",
}
"""What each row of a touch in the log is, as the scenario writes it."""

STEPS = {
    touch: {role for name, role in ROLES.items() if name.partition(".")[0] == touch}
    for touch in ("letter", "mail", "sms", "dial", "robot_call", "invitation")
}
TRACK_OF = {"letter": "welcome", "mail": "drip", "sms": "drip", "dial": "drip", "robot_call": "slow"}
WARMTH = {"letter": 6, "mail.open": 1, "mail.click": 5, "sms.delivered": -1, "invitation.open": 2, "form": 8}
CHANGE = pd.Timestamp("2026-02-16")
HALF_LIFE, FIT = 30.0, {"enterprise": 20.0, "small": 5.0}
OVER = ("failed", "succeeded", "exhausted", "opted_out")


class Story:
    """One replication, counted lead by lead: flows and levels by period (those of the warm-up are left out)."""

    def __init__(self, scenario: Scenario, seed: int, replication: int, engine: Any = "kernel") -> None:
        log = fs.trace(scenario, seed=seed, replication=replication, engine=engine)
        texts = [name for name in log if log[name].dtype.name == "category"]
        log[texts] = log[texts].astype(str)
        starts = fs.simulate(scenario, replications=1).data["period"].to_numpy()
        self.edges = [*starts.astype("datetime64[ns]"), np.datetime64(scenario.end, "ns")]
        self.periods = len(starts)
        self.leads = [part.to_dict("records") for _, part in log.groupby("lead", sort=False)]
        self.scenario = scenario

    def period(self, date: Any) -> int:
        """Return -1 in the warm-up."""
        return int(np.searchsorted(self.edges, np.datetime64(date, "ns"), side="right")) - 1

    def count(self, by: str | None = None, group: str = "") -> dict[str, list[float]]:
        """Return every figure that adds up, of all leads or of a group."""
        self.found: dict[str, list[float]] = defaultdict(lambda: [0.0] * (self.periods + 1))
        self.after: Counter[str] = Counter()
        self.fits: list[tuple[float, bool]] = []
        for rows in self.leads:
            if by is None or rows[0][by] == group:
                self.tell(rows)
        return {name: values[:-1] for name, values in self.found.items()}  # the last is the warm-up

    def add(self, name: str, date: Any, number: float = 1.0) -> None:
        self.found[name][self.period(date)] += number

    def tell(self, rows: list[dict[str, Any]]) -> None:
        touched, passed, had, entered, paid = 0, list[str](), set[str](), set[str](), 0.0
        born, in_scope = rows[0]["date"], self.period(rows[0]["date"]) >= 0 and rows[0]["outcome"] == "created"
        won = False
        for place, row in enumerate(rows):
            date, outcome, move = row["date"], row["outcome"], row["move"]
            if outcome == "created":
                self.add("new_leads", date)
            if move in ROLES and outcome in (*OVER, "passed", "withheld"):
                touch = move.partition(".")[0]
                if outcome == "withheld":
                    self.add("withheld", date)
                elif outcome == "passed":
                    passed.append(move)
                    paid += row["cost"]
                else:
                    passed += [move] if outcome in ("succeeded", "opted_out") else []
                    if row["content"]:
                        self.add(f"cost with {row['content']}", date, paid + row["cost"])
                    if self.send(row, touch, passed, touched):
                        touched += 1
                        had |= {f"touch {touch}", *([f"content {row['content']}"] if row["content"] else [])}
                    had |= {f"track {row['stream']}"} if row["stream"] else set()
                    passed, paid = [], 0.0
            elif outcome == "succeeded":
                self.warm(row, move)
                if row["stream"] and move == "look" and row["age"] >= 30:
                    self.add("reopened", date)
            if row["to"] in self.scenario.stages:
                if outcome != "present":
                    if row["to"] not in entered:
                        self.add(f"first_{row['to']}", date)
                        self.add(f"{'nurtured' if touched else 'other'}_{row['to']}", date)
                        self.add(f"touches before {row['to']}", date, touched)
                        won = won or row["to"] == "won"
                    if self.period(date) >= 0:
                        self.after.update({f"sqls {thing}": int(row["to"] == "sql") for thing in had})
                        self.after.update({f"revenue {thing}": row["value"] for thing in had})
                    self.add(f"entered_{row['to']}", date)
                entered.add(row["to"])
            before, after = row["stream"], self.stream_after(rows, place)
            if before != after:
                if before:
                    self.add(f"left_{before}", date)
                if after and outcome != "present":
                    self.add(f"joined_{after}", date)
            self.work(rows, place)
        self.look(rows)
        if in_scope:
            self.score(rows, born)
            self.fits.append((FIT[rows[0]["segment"]], won))

    def send(self, row: dict[str, Any], touch: str, passed: list[str], touched: int) -> bool:
        """Count a touch that was sent; return whether it was delivered."""
        roles = [ROLES[name] for name in passed]
        delivered = ROLES[row["move"]] != "delivered" or row["outcome"] != "failed"
        for name in passed:
            self.warm(row, name)
            if row["content"]:
                self.add(f"warmth with {row['content']}", row["date"], self.points(row, name))
        track = TRACK_OF.get(touch, "(moves of stages)")
        told = {
            "touches": True,
            "delivered": delivered,
            "bounces": not delivered,
            "opens": "open" in roles,
            "clicks": "click" in roles,
            "opt_outs": "opt_out" in roles,
            "responses": touch in passed,
            **{f"deliveries with {role}": delivered and role in STEPS[touch] for role in ("open", "click", "opt_out")},
        }
        for name, holds in told.items():
            for where in ("", f" of {touch}", f" of {track}"):
                self.add(f"{name}{where}", row["date"], int(holds))
            if delivered and row["content"]:
                self.add(f"{name} with {row['content']}", row["date"], int(holds))
        if row["age"] >= 30 and ("click" in roles or "response" in roles):
            self.add("reopened", row["date"])
        self.add("nurtured_leads", row["date"], int(delivered and touched == 0))
        return delivered

    def warm(self, row: dict[str, Any], name: str) -> None:
        points = self.points(row, name)
        self.add("warmth_given", row["date"], points)
        if name in ROLES:
            self.add(f"warmth of {name.partition('.')[0]}", row["date"], points)

    def points(self, row: dict[str, Any], name: str) -> float:
        return WARMTH.get(name, 0) + (2 if name == "mail.click" and row["date"] >= CHANGE else 0)

    def stream_after(self, rows: list[dict[str, Any]], place: int) -> str:
        """Say where a lead is after a row: what its next row says, or after the last what it came to."""
        if place + 1 < len(rows):
            return str(rows[place + 1]["stream"])
        row = rows[place]
        stays = row["stream"] if row["outcome"] != "opted_out" else ""
        rules = {"lead": "welcome", "pool": "slow" if row["reason"] == "not_now" else "drip", "mql": stays, "": stays}
        gone = any(other["outcome"] == "opted_out" for other in rows)
        return str(row["to"] if row["to"] in self.scenario.tracks else "" if gone else rules.get(row["to"], ""))

    def work(self, rows: list[dict[str, Any]], place: int) -> None:
        """Count hours of work that begins with a row, in each period; the people never have a day off."""
        if rows[place]["outcome"] != "begun":
            return
        ends = [
            row["date"]
            for row in rows[place + 1 :]
            if row["move"] == rows[place]["move"] and row["outcome"] in (*OVER, "stopped")
        ]
        begun, ended = rows[place]["date"], ends[0] if ends else self.scenario.end
        for period in range(self.periods):
            for low, high, hours in ((None, CHANGE, 7), (CHANGE, None, 5)):
                first = max(pd.Timestamp(begun), pd.Timestamp(self.edges[period]), low or pd.Timestamp(begun))
                last = min(pd.Timestamp(ended), pd.Timestamp(self.edges[period + 1]), high or pd.Timestamp(ended))
                if first < last:
                    self.found["hours"][period] += (last - first) / pd.Timedelta("1h") * hours / 24

    def look(self, rows: list[dict[str, Any]]) -> None:
        """Count where a lead is at the end of each period, and whether a touch was ever delivered to it."""
        for period in range(self.periods):
            past = [
                place for place, row in enumerate(rows) if np.datetime64(row["date"], "ns") < self.edges[period + 1]
            ]
            if not past:
                continue
            stream = self.stream_after(rows, past[-1])
            self.found[f"in_track_{stream}"][period] += 1
            told = [
                rows[place] for place in past if rows[place]["outcome"] in ("stalled", "woken") or rows[place]["to"]
            ]
            stalled = told[-1]["outcome"] == "stalled"
            self.found[f"stalled_track_{stream}"][period] += stalled

    def score(self, rows: list[dict[str, Any]], born: Any) -> None:
        """Count the score at the end of the period in which a lead was created."""
        period = self.period(born)
        edge = self.edges[period + 1]
        last = [row for row in rows if np.datetime64(row["date"], "ns") < edge][-1]
        days = (edge - np.datetime64(last["date"], "ns")) / np.timedelta64(1, "D")
        score = FIT[last["segment"]] + last["warmth"] * 2 ** (-days / HALF_LIFE)
        band = sum(score >= bound for bound in (10, 20, 30))
        self.found[f"band {band}"][period] += 1


def figures() -> Iterator[str]:
    yield from ("new_leads", "touches", "delivered", "bounces", "opens", "clicks", "responses", "opt_outs", "withheld")
    yield from ("reopened", "nurtured_leads", "warmth_given")
    for stage in ("lead", "mql", "sql", "pool", "won", "gone"):
        yield from (f"first_{stage}", f"nurtured_{stage}", f"other_{stage}")
    for track in ("welcome", "drip", "slow"):
        yield from (f"in_track_{track}", f"stalled_track_{track}", f"joined_{track}", f"left_{track}")


def compare(result: Result, replication: int, counted: dict[str, list[float]], suffix: str = "") -> None:
    nothing = [0.0] * result.data.sizes["period"]
    for name in figures():
        got = result.metric(name + suffix).sel(replication=replication).to_numpy()
        np.testing.assert_allclose(got, counted.get(name, nothing), rtol=1e-12, err_msg=name + suffix)
        in_all = float(result.metric(name + suffix, over="horizon").sel(replication=replication))
        level = name.startswith(("in_", "stalled_"))
        assert in_all == pytest.approx(counted.get(name, nothing)[-1] if level else sum(counted.get(name, nothing)))


@pytest.mark.parametrize("engine", ["kernel", "simpy"])
def test_figures_of_contact_are_those_of_the_log(
    nurture: Scenario, nurtured: dict[str | None, Result], engine: str
) -> None:
    for replication in range(2):
        story = Story(nurture, 13, replication, engine)
        compare(nurtured[None], replication, story.count())
        for by in ("channel", "segment"):
            for group in getattr(nurture, f"{by}s"):
                compare(nurtured[by], replication, story.count(by, group), f"[{by}={group}]")


def test_the_story_is_full(nurture: Scenario) -> None:
    """What is compared above happens."""
    counted = Story(nurture, 13, 0).count()
    for name in figures():
        if not name.startswith(("stalled_track", "other_gone", "nurtured_lead")):
            assert sum(counted[name]) > 0, name


def test_rates_are_those_of_the_log(nurture: Scenario, nurtured: dict[str | None, Result]) -> None:
    result, counted = nurtured[None], [Story(nurture, 13, replication).count() for replication in range(6)]

    def total(name: str) -> float:
        return sum(sum(found[name]) for found in counted)

    expected = {
        "delivery_rate": total("delivered") / total("touches"),
        "bounce_rate": total("bounces") / total("touches"),
        "open_rate": total("opens") / total("deliveries with open"),
        "click_rate": total("clicks") / total("deliveries with click"),
        "opt_out_rate": total("opt_outs") / total("deliveries with opt_out"),
        "nurtured_rate_mql_to_sql": total("nurtured_sql") / total("nurtured_mql"),
        "other_rate_mql_to_won": total("other_won") / total("other_mql"),
        "touches_of_won": total("touches before won") / total("first_won"),
        "hours_per_sql": total("hours") / total("entered_sql"),
    }
    for name, value in expected.items():
        assert result.estimate(name).mean == pytest.approx(value, rel=1e-6), name


def test_nurtured_and_other_leads(nurture: Scenario, nurtured: dict[str | None, Result]) -> None:
    """Of all that were ever there: those that a touch was delivered to, also in the warm-up, and the others."""
    reached, others, to_sql, sql_other = 0, 0, 0, 0
    for replication in range(6):
        story = Story(nurture, 13, replication)
        counted = story.count()
        to_sql += sum(counted["nurtured_sql"])
        sql_other += sum(counted.get("other_sql", [0]))
        for rows in story.leads:
            ever = any(
                row["move"] in ROLES
                and row["outcome"] in (*OVER, "passed")
                and not (ROLES[row["move"]] == "delivered" and row["outcome"] in ("failed", "exhausted"))
                for row in rows
            )
            reached, others = reached + ever, others + (not ever)
    result = nurtured[None]
    assert result.estimate("nurtured_rate_sql").mean == pytest.approx(to_sql / reached)
    assert result.estimate("other_rate_sql").mean == pytest.approx(sql_other / others)
    lift = result.estimate("lift_sql")
    assert lift.mean == pytest.approx((to_sql / reached) / (sql_other / others) - 1)
    assert float(lift.mc_error) > 0
    with pytest.raises(ValueError, match="'lift_sql' is measured over the horizon and by cohort only"):
        result.metric("lift_sql")
    cohorts = result.metric("nurtured_rate_mql", over="cohort")
    assert cohorts.sizes == {"replication": 6, "cohort": 5}
    assert float(cohorts.min()) >= 0


def test_recorded_opens_are_seen_opens_and_false_ones(nurtured: dict[str | None, Result]) -> None:
    """Of mails 60% of the opens and 5% of those not opened; of letters and invitations as it is (four deviations)."""
    result = nurtured[None]
    table, number = result.contacts("touch").set_index("touch"), result.replications
    for touch in ("letter", "invitation"):
        assert table.loc[touch, "recorded_opens"] == table.loc[touch, "opened"]
    opened, delivered = (float(table.loc["mail", name]) for name in ("opened", "delivered"))
    expected = 0.6 * opened + 0.05 * (delivered - opened)
    deviation = np.sqrt((0.24 * opened + 0.0475 * (delivered - opened)) / number)
    assert abs(float(table.loc["mail", "recorded_opens"]) - expected) < 4 * deviation
    assert result.estimate("recorded_opens").mean == pytest.approx(table["recorded_opens"].sum())


@pytest.mark.parametrize("by", ["touch", "track", "content"])
def test_contacts_are_those_of_the_log(by: Any, nurture: Scenario, nurtured: dict[str | None, Result]) -> None:
    table = nurtured["need"].contacts(by).set_index(by)
    stories = [Story(nurture, 13, replication) for replication in range(6)]
    counted = [story.count() for story in stories]
    columns = {"delivered": "delivered", "opened": "opens", "clicked": "clicks", "responded": "responses"}
    columns |= {"opted_out": "opt_outs"}
    columns |= {"cost": "cost", "warmth": "warmth"} if by == "content" else {"sent": "touches", "bounced": "bounces"}
    for name, row in table.iterrows():
        for column, figure in columns.items():
            said = f"{figure} {'with' if by == 'content' else 'of'} {name}"
            expected = np.array([sum(found.get(said, [0])) for found in counted])
            if np.isnan(row[column]):
                assert not expected.any(), said
                continue
            assert row[column] == pytest.approx(expected.mean()), said
            assert row[f"{column}_error"] == pytest.approx(expected.std(ddof=1) / np.sqrt(6)), said
        for column in ("sqls", "revenue"):
            expected = np.mean([story.after[f"{column} {by} {name}"] for story in stories])
            assert np.isnan(row[column]) if name == "(moves of stages)" else row[column] == pytest.approx(expected)
        check_rates(row, counted, f"{'with' if by == 'content' else 'of'} {name}")
    if by == "touch":
        warmth = [np.mean([sum(found.get(f"warmth of {name}", [0])) for found in counted]) for name in table.index]
        np.testing.assert_allclose(table["warmth"], warmth)
        assert table["cost"].sum() == pytest.approx(float(nurtured[None].estimate("spend_touches").mean))
    if by == "track":
        assert list(table.index) == ["welcome", "drip", "slow", "(moves of stages)"]
        assert table["withheld"].sum() == pytest.approx(float(nurtured[None].estimate("withheld").mean))


def check_rates(row: pd.Series[Any], counted: list[dict[str, list[float]]], said: str) -> None:
    """Rates are total over total, of the touches that have the step; of content of all that gave it."""

    def total(figure: str) -> float:
        return sum(sum(found.get(f"{figure} {said}", [0.0])) for found in counted)

    rates = {"open_rate": ("opens", "open"), "click_rate": ("clicks", "click"), "opt_out_rate": ("opt_outs", "opt_out")}
    rates["response_rate"] = ("responses", "")
    for rate, (over, step) in rates.items():
        under = total(f"deliveries with {step}" if step and said.startswith("of ") else "delivered")
        if rate in row and under > 0:
            assert row[rate] == pytest.approx(total(over) / under), (said, rate)
        elif rate in row:
            assert np.isnan(row[rate]), (said, rate)


def test_the_profile_of_scores_is_that_of_the_log(nurture: Scenario, nurtured: dict[str | None, Result]) -> None:
    table = nurtured["segment"].score_profile()
    counted = [Story(nurture, 13, replication).count() for replication in range(6)]
    bands = ["below 10", "10 to 20", "20 to 30", "30 and more"]
    assert list(table["band"]) == bands * 4
    for place, row in enumerate(table.itertuples()):
        period, band = divmod(place, 4)
        leads = np.array([found[f"band {band}"][period] for found in counted])
        created = np.array([found["new_leads"][period] for found in counted])
        assert row.leads == pytest.approx(leads.mean())
        assert row.share == pytest.approx(leads.sum() / created.sum())
    assert (table.groupby("period")["share"].sum().round(12) == 1).all()
    with pytest.raises(ValueError, match="leads have no score in this scenario"):
        fs.simulate(fs.load("scenarios/trunk.yaml").set({"horizon": "30d"}), replications=1).score_profile()


def test_the_quality_of_the_fit_is_that_of_all_pairs(nurture: Scenario, nurtured: dict[str | None, Result]) -> None:
    result = nurtured["need"]
    got = result.metric("auc[need=all]", over="horizon").to_numpy()
    for replication in range(3):
        story = Story(nurture, 13, replication)
        story.count()
        pairs = [
            1.0 if of_won > of_other else 0.5 if of_won == of_other else 0.0
            for of_won, won in story.fits
            for of_other, other_won in story.fits
            if won and not other_won
        ]
        assert got[replication] == pytest.approx(np.mean(pairs))
    np.testing.assert_array_equal(got, nurtured[None].metric("auc", over="horizon"))
    with pytest.raises(ValueError, match="measured over the horizon only"):
        result.metric("auc")


def test_where_leads_leave(nurture: Scenario, nurtured: dict[str | None, Result]) -> None:
    result = nurtured["channel"]
    table = result.where_leads_leave().set_index(["kind", "name"])
    assert list(table.index) == [
        *(("stage", name) for name in nurture.stages),
        *(("track", name) for name in nurture.tracks),
    ]
    for (kind, name), row in table.iterrows():
        came, there, stalled = (
            (name, "in_", "stalled_") if kind == "stage" else (f"joined_{name}", "in_track_", "stalled_track_")
        )
        assert row["came"] == pytest.approx(float(result.estimate(came).mean))
        assert row["there"] == pytest.approx(float(result.estimate(f"{there}{name}").mean))
        assert row["stalled"] == pytest.approx(float(result.estimate(f"{stalled}{name}").mean))
        if kind == "track":
            assert row["left"] == pytest.approx(float(result.estimate(f"left_{name}").mean))


def test_the_comparison_notices_one_click_less(nurture: Scenario, nurtured: dict[str | None, Result]) -> None:
    story = Story(nurture, 13, 0)
    click = next(
        row for rows in story.leads for row in rows if row["move"] == "mail.click" and row["outcome"] == "passed"
    )
    click["move"] = "mail.open"
    with pytest.raises(AssertionError, match="clicks"):
        compare(nurtured[None], 0, story.count())
