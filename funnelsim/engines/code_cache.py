"""Where the machine code of compiled functions is kept between runs.

Numba keeps it beside the sources and looks only at the file of the function itself: a caller goes on running an old
callee, and a package that cannot be written to is compiled again in every process. Here it is kept in a private folder
named by a digest of all sources that compiled functions see, one file for each function and signature. Numba's
settings are left alone, so that other users of it in the process see nothing of this.
"""

from __future__ import annotations

import functools
import inspect
import os
import pickle
import re
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba.core.caching import _Cache
from numba.core.dispatcher import Dispatcher

_numba: Any = numba  # what is used of its inside has types in some versions only

CHECKSUM_BYTES = 16
DAYS_KEPT = 30


def cache_of(function: Callable[..., Any]) -> KernelCache | None:
    """Return the place of a function's machine code; None where there is none to be had.

    That is so where nothing can be written, and for functions that do not stand in a file, as in a notebook.
    """
    folder, source = cache_folder(), _file_digest(inspect.getfile(function))
    return None if folder is None or source is None else KernelCache(folder, function, source)


class KernelCache(_Cache):
    """Machine code of one function on disk, one file a signature.

    Files are written to the side and renamed, and named by all that distinguishes them, so that any number of processes
    can share them. Each begins with a checksum; one cut short by a crash counts as absent. A disk that fails
    costs a compilation, never a run.
    """

    def __init__(self, folder: Path, function: Callable[..., Any], source: str) -> None:
        self._folder = folder
        self._function = function
        self._source = source
        self._enabled = True

    @property
    def cache_path(self) -> str:
        """Folder of the files."""
        return str(self._folder)

    def enable(self) -> None:
        """Read and write files."""
        self._enabled = True

    def disable(self) -> None:
        """Neither read nor write files."""
        self._enabled = False

    def flush(self) -> None:
        """Delete the files of this function."""
        for path in self._folder.glob(f"{self._stem()}-*"):
            path.unlink(missing_ok=True)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what was kept for a signature, or None."""
        target_context.refresh()
        if not self._enabled:
            return None
        try:
            content = self._path(sig, target_context.codegen()).read_bytes()
        except OSError:
            return None
        checksum, payload = content[:CHECKSUM_BYTES], content[CHECKSUM_BYTES:]
        if _checksum(payload) != checksum:
            return None
        return _numba.core.compiler.CompileResult._rebuild(target_context, *pickle.loads(payload))

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled for a signature, if it can be kept."""
        if not self._enabled or data.library.has_dynamic_globals or any(not lifted.can_cache for lifted in data.lifted):
            return
        path, payload = self._path(sig, data.codegen), _numba.core.serialize.dumps(data._reduce())
        aside = ""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, aside = tempfile.mkstemp(dir=self._folder)
            with open(handle, "wb") as file:
                file.write(_checksum(payload) + payload)
            os.replace(aside, path)
        except OSError:
            if aside:
                Path(aside).unlink(missing_ok=True)

    def _stem(self) -> str:
        name = f"{self._function.__module__}.{self._function.__qualname__}-{self._function.__code__.co_firstlineno}"
        return re.sub(r"[^\w.-]", "", name)

    def _path(self, sig: Any, codegen: Any) -> Path:
        parts = (
            sig,
            codegen.magic_tuple(),
            sys.version_info[:2],
            tuple(getattr(_numba.config, name) for name in ("OPT", "BOUNDSCHECK", "DEBUGINFO_DEFAULT")),
            self._source,
            _closure(self._function),
        )
        return self._folder / f"{self._stem()}-{_digest(repr(part).encode() for part in parts)}.bin"


def _closure(function: Any) -> tuple[Any, ...]:
    """Return what an inner function has taken from the functions around it, without what differs between processes."""
    cells = tuple(cell.cell_contents for cell in function.__closure__ or ())
    return tuple(
        (cell.py_func.__qualname__, _closure(cell.py_func))
        if isinstance(cell, Dispatcher)
        else _numba.core.serialize.dumps(cell)
        for cell in cells
    )


# ---------------------------------------------------------------- digests
def _digest(parts: Iterable[bytes]) -> str:
    state = blake2b(digest_size=16)
    for part in parts:
        state.update(len(part).to_bytes(8, "little") + part)
    return state.hexdigest()


def _checksum(payload: bytes) -> bytes:
    return blake2b(payload, digest_size=CHECKSUM_BYTES).digest()


@functools.cache
def _file_digest(path: str) -> str | None:
    """Return a digest of a source file; None where there is no such file, as in a notebook."""
    return _digest([Path(path).read_bytes()]) if os.path.isfile(path) else None


def source_digest(folders: Iterable[Path]) -> str:
    """Digest of all Python sources in some folders and below, and of the versions that turn them into code.

    Parameters
    ----------
    folders : iterable of Path
        Files are taken by their path below their folder.

    Returns
    -------
    str
        32 hexadecimal digits.
    """
    parts = [numba.__version__.encode(), llvmlite.__version__.encode()]
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            parts += [path.relative_to(folder).as_posix().encode(), path.read_bytes()]
    return _digest(parts)


# ---------------------------------------------------------------- folders
@functools.cache
def cache_folder() -> Path | None:
    """Return the folder where this version's machine code is kept.

    The first that can be written to of ``$FUNNELSIM_CACHE_DIR``, ``$XDG_CACHE_HOME``, ``~/.cache`` (below each:
    ``funnelsim/DIGEST``), and a folder of the user's own among temporary files. Folders of other versions
    that were not used for 30 days are removed when a new one is made.

    Returns
    -------
    Path or None
        None where nothing can be written: code is then compiled anew in every process.
    """
    engines = Path(__file__).parent
    digest = source_digest([engines, engines.parent / "program"])  # constants of programs are compiled in
    for parent in _parents():
        folder = parent / digest
        if _prepare(folder):
            return folder
    return None


def _parents() -> Iterable[Path]:
    """Yield the folders that may hold folders of machine code, best first."""
    if chosen := os.environ.get("FUNNELSIM_CACHE_DIR"):
        yield Path(chosen).absolute() / "funnelsim"
    else:
        place = os.environ.get("XDG_CACHE_HOME", "")
        if not os.path.isabs(place):  # not to be used, says the XDG base directory specification
            place = os.path.expanduser("~/.cache")
        if os.path.isabs(place):  # else there is no home
            yield Path(place) / "funnelsim"
    if private := _private_folder():
        yield private


def _private_folder() -> Path | None:
    """Make a folder of the user's own among temporary files, where all can write; None where it may be another's."""
    owner = os.getuid() if hasattr(os, "getuid") else None
    try:
        place = Path(tempfile.gettempdir())
        if place == Path.cwd():  # Python's last resort, and not ours to write to
            return None
        folder = place / f"funnelsim-{'user' if owner is None else owner}"
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return None
    is_own = stat.S_ISDIR(status.st_mode) and status.st_uid == owner and status.st_mode & 0o077 == 0
    return folder if is_own or owner is None else None


def _prepare(folder: Path) -> bool:
    """Make a folder, or mark it as used; return whether it can be written to."""
    try:
        is_new = not folder.is_dir()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
        os.utime(folder)
    except OSError:
        return False
    if is_new:
        _remove_old(folder.parent)
    return True


def _remove_old(parent: Path) -> None:
    """Remove folders of other versions that have not been used for long."""
    limit = time.time() - DAYS_KEPT * 86_400
    for folder in parent.iterdir():
        try:
            if re.fullmatch(r"[0-9a-f]{32}", folder.name) and folder.stat().st_mtime < limit:
                shutil.rmtree(folder, ignore_errors=True)
        except FileNotFoundError:
            continue  # another process was faster
