"""funnelsim: simulate a funnel, and forecast what a policy, a budget or a team change brings.

Everything a user needs is here. Heavy packages are loaded when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0.dev0"

if TYPE_CHECKING:
    from funnelsim.engines.log import trace as trace
    from funnelsim.forecast.compare import Comparison as Comparison
    from funnelsim.forecast.compare import compare as compare
    from funnelsim.forecast.design import design as design
    from funnelsim.forecast.incremental import Incremental as Incremental
    from funnelsim.forecast.incremental import incremental as incremental
    from funnelsim.forecast.lead_by_lead import lead_by_lead as lead_by_lead
    from funnelsim.forecast.sweep import sweep as sweep
    from funnelsim.forecast.swept import Sweep as Sweep
    from funnelsim.metrics.executors import TaskError as TaskError
    from funnelsim.metrics.result import Result as Result
    from funnelsim.metrics.result import load_result as load_result
    from funnelsim.metrics.resuming import UnsavedError as UnsavedError
    from funnelsim.metrics.simulate import simulate as simulate
    from funnelsim.scenario import Scenario as Scenario
    from funnelsim.scenario import ScenarioError as ScenarioError
    from funnelsim.scenario import load as load
    from funnelsim.scenario import loads as loads

_HOME = {
    "Comparison": "funnelsim.forecast.compare",
    "Incremental": "funnelsim.forecast.incremental",
    "Result": "funnelsim.metrics.result",
    "Scenario": "funnelsim.scenario",
    "ScenarioError": "funnelsim.scenario",
    "Sweep": "funnelsim.forecast.swept",
    "TaskError": "funnelsim.metrics.executors",
    "UnsavedError": "funnelsim.metrics.resuming",
    "compare": "funnelsim.forecast.compare",
    "design": "funnelsim.forecast.design",
    "incremental": "funnelsim.forecast.incremental",
    "lead_by_lead": "funnelsim.forecast.lead_by_lead",
    "load": "funnelsim.scenario",
    "load_result": "funnelsim.metrics.result",
    "loads": "funnelsim.scenario",
    "simulate": "funnelsim.metrics.simulate",
    "sweep": "funnelsim.forecast.sweep",
    "trace": "funnelsim.engines.log",
}

__all__ = ["__version__", *sorted(_HOME)]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    """Load a public name from its room on first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'funnelsim' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
