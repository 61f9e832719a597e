"""The notebooks run from top to bottom, any warning being an error, and are kept without outputs."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
pytestmark = pytest.mark.notebook


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request: pytest.FixtureRequest) -> nbformat.NotebookNode:
    return nbformat.read(request.param, as_version=4)


def test_it_is_clean(notebook: nbformat.NotebookNode) -> None:
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.filterwarnings("default")  # those of this process, which talks to the kernel; the notebook's are errors
def test_it_runs(notebook: nbformat.NotebookNode) -> None:
    strict, as_usual = (
        nbformat.v4.new_code_cell(f"import warnings\nwarnings.simplefilter('{action}')")
        for action in ("error", "default")
    )
    notebook.cells = [strict, *notebook.cells, as_usual]  # the kernel itself warns when it shuts down
    NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert outputs


def test_there_are_some() -> None:
    assert NOTEBOOKS
