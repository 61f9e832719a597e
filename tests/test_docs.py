"""What README and docs say of scenarios is true: every field is named, and every example runs."""

from __future__ import annotations

import itertools
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import funnelsim as fs
from funnelsim.cli.commands import app
from funnelsim.scenario import models, structure
from funnelsim.scenario.shipped import shipped

ROOT = Path(__file__).parents[1]
DOCS = (ROOT / "README.md", ROOT / "docs" / "language.md", ROOT / "docs" / "sweeps.md")
LANGUAGE = DOCS[1].read_text(encoding="utf-8")
BASE = "mine.yaml"

TABLES: dict[str, type[BaseModel]] = {
    "scenario": models.Scenario,
    "segment": models.Segment,
    "observed": models.Observed,
    "channel": models.Channel,
    "seasonality": models.Seasonality,
    "backlog": models.Backlog,
    "stage": models.Stage,
    "move": models.Move,
    "trigger": models.Trigger,
    "expires": models.Expires,
    "odds": models.Odds,
    "qualify": models.Qualify,
    "scoring": models.Scoring,
    "fatigue": models.Fatigue,
    "touch": models.Touch,
    "open, click, response or opt_out": models.TouchStep,
    "recorded_opens": models.RecordedOpens,
    "content": models.Content,
    "odds of content": models.NamedOdds,
    "limits": models.Limit,
    "track": models.Track,
    "touches": models.TouchTurn,
    "on_response or on_opt_out": models.Response,
    "exhausted": models.Exhausted,
    "ends": models.Ends,
    "transition_rules": models.TransitionRule,
    "rules of a stage's track": models.TrackRule,
    "team": models.Team,
    "person": models.Person,
    "rule": models.Rule,
    "extend": models.Extend,
    "recycle_after": models.RecycleAfter,
    "protection": models.Protection,
    "step": models.Step,
    "overhead": models.Overhead,
    "change": models.Change,
    "variant": models.Variant,
    "response": models.SpendResponse,
    "budget": models.Budget,
    "checks": models.Checks,
}
"""The tables of the language's page, by their first word."""


def table_of(name: str) -> dict[str, tuple[str, str]]:
    """Return the default and the mark of dated changes of every field in a table."""
    found = re.search(rf"^\| {name} \| meaning \| default \| dated \|\n[^\n]*\n((?:\|.*\n)+)", LANGUAGE, re.M)
    assert found, f"no table of {name}"
    rows = [[cell.strip() for cell in line.strip("|").split(" |")] for line in found[1].splitlines()]
    return {cells[0].strip("` "): (cells[-2], cells[-1]) for cells in rows}


def test_every_model_has_a_table() -> None:
    def below(model: type[BaseModel]) -> set[type[BaseModel]]:
        found = {model}
        for info in model.model_fields.values():
            for part in re.findall(r"funnelsim\.scenario\.\w+\.(\w+)", str(info.annotation)):
                named = getattr(models, part, None)
                if isinstance(named, type) and issubclass(named, BaseModel) and named is not model:
                    found |= below(named)
        return found

    assert below(models.Scenario) == set(TABLES.values())


@pytest.mark.parametrize("name", TABLES)
def test_every_field_is_named(name: str) -> None:
    model, table = TABLES[name], table_of(name)
    fields = structure.field_names(model)
    assert list(table) == list(fields)
    for field, attribute in fields.items():
        info = model.model_fields[attribute]
        default, dated = table[field]
        changeable = attribute in getattr(model, "changeable", ()) or attribute in getattr(model, "fixed_names", ())
        assert (dated == "yes") == changeable, field
        assert (default == "required") == info.is_required(), field
        if isinstance(info.default, str) and info.default:
            assert default == f"`{info.default}`", field


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), re.S | re.M)


EXAMPLES = [(path.name, number) for path in DOCS for number in range(len(blocks(path, "yaml")))]


@pytest.mark.parametrize(("name", "number"), EXAMPLES)
def test_every_example_loads(name: str, number: int, tmp_path: Path) -> None:
    """The first of a page is a whole scenario; others lie over it, as the page says."""
    path = next(path for path in DOCS if path.name == name)
    whole, *_ = examples = blocks(path, "yaml")
    assert whole.startswith("format: 1\n")
    (tmp_path / BASE).write_text(whole, encoding="utf-8")
    example = examples[number]
    if not example.startswith(("format:", "extends:")):
        example = f"extends: {BASE}\n{example}"
    (tmp_path / "example.yaml").write_text(example, encoding="utf-8")
    scenario = fs.load(tmp_path / "example.yaml")
    for variant in scenario.variants:
        scenario.variant(variant)


@pytest.mark.parametrize(
    ("people", "busy", "waits", "starved", "won"), [(4, 0.98, 1.4, 0.90, 474), (8, 0.65, 0.55, 0.38, 634)]
)
def test_what_readme_says_of_sellers(
    people: int, busy: float, waits: float, starved: float, won: float, tmp_path: Path
) -> None:
    """The tolerance is half of the last digit, and four standard errors of 100 replications."""
    text = DOCS[0].read_text(encoding="utf-8")
    assert f"{busy:.0%}" in text
    assert f"{starved:.0%}" in text
    assert f"{won} " in text
    for file, example in zip((BASE, "sales.yaml"), blocks(DOCS[0], "yaml"), strict=True):
        (tmp_path / file).write_text(example, encoding="utf-8")
    result = fs.simulate(fs.load(tmp_path / "sales.yaml").set({"teams.sales.people": people}), replications=100)
    for name, said, digit in (
        ("utilisation_sales", busy, 0.01),
        ("wait_sales", waits, 0.1),
        ("starved_share", starved, 0.01),
        ("won", won, 1),
    ):
        found = result.estimate(name)
        assert abs(found.mean - said) < digit / 2 + 4 * found.mc_error, name


def test_commands_in_the_docs_are_commands() -> None:
    """Every command line names a command that there is, and options that it has."""
    import typer

    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for path in (*DOCS, ROOT / "docs" / "clusters.md"):
        for line in "".join(blocks(path, "sh")).splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["funnelsim"] and not words[1].startswith("--"):
                known = {option for param in commands[words[1]].params for option in param.opts}
                assert {word for word in words if word.startswith("--")} <= known, line


def test_readme_lists_every_shipped_scenario_and_notebook() -> None:
    text = DOCS[0].read_text(encoding="utf-8")
    listed = re.findall(r"^\| `scenarios/([\w/]+)\.yaml` \| \S", text, re.M)
    assert sorted(listed) == sorted(shipped())
    assert sorted(re.findall(r"`(notebooks/\w+\.ipynb)`", text)) == [
        path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
    ]


@pytest.mark.parametrize("name", shipped())
def test_commands_in_the_heads_of_scenarios_are_commands(name: str) -> None:
    """They work wherever one stands: by the shipped name, and with options and variants that there are."""
    import typer

    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    head = shipped()[name].read_text(encoding="utf-8").split("\nformat:")[0]
    for line in re.findall(r"\bfunnelsim ([^\n();]+)", head):
        command, scenario, *options = shlex.split(line)
        assert scenario == name, line
        known = {option for param in commands[command].params for option in param.opts}
        assert {word for word in options if word.startswith("-")} <= known, line
        named = [value for option, value in itertools.pairwise(options) if option in ("--variant", "--variants")]
        assert set(",".join(named).split(",")) - {""} <= set(fs.load(shipped()[name]).variants), line


def test_readme_links_the_language() -> None:
    text = DOCS[0].read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / link).exists(), link
    assert "(docs/language.md)" in text


@pytest.mark.parametrize("path", DOCS[1:], ids=lambda path: path.name)
def test_contents_of_pages(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    headings = {heading.lower().replace(",", "").replace(" ", "-") for heading in re.findall(r"^## (.*)$", text, re.M)}
    links = set(re.findall(r"\]\(#([^)]+)\)", text))
    assert links == headings


def test_examples_of_sweeps_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order in which they stand, each with what those before it have made; with few replications."""
    monkeypatch.chdir(ROOT)
    made: dict[str, Any] = {}
    examples = blocks(DOCS[2], "python")
    assert len(examples) == 3
    for example in examples:
        exec(re.sub(r"replications=\d+", "replications=2", example), made)
    assert made["swept"].data.sizes == {"metric": 2, "point": 16}
    assert made["cost"].sizes == {"stages.sql.moves.expire.after": 3, "stages.lead.moves.call.attempts": 3}
    assert made["result"].precision["cost_per_sql"].reached
