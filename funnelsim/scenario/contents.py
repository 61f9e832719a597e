"""Content: the assets that touches give, each a supply that can run out (rule 62)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from funnelsim.scenario import kinds
from funnelsim.scenario.moves import NamedOdds
from funnelsim.scenario.parts import Part
from funnelsim.scenario.quantities import Number

USUAL_MIX: dict[str, dict[str, Any]] = {
    "web_pages": {"share": 0.21, "number": 5},
    "webinars": {"share": 0.20, "number": 5},
    "white_papers": {"share": 0.19, "number": 5},
    "forums": {"share": 0.11, "number": 5},
    "e_books": {"share": 0.10, "number": 5},
    "other": {"share": 0.19, "number": 5},
}
"""The mix of content of DOMAIN D3.8, for touches that give any content where none is written."""


class Content(Part):
    """An asset, in one piece or several, of which a lead takes each once."""

    changeable = frozenset({"share", "number", "active", "odds"})

    share: Annotated[Number, kinds.WEIGHT] = Field(
        1, description="How likely it is given first, beside the shares of the others; they need not add up."
    )
    number: Annotated[Number, kinds.COUNT] = Field(1, description="How many pieces of it there are.")
    active: bool = Field(True, description="Whether it is given at all.")
    odds: NamedOdds = Field(
        NamedOdds(),
        description="How well it fits: what multiplies the odds of engagement, by what a lead is and where it is.",
    )
    label: str | None = Field(None, description="A name for pictures and tables, in any language.")


def with_usual_mix(data: Any) -> Any:
    """Fill in the usual mix of content where a touch gives any and the scenario has none."""
    if not isinstance(data, dict) or data.get("content"):
        return data
    touches = data.get("touches")
    wanted = isinstance(touches, dict) and any(
        isinstance(touch, dict) and touch.get("content") == "all" for touch in touches.values()
    )
    return {**data, "content": USUAL_MIX} if wanted else data
