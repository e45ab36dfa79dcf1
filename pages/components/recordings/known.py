"""What the pages of recordings keep of the catalogue between reruns, and how they write it."""

from __future__ import annotations

import base64
import io
import math
from pathlib import Path

import streamlit as st
from PIL import Image

from pages.components.shared import cached, markup, pictures, wording
from reid_core.errors import ReidError
from reid_core.times import whole_length
from reid_core.workspace.catalogue.recordings import finding
from reid_core.workspace.catalogue.recordings.rows import RecordingRow
from reid_core.workspace.catalogue.recordings.spans import Span, spans_of_one
from reid_core.workspace.layout import STILL
from reid_core.workspace.recordings import still_there, timeline
from reid_core.workspace.recordings.overview import has_recordings as any_recording
from reid_core.workspace.recordings.still_there import StillThing
from reid_core.workspace.recordings.timeline import SeenWalk
from reid_core.workspace.workspace import Workspace

SMALL = (160, 90)  # pixels of a still in the list


def section(words: str, about: str = "") -> None:
    """A heading within the page of a recording, with a sentence below it."""
    room = 96 if len(about) > 100 else 76 if about else 54  # pixels, kept free until it is drawn
    with st.container(height=room, border=False, key=f"room-rec-{''.join(filter(str.isalnum, words))}"):
        markup.text(
            '<p class="rec-section" role="heading" aria-level="3">{words}<span>{about}</span></p>',
            words=words, about=about,
        )  # fmt: skip


def has_recordings(workspace: Workspace, gallery: str) -> bool:
    try:
        return any_recording(workspace.catalogue, gallery)
    except ReidError:
        return False


def recordings(workspace: Workspace, gallery: str) -> list[RecordingRow]:
    """By camera and start. Do not write to it."""
    # An analysis that goes on without finding anybody changes no version, so this is read from the catalogue each time.
    return finding.every(workspace.catalogue, gallery)


def walks(workspace: Workspace, recording: RecordingRow) -> list[SeenWalk]:
    """Do not write to it."""
    return _walks(str(workspace.path), recording.key, workspace.catalogue.version(), recording.analysed)


@st.cache_resource(max_entries=4, show_spinner=False)
def _walks(path: str, recording: int, version: int, analysed: float) -> list[SeenWalk]:
    return timeline.walks_of(cached.open_workspace().catalogue, recording)


def spans(workspace: Workspace, recording: RecordingRow) -> list[Span]:
    """When somebody who was deleted is in view of it."""
    return spans_of_one(workspace.catalogue, recording)


def still_things(workspace: Workspace, gallery: str, camera: str, analysed: float) -> list[StillThing]:
    """`analysed` is how many seconds of the camera's recordings are: a tracklet without crops changes no version."""
    return _things(str(workspace.path), gallery, camera, workspace.catalogue.version(), analysed)


@st.cache_resource(max_entries=4, show_spinner=False)
def _things(path: str, gallery: str, camera: str, version: int, analysed: float) -> list[StillThing]:
    return still_there.still_things(cached.open_workspace().catalogue, gallery, camera)


def paths(workspace: Workspace, gallery: str, camera: str) -> list[list[tuple[float, float]]]:
    return _paths(str(workspace.path), gallery, camera, workspace.catalogue.version())


@st.cache_data(max_entries=4, show_spinner=False)
def _paths(path: str, gallery: str, camera: str, version: int) -> list[list[tuple[float, float]]]:
    return timeline.paths_of(cached.open_workspace().catalogue, gallery, camera)


def still_address(workspace: Workspace, row: RecordingRow) -> str:
    """Of the still in the size of a screen; "" where there is none."""
    try:
        data = _still(workspace, row).read_bytes()
        image = Image.open(io.BytesIO(data))  # decoded only where it is not shown yet
        return pictures.show_photo(image, f"still {row.key} {row.still_moment} {len(data)}")
    except (OSError, ValueError, Image.DecompressionBombError):
        return ""


def camera_still(workspace: Workspace, rows: list[RecordingRow], row: RecordingRow) -> tuple[str, RecordingRow]:
    """The still of the recording, else of another one of its camera, with the recording that it is of; "" for none."""
    others = [
        one for one in rows if one.camera == row.camera and one.key != row.key and not math.isnan(one.still_moment)
    ]
    for one in [row, *sorted(others, key=lambda one: -one.key)[:5]]:
        if address := still_address(workspace, one):
            return address, one
    return "", row


def small_still(workspace: Workspace, row: RecordingRow) -> str:
    """A small one as a data URL; "" where there is none."""
    if math.isnan(row.still_moment):
        return ""
    file = _still(workspace, row)
    try:
        return _small(str(file), file.stat().st_mtime)
    except OSError:
        return ""


@st.cache_data(max_entries=400, show_spinner=False)
def _small(file: str, changed: float) -> str:
    try:
        with Image.open(file) as image:
            image.draft("RGB", SMALL)
            small = image.convert("RGB")
            small.thumbnail(SMALL)
    except (OSError, ValueError, Image.DecompressionBombError):
        return ""
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=72)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def _still(workspace: Workspace, row: RecordingRow) -> Path:
    return workspace.originals(row.source) / STILL


def span_of(row: RecordingRow) -> str:
    """ "2026-03-02 08:00:00–08:30:00", "unknown" where the start is."""
    begins = row.time_of(0)
    if math.isnan(begins):
        return "unknown"
    first = wording.shown_time(begins)
    if math.isnan(row.duration):
        return f"{first}–"
    last = wording.shown_time(begins + row.duration)
    return f"{first}–{last[11:] if last[:10] == first[:10] else last}"


def source_of(row: RecordingRow) -> str:
    """Who says when it begins, with the correction of the clock: "from its name, corrected by +37 s"."""
    words = {
        "stated": "as stated", "name": "from its name", "container": "from its container",
        "file": "from the file's date",
    }.get(row.start_source or "", "nobody has said when")  # fmt: skip
    return words + (f", corrected by {seconds_of(row.clock_offset)}" if row.clock_offset else "")


def seconds_of(seconds: float) -> str:
    """ "+37 s", "−1.5 s"."""
    return f"{seconds:+,.6g} s".replace("-", "−")


def length_of(seconds: float) -> str:
    """ "0:30:00", "unknown" for NaN."""
    return whole_length(seconds) or "unknown"


def long_time(seconds: float) -> str:
    """ "14 s", "12 min", "1 h 52 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
