"""The expected value of what is drawn: against scipy, and against what the engine draws."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

import funnelsim as fs
from funnelsim.metrics.sales_tables import mean_of
from funnelsim.program import Program, compile_scenario
from funnelsim.scenario import Scenario

NINETY = 2 * stats.norm.ppf(0.95)

FORMS: dict[str, tuple[Any, float]] = {
    "constant": (1234.5, 1234.5),
    "uniform": ("between 100 and 700", 400),
    "exponential": ({"dist": "exponential", "mean": 250}, 250),
    "range": ("200 to 900", stats.lognorm.mean(math.log(4.5) / NINETY, scale=math.sqrt(200 * 900))),
    "moments": ({"dist": "lognormal", "mean": 500, "sd": 300}, 500),
    "median": ({"dist": "lognormal", "median": 300, "sigma": 0.7}, stats.lognorm.mean(0.7, scale=300)),
    "gamma": ({"dist": "gamma", "mean": 300, "sd": 200}, 300),
    "shape": ({"dist": "gamma", "shape": 2.25, "scale": 130}, stats.gamma.mean(2.25, scale=130)),
    "weibull": ({"dist": "weibull", "shape": 1.7, "scale": 400}, stats.weibull_min.mean(1.7, scale=400)),
    "values": ({"dist": "empirical", "values": [300, 100, 200]}, 200),
    "weights": ({"dist": "empirical", "values": [100, 700, 3000], "weights": [5, 3, 2]}, 860),
}


def worth(value: Any, leads: int = 1) -> Scenario:
    text = {
        "format": 1,
        "name": "Worth",
        "start": "2026-01-01",
        "horizon": "2d",
        "channels": {"base": {"backlog": leads, "enters": "gate"}},
        "stages": {"gate": {"moves": {"open": {"to": "won"}}}, "won": {"value": value}},
    }
    return fs.loads(json.dumps(text))


def expected(program: Program, parameters: Any) -> Any:
    recipe = program.recipes.waits[program.structure.value[0, program.stages.index("won")]]
    return mean_of(recipe, np.atleast_2d(parameters), program.recipes.samples)


@pytest.mark.parametrize("form", FORMS)
def test_expected_values_are_those_of_scipy(form: str) -> None:
    value, mean = FORMS[form]
    program = compile_scenario(worth(value))
    got = expected(program, program.recipes.parameters["first"])  # nothing is uncertain
    np.testing.assert_allclose(got, [mean * 10_000], rtol=1e-12)


@pytest.mark.parametrize("form", FORMS)
def test_expected_values_are_those_of_what_is_drawn(form: str) -> None:
    value, mean = FORMS[form]
    revenue = fs.simulate(worth(value, leads=2000), replications=20, seed=4).metric("revenue", over="horizon") / 2000
    error = float(revenue.std(ddof=1)) / math.sqrt(20)
    assert abs(float(revenue.mean()) - mean) <= stats.t.ppf(1 - 5e-5, 19) * error + 1e-9


def test_uncertain_parameters_have_their_value_in_each_replication() -> None:
    program = compile_scenario(worth({"dist": "gamma", "mean": {"uncertain": "between 200 and 400"}, "sd": 100}))
    place = program.parameters.index("stages.won.value.mean")
    parameters = np.tile(program.recipes.parameters["first"], (3, 1))
    parameters[:, place] = [210, 300, 390]
    np.testing.assert_allclose(expected(program, parameters), [210, 300, 390])


def test_never_has_none() -> None:
    program = compile_scenario(worth(1))
    with pytest.raises(ValueError, match="'never' has no expected value"):
        mean_of(program.recipes.waits[0], np.zeros((1, 1)), program.recipes.samples)
