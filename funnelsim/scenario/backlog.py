"""What stands there at the start, lead by lead: the backlog of a scenario, and how it fits with the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from funnelsim.scenario import kinds
from funnelsim.scenario.cases import Case
from funnelsim.scenario.known import unknown
from funnelsim.scenario.parts import Part
from funnelsim.scenario.problems import Finding
from funnelsim.scenario.snapshots import OpenLead

if TYPE_CHECKING:
    from funnelsim.scenario.models import Scenario


class Backlog(Part):
    """The leads that are open at the start, as a CRM shows them."""

    file: Annotated[str | None, kinds.SNAPSHOT_FILE] = Field(
        None, description="A CSV file in the folder of the scenario, one open lead a line; it is read on loading."
    )
    ignore: tuple[str, ...] = Field((), description="Columns of the file that are not read.")
    channel: str | None = Field(None, description="The channel of leads for which the file names none.")
    source: str = Field("", description="The name of the file that the leads came from.")
    leads: Annotated[tuple[OpenLead, ...], kinds.OPEN_LEADS] = Field(
        (), description="The leads, as they were read: lines of text with a key in the place of the id."
    )


def channel_of(scenario: Scenario, lead: OpenLead) -> str | None:
    """Return the channel of an open lead."""
    return lead.channel or (scenario.backlog.channel if scenario.backlog else None)


def open_leads(scenario: Scenario) -> tuple[OpenLead, ...]:
    """Return the leads of the backlog."""
    return scenario.backlog.leads if scenario.backlog else ()


# ---------------------------------------------------------------- rules
def _there_are_leads(case: Case) -> Iterator[Finding]:
    if case.scenario.backlog is not None and not case.scenario.backlog.leads and case.sure("backlog"):
        yield ("backlog",), "a backlog needs a file of open leads, as in backlog: {file: pipeline.csv}"


def _names_exist(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    if scenario.backlog is None:
        return
    leads, channel = scenario.backlog.leads, scenario.backlog.channel
    if channel is not None and channel not in scenario.channels and case.sure("backlog.channel", "channels"):
        yield ("backlog", "channel"), unknown(channel, "channel", scenario.channels)
    if not case.sure("backlog", "stages", "channels", "segments"):
        return
    named = (
        ("stage", scenario.stages, Counter(lead.stage for lead in leads)),
        ("channel", scenario.channels, Counter(lead.channel for lead in leads if lead.channel)),
        ("segment", scenario.segments, Counter(lead.segment for lead in leads if lead.segment)),
    )
    for kind, known, counted in named:
        for name, number in counted.items():
            if name not in known:
                yield ("backlog", "leads"), f"{unknown(name, kind, known)}, which {_these(number)} of the backlog"
    if without := sum(channel_of(scenario, lead) is None for lead in leads):
        message = f"no channel is named for {without} of the leads; name one for all such, as in {{channel: search}}"
        yield ("backlog", "channel"), message


def _these(number: int) -> str:
    return "one lead is of" if number == 1 else f"{number} leads are of"


def _owners_exist(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    if not case.sure("backlog", "teams", "stages.*.owner"):
        return
    for stage, owner in dict.fromkeys((lead.stage, lead.owner) for lead in open_leads(scenario) if lead.owner):
        team = scenario.stages[stage].owner if stage in scenario.stages else None
        people = scenario.teams[team].persons if team and team in scenario.teams else None
        if stage in scenario.stages and owner not in (people or ()):
            message = f"'{owner}' owns leads in '{stage}', and is no person of the team that does"
            yield ("backlog", "leads"), f"{message}; name the owner of the stage and its people, or ignore the column"


def _something_can_happen(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    for name, number in Counter(lead.stage for lead in open_leads(scenario)).items():
        stage = scenario.stages.get(name)
        if stage is not None and stage.is_final and case.sure(("stages", name), "backlog"):
            message = f"'{name}' is final, so that nothing would happen to {number} of these leads"
            yield ("backlog",), f"{message}; leave them out of the file"


def _values_are_earned(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    if not case.sure("backlog", "stages"):
        return
    valued = any(lead.value is not None for lead in open_leads(scenario))
    if valued and all(stage.value is None for stage in scenario.stages.values()):
        message = "leads have a value that none of them ever earns; give the stage of the won a 'value' for all others"
        yield ("backlog",), f"{message}, or ignore the column"


BACKLOG_RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    _there_are_leads,
    _names_exist,
    _owners_exist,
    _something_can_happen,
    _values_are_earned,
)
"""The rules of this module, each yielding what is wrong with a scenario."""
