"""Prints digests of what must have the same bits on any processor, as one JSON object.

Run as a script, in processes that differ in which features of the processor they may use; `test_same_bits` compares.
To have something else compared, give it a name in `PARTS`: a function that yields arrays, or bytes.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from numba.core.registry import cpu_target
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from funnelsim.engines import elementary, numerics, philox, samplers, special
from funnelsim.engines.jit import lean
from funnelsim.engines.log import log_matrix
from funnelsim.engines.realise import tables_of
from funnelsim.program import compile_scenario
from funnelsim.scenario import loads

Words = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

NUM_POINTS = 20_000
SHAPES = (0.02, 0.05, 0.3, 0.9, 1.0, 1.7, 2.0, 15.0, 250.0, 1e4)


# ---------------------------------------------------------------- grids, of whole numbers and exact arithmetic alone
@lean
def fill_words(key: int, out: Words) -> None:
    for i in range(len(out)):
        out[i] = philox.philox(np.uint64(i), np.uint64(0), key)[0]


@lean
def fill_pairs(lead: int, out: Words) -> None:
    for i in range(len(out)):
        words = philox.philox(philox.counter(i & 7, i, i & 255), philox.lead_key(lead, i), philox.purpose_key(1, i, 77))
        out[i] = words[0] ^ (words[1] >> np.uint64(1))


@lean
def fill_units(words: Words, out: Floats) -> None:
    for i in range(len(out)):
        out[i] = philox.to_unit(words[i])


def words(key: int = 1) -> Words:
    out = np.empty(NUM_POINTS, np.uint64)
    fill_words(np.uint64(key), out)
    return out


def units(key: int = 1) -> Floats:
    """Chances spread evenly over their range, then over their logarithm at both ends."""
    out = np.empty(NUM_POINTS)
    fill_units(words(key), out)
    third = NUM_POINTS // 3
    out[:third] = np.ldexp(1.0 + out[:third], -(1 + np.arange(third) % 52)) * (1.0 - 2.0**-53)
    out[third : 2 * third] = 1.0 - out[:third]
    return out


def numbers(low: float, high: float, key: int = 2) -> Floats:
    return low + (high - low) * units(key)


def floats_of_any_size() -> Floats:
    """Positive normal numbers of all exponents."""
    bits = words(3) >> np.uint64(2)
    return np.where(bits < np.uint64(1 << 52), np.uint64(1 << 52), bits).view(np.float64)


def loop_over(function: Callable[[float], float]) -> Callable[[Floats, Floats], None]:
    @lean
    def loop(points: Floats, out: Floats) -> None:
        for i in range(len(points)):
            out[i] = function(points[i])

    return loop


def values(function: Callable[[float], float], points: Floats) -> Floats:
    out = np.empty_like(points)
    loop_over(function)(points, out)
    return out


# ---------------------------------------------------------------- what is compared
def draws_of_words() -> Iterator[Any]:
    yield words()
    pairs = np.empty(NUM_POINTS, np.uint64)
    fill_pairs(np.uint64(123_456), pairs)
    yield pairs
    yield units()
    yield [philox.threshold(u) for u in units().tolist()[::20]]


def elementary_functions() -> Iterator[Floats]:
    for function, points in (
        (elementary.log, floats_of_any_size()),
        (elementary.log, numbers(0.5, 2.0)),
        (elementary.exp, numbers(-720.0, 720.0)),
        (elementary.exp, numbers(-2.0, 2.0)),
        (elementary.log1p, numbers(-0.9, 3.0)),
        (numerics.logistic, numbers(-50.0, 50.0)),
        (numerics.logit, units()),
        (numerics.normal_quantile, units()),
    ):
        yield values(function, points)


@lean
def fill_special(points: Floats, out: Floats) -> None:
    for i in range(len(points)):
        out[i, 0] = special.log_gamma(points[i])
        out[i, 1] = special.stirling_error(points[i])
        out[i, 2], out[i, 3], out[i, 4] = special.gamma_tails(points[i], 0.5 * points[i] + 1.0)


@lean
def fill_gamma(shape: float, u: Floats, out: Floats) -> None:
    for i in range(len(u)):
        out[i] = numerics.gamma_quantile(shape, u[i])


@lean
def fill_beta(a: float, b: float, u: Floats, out: Floats) -> None:
    for i in range(len(u)):
        out[i] = numerics.beta_quantile(a, b, u[i])


def gamma_and_beta() -> Iterator[Floats]:
    u = units()[::40]
    out = np.empty((len(u), 5))
    fill_special(numbers(0.01, 30.0)[::40], out)
    yield out
    for shape in SHAPES:
        row = np.empty_like(u)
        fill_gamma(shape, u, row)
        yield row
    for a, b in ((0.5, 0.5), (0.05, 3.0), (12.5, 40.5), (1000.0, 3.0), (4e4, 9e5)):
        row = np.empty_like(u)
        fill_beta(a, b, u, row)
        yield row


@lean
def fill_draws(waits: Any, pool: Floats, u: Floats, quantiles: Floats, ticks: npt.NDArray[np.int64]) -> None:
    for i in range(len(u)):
        wait = waits[0]
        quantiles[i, 0] = samplers.quantile(wait, pool, u[i])
        quantiles[i, 1] = samplers.length_biased_quantile(wait, pool, u[i])
        ticks[i, 0] = samplers.draw(wait, pool, u[i])
        ticks[i, 1] = samplers.phase(wait, pool, u[i], u[len(u) - 1 - i])


def waits_and_pools() -> Iterator[tuple[Any, Floats]]:
    day = 86_400_000.0
    cumulative = np.append(np.arange(1, 100) / 128, 1.0)
    for fields, pool in (
        ((samplers.CONSTANT, 30 * day, 0.0, 0, 0), np.zeros(0)),
        ((samplers.UNIFORM, day, 9 * day, 0, 0), np.zeros(0)),
        ((samplers.EXPONENTIAL, 6 * day, 0.0, 0, 0), np.zeros(0)),
        ((samplers.LOGNORMAL, 18.3, 0.8, 0, 0), np.zeros(0)),
        ((samplers.WEIBULL, 4 * day, 0.7, 0, 0), np.zeros(0)),
        *(((samplers.GAMMA, 15 * day, shape, 0, 0), np.zeros(samplers.GAMMA_TABLE)) for shape in SHAPES),
        ((samplers.EMPIRICAL, 0.0, 0.0, 0, 100), np.concatenate([np.arange(100) * day / 7, cumulative])),
    ):
        if fields[0] == samplers.GAMMA:
            samplers.gamma_table(fields[2], pool, 0)
        wait = np.zeros(1, samplers.WAIT)
        wait[0] = fields
        yield wait, pool


def all_samplers() -> Iterator[Any]:
    u = units()[::4].copy()
    for wait, pool in waits_and_pools():
        quantiles, ticks = np.empty((len(u), 2)), np.empty((len(u), 2), np.int64)
        fill_draws(wait, pool, u, quantiles, ticks)
        yield from (pool, quantiles, ticks)


# ---------------------------------------------------------------- programs: what is compiled, realised and run
EVERYTHING = {
    "format": 1,
    "name": "Every kind of number",
    "start": "2026-01-01",
    "horizon": "60d",
    "warm_up": "1 month",
    "segments": {"small": {"share": {"uncertain": "60% to 80%"}}, "big": {"share": "30%"}},
    "channels": {
        "web": {
            "leads": {"amount": {"uncertain": "700 to 900"}, "per": "month"},
            "seasonality": {"month": {"feb": 0.6}, "weekday": {"sat": 0.3, "sun": 0.1}},
            "spend": "1234.5 per month",
            "enters": "lead",
        },
        "base": {"backlog": 500, "age": "30d to 700d", "enters": "pool"},
    },
    "traits": {"line": {"mobile": {"uncertain": "60% to 80%"}, "desk": "30%"}},
    "teams": {
        "sales": {
            "people": {"anna": {"pace": 1.3, "chance": 1.7}, "ben": {"pace": {"uncertain": "0.8 to 1.1"}}},
            "hours": {"uncertain": "between 6 and 8"},
            "days_off": ["sat", "sun"],
            "salary": "15_000 per month",
        }
    },
    "stages": {
        "lead": {
            "moves": {
                "gamma": {"after": {"dist": "gamma", "mean": {"uncertain": "5d to 9d"}, "sd": "3d"}, "to": "mql"},
                "weibull": {"after": {"dist": "weibull", "shape": 1.7, "scale": "9d"}, "to": "pool"},
            }
        },
        "mql": {
            "owner": "sales",
            "moves": {
                "expire": {
                    "after": "9d",
                    "to": "pool",
                    "extend": {"by": "5d", "chance": {"uncertain": "30% to 50%"}, "per_owner": 3},
                },
                "lognormal": {
                    "takes": "20min to 2h",
                    "script": {"ask": {"takes": {"dist": "gamma", "mean": "30min", "sd": "20min"}, "chance": "93%"}},
                    "after": {"dist": "lognormal", "mean": "3d", "sd": "2d"},
                    "every": {"dist": "exponential", "mean": "4d"},
                    "attempts": 4,
                    "chance": {"uncertain": {"dist": "beta", "successes": 40, "trials": 90}},
                    "odds": {"segment": {"big": 2.5}, "attempt": [1, 0.7]},
                    "to": "won",
                    "else": "pool",
                },
            },
        },
        "pool": {"track": "drip"},
        "won": {"value": "20_000 to 90_000"},
    },
    "touches": {"mail": {"cost": {"uncertain": "0.1 to 0.4"}, "response": "7%"}},
    "tracks": {
        "drip": {
            "cadence": {"dist": "empirical", "values": ["7d", "14d", "30d"], "weights": [1, 2, 3]},
            "touches": ["mail"],
            "on_response": {"to": "mql"},
        }
    },
    "changes": [{"from": "2026-01-20", "set": {"touches.mail.response": "9%"}}],
}


def programs() -> Iterator[Any]:
    """Digest of a program, the tables of two replications, and their logs."""
    program = compile_scenario(loads(json.dumps(EVERYTHING)))
    yield program.digest().encode()
    for replication in range(2):
        tables = tables_of(program, 5, replication)
        yield from (table.view(np.uint8) if table.dtype.names else table for table in tables)
        yield log_matrix(program, 5, replication, "kernel")


PARTS: dict[str, Callable[[], Iterable[Any]]] = {
    "philox": draws_of_words,
    "elementary": elementary_functions,
    "gamma and beta": gamma_and_beta,
    "samplers": all_samplers,
    "programs": programs,
}


# ---------------------------------------------------------------- digests
def digest(parts: Iterable[Any]) -> str:
    state = hashlib.sha256()
    for part in parts:
        content = part if isinstance(part, bytes) else np.ascontiguousarray(part).tobytes()
        state.update(len(content).to_bytes(8, "little") + content)
    return state.hexdigest()


def bent(parts: Iterable[Any]) -> Iterator[Any]:
    """Move the last number of the last array by its last bit."""
    *others, last = [np.array(part) for part in parts]
    yield from others
    last.ravel().view(np.uint64)[-1] ^= np.uint64(1)
    yield last


def library_functions() -> Iterator[Any]:
    """What differs between processors: the C library's functions, and NumPy's."""
    points = numbers(-20.0, 20.0)
    yield [function(x) for x in points.tolist() for function in (math.exp, math.sin)]
    yield np.exp(points)


def features() -> dict[str, Any]:
    """What numba and NumPy may use of the processor."""
    _, name, flags = cpu_target.target_context.codegen().magic_tuple()
    dispatched = [feature for feature in __cpu_dispatch__ if __cpu_features__[feature]]
    return {"numba_processor": name, "numba": flags.split(","), "numpy": dispatched}


def main() -> None:
    result = {
        "digests": {name: digest(part()) for name, part in PARTS.items()},
        "bent": digest(bent(elementary_functions())),
        "libraries": digest(library_functions()),
        "features": features(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
