"""`funnelsim evidence`: what it writes, what it notices, and its exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from funnelsim.cli.commands import app
from funnelsim.scenario import shipped
from tests.evidence.small import INPUT, OUTCOME, SCENARIO, changed, table, written

pytestmark = pytest.mark.usefixtures("compiled_kernel")

ROOT = Path(__file__).parents[2]


def evidence(*words: object, code: int = 0) -> Any:
    result = CliRunner().invoke(app, ["evidence", *map(str, words)], catch_exceptions=False)
    assert result.exit_code == code, result.stderr
    return result


def test_a_page_is_written_and_fresh(tmp_path: Path) -> None:
    path = written(tmp_path, table())
    assert evidence(path).stdout == f"{tmp_path / 'README.md'}: 2 of 2 figures are modelled, and all of these agree\n"
    page = (tmp_path / "README.md").read_bytes()
    assert evidence(path, "--check").stderr == ""
    evidence(path, "--threads", 1)
    assert (tmp_path / "README.md").read_bytes() == page, "bit for bit, on one thread too"


def test_a_stale_page_is_noticed(tmp_path: Path) -> None:
    path = written(tmp_path, table())
    evidence(path)
    page = tmp_path / "README.md"
    page.write_text(page.read_text(encoding="utf-8").replace("| SQLs |", "| sqls |"), encoding="utf-8")
    changed_page = page.read_bytes()
    told = evidence(path, "--check", code=1).stderr.splitlines()
    assert told[0] == f"{page}: stale; write it anew with funnelsim evidence"
    assert [line[:15] for line in told[1:]] == ["-| D0.2 | sqls ", "+| D0.2 | SQLs "]
    assert page.read_bytes() == changed_page, "nothing is written"


def test_a_changed_scenario_makes_the_page_stale(tmp_path: Path) -> None:
    path = written(tmp_path, table())
    evidence(path)
    (tmp_path / "small.yaml").write_text(SCENARIO.replace("chance: 50%", "chance: 50.5%"), encoding="utf-8")
    assert "stale" in evidence(path, "--check", code=1).stderr


def test_a_figure_that_does_not_agree_is_noticed_and_named(tmp_path: Path) -> None:
    path = written(tmp_path, table(INPUT, changed(OUTCOME, expected=70)))
    told = evidence(path, code=1).stderr
    assert told.startswith(f"{path}:14:5: D0.2: SQLs: ")
    assert told.endswith(" is found, not 70 within 5%\n")
    assert "**no**" in (tmp_path / "README.md").read_text(encoding="utf-8"), "the page says so too"
    assert evidence(path, "--check", code=1).stderr == told


def test_other_luck_goes_to_another_file(tmp_path: Path) -> None:
    path = written(tmp_path, table())
    out = tmp_path / "new" / "other.md"
    evidence(path, "--seed", 2, "-n", 20, "--out", out)
    assert "With seed 2;" in out.read_text(encoding="utf-8")
    assert out.read_text(encoding="utf-8").endswith("| small | 20 |\n")
    assert not (tmp_path / "README.md").exists()


def test_wrong_input(tmp_path: Path) -> None:
    """All that is wrong is told at once, and nothing is written."""
    path = written(tmp_path, table(changed(INPUT, path="channels.wob"), changed(OUTCOME, metric="sqll")))
    mine = tmp_path / "README.md"
    mine.write_text("# Mine\n", encoding="utf-8")
    told = evidence(path, "--seed", 2, code=2).stderr.replace(f"{tmp_path}/", "").splitlines()
    assert told[0] == "--out: with another seed or number of replications the page is another one; name a file for it"
    assert [line.partition(": ")[0] for line in told[1:]] == ["--out", "evidence.yaml:13:36", "evidence.yaml:17:40"]
    assert "is no page of this command, and only such are overwritten" in told[1]
    assert mine.read_text(encoding="utf-8") == "# Mine\n"
    told = evidence(path, "--check", "-n", 9, "--out", tmp_path / "none.md", code=2).stderr.splitlines()
    assert told[0].startswith("--check: the page is that of the table's own seed and replications")
    assert told[1].startswith("--check: no page ")
    assert "no such file" in evidence(tmp_path / "none.yaml", code=2).stderr
    assert "is a folder; name a file" in evidence(path, "--out", tmp_path, code=2).stderr
    assert "--replications" in evidence(path, "-n", 1, code=2).stderr


def test_the_shipped_table_of_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It can be checked, and its page written elsewhere, but what is installed stays as it is."""
    package = tmp_path / "funnelsim"
    (package / "shipped").mkdir(parents=True)
    written(package / "shipped", table())
    monkeypatch.setattr("funnelsim.scenario.shipped._PACKAGE", package)
    assert list(shipped.shipped()) == ["small"]
    assert not shipped.in_checkout()
    told = evidence(code=2).stderr
    assert told == "--out: the page of an installed package stays as it is; name a file to write\n"
    evidence("--out", package / "shipped" / "README.md")
    assert "all of these agree" in evidence("--check").stdout


def test_the_shipped_page_is_in_the_checkout() -> None:
    """Whether it is fresh, CI asks `funnelsim evidence --check`."""
    assert shipped.in_checkout()
    assert shipped.evidence() == ROOT / "scenarios" / "evidence.yaml"
    assert (ROOT / "scenarios" / "README.md").read_text(encoding="utf-8").startswith("<!-- Written by")
    assert "evidence --check" in (ROOT / ".ci" / "run").read_text(encoding="utf-8") + (ROOT / "Makefile").read_text(
        encoding="utf-8"
    )
