"""Looking for people in a photo, with a detector that is kept open; where there is none, why."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from pages.components.search.state import Chosen
from reid_core.errors import ReidError
from reid_core.images import decode, turned_and_cut
from reid_core.video.detection.card import Tiles
from reid_core.video.detection.detector import Detector
from reid_core.workspace.search.scene_photos import Seen, is_plainly_a_crop, look_into, tiles_for
from reid_core.workspace.workspace import Workspace


@dataclass(frozen=True)
class Looked:
    """What was seen in a photo; None where nobody looked, and then why, or "" where it needs no looking into."""

    seen: Seen | None
    problem: str = ""


def needs_looking_into(photo: Chosen, turn: int = 0) -> bool:
    """Whether people are looked for in the photo, turned by so many degrees: by the same rule as at the command line,
    and in no crop of a gallery."""
    size = (photo.height, photo.width) if turn % 180 else (photo.width, photo.height)
    return photo.crop is None and not is_plainly_a_crop(*size)


def look(workspace: Workspace, photo: Chosen, turn: int = 0) -> Looked:
    """What the photo shows, turned by so many degrees; of a photo that was looked at before, that is known."""
    if not needs_looking_into(photo, turn):
        return Looked(None)
    from reid_core.video.detection.detector import detector_id
    from reid_core.workspace.models.detectors import find_detector

    try:
        folder = find_detector(workspace)
        return Looked(_seen(photo.sha256, turn, detector_id(folder), folder, photo.data))
    except ReidError as error:
        return Looked(None, str(error))


@st.cache_resource(max_entries=64, show_spinner=False)
def _seen(sha256: str, turn: int, id: str, _folder: Path, _data: bytes) -> Seen:
    picture = turned_and_cut(decode(_data), turn)
    return look_into(picture, _detector(id, tiles_for(*picture.size), _folder))


@st.cache_resource(max_entries=4, show_spinner=False)
def _detector(id: str, tiles: Tiles, _folder: Path) -> Detector:
    from reid_core.video.detection.detector import load_detector

    return load_detector(_folder, threads=os.cpu_count() or 1, tiles=None if tiles == (1, 1) else tiles)
