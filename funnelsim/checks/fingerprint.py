"""Fingerprints: of all that a run counted, and of the samplers that its luck came from."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from funnelsim.metrics.result import Result

LENGTH = 16
"""Hexadecimal digits of a fingerprint."""

KNOWN = """
format: 1
name: Every sampler
start: 2026-01-01
horizon: 30d
segments: {small: {share: 70%}, large: {share: 30%}}
channels:
  web: {leads: 40 per 30d, enters: constant}
  base: {backlog: 20, age: between 30d and 700d, enters: waiting}
stages:
  constant: {value: 1000, moves: {on: {to: uniform}}}
  uniform: {value: between 1000 and 2000, moves: {on: {to: range}}}
  range: {value: 1000 to 2000, moves: {on: {to: exponential}}}
  exponential: {value: {dist: exponential, mean: 1000}, moves: {on: {to: gamma}}}
  gamma: {value: {dist: gamma, mean: 1000, sd: 700}, moves: {on: {to: weibull}}}
  weibull: {value: {dist: weibull, shape: 1.7, scale: 1000}, moves: {on: {to: empirical}}}
  empirical: {value: {dist: empirical, values: [1, 20, 300], weights: [5, 3, 2]}, moves: {on: {to: waiting}}}
  waiting: {moves: {once: {after: 2d to 20d, chance: {uncertain: 40% to 60%}, to: end, else: end}}}
  end: {value: {dist: lognormal, median: 1000, sigma: 0.8}}
"""
"""A scenario that draws from every sampler: the sums of its values are known answers, to the last ten-thousandth."""


def bits_of(result: Result) -> str:
    """Return the fingerprint of all whole numbers that a run counted; metrics are made of nothing else."""
    digest = hashlib.sha256()
    for name in sorted(map(str, result.data.data_vars)):
        values = result.data[name].to_numpy()
        if values.dtype.kind in "iub":
            digest.update(f"{name} {values.shape} ".encode())
            digest.update(np.ascontiguousarray(values, "<i8").tobytes())
    return digest.hexdigest()[:LENGTH]


@lru_cache(maxsize=1)
def samplers() -> str:
    """Return the fingerprint of the samplers: of what a scenario counts that draws from all of them."""
    from funnelsim.metrics.simulate import simulate
    from funnelsim.scenario import loads

    return bits_of(simulate(loads(KNOWN), replications=4, seed=1, progress=False))
