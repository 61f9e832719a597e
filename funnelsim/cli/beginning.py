"""The commands with which a scenario of one's own begins: a few questions, or a copy of a shipped one."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

import funnelsim as fs
from funnelsim.cli.asked import Asked
from funnelsim.cli.ending import ending, say
from funnelsim.cli.options import Debug
from funnelsim.cli.places import new_file_refused, save_new
from funnelsim.scenario import ScenarioError, shipped
from funnelsim.scenario.problems import near_miss, shown
from funnelsim.scenario.writing import write_scalar

TEMPLATE = "first.yaml"
SCHEMA = "funnelsim.schema.json"


class Question(NamedTuple):
    """Something that the first scenario depends on."""

    option: str
    text: str
    default: str
    path: str
    unit: str
    """What is written behind the answer."""


QUESTIONS = (
    Question("--name", "What is the funnel called?", "My funnel", "name", ""),
    Question("--leads", "How many new leads come in a month?", "800", "channels.web.leads", " per month"),
    Question("--spend", "What is spent on them in a month?", "60_000", "channels.web.spend", " per month"),
    Question("--accepted", "How many of a hundred does sales accept?", "20", "stages.lead.moves.call.chance", "%"),
    Question("--sellers", "How many people sell?", "4", "teams.sales.people", ""),
)


def init(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="The file to write.")] = Path("funnel.yaml"),
    name: Annotated[str | None, typer.Option(help="What the funnel is called.", show_default=False)] = None,
    leads: Annotated[str | None, typer.Option(help="New leads a month, as in 800 or 1.2k.", show_default=False)] = None,
    spend: Annotated[str | None, typer.Option(help="Spent on them a month.", show_default=False)] = None,
    accepted: Annotated[
        str | None, typer.Option(help="Of a hundred leads, how many sales accepts.", show_default=False)
    ] = None,
    sellers: Annotated[str | None, typer.Option(help="How many people sell.", show_default=False)] = None,
    debug: Debug = False,
) -> None:
    """Write a commented scenario to begin with, after five questions.

    Options answer them beforehand. Where nobody sits at a terminal, defaults stand in for what is not answered.
    """
    with ending(debug):
        asked = Asked()
        if refused := new_file_refused(file):
            asked.wrong("FILE", refused)
        given = dict(zip(QUESTIONS, (name, leads, spend, accepted, sellers), strict=True))
        for question, answer in given.items():
            if answer is not None and (why := refusal(question, answer)):
                asked.wrong(question.option, why)
        asked.refuse()
        answers = {question: answer if answer is not None else _answer(question) for question, answer in given.items()}
        save_new({file: scenario_text(answers)})
        say(f"{file} is written. Next:\n  funnelsim show {file}\n  funnelsim run {file}\n  funnelsim report {file}")


def _answer(question: Question) -> str:
    """Ask until there is an answer that can be used; the default where nobody can be asked."""
    if not sys.stdin.isatty():
        print(f"{question.option} {question.default}: taken, since nobody can be asked", file=sys.stderr)
        return question.default
    while True:
        answer = str(typer.prompt(question.text, default=question.default))
        why = refusal(question, answer)
        if why is None:
            return answer
        print(why, file=sys.stderr)


def refusal(question: Question, answer: str) -> str | None:
    """Say why an answer cannot be used; None where it can be."""
    if question.path != "name" and not re.fullmatch(r"\d[\w.]*", answer.strip()):
        return f"write a number, such as {question.default}, not {shown(answer)}"
    value = write_scalar(answer) if question.path == "name" else f"{answer.strip()}{question.unit}"
    try:
        fs.loads(_template()).set({question.path: value})
    except ScenarioError as error:
        return "; ".join(dict.fromkeys(problem.message for problem in error.problems))
    return None


def scenario_text(answers: dict[Question, str]) -> str:
    """Return the first scenario, with answers in the place of the defaults."""
    text = _template()
    for question, answer in answers.items():
        default, value = (
            write_scalar(each) if question.path == "name" else f"{each.strip()}{question.unit}"
            for each in (question.default, answer)
        )
        key = question.path.rpartition(".")[2]
        before, after = text.split(f"{key}: {default}", 1)
        text = f"{before}{key}: {value}{after}"
    return text


def _template() -> str:
    return (Path(__file__).parent / TEMPLATE).read_text("utf-8")


# ---------------------------------------------------------------- copies
def new(
    name: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The copy; by default called as it is.", show_default=False)
    ] = None,
    origin: Annotated[
        str, typer.Option("--from", metavar="SCENARIO", help="The shipped scenario to copy.", show_default=False)
    ] = "trunk",
    debug: Debug = False,
) -> None:
    """Copy a shipped scenario, with what it builds on, for changing."""
    with ending(debug):
        asked = Asked()
        there = shipped.shipped()
        if origin not in there:
            asked.wrong("--from", f"no shipped scenario {shown(origin)}{near_miss(origin, there, 'scenarios')}")
            asked.refuse()
        source = there[origin]
        target = Path(source.name) if name is None else name if name.suffix else name.with_suffix(".yaml")
        copies = dict(_copies(source, target))
        for path in copies:
            if path.name != SCHEMA and (refused := new_file_refused(path)):
                asked.wrong("FILE", refused)
        asked.refuse()
        save_new({path: text for path, text in copies.items() if not path.exists()})
        say(f"{target} is written. Next:\n  funnelsim show {target}\n  funnelsim run {target}")


def _copies(source: Path, target: Path) -> Iterator[tuple[Path, str]]:
    """Yield the texts to write: the scenario, the files it is read from, and the schema that editors use."""
    from funnelsim.scenario.load import files_of
    from funnelsim.scenario.schema import schema_text

    for file in files_of(source):
        copy = target if file == source.resolve() else target.parent / file.relative_to(source.resolve().parent)
        text = file.read_text("utf-8")
        yield copy, re.sub(r"(?<=\$schema=)\S*", SCHEMA, text, count=1) if copy == target else text
    yield target.parent / SCHEMA, schema_text()
