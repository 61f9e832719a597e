"""funnelsim: simulate a funnel, and forecast what a policy, a budget or a team change brings.

Everything a user needs is here. Heavy packages are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0.dev0"

if TYPE_CHECKING:
    from funnelsim.checks.loading import load as load
    from funnelsim.checks.loading import loads as loads
    from funnelsim.engines.log import trace as trace
    from funnelsim.forecast.allocate import allocate as allocate
    from funnelsim.forecast.allocation import Allocation as Allocation
    from funnelsim.forecast.budget_report import Budgets as Budgets
    from funnelsim.forecast.budgets import budgets as budgets
    from funnelsim.forecast.compare import Comparison as Comparison
    from funnelsim.forecast.compare import compare as compare
    from funnelsim.forecast.design import design as design
    from funnelsim.forecast.forecasting import Forecast as Forecast
    from funnelsim.forecast.forecasting import forecast as forecast
    from funnelsim.forecast.incremental import Incremental as Incremental
    from funnelsim.forecast.incremental import incremental as incremental
    from funnelsim.forecast.lead_by_lead import lead_by_lead as lead_by_lead
    from funnelsim.forecast.response_curves import response_curves as response_curves
    from funnelsim.forecast.sweep import sweep as sweep
    from funnelsim.forecast.swept import Sweep as Sweep
    from funnelsim.forecast.unit_costs import UnitCosts as UnitCosts
    from funnelsim.forecast.unit_costs import unit_costs as unit_costs
    from funnelsim.metrics.executors import TaskError as TaskError
    from funnelsim.metrics.result import Result as Result
    from funnelsim.metrics.result import load_result as load_result
    from funnelsim.metrics.resuming import UnsavedError as UnsavedError
    from funnelsim.metrics.simulate import simulate as simulate
    from funnelsim.plots.explore import explore as explore
    from funnelsim.scenario import Scenario as Scenario
    from funnelsim.scenario import ScenarioError as ScenarioError

_HOME = {
    "Allocation": "funnelsim.forecast.allocation",
    "Budgets": "funnelsim.forecast.budget_report",
    "Comparison": "funnelsim.forecast.compare",
    "Forecast": "funnelsim.forecast.forecasting",
    "Incremental": "funnelsim.forecast.incremental",
    "Result": "funnelsim.metrics.result",
    "Scenario": "funnelsim.scenario",
    "ScenarioError": "funnelsim.scenario",
    "Sweep": "funnelsim.forecast.swept",
    "TaskError": "funnelsim.metrics.executors",
    "UnitCosts": "funnelsim.forecast.unit_costs",
    "UnsavedError": "funnelsim.metrics.resuming",
    "allocate": "funnelsim.forecast.allocate",
    "budgets": "funnelsim.forecast.budgets",
    "compare": "funnelsim.forecast.compare",
    "design": "funnelsim.forecast.design",
    "forecast": "funnelsim.forecast",
    "explore": "funnelsim.plots.explore",
    "incremental": "funnelsim.forecast.incremental",
    "lead_by_lead": "funnelsim.forecast.lead_by_lead",
    "load": "funnelsim.checks.loading",
    "load_result": "funnelsim.metrics.result",
    "loads": "funnelsim.checks.loading",
    "response_curves": "funnelsim.forecast.response_curves",
    "simulate": "funnelsim.metrics.simulate",
    "sweep": "funnelsim.forecast.sweep",
    "trace": "funnelsim.engines.log",
    "unit_costs": "funnelsim.forecast.unit_costs",
}

__all__ = ["__version__", *sorted(_HOME)]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    """Load a public name from its room on first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'funnelsim' has no attribute {name!r}")
    home = importlib.import_module(_HOME[name])
    value = home if home.__name__ == f"{__name__}.{name}" else getattr(home, name)  # a room that can be called
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
