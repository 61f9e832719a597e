"""The scenario language: what people write, read into a frozen and checked Scenario."""

from funnelsim.scenario.load import load, loads
from funnelsim.scenario.models import Scenario
from funnelsim.scenario.problems import Place, Problem, ScenarioError

__all__ = ["Place", "Problem", "Scenario", "ScenarioError", "load", "loads"]
