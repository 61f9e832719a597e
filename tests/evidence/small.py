"""A table of evidence of a small scenario, to be bent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from funnelsim.evidence import read_sheet
from funnelsim.evidence.planning import Plan, plan
from funnelsim.scenario.writing import write_yaml

SCENARIO = """format: 1
name: Small
start: 2026-01-01
horizon: 30d
channels:
  web: {leads: 100 per 30d, arrivals: evenly, spend: 5_000 per 30d, enters: lead}
  fair: {leads: 20 per 30d, arrivals: evenly, enters: lead}
stages:
  lead: {moves: {call: {after: 1h, chance: 50%, to: sql, else: pool}}}
  sql: {win_rate: 20%, moves: {close: {after: 90d, to: won}}}
  won: {win_rate: 100%}
  pool: {}
variants:
  better: {set: {stages.lead.moves.call.chance: 75%}}
"""

INPUT: dict[str, Any] = {
    "number": "D0.1",
    "what": "Leads of the web",
    "figure": "100",
    "input": {"scenario": "small", "path": "channels.web.leads", "equals": "100 per 30d"},
}
OUTCOME: dict[str, Any] = {
    "number": "D0.2",
    "what": "SQLs",
    "figure": "60",
    "outcome": {"scenario": "small", "metric": "sql", "expected": 60, "tolerance": "5%"},
}


def table(*rows: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A table of two numbers of the domain, of the rows given or of one input and one outcome."""
    return {
        "title": "Evidence",
        "sections": [{"id": "D0", "title": "First", "numbers": 2}],
        "studies": [{"scenario": "small", "replications": 50}],
        "rows": list(rows or (INPUT, OUTCOME)),
        **fields,
    }


def changed(row: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The same row with other fields of its check; None takes one away."""
    kind = "input" if "input" in row else "outcome"
    check = {name: value for name, value in {**row[kind], **fields}.items() if value is not None}
    return {**row, kind: check}


def written(folder: Path, data: dict[str, Any]) -> Path:
    """Write a table and its scenario."""
    (folder / "small.yaml").write_text(SCENARIO, encoding="utf-8")
    path = folder / "evidence.yaml"
    path.write_text(write_yaml(data), encoding="utf-8")
    return path


def planned(folder: Path, data: dict[str, Any]) -> Plan:
    return plan(read_sheet(written(folder, data)))
