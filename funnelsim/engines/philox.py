"""Draws that depend on names alone: Philox4x32-10, and what goes into its key and counter (semantics, rule 33).

A draw is ``philox(counter(visit, attempt, slot), lead, purpose)``, where `lead` is a `lead_key` and `purpose` a
`purpose_key`. It gives two words of 64 bits, which `to_unit` and `below` turn into numbers and decisions.

Arguments may be any whole numbers in range; all arithmetic is on 64 bits without sign. Constants are written
``np.uint64(…)`` since numba makes ``int64`` of an ``int64`` beside a ``uint64``. Python code gives words as
``np.uint64`` too: numba takes a Python int for an ``int64``, and refuses it from 2**63 on.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from funnelsim.engines.jit import inlined

VISIT_BITS, ATTEMPT_BITS, SLOT_BITS = 20, 36, 8
"""Widths of the fields of a counter."""

Word = int | np.uint64
"""64 bits without a sign; in Python code a NumPy one, since numba takes a Python int for a signed one."""

CHANNEL_BITS, NUMBER_BITS = 24, 40
"""Widths of the parts of a lead's name."""

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_MULTIPLIER_0, _MULTIPLIER_1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL_0, _WEYL_1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)

_VISIT_SHIFT, _ATTEMPT_SHIFT = np.uint64(ATTEMPT_BITS + SLOT_BITS), np.uint64(SLOT_BITS)
_CHANNEL_SHIFT = np.uint64(NUMBER_BITS)

_ONE = 9007199254740992.0  # 2**53, the threshold that every word is below


@inlined
def philox(low: Word, high: Word, key: Word) -> tuple[int, int]:
    """Philox4x32-10 of Random123: 128 random bits for a counter of 128 bits and a key of 64.

    J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011).
    The published words of 32 bits are packed two in one, the first in the lower half, in the counter, the key and the
    result alike.

    Parameters
    ----------
    low, high : int
        Halves of the counter, 64 bits each.
    key : int
        64 bits.

    Returns
    -------
    tuple of two int
        64 random bits each.
    """
    a, c = np.uint64(low), np.uint64(high)
    b, d = a >> _HALF, c >> _HALF
    key_0 = np.uint64(key)
    key_1 = key_0 >> _HALF
    for _ in range(10):
        # Upper halves are left to fill with rubbish and masked only where they would matter, at the multiplication:
        # this way the compiler finds its instruction for 32 by 32 bits, and vectorises loops over draws.
        product_0 = _MULTIPLIER_0 * (a & _LOW)
        product_1 = _MULTIPLIER_1 * (c & _LOW)
        a, b = (product_1 >> _HALF) ^ b ^ key_0, product_1
        c, d = (product_0 >> _HALF) ^ d ^ key_1, product_0
        key_0 += _WEYL_0
        key_1 += _WEYL_1
    return int((a & _LOW) | (b << _HALF)), int((c & _LOW) | (d << _HALF))


@inlined
def purpose_key(seed: Word, replication: Word, name: Word) -> int:
    """Key of all draws for one purpose in one replication.

    The first word of `philox` for the counter (name, replication) and the seed as key.

    Parameters
    ----------
    seed, replication : int
        64 bits each.
    name : int
        `funnelsim.program.names.name_hash` of the purpose.

    Returns
    -------
    int
        64 bits.
    """
    return philox(name, replication, seed)[0]


@inlined
def counter(visit: int, attempt: int, slot: int) -> int:
    """Pack what tells a lead's draws for one purpose apart: from the highest bit on, visit, attempt and slot.

    Parameters
    ----------
    visit : int
        Below 2**20. The caller sees to it, here and below: what overflows would repeat other draws.
    attempt : int
        Below 2**36.
    slot : int
        Below 2**8.

    Returns
    -------
    int
        64 bits.
    """
    return int((np.uint64(visit) << _VISIT_SHIFT) | (np.uint64(attempt) << _ATTEMPT_SHIFT) | np.uint64(slot))


@inlined
def lead_key(channel: Word, number: Word) -> int:
    """Key of a lead: its channel's name and its number within the channel, mixed one to one.

    The finaliser of SplitMix64 (D. Stafford's variant 13), which has an inverse: different leads have different keys,
    and the keys of a channel are spread evenly, so that their order favours no channel.

    Parameters
    ----------
    channel : int
        `funnelsim.program.names.channel_hash`, below 2**24.
    number : int
        From 0, below 2**40.

    Returns
    -------
    int
        64 bits.
    """
    z = (np.uint64(channel) << _CHANNEL_SHIFT) | np.uint64(number)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return int(z ^ (z >> np.uint64(31)))


def mix_keys(numbers: npt.NDArray[np.uint64], keys: npt.NDArray[np.uint64]) -> None:
    """Fill in the keys of leads whose channel and number stand in one word, the channel in the upper 24 bits."""
    for i, number in enumerate(numbers.tolist()):
        keys[i] = lead_key(np.uint64(number >> 40), np.uint64(number & ((1 << 40) - 1)))


@inlined
def to_unit(word: Word) -> float:
    """Turn a word into a number between 0 and 1, neither included.

    ``(k + 1/2) * 2**-52`` with k the upper 52 bits. These numbers are exact, lie symmetrically about 1/2, and one less
    any of them is exact too.

    Parameters
    ----------
    word : int
        64 random bits.

    Returns
    -------
    float
        From 2**-53 to 1 - 2**-53.
    """
    return (np.float64(np.int64(np.uint64(word) >> np.uint64(12))) + 0.5) * 2.220446049250313e-16


@inlined
def threshold(chance: float) -> int:
    """Threshold that a word is `below` with a given chance: ``ceil(chance * 2**53)``.

    Parameters
    ----------
    chance : float
        What is outside 0 to 1 counts as 0 or 1.

    Returns
    -------
    int
        From 0, for never, to 2**53, for always; right to 2**-53 between them, and more than 0 for any chance above 0.
    """
    return -math.floor(-(min(max(chance, 0.0), 1.0) * _ONE))


@inlined
def below(word: Word, limit: int) -> bool:
    """Say whether a word falls below a `threshold`: the upper 53 bits decide.

    Parameters
    ----------
    word : int
        64 random bits.
    limit : int
        From 0 to 2**53.

    Returns
    -------
    bool
        Increasing in `limit`: who succeeds at some chance succeeds at any higher one.
    """
    return bool(np.int64(np.uint64(word) >> np.uint64(11)) < np.int64(limit))
