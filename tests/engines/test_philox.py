from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from funnelsim.engines.jit import lean
from funnelsim.engines.philox import below, counter, lead_key, philox, purpose_key, threshold, to_unit
from funnelsim.program.names import channel_hash, name_hash

Words = npt.NDArray[np.uint64]

NUM_LEADS = 100_000
WORD = st.integers(0, 2**64 - 1)

COMPILES = settings(deadline=None)


def unsigned(*values: int) -> tuple[np.uint64, ...]:
    return tuple(np.uint64(value) for value in values)


# ---------------------------------------------------------------- the generator
@pytest.mark.parametrize(
    ("counter_words", "key_words", "random_words"),
    [
        ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
)
def test_known_answers_of_random123(counter_words: str, key_words: str, random_words: str) -> None:
    # From the file kat_vectors of Random123, lines `philox4x32 10`.
    low, high = pack(counter_words)
    (key,) = pack(key_words)
    assert philox(*unsigned(low, high, key)) == tuple(pack(random_words))


def pack(text: str) -> list[int]:
    halves = [int(word, 16) for word in text.split()]
    return [low | high << 32 for low, high in zip(halves[::2], halves[1::2], strict=True)]


def plain_philox(low: int, high: int, key: int) -> tuple[int, int]:
    """The paper's definition, in Python's whole numbers."""
    mask = 2**32 - 1
    a, b, c, d = low & mask, low >> 32, high & mask, high >> 32
    for i in range(10):
        key_0, key_1 = (key + i * 0x9E3779B9) & mask, ((key >> 32) + i * 0xBB67AE85) & mask
        product_0, product_1 = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = product_1 >> 32 ^ b ^ key_0, product_1 & mask, product_0 >> 32 ^ d ^ key_1, product_0 & mask
    return a | b << 32, c | d << 32


@COMPILES
@given(WORD, WORD, WORD)
def test_equals_the_definition(low: int, high: int, key: int) -> None:
    assert philox(*unsigned(low, high, key)) == plain_philox(low, high, key)


@COMPILES
@given(st.integers(0, 2**63 - 1))
def test_type_of_argument_makes_no_difference(word: int) -> None:
    small = word >> 30
    assert philox(small, small, small) == philox(*unsigned(small, small, small))
    assert to_unit(word) == to_unit(np.uint64(word))
    assert lead_key(5, small) == lead_key(*unsigned(5, small))


@COMPILES
@given(WORD, WORD, WORD)
def test_purpose_key_is_the_first_word(seed: int, replication: int, name: int) -> None:
    assert purpose_key(*unsigned(seed, replication, name)) == plain_philox(name, replication, seed)[0]


# ---------------------------------------------------------------- keys and counters
@COMPILES
@given(st.integers(0, 2**20 - 1), st.integers(0, 2**36 - 1), st.integers(0, 2**8 - 1))
def test_counter_keeps_its_fields_apart(visit: int, attempt: int, slot: int) -> None:
    packed = counter(visit, attempt, slot)
    assert (packed >> 44, packed >> 8 & 2**36 - 1, packed & 2**8 - 1) == (visit, attempt, slot)


def unmix(key: int) -> int:
    """The inverse of SplitMix64's finaliser: multiplications by the inverses, shifts undone bit by bit."""

    def undo_shift(word: int, shift: int) -> int:
        original = word
        for _ in range(64 // shift):
            original = word ^ original >> shift
        return original

    word = undo_shift(key, 31) * pow(0x94D049BB133111EB, -1, 2**64) % 2**64
    word = undo_shift(word, 27) * pow(0xBF58476D1CE4E5B9, -1, 2**64) % 2**64
    return undo_shift(word, 30)


@COMPILES
@given(st.integers(0, 2**24 - 1), st.integers(0, 2**40 - 1))
def test_lead_key_has_an_inverse(channel: int, number: int) -> None:
    original = unmix(lead_key(*unsigned(channel, number)))
    assert (original >> 40, original & 2**40 - 1) == (channel, number)


# ---------------------------------------------------------------- numbers and decisions
@COMPILES
@given(WORD)
def test_to_unit_is_exact_and_symmetric(word: int) -> None:
    u = to_unit(np.uint64(word))
    assert 0.0 < u < 1.0
    assert u == ((word >> 12) + 0.5) / 2**52
    assert 1.0 - u == to_unit(np.uint64(2**64 - 1 - word))
    assert 1.0 - (1.0 - u) == u


def test_to_unit_reaches_both_ends() -> None:
    assert to_unit(0) == 2.0**-53
    assert to_unit(np.uint64(2**64 - 1)) == 1.0 - 2.0**-53


@pytest.mark.parametrize(
    ("chance", "expected"),
    [(0.0, 0), (1.0, 2**53), (0.5, 2**52), (5e-324, 1), (1.0 - 2.0**-53, 2**53 - 1), (-0.1, 0), (1.1, 2**53)],
)
def test_threshold(chance: float, expected: int) -> None:
    assert threshold(chance) == expected


@COMPILES
@given(st.floats(0.0, 1.0), WORD)
def test_below_its_threshold(chance: float, word: int) -> None:
    assert below(np.uint64(word), threshold(chance)) == ((word >> 11) < chance * 2**53)


@pytest.mark.parametrize("word", [0, 1, 2**63 - 1, 2**63, 2**64 - 1])
def test_never_and_always(word: int) -> None:
    assert not below(np.uint64(word), threshold(0.0))
    assert below(np.uint64(word), threshold(1.0))


# ---------------------------------------------------------------- independence
@lean
def fill(key: int, channel: int, packed: int, out: Words) -> None:
    for number in range(len(out)):
        out[number] = philox(packed, lead_key(channel, np.uint64(number)), key)[0]


def draw_words(
    *,
    seed: int = 1,
    replication: int = 0,
    name: str = "sql/expire",
    channel: str = "search",
    visit: int = 0,
    attempt: int = 0,
    slot: int = 0,
) -> Words:
    """First words of all leads of a channel."""
    key = purpose_key(*unsigned(seed, replication, name_hash(name)))
    packed = counter(*unsigned(visit, attempt, slot))
    out = np.empty(NUM_LEADS, np.uint64)
    fill(*unsigned(key, channel_hash(channel), packed), out)
    return out


def units(words: Words) -> npt.NDArray[np.float64]:
    return (words >> np.uint64(12)).astype(float) * 2.0**-52


NEIGHBOURS = {
    "seed": {"seed": 2},
    "far seed": {"seed": 2**63 + 1},
    "replication": {"replication": 1},
    "purpose": {"name": "sql/expirf"},
    "channel": {"channel": "searci"},
    "visit": {"visit": 1},
    "attempt": {"attempt": 1},
    "slot": {"slot": 1},
}


@pytest.mark.parametrize("fields", NEIGHBOURS.values(), ids=NEIGHBOURS.keys())
def test_neighbouring_draws_are_not_correlated(fields: dict[str, int]) -> None:
    words, others = draw_words(), draw_words(**fields)  # type: ignore[arg-type]
    assert_no_correlation(units(words), units(others))
    assert_bits_differ(words, others)


@pytest.mark.parametrize("lag", [1, 2, 16])
def test_neighbouring_leads_are_not_correlated(lag: int) -> None:
    words = draw_words()
    assert_no_correlation(units(words)[lag:], units(words)[:-lag])
    assert_bits_differ(words[lag:], words[:-lag])


def test_both_words_of_a_draw_are_not_correlated() -> None:
    pairs = np.array([philox(np.uint64(i), np.uint64(0), np.uint64(7)) for i in range(20_000)], np.uint64)
    assert_no_correlation(units(pairs[:, 0]), units(pairs[:, 1]))
    assert_bits_differ(pairs[:, 0], pairs[:, 1])


def assert_no_correlation(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> None:
    # A correlation coefficient of n independent pairs has a standard deviation of 1 / sqrt(n).
    for transform in (lambda u: u, lambda u: (u - 0.5) ** 2, lambda u: -np.log1p(-u)):
        assert abs(np.corrcoef(transform(x), transform(y))[0, 1]) < 5.0 / np.sqrt(len(x))


def assert_bits_differ(words: Words, others: Words) -> None:
    """Half of the bits differ, at each of the 64 places: 5 standard deviations of a binomial."""
    differing = words ^ others
    for place in range(64):
        count = int((differing >> np.uint64(place) & np.uint64(1)).sum())
        assert abs(count - len(words) / 2) < 5.0 * np.sqrt(len(words) / 4)


def test_words_are_uniform() -> None:
    words = np.concatenate([draw_words(attempt=attempt) for attempt in range(5)])
    for shift in (56, 48, 24, 0):  # bytes, from the highest to the lowest
        counts = np.bincount((words >> np.uint64(shift) & np.uint64(255)).astype(int), minlength=256)
        assert stats.chisquare(counts).pvalue > 1e-4
    assert stats.kstest(units(words), "uniform").pvalue > 1e-4


@pytest.mark.parametrize("fields", [{}, *NEIGHBOURS.values()], ids=["lead", *NEIGHBOURS.keys()])
def test_pairs_are_uniform(fields: dict[str, int]) -> None:
    """Serial test: pairs of neighbours fall evenly into 32 by 32 cells."""
    words = draw_words()
    x, y = (words[1:], words[:-1]) if not fields else (words, draw_words(**fields))  # type: ignore[arg-type]
    cells = (x >> np.uint64(59)).astype(int) * 32 + (y >> np.uint64(59)).astype(int)
    assert stats.chisquare(np.bincount(cells, minlength=1024)).pvalue > 1e-4


def test_these_tests_can_fail() -> None:
    words = draw_words()
    bent = np.where(np.arange(len(words)) % 20 == 0, words, draw_words(seed=2))  # one draw in twenty is the other's
    with pytest.raises(AssertionError):
        assert_no_correlation(units(words), units(bent))
    with pytest.raises(AssertionError):
        assert_bits_differ(words, bent)
