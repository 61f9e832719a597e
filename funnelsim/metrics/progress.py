"""A progress bar where somebody can see it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def progress_bar(total: int | None, wanted: bool | None, text: str) -> Iterator[Callable[[int], object]]:
    """Show how many replications are done.

    Parameters
    ----------
    total : int or None
        Replications in all; None where nobody knows.
    wanted : bool or None
        None: on a terminal or in a notebook.
    text : str
        What is shown before the bar.

    Yields
    ------
    callable
        To be called with the number of replications just finished.
    """
    notebook = in_notebook()
    show = (notebook or sys.stderr.isatty()) if wanted is None else wanted
    if not show:
        yield lambda _: None
        return
    with _bar_class(notebook)(total=total, desc=text, unit="run", file=sys.stderr) as bar:
        yield bar.update


def in_notebook() -> bool:
    """Say whether this runs in a notebook's kernel."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    return shell is not None and hasattr(shell, "kernel")


def _bar_class(notebook: bool) -> Any:
    # tqdm.auto would warn in a notebook without widgets
    if notebook and importlib.util.find_spec("ipywidgets") is not None:
        from tqdm.notebook import tqdm as widget_bar

        return widget_bar
    from tqdm.std import tqdm as text_bar

    return text_bar
