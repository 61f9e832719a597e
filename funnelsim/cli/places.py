"""Where results and pictures go: looked at before anything runs, so that no long run ends with a refused name."""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from funnelsim.cli.ending import reason, writing
from funnelsim.scenario.problems import shown

if TYPE_CHECKING:
    import pandas as pd

SIDE = ".{}.12345678.aside"
"""How a folder to the side is called, in which a result is written before it takes its place."""


def folder_refused(path: Path, overwrite: bool, resume: bool) -> str | None:
    """Say why a result cannot be saved in a folder; None where it can be."""
    from funnelsim.metrics.resuming import unfinished

    name, left = shown(str(path)), unfinished(path)
    if os.path.lexists(path):
        if not overwrite and not resume:
            return f"{name} is there already; add --overwrite, or choose another name"
        if not _is_result(path):
            return f"{name} is no result of funnelsim, and only results are overwritten; choose another name"
    if os.path.lexists(left) and not overwrite and not resume:
        return (
            f"{shown(str(left))} keeps what an interrupted run has finished; add --resume to go on with it, or "
            "--overwrite to begin anew, or choose another name"
        )
    return _refused(path, SIDE.format(path.name), left.name)


def picture_refused(path: Path, out: Path | None) -> str | None:
    """Say why a picture cannot be saved in a file; None where it can be. One that is there is replaced."""
    name = shown(str(path))
    if os.path.isdir(path):
        return f"{name} is a folder; name a file, such as {path / 'picture.png'}"
    if path.suffix.lower() != ".png":
        return f"pictures are PNG files, and {name} does not end so; write {shown(f'{path}.png')}"
    if out is not None and path.absolute() in (out.absolute(), *out.absolute().parents):
        return f"{name} cannot be the picture and hold the result too; choose another name"
    return _refused(path)


def workbook_refused(path: Path, out: Path | None) -> str | None:
    """Say why a workbook cannot be saved in a file; None where it can be. One that is there is replaced."""
    from funnelsim.report.book import MISSING, is_installed

    name = shown(str(path))
    if not is_installed():
        return MISSING
    if os.path.isdir(path):
        return f"{name} is a folder; name a file, such as {path / 'figures.xlsx'}"
    if path.suffix.lower() != ".xlsx":
        return f"workbooks are XLSX files, and {name} does not end so; write {shown(f'{path}.xlsx')}"
    if out is not None and path.absolute() in (out.absolute(), *out.absolute().parents):
        return f"{name} cannot be the workbook and hold the result too; choose another name"
    return _refused(path)


def tables_refused(path: Path, out: Path | None) -> str | None:
    """Say why tables cannot be saved in a folder; None where they can be. Those of the same names are replaced."""
    name = shown(str(path))
    if os.path.lexists(path) and not os.path.isdir(path):
        return f"{name} is no folder; name one for the tables, such as {shown(str(path.with_suffix('')))}"
    if out is not None and path.absolute() == out.absolute():
        return f"{name} cannot hold the tables and be the result too; choose another name"
    return _refused(path / "definitions.csv")


def page_refused(path: Path, mark: str, example: str = "evidence.md") -> str | None:
    """Say why a page cannot be saved in a file; None where it can be. One that starts with the mark is replaced."""
    name = shown(str(path))
    if os.path.isdir(path):
        return f"{name} is a folder; name a file, such as {path / example}"
    if os.path.lexists(path) and not _starts_with(path, mark):
        return f"{name} is no page of this command, and only such are overwritten; choose another name"
    return _refused(path)


def new_file_refused(path: Path) -> str | None:
    """Say why a file cannot be written that must not be there yet; None where it can be."""
    if os.path.lexists(path):
        return f"{shown(str(path))} is there already, and is not overwritten; choose another name"
    return _refused(path)


def save_new(texts: Mapping[Path, str]) -> None:
    """Write files that are not there yet."""
    for path, text in texts.items():
        with writing(str(path)):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(text.encode())


def report_refused(path: Path) -> str | None:
    """Say why a report cannot be saved in a file; None where it can be. One that is there is replaced."""
    if os.path.isdir(path):
        return f"{shown(str(path))} is a folder; name a file in it"
    return _refused(path)


def _starts_with(path: Path, mark: str) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(mark.encode())) == mark.encode()
    except OSError:
        return False


def _is_result(path: Path) -> bool:
    from funnelsim.metrics import storage

    try:
        return storage.ATTRIBUTE in json.loads((path / ".zattrs").read_text("utf-8"))
    except (OSError, ValueError, TypeError):
        return False


def _refused(path: Path, *beside: str) -> str | None:
    """Say why nothing can be written at a path, or beside it, by trying it without a trace."""
    there, missing = path.parent, [path.name, *beside]
    while not os.path.lexists(there) and there != there.parent:
        missing.append(there.name)
        there = there.parent
    if not os.path.isdir(there):
        return f"{shown(str(path))}: {shown(str(there))} is no folder"
    try:
        for name in missing:
            _look(there / name)
        _look(path.absolute() / "spend_touches" / "0.0.0.0.0")
        with tempfile.TemporaryFile(dir=there):
            return None
    except OSError as error:
        return f"{shown(str(path))} {reason(error)}"


def _look(path: Path) -> None:
    """Ask the system about a name; raise what it says, unless that nothing is there."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return


def save_picture(figure: Any, path: Path) -> None:
    """Draw a figure and save it, and say where."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=150)
    with writing(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(drawn.getvalue())
    print(f"picture: {path.resolve()}", file=sys.stderr)


def save_workbook(content: bytes, path: Path) -> None:
    """Save a workbook, whole or not at all, and say where."""
    from funnelsim.report.files import write_whole

    with writing(str(path)):
        write_whole(path, content)
    print(f"workbook: {path.resolve()}", file=sys.stderr)


def save_tables(tables: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Save tables as CSV files, each whole or not at all, and say where."""
    from funnelsim.report.tidy import write_tables

    with writing(str(path)):
        written = write_tables(tables, path)
    print(f"tables: {path.resolve()} ({', '.join(file.name for file in written)})", file=sys.stderr)


def save_page(text: str, path: Path) -> None:
    """Write a page, in place of one there."""
    with writing(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
