from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import threading
import types
from typing import Any

import pytest

import funnelsim as fs
from funnelsim.metrics.progress import in_notebook, progress_bar
from funnelsim.scenario import Scenario


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"replications": 0}, ValueError, "replications is 0: take a whole number from 1 to 2147483647"),
        ({"replications": 2.0}, TypeError, "replications is 2.0, not a whole number"),
        ({"replications": True}, TypeError, "replications is True, not a whole number"),
        ({"seed": -1}, ValueError, "seed is -1: take a whole number from 0 to 18446744073709551615"),
        ({"seed": 2**64}, ValueError, "seed is 18446744073709551616"),
        ({"seed": "7"}, TypeError, "seed is '7', not a whole number"),
        ({"engine": "numba"}, ValueError, "no engine 'numba': take one of kernel, simpy"),
        ({"by": "region"}, ValueError, "cannot group by 'region' (did you mean 'origin'?)"),
        ({"by": "chanel"}, ValueError, "cannot group by 'chanel' (did you mean 'channel'?)"),
        ({"by": 3}, TypeError, "by is 3, not a name: take 'channel', 'segment', a trait or None"),
        ({"cohorts": "yes"}, TypeError, "cohorts is 'yes', not True or False"),
        ({"threads": 0}, ValueError, "threads is 0"),
        ({"chunk": -3}, ValueError, "chunk is -3"),
    ],
)
def test_arguments_that_make_no_sense(scenario: Scenario, arguments: dict[str, Any], error: Any, message: str) -> None:
    with pytest.raises(error) as caught:
        fs.simulate(scenario, **arguments)
    assert str(caught.value).startswith(message)


def test_what_is_no_scenario_is_refused() -> None:
    with pytest.raises(TypeError, match=r"scenario is str, not a Scenario; read one with funnelsim.load\(path\)"):
        fs.simulate("scenarios/trunk.yaml")  # type: ignore[arg-type]


def test_a_result_knows_how_it_was_made(scenario: Scenario) -> None:
    result = fs.simulate(scenario, replications=3, seed=4, by="segment")
    assert (result.replications, result.seed, result.engine, result.by, result.cohorts) == (
        3,
        4,
        "kernel",
        "segment",
        False,
    )
    assert result.version == fs.__version__
    assert result.scenario is scenario
    assert result.data.sizes["replication"] == 3
    assert "cohort" not in result.data.sizes


def test_more_replications_begin_with_the_same(scenario: Scenario) -> None:
    few, many = (fs.simulate(scenario, replications=number, seed=4) for number in (2, 5))
    assert many.data["entries"].isel(replication=slice(2)).equals(few.data["entries"])


# ---------------------------------------------------------------- progress
def test_no_bar_where_nobody_looks(scenario: Scenario, capsys: pytest.CaptureFixture[str]) -> None:
    fs.simulate(scenario, replications=2)
    assert capsys.readouterr() == ("", "")


def test_a_bar_where_it_is_wanted(scenario: Scenario, capsys: pytest.CaptureFixture[str]) -> None:
    fs.simulate(scenario, replications=2, progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "replications" in err
    assert "2/2" in err


def test_a_bar_on_a_terminal_unless_not_wanted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress_bar(3, False, "runs") as done:
        done(3)
    assert capsys.readouterr().err == ""
    with progress_bar(3, None, "runs") as done:
        done(3)
    assert "3/3" in capsys.readouterr().err


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if in a notebook's kernel, with no terminal."""
    shell = types.SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))


@pytest.mark.usefixtures("notebook")
def test_a_text_bar_in_a_notebook_without_widgets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert in_notebook()
    with progress_bar(3, None, "runs") as done:  # a warning would be an error
        done(3)
    assert "3/3" in capsys.readouterr().err


@pytest.mark.usefixtures("notebook")
def test_a_widget_in_a_notebook_that_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []

    class Bar:
        def __init__(self, **arguments: Any) -> None:
            made.append(arguments)

        def __enter__(self) -> Bar:
            return self

        def __exit__(self, *_: object) -> None:
            made.append({"closed": True})

        def update(self, number: int) -> None:
            made.append({"done": number})

    monkeypatch.setattr("importlib.util.find_spec", lambda _: object())
    monkeypatch.setitem(sys.modules, "tqdm.notebook", types.SimpleNamespace(tqdm=Bar))
    with progress_bar(3, None, "runs") as done:
        done(3)
    assert made[0]["total"] == 3
    assert made[1:] == [{"done": 3}, {"closed": True}]


def test_not_in_a_notebook() -> None:
    assert not in_notebook()


# ---------------------------------------------------------------- Ctrl-C
def test_ctrl_c_ends_a_run_cleanly(scenario: Scenario) -> None:
    program = textwrap.dedent(
        """
        import signal
        import sys
        import funnelsim as fs
        signal.signal(signal.SIGINT, signal.default_int_handler)  # background processes do not hear it
        scenario = fs.loads(sys.stdin.read())
        fs.simulate(scenario, replications=1)
        print("ready", flush=True)
        try:
            fs.simulate(scenario, replications=100_000)
        except KeyboardInterrupt:
            print("stopped", flush=True)
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(scenario.dump())
        process.stdin.close()
        process.stdin = None
        assert process.stdout.readline() == "ready\n"
        threading.Timer(0.5, process.send_signal, (signal.SIGINT,)).start()
        out, err = process.communicate(timeout=120)
    assert (out, err, process.returncode) == ("stopped\n", "", 0)
