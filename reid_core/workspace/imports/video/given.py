"""Recordings with what somebody says of each: by a path and options for all, or by a table with a row for each."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reid_core.datasets import Skipped
from reid_core.datasets.choices import find_time_zone
from reid_core.errors import NotThere, ReidError, shown
from reid_core.video.analysis import RATE
from reid_core.video.stream import Reading
from reid_core.workspace.catalogue.recordings import finding
from reid_core.workspace.catalogue.recordings.rows import START_SOURCES
from reid_core.workspace.imports.planned_recordings import Planned
from reid_core.workspace.imports.recording_files import (
    UNKNOWN,
    FoundRecording,
    as_dropped,
    chosen_start,
    find_recordings,
    look_at,
)
from reid_core.workspace.imports.uploads import is_upload
from reid_core.workspace.imports.video.tables import TableRow, read_recording_table
from reid_core.workspace.layout import upload_of
from reid_core.workspace.workspace import Workspace

CHOICES = (*START_SOURCES[1:], UNKNOWN)  # what a start may be besides a moment
LONGEST_CAMERA = 100  # characters


@dataclass(frozen=True)
class Given:
    """A recording, and what is said of it; `camera`, `start` and `zone` are None where nobody says it.

    `start` is "stated", or one of `CHOICES`. `label` is what messages call it.
    """

    found: FoundRecording
    label: str
    camera: str | None
    start: str | None
    zone: str | None
    reading: Reading

    @property
    def camera_of_it(self) -> str | None:
        """What is said, else what its name or folder says."""
        return self.camera or (self.found.camera.camera if self.found.camera else None)

    def planned(self, start: str, *, rate: float = RATE, copy: bool = False, purpose: str = "") -> Planned:
        """With that start where none was said. Raises ReidError where its camera or its start is lacking."""
        name, found = self.camera_of_it, self.found
        if name is None:
            raise ReidError(f"Nothing says which camera filmed {found.path.name}. Name it with --camera.")
        check_camera(name)
        seconds = float("nan") if found.facts.duration is None else found.facts.duration
        chosen = chosen_start(found, self.start or start)
        return Planned(
            found.path, name, seconds, chosen, found.starts.proposals, self.zone, self.reading, rate, copy, purpose
        )


def check_camera(name: str) -> None:
    """Raises ReidError for what cannot name a camera."""
    if not name.isprintable() or len(name) > LONGEST_CAMERA:
        raise ReidError(
            f"{shown(name)} cannot name a camera. Give a name of at most {LONGEST_CAMERA} letters, digits and signs."
        )


def given_at(
    path: Path, reading: Reading, *, camera: str | None, start: str | None, zone: str | None
) -> tuple[list[Given], list[Skipped]]:
    """The recordings at a path, all with the same camera, start and zone. Raises what `find_recordings` raises."""
    choice, stated = _choice(start)
    found, skipped = find_recordings(path, reading, stated=stated, zone=find_time_zone(zone) if zone else None)
    return [Given(one, str(one.path), camera, choice, zone, reading) for one in found], skipped


def given_by(
    table: Path,
    reading: Reading,
    *,
    camera: str | None,
    start: str | None,
    zone: str | None,
    done: Sequence[Path] = (),
    incoming: Path | None = None,
) -> tuple[list[Given], list[Skipped]]:
    """The recordings of a table; what a row does not say is said for all. Rows that cannot be used are named.

    Files of `done` that are gone are left out without a word; what lies in `incoming` was dropped on a page. Raises
    ReidError where no row is left.
    """
    rows, skipped = read_recording_table(table)
    found = []
    for row in rows:
        if not row.path.exists() and row.path.resolve() in done:
            continue
        try:
            found.append(_given(row, reading, camera, start, zone, incoming))
        except ReidError as error:
            skipped.append(Skipped(row.label, str(error)))
    if not found and skipped:
        raise ReidError(f"No row of {table} can be used. {skipped[0].path}: {skipped[0].reason}")
    return found, skipped


def came_in(workspace: Workspace | None, gallery: str) -> list[Path]:
    """Files that were dropped on a page and are gone, as the gallery has their recordings to their end."""
    if workspace is None:
        return []
    try:
        rows = finding.every(workspace.catalogue, gallery)
    except NotThere:
        return []
    return [Path(row.path) for row in rows if row.finished is not None and is_upload(workspace, Path(row.path))]


def _given(
    row: TableRow, reading: Reading, camera: str | None, start: str | None, zone: str | None, incoming: Path | None
) -> Given:
    name = row.time_zone or zone
    reading = reading if row.stream is None else dataclasses.replace(reading, stream=row.stream)
    choice, stated = _choice(row.start or start)
    if choice is None:
        raise ReidError(
            f"It has no start. Write a moment such as 2026-03-02T08:00+01:00, or one of {', '.join(CHOICES)}."
        )
    if not row.path.is_file():
        raise NotThere(f"There is no file {row.path}. Check the path.")
    found = look_at(row.path, None, reading, find_time_zone(name) if name else None, stated)
    if upload := None if incoming is None else upload_of(incoming, row.path):
        found = as_dropped(found, _folder_of(row.path, upload))
    given = Given(found, row.label, row.camera or camera, choice, name, reading)
    if given.camera_of_it is None:
        raise ReidError(f"Nothing says which camera filmed {row.path.name}. Write it into the column camera.")
    check_camera(given.camera_of_it)
    chosen_start(found, choice)
    return given


def _folder_of(path: Path, upload: str) -> Path:
    return next(folder for folder in path.parents if folder.name == upload)


def _choice(start: str | None) -> tuple[str | None, str | None]:
    """What a start is taken from, and the moment that somebody states."""
    return (start, None) if start is None or start in CHOICES else ("stated", start)
