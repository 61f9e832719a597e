"""Logarithm and exponential whose bits are the same on any processor.

Only + - * / and square roots, which IEEE 754 fixes to the last bit, and shifts of the bits of numbers: never the
functions of libm, NumPy or SciPy, which differ between processors and versions. Nothing here raises: what lies outside
a domain is treated as its edge, and no argument but NaN gives NaN.

Errors are stated where they are measured: against exact arithmetic, in `tests/engines/test_numerics.py`.
One ulp is the distance between neighbouring numbers, at most 2.3e-16 of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from funnelsim.engines.jit import inlined, lean

SMALLEST = 2.2250738585072014e-308
"""The smallest normal number, 2**-1022."""

_LOWEST_EXPONENT, _HIGHEST_EXPONENT = -708.39, 709.78
_LOG2_E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # the first has 21 zero bits at its end
_FRACTION_BITS = np.int64(52)
_ROOT_HALF_BITS = np.int64(0x3FE6A09E667F3BCD)


def _float_bits(_context: Any, _value: Any) -> Any:
    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), generate


def _float_of_bits(_context: Any, _bits: Any) -> Any:
    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


float_bits: Any = intrinsic(_float_bits)
"""Bits of a float64, as an int64. For compiled code only, as is its inverse."""

float_of_bits: Any = intrinsic(_float_of_bits)
"""The float64 that has the bits of an int64."""


@inlined
def polynomial(coefficients: tuple[float, ...], x: float) -> float:
    """Value of a polynomial, by Horner's rule; the constant term comes first."""
    value = 0.0
    for i in range(len(coefficients) - 1, -1, -1):
        value = value * x + coefficients[i]
    return value


# ---------------------------------------------------------------- logarithm and exponential
@inlined
def log(x: float) -> float:
    """Natural logarithm.

    The method of fdlibm (Sun Microsystems, 1993), without branches: x = 2**k (1 + f) with 1 + f between the root of 1/2
    and the root of 2, and a minimax polynomial in f / (2 + f).

    Parameters
    ----------
    x : float
        What is less than the smallest normal number, 0 and negative numbers too, counts as that number.

    Returns
    -------
    float
        From -708.4 to 709.8; within 1 ulp.
    """
    bits = float_bits(max(x, SMALLEST))
    exponent = (bits - _ROOT_HALF_BITS) >> _FRACTION_BITS
    f = float_of_bits(bits - (exponent << _FRACTION_BITS)) - 1.0
    k = np.float64(exponent)
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    odd = z * (
        6.666666666666735130e-01
        + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01))
    )
    even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
    half_square = 0.5 * f * f
    return float(k * _LN2_HIGH - ((half_square - (s * (half_square + odd + even) + k * _LN2_LOW)) - f))


@inlined
def exp(x: float) -> float:
    """Exponential function.

    The method of fdlibm, without branches: x = k ln 2 + r with r at most ln 2 / 2 either way, and a rational
    approximation in r.

    Parameters
    ----------
    x : float
        Below -708.39 the result is 0; what is above 709.78 counts as 709.78, so that no result is infinite.

    Returns
    -------
    float
        0, or from 2.24e-308 to 1.79e308 within 1 ulp.
    """
    within = min(max(x, _LOWEST_EXPONENT), _HIGHEST_EXPONENT)
    k = np.floor(within * _LOG2_E + 0.5)
    high, low = within - k * _LN2_HIGH, k * _LN2_LOW
    r = high - low
    t = r * r
    c = r - t * (
        1.66666666666666019037e-01
        + t
        * (
            -2.77777777770155933842e-03
            + t * (6.61375632143793436117e-05 + t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08))
        )
    )
    y = 1.0 - ((low - (r * c) / (2.0 - c)) - high)
    power = float_of_bits(float_bits(y) + (np.int64(k) << _FRACTION_BITS))
    return float(power) if x >= _LOWEST_EXPONENT else 0.0


@lean
def log1p(x: float) -> float:
    """Logarithm of 1 + x, accurate for small x too.

    ``log(w)`` of the rounded sum w, and what the rounding left out, over w.

    Parameters
    ----------
    x : float
        Above -1.

    Returns
    -------
    float
        Within 3 ulp.
    """
    w = 1.0 + x
    return log(w) - ((w - 1.0) - x) / w
