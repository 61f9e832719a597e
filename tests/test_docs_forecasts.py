"""What the page on comparisons and forecasts says is true: its commands and examples run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import funnelsim as fs
from funnelsim.cli.commands import app
from funnelsim.forecast.differences import Difference

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "forecasts.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.usefixtures("compiled_kernel")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.S | re.M)


COMMANDS = "".join(blocks("sh")).splitlines()


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_run(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("mine.yaml", "theirs.yaml"):
        (tmp_path / name).write_text((ROOT / "scenarios" / "trunk.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    _, *words = shlex.split(command)
    done = CliRunner().invoke(app, [*words, "-n", "2"], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    for picture in re.findall(r"out/\w+\.png", command):
        assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")


def test_examples_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(ROOT)
    made: dict[str, Any] = {}
    for example in blocks("python"):
        exec(re.sub(r"replications=\d+", "replications=3", example), made)
    path = tmp_path / "actuals.csv"
    path.write_text(next(block for block in blocks("text") if block.startswith("date,")), encoding="utf-8")
    assert len(fs.forecast(made["scenario"], "sql", replications=2, actuals=path).actuals) == 2


def test_every_field_of_a_difference_is_named() -> None:
    assert set(Difference._fields) - {"probability_larger"} <= set(re.findall(r"`(\w+)`", PAGE))


def test_contents() -> None:
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.*)$", PAGE, re.M)}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) == headings
