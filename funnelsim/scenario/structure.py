"""What a path of a scenario leads to, by the models alone: fields, named items, a list or a value."""

from __future__ import annotations

import types
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.problems import RefusedError, near_miss, shown

NOUNS = {
    "segments": "segment",
    "traits": "trait",
    "channels": "channel",
    "teams": "team",
    "people": "person",
    "stages": "stage",
    "moves": "move",
    "script": "step",
    "touches": "touch",
    "tracks": "track",
    "variants": "variant",
    "budgets": "budget",
    "observed": "observed trait",
    "frameworks": "framework",
    "content": "asset",
    "limits": "limit",
    "overheads": "overhead",
    "fit": "trait",
}
"""What one of the items of a field is called."""

_MODEL_NOUNS = {
    "Backlog": "backlog",
    "Extend": "extension",
    "RecycleAfter": "rule for taking leads back",
    "Odds": "table of odds",
    "NamedOdds": "table of odds",
    "Exhausted": "limit of touches",
    "TouchStep": "step of a touch",
    "TouchTurn": "turn",
    "TrackRule": "rule",
    "TransitionRule": "rule",
    "RecordedOpens": "record of opens",
    "Expires": "time before a deadline",
    "Ends": "end of a track",
    "SpendResponse": "response",
    "Checks": "way of checking",
}
"""What the fields of a model are called together, where its name does not say it."""


@dataclass(frozen=True)
class Spot:
    """What stands at a path.

    Attributes
    ----------
    kind : str
        ``fields`` of a model; named ``items``, each a model; a ``table`` of values by name; ``tables`` by name; a
        ``list`` of models; a ``value`` (with whatever is inside it).
    model : type or None
        The model of the fields, or of each item.
    noun : str
        What it, or each of its items, is called.
    changeable : bool
        Whether a dated change may set it.
    or_value : bool
        Whether a value may stand here in the place of named items, such as the number of people in that of their names.
    closed : bool
        Whether a dated change may set the values that are there, but neither add one nor leave one out.
    """

    kind: Literal["fields", "items", "table", "tables", "list", "value"]
    model: type[BaseModel] | None
    noun: str
    changeable: bool = False
    or_value: bool = False
    closed: bool = False

    def below(self, part: str) -> Spot:
        """Return what stands under a name; raises RefusedError for a field that does not exist."""
        if self.kind == "fields":
            return self._field(part)
        if self.kind in ("items", "list"):
            return Spot("fields", self.model, self.noun)
        if self.kind == "tables":
            return Spot("table", None, "value", self.changeable, closed=self.closed)
        return Spot("value", None, self.noun, self.changeable or self.closed)

    def _field(self, part: str) -> Spot:
        assert self.model is not None
        names = field_names(self.model)
        if part not in names and is_open(self.model):
            return Spot("table", None, "trait", changeable=True)
        if part not in names:
            raise RefusedError(f"no field {shown(part)} in {with_article(self.noun)}{near_miss(part, names, 'fields')}")
        info = self.model.model_fields[names[part]]
        changeable = self.changeable or names[part] in getattr(self.model, "changeable", ())
        closed = names[part] in getattr(self.model, "fixed_names", ())
        return replace(_spot(info.annotation, part, changeable), closed=closed)

    @property
    def field_names(self) -> frozenset[str]:
        """The names of its fields in files; none where it has no fields."""
        return frozenset(field_names(self.model)) if self.kind == "fields" and self.model else frozenset()

    @property
    def short_for(self) -> str | None:
        """The field that a single value in the place of the fields stands for; None where there is none."""
        return getattr(self.model, "short_for", None) if self.kind == "fields" else None


def root(model: type[BaseModel]) -> Spot:
    """Return the spot of a whole scenario."""
    return Spot("fields", model, model.__name__.lower())


def field_names(model: type[BaseModel]) -> dict[str, str]:
    """Return the fields of a model: from their names in files to their names in Python."""
    return {info.alias or name: name for name, info in model.model_fields.items()}


def is_open(model: type[BaseModel]) -> bool:
    """Say whether beside the fields of a model tables by trait may stand."""
    return model.model_config.get("extra") == "allow"


def parts_of_union(annotation: Any) -> Any:
    """Return the type of named items, or of a list of parts, in a union of types; None where there is none."""
    return next((arg for arg in get_args(annotation) if _holds_parts(arg)), None)


def _holds_parts(annotation: Any) -> bool:
    origin, args = get_origin(annotation), get_args(annotation)
    return (origin is FrozenDict and _is_model(args[1])) or (origin is tuple and _is_model(args[0]))


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def with_article(noun: str) -> str:
    """Write a noun with its indefinite article."""
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


def _spot(annotation: Any, name: str, changeable: bool) -> Spot:
    noun = NOUNS.get(name, name)
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _spot(args[0], name, changeable)
    if origin in (Union, types.UnionType) and type(None) in args:
        return _spot(next(arg for arg in args if arg is not type(None)), name, changeable)
    if parts := parts_of_union(annotation) if origin in (Union, types.UnionType) else None:
        return replace(_spot(parts, name, changeable), or_value=True)
    if _is_model(annotation):
        name = annotation.__name__
        return Spot("fields", annotation, _MODEL_NOUNS.get(name, name.lower()), changeable)
    if origin is FrozenDict:
        if get_origin(args[1]) is FrozenDict:
            return Spot("tables", None, noun, changeable)
        model = args[1] if _is_model(args[1]) else None
        return Spot("items" if model else "table", model, noun, changeable)
    if origin is tuple and _is_model(args[0]):
        name = args[0].__name__
        return Spot("list", args[0], _MODEL_NOUNS.get(name, name.lower()), changeable)
    return Spot("value", None, noun, changeable)
