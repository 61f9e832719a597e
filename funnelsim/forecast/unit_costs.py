"""What a lead, an MQL, an SQL, an opportunity or a customer costs: by period and by cohort, full and marginal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from funnelsim.forecast import cost_tables, cost_texts
from funnelsim.forecast.cost_tables import NEW_LEADS
from funnelsim.forecast.incremental import Incremental, incremental
from funnelsim.forecast.marginal import ALL, Marginal, channels_of, last_part, spending_less
from funnelsim.forecast.run_on import longer, whole_cohorts
from funnelsim.metrics.names import check_by, trunk_of
from funnelsim.metrics.progress import progress_bar
from funnelsim.metrics.result import By, Result
from funnelsim.metrics.simulate import Settings, check_room, check_scenario, run
from funnelsim.scenario import Scenario
from funnelsim.scenario.problems import near_miss

if TYPE_CHECKING:
    import pandas as pd

RUN_ON = "12 months"
"""How long runs go on after the horizon if nothing else is said."""


def unit_costs(
    of: Scenario | Result,
    *,
    by: By = None,
    run_on: str | None = RUN_ON,
    marginal: bool = True,
    tracks: bool = False,
    replications: int = 1000,
    seed: int = 1,
    progress: bool | None = None,
    threads: int | None = None,
) -> UnitCosts:
    """Say what leads, and entries into each stage of the trunk and of the won, cost.

    Parameters
    ----------
    of : Scenario or Result
        Of a result its scenario, replications, seed and engine are taken, and what it is grouped by; it is not run
        again if it has cohorts.
    by : str, optional
        ``channel``, ``segment`` or a trait, to divide everything but what is marginal.
    run_on : str or None
        How long runs go on after the horizon, flow included, so that what its leads become and cost later is seen (see
        `funnelsim.forecast.run_on`); None: cohorts are shown as they are at the end of the horizon.
    marginal : bool
        Whether to run once more without the last 10% of the budget of all channels, and of each.
    tracks : bool
        Whether to run once more without each track (`funnelsim.incremental`), over the horizon.
    replications, seed, progress, threads
        As in `funnelsim.simulate`.

    Returns
    -------
    UnitCosts

    Raises
    ------
    TypeError, ValueError
        For arguments that make no sense, where leads cannot be grouped so or there is no track, where the scenario does
        not say what happens after its horizon, and where the results would take too much memory.
    """
    scenario, settings = meant(of, by, replications, seed, threads)
    if tracks and not scenario.tracks:
        raise ValueError(f"'{scenario.name}' has no tracks to tell costs by")
    later = None if run_on is None else longer(scenario, run_on)
    less = {name: spending_less(later or scenario, some) for name, some in _sets(scenario).items()} if marginal else {}
    check_room([scenario, *([later] if later else []), *list(less.values())[:1]], settings)
    ready = isinstance(of, Result) and of.cohorts
    runs = (not ready) + (later is not None) + len(less)
    with progress_bar(runs * settings.replications, progress, "replications") as done:
        now = of if isinstance(of, Result) and of.cohorts else run(scenario, settings, done)
        after = None if later is None else run(later, settings, done)
        units, cohorts = units_of(scenario), None if after is None else whole_cohorts(now, after)
        margins: dict[str, dict[str, Marginal]] = {unit: {} for unit in units}
        for name, other in less.items():
            result = run(other, settings, done)
            for unit in units:
                margins[unit][name] = last_part(after or now, result, unit, cohorts)
    again: dict[str, Any] = {"replications": settings.replications, "seed": settings.seed, "threads": threads}
    by_track = incremental(scenario, "track", goal_and_spend(scenario), progress=progress, **again) if tracks else None
    return UnitCosts(now, after, units, margins, by_track)


def meant(
    of: Scenario | Result, by: By, replications: int, seed: int, threads: int | None
) -> tuple[Scenario, Settings]:
    """Return what is to be run, and how, after a look at both."""
    if isinstance(of, Result):
        if by not in (None, of.by):
            raise ValueError(f"the result is {_grouped(of.by)}, not grouped by '{by}'; give its scenario instead")
        return of.scenario, Settings(of.replications, of.seed, of.engine, of.by, cohorts=True, threads=threads)
    check_scenario("of", of)
    check_by(by, of)
    return of, Settings(replications, seed, by=by, cohorts=True, threads=threads)


def _grouped(by: By) -> str:
    return "not grouped" if by is None else f"grouped by '{by}'"


def _sets(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """Return the channels on which less is to be spent: all together, then each where there are several."""
    names = channels_of(scenario)
    return {ALL: names, **({name: (name,) for name in names} if len(names) > 1 else {})} if names else {}


def units_of(scenario: Scenario) -> tuple[str, ...]:
    """Return what costs are told of: leads created, the stages of the trunk, and those of the won.

    Without the trunk's first stage, where all leads enter that are created: there is one figure of both.
    """
    trunk = trunk_of(scenario)
    if all(scenario.channels[name].enters == trunk[0] for name in channels_of(scenario)):
        trunk = trunk[1:]
    won = [name for name, stage in scenario.stages.items() if stage.value is not None or stage.win_rate == 1.0]
    return (NEW_LEADS, *dict.fromkeys((*trunk, *won)))


def goal_of(scenario: Scenario) -> str:
    """Return the unit that people look at first: ``sql`` where there is one, else the last of all."""
    units = units_of(scenario)
    return "sql" if "sql" in units else units[-1]


def goal_and_spend(scenario: Scenario) -> tuple[str, str]:
    """Return the metrics that tell what a track costs and brings."""
    return goal_of(scenario), "spend"


@dataclass(frozen=True, eq=False, repr=False)
class UnitCosts:
    """What units cost; money in the currency of the scenario.

    Attributes
    ----------
    now : Result
        Over the horizon, with cohorts.
    later : Result or None
        The same run, gone on after the horizon; None where it did not.
    units : tuple of str
        ``new_leads`` and stages.
    margins : mapping of str to mapping of str to Marginal
        By unit, then by channel, ``all`` first; empty where that was not asked for.
    by_track : Incremental or None
        What tracks add.
    """

    now: Result
    later: Result | None
    units: tuple[str, ...]
    margins: Mapping[str, Mapping[str, Marginal]]
    by_track: Incremental | None

    def by_unit(self) -> pd.DataFrame:
        """Return what each unit costs over the horizon, in full.

        Returns
        -------
        DataFrame
            `unit`, `group` (``all``, then each), mean `spend` and `number`, `cost` (total over total), `low` and `high`
            (a 95% interval of the expected cost, by the jackknife), `p10`, `p50` and `p90` (over replications).
        """
        return cost_tables.by_unit(self.now, self.units)

    def by_part(self) -> pd.DataFrame:
        """Return what the money goes to over the horizon.

        Returns
        -------
        DataFrame
            `group`, `part` (``media``, ``leads``, ``touches``, ``moves``, ``labour``, each overhead, and ``total``, of
            which the others are the exact parts), mean `spend`, its `share`, and ``per_<unit>`` of every unit.
        """
        return cost_tables.by_part(self.now, self.units)

    def parts_by_period(self, unit: str | None = None) -> pd.DataFrame:
        """Return what each part adds to the cost of a unit in each period.

        Parameters
        ----------
        unit : str, optional
            By default the one that people look at first.

        Returns
        -------
        DataFrame
            `period`, `part` and `cost`; the costs of a period add up to that of `by_period`.

        Raises
        ------
        ValueError
            For a unit that there is not, with a near miss.
        """
        return cost_tables.parts_by_period(self.now, self.unit(unit))

    def unit(self, name: str | None) -> str:
        """Return a unit by its name, or without one that which people look at first.

        Raises
        ------
        ValueError
            For a unit that there is not, with a near miss.
        """
        if name is not None and name not in self.units:
            raise ValueError(f"no unit '{name}'{near_miss(name, self.units, 'units')}")
        return name or self.goal

    def by_period(self) -> pd.DataFrame:
        """Return what each unit costs in each period: the columns of `by_unit` with `period`, its first moment."""
        return cost_tables.by_period(self.now, self.units)

    def by_cohort(self) -> pd.DataFrame:
        """Return what each unit costs by period of creation, so far and matured.

        Returns
        -------
        DataFrame
            `unit`, `group`, `cohort` (``before the start``, dates, and ``since the start`` for all cohorts of the
            horizon together); at the end of the horizon mean `spend`, `number` (leads that ever became one) and `cost`;
            what comes later, `spend_to_come` and `number_to_come`; the cost in the end, `matured`, with `low` to `high`
            (its 95% interval) and `p10`, `p50`, `p90`; and the leads that may still move on then, `in_flight`. What
            comes later is NaN where the run does not go on, and of a last cohort that the horizon cuts off.
        """
        return self._by_cohort.copy()

    @cached_property
    def _by_cohort(self) -> pd.DataFrame:
        return cost_tables.by_cohort(self.now, self.later, self.units)

    def marginal(self) -> pd.DataFrame:
        """Return what the last 10% of the budget cost and brought.

        Returns
        -------
        DataFrame
            `unit`, `channel` (``all`` first), and the fields of `funnelsim.forecast.marginal.Marginal`.
        """
        import pandas as pd

        rows = [
            {"unit": unit, "channel": name, **found._asdict()}
            for unit, by_channel in self.margins.items()
            for name, found in by_channel.items()
        ]
        return pd.DataFrame(rows, columns=["unit", "channel", *Marginal._fields])

    def tracks(self) -> pd.DataFrame:
        """Return what each track costs and brings over the horizon.

        Returns
        -------
        DataFrame
            `track`, `unit` (the one that people look at first), the mean `cost_of_touches`, the SQLs of leads `touched`
            in it before (which says little), and what it truly adds: `spend`, `number` with `number_low` to
            `number_high`, and `cost` for each of them (NaN where the interval of the number holds 0).

        Raises
        ------
        ValueError
            Where tracks were not asked for.
        """
        if self.by_track is None:
            raise ValueError("tracks were not asked for; give tracks=True")
        return cost_tables.by_track(self.by_track, goal_of(self.now.scenario))

    @property
    def goal(self) -> str:
        """The unit that people look at first."""
        return goal_of(self.now.scenario)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints: what was run, every table as records, and for which decision each is."""
        return cost_texts.to_dict(self)

    def __repr__(self) -> str:
        return cost_texts.text(self)

    def _repr_html_(self) -> str:
        return cost_texts.html(self)
