"""Random scenarios: what is loaded, dumped, set and damaged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from funnelsim.scenario import Scenario, ScenarioError, load, loads
from funnelsim.scenario.paths import format_path
from funnelsim.scenario.show import draw as draw_funnel
from funnelsim.scenario.show import sentences
from funnelsim.scenario.words import WIDTH, width
from funnelsim.scenario.writing import write_yaml
from tests.scenario import random_marketing

VALID = Path(__file__).parent.parent / "scenarios" / "valid"
CORPUS = sorted(path for path in VALID.glob("*.yaml") if not path.stem.endswith(".resolved"))

durations = st.builds(lambda n, unit: f"{n}{unit}", st.integers(8, 400), st.sampled_from(["d", "h", " weeks", "min"]))
pairs = st.tuples(st.integers(1, 20), st.integers(21, 400))
waits: st.SearchStrategy[Any] = st.one_of(
    durations,
    st.just("never"),
    pairs.map(lambda pair: f"{pair[0]} to {pair[1]}d"),
    pairs.map(lambda pair: f"between {pair[0]}h and {pair[1]}d"),
    pairs.map(lambda pair: {"uncertain": f"{pair[0]}d to {pair[1]}d"}),
    durations.map(lambda mean: {"dist": "exponential", "mean": mean}),
    durations.map(lambda scale: {"dist": "weibull", "shape": {"uncertain": "0.5 to 2"}, "scale": scale}),
    st.lists(durations, min_size=1, max_size=3).map(lambda values: {"dist": "empirical", "values": values}),
)
percentages = st.integers(0, 1000).map(lambda n: f"{n / 10}%")
chances = st.one_of(
    percentages,
    st.integers(1, 49).map(lambda n: {"uncertain": f"{n}% to {n + 50}%"}),
    st.tuples(percentages, percentages).map(lambda pair: {"segment": {"small": pair[0], "big": pair[1]}}),
    st.tuples(percentages, percentages).map(lambda pair: {"line": {"mobile": pair[0], "switchboard": pair[1]}}),
    st.lists(percentages, min_size=1, max_size=3).map(lambda values: {"attempt": values}),
)
costs = st.one_of(st.integers(0, 10**6), st.integers(0, 10**6).map(lambda n: n / 10_000), st.just("1.5k"))
odds = st.fixed_dictionaries(
    {},
    optional={"segment": st.just({"big": 0.5}), "visit": st.just([1, 0.8]), "channel": st.just({"search": 2})}
    | {"line": st.just({"switchboard": 0.6})},
)
lengths = st.one_of(durations, pairs.map(lambda pair: {"uncertain": f"{pair[0]}d to {pair[1]}d"}))
works = waits.filter(lambda wait: wait != "never")
priorities = st.one_of(st.integers(-5, 5), st.just({"uncertain": "between -1 and 2"}))
limits = st.one_of(st.just("unlimited"), st.integers(1, 90), st.just({"uncertain": "20 to 40"}))


def ways(stages: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Draw where something leads, with or without a reason."""
    return st.one_of(stages, stages.map(lambda stage: {"to": stage, "as": "rejected"}))


@st.composite
def scripts(draw: st.DrawFn, stages: st.SearchStrategy[str]) -> dict[str, Any]:
    step = st.fixed_dictionaries({}, optional={"takes": works, "chance": chances, "odds": odds, "else": ways(stages)})
    return draw(st.dictionaries(st.sampled_from(["sentence", "talk", "transfer"]), step, max_size=2))


@st.composite
def teams(draw: st.DrawFn) -> dict[str, Any]:
    """A team that is shared, and one that owns leads."""
    person = st.fixed_dictionaries(
        {}, optional={"pace": st.sampled_from([0.5, 2]), "picks": st.just("even"), "from": st.just("2026-02-01")}
    )
    named = st.fixed_dictionaries({"anna": person, "ben": person})
    counted = st.one_of(st.integers(1, 99), st.just({"uncertain": "between 3 and 6"}))
    numbers = st.one_of(st.integers(1, 9), st.just({"uncertain": "between 3 and 6"}))
    scheduled = st.dictionaries(st.sampled_from(["2026-01-01", "2026-03-01"]), numbers, min_size=1)
    usual = {
        "hours": st.sampled_from([7, "7.5 per day"]),
        "days_off": st.sampled_from([[], ["sat", "sun", "2026-02-02"]]),
    }
    usual |= {"salary": st.just("8_000 per month"), "discipline": st.sampled_from(["newest", "deadline", "even"])}
    telesales = draw(st.fixed_dictionaries({"people": st.one_of(counted, scheduled)}, optional=usual))
    owning = {"hold": limits, "claim_per_day": limits, "previous_owner_cooldown": lengths}
    sales = draw(st.fixed_dictionaries({"people": st.one_of(counted, named)}, optional=usual | owning))
    if "anna" in sales["people"] if isinstance(sales["people"], dict) else False:
        rule = {
            "if": {"line": "mobile", "segment": ["small", "big"]},
            "to": draw(st.sampled_from(["anna", ["anna", "ben"]])),
        }
        sales["assign"] = draw(st.sampled_from([[rule, {}], [rule, {"by": "round_robin"}], [{}]]))
    if draw(st.booleans()):
        sales["recycle_after"] = {"to": "pool", "follow_up": draw(lengths), "win_stages": ["won"]}
        sales["protection"] = {"length": "1d", "by_activity": draw(lengths)}
    if draw(st.booleans()):
        telesales["queue_limit"] = draw(st.integers(0, 50))
    return {"telesales": telesales, "sales": sales}


@st.composite
def moves(draw: st.DrawFn, stages: list[str]) -> dict[str, Any]:
    target = st.sampled_from(stages)
    move: dict[str, Any] = {"after": draw(waits), "chance": draw(chances), "to": draw(ways(target))}
    if draw(st.booleans()):
        move |= {"every": draw(waits), "attempts": draw(st.sampled_from([1, 3, "auto", "unlimited"]))}
    for field, values in (("else", ways(target)), ("cost", costs), ("odds", odds), ("reference", st.booleans())):
        if draw(st.booleans()):
            move[field] = draw(values)
    if draw(st.booleans()):
        move |= {"team": "telesales", "takes": draw(works), "priority": draw(priorities)}
        move["script"] = draw(scripts(target))
    return move


@st.composite
def deadlines(draw: st.DrawFn) -> dict[str, Any]:
    extend = {"by": "7d", "times": draw(st.integers(1, 3)), "chance": draw(percentages), "per_owner": draw(limits)}
    deadline = {"after": draw(durations), "to": {"to": "pool", "as": "expired"}}
    return deadline | draw(st.sampled_from([{}, {"extend": extend}]))


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """A sparse file: a chain of stages, each of which leads on, and more moves that lead anywhere."""
    chain = [f"s{number}" for number in range(draw(st.integers(1, 4)))]
    targets = [*chain, "pool", "won"]
    stages: dict[str, Any] = {}
    for stage, follower in zip(chain, [*chain[1:], "pool"], strict=True):
        more = draw(st.dictionaries(st.sampled_from(["call", "mail", "drop"]), moves(targets), max_size=2))
        stages[stage] = {"moves": {**more, "next": {"after": draw(durations), "chance": draw(chances), "to": follower}}}
        if draw(st.booleans()):
            stages[stage] |= {"owner": "sales"}
            stages[stage]["moves"] |= {"work": {"takes": draw(works), "every": "2d"}, "expire": draw(deadlines())}
    stages["s0"]["moves"]["next"] |= {"event": "form", "warmth": draw(random_marketing.points)}
    frameworks = {}
    if draw(st.booleans()):
        qualify = stages["s0"]["moves"]["next"]["qualify"] = draw(random_marketing.qualifying)
        frameworks = {"ours": ["need"]} if qualify["by"] == "ours" else {}
    stages["pool"] = {"track": "monthly", "moves": {"robot": {"team": "telesales", "every": "90d", "to": "owned"}}}
    if draw(st.booleans()):
        stages["pool"] |= {
            "track": draw(random_marketing.track_rules("monthly")),
            "score": {"s0": draw(st.integers(1, 90))},
        }
    stages["owned"] = {"owner": "sales", "moves": {"expire": draw(deadlines())}, "win_rate": draw(percentages)}
    stages["won"] = draw(st.sampled_from([{}, {"value": "5k to 90k"}, {"label": "成交", "value": 100}]))
    stages["won"] |= {"win_rate": "100%"}
    file: dict[str, Any] = {
        "format": 1,
        "name": draw(st.text(st.characters(codec="utf-8"), min_size=1, max_size=10)),
        "start": "2026-01-15",
        "horizon": draw(st.sampled_from(["6 months", "1 year", "200d"])),
        "segments": {"small": {"share": "80%"}, "big": {"share": "20%", "traits": draw(random_marketing.own_shares)}},
        "traits": {
            "line": {"mobile": "70%", "switchboard": "30%"},
            "need": {"yes": 0.5, "no": {"uncertain": "40% to 60%"}},
        },
        "observed": {"need_seen": {"of": "need", "error": draw(random_marketing.errors)}},
        "frameworks": frameworks,
        "scoring": draw(random_marketing.scoring),
        "fatigue": draw(random_marketing.fatigue),
        "teams": draw(teams()),
        "channels": {
            "search": {"leads": f"{draw(st.integers(0, 5000))} per month", "enters": "s0", "cost": draw(costs)},
            "base": {
                "backlog": draw(st.integers(0, 10**6)),
                "enters": "pool",
                "age": "30d to 700d",
                "traits": draw(random_marketing.own_shares),
            },
        },
        "stages": stages,
        "content": draw(random_marketing.content),
        "touches": {
            "mail": draw(random_marketing.touches(chances, costs)),
            "sms": {"response": draw(chances), "warmth": 1, "content": "all"},
        },
        "limits": draw(random_marketing.limits),
        "tracks": draw(random_marketing.tracks(waits, odds)),
    }
    if draw(st.booleans()):
        shares = {"traits.line.mobile": "50%", "traits.line.switchboard": "50%", "teams.sales.hold": draw(limits)}
        file["changes"] = [{"from": "2026-03-01", "set": {"stages.s0.moves.next.after": draw(waits), **shares}}]
    if draw(st.booleans()):
        file["variants"] = {"other": {"set": {"tracks.monthly.cadence": draw(waits)}}}
    return file


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, Any]:
    path, values = draw(
        st.sampled_from(
            [
                ("stages.s0.moves.next.after", waits),
                ("stages.s0.moves.next.chance", chances),
                ("stages.s0.moves.next.every", durations),
                ("stages.s0.moves.extra", moves(["s0", "won"])),
                ("channels.search.leads", st.just("5 per week")),
                ("tracks.monthly.cadence", waits),
                ("touches.mail.cost", costs),
                ("warm_up", st.just("2 months")),
                ("teams.telesales.people", st.sampled_from([3, {"2026-01-01": 2}])),
                ("teams.sales.hold", limits),
                ("stages.owned.moves.expire", deadlines()),
                ("stages.s0.moves.next.odds.line", st.just({"mobile": 2})),
                ("touches.sms.response", chances),
                ("touches.mail.active", st.booleans()),
                ("tracks.monthly.paused", random_marketing.conditions()),
                ("tracks.monthly.touches", st.just(["mail", {"touch": "sms", "wait": "3d"}])),
                ("scoring.half_life", random_marketing.half_lives),
                ("stages.pool.track", random_marketing.track_rules("monthly")),
                ("limits.all", random_marketing.frequencies),
            ]
        )
    )
    return path, draw(values)


def put(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Write a value into a sparse file."""
    name, _, rest = path.partition(".")
    return {**data, name: put(data.get(name, {}), rest, value) if rest else value}


@given(files())
def test_what_is_dumped_loads_to_the_same(file: dict[str, Any]) -> None:
    scenario = loads(write_yaml(file))
    text = scenario.dump()
    again = loads(text)
    assert again == scenario
    assert again.dump() == text
    assert list(again.stages) == list(scenario.stages)
    assert [list(stage.moves) for stage in again.stages.values()] == [list(s.moves) for s in scenario.stages.values()]
    assert again.regimes() == scenario.regimes()
    for name in scenario.variants:
        assert again.variant(name) == scenario.variant(name)


@given(files(), edits())
def test_setting_is_as_writing_it_into_the_file(file: dict[str, Any], edit: tuple[str, Any]) -> None:
    path, value = edit
    scenario = loads(write_yaml(file))
    expected = loads(write_yaml(put(file, path, value)))
    assert scenario.set({path: value}) == expected
    assert loads(scenario.dump()).set({path: value}) == expected


@given(files())
def test_any_scenario_can_be_shown(file: dict[str, Any]) -> None:
    scenario = loads(write_yaml(file))
    for text in (draw_funnel(scenario), sentences(scenario)):
        assert all(width(line) <= WIDTH for line in text.splitlines())
        assert all(name in text for name in (*scenario.stages, *scenario.teams, *scenario.traits))


def read(text: str | bytes, folder: Path) -> tuple[Scenario | None, ScenarioError | None]:
    """Load what may be anything: a scenario, or why it is refused."""
    path = folder / "damaged.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    try:
        return load(path), None
    except ScenarioError as error:
        return None, error


def assert_clear(error: ScenarioError) -> None:
    assert error.problems
    assert all(problem.message for problem in error.problems)
    assert len(str(error).splitlines()) == len(error.problems)


syntax = [*"{}[]:-,&*|>%#?\"'", "<<: ", "!!int ", "---", "0", "-1", "null", "true", ".nan", "1e999", "…"]
vocabulary = ["never", "none", "keep", "40%", " to ", "7d", " per month", "uncertain", "dist", "lead", "won", "trigger"]
oddities = ["\n", " ", ": ", "- ", "\t", "extends: minimal.yaml\n", "2026-02-30", "\\ud800", "\ufeff", "\x00"]
pieces = st.sampled_from([*syntax, *vocabulary, *oddities])


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_files_are_scenarios_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(CORPUS)).read_text(encoding="utf-8")
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 12)))
        text = text[:start] + data.draw(pieces) + text[end:]
    scenario, error = read(text, tmp_path)
    if scenario is not None:
        assert loads(scenario.dump()) == scenario
    elif error is not None:
        assert_clear(error)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200)))
def test_anything_is_refused_in_order(tmp_path: Path, content: bytes | str) -> None:
    scenario, error = read(content, tmp_path)
    assert scenario is None
    assert error is not None
    assert_clear(error)


def leaves(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the paths of all that is set, beside changes, variants and lists of settings."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, tuple | list) else ()
    for name, below in items:
        if name not in ("changes", "variants"):
            yield (*path, name)
            yield from leaves(below, (*path, name))


def damaged(data: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """Return data with another value at a path."""
    if not path:
        return value
    if isinstance(data, dict):
        return {name: damaged(item, path[1:], value) if name == path[0] else item for name, item in data.items()}
    return [damaged(item, path[1:], value) if number == path[0] else item for number, item in enumerate(data)]


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_what_cannot_be_read_makes_nothing_else_wrong(data: st.DataObject) -> None:
    scenario = load(data.draw(st.sampled_from(CORPUS)))
    path = data.draw(st.sampled_from(list(leaves(scenario.data()))))
    value = data.draw(st.sampled_from(["???", -1, ["???"]]))
    try:
        loads(write_yaml(damaged(scenario.data(), path, value)))
    except ScenarioError as error:
        written = format_path(path)
        if path[-1] in ("amount", "per") or len(path) == 1:
            return
        for problem in error.problems:
            near = problem.path.startswith(written) or written.startswith(problem.path)
            assert near, (written, value, str(problem))


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), durations, percentages),
    lambda below: st.one_of(
        st.lists(below, max_size=3),
        st.dictionaries(
            st.sampled_from(["dist", "uncertain", "values", "segment", "month", "amount", "per", "low", "moves", "x"]),
            below,
            max_size=3,
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=300)
@given(st.data())
def test_any_value_in_any_field_is_read_or_refused(data: st.DataObject) -> None:
    scenario = load(data.draw(st.sampled_from(CORPUS)))
    paths = [()]
    for path in paths:
        below = scenario.data()
        for part in path:
            below = below[part]
        if isinstance(below, dict):
            paths += [(*path, part) for part in below if part != "set"]
    path = data.draw(st.sampled_from([path for path in paths if path]))
    assert_set_or_clear(scenario, {".".join(path): data.draw(json_values)})


def assert_set_or_clear(scenario: Scenario, values: dict[str, Any]) -> None:
    try:
        made = scenario.set(values)
    except ScenarioError as refused:
        error = refused
    else:
        assert loads(made.dump()) == made
        return
    assert_clear(error)
