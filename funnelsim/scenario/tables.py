"""Values in tables: chances by segment, trait, channel, attempt or visit, flows by month, factors of a season."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from funnelsim.scenario import units
from funnelsim.scenario.measures import CHANCE, LEADS, MONEY, Measure
from funnelsim.scenario.problems import RefusedError, listed, near_miss, read_each, read_part, shown
from funnelsim.scenario.quantities import (
    ByMonth,
    ChanceValue,
    DrawsBelief,
    Flow,
    Number,
    RangeBelief,
    Rate,
    Span,
    Table,
    UniformBelief,
    bounds,
)

BY_NAME = ("segment", "channel")
BY_ORDER = ("attempt", "visit")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTH_KEY = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


# ---------------------------------------------------------------- chances
def read_chance(raw: object) -> ChanceValue:
    """Read a chance: one number, fixed or uncertain, or a table such as ``{segment: {small: 40%, big: 20%}}``."""
    if isinstance(raw, list | tuple):
        raise RefusedError("a list of chances goes by attempt or by visit: write {attempt: [40%, 30%]}")
    if not isinstance(raw, Mapping) or {"uncertain", "dist"} & set(raw):
        return CHANCE.number(raw)
    known = (*BY_NAME, *BY_ORDER)
    if len(raw) != 1:
        raise RefusedError(
            f"a table of chances goes by one of {listed((*known, 'a trait'))}; further differences are written as odds"
        )
    by, entries = next(iter(raw.items()))
    if by not in known and not isinstance(entries, Mapping):
        raise RefusedError(f"no table of chances by {shown(by)}{near_miss(by, known, 'tables go by')}", by)
    return read_part(by, lambda table: _chance_table(by, table), entries)


def _chance_table(by: str, entries: object) -> Table:
    """Read the entries of a table; whether there is such a trait is looked at with all other names."""
    if by in BY_ORDER:
        return Table(by, (), read_numbers(entries, CHANCE, "[40%, 30%]"))
    if not isinstance(entries, Mapping) or not entries:
        raise RefusedError(f"name the chance of each {by}, such as {{small: 40%, big: 20%}}")
    values = read_each(CHANCE.number, entries.items())
    return Table(by, tuple(entries), tuple(values))


def write_chance(chance: ChanceValue) -> Any:
    """Write a chance."""
    if not isinstance(chance, Table):
        return CHANCE.write_number(chance)
    values = tuple(CHANCE.write_number(value) for value in chance.values)
    return {chance.by: dict(zip(chance.names, values, strict=True)) if chance.names else values}


def read_numbers(raw: object, measure: Measure, example: str) -> tuple[Number, ...]:
    """Read the entries of the first, second, … attempt or visit; there must be one at least."""
    if not isinstance(raw, list | tuple) or not raw:
        raise RefusedError(
            f"list what holds for the first, the second, …, such as {example}; the last serves all later ones"
        )
    return tuple(read_each(measure.number, enumerate(raw)))


# ---------------------------------------------------------------- flows
@dataclass(frozen=True)
class FlowMeasure:
    """How a flow, an amount per period, is read and written."""

    measure: Measure
    example: str
    what: str = "a flow"
    by_month: bool = True

    def read(self, raw: object) -> Flow:
        """Read ``800 per month``, ``{uncertain: 700 to 900 per month}``, ``{amount, per}`` or a table by month."""
        match raw:
            case str() if " per " in raw:
                text, per = _split_rate(raw)
                self._refuse_range(text, raw)
                return Rate(self.measure.fixed(text), per)
            case Mapping() if set(raw) == {"uncertain"}:
                return read_part("uncertain", self._uncertain, raw["uncertain"])
            case Mapping() if {"amount", "per"} & set(raw):
                return self._amount_per(raw)
            case Mapping() if self.by_month and any(MONTH_KEY.fullmatch(key) for key in raw):
                return self._by_month(raw)
            case Mapping():
                table = ", or as a table by month such as {2026-01: 800}" if self.by_month else ""
                raise RefusedError(f"{self.what} is written like '{self.example}'{table}")
        self._refuse_range(raw, raw)
        self.measure.fixed(raw)
        raise RefusedError(f"{shown(raw)} has no period; write '{units.in_text(raw)} per month'")  # type: ignore[arg-type]

    def _refuse_range(self, amount: object, raw: object) -> None:
        if units.split_range(amount):
            raise RefusedError(
                f"a bare range '{raw}' says neither luck nor ignorance, and luck has no meaning for a rate; where the "
                f"true rate is not known write {{uncertain: {raw}{'' if ' per ' in str(raw) else ' per month'}}}"
            )

    def _uncertain(self, raw: object) -> Rate:
        if not isinstance(raw, str) or " per " not in raw:
            raise RefusedError("an uncertain rate is '700 to 900 per month', or {amount: {uncertain: …}, per: month}")
        text, per = _split_rate(raw)
        return Rate(self.measure.belief(text), per)

    def _amount_per(self, raw: Mapping[str, Any]) -> Rate:
        for name in raw:
            if name not in ("amount", "per"):
                raise RefusedError(
                    f"no field {shown(name)} in a rate{near_miss(name, ('amount', 'per'), 'fields')}", name
                )
        for name in ("amount", "per"):
            if name not in raw:
                raise RefusedError(f"a rate needs {shown(name)}: write {{amount: …, per: month}}")
        readers: dict[str, Callable[[Any], Any]] = {"amount": self.measure.number, "per": read_period}
        amount, per = read_each(lambda name: readers[name](raw[name]), ((name, name) for name in readers))
        return Rate(amount, per)

    def _by_month(self, raw: Mapping[str, Any]) -> ByMonth:
        for key in raw:
            if not MONTH_KEY.fullmatch(key):
                raise RefusedError(f"no month {shown(key)}; months are written 2026-01 to 2026-12", key)
        amounts = read_each(self.measure.number, raw.items())
        table = dict(sorted((month_number(key), amount) for key, amount in zip(raw, amounts, strict=True)))
        months = tuple(table)
        gaps = [month_name(month) for month in range(months[0], months[-1]) if month not in table]
        if gaps:
            raise RefusedError(
                f"the table has no amount for {listed(gaps, 'and')}; name every month between the first and the last"
            )
        return ByMonth(months, tuple(table.values()))

    def write(self, flow: Flow) -> Any:
        """Write a flow."""
        measure = self.measure
        match flow:
            case ByMonth(months, amounts):
                return {month_name(m): measure.write_number(amount) for m, amount in zip(months, amounts, strict=True)}
            case Rate(RangeBelief() | UniformBelief() as belief, per):
                return {"uncertain": f"{measure.write_belief(belief)} per {units.write_period(per)}"}
            case Rate(int() | float() as amount, per):
                return f"{measure.in_text(amount)} per {units.write_period(per)}"
            case Rate(amount, per):
                return {"amount": measure.write_number(amount), "per": units.write_period(per)}


def _split_rate(text: str) -> tuple[str, Span]:
    amount, _, per = text.rpartition(" per ")
    return amount.strip(), read_period(per.strip())


def read_period(raw: object) -> Span:
    """Read what stands behind ``per``, or the period of reports: one calendar period or an exact length."""
    return units.single_period(units.read_span(raw), raw)


def month_number(key: str) -> int:
    """Turn ``2026-01`` into a number that counts months."""
    return int(key[:4]) * 12 + int(key[5:]) - 1


def month_name(number: int) -> str:
    """Turn the number of a month back into ``2026-01``."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


# ---------------------------------------------------------------- seasons
def read_factors(raw: object, names: tuple[str, ...]) -> tuple[Number, ...]:
    """Read a factor for each name, from a mapping (1 where none is given) or a full list; empty stays empty."""
    example = f"{{{names[0]}: 0.8, {names[-1]}: 1.5}}"
    if isinstance(raw, Mapping):
        for name in raw:
            if name not in names:
                raise RefusedError(f"no {shown(name)} in a season{near_miss(name, names, 'names')}", name)
        given = dict(zip(raw, read_each(FACTOR.number, raw.items()), strict=True))
        factors = tuple(given.get(name, 1.0) for name in names) if raw else ()
    elif isinstance(raw, list | tuple):
        if raw and len(raw) != len(names):
            raise RefusedError(f"a season lists {len(names)} factors, {names[0]} to {names[-1]}, not {len(raw)}")
        factors = tuple(read_each(FACTOR.number, enumerate(raw)))
    else:
        raise RefusedError(
            f"a season is written like {example}, or as a list of {len(names)} factors, not {shown(raw)}"
        )
    if factors and not any(map(_is_above_zero, factors)):
        raise RefusedError("a season cannot be all zero; leave some factor above 0")
    return factors


def _is_above_zero(factor: Number) -> bool:
    """Say whether a factor is above 0 in every replication; between numbers, the ends themselves are never drawn."""
    return bounds(factor)[0] > 0 if isinstance(factor, int | float | DrawsBelief) else True


FACTOR = Measure("a factor", "0.8 or 1.5", "0.8 to 1.2", units.read_amount, units.write_amount, "")
LEADS_FLOW = FlowMeasure(LEADS, "800 per month")
MONEY_FLOW = FlowMeasure(MONEY, "90_000 per month")
SALARY = FlowMeasure(MONEY, "8_000 per month", "a salary", by_month=False)
