"""What splitting a budget gives: the split, which bounds bind, how flat it is, and what it gains over today's."""

from __future__ import annotations

import math
import textwrap
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from funnelsim import __version__
from funnelsim.forecast.accounts import BY_NAME
from funnelsim.forecast.budget_texts import CALLED
from funnelsim.forecast.compare import Difference
from funnelsim.metrics import display
from funnelsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Channel:
    """What a channel spends; money a month.

    Attributes
    ----------
    name : str
    today : float
        In today's split of the same budget.
    best : float
    least, most : float
        Its bounds.
    near_low, near_high : float
        What it spent in the splits that were tried and brought at most 1% less than the best.
    binds : {"least", "most", ""}
        The bound at which it is, if any.
    """

    name: str
    today: float
    best: float
    least: float
    most: float
    near_low: float
    near_high: float
    binds: str


class Flatness(NamedTuple):
    """What moving a tenth of the budget does, as a share of what the best split brings; NaN where bounds forbid it."""

    channel: str
    more: float
    """To the channel, from the others in proportion to what they spend."""
    less: float


@dataclass(frozen=True, eq=False, repr=False)
class Allocation:
    """A split of a budget over channels.

    Attributes
    ----------
    scenario : Scenario
    maximise : str
        What it is to bring most of.
    budget : float
        Money a month.
    channels : tuple of Channel
    level : float
        What the best split brings on average, in runs with other seeds than those it was found with.
    gain : Difference
        Over today's split of the same budget, in these runs.
    flatness : tuple of Flatness
    tried : tuple of (spends, value)
        All splits that were tried, by channel in money a month, and what each brought on average.
    replications, seed : int
        Of every split that was tried.
    run_on : str or None
    """

    scenario: Scenario
    maximise: str
    budget: float
    channels: tuple[Channel, ...]
    level: float
    gain: Difference
    flatness: tuple[Flatness, ...]
    tried: tuple[tuple[tuple[float, ...], float], ...]
    replications: int
    seed: int
    run_on: str | None

    def settings(self) -> dict[str, str]:
        """Return what `Scenario.set` takes to put the best split in place."""
        return {f"channels.{channel.name}.spend": f"{channel.best:.4f} per month" for channel in self.channels}

    def table(self) -> pd.DataFrame:
        """Return one row for each channel, with what it spends and how flat the best split is in it."""
        import pandas as pd

        flat = {row.channel: {"tenth_more": row.more, "tenth_less": row.less} for row in self.flatness}
        return pd.DataFrame([{**asdict(channel), **flat[channel.name]} for channel in self.channels])

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by name, such as for sheets of a workbook."""
        import pandas as pd

        names = [channel.name for channel in self.channels]
        rows = [{**dict(zip(names, spends, strict=True)), self.maximise: value} for spends, value in self.tried]
        return {"split": self.table(), "tried": pd.DataFrame(rows)}

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints; None where there is no value."""
        gain = {name: _plain(value) for name, value in self.gain._asdict().items()}
        rows = self.table().to_dict("records")
        return {
            "scenario": self.scenario.name,
            "variant": self.scenario.variant_name,
            "seed": self.seed,
            "replications": self.replications,
            "version": __version__,
            "maximise": self.maximise,
            "run_on": self.run_on,
            "budget_per_month": self.budget,
            "channels": [{str(key): _plain(value) for key, value in row.items()} for row in rows],
            "level": self.level,
            "gain": gain,
            "set": self.settings(),
        }

    # ------------------------------------------------------------ showing
    def _rows(self) -> list[display.Row]:
        flat = {row.channel: row for row in self.flatness}
        return [
            (
                channel.name,
                *(display.number(round(spend)) for spend in (channel.today, channel.best)),
                f"{display.number(round(channel.near_low))} to {display.number(round(channel.near_high))}",
                *(_change(change) for change in flat[channel.name][1:]),
                f"at its {channel.binds}" if channel.binds else "",
            )
            for channel in self.channels
        ]

    def _title(self) -> str:
        return (
            f"{self.scenario.name}: {display.number(round(self.budget))} {self.scenario.currency} a month over "
            f"{len(self.channels)} channels, for most {CALLED[self.maximise]}; {len(self.tried)} splits of "
            f"{self.replications:,} replications each, seed {self.seed}"
        )

    def _notes(self) -> list[str]:
        unit = BY_NAME[self.maximise].unit
        mean, low, high = (display.number(value, unit, sign=True) for value in self.gain[:3])
        sure = "" if self.gain.low > 0 else " It is not sure that it gains anything."
        return [
            (
                f"{CALLED[self.maximise]} {display.number(self.level, unit)}: {mean} against today's split of the same "
                f"money, 95% interval {low} to {high}, with other seeds than those it was found with.{sure}"
            ),
            (
                "within 1%: what was spent in the splits tried that bring at most 1% less. tenth more, tenth less: "
                "what moving a tenth of the budget to the channel, or from it, does to what comes out; – where bounds "
                "forbid it."
            ),
        ]

    def __repr__(self) -> str:
        title, *notes = (textwrap.fill(text, display.WIDTH) for text in (self._title(), *self._notes()))
        return "\n".join([title, display.text_table(_HEADER, self._rows(), left=(0, 6)), *notes])

    def _repr_html_(self) -> str:
        return display.html_table(self._title(), _HEADER, self._rows(), self._notes(), left=(0, 6))


_HEADER = ("channel", "today", "best", "within 1%", "tenth more", "tenth less", "bound")


def _change(change: float) -> str:
    return display.number(change, "share", sign=True) if math.isfinite(change) else display.NOTHING


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
