"""What `reid delete` says of films that only the workspace has, and how it shows that it blurs them."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from reid_core.cli.shared.console import progress_bar, say
from reid_core.cli.shared.options import REPORTER
from reid_core.errors import DiskFull
from reid_core.signals import stop_on_signal

if TYPE_CHECKING:
    from reid_core.workspace.deletion.deletion import Plan, Receipt


def say_copies(plan: Plan) -> None:
    """Below the plan of a deletion; nothing where the workspace has no film that shows who goes."""
    for copy in plan.copies:
        say(f"  {copy.would()}")
    if plan.blurs:
        say("  `--remove-copies` removes it without blurring, at once.")


def unheard(done: float, total: float | None) -> None:
    """For a deletion that blurs nothing."""


def blurring_first(delete: Callable[..., Receipt], selection: Path | None) -> Receipt | None:
    """The receipt of a deletion that blurs first; None where it was stopped before anything was deleted.

    A page's `selection` is removed, for it may name people, unless the deletion can be asked for again with it.
    """
    from reid_core.workspace.imports.whole_files import Stopped

    is_asked_again = False
    with stop_on_signal() as stop, progress_bar("Blurring before the deletion", REPORTER) as update:

        def show(done: float, total: float | None) -> None:
            whole = 0 if total is None or math.isnan(total) else math.ceil(total)
            update(min(int(done), whole or int(done)), whole, "s of video")

        try:
            return delete(stop=stop, on_progress=show)
        except Stopped:
            is_asked_again = True
            return None
        except DiskFull:
            is_asked_again = True
            raise
        finally:
            if selection is not None and not is_asked_again:
                selection.unlink(missing_ok=True)
