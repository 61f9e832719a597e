"""What a path of a scenario leads to, by the models alone: fields, named items, a list or a value."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.problems import RefusedError, near_miss, shown

NOUNS = {
    "segments": "segment",
    "channels": "channel",
    "stages": "stage",
    "moves": "move",
    "touches": "touch",
    "tracks": "track",
    "variants": "variant",
}
"""What one of the items of a field is called."""


@dataclass(frozen=True)
class Spot:
    """What stands at a path.

    Attributes
    ----------
    kind : str
        ``fields`` of a model; named ``items``, each a model; a ``table`` of values by name; a ``list`` of models; a
        ``value`` (with whatever is inside it).
    model : type or None
        The model of the fields, or of each item.
    noun : str
        What it, or each of its items, is called.
    changeable : bool
        Whether a dated change may set it.
    """

    kind: Literal["fields", "items", "table", "list", "value"]
    model: type[BaseModel] | None
    noun: str
    changeable: bool = False

    def below(self, part: str) -> Spot:
        """Return what stands under a name; raises RefusedError for a field that does not exist."""
        if self.kind == "fields":
            return self._field(part)
        if self.kind in ("items", "list"):
            return Spot("fields", self.model, self.noun)
        return Spot("value", None, self.noun, self.changeable)

    def _field(self, part: str) -> Spot:
        assert self.model is not None
        names = field_names(self.model)
        if part not in names:
            raise RefusedError(f"no field {shown(part)} in a {self.noun}{near_miss(part, names, 'fields')}")
        info = self.model.model_fields[names[part]]
        changeable = self.changeable or names[part] in getattr(self.model, "changeable", ())
        return _spot(info.annotation, part, changeable)


def root(model: type[BaseModel]) -> Spot:
    """Return the spot of a whole scenario."""
    return Spot("fields", model, model.__name__.lower())


def field_names(model: type[BaseModel]) -> dict[str, str]:
    """Return the fields of a model: from their names in files to their names in Python."""
    return {info.alias or name: name for name, info in model.model_fields.items()}


def _spot(annotation: Any, name: str, changeable: bool) -> Spot:
    noun = NOUNS.get(name, name)
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType) and type(None) in args:
        return _spot(next(arg for arg in args if arg is not type(None)), name, changeable)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Spot("fields", annotation, annotation.__name__.lower(), changeable)
    if origin is FrozenDict:
        model = args[1] if isinstance(args[1], type) and issubclass(args[1], BaseModel) else None
        return Spot("items" if model else "table", model, noun, changeable)
    if origin is tuple and isinstance(args[0], type) and issubclass(args[0], BaseModel):
        return Spot("list", args[0], args[0].__name__.lower(), changeable)
    return Spot("value", None, noun, changeable)
