"""A run whose result is kept in a folder, also where it cannot be brought to its end."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import funnelsim as fs
from funnelsim.cli.ending import NotWrittenError, reason

if TYPE_CHECKING:
    from funnelsim.metrics.executors import DaskClient
    from funnelsim.metrics.simulate import Settings


def simulated(
    scenario: fs.Scenario,
    settings: Settings,
    executor: DaskClient | None,
    out: Path | None,
    *,
    resume: bool,
    overwrite: bool,
    precision: dict[str, str] | None,
    max_replications: int | None,
) -> tuple[fs.Result, Callable[[], None]]:
    """Run a scenario and save the result.

    Returns
    -------
    Result
    callable
        Raises NotWrittenError if the result could not be saved after all; its figures can still be shown.

    Raises
    ------
    NotWrittenError
        If a part could not be written.
    """
    from funnelsim.metrics.resuming import UnsavedError, unfinished

    failed: list[NotWrittenError] = []

    def saved() -> None:
        if failed:
            raise failed[0]

    try:
        result = fs.simulate(
            scenario,
            **asdict(settings),
            precision=precision,
            max_replications=max_replications,
            executor=executor,
            out=out,
            resume=resume,
            overwrite=overwrite,
        )
    except UnsavedError as error:
        failed.append(NotWrittenError(f"{out}: {reason(error)}"))
        result = error.result
    except OSError as error:
        if out is None:
            raise
        raise NotWrittenError(f"{out}: {reason(error)}") from error
    except KeyboardInterrupt:
        if out is not None and unfinished(out).exists():
            print(f"what is finished is in {unfinished(out)}; the same with --resume goes on with it", file=sys.stderr)
        raise
    return result, saved
