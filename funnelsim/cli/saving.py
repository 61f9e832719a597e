"""Workbooks and tables that commands leave behind, as steps of their ending."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from funnelsim.cli.places import save_tables, save_workbook

if TYPE_CHECKING:
    import funnelsim as fs

Step = Callable[[], None]


def result_saved(result: fs.Result, metrics: Sequence[str], xlsx: Path | None, csv: Path | None) -> Iterator[Step]:
    """Yield what saves the workbook and the tables of a run that were asked for."""
    from funnelsim.report.tidy import result_tables
    from funnelsim.report.workbook import result_workbook

    if xlsx is not None:
        yield partial(save_workbook, result_workbook(result, metrics), xlsx)
    if csv is not None:
        yield partial(save_tables, result_tables(result, metrics), csv)


def budgets_saved(budgets: fs.Budgets, xlsx: Path | None, csv: Path | None) -> Iterator[Step]:
    """Yield what saves the workbook and the tables of budgets that were asked for."""
    from funnelsim.report.budgeting import budgets_tables, budgets_workbook

    if xlsx is not None:
        yield partial(save_workbook, budgets_workbook(budgets), xlsx)
    if csv is not None:
        yield partial(save_tables, budgets_tables(budgets), csv)


def comparison_saved(comparison: fs.Comparison, xlsx: Path | None, csv: Path | None) -> Iterator[Step]:
    """Yield what saves the workbook and the tables of a comparison that were asked for."""
    from funnelsim.report.comparing import comparison_workbook
    from funnelsim.report.tidy import comparison_tables

    if xlsx is not None:
        yield partial(save_workbook, comparison_workbook(comparison), xlsx)
    if csv is not None:
        yield partial(save_tables, comparison_tables(comparison), csv)
