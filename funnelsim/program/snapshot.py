"""The leads of a snapshot as records: names become positions, and keys the numbers that luck is keyed by."""

from __future__ import annotations

from collections.abc import Sequence

from funnelsim.program import records as p
from funnelsim.scenario import Scenario
from funnelsim.scenario.backlog import channel_of, open_leads

BEYOND_CHANNELS = 1 << 39
"""The bit of a lead's number that is set for leads of a snapshot: no channel has so many leads (rule 33)."""


def records(scenario: Scenario, people: Sequence[str]) -> list[tuple[int, ...]]:
    """Return the leads of a snapshot, by their keys.

    Parameters
    ----------
    scenario : Scenario
    people : sequence of str
        ``team.name`` of everybody.
    """
    stages, channels = list(scenario.stages), list(scenario.channels)
    segments, places = list(scenario.segments), {name: place for place, name in enumerate(people)}
    return [
        (
            channels.index(str(channel_of(scenario, lead))),
            stages.index(lead.stage),
            lead.created,
            lead.entered,
            p.NONE if lead.segment is None else segments.index(lead.segment),
            p.NONE if lead.owner is None else places[f"{scenario.stages[lead.stage].owner}.{lead.owner}"],
            p.NONE if lead.value is None else lead.value,
            p.NONE if lead.touches is None else lead.touches,
            int(lead.key, 16) | BEYOND_CHANNELS,
        )
        for lead in open_leads(scenario)
    ]


def names(scenario: Scenario) -> tuple[str, ...]:
    """Return what logs call the leads: by the ids of the CRM where they are known, else by their keys."""
    return tuple(scenario.open_ids.get(lead.key, f"open-{lead.key}") for lead in open_leads(scenario))
