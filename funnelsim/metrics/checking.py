"""Looks at arguments before anything runs."""

from __future__ import annotations


def check_whole(name: str, value: object, low: int, high: int) -> None:
    """Refuse what is no whole number from `low` to below `high`.

    Raises
    ------
    TypeError, ValueError
        With the name of the argument and its value.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} is {value!r}, not a whole number")
    if not low <= value < high:
        raise ValueError(f"{name} is {value}: take a whole number from {low} to {high - 1}")
