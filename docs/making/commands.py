"""The page of every command, made from what ``--help`` says."""

from __future__ import annotations

from typing import Any

import typer

from funnelsim.cli.commands import app

INTRODUCTION = """\
# Every command

What `funnelsim COMMAND --help` says. `SCENARIO` is a file, or the name of a scenario that comes with the package
(`funnelsim scenarios` lists them).
"""


def page() -> str:
    """Return the page, in Markdown."""
    group: Any = typer.main.get_command(app)
    lines = [INTRODUCTION]
    for name, command in sorted(group.commands.items()):
        with command.context_class(command, info_name=f"funnelsim {name}", terminal_width=98) as context:
            lines += [f"## `{name}`", "", "```text", command.get_help(context).strip(), "```", ""]
    return "\n".join(lines)
