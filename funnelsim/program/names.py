"""Hashes of names: the part of a draw's key that says whose luck it is (semantics, rule 33).

Hashes, not positions, so that a stage, channel or move that is added leaves the luck of all others as it was.
Two names of one scenario with the same hash are an error, which `compile` looks for.
"""

from __future__ import annotations

from hashlib import blake2b


def name_hash(text: str) -> int:
    """Hash of a purpose's name, 64 bits.

    BLAKE2b (RFC 7693) of the UTF-8 text with a digest of 8 bytes, read as a little-endian number.

    Parameters
    ----------
    text : str
        The name; text that looks the same but is encoded otherwise is another name.

    Returns
    -------
    int
        From 0 to 2**64 - 1.
    """
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def channel_hash(text: str) -> int:
    """Hash of a channel's name, 24 bits.

    BLAKE2b of the UTF-8 text with a digest of 3 bytes, read as a little-endian number. Fits beside the 40 bits of a
    lead's number within its channel. A thousand channels have two with one hash about once in thirty-four times,
    twenty channels once in some ninety thousand.

    Parameters
    ----------
    text : str
        The channel's name.

    Returns
    -------
    int
        From 0 to 2**24 - 1.
    """
    return int.from_bytes(blake2b(text.encode(), digest_size=3).digest(), "little")
