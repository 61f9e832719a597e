"""What engines run: frozen arrays, and the one function that makes them from a scenario."""

from __future__ import annotations

from funnelsim.program.compile import compile_scenario
from funnelsim.program.program import Program

__all__ = ["Program", "compile_scenario"]
