"""What a terminal shows and completes."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

import funnelsim as fs
from funnelsim.metrics.display import columns, text_table
from funnelsim.scenario.shipped import shipped

RUN = [sys.executable, "-m", "funnelsim.cli"]
WIDE = """
format: 1
name: 漏斗
start: 2026-01-01
horizon: 2 months
currency: 人民币
channels: {web: {leads: 60 per month, spend: 100 per month, enters: lead, label: 搜索广告}}
stages:
  lead: {label: 线索, moves: {call: {chance: 30%, to: a_stage_whose_name_is_of_forty_charact, else: pool}}}
  a_stage_whose_name_is_of_forty_charact: {value: 100, label: 成交}
  pool: {label: 公海}
variants: {none: {label: 无培育, set: {channels.web.leads: 30 per month}}}
"""


def completed(line: str) -> list[str]:
    words = line.split(" ")
    asked = {"_FUNNELSIM_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    code = "from funnelsim.cli import main; import sys; sys.argv = ['funnelsim']; main()"
    told = subprocess.run([sys.executable, "-c", code], env=os.environ | asked, capture_output=True, text=True)
    return told.stdout.split()


def test_scenarios_and_variants_are_completed(tmp_path: Path) -> None:
    (tmp_path / "trial.yaml").write_text("")
    assert completed("funnelsim run tru") == ["trunk"]
    assert completed(f"funnelsim show {tmp_path}/t") == [f"{tmp_path}/trial.yaml"]
    assert completed("funnelsim run trunk --variant t") == ["two_weeks"]
    assert completed("funnelsim compare trunk --variants two_weeks,no") == ["two_weeks,no_nurture"]
    assert completed("funnelsim run no_such --variant t") == []


def shown_at_terminal(*arguments: str) -> str:
    ours, theirs = pty.openpty()
    with subprocess.Popen([*RUN, *arguments], stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        told = b""
        while True:
            try:
                part = os.read(ours, 65_536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            told += part
        process.wait(timeout=60)
    os.close(ours)
    return told.decode()


@pytest.mark.parametrize("command", ["show", "run"])
def test_there_are_no_colours(command: str) -> None:
    """None at all, so that there are none in a file, and none where NO_COLOR is set."""
    more = ["-n", "2"] if command == "run" else []
    told = shown_at_terminal(command, "trunk", *more)
    assert "trunk" in told
    assert "\x1b[3" not in told
    assert "\x1b[1" not in told


def test_tables_are_aligned_and_fit_in_every_script() -> None:
    scenario = fs.loads(WIDE)
    result = fs.simulate(scenario, replications=3)
    compared = fs.compare({"漏斗": scenario, "无培育": scenario.variant("none")}, replications=3)
    for text in (repr(result), result.table(over="period"), repr(compared)):
        assert max(map(columns, text.splitlines())) <= 80, text
    rows = [line for line in repr(compared).splitlines() if line.startswith(("  漏斗", "  无培育"))]
    ends = {columns(row[: len(row) - len(row.lstrip(" 漏斗无培育"))]) for row in rows if row.split()[1] == "0"}
    assert len(ends) <= 1


def test_what_is_joined_to_a_character_takes_no_column() -> None:
    assert columns("e\u0301") == 1
    assert columns("z\u0334\u0322a") == 2
    assert columns("\u200b成交\ufeff") == 4


def test_the_columns_at_the_left_give_way() -> None:
    table = text_table(("metric", "mean", "unit"), [("a" * 50, "1,000", "CNY per " + "b" * 50)], left=(0, 2))
    assert max(map(columns, table.splitlines())) <= 80
    assert "1,000" in table


def test_the_list_of_scenarios_fits() -> None:
    told = subprocess.run([*RUN, "scenarios"], capture_output=True, text=True, check=True).stdout
    assert len(told.splitlines()) == len(shipped())
    assert max(map(columns, told.splitlines())) <= 80
