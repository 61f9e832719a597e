"""How much memory there is."""

from __future__ import annotations

import os
from pathlib import Path

MEMORY_SHARE = 0.5
"""How much of it a run and its result may take."""


def machine_memory() -> int | None:
    """Return how much memory this process may use at most: the machine's, or less where it is in a container."""
    try:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            memory = min(memory, int(Path(limit).read_text("ascii")))
        except (OSError, ValueError):
            continue
    return memory
