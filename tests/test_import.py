"""What is loaded when: importing must stay cheap."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"numba", "pandas", "xarray", "matplotlib", "scipy", "dask", "distributed"}


def loaded_after(code: str) -> set[str]:
    script = f"import sys, json\n{code}\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_import_loads_nothing_heavy() -> None:
    assert not loaded_after("import funnelsim") & HEAVY


def test_loading_a_scenario_loads_nothing_heavy() -> None:
    code = "import funnelsim as fs; fs.load('tests/scenarios/valid/variants.yaml').dump()"
    assert not loaded_after(code) & (HEAVY | {"numpy"})


def test_thresholds_are_looked_at_without_what_is_heavy() -> None:
    code = "import funnelsim as fs; fs.load('scenarios/trunk.yaml').variant('two_weeks').dump()"
    assert not loaded_after(code) & HEAVY


def test_help_loads_nothing_heavy() -> None:
    code = (
        "from typer.testing import CliRunner; import funnelsim.cli.commands as cli; "
        "assert CliRunner().invoke(cli.app, ['run', '--help']).exit_code == 0"
    )
    assert not loaded_after(code) & HEAVY


def test_compiling_needs_no_numba() -> None:
    code = "import funnelsim as fs; from funnelsim.program import compile_scenario; compile_scenario(fs.load('scenarios/trunk.yaml'))"
    assert not loaded_after(code) & HEAVY


def test_running_here_loads_no_cluster() -> None:
    code = "import funnelsim as fs; fs.simulate(fs.load('scenarios/trunk.yaml').set({'horizon': '2d'}), replications=1)"
    assert "distributed" not in loaded_after(code)  # xarray looks for dask itself


def test_the_check_would_notice() -> None:
    assert loaded_after("import scipy") & HEAVY == {"scipy"}


def test_public_names() -> None:
    import funnelsim as fs

    assert {name for name in fs.__all__ if not hasattr(fs, name)} == set()
    assert set(fs.__all__) <= set(dir(fs))
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        _ = fs.simulat


def test_imports_run_one_way_through_the_rooms() -> None:
    """The contracts stand in pyproject.toml; `lint-imports` says which import breaks one."""
    root = Path(__file__).parents[1]
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    checked = subprocess.run([*command, "--no-cache"], cwd=root, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    assert "Contracts: 2 kept, 0 broken." in checked.stdout
