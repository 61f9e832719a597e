"""What the models of a scenario share: their base, and the types of their fields."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self, cast

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, model_validator

from funnelsim.scenario import kinds
from funnelsim.scenario.quantities import ChanceValue, Luck, Number
from funnelsim.scenario.ways import Way

Share = Annotated[Number, kinds.SHARE]
OddsNumber = Annotated[Number, kinds.ODDS]
OddsList = Annotated[tuple[Number, ...], kinds.ODDS_LIST]
Money = Annotated[Number, kinds.MONEY]
Wait = Annotated[Luck, kinds.WAIT]
Gap = Annotated[Luck, kinds.GAP]
WorkingTime = Annotated[Luck, kinds.TAKES]
Chance = Annotated[ChanceValue, kinds.CHANCE]
Times = Annotated[Number, kinds.TIMES]
Points = Annotated[Number, kinds.POINTS]
Length = Annotated[Number, kinds.LENGTH]
Date = Annotated[dt.date, kinds.DATE]
Name = Annotated[str, kinds.NAME]
StageName = Annotated[str, kinds.STAGE_NAME]
Leads = Annotated[Way, kinds.WAY]
"""Where something leads: a stage, with or without a reason, or a track."""


class Part(BaseModel):
    """A part of a scenario: frozen, strict, without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    changeable: ClassVar[frozenset[str]] = frozenset()
    """The fields that a dated change may set."""

    fixed_names: ClassVar[frozenset[str]] = frozenset()
    """The fields that hold tables whose numbers a dated change may set, but whose names it may not."""


class Short(Part):
    """A part that can be written as one value, which stands for one of its fields."""

    short_for: ClassVar[str]
    """The field, as it is called in files."""
    short: ClassVar[kinds.Kind]
    """How the value is read."""

    @classmethod
    def is_written_out(cls, raw: object) -> bool:
        """Say whether plain data is a mapping of fields, and not the one value that stands for them."""
        if not isinstance(raw, Mapping):
            return False
        names = {info.alias or name for name, info in cls.model_fields.items()}
        return not raw or not names.isdisjoint(raw)

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, raw: Any, read_fields: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(raw, cls) or cls.is_written_out(raw):
            return read_fields(raw)
        return cast(Self, cls.model_construct(**{cls.short_for: cls.short.validate(raw)}))
