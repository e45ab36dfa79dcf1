"""Cases: who is looked for and why, and what analysts decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["Case", "Seen", "Standing", "Verdict", "give", "log_of", "standing", "undo"]

if TYPE_CHECKING:
    from reid_core.workspace.cases.cases import Case
    from reid_core.workspace.cases.verdicts import Seen, Standing, Verdict, give, log_of, standing, undo
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "cases": ("Case",),
            "verdicts": (
                "Seen",
                "Standing",
                "Verdict",
                "give",
                "log_of",
                "standing",
                "undo",
            ),
        },
    )
