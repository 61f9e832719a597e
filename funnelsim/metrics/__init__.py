"""Every figure: its definition, its computation from counts, and results that carry all of it."""

from __future__ import annotations

from funnelsim.metrics.definitions import explain

__all__ = ["explain"]
