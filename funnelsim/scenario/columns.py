"""Draws from a file: one column of a CSV, such as a posterior sample."""

from __future__ import annotations

import csv
from pathlib import Path

from funnelsim.scenario.problems import RefusedError, near_miss, shown
from funnelsim.scenario.reading import resolve

MOST_BYTES = 10_000_000


def read_column(path: Path, column: str, unit: str = "") -> list[str | int | float]:
    """Read one column of a CSV file with a header.

    Parameters
    ----------
    path : Path
        The file; UTF-8, at most 10 MB.
    column : str
        The name of the column.
    unit : str
        What to put behind every number, such as ``d`` for days.

    Returns
    -------
    list
        One value a row, numbers or text such as ``35%``.

    Raises
    ------
    RefusedError
        Where the file, its column or a value is missing.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise RefusedError(f"'{path.name}' cannot be read: {error.strerror}") from None
    if len(content) > MOST_BYTES:
        raise RefusedError(f"'{path.name}' is larger than {MOST_BYTES:_} bytes; a few thousand draws are enough")
    try:
        header, *rows = csv.reader(content.decode("utf-8-sig").splitlines())
    except (UnicodeDecodeError, csv.Error, ValueError):
        raise RefusedError(f"'{path.name}' is no CSV file with a header, in UTF-8") from None
    names = [name.strip() for name in header]
    if column not in names:
        raise RefusedError(f"no column {shown(column)} in '{path.name}'{near_miss(column, names, 'columns')}")
    number = names.index(column)
    cells = [row[number].strip() if number < len(row) else "" for row in rows if row]
    if not cells or "" in cells:
        where = f"row {cells.index('') + 2} has no value in" if cells else "there are no rows under"
        raise RefusedError(f"{where} column {shown(column)} of '{path.name}'")
    values = [resolve(f"{cell}{unit}") for cell in cells]
    return [value for value in values if value is not None and not isinstance(value, bool)]
