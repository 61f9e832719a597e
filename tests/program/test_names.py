from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from funnelsim.program.names import channel_hash, name_hash


def test_published_digests() -> None:
    # BLAKE2b-64 and BLAKE2b-24 of these texts, as `b2sum --length` prints them, read from the last byte to the first.
    assert name_hash("") == int.from_bytes(bytes.fromhex("e4a6a0577479b2b4"), "little")
    assert name_hash("sql/expire") == int.from_bytes(bytes.fromhex("beb27a720c1a798b"), "little")
    assert channel_hash("search") == int.from_bytes(bytes.fromhex("44a85b"), "little")
    assert name_hash("成交") == int.from_bytes(bytes.fromhex("549acf32a82e6f3c"), "little")


@given(st.text())
def test_widths(text: str) -> None:
    assert 0 <= name_hash(text) < 2**64
    assert 0 <= channel_hash(text) < 2**24


def test_names_spread() -> None:
    names = [f"stage_{i}/move_{j}" for i in range(100) for j in range(100)]
    assert len({name_hash(name) for name in names}) == len(names)
    # Of n names in 2**24 places some n**2 / 2**25 pairs meet: 3.0 for 10,000, and 14 or more once in 100,000 times.
    assert len(names) - len({channel_hash(name) for name in names}) < 14
