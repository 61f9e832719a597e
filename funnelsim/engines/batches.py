"""Draws for many leads at once, in loops that the compiler vectorises: the same bits as `luck` and `samplers` give.

Draws are keyed, so their order does not matter. Arrays are scratch of a `block.Block`; the first n places are meant.
"""

from __future__ import annotations

from funnelsim.engines.jit import lean
from funnelsim.engines.numerics import NEAR_AN_END, exp, log, normal_quantile_within
from funnelsim.engines.philox import Word, philox, to_unit
from funnelsim.engines.samplers import (
    EXPONENTIAL,
    GAMMA,
    GAMMA_TABLE_FROM,
    LOGNORMAL,
    UNIFORM,
    WEIBULL,
    draw,
    exponential_quantile,
    gamma_table_value,
    rounded,
    weibull_quantile,
)
from funnelsim.program import records as p


@lean
def draw_words(
    n: int, key: Word, counters: p.WordArray, leads: p.WordArray, first: p.WordArray, second: p.WordArray
) -> None:
    """Draw two words for each lead.

    Parameters
    ----------
    n : int
    key : int
        Of the purpose.
    counters, leads : (n,)
        `philox.counter` and `philox.lead_key` of each.
    first, second : (n,)
        Written.
    """
    for j in range(n):
        words = philox(counters[j], leads[j], key)
        first[j] = words[0]
        second[j] = words[1]


@lean
def draw_ticks(wait: p.Record, pool: p.FloatArray, n: int, words: p.WordArray, ticks: p.IntArray) -> None:
    """Draw a wait or an amount that is neither constant nor `NEVER` for each lead: `samplers.draw` of each word."""
    code, a, b, near = wait.code, wait.a, wait.b, 0.0
    if code == EXPONENTIAL:
        for j in range(n):
            ticks[j] = rounded(exponential_quantile(a, to_unit(words[j])))
    elif code == UNIFORM:
        for j in range(n):
            ticks[j] = rounded(a + to_unit(words[j]) * (b - a))
    elif code == LOGNORMAL:
        near = NEAR_AN_END
        for j in range(n):
            ticks[j] = rounded(exp(a + b * normal_quantile_within(to_unit(words[j]))))
    elif code == WEIBULL:
        for j in range(n):
            ticks[j] = rounded(weibull_quantile(a, b, to_unit(words[j])))
    elif code == GAMMA:
        near = GAMMA_TABLE_FROM
        offset = wait.offset
        for j in range(n):
            u = to_unit(words[j])
            inside = min(max(u, GAMMA_TABLE_FROM), 1.0 - GAMMA_TABLE_FROM)
            ticks[j] = rounded(a * gamma_table_value(pool, offset, inside))
    else:
        near = 1.0
    if near > 0.0:
        for j in range(n):
            u = to_unit(words[j])
            if min(u, 1.0 - u) < near:
                ticks[j] = draw(wait, pool, u)


@lean
def draw_gaps(lead_unit: int, n: int, words: p.WordArray, gaps: p.IntArray) -> None:
    """Draw how many more leads a Poisson channel must expect until each comes (`luck.gap`)."""
    for j in range(n):
        gaps[j] = rounded(-log(1.0 - to_unit(words[j])) * lead_unit)
