"""Files of recordings, where the user keeps them, that still show somebody who was deleted.

A path may be named after a person: what is found here is told and shown, and never kept with a receipt or in the log.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reid_core.records import plural
from reid_core.workspace.catalogue.recordings.rows import RecordingRow, read
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

    One with `same_as` is another recording of the same film as the recording of that name: nothing was deleted of it,
    so it may still have the deleted, and has nothing to count either.
    """

    gallery: str
    recording: str
    key: int
    path: str
    stretches: int
    seconds: float
    gone: bool
    file: ShownFile
    same_as: str = ""

    def describe(self) -> str:
        """How much of it shows the deleted, on one line."""
        if self.same_as:
            return f"it is the same film as recording {self.same_as}"
        if self.gone:
            return "it went from the gallery; its file shows everybody in it"
        return how_much(self.stretches, self.seconds)

    def values(self) -> dict[str, Any]:
        """As JSON has it."""
        values = asdict(self)
        if self.same_as:
            return {name: values[name] for name in ("gallery", "recording", "same_as")}
        return {name: values[name] for name in ("gallery", "recording", "path", "stretches", "seconds", "gone")}


@dataclass(frozen=True)
class Concerned:
    """A recording of which a deletion took somebody, who was in view in these `spans`; or that is `gone` with it."""

    row: RecordingRow
    spans: Sequence[Span]
    gone: bool = False


def how_much(stretches: int, seconds: float) -> str:
    """ "12.0 s in 2 stretches"."""
    return f"{seconds:,.1f} s in {plural(stretches, 'stretch')}"


def not_shown(row: RecordingRow, spans: Sequence[Span]) -> str:
    """ "12.0 s in 2 stretches are not shown, because somebody in them was deleted." "" where all of it may be shown."""
    if not spans:
        return ""
    what = how_much(len(spans), lengths(spans))
    if blurred_of(row) is not None:
        return f"{what} are blurred in the workspace's copy, because somebody in them was deleted."
    return f"{what} are not shown, because somebody in them was deleted."


def shown_in(
    workspace: Workspace, row: RecordingRow, spans: Sequence[Span], *, gone: bool = False
) -> StillShown | None:
    """None where nobody was deleted of it, or its file is not at its path any more, or another one is there.

    A file that cannot be read, or has grown, is still that one. Drawn videos of the demo are of nobody.
    """
    if not (spans or gone) or _is_drawn(workspace, row):
        return None
    file = original_of(row)
    if fault_of(file, may_have_grown=True) in ("gone", "changed"):
        return None
    return StillShown(row.gallery, row.name, row.key, row.path, len(spans), lengths(spans), gone, file)


def told_of(workspace: Workspace, concerned: Sequence[Concerned]) -> tuple[StillShown, ...]:
    """What a receipt says of these recordings, and then of others of the same film.

    It reads files where users keep them, which may take long: call it outside of a transaction.
    """
    found = [shown_in(workspace, one.row, one.spans, gone=one.gone) for one in concerned]
    others = same_film(workspace, [one.row for one in concerned if one.spans or one.gone])
    return (*(one for one in found if one is not None), *others)


def same_film(workspace: Workspace, rows: Sequence[RecordingRow]) -> list[StillShown]:
    """Recordings of any gallery, other than these `rows`, that have the path or the SHA-256 of one of them."""
    by_path = {row.path: row.name for row in rows if not _is_drawn(workspace, row)}
    by_hash = {row.sha256.hex(): row.name for row in rows if row.sha256 is not None and not _is_drawn(workspace, row)}
    if not by_path:
        return []
    with workspace.catalogue.transaction() as database:
        others = read(
            database,
            "recording.key NOT IN (SELECT value FROM json_each(?)) AND (recording.path IN (SELECT value FROM "
            "json_each(?)) OR lower(hex(recording.sha256)) IN (SELECT value FROM json_each(?)))",
            (json.dumps([row.key for row in rows]), json.dumps(list(by_path)), json.dumps(list(by_hash))),
        )
    found = []
    for other in others:
        hashed = "" if other.sha256 is None else other.sha256.hex()
        name = by_path.get(other.path) or by_hash[hashed]
        found.append(
            StillShown(other.gallery, other.name, other.key, other.path, 0, 0.0, False, original_of(other), name)
        )
    return found


def say_same_film(one: StillShown) -> str:
    """Sentences about a recording with `same_as`."""
    return (
        f"Recording {one.recording} of gallery {one.gallery} is the same film as {one.same_as}. It may still have the "
        "deleted people: delete them there, too."
    )


def still_shown(workspace: Workspace, row: RecordingRow) -> StillShown | None:
    """What `shown_in` says of a recording now, whichever deletions took somebody of it."""
    with workspace.catalogue.transaction() as database:
        spans = spans_in(database, row)
    return shown_in(workspace, row, spans)


def _is_drawn(workspace: Workspace, row: RecordingRow) -> bool:
    """Whether it is one of the demo's videos."""
    return Path(row.path).parent.resolve() == (workspace.path / DEMO_VIDEOS).resolve()
