"""Every number and every length in a scenario can be not known, but for a few that say what is simulated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from funnelsim.scenario import Scenario
from funnelsim.scenario.structure import root

STRUCTURAL = {
    ("Scenario", "format"): "which language the file is in",
    ("Scenario", "horizon"): "how long all replications run: their periods are compared",
    ("Scenario", "warm_up"): "where their calendar begins",
    ("Scenario", "period"): "the grid that they are reported by",
    ("Checks", "seed"): "what all replications are drawn from",
    ("Scoring", "bands"): "the grid that the score profile is reported by",
}
"""Fields that say what is simulated, and why they are the same in every replication."""

NUMBERS: tuple[Any, ...] = (1, 2, 0.5, "2d", "2 months", "2 per month")
BELIEFS = ("between 1 and 3", "between 0.2 and 0.5", "between 1d and 3d", "between 1 and 3 per month")

FORMS: dict[str, Callable[[Any], Any]] = {
    "alone": lambda number: number,
    "amount per month": lambda number: {"amount": number, "per": "month"},
    "listed": lambda number: (number,),
    "listed by month": lambda number: (number,) * 12,
    "listed by weekday": lambda number: (number,) * 7,
    **{name: lambda number, name=name: {name: number} for name in ("jan", "mon", "2026-01", "2026-01-01", "small")},
    "chance by name": lambda number: {"segment": {"small": number}},
    "chance by attempt": lambda number: {"attempt": (number,)},
    "mean": lambda number: {"dist": "exponential", "mean": number},
    "constant": lambda number: {"dist": "constant", "value": number},
}
"""How a number can be written in the value of a field: alone, or in a table, a list or a distribution."""


def models(model: type[BaseModel] = Scenario) -> Iterator[type[BaseModel]]:
    """All models that a scenario is made of."""
    spot = root(model)
    yield model
    for name in model.model_fields:
        below = spot.below(model.model_fields[name].alias or name)
        if below.model is not None and below.model is not model:
            yield from models(below.model)


FIELDS = sorted({(model.__name__, name): model for model in models() for name in model.model_fields}.items())


def accepts(field: TypeAdapter[Any], value: Any) -> bool:
    try:
        field.validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(("name", "model"), FIELDS, ids=[".".join(name) for name, _ in FIELDS])
def test_every_number_can_be_not_known(name: tuple[str, str], model: type[BaseModel]) -> None:
    info = model.model_fields[name[1]]
    field: TypeAdapter[Any] = TypeAdapter(info.rebuild_annotation())
    told = [form for form, write in FORMS.items() if any(accepts(field, write(number)) for number in NUMBERS)]
    numeric = [form for form in told if not accepts(field, FORMS[form]("any text"))]
    unknown = [form for form in numeric if any(accepts(field, FORMS[form]({"uncertain": b})) for b in BELIEFS)]
    if name in STRUCTURAL:
        assert numeric
        assert not unknown, "no longer one of the few"
    else:
        assert unknown == numeric


def test_the_fields_with_numbers_are_found() -> None:
    """The test above means something: it sees that these fields take numbers."""
    seen = {name for name, _ in FIELDS}
    for name in (("Seasonality", "month"), ("Team", "people"), ("Protection", "most"), ("Trigger", "idle")):
        assert name in seen
    team = next(model for (of, _), model in FIELDS if of == "Team")
    people: TypeAdapter[Any] = TypeAdapter(team.model_fields["people"].rebuild_annotation())
    assert accepts(people, {"2026-01-01": 2})
    assert accepts(people, {"2026-01-01": {"uncertain": "between 1 and 3"}})
    assert not accepts(people, {"2026-01-01": {"uncertain": "1 to 3"}})
