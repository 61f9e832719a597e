"""How memory grows: with leads that walk alone, with years, with leads alive, and with replications."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.growth import Growth, exponent, shown
from benchmarks.memory import GIBIBYTE, MEBIBYTE, Used, used
from benchmarks.work import ALONE, FUNNEL, HERE, OWNERS, TRUNK, arriving

FEW = {"channels.web.leads": "1 per day"}


def without_meetings(sizes: Sequence[int]) -> Growth:
    """Measure the peak of one replication by its leads, where they walk alone."""
    peaks = []
    for size in sizes:
        found = used(HERE / FUNNEL.file, {**ALONE, "channels.web.leads": arriving(size / 365)}, FEW, 1, 1)
        print(f"{size:,} leads that walk alone: {found.seconds:.1f} s, {found.peak / MEBIBYTE:,.0f} MiB", flush=True)
        peaks.append(found.peak / MEBIBYTE)
    what = "memory of one replication, leads walking alone"
    return Growth(what, "leads", "MiB in all", list(sizes), peaks, max(peaks), 1024, "the most, in MiB,")


def meeting(leads_per_day: int, years: int) -> Used:
    """Run the funnel with owners, as many people as it takes, for some years of the same flow."""
    changed: dict[str, Any] = {
        "channels.web.leads": f"{leads_per_day} per day",
        "teams.telesales.people": leads_per_day // 8,
        "teams.sales.people": leads_per_day // 4,
        "horizon": f"{12 * years} months",
        "period": "year",
    }
    return used(HERE / OWNERS.file, changed, FEW, 1, 1)


def rise(found: Used) -> float:
    """MiB that a run took more than was there before, at least one."""
    return max(1.0, (found.peak - found.before) / MEBIBYTE)


def by_years(leads_per_day: int, years: Sequence[int]) -> Growth:
    """Measure the memory of leads that meet by how long they come: those alive stay as many."""
    runs = [meeting(leads_per_day, number) for number in years]
    assert max(run.alive for run in runs) < 1.1 * min(run.alive for run in runs), "those alive are as many"
    rises = [rise(run) for run in runs]
    told = f"all leads ever are {years[-1] // years[0]} times as many, memory"
    what = f"memory by years, {runs[0].alive:,} leads alive"
    return Growth(what, "years", "MiB beyond the program", list(years), rises, rises[-1] / rises[0], 1.5, told)


def by_alive(leads_per_day: Sequence[int]) -> Growth:
    """Measure the memory of leads that meet by how many are alive."""
    runs = [meeting(number, 2) for number in leads_per_day]
    alive, rises = [float(run.alive) for run in runs], [rise(run) for run in runs]
    power = exponent(alive, rises)
    return Growth(
        "memory by leads alive", "leads alive", "MiB beyond the program", alive, rises, power, 1.1, "exponent"
    )


def of_replications(numbers: Sequence[int], threads: int) -> Growth:
    """Measure what replications of the trunk over 36 months take beyond their result."""
    fairs = {f"{year}-{month:02d}": 100 for year in (2026, 2027, 2028) for month in range(1, 13)}
    changed = {"horizon": "36 months", "channels.events.leads": fairs}
    beyond = []
    for number in numbers:
        found = used(HERE / TRUNK.file, changed, {"channels.base.backlog": 10}, number, threads)
        beyond.append((found.peak - found.result) / MEBIBYTE)
        sizes = f"{found.peak / MEBIBYTE:,.0f} MiB, {found.result / MEBIBYTE:,.0f} of them the result"
        print(f"{number:,} replications of the trunk: {found.seconds:.1f} s, {sizes}", flush=True)
    what = "memory of replications of the trunk over 36 months"
    return Growth(
        what,
        "replications",
        "MiB beyond the result",
        list(numbers),
        beyond,
        max(beyond),
        GIBIBYTE / MEBIBYTE,
        "the most, in MiB,",
    )


def measured() -> list[Growth]:
    """Measure how memory grows."""
    return shown(_measured())


def _measured() -> Iterator[Growth]:
    yield without_meetings([10_000, 1_000_000, 100_000_000])
    yield by_years(400, (2, 4, 8))
    yield by_alive([400, 800, 1600])
    yield of_replications([100, 10_000], 2)
