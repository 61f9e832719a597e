"""The table of evidence: every figure of the source, and what stands for it, or comes out, in a shipped scenario."""

from __future__ import annotations

from funnelsim.evidence.judging import Verdict, judge
from funnelsim.evidence.measuring import measure
from funnelsim.evidence.page import MARK, page_of
from funnelsim.evidence.planning import Plan, plan
from funnelsim.evidence.reading import Sheet, read_sheet

__all__ = ["MARK", "Plan", "Sheet", "Verdict", "judge", "measure", "page_of", "plan", "read_sheet"]
