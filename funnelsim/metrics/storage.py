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

KNOWN_CODECS = ("blosc", "zlib", "gzip", "lz4", "zstd")


def write(path: Path, data: xr.Dataset, attributes: dict[str, Any], overwrite: bool) -> None:
    """Write a Dataset and its attributes as a folder, to the side first, so that it is there as a whole or not at all.

    Parameters
    ----------
    path : Path
    data : Dataset
    attributes : dict
        Anything that JSON can hold.
    overwrite : bool
        Whether to replace a result that is there. Anything else that is there stays.

    Raises
    ------
    FileExistsError
        If something is there.
    """
    if path.exists():
        if not overwrite:
            raise FileExistsError(f"{path} is there already; choose another name, or pass overwrite=True")
        _check_is_result(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"format": FORMAT, **attributes}, ensure_ascii=False)
    side = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        data.assign_attrs({ATTRIBUTE: text}).to_zarr(side / "new", zarr_format=2, consolidated=True)
        if path.exists():
            os.replace(path, side / "old")
        os.replace(side / "new", path)
    finally:
        shutil.rmtree(side)


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
    attributes = _check_is_result(path)
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


def _check_is_result(path: Path) -> dict[str, Any]:
    """Return the attributes of a result; refuse all else."""
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
