"""What a scenario does not model, read off what it does not say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from funnelsim.metrics.vocabulary import vocabulary_of
from funnelsim.scenario import Scenario
from funnelsim.scenario.quantities import ByMonth

ALWAYS = (
    "What leads say to each other, what rivals do and how the market moves: there is nothing of it but what the "
    "assumptions above name."
)


def left_out(scenario: Scenario) -> list[str]:
    """Return what a reader may take for granted and the scenario leaves out.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    list of str
        A sentence for each; the last holds for every scenario.
    """
    return [*_rates(scenario), *_people(scenario), *_touching(scenario), *_money(scenario), ALWAYS]


def _rates(scenario: Scenario) -> Iterator[str]:
    if not _holds(scenario.data(), "uncertain"):
        yield "Doubt about the rates: every one is taken as known, and the spread of the figures is luck alone."
    if not scenario.changes:
        yield "Changes on the way: rules and rates stay as they are, from the first day to the last."
    flows = [channel for channel in scenario.channels.values() if channel.leads is not None]
    seasons = any(factor != 1 for channel in flows for factor in channel.seasonality.month)
    if flows and not seasons and not any(isinstance(channel.leads, ByMonth) for channel in flows):
        yield "Seasons: as many leads are expected in each month."
    if not scenario.segments and not scenario.traits:
        yield "Differences between leads: all are of one kind, beside the channel that they come from."


def _people(scenario: Scenario) -> Iterator[str]:
    working = vocabulary_of(scenario).working
    if not working:
        yield "People's time: nobody is ever too busy, nothing waits for a person, and no salary is in any cost."
    unpaid = [scenario.teams[team].label or team for team in working if scenario.teams[team].salary is None]
    if unpaid:
        yield f"Salaries of {', '.join(unpaid)}: none is written, so that none is in any cost."


def _touching(scenario: Scenario) -> Iterator[str]:
    vocabulary = vocabulary_of(scenario)
    if not vocabulary.touching:
        yield "Nurture: nobody writes to a lead."
        return
    data = scenario.data()
    tiring = _holds([data[part] for part in ("stages", "touches", "tracks")], "fatigue", otherwise_than=1)
    if not tiring and scenario.fatigue.response == 1:
        yield "Fatigue: leads answer as readily however often they are written to."
    if not vocabulary.opting_out:
        yield "Opting out: no touch drives anybody away."


def _money(scenario: Scenario) -> Iterator[str]:
    channels = scenario.channels.values()
    if all(channel.spend is None and channel.cost == 0 for channel in channels):
        yield "What leads cost: no channel spends anything."
    valued = [name for name, stage in scenario.stages.items() if stage.value is not None]
    if not valued:
        yield "Revenue: no stage earns anything."
    for name in valued:
        if scenario.stages[name].is_final:
            label = scenario.stages[name].label or name
            yield f"What comes after '{label}': no further orders, and no customers who leave."


def _holds(data: Any, key: str, otherwise_than: object = ()) -> bool:
    """Say whether a key stands anywhere in plain data, with another value than the one given."""
    if isinstance(data, Mapping):
        return (key in data and data[key] != otherwise_than) or any(
            _holds(value, key, otherwise_than) for value in data.values()
        )
    return isinstance(data, list | tuple) and any(_holds(value, key, otherwise_than) for value in data)
