"""Results that are written part by part, so that a run that was interrupted can go on where it stood.

While a run is under way its finished parts are files in a folder beside the place of its result (for ``run.zarr`` it is
``run.zarr.unfinished``), with one that says which run they are of. When all are there, the result is saved to its
place, and the folder is removed. A file is written to the side, flushed to the disk and renamed, and begins with a
checksum of all that it depends on: whenever a run is killed, what stands there under its name is whole.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.metrics import storage
from funnelsim.metrics.result import Result, load_result

if TYPE_CHECKING:
    from funnelsim.engines.counts import Counts

UNFINISHED = ".unfinished"
"""What the name of the folder ends with."""

NOT_OF_PARTS = ("replications", "aims")
"""What parts of a run do not depend on."""

RUN = "run.json"
CHECKSUM_BYTES = 32
PART = re.compile(r"(\d{10})-(\d{10})\.part")
LONGEST_LINE = 60


class UnsavedError(OSError):
    """A run came to its end, but its result could not be saved; it is here as `result`."""

    result: Result


class Output:
    """The place of a result, and what is finished of it.

    Parameters
    ----------
    path : Path
        Where the result is to be.
    asked : mapping
        What determines the result: `Result.attributes` of it.
    resume : bool
        Whether to go on with what an interrupted run has finished.
    overwrite : bool
        Whether to replace a result that is there; without `resume` also what is finished of one.

    Raises
    ------
    FileExistsError
        If something is there that `resume` and `overwrite` do not allow to be used or replaced.
    ValueError
        If it is of another run, or nothing of funnelsim.
    """

    def __init__(self, path: Path, asked: Mapping[str, Any], *, resume: bool, overwrite: bool) -> None:
        self.path, self.folder = path, unfinished(path)
        self._asked, self._resume, self._overwrite = dict(asked), resume, overwrite
        self._run = json.dumps({name: value for name, value in asked.items() if name not in NOT_OF_PARTS})
        self.is_finished = self._is_finished()
        if not self.is_finished:
            self._check_begun()

    def _is_finished(self) -> bool:
        """Say whether the result is there already; refuse what is there in its place."""
        if not self.path.exists():
            return False
        there = storage.attributes_of(self.path)
        differing = _differences(there, self._asked)
        if self._resume and not differing:
            return True
        if self._overwrite:
            return False
        if self._resume:
            raise ValueError(f"{self.path} is the result of another run, with {differing}; choose another name")
        raise FileExistsError(f"{self.path} is there already; choose another name, or pass overwrite=True")

    def _check_begun(self) -> None:
        there = run_of(self.folder)
        if there is None or (self._overwrite and not self._resume):
            return
        if not self._resume:
            raise FileExistsError(
                f"{self.folder} keeps what an interrupted run has finished; pass resume=True to go on with it, or "
                "overwrite=True to begin anew, or choose another name"
            )
        if differing := _differences(there, json.loads(self._run)):
            raise ValueError(f"{self.folder} is of another run, with {differing}; choose another name, or begin anew")

    # ------------------------------------------------------------ parts
    def begin(self) -> None:
        """Prepare the folder.

        Raises
        ------
        OSError
            If nothing can be written there.
        """
        with self._writing():
            if not self._resume:
                _remove(self.folder)
            self.folder.mkdir(parents=True, exist_ok=True)
            for leftover in self.folder.glob(f"*{storage.ASIDE}"):
                _remove(leftover)
            if not (self.folder / RUN).exists():
                storage.write_file(self.folder / RUN, self._run.encode())

    def finished(self, first: int, last: int) -> Iterator[Counts]:
        """Yield the counts that are there of replications `first` to `last` - 1, in order, up to the first gap."""
        for path in sorted(self.folder.iterdir()):
            begin, end = _range_of(path)
            if begin <= first < min(end, last) and (counts := self._read(path)) is not None:
                yield counts.part(first - begin, min(end, last) - begin)
                first = min(end, last)

    def keeping(self, take: Callable[[Counts], object], first: int) -> Callable[[Counts], None]:
        """Return what writes the counts of replications from `first` on, and then hands them over."""
        number = first

        def keep(counts: Counts) -> None:
            nonlocal number
            self.keep(number, counts)
            number += len(counts.counts)
            take(counts)

        return keep

    def keep(self, first: int, counts: Counts) -> None:
        """Write the counts of replications from `first` on.

        Raises
        ------
        OSError
            Which says that what was kept before is safe.
        """
        payload = io.BytesIO()
        np.savez_compressed(payload, **counts._asdict())
        path = self.folder / f"{first:010}-{first + len(counts.counts):010}.part"
        with self._writing():
            storage.write_file(path, self._checksum(path, payload.getvalue()) + payload.getvalue())

    def _read(self, path: Path) -> Counts | None:
        """Return the counts in a file; None where it is not what was written, and the replications are run again."""
        from funnelsim.engines.counts import Counts

        content = path.read_bytes()
        checksum, payload = content[:CHECKSUM_BYTES], content[CHECKSUM_BYTES:]
        if checksum != self._checksum(path, payload):
            return None
        with np.load(io.BytesIO(payload), allow_pickle=False) as arrays:
            return Counts(**arrays)

    def _checksum(self, path: Path, payload: bytes) -> bytes:
        hashed = blake2b(digest_size=CHECKSUM_BYTES)
        for part in (self._run.encode(), path.name.encode(), payload):
            hashed.update(len(part).to_bytes(8, "little") + part)
        return hashed.digest()

    # ------------------------------------------------------------ the result
    def result(self) -> Result:
        """Return the finished result, and remove what may be left of its making."""
        with contextlib.suppress(OSError, ValueError):
            if run_of(self.folder) is not None:
                _remove(self.folder)
        return load_result(self.path)

    def finish(self, result: Result) -> None:
        """Save the result to its place, and remove the parts.

        Raises
        ------
        UnsavedError
            If it cannot be saved; the parts are still there.
        """
        try:
            with self._writing():
                storage.write(self.path, result.data, result.attributes(), self._overwrite, beside=self.folder)
        except OSError as error:
            unsaved = UnsavedError(*error.args)
            unsaved.result = result
            raise unsaved from error
        with contextlib.suppress(OSError):
            _remove(self.folder)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            kept = max((_range_of(path)[1] for path in self.folder.glob("*.part")), default=0)
            raise OSError(
                error.errno,
                f"{error.strerror or error}; {kept:,} replications are safe in {self.folder.name}: make room, and go "
                "on with --resume, or resume=True",
                str(self.path),
            ) from error


def unfinished(path: Path) -> Path:
    """Return the folder that keeps what is finished of a result."""
    return path.parent / f"{path.name}{UNFINISHED}"


def run_of(folder: Path) -> dict[str, Any] | None:
    """Return of which run a folder keeps what is finished; None where nothing is kept.

    Raises
    ------
    ValueError
        If it is something else.
    """
    try:
        if not folder.exists() or all(child.suffix == storage.ASIDE for child in folder.iterdir()):
            return None
        run = json.loads((folder / RUN).read_text("utf-8"))
    except (OSError, ValueError):
        run = None
    if not isinstance(run, dict):
        raise ValueError(f"{folder} is not what an interrupted run of funnelsim has left; choose another name")
    return run


def _range_of(path: Path) -> tuple[int, int]:
    """Return which replications a file has, from the first until before the last; none for other files."""
    name = PART.fullmatch(path.name)
    return (int(name[1]), int(name[2])) if name else (0, 0)


def _differences(there: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    """Say in what two runs differ, the one that is there first."""
    found = [
        f"{name} {there.get(name)!r} (here {value!r})"
        for name, value in asked.items()
        if name != "scenario" and there.get(name) != value
    ]
    lines = (str(some.get("scenario")).splitlines() for some in (there, asked))
    for number, (old, new) in enumerate(itertools.zip_longest(*lines, fillvalue=""), 1):
        if old != new:
            shown = (f"'{line.strip()[:LONGEST_LINE]}'" for line in (old, new))
            found.append(f"another scenario ({next(shown)} in line {number} of it resolved, here {next(shown)})")
            break
    return ", ".join(found)


def _remove(path: Path) -> None:
    """Remove a file or a folder; what says of which run it is goes last."""
    if path.is_dir():
        for child in sorted(path.iterdir(), key=lambda child: child.name == RUN):
            shutil.rmtree(child) if child.is_dir() else child.unlink()
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
