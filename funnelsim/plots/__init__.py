"""One function a picture: it takes a result and an `ax`, and returns the `ax`."""

from __future__ import annotations

from funnelsim.plots.beside import plot_beside
from funnelsim.plots.budgets import budgets_figure, plot_frontier, plot_responses
from funnelsim.plots.compare import comparison_figure, plot_comparison
from funnelsim.plots.contacts import plot_contacts, plot_score_profile
from funnelsim.plots.costs import costs_figure, plot_cost_by_cohort, plot_cost_by_period, plot_cost_parts
from funnelsim.plots.difference import difference_figure, plot_difference
from funnelsim.plots.flow import plot_flow
from funnelsim.plots.forecast import forecast_figure, plot_fan
from funnelsim.plots.funnel import plot_funnel, plot_funnels
from funnelsim.plots.incremental import plot_incremental
from funnelsim.plots.periods import plot_metric
from funnelsim.plots.sweep import plot_sweep, sweep_figure
from funnelsim.plots.teams import plot_teams

__all__ = [
    "budgets_figure",
    "comparison_figure",
    "costs_figure",
    "difference_figure",
    "forecast_figure",
    "plot_beside",
    "plot_comparison",
    "plot_contacts",
    "plot_cost_by_cohort",
    "plot_cost_by_period",
    "plot_cost_parts",
    "plot_difference",
    "plot_fan",
    "plot_flow",
    "plot_frontier",
    "plot_funnel",
    "plot_funnels",
    "plot_incremental",
    "plot_metric",
    "plot_responses",
    "plot_score_profile",
    "plot_sweep",
    "plot_teams",
    "sweep_figure",
]
