from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import pytest

import funnelsim as fs
from funnelsim.plots.explore import FACTORS, read_values

EXPIRE, CALL = "stages.sql.moves.expire.after", "stages.lead.moves.call.chance"


@pytest.fixture(scope="module")
def trunk() -> fs.Scenario:
    return fs.load("scenarios/trunk.yaml")


def test_paths_alone_get_values_around_what_stands_there(trunk: fs.Scenario) -> None:
    values = read_values(trunk, [EXPIRE, CALL])
    assert (values[EXPIRE][0], values[EXPIRE][-1]) == ("3.5d", "14d")
    assert len(values[CALL]) == len(FACTORS)
    assert "22%" in values[CALL]


def test_all_that_is_wrong_is_told_at_once(trunk: fs.Scenario) -> None:
    with pytest.raises(fs.ScenarioError) as refused:
        fs.explore(trunk, {"stages.sql.moves.expir.after": ["7d"], EXPIRE: ["x"], CALL: []})
    assert len(refused.value.problems) == 3
    assert "did you mean 'expire'?" in str(refused.value)
    with pytest.raises(fs.ScenarioError, match="no number with a unit"):
        fs.explore(trunk, ["stages.mql.moves.check.chance"])
    with pytest.raises(fs.ScenarioError, match="no paths"):
        fs.explore(trunk, [])


def test_a_slider_redraws_with_the_same_luck(trunk: fs.Scenario) -> None:
    box = fs.explore(trunk, {EXPIRE: ["7d", "14d"]}, replications=5, finer=8)
    slider, button, image, table = box.children
    before = bytes(image.value)
    assert before.startswith(b"\x89PNG")
    assert slider.value == "7d"
    slider.value = "14d"
    assert image.value != before
    shown = box.explorer.comparison
    alone = fs.compare({"as it is": trunk, "as set": trunk.set({EXPIRE: "14d"})}, replications=5)
    assert shown.difference("as set", "won") == alone.difference("as set", "won")
    assert "as set" in table.value
    slider.value = "7d"
    assert image.value == before
    button.click()
    assert box.explorer.comparison.results["as set"].replications == 8


def test_a_redraw_costs_a_fraction_of_a_usual_run(trunk: fs.Scenario) -> None:
    """Processor time on one thread, in turn, so that other work on the machine hardly matters."""
    explorer = fs.explore(trunk, [EXPIRE]).explorer
    assert explorer.comparison.results["as it is"].replications == 20

    def cost(step: Callable[[], object]) -> float:
        started = time.process_time()
        step()
        return time.process_time() - started

    redraws = [cost(lambda value=value: explorer.set(EXPIRE, value)) for value in ("14d", "3.5d", "8.75d")]  # type: ignore[misc]
    usual = cost(lambda: fs.simulate(trunk, replications=1000, threads=1, progress=False))
    assert statistics.median(redraws) < 0.4 * usual
