"""What is told of the leads that are open at the start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from funnelsim.scenario import words
from funnelsim.scenario.backlog import Backlog
from funnelsim.scenario.models import Scenario


def said_open(backlog: Backlog, stages: dict[str, object]) -> str:
    """Say how many leads are open, and where they stand: ``214 open leads from pipeline.csv: 90 in mql, …``."""
    counted = Counter(lead.stage for lead in backlog.leads)
    where = [f"{counted[stage]:,} in {stage}" for stage in stages if counted[stage]]
    number = len(backlog.leads)
    source = f" from {backlog.source}" if backlog.source else ""
    return f"{number:,} open lead{'s' * (number != 1)}{source}: {words.join(where)}"


def backlog_sentences(scenario: Scenario) -> Iterator[str]:
    """Yield what is told of the backlog, if there is one."""
    if scenario.backlog is None:
        return
    leads = scenario.backlog.leads
    yield f"It starts with {said_open(scenario.backlog, dict(scenario.stages))}."
    goes_on = "Their clocks go on from when they came to their stages, with the attempts that were made since"
    told = sum(lead.touches is not None for lead in leads)
    yield f"{goes_on}{f'; of {told:,} it is known how many touches they have had' if told else ''}."
    counted = ((what, sum(getattr(lead, what) is not None for lead in leads)) for what in ("owner", "value", "segment"))
    known = [f"the {what} of {number:,}" for what, number in counted if number]
    if known:
        yield f"Of them it is known {words.join(known)}."
    if scenario.backlog.channel is not None and any(lead.channel is None for lead in leads):
        yield f"Those of whom no channel is known count as of {scenario.backlog.channel}."
