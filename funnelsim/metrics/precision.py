"""Runs a scenario until the Monte Carlo error of its figures is as small as was asked for.

The rule is sequential, and says before it looks how often it may look: after `replications`, then after half as many
again, and so on, until `max_replications`. At look k the standard error is multiplied by

    sqrt((n - 1) / q),   q the quantile of chi-square with n - 1 degrees of freedom at level 0.05 / (k (k + 1)),

which makes it the upper confidence limit of the true one; the run ends where this is as small as was asked. The levels
sum to 0.05, so that by Bonferroni's inequality the true standard error of a metric of what is handed out is larger than
asked in at most one run of twenty, however often was looked. That holds exactly where replications are normal, and
nearly where they are sums over many leads. So ``mean ± 1.96 times what was asked`` covers the expected value at least
as often as such an interval of a fixed number of replications would.

Stopping as soon as the estimated error is small enough, without this, stops where it happens to be estimated too small:
Y. S. Chow and H. Robbins, On the asymptotic theory of fixed-width sequential confidence intervals for the mean, Annals
of Mathematical Statistics 36 (1965), 457-462, is right in the limit only; see also A. M. Law, Simulation Modeling and
Analysis (5th edition, 2015), section 9.4.1.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from funnelsim.metrics import display
from funnelsim.metrics.checking import check_whole
from funnelsim.metrics.figures import Estimate, check_over
from funnelsim.metrics.names import figure_of

if TYPE_CHECKING:
    from funnelsim.metrics.result import Result
    from funnelsim.scenario import Scenario

FEWEST = 100
"""Replications before the first look, at least: from fewer an error can hardly be told."""

MOST = 10_000
"""Replications after which a run gives up, where nothing else is said."""

GROWTH = 1.5
"""How many times as many replications there are at a look as at the one before."""

RISK = 0.05
"""How often the true error may be larger than asked."""

Precision = Mapping[str, str | float]
"""By metric: ``"1%"`` of its mean, or a number in its unit."""


class Aim(NamedTuple):
    """What was asked of one metric, and whether it was reached."""

    asked: str
    reached: bool


class Wanted(NamedTuple):
    """How large the standard error of a metric may be."""

    metric: str
    amount: float
    is_relative: bool
    """Whether `amount` is a share of the mean."""
    text: str
    """As it was asked."""

    def is_met(self, estimated: Estimate, replications: int, look: int) -> bool:
        """Say whether the error surely is as small, at look number `look`, counted from 1."""
        number = replications - int(estimated.empty)
        size = abs(float(estimated.mean)) if self.is_relative else 1.0
        # of a mean of nothing no share can be told, and of one replication no error
        return size > 0 and upper_limit(float(estimated.mc_error), number, look) <= self.amount * size


def upper_limit(error: float, number: int, look: int) -> float:
    """Return the upper confidence limit of a standard error.

    Parameters
    ----------
    error : float
        As estimated.
    number : int
        From how many replications.
    look : int
        Which look this is, from 1: its level is ``0.05 / (look (look + 1))``.

    Returns
    -------
    float
        NaN for fewer than two replications.
    """
    from scipy.stats import chi2

    if number < 2:
        return math.nan
    return error * math.sqrt((number - 1) / float(chi2.ppf(RISK / (look * (look + 1)), number - 1)))


def looks(first: int, most: int) -> list[int]:
    """Return after how many replications is looked: `first`, then `GROWTH` times as many each time, last `most`."""
    numbers = [first]
    while numbers[-1] < most:
        numbers.append(min(math.ceil(GROWTH * numbers[-1]), most))
    return numbers


def read_precision(precision: object, scenario: Scenario, by: str | None) -> tuple[Wanted, ...]:
    """Read what is asked for.

    Raises
    ------
    TypeError, ValueError
        For anything but a mapping, and with all that is wrong in it.
    """
    example = "{'cost_per_sql': '1%'}"
    if not isinstance(precision, Mapping):
        raise TypeError(f"precision is {precision!r}, not a mapping of metrics to precisions: write it as {example}")
    if not precision:
        raise ValueError(f"precision names no metric: write it as {example}")
    found, problems = [], []
    for metric, asked in precision.items():
        try:
            figure = figure_of(str(metric), scenario, by)
            check_over(figure, "horizon")
            if figure.definition.kind == "growth":
                raise ValueError(f"'{metric}' is a figure of periods, without a value over the horizon")
            found.append(_wanted(str(metric), asked))
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise ValueError("\n".join(problems))
    return tuple(found)


def _wanted(metric: str, asked: object) -> Wanted:
    text = str(asked).strip()
    is_relative = text.endswith("%")
    try:
        amount = math.nan if isinstance(asked, bool) else float(text.removesuffix("%"))
    except ValueError:
        amount = math.nan
    if not 0 < amount < math.inf:
        raise ValueError(
            f"the precision of '{metric}' is {asked!r}: write how large its error may be, as in '1%' of it or, in its "
            "own unit, 5"
        )
    return Wanted(metric, amount / 100 if is_relative else amount, is_relative, text)


def check_numbers(first: int, most: int | None) -> int:
    """Return after how many replications a run gives up; refuse too few for a first look, and fewer in all than that.

    Raises
    ------
    TypeError, ValueError
    """
    if first < FEWEST:
        raise ValueError(f"replications is {first}: with a precision the first look needs {FEWEST} at least")
    most = max(MOST, first) if most is None else most
    check_whole("max_replications", most, 1, 1 << 31)
    if most < first:
        raise ValueError(f"max_replications is {most}, fewer than the {first} replications of the first look")
    return most


def unmet(result: Result, wanted: Iterable[Wanted], look: int) -> list[Wanted]:
    """Return what a result does not reach at a look."""
    return [one for one in wanted if not one.is_met(result.estimate(one.metric), result.replications, look)]


def given_up(result: Result) -> list[str]:
    """Say of each metric that did not become as precise as was asked."""
    told = []
    for metric, aim in result.precision.items():
        if not aim.reached:
            estimated, unit = result.estimate(metric), result.unit(metric)
            error = display.number(float(estimated.mc_error), "points" if unit == "share" else unit)
            mean = display.number(float(estimated.mean), unit)
            told.append(
                f"'{metric}' was asked to {aim.asked}, and given up after {result.replications:,} replications: its "
                f"error is {error}, of {mean}; ask for less, or let max_replications be more"
            )
    return told
