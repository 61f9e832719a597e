"""Tables of what units cost: over the horizon, by part, by period, and by cohort with what is still to come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.forecast.incremental import Incremental
from funnelsim.forecast.run_on import in_flight, whole_cohorts
from funnelsim.metrics import statistics
from funnelsim.metrics.figures import MONEY, Over, Parts, estimate
from funnelsim.metrics.names import BEFORE_START, EVERYONE, group_names
from funnelsim.metrics.result import Result

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.metrics.statistics import Array

NEW_LEADS = "new_leads"
"""The unit that no stage is: leads created."""

SINCE_START = "since the start"
"""What the cohorts of the horizon are called together."""

PARTS = ("media", "leads", "touches", "moves", "labour")
"""What is spent on, beside overheads."""


def _groups(result: Result) -> Iterator[tuple[str, str]]:
    """Yield each group, all leads first, with what its metrics' names end in."""
    yield EVERYONE, ""
    for group in group_names(result.scenario, result.by) if result.by else ():
        yield group, f"[{result.by}={group}]"


def _cost(result: Result, unit: str, ending: str, over: Over) -> Parts:
    """Return what is spent, and how many of a unit it is for."""
    name = "spend_per_new_lead" if unit == NEW_LEADS else f"cost_per_{unit}"
    return result.parts(f"{name}{ending}", over)


def told(cost: Parts) -> dict[str, Array]:
    """Return spend, number and cost, with a 95% interval of the expected cost and quantiles over replications."""
    assert cost.under is not None
    found, replications = estimate(cost), cost.over.sizes["replication"]
    low, high = statistics.interval(found.mean, found.mc_error, replications)
    return {
        "spend": statistics.mean(cost.over) * cost.scale,
        "number": statistics.mean(cost.under),
        "cost": found.mean,
        "low": low,
        "high": high,
        "p10": found.p10,
        "p50": found.p50,
        "p90": found.p90,
    }


def _frame(tables: list[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat(tables, ignore_index=True)


def _rows(labels: dict[str, Any], columns: dict[str, Array]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({**labels, **{name: np.atleast_1d(values) for name, values in columns.items()}})


def by_unit(result: Result, units: Iterable[str]) -> pd.DataFrame:
    """Return a row for each unit and group, over the horizon."""
    return _frame(
        [
            _rows({"unit": unit, "group": group}, told(_cost(result, unit, ending, "horizon")))
            for unit in units
            for group, ending in _groups(result)
        ]
    )


def by_period(result: Result, units: Iterable[str]) -> pd.DataFrame:
    """Return a row for each unit, group and period."""
    periods = result.data["period"].to_numpy()
    return _frame(
        [
            _rows({"unit": unit, "group": group, "period": periods}, told(_cost(result, unit, ending, "period")))
            for unit in units
            for group, ending in _groups(result)
        ]
    )


# ---------------------------------------------------------------- parts
def amounts(result: Result, group: str = EVERYONE, over: Over = "horizon") -> dict[str, Array]:
    """Return what was spent on each part, in whole ten-thousandths: (replication,), or by period with that behind.

    Their sum is that of `spend`, exactly. Overheads come last, each by its name, after ``overhead ``.
    """
    ending = "" if group == EVERYONE else f"[{result.by}={group}]"
    found = {part: result.parts(f"spend_{part}{ending}", over).over for part in PARTS if _has(result, part)}
    if "overheads" in result.data:
        shared = result.data["overheads"].astype(np.int64)
        shared = shared.sum("period") if over == "horizon" else shared
        shared = shared.sum("group") if group == EVERYONE else shared.sel(group=group)
        found |= {f"overhead {name}": shared.sel(overhead=name) for name in result.scenario.overheads}
    return {name: values.to_numpy() for name, values in found.items()}


def _has(result: Result, part: str) -> bool:
    return part != "labour" or bool(result.scenario.teams)


def by_part(result: Result, units: Iterable[str]) -> pd.DataFrame:
    """Return a row for each part and group, with a last one that is the total: its spend, share, and cost by unit."""
    tables = []
    for group, ending in _groups(result):
        spent = amounts(result, group)
        total = np.sum(list(spent.values()), axis=0)
        spent["total"] = total
        columns = {"spend": statistics.mean(np.stack(list(spent.values()), axis=1)) / MONEY}
        columns["share"] = statistics.ratio(np.stack(list(spent.values()), axis=1), total[:, None])
        for unit in units:
            number = _cost(result, unit, ending, "horizon").under
            assert number is not None
            columns[f"per_{unit}"] = statistics.divide(columns["spend"], statistics.mean(number))
        tables.append(_rows({"group": group, "part": list(spent)}, columns))
    return _frame(tables)


def parts_by_period(result: Result, unit: str) -> pd.DataFrame:
    """Return a row for each period and part: what it adds to the cost of a unit, total over total."""
    number = _cost(result, unit, "", "period").under
    assert number is not None
    return _frame(
        [
            _rows(
                {"period": result.data["period"].to_numpy(), "part": part},
                {"cost": statistics.divide(statistics.mean(spent) / MONEY, statistics.mean(number))},
            )
            for part, spent in amounts(result, over="period").items()
        ]
    )


# ---------------------------------------------------------------- cohorts
def by_cohort(now: Result, later: Result | None, units: Iterable[str]) -> pd.DataFrame:
    """Return a row for each unit, group and cohort, and one for all cohorts of the horizon together.

    What it is so far, at the end of the horizon, and what it comes to, in the run that goes on.
    """
    labels = [BEFORE_START, *(str(date)[:10] for date in now.data["cohort"].to_numpy()[1:])]
    tables = []
    for unit in units:
        for group, ending in _groups(now):
            columns = _of_cohorts(now, later, unit, group, ending)
            whole = _all(now, later, unit, group, ending)
            tables.append(_rows({"unit": unit, "group": group, "cohort": labels}, columns))
            tables.append(_rows({"unit": unit, "group": group, "cohort": SINCE_START}, whole))
    return _frame(tables)


def _of_cohorts(now: Result, later: Result | None, unit: str, group: str, ending: str) -> dict[str, Array]:
    """Return the columns of `by_cohort`; NaN in those of what comes later where that is not known."""
    so_far, cohorts = _cost(now, unit, ending, "cohort"), now.data.sizes["cohort"]
    if later is None:
        return _columns(so_far, None, None, cohorts)
    known = whole_cohorts(now, later)
    return _columns(
        so_far, _part(_cost(later, unit, ending, "cohort"), slice(known)), _open(later, group, slice(known)), cohorts
    )


def _all(now: Result, later: Result | None, unit: str, group: str, ending: str) -> dict[str, Array]:
    """Return the columns of all cohorts of the horizon together, of those that are whole where the run goes on."""
    chosen = slice(1, None if later is None else whole_cohorts(now, later))
    so_far = _together(_part(_cost(now, unit, ending, "cohort"), chosen))
    if later is None:
        return _columns(so_far, None, None, 1)
    matured = _together(_part(_cost(later, unit, ending, "cohort"), chosen))
    return _columns(so_far, matured, _open(later, group, chosen).sum(axis=-1), 1)


def _columns(so_far: Parts, matured: Parts | None, still_open: Array | None, cohorts: int) -> dict[str, Array]:
    first = told(so_far)
    found = {name: np.atleast_1d(first[name]) for name in ("spend", "number", "cost")}
    last = {} if matured is None else told(matured)
    found["spend_to_come"] = _filled(last.get("spend"), cohorts) - found["spend"]
    found["number_to_come"] = _filled(last.get("number"), cohorts) - found["number"]
    for name in ("cost", "low", "high", "p10", "p50", "p90"):
        found["matured" if name == "cost" else name] = _filled(last.get(name), cohorts)
    found["in_flight"] = _filled(None if still_open is None else statistics.mean(still_open), cohorts)
    return found


def _filled(values: Array | None, length: int) -> Array:
    """Return values with NaN behind them, so that there are as many as asked for."""
    known = np.zeros(0) if values is None else np.atleast_1d(values)
    return np.concatenate((known, np.full(length - len(known), np.nan)))


def _open(later: Result, group: str, cohorts: slice) -> Array:
    leads = in_flight(later).isel(cohort=cohorts)
    leads = leads.sum("group") if group == EVERYONE else leads.sel(group=group)
    return np.asarray(leads.transpose("replication", "cohort").to_numpy(), np.float64)


def _part(cost: Parts, cohorts: slice) -> Parts:
    assert cost.under is not None
    return cost._replace(over=cost.over.isel(cohort=cohorts), under=cost.under.isel(cohort=cohorts))


def _together(cost: Parts) -> Parts:
    assert cost.under is not None
    return cost._replace(over=cost.over.sum("cohort"), under=cost.under.sum("cohort"))


# ---------------------------------------------------------------- tracks
def by_track(added: Incremental, unit: str) -> pd.DataFrame:
    """Return a row for each track: what its touches cost, and what it truly adds."""
    import pandas as pd

    table = added.result.contacts("track").set_index("track")
    rows = []
    for name, found in added.added.items():
        more, spend = found[unit], found["spend"].mean
        rows.append(
            {
                "track": name,
                "unit": unit,
                "cost_of_touches": float(table["cost"].get(name, np.nan)),
                "touched": float(table["sqls"].get(name, np.nan)),
                "spend": spend,
                "number": more.mean,
                "number_low": more.low,
                "number_high": more.high,
                "cost": spend / more.mean if more.is_seen else np.nan,
            }
        )
    return pd.DataFrame(rows)
