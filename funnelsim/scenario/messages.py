"""What pydantic finds wrong, in words of ours: rule, value and the way out."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from funnelsim.scenario import structure
from funnelsim.scenario.problems import PathParts, Problem, RefusedError, listed, near_miss, shown
from funnelsim.scenario.settings import named_path
from funnelsim.scenario.structure import Spot
from funnelsim.scenario.tree import Node, place_of

_AT_KEY = ("extra_forbidden", "missing")


def problems_of(error: ValidationError, tree: Node, model: type[BaseModel]) -> list[Problem]:
    """Turn the errors of a validation into problems that point into the tree."""
    problems = []
    errors = error.errors(include_url=False)
    for details in errors:
        location = details["loc"]
        if details["type"] == "too_short" and any(other["loc"][:-1][: len(location)] == location for other in errors):
            continue  # a list is not short that holds something, even if that is wrong
        bad_key = bool(location) and location[-1] == "[key]"
        path = location[:-1] if bad_key else location
        place = place_of(tree, path, key=bad_key or details["type"] in _AT_KEY)
        problems.append(Problem(place, named_path(tree, path), _message(details, path, model)))
    return problems


def _message(details: Any, path: PathParts, model: type[BaseModel]) -> str:
    value, context = details["input"], details.get("ctx", {})
    match details["type"]:
        case "fault":
            return str(context["text"])
        case "missing":
            return _missing(path, model)
        case "extra_forbidden":
            return _unknown(path, model)
        case "string_type":
            return f"must be text, not {shown(value)}{_quote_it(value)}"
        case "bool_type":
            return f"must be true or false, not {shown(value)}"
        case "literal_error":
            allowed = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
            hint = near_miss(value, allowed) if isinstance(value, str) else ""
            return f"must be {listed(allowed)}, not {shown(value)}{hint}"
        case "model_type" | "dict_type" if value is None:
            part = structure.with_article(_spot_at(path, model).noun)
            return f"nothing stands here; write {{}} for {part} without any fields, or leave it out"
        case "model_type" | "dict_type":
            return f"must be a mapping of {_mapping_of(path, model)}, not {shown(value)}"
        case "tuple_type":
            return f"must be a list such as [a, b], not {shown(value)}"
        case "too_short" | "string_too_short":
            return "must not be empty"
        case _:
            return f"{details['msg'][0].lower()}{details['msg'][1:]}, not {shown(value)}"


def _quote_it(value: object) -> str:
    return f'; quote it: "{value}"' if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _spot_at(path: PathParts, model: type[BaseModel]) -> Spot:
    spot = structure.root(model)
    for part in path:
        spot = spot.below(str(part))
    return spot


def _mapping_of(path: PathParts, model: type[BaseModel]) -> str:
    spot = _spot_at(path, model)
    if spot.kind == "table":
        return "numbers by name"
    return (
        "people by name"
        if spot.noun == "person"
        else f"{spot.noun}s by name"
        if spot.model is None or spot.kind == "items"
        else "fields"
    )


def _missing(path: PathParts, model: type[BaseModel]) -> str:
    spot = _spot_at(path[:-1], model)
    assert spot.model is not None
    info = spot.model.model_fields[structure.field_names(spot.model)[str(path[-1])]]
    what = f": {info.description[0].lower()}{info.description[1:].rstrip('.')}" if info.description else ""
    return f"{structure.with_article(spot.noun)} needs this field{what}"


def _unknown(path: PathParts, model: type[BaseModel]) -> str:
    try:
        _spot_at(path, model)
    except RefusedError as fault:
        return str(fault)
    raise AssertionError(f"{path} is a known field")
