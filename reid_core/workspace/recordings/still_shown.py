"""Files of recordings, where the user keeps them, that still show somebody who was deleted.

A path may be named after a person: what is found here is told and shown, and never kept with a receipt or in the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reid_core.records import plural
from reid_core.workspace.catalogue.recordings.rows import RecordingRow
from reid_core.workspace.catalogue.recordings.spans import Span, lengths, spans_in
from reid_core.workspace.clips.shown_file import ShownFile, blurred_of, fault_of, original_of
from reid_core.workspace.layout import DEMO_VIDEOS
from reid_core.workspace.workspace import Workspace


@dataclass(frozen=True)
class StillShown:
    """The file of a recording of a gallery, which lies at its `path` and shows the deleted in so many `stretches`, of
    `seconds` together.

    `recording` is its name and `key` its number. One that is `gone` went from the gallery altogether: its file shows
    everybody who was in it, and nothing is left to count.
    """

    gallery: str
    recording: str
    key: int
    path: str
    stretches: int
    seconds: float
    gone: bool
    file: ShownFile

    def describe(self) -> str:
        """How much of it shows the deleted, on one line."""
        if self.gone:
            return "it went from the gallery; its file shows everybody in it"
        return how_much(self.stretches, self.seconds)

    def values(self) -> dict[str, Any]:
        """As JSON has it."""
        values = asdict(self)
        return {name: values[name] for name in ("gallery", "recording", "path", "stretches", "seconds", "gone")}


def how_much(stretches: int, seconds: float) -> str:
    """ "12.0 s in 2 stretches"."""
    return f"{seconds:,.1f} s in {plural(stretches, 'stretch')}"


def not_shown(row: RecordingRow, spans: Sequence[Span]) -> str:
    """ "12.0 s in 2 stretches are not shown: somebody in them was deleted." "" where all of it may be shown."""
    if not spans:
        return ""
    what = how_much(len(spans), lengths(spans))
    if blurred_of(row) is not None:
        return f"{what} are blurred in the workspace's copy: somebody in them was deleted."
    return f"{what} are not shown: somebody in them was deleted."


def shown_in(row: RecordingRow, spans: Sequence[Span], *, gone: bool = False) -> StillShown | None:
    """None where nobody was deleted of it, or its file is not at its path any more, or another one is there.

    A file that cannot be read, or has grown, is still that one. Drawn videos of the demo are of nobody.
    """
    if not (spans or gone) or "/".join(Path(row.path).parts[-3:-1]) == DEMO_VIDEOS:
        return None
    file = original_of(row)
    if fault_of(file, may_have_grown=True) in ("gone", "changed"):
        return None
    return StillShown(row.gallery, row.name, row.key, row.path, len(spans), lengths(spans), gone, file)


def still_shown(workspace: Workspace, row: RecordingRow) -> StillShown | None:
    """What `shown_in` says of a recording now, whichever deletions took somebody of it."""
    with workspace.catalogue.transaction() as database:
        spans = spans_in(database, row)
    return shown_in(row, spans)
