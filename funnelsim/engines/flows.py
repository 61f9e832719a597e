"""Leads and money of one replication that flow by the calendar, summed (rules 2 and 10)."""

from __future__ import annotations

import numpy as np

from funnelsim.engines.jit import lean
from funnelsim.engines.numerics import exp, log, whole
from funnelsim.engines.tables import LEAD
from funnelsim.program import records as p
from funnelsim.program.program import Recipes

TICKS_PER_DAY = 86_400_000

LARGEST_LOG = 300.0
"""Keeps powers of absurd numbers finite."""


@lean
def expect_leads(recipes: Recipes, parameters: p.FloatArray, expected: p.IntArray) -> None:
    """Sum the leads each channel expects, day by day; at most 2**31 of them."""
    terms, units = recipes.lead_term, recipes.lead_units
    for channel in range(expected.shape[0]):
        running, felt = 0.0, 0.0
        expected[channel, 0] = 0
        for day in range(units.shape[1]):
            factor = season(recipes, parameters, channel, day)
            if recipes.response[channel, 0] >= 0:
                felt = spend_felt(recipes, parameters, channel, day, felt)
                factor *= response_to(recipes.response[channel], recipes.response_days[channel, 0], parameters, felt)
            for term in range(terms.shape[0]):
                if terms[term, 0] == channel:
                    running += parameters[terms[term, 1]] * units[term, day] * factor
            expected[channel, day + 1] = int(np.floor(min(running, 2147483647.0) * LEAD + 0.5))


@lean
def spend_felt(recipes: Recipes, parameters: p.FloatArray, channel: int, day: int, before: float) -> float:
    """Return the spend whose effect a day feels, as a share of that at which leads are those written.

    It is what was spent a lag ago, and of what the day before felt the share that carries over. Before the run as much
    was spent as on its first day.
    """
    response = recipes.response[channel]
    carry_over = response[5]
    spent_on = max(0, day - whole(parameters[response[4]] / TICKS_PER_DAY))
    spent = 0.0
    for term in range(recipes.response_term.shape[0]):
        if recipes.response_term[term, 0] == channel:
            spent += parameters[recipes.response_term[term, 1]] * recipes.response_units[term, spent_on]
    spent /= parameters[response[1]]
    if carry_over < 0 or day == 0 or parameters[carry_over] <= 0.0:
        return float(spent)
    carried = exp(log(parameters[carry_over]) / recipes.response_days[channel, 1])
    return float(carried * before + (1.0 - carried) * spent)


@lean
def response_to(response: p.IntArray, per_day: float, parameters: p.FloatArray, spend: float) -> float:
    """Return what leads are multiplied by at a spend, which is a share of that at which it is 1."""
    curve = response[0]
    if curve == p.LINEAR or spend <= 0.0:
        return max(0.0, spend)
    shape = parameters[response[2]]
    there = exp(min(LARGEST_LOG, shape * log(spend)))
    if curve == p.POWER:
        return there
    half = parameters[response[3]] / parameters[response[1]] / per_day
    most = exp(min(LARGEST_LOG, shape * log(half)))
    return there / (most + there) * (1.0 + most)


@lean
def season(recipes: Recipes, parameters: p.FloatArray, channel: int, day: int) -> float:
    """Factor of a channel's leads on one day.

    That of the month multiplies. That of the weekday only moves leads within the calendar month: it is divided by the
    mean over the whole month, which so keeps its sum.
    """
    month, weekdays = recipes.day_month[day], recipes.weekday_factor[channel]
    position = recipes.month_factor[channel, recipes.month_of_year[month]]
    factor = parameters[position] if position >= 0 else 1.0
    if weekdays[0] >= 0:
        total, days = 0.0, 0
        for weekday in range(7):
            number = recipes.month_weekdays[month, weekday]
            total += parameters[weekdays[weekday]] * number
            days += number
        factor = factor * parameters[weekdays[recipes.day_weekday[day]]] / (total / days)
    return float(factor)


@lean
def spread_money(terms: p.IntArray, units: p.FloatArray, parameters: p.FloatArray, money: p.IntArray) -> None:
    """Money of each channel or team and cell, as differences of a rounded running total (rule 2)."""
    for owner in range(money.shape[0]):
        before = 0
        for cell in range(money.shape[1]):
            after = whole(sum_of_terms(terms, units, parameters, owner, cell + 1))
            money[owner, cell] = after - before
            before = after


@lean
def sum_of_terms(terms: p.IntArray, units: p.FloatArray, parameters: p.FloatArray, owner: int, edge: int) -> float:
    """Sum what has flowed to one owner by an edge of cells."""
    running = 0.0
    for term in range(terms.shape[0]):
        if terms[term, 0] == owner:
            heads = float(whole(parameters[terms[term, 2]])) if terms[term, 2] >= 0 else 1.0
            running += parameters[terms[term, 1]] * units[term, edge] * heads
    return running
