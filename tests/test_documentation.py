"""The pages made from the code are whole, the documentation builds without a warning, and its examples run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import funnelsim as fs
from funnelsim.metrics.definitions import DEFINITIONS
from funnelsim.scenario import structure

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


@pytest.fixture(autouse=True)
def from_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(DOCS))


def test_every_field_has_a_description_and_an_example() -> None:
    from making import fields

    examples = fields.shortest_examples()
    page = fields.page()
    for model in fields.spots():
        for name, attribute in structure.field_names(model).items():
            assert model.model_fields[attribute].description, (model, name)
            assert (model, name) in examples, f"no file of the corpus uses {name} of {model.__name__}"
            anchor = f"{model.__name__.lower()}-{name.replace('_', '-')}"
            assert page.count(f"({anchor})=\n### `{name}`\n") == 1


def test_every_metric_and_command_has_a_section() -> None:
    from making import commands, metrics

    sections = re.findall(r"^### `(.*)`$", metrics.page(), re.M)
    assert sections[: len(DEFINITIONS)] == [definition.pattern for definition in DEFINITIONS]
    named = re.findall(r"^## `(.*)`$", commands.page(), re.M)
    assert {"run", "compare", "show", "explain"} <= set(named)
    assert "Example: funnelsim compare " in commands.page()


def test_the_interface_page_names_everything_public() -> None:
    text = (DOCS / "api.rst").read_text(encoding="utf-8")
    named = set(re.findall(r"^\.\. auto\w+:: funnelsim\.(\w+)$", text, re.M))
    assert named - {"plots"} == set(fs.__all__) - {"__version__"}


def test_examples_of_extending_run() -> None:
    """In the order in which they stand, each with what those before it have made."""
    made: dict[str, Any] = {}
    examples = re.findall(r"^```python\n(.*?)^```", (DOCS / "extending.md").read_text(encoding="utf-8"), re.S | re.M)
    for example in examples:
        exec(re.sub(r"replications=\d+", "replications=5", example), made)
    assert len(examples) == 4
    assert made["share"].sizes == {"replication": 5}
    import matplotlib.pyplot as plt

    plt.close("all")


@pytest.mark.filterwarnings("default")
def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    """A link to a page or heading that is not there is a warning, and a warning fails the build."""
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        "-q",
        "-b",
        "html",
        str(DOCS),
        str(tmp_path / "html"),
    ]
    built = subprocess.run([*command, "-d", str(tmp_path / "trees")], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    for page in (
        "language",
        "reading",
        "extending",
        "semantics",
        "api",
        "made/fields",
        "made/metrics",
        "made/commands",
    ):
        assert (tmp_path / "html" / f"{page}.html").stat().st_size > 5_000
