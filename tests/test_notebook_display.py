"""What shows itself in a notebook: escaped, and without a warning."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

import funnelsim as fs
from tests.report.hostile import HOSTILE, scenario_of

SHOWN = """
import warnings; warnings.simplefilter("error")
import sys
{hide}
import funnelsim as fs
scenario = fs.load("scenarios/trunk.yaml")
"""
CELLS = (
    "scenario",
    "fs.simulate(scenario, replications=5)",
    "fs.compare({'a': scenario, 'b': scenario.variant('two_weeks')}, replications=5)",
    "fs.sweep(scenario, {'stages.sql.moves.expire.after': ['7d', '14d']}, replications=5)",
    "fs.incremental(scenario, by='touch', replications=5)",
)
HIDE = "sys.modules['ipywidgets'] = None\nimport importlib.util as u; found = u.find_spec\nu.find_spec = lambda name, *a: None if name == 'ipywidgets' else found(name, *a)"


@pytest.mark.long
@pytest.mark.parametrize("hide", ["", HIDE], ids=["with widgets", "without widgets"])
@pytest.mark.filterwarnings("default")  # those of this process, which talks to the kernel
def test_everything_shows_itself_and_nothing_warns(hide: str) -> None:
    sources = [SHOWN.format(hide=hide), *CELLS, "import warnings; warnings.simplefilter('default')"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    for cell in notebook.cells[1:-1]:
        results = [output for output in cell.outputs if output.output_type == "execute_result"]
        assert len(results) == 1, cell.source
        assert results[0].data["text/html"].startswith("<div>")
        told = [output.text for output in cell.outputs if output.get("name") == "stderr"]
        assert not [text for text in told if "arning" in text or "rror" in text], told
        assert not told or hide  # a bar of text stands where there are no widgets


def test_a_scenario_is_escaped() -> None:
    for text in HOSTILE:
        shown = scenario_of(text)._repr_html_()
        assert shown.count("<") == 10, text  # of what shows it


def test_in_a_terminal_it_is_text() -> None:
    assert repr(fs.load("scenarios/trunk.yaml")) == "<Scenario 'The trunk': 12 months from 2026-01-01>"
