"""Where the table of evidence and its page are, and what is wrong with the page that is there."""

from __future__ import annotations

import difflib
from pathlib import Path

from funnelsim.cli.asked import Asked
from funnelsim.cli.places import page_refused
from funnelsim.evidence.page import MARK
from funnelsim.scenario import shipped
from funnelsim.scenario.problems import shown

MOST_LINES = 12
"""Lines of a difference that are shown."""


def page_path(asked: Asked, table: Path | None, out: Path | None, check: bool, other_luck: bool) -> Path:
    """Return where the page of a table is, or is to be.

    Without a name it is the ``README.md`` beside the table. That of an installed package is only looked at.
    """
    if check and other_luck:
        asked.wrong("--check", "the page is that of the table's own seed and replications; leave out --seed and -n")
    elif out is None and other_luck:
        asked.wrong("--out", "with another seed or number of replications the page is another one; name a file for it")
    elif out is None and table is None and not check and not shipped.in_checkout():
        asked.wrong("--out", "the page of an installed package stays as it is; name a file to write")
    path = out or (table or shipped.evidence()).parent / "README.md"
    if check:
        if not path.is_file():
            asked.wrong("--check", f"no page {shown(str(path))}; write it with funnelsim evidence")
    elif refused := page_refused(path, MARK):
        asked.wrong("--out", refused)
    return path


def staleness(path: Path, fresh: str) -> str | None:
    """Say how a page differs from what it should be; None where it does not."""
    with open(path, encoding="utf-8", errors="replace", newline="") as file:
        there = file.read()
    if there == fresh:
        return None
    lines = difflib.unified_diff(there.splitlines(), fresh.splitlines(), "there", "fresh", lineterm="", n=0)
    changed = [line for line in lines if line[:1] in "+-" and not line.startswith(("---", "+++"))]
    told = changed[:MOST_LINES] + ["…"] * (len(changed) > MOST_LINES)
    return "\n".join([f"{path}: stale; write it anew with funnelsim evidence", *told])
