"""Sliders in a notebook: other values of a scenario, and what they bring with the same luck."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from typing import Any

from funnelsim.forecast.compare import Comparison
from funnelsim.forecast.points import text_of
from funnelsim.metrics.names import main_metrics
from funnelsim.metrics.result import Result
from funnelsim.metrics.simulate import check_scenario, simulate
from funnelsim.scenario import Place, Problem, Scenario, ScenarioError
from funnelsim.scenario.paths import parse_path
from funnelsim.scenario.problems import RefusedError

FACTORS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0)
"""Of the value that stands in the scenario, where no values are given."""


class Explorer:
    """What is shown for one scenario: as it is, and with the values that the sliders stand at.

    Attributes
    ----------
    scenario : Scenario
    values : mapping of str to list of str
        By path, those that can be chosen.
    chosen : dict of str to str
        By path, what the sliders stand at.
    comparison : Comparison
        ``as it is`` and ``as set``, of the last redraw.
    """

    def __init__(
        self, scenario: Scenario, values: Mapping[str, list[str]], replications: int, finer: int, seed: int
    ) -> None:
        self.scenario, self.values = scenario, values
        self.chosen: dict[str, str] = {}
        self._replications, self._finer, self._seed = replications, finer, seed
        self._as_it_is: dict[int, Result] = {}
        self.redraw()

    def set(self, path: str, value: str) -> bytes:
        """Choose another value and redraw; return the picture as PNG."""
        self.chosen[path] = value
        return self.redraw()

    def redraw(self, finer: bool = False) -> bytes:
        """Run the scenario as it is set, with the luck of all other settings, and return the picture as PNG.

        Parameters
        ----------
        finer : bool
            Whether to run the larger number of replications.
        """
        runs = self._finer if finer else self._replications
        if runs not in self._as_it_is:
            self._as_it_is[runs] = self._run(self.scenario, runs)
        changed = self._run(self.scenario.set(self.chosen), runs) if self.chosen else self._as_it_is[runs]
        self.comparison = Comparison(
            {"as it is": self._as_it_is[runs], "as set": changed}, drawn_metrics(self.scenario)
        )
        return picture(changed)

    def _run(self, scenario: Scenario, replications: int) -> Result:
        return simulate(scenario, replications=replications, seed=self._seed, progress=False)


def drawn_metrics(scenario: Scenario) -> tuple[str, str]:
    """Return what is shown over time: who is won, and what an SQL costs, where there are some."""
    goal, cost = main_metrics(scenario)
    return goal, "cost_per_sql" if "sql" in scenario.stages else cost


def picture(result: Result) -> bytes:
    """Draw the funnel, what matters most over time, and what one costs; return PNG."""
    from matplotlib.figure import Figure

    from funnelsim.plots import plot_funnel, plot_metric

    figure = Figure(figsize=(12, 3.6))
    funnel, *over_time = figure.subplots(1, 3)
    plot_funnel(result, funnel)
    funnel.locator_params(axis="x", nbins=4)
    for metric, ax in zip(drawn_metrics(result.scenario), over_time, strict=True):
        plot_metric(result, metric, ax)
    funnel.set_xlabel("entries, over the horizon", fontsize=8)
    figure.subplots_adjust(left=0.1, right=0.98, bottom=0.16, top=0.9, wspace=0.3)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=80)
    return drawn.getvalue()


def explore(
    scenario: Scenario,
    paths: Mapping[str, Iterable[Any]] | Iterable[str],
    *,
    replications: int = 20,
    finer: int = 1000,
    seed: int = 1,
) -> Any:
    """Show sliders in a notebook that redraw the funnel, the months and the costs, on the same luck.

    Parameters
    ----------
    scenario : Scenario
    paths : mapping of str to iterable, or iterable of str
        Values of each path, as `funnelsim.sweep` takes them; of paths alone from half to twice what stands there.
    replications : int
        While a slider is dragged; few, so that it follows the hand.
    finer : int
        Replications after a click on the button.
    seed : int

    Returns
    -------
    ipywidgets.VBox
        Its attribute `explorer` is the `Explorer` behind it.

    Raises
    ------
    ScenarioError
        For paths that are unknown, for paths without a number where no values are given, and for values that the
        scenario refuses, all at once.
    ImportError
        Without ipywidgets.
    """
    check_scenario("scenario", scenario)
    values = read_values(scenario, paths)
    try:
        import ipywidgets as widgets
    except ImportError:
        raise ImportError("sliders need ipywidgets: pip install 'funnelsim[notebook]'") from None
    explorer = Explorer(scenario, values, replications, finer, seed)
    image, table = widgets.Image(format="png"), widgets.HTML()
    button = widgets.Button(description=f"Run {finer:,} times")

    def show(drawn: bytes) -> None:
        image.value, table.value = drawn, explorer.comparison._repr_html_()

    sliders = []
    for path, choices in values.items():
        slider = widgets.SelectionSlider(
            options=choices,
            value=choices[0] if (now := _standing(scenario, path)) not in choices else now,
            description=path,
            continuous_update=True,
            style={"description_width": "initial"},
            layout={"width": "95%"},
        )
        slider.observe(lambda change, path=path: show(explorer.set(path, change["new"])), "value")
        sliders.append(slider)
    button.on_click(lambda _: show(explorer.redraw(finer=True)))
    show(explorer.redraw())
    box = widgets.VBox([*sliders, button, image, table])
    box.explorer = explorer
    return box


# ---------------------------------------------------------------- values
def read_values(scenario: Scenario, paths: Mapping[str, Iterable[Any]] | Iterable[str]) -> dict[str, list[str]]:
    """Return what can be chosen by path, all of it tried; where no values are given, around what stands there."""
    given = paths if isinstance(paths, Mapping) else dict.fromkeys([paths] if isinstance(paths, str) else paths)
    values: dict[str, list[str]] = {}
    problems: list[Problem] = []
    for path, listed in given.items():
        try:
            choices = _around(scenario, path) if listed is None else list(dict.fromkeys(map(text_of, listed)))
            if not choices:
                raise RefusedError("no values to choose from; give some, as in ['7d', '14d']")
            for choice in choices:
                scenario.set({path: choice})
            values[path] = choices
        except RefusedError as fault:
            problems.append(Problem(Place("<explore>"), path, str(fault)))
        except ScenarioError as error:
            problems += error.problems
    if problems or not values:
        nothing = Problem(Place("<explore>"), "", "no paths; give some, as in ['stages.sql.moves.expire.after']")
        raise ScenarioError(problems or [nothing])
    return values


def _around(scenario: Scenario, path: str) -> list[str]:
    """Return values from half to twice what stands at a path, with its unit."""
    now = _standing(scenario, path)
    match = re.fullmatch(r"([\d_]*\.?\d+)(\D.*)?", now)
    if match is None:
        scenario.set({path: now})  # an unknown path is said to be one
        raise RefusedError(f"what stands there is no number with a unit ({now}); give values, as in {{path: [a, b]}}")
    number, unit = float(match[1].replace("_", "")), match[2] or ""
    whole = number == round(number) and number >= 10
    scaled = (number * factor for factor in FACTORS)
    rounded = [round(value) if whole else float(f"{value:.3g}") for value in scaled]
    texts = [now if value == number else f"{value:.10g}{unit}" for value in rounded]
    return list(dict.fromkeys(texts))


def _standing(scenario: Scenario, path: str) -> str:
    """Return what stands at a path, as it would stand in a file."""
    data: Any = scenario.data()
    for part in parse_path(path):
        data = data.get(part) if isinstance(data, Mapping) else None
    return "nothing" if data is None else text_of(data)
