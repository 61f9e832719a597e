"""What scenarios bring: comparisons, sweeps, what touches add, and forecasts.

The room itself can be called: ``funnelsim.forecast(scenario, metric)`` is `funnelsim.forecast.forecasting.forecast`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from funnelsim.forecast.forecasting import Forecast
    from funnelsim.scenario import Scenario


class _Callable(ModuleType):
    """A module that bears the name of a public function, and is called in its place."""

    def __call__(self, scenario: Scenario, metric: str, **options: Any) -> Forecast:
        """Forecast one metric of a scenario; see `funnelsim.forecast.forecasting.forecast`."""
        from funnelsim.forecast.forecasting import forecast

        return forecast(scenario, metric, **options)


sys.modules[__name__].__class__ = _Callable
