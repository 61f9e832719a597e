"""Compares budgets, levels of spend and splits of it, on the same luck: what each brings, costs and risks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from funnelsim.forecast.accounts import Account, account_of, longer, num_periods
from funnelsim.forecast.budget_report import Budgets
from funnelsim.forecast.full_teams import FullTeam, full_since, full_team, one_more
from funnelsim.metrics.progress import progress_bar
from funnelsim.metrics.simulate import Settings, check_room, check_scenario
from funnelsim.program import calendar as cal
from funnelsim.scenario import Place, Problem, Scenario, ScenarioError
from funnelsim.scenario.kinds import HORIZON
from funnelsim.scenario.problems import RefusedError
from funnelsim.scenario.quantities import Span

if TYPE_CHECKING:
    from funnelsim.engines.log import Engine

Given = Mapping[str, Mapping[str, Any]]
"""By the name of a budget what is set for it, as `Scenario.budget` takes it."""


def budgets(
    scenario: Scenario,
    budgets: Given | None = None,
    *,
    run_on: str | None = None,
    one_more_person: bool = True,
    replications: int = 500,
    seed: int = 1,
    engine: Engine = "kernel",
    progress: bool | None = None,
    threads: int | None = None,
) -> Budgets:
    """Run a scenario under several budgets with the same luck, and compare what they bring and cost.

    Parameters
    ----------
    scenario : Scenario
    budgets : mapping of str to mapping, optional
        By name what is set, as `Scenario.budget` takes it: ``{"today": {}, "plus 20%": {"spend": "+20%"}}``. By default
        those of the scenario. The first is the one that the others are compared with.
    run_on : str, optional
        For how long each run goes on after the horizon, such as ``"6 months"``, flow included, so that wins that land
        late are credited: of leads created before the end of the horizon all counts then, of later ones nothing.
        Without it counts what happens within the horizon.
    one_more_person : bool
        Whether to run a budget once more for each team that is full, with one more person.
    replications, seed, engine, progress, threads
        As in `funnelsim.simulate`.

    Returns
    -------
    Budgets

    Raises
    ------
    ScenarioError
        With all that is wrong with all budgets, before anything runs.
    TypeError, ValueError
        For other arguments that make no sense.
    """
    by = "segment" if scenario_of(scenario).segments else None
    span = read_run_on(scenario, run_on)
    settings = Settings(replications, seed, engine, by, span is not None, threads)
    given, labels = named_budgets(scenario, budgets)
    scenarios = budgeted(scenario, given, span)
    for each in scenarios.values():
        check_room([longer(each, span)], settings)
    accounts: dict[str, Account] = {}
    full: dict[str, tuple[FullTeam, ...]] = {}
    with progress_bar(replications * len(scenarios), progress, "replications") as done:
        for name, each in scenarios.items():
            accounts[name] = account_of(each, span, settings, done)
            full[name] = full_teams(each, accounts[name], span, settings, one_more_person)
    return Budgets(scenario, labels, accounts, full, replications, seed, engine, None if span is None else str(run_on))


def full_teams(
    scenario: Scenario, account: Account, run_on: Span | None, settings: Settings, one_more_person: bool
) -> tuple[FullTeam, ...]:
    """Return the teams that are full, with what one more person of each would be worth."""
    found = []
    for team in account.busy:
        if (since := full_since(account, team)) is not None:
            more = one_more(scenario, team) if one_more_person else None
            with_more = None if more is None else account_of(more, run_on, settings, lambda _: None)
            found.append(full_team(account, team, since, with_more))
    return tuple(found)


# ---------------------------------------------------------------- what is asked for
def scenario_of(scenario: Scenario) -> Scenario:
    """Refuse what is no scenario."""
    check_scenario("scenario", scenario)
    return scenario


def named_budgets(scenario: Scenario, given: Given | None) -> tuple[Given, dict[str, str]]:
    """Return budgets by name, and what they are called; those of the scenario where none are given."""
    if given is None:
        if not scenario.budgets:
            raise ValueError(
                f"'{scenario.name}' has no budgets: give some, as in {{'today': {{}}, 'more': {{'spend': '+20%'}}}}, "
                "or write them into its file under 'budgets'"
            )
        given = {name: dict(budget.set) for name, budget in scenario.budgets.items()}
        return given, {name: budget.label or name for name, budget in scenario.budgets.items()}
    if not isinstance(given, Mapping) or not all(isinstance(settings, Mapping) for settings in given.values()):
        raise TypeError("budgets map names to what is set, as in {'today': {}, 'plus 20%': {'spend': '+20%'}}")
    if not given:
        raise ValueError("no budgets: give at least one, such as {'today': {}}")
    return given, {str(name): str(name) for name in given}


def budgeted(scenario: Scenario, given: Given, run_on: Span | None) -> dict[str, Scenario]:
    """Return the scenario under each budget; refuse all that is wrong with any of them."""
    found: dict[str, Scenario] = {}
    problems = []
    for name, settings in given.items():
        try:
            found[str(name)] = scenario.budget(settings)
            longer(found[str(name)], run_on)
        except ScenarioError as error:
            where = Place(f"budget '{name}'")
            problems += [Problem(where, problem.path, problem.message) for problem in error.problems]
    if problems:
        raise ScenarioError(problems)
    shared = {(each.start, each.horizon, each.warm_up, each.period, each.currency) for each in found.values()}
    if len(shared) > 1:
        raise ValueError("budgets must share start, horizon, warm_up, period and currency, to be of one time and money")
    return found


def read_run_on(scenario: Scenario, run_on: str | None) -> Span | None:
    """Read for how long a run goes on after its horizon, which then has to end where a period does.

    Raises
    ------
    ValueError
        For what is no length, and where the horizon ends within a period.
    """
    if run_on is None:
        return None
    try:
        span: Span = HORIZON.read(run_on)
    except RefusedError as fault:
        raise ValueError(f"run_on: {fault}") from None
    length = cal.span_ticks(scenario.start, scenario.horizon)
    edges = cal.period_edges(scenario.start, length + cal.span_ticks(scenario.start, span), scenario.period)
    if edges[num_periods(scenario)] != length:
        raise ValueError(
            f"run_on: leads are told apart by the period in which they were created, and the horizon ends within one; "
            f"let it end where a {scenario.data()['period']} does, or set another period"
        )
    return span
