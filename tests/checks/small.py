"""A small scenario with thresholds, to be bent."""

from __future__ import annotations

from pathlib import Path

SCENARIO = """format: 1
name: Small
start: 2026-01-01
horizon: 60d
period: 30d
channels: {web: {leads: 100 per 30d, arrivals: evenly, spend: 3_000 per 30d, enters: lead}}
stages: {lead: {moves: {call: {chance: 30%, to: sql, else: pool}}}, sql: {}, pool: {}}
variants:
  better:
    set: {stages.lead.moves.call.chance: 40%}
    thresholds: {sql: mean > 1.2 * variant(plain)}
  plain: {set: {name: Plain}}
thresholds:
  sql: [mean > 57, {warn: p90 < 50, reason: not to be had}]
  cost_per_sql@2026-01-01: {error: mean < 1.1 * baseline, reason: what finance can bear}
checks: {replications: 100, max_replications: 200}
"""


def written(folder: Path, text: str = SCENARIO, name: str = "small.yaml") -> Path:
    """Write a scenario file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
