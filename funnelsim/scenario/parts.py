"""What the models of a scenario share: their base, and the types of their fields."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict

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
Date = Annotated[dt.date, kinds.DATE]
Name = Annotated[str, kinds.NAME]
StageName = Annotated[str, kinds.STAGE_NAME]
Leads = Annotated[Way, kinds.WAY]
"""Where something leads: a stage, with or without a reason."""


class Part(BaseModel):
    """A part of a scenario: frozen, strict, without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    changeable: ClassVar[frozenset[str]] = frozenset()
    """The fields that a dated change may set."""
