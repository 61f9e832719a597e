"""Tidy tables: one row a figure and time, and no text that a spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from funnelsim.forecast.compare import Comparison
from funnelsim.metrics.result import Result
from funnelsim.report.files import write_whole
from funnelsim.report.tidy import comparison_tables, csv_bytes, harmless, result_tables, write_tables
from tests.report.conftest import HOSTILE

RULE = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def read(content: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(content), keep_default_na=False, na_values=[""])


def test_tables_of_a_run(result: Result, tmp_path: Path) -> None:
    paths = write_tables(result_tables(result, ["sql", "cost_per_sql"]), tmp_path / "out")
    names = ["horizon", "period", "cohort", "ways_out", "contacts", "inputs", "definitions"]
    assert [path.name for path in paths] == [f"{name}.csv" for name in names]
    assert sorted(os.listdir(tmp_path / "out")) == sorted(path.name for path in paths)
    period = read(paths[1].read_bytes())
    cost = period[(period["metric"] == "cost_per_sql") & (period["channel"] == "all")]
    assert list(cost["period"]) == ["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"]
    assert set(cost["unit"]) == {"CNY per SQL"}
    estimated = result.estimate("cost_per_sql", over="period")
    for column in ("mean", "p10", "p90", "mc_error"):
        np.testing.assert_allclose(cost[column], getattr(estimated, column), rtol=1e-15)
    horizon = read(paths[0].read_bytes())
    assert not horizon["metric"].str.contains(r"[\[\]]").any()
    assert set(horizon["metric"]) >= {"spend", "spend_media", "sql"}


def test_groups_have_a_column(result: Result) -> None:
    table = result_tables(result)["horizon"].set_index(["metric", "channel"])["mean"]
    assert table["sql", "all"] == pytest.approx(sum(table["sql", name] for name in result.scenario.channels))


def test_touches_have_a_row_for_each_figure(result: Result) -> None:
    table = result_tables(result)["contacts"].set_index(["touch", "figure"])
    wide = result.contacts("touch").set_index("touch")
    for figure, unit in (("sent", "touches"), ("cost", "CNY"), ("response_rate", "share")):
        assert table.loc[("mail", figure), "mean"] == wide.loc["mail", figure]
        assert table.loc[("mail", figure), "mc_error"] == wide.loc["mail", f"{figure}_error"]
        assert table.loc[("mail", figure), "unit"] == unit


def test_tables_of_a_comparison(comparison: Comparison) -> None:
    tables = comparison_tables(comparison)
    pd.testing.assert_frame_equal(tables["compare"], comparison.table())
    inputs = tables["inputs"]
    now, more = (inputs[inputs["scenario"] == name].set_index("path")["written"] for name in ("now", "more"))
    assert now["channels.search.spend"] == "60_000 per month"
    assert more["channels.search.spend"] == "70_000 per month"


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_text_is_harmless_and_can_be_had_back(text: str) -> None:
    content = csv_bytes(pd.DataFrame({"label": [text], "number": [-1.5], "none": [np.nan], "yes": [True]}))
    (_, row) = csv.reader(io.StringIO(content.decode(), newline=""))
    dangerous = text.lstrip(" '").startswith(RULE)
    assert row == [f"'{text}" if dangerous else text, "-1.5", "", "TRUE"]
    assert (harmless(text) == text) != dangerous
    assert content.decode().startswith('"label","number","none","yes"\n"')


def test_an_apostrophe_of_ones_own_is_not_lost() -> None:
    written = {text: harmless(text) for text in ("=1", "'=1", "''=1", "'quoted'", "a=1")}
    assert len(set(written.values())) == len(written)
    assert written["'quoted'"] == "'quoted'"


# ---------------------------------------------------------------- files
def test_nothing_is_left_of_a_file_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.xlsx"
    write_whole(path, b"first")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"second")
    assert path.read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["a.xlsx"]


def test_files_have_the_rights_of_new_files(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_whole(tmp_path / "deep" / "whole", b"")
    assert (tmp_path / "deep" / "whole").stat().st_mode == (tmp_path / "plain").stat().st_mode
