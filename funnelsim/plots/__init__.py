"""One function a picture: it takes a result and an `ax`, and returns the `ax`."""

from __future__ import annotations

from funnelsim.plots.compare import comparison_figure, plot_comparison
from funnelsim.plots.contacts import plot_contacts, plot_score_profile
from funnelsim.plots.funnel import plot_funnel
from funnelsim.plots.periods import plot_metric
from funnelsim.plots.sweep import plot_sweep, sweep_figure
from funnelsim.plots.teams import plot_teams

__all__ = [
    "comparison_figure",
    "plot_comparison",
    "plot_contacts",
    "plot_funnel",
    "plot_metric",
    "plot_score_profile",
    "plot_sweep",
    "plot_teams",
    "sweep_figure",
]
