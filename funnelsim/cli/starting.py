"""The first run on a machine: the kernel is compiled, once, and whoever waits is told."""

from __future__ import annotations

import sys

import funnelsim as fs

SMALLEST = """
format: 1
name: Smallest
start: 2026-01-01
horizon: 1d
channels: {web: {leads: 1 per month, enters: lead}}
stages: {lead: {moves: {call: {to: won}}}, won: {}}
"""
"""Running this, both ways, compiles all of the kernel, which is the same code for every scenario."""

COMPILED = ("run_chunk", "run_chunk_in_blocks")
"""What is there of compiled code if all is."""


def prepare_kernel() -> None:
    """Compile the kernel where that has not been done yet, all of it, and say so on stderr."""
    from funnelsim.engines.code_cache import cache_folder

    folder = cache_folder()
    if folder is not None and all(any(folder.glob(f"*.{name}-*")) for name in COMPILED):
        return
    often = "once" if folder else "in every run, since it can be kept nowhere: let FUNNELSIM_CACHE_DIR name a folder"
    print(f"compiling the kernel ({often}); this takes about a minute …", file=sys.stderr)
    from funnelsim.engines.replicate import replicate
    from funnelsim.program import compile_scenario

    program = compile_scenario(fs.loads(SMALLEST))
    replicate(program, 1, 1, path="blocks", threads=1)
    replicate(program, 1, 1, path="leads", threads=1)
