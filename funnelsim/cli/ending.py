"""How a command ends: what it writes, its exit code, and one sentence where something is wrong."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

from funnelsim.scenario import Problem, ScenarioError

GUARD_IS_BROKEN = 1
INPUT_IS_WRONG = 2
CLUSTER_FAILED = 69
FAULT = 70
NOT_WRITTEN = 74
STOPPED = 130
NOBODY_READS = 141

OUTPUT = "standard output"


class WrongInputError(Exception):
    """What was asked for makes no sense; all that is wrong, in the order in which it was asked."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__("\n".join(dict.fromkeys(map(str, problems))))


class BrokenGuardError(Exception):
    """Something does not hold that was to be guarded; the message says what."""


class ClusterError(Exception):
    """A cluster did not do what it was handed; the message says what to run again."""


class NotWrittenError(Exception):
    """Something could not be written, for a reason that could not be seen before."""


# ---------------------------------------------------------------- ending
@contextlib.contextmanager
def ending(debug: bool = False) -> Iterator[None]:
    """Turn whatever goes wrong into a message on stderr and an exit code; no traceback unless it is asked for.

    Parameters
    ----------
    debug : bool
        Whether a fault of funnelsim shows its traceback; the environment variable FUNNELSIM_DEBUG=1 does so too.
    """
    try:
        try:
            yield
        finally:
            with writing(OUTPUT):
                sys.stdout.flush()
    except (WrongInputError, ScenarioError) as error:
        _end(str(error), INPUT_IS_WRONG)
    except BrokenGuardError as error:
        _end(str(error), GUARD_IS_BROKEN)
    except MemoryError as error:
        why = f" ({error})" if str(error) else ""
        _end(
            f"there is not enough memory for this{why}; ask for fewer replications or a shorter horizon", INPUT_IS_WRONG
        )
    except OverflowError as error:
        _end(f"this run is too long to be done: {error}", INPUT_IS_WRONG)
    except ClusterError as error:
        _end(str(error), CLUSTER_FAILED)
    except NotWrittenError as error:
        _end(str(error), NOT_WRITTEN)
    except BrokenPipeError:
        _end("", NOBODY_READS)  # whoever read the output has heard enough: close quietly, as other commands do
    except KeyboardInterrupt:
        _end("stopped", STOPPED)
    except Exception as error:
        if _is_of_typer(error):
            raise
        if debug or os.environ.get("FUNNELSIM_DEBUG", "") not in ("", "0"):
            traceback.print_exc()
        what = ": ".join([type(error).__name__, *str(error).splitlines()[:1]])
        _end(
            f"this is a fault of funnelsim, not of what you asked for ({what}); please report it with the command, "
            "the scenario and what the command prints with --debug",
            FAULT,
        )


def _end(message: str, code: int) -> None:
    if message:
        print(message, file=sys.stderr)
    if code in (NOT_WRITTEN, NOBODY_READS):
        _drop_output()
    raise SystemExit(code)


def _is_of_typer(error: Exception) -> bool:
    """Say whether it is one of the exceptions by which typer shows help, refuses an option and exits."""
    return any(kind.__module__.partition(".")[0] in ("typer", "click") for kind in type(error).__mro__)


def _drop_output() -> None:
    """Let what is left in the buffer of stdout go nowhere, where it would fail again at exit."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def each(*steps: Callable[[], object]) -> None:
    """Do all steps, whatever becomes of the others; then raise what went wrong first.

    So a full disk does not cost the table of a long run, nor a closed pipe the file.
    """
    failed: list[Exception] = []
    for step in steps:
        try:
            step()
        except (NotWrittenError, BrokenPipeError) as error:
            failed.append(error)
    if failed:
        raise failed[0]


# ---------------------------------------------------------------- writing
@contextlib.contextmanager
def writing(where: str) -> Iterator[None]:
    """Say of what the system refuses to write where it was to go."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise NotWrittenError(f"{where}: {reason(error)}") from error


def reason(error: OSError) -> str:
    """Say why the system refuses, in its words."""
    return f"cannot be written: {error.strerror or error}"


def prepare_streams() -> None:
    """Let no character stop a command: what a terminal cannot show becomes a question mark."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # the shell has closed it
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def say(text: object) -> None:
    """Print text for people."""
    with writing(OUTPUT):
        print(text)


@contextlib.contextmanager
def for_programs() -> Iterator[TextIO]:
    """Hand out stdout for what other programs read: always UTF-8, so that it is the same bytes everywhere."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    with writing(OUTPUT):
        yield sys.stdout


def hand_over(text: str) -> None:
    """Print text that other programs read."""
    with for_programs() as stream:
        stream.write(text)


def hand_over_json(value: Any) -> None:
    """Print JSON; not-a-number is null."""
    hand_over(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
