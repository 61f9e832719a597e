from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from funnelsim.scenario import Place, Problem, ScenarioError, load, loads
from funnelsim.scenario.quantities import Constant, DrawsBelief

BASE = """\
format: 1
name: Base
start: 2026-01-01
horizon: 3 months
channels: {search: {leads: 100 per month, enters: lead}}
stages:
  lead: {moves: {call: {after: 1d, chance: 40%, to: won, else: lost}}}
  won: {}
  lost: {}
"""


def refused(path: str | Path) -> str:
    with pytest.raises(ScenarioError) as error:
        load(path)
    return str(error.value)


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text(BASE, encoding="utf-8")
    return tmp_path


def test_source_is_what_the_user_gave(in_folder: Path) -> None:
    assert load("base.yaml").source == "base.yaml"
    assert load(in_folder / "base.yaml").source == str(in_folder / "base.yaml")
    assert load(Path("base.yaml")) == loads(BASE)
    assert loads(BASE).source is None


def test_variant_at_loading() -> None:
    Path("two.yaml").write_text(BASE + "variants: {slow: {set: {stages.lead.moves.call.after: 9d}}}\n")
    assert load("two.yaml", "slow").variant_name == "slow"
    with pytest.raises(ScenarioError, match=r"^two.yaml: variants: no variant 'slw' \(did you mean 'slow'\?\)$"):
        load("two.yaml", "slw")


def test_missing_file() -> None:
    assert refused("bose.yaml") == "bose.yaml: no such file (did you mean 'base.yaml'?)"
    assert refused("none/such.yaml") == "none/such.yaml: no such file"


def test_what_is_no_file(in_folder: Path) -> None:
    assert refused(in_folder) == f"{in_folder}: this is no file; name a scenario file such as trunk.yaml"
    assert refused("base.yaml/x") == "base.yaml/x: cannot be read: Not a directory"
    assert refused("a\0b").startswith("a\\x00b: cannot be read: ")
    if hasattr(os, "mkfifo"):
        os.mkfifo("pipe.yaml")
        assert refused("pipe.yaml") == "pipe.yaml: this is no file; name a scenario file such as trunk.yaml"


def test_extends_does_not_leave_by_a_link(tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "base.yaml"
    outside.write_text(BASE)
    Path("link.yaml").symlink_to(outside)
    Path("over.yaml").write_text("extends: link.yaml\n")
    assert refused("over.yaml") == (
        "over.yaml:1:10: extends: 'link.yaml' lies outside the folder of the scenario; copy the file into it"
    )


@pytest.mark.parametrize("name", ["a\\0b", "x" * 5000, "loop.yaml", "**.**", ".", ""])
def test_names_that_are_no_files(name: str) -> None:
    Path("loop.yaml").symlink_to("loop.yaml")
    Path("over.yaml").write_text(f'extends: "{name}"\n')
    assert refused("over.yaml").startswith("over.yaml:1:10: extends: ")


def test_folder_is_that_of_the_file_that_is_loaded() -> None:
    Path("parts").mkdir()
    Path("parts/over.yaml").write_text("extends: ../base.yaml\n")
    assert "outside" in refused("parts/over.yaml")
    Path("top.yaml").write_text("extends: parts/over.yaml\n")
    assert load("top.yaml") == loads(BASE)


def test_extends_keeps_the_order_of_the_base() -> None:
    Path("over.yaml").write_text(
        "extends: base.yaml\n"
        "stages: {demo: {moves: {meet: {after: 2d, to: won}}}, lead: {moves: {invite: {to: demo}}}}\n"
    )
    scenario = load("over.yaml")
    assert list(scenario.stages) == ["lead", "won", "lost", "demo"]
    assert list(scenario.stages["lead"].moves) == ["call", "invite"]


def test_values_are_replaced_as_a_whole() -> None:
    Path("base.yaml").write_text(BASE.replace("after: 1d", "after: {dist: gamma, mean: 5d, sd: 2d}"))
    Path("over.yaml").write_text(
        "extends: base.yaml\nstages: {lead: {moves: {call: {after: {dist: constant, value: 2d}}}}}\n"
    )
    assert load("over.yaml").stages["lead"].moves["call"].after == Constant(2 * 86_400_000)


def test_text_cannot_extend() -> None:
    with pytest.raises(ScenarioError) as error:
        loads("extends: base.yaml\n" + BASE, "here")
    assert str(error.value) == (
        "here:1:1: extends: a text has no folder to extend a file from; save it and load the file"
    )


def test_text_cannot_read_draws() -> None:
    with pytest.raises(ScenarioError, match=r"chance.uncertain: draws from a file are read where a scenario is loaded"):
        loads(BASE.replace("chance: 40%", "chance: {uncertain: {file: draws.csv, column: rate}}"))


def draws(fields: str, content: bytes = b"rate,days\n0.4,3\n0.5,4\n") -> None:
    Path("draws.csv").write_bytes(content)
    Path("drawn.yaml").write_text(BASE.replace("chance: 40%", f"chance: {{uncertain: {{{fields}}}}}"))


def test_draws() -> None:
    draws("file: draws.csv, column: rate")
    assert load("drawn.yaml").stages["lead"].moves["call"].chance == DrawsBelief((0.4, 0.5))


@pytest.mark.parametrize(
    ("fields", "content", "message"),
    [
        ("file: draws.csv", None, "chance.uncertain.column: no column '' in 'draws.csv' (columns: rate and days)"),
        ("file: 5, column: rate", None, "chance.uncertain.file: must be text, not 5"),
        (
            "file: draws.csv, colum: rate",
            None,
            "chance.uncertain: no field 'colum' in draws from a file (fields: file, column and unit)",
        ),
        (
            "file: draws.csv, column: rate",
            b"",
            "chance.uncertain.column: 'draws.csv' is no CSV file with a header, in UTF-8",
        ),
        (
            "file: draws.csv, column: rate",
            b"\xff\xfe",
            "chance.uncertain.column: 'draws.csv' is no CSV file with a header, in UTF-8",
        ),
        (
            "file: draws.csv, column: rate",
            b"rate\n",
            "chance.uncertain.column: there are no rows under column 'rate' of 'draws.csv'",
        ),
        (
            "file: draws.csv, column: rate",
            b"rate,days\n0.4,1\n,2\n",
            "chance.uncertain.column: row 3 has no value in column 'rate' of 'draws.csv'",
        ),
        (
            "file: draws.csv, column: days",
            None,
            "chance.uncertain.values.0: a chance is between 0% and 100%, not 3; did you mean 3%?",
        ),
    ],
)
def test_draws_refused(fields: str, content: bytes | None, message: str) -> None:
    draws(fields, *([content] if content is not None else []))
    first = refused("drawn.yaml").splitlines()[0]
    assert first.partition(": stages.lead.moves.call.")[2] == message


def test_draws_in_a_variant_stand_in_its_dump() -> None:
    draws("values: [0.3]")
    text = Path("drawn.yaml").read_text()
    variant = "variants: {v: {set: {stages.lead.moves.call.chance: {uncertain: {file: draws.csv, column: rate}}}}}\n"
    Path("drawn.yaml").write_text(text + variant)
    scenario = load("drawn.yaml")
    assert loads(scenario.dump()).variant("v").stages["lead"].moves["call"].chance == DrawsBelief((0.4, 0.5))


def test_errors_of_draws_stand_beside_all_others() -> None:
    draws("file: none.csv, column: rate")
    text = Path("drawn.yaml").read_text()
    Path("drawn.yaml").write_text(text.replace("to: won", "to: wun"))
    with pytest.raises(ScenarioError) as error:
        load("drawn.yaml")
    assert [problem.path for problem in error.value.problems] == [
        "stages.lead.moves.call.chance.uncertain.file",
        "stages.lead.moves.call.to",
    ]


def test_problems_are_sorted_and_say_each_thing_once() -> None:
    late, early = (Problem(Place("a.yaml", line, 1), "x", "no") for line in (10, 9))
    error = ScenarioError([late, early, late])
    assert error.problems == (early, late)
    assert str(error) == "a.yaml:9:1: x: no\na.yaml:10:1: x: no"


def test_a_problem_is_one_line() -> None:
    assert str(Problem(Place("a.yaml", 1, 1), "", "no 'a\nb'")) == "a.yaml:1:1: no 'a\\nb'"


def test_the_language_needs_no_numbers_library() -> None:
    heavy = "numpy numba pandas xarray scipy matplotlib".split()  # noqa: SIM905
    program = "import sys, funnelsim.scenario.schema, funnelsim.scenario.show;"
    program += f"print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_shipped_scenario_is_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load("trunk").name == "The trunk"
    Path("trunk").write_text(load("markets/consumer").dump(), encoding="utf-8")
    assert load("trunk") == load("markets/consumer"), "a file that is there goes first"
