"""The JSON Schema of scenario files, for editors: draft 7, made from the models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from funnelsim.scenario import structure
from funnelsim.scenario.models import Scenario
from funnelsim.scenario.parts import Short
from funnelsim.scenario.schemas import SHARED, Schema

DRAFT = "http://json-schema.org/draft-07/schema#"
_OWN = ("description", "default")
"""What a place says of itself, beside the definition it refers to."""


_NO_NULL: Schema = {"not": {"type": "null"}}


class _Generator(GenerateJsonSchema):
    ignored_warning_kinds = {"non-serializable-default", "skipped-choice"}  # noqa: RUF012 - as pydantic has it


def json_schema() -> Schema:
    """Return the JSON Schema of scenario files.

    A file that extends another need not have the fields that a whole scenario needs, and may remove named items by
    null.
    """
    made = Scenario.model_json_schema(by_alias=True, ref_template="#/definitions/{model}", schema_generator=_Generator)
    parts = {model.__name__: model for model in _models(Scenario)}
    definitions: dict[str, Schema] = {}
    for name, definition in made.pop("$defs").items():
        definitions[name] = _tidy_model(definition, parts[name], definitions)
    scenario = _tidy_model(made, Scenario, definitions)
    extends: Schema = {"type": "string", "description": "A file that this one says the differences from."}
    return {
        "$schema": DRAFT,
        "title": "funnelsim scenario",
        **scenario,
        "properties": {"extends": extends, **scenario["properties"]},
        "if": {"required": ["extends"]},
        "else": _demands(Scenario),
        "definitions": dict(sorted(definitions.items())),
    }


def schema_text() -> str:
    """Return the published file of the schema."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield a model and all that stand below it."""
    yield model
    spot = structure.root(model)
    for name in structure.field_names(model):
        if below := spot.below(name).model:
            yield from _models(below)


def _tidy_model(node: Schema, model: type[BaseModel], definitions: dict[str, Schema]) -> Schema:
    """Tidy the schema of a model, whose defaults are shown as they are written."""
    defaults = model.model_construct().model_dump(by_alias=True)
    properties = {}
    for name, schema in node["properties"].items():
        bare = {key: value for key, value in schema.items() if key not in ("default", "title")}
        properties[name] = _tidy(bare | ({"default": defaults[name]} if name in defaults else {}), definitions)
    others = _tidy(node["additionalProperties"], definitions) if structure.is_open(model) else False
    fields = {"type": "object", "properties": properties, "additionalProperties": others}
    if issubclass(model, Short):
        value = _tidy(dict(model.short.schema), definitions)
        return {"description": node["description"], "anyOf": [value, fields]}
    return {"description": node["description"], **fields}


def _tidy(node: Any, definitions: dict[str, Schema]) -> Any:
    """Move shared schemas to the definitions, and close mappings by name."""
    if isinstance(node, list | tuple):
        return [_tidy(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if SHARED in node or "$ref" in node:
        own = {key: value for key, value in node.items() if key in _OWN}
        rest = {key: value for key, value in node.items() if key not in _OWN}
        if name := rest.pop(SHARED, ""):
            definitions[name] = _tidy(rest, definitions)
            rest = {"$ref": f"#/definitions/{name}"}
        return {**own, "allOf": [rest]} if own else rest  # beside a reference nothing else is read
    tidy = {key: _tidy(below, definitions) for key, below in node.items()}
    if "patternProperties" in tidy and "additionalProperties" not in tidy:
        [(pattern, item)] = tidy["patternProperties"].items()
        named = "$ref" in item or "patternProperties" in item
        tidy["patternProperties"] = {pattern: {"anyOf": [item, {"type": "null"}]} if named else item}
        tidy["additionalProperties"] = False
        if tidy.pop("minLength", None):
            tidy["minProperties"] = 1
    return tidy


def _demands(model: type[BaseModel]) -> Schema:
    """Return what a whole scenario needs: required fields, and items that are more than null."""
    names = structure.field_names(model)
    spot = structure.root(model)
    demands: Schema = {}
    for written in names:
        below = spot.below(written)
        if below.kind == "tables":
            demands[written] = {"additionalProperties": {"type": "object", "additionalProperties": _NO_NULL}}
        if below.model is None:
            continue
        inner = _demands(below.model)
        match below.kind:
            case "items" if below.or_value or issubclass(below.model, Short):
                demands[written] = {"additionalProperties": _NO_NULL}
            case "items":
                demands[written] = {"additionalProperties": {"type": "object", **inner}}
            case "list":
                demands[written] = {"items": inner} if inner else {}
            case _ if not issubclass(below.model, Short):
                demands[written] = inner
    required = [written for written, name in names.items() if model.model_fields[name].is_required()]
    parts = {"required": required, "properties": {name: schema for name, schema in demands.items() if schema}}
    return {key: value for key, value in parts.items() if value}
