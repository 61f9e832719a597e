"""Overheads: what programmes and technology cost as time goes by, and by what they are shared out to leads."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from funnelsim.scenario import kinds
from funnelsim.scenario.ids import SLUG
from funnelsim.scenario.parts import Part
from funnelsim.scenario.problems import RefusedError, listed, shown
from funnelsim.scenario.quantities import Flow

KEYS = ("spend", "leads", "touches", "hours", "evenly")
"""What overheads are shared out by, beside entries into a stage: these words come before a stage that is called so."""


def _read_key(raw: object) -> str:
    if not isinstance(raw, str):
        keys = listed((*KEYS, "a stage, such as sql"))
        raise RefusedError(f"overheads are shared out by {keys}, not by {shown(raw)}")
    return raw


KEY = kinds.Kind(_read_key, str, {"type": "string", "pattern": f"^{SLUG}$"})


class Overhead(Part):
    """What a programme or a technology costs as time goes by."""

    changeable = frozenset({"amount"})

    amount: Annotated[Flow, kinds.MONEY_FLOW] = Field(
        description="Money, such as 20_000 per month, or a table by month."
    )
    by: Annotated[str, KEY] = Field(
        "spend",
        description=(
            "What it is shared out by to groups and cohorts: all other spend, leads created, touches, hours worked, "
            "evenly, or entries into a stage, such as sql."
        ),
    )
    label: str | None = Field(None, description="A name for pictures and tables, in any language.")
