"""Sentences that say how leads answer to spend, what is left of revenue, and which budgets are compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from funnelsim.scenario import words
from funnelsim.scenario.measures import DURATION, MARGIN, MONEY, PLAIN, SHARE
from funnelsim.scenario.quantities import Rate
from funnelsim.scenario.responses import SpendResponse
from funnelsim.scenario.units import write_period

if TYPE_CHECKING:
    from funnelsim.scenario.models import Scenario


def response_sentences(response: SpendResponse, currency: str) -> Iterator[str]:
    """Say how the leads of a channel follow from its spend."""
    match response.curve:
        case "linear":
            how = "elsewhere they are in proportion to it"
        case "power":
            assert response.exponent is not None
            how = f"elsewhere they go with the power {words.number(response.exponent, PLAIN)} of it"
        case "hill":
            assert response.half is not None
            how = (
                f"elsewhere they follow a Hill curve of slope {words.number(response.slope, PLAIN)}, which reaches "
                f"half of its ceiling at {_level(response.half, currency)}"
            )
    yield f"Its leads answer to what is spent: they are as many at {_level(response.at, currency)}; {how}."
    if response.lag != 0:
        yield f"They come {words.number(response.lag, DURATION)} after the spend, in whole days."
    if response.carry_over is not None:
        carried = words.number(response.carry_over.amount, SHARE)
        yield f"Of the effect of spend {carried} is left after a {write_period(response.carry_over.per)}."


def _level(rate: Rate, currency: str) -> str:
    return f"{words.number(rate.amount, MONEY)} {currency} per {write_period(rate.per)}"


def margin_sentences(scenario: Scenario) -> Iterator[str]:
    """Say what is left of revenue, where that is not all."""
    margins = {name: segment.margin for name, segment in scenario.segments.items()}
    if any(margin != 1 for margin in margins.values()):
        said = words.join(f"{words.number(margin, MARGIN)} of {name}" for name, margin in margins.items())
        yield f"Of revenue the gross margin is left: {said}."


def budget_sentences(scenario: Scenario, said: Callable[[Any], str]) -> Iterator[str]:
    """Say which budgets there are; `said` tells settings."""
    for name, budget in scenario.budgets.items():
        yield f"{words.named(name, budget.label)}: {said(budget.set) if budget.set else 'as it is'}."
