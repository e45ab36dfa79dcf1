"""What a long job over many crops did."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reid_core.datasets import Skipped


@dataclass(frozen=True)
class Report:
    """Crops done now, done before, and left out with the reason; `stopped` when it was told to stop.

    `differing` counts crops that the gallery has under other labels than the source gives now, `duplicates` pictures
    that it has already with the same labels. `file` is the table of what was left out, where something was.
    """

    added: int
    already: int
    skipped: tuple[Skipped, ...]
    stopped: bool
    differing: int = 0
    duplicates: int = 0
    file: Path | None = None
