"""The wheel, installed into an empty folder, finds its scenarios and the template of reports from anywhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.long
def test_an_installed_wheel_works_from_any_folder(tmp_path: Path) -> None:
    place, away = tmp_path / "place", tmp_path / "away"
    away.mkdir()
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, ROOT], check=True, capture_output=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--quiet", "--target", place, wheel]
    subprocess.run(pip, check=True, capture_output=True)

    def call(*arguments: str) -> str:
        code = f"import sys; sys.path.insert(0, {str(place)!r}); sys.argv = ['funnelsim', *{list(arguments)!r}]; from funnelsim.cli import main; main()"
        told = subprocess.run([sys.executable, "-c", code], cwd=away, capture_output=True, text=True)
        assert told.returncode == 0, told.stderr
        return told.stdout

    code = f"import sys; sys.path.insert(0, {str(place)!r}); import funnelsim; print(funnelsim.__file__)"
    assert str(place) in subprocess.run([sys.executable, "-c", code], cwd=away, capture_output=True, text=True).stdout
    assert len(call("scenarios").splitlines()) == len(list((ROOT / "scenarios").rglob("*.yaml"))) - 1
    assert "two_weeks" in call("show", "trunk")
    call("new", "--from", "markets/consumer")
    call("init", "mine.yaml")
    assert {path.name for path in away.iterdir()} >= {"consumer.yaml", "mine.yaml"}
    call("report", "mine.yaml", "-n", "2", "--html", "mine.html")
    assert (away / "mine.html").stat().st_size > 100_000
