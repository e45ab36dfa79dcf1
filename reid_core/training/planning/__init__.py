"""What is found out before a run: its speed, and which recipe values to try."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["Speed", "measure", "suggest"]

if TYPE_CHECKING:
    from reid_core.training.planning.probe import measure
    from reid_core.training.planning.speed import Speed
    from reid_core.training.planning.tuning import suggest
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "probe": ("measure",),
            "speed": ("Speed",),
            "tuning": ("suggest",),
        },
    )
