"""The demo's recordings in a gallery of their own: what was found in them is there at once, the videos are drawn."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from reid_core.datasets.synthetic.recordings import DEMO_RECORDINGS, FilmedSite, recording_name, write_recording
from reid_core.embedder.inference import Embedder
from reid_core.errors import NotThere
from reid_core.images import decode
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue.recordings import finding, keeping
from reid_core.workspace.catalogue.recordings.rows import RecordingRow
from reid_core.workspace.imports.demo_assets import RECORDINGS as GALLERY
from reid_core.workspace.imports.demo_assets import ShippedCrop, ShippedDemo, ShippedRecording
from reid_core.workspace.imports.inspecting import Inspected, described
from reid_core.workspace.imports.planned_recordings import hash_of, head_of
from reid_core.workspace.imports.tracklet_crops import Prepared, Still, keep_still, keep_tracklets
from reid_core.workspace.layout import DEMO_VIDEOS, truth_of
from reid_core.workspace.search.embedding import embed_gallery
from reid_core.workspace.workspace import Workspace

FILM = DEMO_RECORDINGS
Watch = Callable[[int, int], None]


class _Stopped(Exception):
    """Ends the drawing between two frames."""


def add_recordings(
    workspace: Workspace, shipped: ShippedDemo, embedder: Embedder, *, stop: StopRequest, on_progress: Watch
) -> bool:
    """Add the recordings that the gallery lacks, with tracklets and vectors; False where `stop` was requested.

    Nothing is detected. Crops are embedded where the shipped vectors are of another model than `embedder`, and where a
    recording is there from before and has crops without vectors.
    """
    catalogue = workspace.catalogue
    catalogue.add_gallery(GALLERY)
    catalogue.add_model(embedder.id, embedder.card.name, embedder.card.embedding_size)
    there = {row.name: row for row in finding.every(catalogue, GALLERY)}
    model = embedder.id if shipped.model == embedder.id else None
    for done, recording in enumerate(shipped.recordings):
        on_progress(done, len(shipped.recordings))
        if stop.requested:
            return False
        _add(workspace, recording, there.get(recording.new.name), model)
    on_progress(len(shipped.recordings), len(shipped.recordings))
    gallery = catalogue.gallery(GALLERY)
    if not gallery.to_embed(embedder.id):
        return True
    return not embed_gallery(workspace, GALLERY, embedder, stop=stop, on_progress=on_progress).stopped


def draw_videos(workspace: Workspace, *, stop: StopRequest, on_progress: Watch) -> bool:
    """Draw the videos that the gallery's recordings lack; False where `stop` was requested.

    Each is whole or not there. The recording then gets its file's hash and size, which could not ship: another version
    of the encoder, or another processor, draws the same people and writes other bytes. The video of a recording that is
    deleted, even while it is drawn, is not kept.
    """
    site, folder, catalogue = FilmedSite(FILM), workspace.path / DEMO_VIDEOS, workspace.catalogue
    total = FILM.cameras * FILM.frames
    for place, camera in enumerate(site.cameras):
        path = folder / recording_name(site, camera)
        row = _of_name(workspace, path.stem)

        def tell(done: int, before: int = place * FILM.frames) -> None:
            on_progress(before + done, total)
            if stop.requested:
                raise _Stopped

        try:
            if row is not None and not _is_drawn(row, path):
                write_recording(folder, site, camera, tell)
                keeping.note_file(catalogue, row.key, path, hash_of(path), head_of(path))
            tell(FILM.frames)
        except _Stopped:
            return False
        except NotThere:
            path.unlink(missing_ok=True)
            truth_of(path).unlink(missing_ok=True)
            with suppress(OSError):  # others are in it
                folder.rmdir()
    return True


def _add(workspace: Workspace, recording: ShippedRecording, row: RecordingRow | None, model: str | None) -> None:
    """Go on with the recording from where it stands, from its first row to its end."""
    if row is None:
        path = workspace.path / DEMO_VIDEOS / recording.new.path
        row = keeping.add(workspace.catalogue, GALLERY, dataclasses.replace(recording.new, path=str(path)))
    if row.finished is not None:
        return
    progress = recording.progress
    if not row.frames:
        found = Prepared(recording.tracklets, tuple(map(_inspected, recording.crops)), recording.vectors)
        keep_tracklets(workspace, row, found, progress, model)
    keep_still(workspace, row, Still(0, recording.still_moment, recording.still))
    keeping.finish(workspace.catalogue, row.key, dataclasses.replace(progress, after=progress.frames))


def _inspected(crop: ShippedCrop) -> Inspected:
    left, top, width, height = crop.box
    labels = {
        "path": crop.path, "identity": None, "camera": None, "time": float("nan"), "tracklet": crop.tracklet,
        "split": "gallery", "moment": crop.moment, "box_left": left, "box_top": top, "box_width": width,
        "box_height": height,
    }  # fmt: skip
    return described(labels, crop.jpeg, decode(crop.jpeg), keep_data=True)


def _of_name(workspace: Workspace, name: str) -> RecordingRow | None:
    """None where it was deleted, or its gallery."""
    with suppress(NotThere):
        return finding.named(workspace.catalogue, GALLERY, name)
    return None


def _is_drawn(row: RecordingRow, path: Path) -> bool:
    """Also where the workspace lies now: its folder may have been moved."""
    return row.sha256 is not None and row.path == str(path) and path.is_file()
