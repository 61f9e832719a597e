"""Results as files: Zarr, format 2, all that is not an array as one JSON string. Nothing in them is ever executed."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import xarray as xr

FORMAT = 3
"""Of the files; another number is another layout, which this version cannot read."""

ATTRIBUTE = "funnelsim"

ASIDE = ".aside"
"""What the names of files and folders end with that are still being written."""

KNOWN_CODECS = ("blosc", "zlib", "gzip", "lz4", "zstd")


def write(
    path: Path, data: xr.Dataset, attributes: dict[str, Any], overwrite: bool, beside: Path | None = None
) -> None:
    """Write a Dataset and its attributes as a folder, to the side first, so that it is there as a whole or not at all.

    All of it is flushed to the disk before it takes its place.

    Parameters
    ----------
    path : Path
    data : Dataset
    attributes : dict
        Anything that JSON can hold.
    overwrite : bool
        Whether to replace a result that is there. Anything else that is there stays.
    beside : Path, optional
        The folder in which it is written first, on the same disk; by default that of `path`.

    Raises
    ------
    FileExistsError
        If something is there.
    OSError
        If it cannot be written.
    """
    if path.exists():
        if not overwrite:
            raise FileExistsError(f"{path} is there already; choose another name, or pass overwrite=True")
        attributes_of(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"format": FORMAT, **attributes}, ensure_ascii=False)
    side = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=ASIDE, dir=beside or path.parent))
    try:
        data.assign_attrs({ATTRIBUTE: text}).to_zarr(side / "new", zarr_format=2, consolidated=True)
        for written in (side / "new").rglob("*"):
            _flush(written)
        _flush(side / "new")
        if path.exists():
            os.replace(path, side / "old")
        os.replace(side / "new", path)
        _flush(path.parent)
    finally:
        shutil.rmtree(side)


def write_file(path: Path, content: bytes) -> None:
    """Write a file so that it is there as a whole or not at all, whatever happens: aside, flushed, renamed.

    Raises
    ------
    OSError
        If it cannot be written; nothing is left of it.
    """
    aside = path.with_name(path.name + ASIDE)
    try:
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    _flush(path.parent)


def _flush(path: Path) -> None:
    """Let the disk have what was written to a file, or which names a folder has."""
    if path.is_dir() and os.name == "nt":  # where folders cannot be opened
        return
    opened = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def read(path: Path) -> tuple[xr.Dataset, dict[str, Any]]:
    """Read a Dataset and its attributes into memory.

    Raises
    ------
    FileNotFoundError
        If nothing is there.
    ValueError
        For anything that is not a result, or one of a layout that this version cannot read.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    attributes = attributes_of(path)
    if attributes.get("format") != FORMAT:
        written = attributes.get("version", "an unknown version")
        raise ValueError(
            f"{path}: written by funnelsim {written} in format {attributes.get('format')}, and this version reads "
            f"format {FORMAT} only; run the scenario again, or install that version"
        )
    try:
        _check_codecs(path)
        data = xr.open_dataset(path, engine="zarr", chunks=None, consolidated=True).load()
    except _UnsafeError as error:
        raise ValueError(f"{path}: {error}") from None
    except Exception as error:  # whatever zarr makes of a damaged file
        raise ValueError(f"{path}: a damaged result ({type(error).__name__}: {error})") from error
    del data.attrs[ATTRIBUTE]
    return data, attributes


def attributes_of(path: Path) -> dict[str, Any]:
    """Return the attributes of a result.

    Raises
    ------
    ValueError
        For anything else.
    """
    try:
        attributes = json.loads(json.loads((path / ".zattrs").read_text("utf-8"))[ATTRIBUTE])
    except (OSError, ValueError, KeyError, TypeError):
        attributes = None
    if not isinstance(attributes, dict):
        raise ValueError(f"{path}: not a result of funnelsim (a Zarr folder that Result.save has written)")
    return attributes


def _check_codecs(path: Path) -> None:
    """Refuse arrays whose decoding could run code that the file brings along, such as pickles."""
    described = json.loads((path / ".zmetadata").read_text("utf-8"))["metadata"]
    arrays = [meta for name, meta in described.items() if name.endswith(".zarray")]
    arrays += [json.loads(file.read_text("utf-8")) for file in path.rglob(".zarray")]
    for meta in arrays:
        codecs = {codec["id"] for codec in (meta["compressor"], *(meta["filters"] or ())) if codec}
        if codecs - set(KNOWN_CODECS) or "O" in meta["dtype"]:
            raise _UnsafeError(f"holds objects ({', '.join(sorted(codecs))}), which no result does")


class _UnsafeError(Exception):
    pass
