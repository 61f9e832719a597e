"""The settings all compiled functions share.

Their machine code is kept between runs, see `code_cache`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numba.extending

from funnelsim.engines.code_cache import cache_of

_numba: Any = numba  # what is used of its inside has types in some versions only

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function with the settings all engine code shares.

    No `fastmath`, so that the bits are the same on every processor; division as in NumPy, without a check that
    would keep loops from being vectorised; and no GIL, so that threads run side by side.
    Works on inner functions too. A function that stands elsewhere than in the engines may use its own module and the
    engines: changes in other modules are not noticed in what is kept on disk.

    Parameters
    ----------
    function : callable
        Raises nothing.

    Returns
    -------
    callable
        A numba dispatcher, compiled on its first call with each signature.
    """
    return _decorate(function)


def lean(function: Function) -> Function:
    """Compile as `compiled` does, without counting references to arrays.

    Counting costs some 5 ns for each array among the arguments, also those within a tuple, at each call: more than most
    draws.

    Parameters
    ----------
    function : callable
        Makes no array, not even a temporary one (as ``a[:] += b`` does), and returns none; else compiling it fails.

    Returns
    -------
    callable
        A numba dispatcher.
    """
    return _decorate(function, _nrt=False)


def inlined(function: Function) -> Function:
    """Compile a small function as `lean` does, and put its code into every caller's.

    Else a call may stay a call, and the loop around it is not vectorised: seven times slower for `philox`.

    Parameters
    ----------
    function : callable
        As for `lean`.

    Returns
    -------
    callable
        A numba dispatcher.
    """
    return _decorate(function, _nrt=False, forceinline=True)


@_numba.extending.intrinsic  # type: ignore[untyped-decorator]
def stay_apart(typing_context: Any) -> Any:
    """Keep the code of the function whose first line this is out of its callers'.

    For what happens seldom: where it does not, the code around the call stays small, which is faster to run and to
    compile.
    """

    def mark(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.function.attributes.add("noinline")
        return context.get_dummy_value()

    return _numba.core.types.void(), mark


def _decorate(function: Function, **options: bool) -> Function:
    njit: Any = numba.njit
    # else a function would be inlined everywhere if the first to call it is inlined itself
    options = {"forceinline": False, **options}
    dispatcher = njit(nogil=True, fastmath=False, error_model="numpy", **options)(function)
    if (cache := cache_of(function)) is not None:
        dispatcher._cache = cache
    return cast(Function, dispatcher)
