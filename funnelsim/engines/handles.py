"""Hands a tuple of arrays to compiled code as one number: the address of a card that says where they are.

Numba passes a tuple as all the fields of all its arrays, some five hundred words for what a replication reads and
writes: every function that takes it is half a second slower to compile, and every call copies them. Behind a handle a
function takes one word, and ``handle.name`` reads the array from the card. Only what `jit.lean` compiles should take
handles: they count no references.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple, TypeVar, cast

import llvmlite.ir
import numba.core.imputils
import numba.core.typing.templates
import numba.extending
import numba.np.arrayobj
import numpy as np

_numba: Any = numba  # what is used of its inside has types in some versions only
ir: Any = llvmlite.ir
types: Any = _numba.core.types
extending: Any = _numba.extending
array_objects: Any = _numba.np.arrayobj

WORD = ir.IntType(64)

Parts = TypeVar("Parts", bound=tuple[Any, ...])


class Field(NamedTuple):
    """What stands on a card: an array (its address and shape), a whole number, or another card's address."""

    name: str
    type: Any
    place: int
    """The first of its words."""


class HandleType(types.Type):  # type: ignore[misc]
    """The type of a handle: that of the tuple, and what its fields are."""

    def __init__(self, tuple_name: str, fields: tuple[Field, ...]) -> None:
        self.fields = {field.name: field for field in fields}
        listed = ", ".join(f"{field.name}: {field.type}" for field in fields)
        super().__init__(name=f"Handle({tuple_name}; {listed})")


class Handle:
    """A tuple of arrays, whole numbers and such tuples, ready for compiled code; see `handle`."""

    def __init__(self, parts: tuple[Any, ...]) -> None:
        self._parts = parts  # keeps what the card points to
        self._inner: list[Handle] = []
        fields: list[Field] = []
        words: list[int] = []
        for name, part in zip(parts._fields, parts, strict=True):  # type: ignore[attr-defined]
            fields.append(Field(name, self._type_of(part), len(words)))
            words += self._words_of(part)
        self._card = np.array(words, np.int64)
        self._numba_type_ = HandleType(type(parts).__name__, tuple(fields))
        self.address = self._card.ctypes.data
        """Of the card."""

    def _type_of(self, part: Any) -> Any:
        if isinstance(part, np.ndarray):
            return _array_type(part.dtype, part.ndim)
        if isinstance(part, tuple):
            self._inner.append(Handle(part))
            return self._inner[-1]._numba_type_
        return types.int64

    def _words_of(self, part: Any) -> list[int]:
        if isinstance(part, np.ndarray):
            if not part.flags.c_contiguous:
                raise ValueError("an array behind a handle is contiguous")
            return [part.ctypes.data, *part.shape]
        return [self._inner[-1].address] if isinstance(part, tuple) else [int(part)]


@functools.cache
def _array_type(dtype: np.dtype[Any], dimensions: int) -> Any:
    return types.Array(_numba.np.numpy_support.from_dtype(dtype), dimensions, "C")


def handle(parts: Parts) -> Parts:
    """Return what compiled code takes in place of a named tuple.

    Parameters
    ----------
    parts : named tuple
        Of contiguous arrays, whole numbers, and named tuples of such. Compiled code sees the arrays as writable.

    Returns
    -------
    Handle
        To compiled code, and so to type checkers, it is what it was made of. Keeps the arrays alive while it lives.
    """
    return cast(Parts, Handle(parts))


# ---------------------------------------------------------------- what numba has to know
@extending.register_model(HandleType)
class _HandleModel(extending.models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, handle_type: HandleType) -> None:
        super().__init__(manager, handle_type, WORD)


@extending.unbox(HandleType)  # type: ignore[untyped-decorator]
def _unbox(handle_type: HandleType, value: Any, c: Any) -> Any:
    address = c.pyapi.object_getattr_string(value, "address")
    word = c.pyapi.long_as_longlong(address)
    c.pyapi.decref(address)
    return extending.NativeValue(word)


@_numba.core.typing.templates.infer_getattr
class _HandleAttributes(_numba.core.typing.templates.AttributeTemplate):  # type: ignore[misc]
    key = HandleType

    def generic_resolve(self, handle_type: HandleType, name: str) -> Any:
        return handle_type.fields[name].type if name in handle_type.fields else None


@_numba.core.imputils.lower_getattr_generic(HandleType)  # type: ignore[untyped-decorator]
def _read(context: Any, builder: Any, handle_type: HandleType, value: Any, name: str) -> Any:
    field = handle_type.fields[name]
    card = builder.inttoptr(value, WORD.as_pointer())

    def word(i: int) -> Any:
        read = builder.load(builder.gep(card, [ir.Constant(WORD, field.place + i)]))
        read.set_metadata("invariant.load", builder.module.add_metadata([]))  # nobody writes on a card
        return read

    if not isinstance(field.type, types.Array):
        return word(0)
    array = context.make_array(field.type)(context, builder)
    item_size = ir.Constant(WORD, array_objects.get_itemsize(context, field.type))
    shape = [word(1 + axis) for axis in range(field.type.ndim)]
    strides = [item_size]
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], length))
    data = builder.inttoptr(word(0), context.get_data_type(field.type.dtype).as_pointer())
    array_objects.populate_array(array, data=data, shape=shape, strides=strides, itemsize=item_size, meminfo=None)
    return array._getvalue()
