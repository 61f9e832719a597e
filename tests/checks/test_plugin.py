"""The plugin of pytest, as another project would have it: in processes of its own."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.checks.small import SCENARIO, written

SETTINGS = "[pytest]\nfunnelsim_scenarios = funnels\nfilterwarnings = error\n"
PLAIN = SCENARIO.replace("mean < 1.1 * baseline", "mean < 110")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a scenario."""
    (tmp_path / "pytest.ini").write_text(SETTINGS)
    (tmp_path / "funnels").mkdir()
    (tmp_path / "funnels" / "table.yaml").write_text("title: no scenario\n")
    written(tmp_path / "funnels", PLAIN)
    return tmp_path


def ran(folder: Path, *words: str, code: int = 0) -> str:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.mark.usefixtures("compiled_kernel")
def test_one_item_a_guard(project: Path) -> None:
    said = ran(project, "-v", "-n", "1", "-rA", "--junitxml=out.xml")
    assert "4 passed" in said
    assert "warning, broken: sql p90 < 50" in said
    cases = {case.get("name"): case for case in ET.parse(project / "out.xml").iter("testcase")}
    assert len(cases) == 4
    found = {found.get("name"): found.get("value") for found in cases["sql mean > 57"].iter("property")}
    assert (found["limit"], found["outcome"], found["replications"]) == ("57", "kept", "100")
    assert float(str(found["low"])) < float(str(found["estimate"])) < float(str(found["high"]))


@pytest.mark.usefixtures("compiled_kernel")
def test_failures_are_sentences(project: Path) -> None:
    written(project / "funnels", PLAIN.replace("mean > 57", "mean > 70"))
    said = ran(project, "-k", "70 or p90", code=1)
    assert "1 failed, 1 passed, 2 deselected" in said
    assert "funnels/small.yaml:14:9: broken: sql mean > 70: mean is" in said
    assert "Traceback" not in said
    assert "def runtest" not in said


def test_a_wrong_scenario_is_an_error_of_collection(project: Path) -> None:
    written(project / "funnels", PLAIN.replace("  sql: [", "  sqll: ["))
    said = ran(project, code=2)
    assert "funnels/small.yaml:14:3: thresholds.sqll: no metric 'sqll' (did you mean 'sql'?)" in said
    assert "Traceback" not in said


def test_nothing_is_done_or_loaded_where_nobody_asks(project: Path) -> None:
    (project / "pytest.ini").write_text("[pytest]\n")
    heavy = "{'numpy', 'numba', 'pandas', 'xarray', 'scipy', 'pydantic', 'ruamel'}"
    (project / "test_loaded.py").write_text(
        f"import sys\ndef test_loaded():\n    assert 'funnelsim.checks.pytest_plugin' in sys.modules\n"
        f"    assert not {heavy} & set(sys.modules)\n"
    )
    # other plugins of this environment load what they like
    said = ran(project, "-p", "no:hypothesispytest", "-p", "no:zarr", "-p", "no:anyio", "-p", "no:platformdirs")
    assert "1 passed" in said
