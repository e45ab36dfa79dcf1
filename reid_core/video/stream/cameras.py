"""Which camera a recording is from, by its name: "gate_20260302_080000.mp4", "ch01_2026-03-02 08-00-00.dav", "cam3/…".

A proposal, as the start is. What is left of a name without its times is the camera's; where nothing is left, it is the
folder's name, unless that is a date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from reid_core.datasets.name_times import without_times

# What recorders and phones put into every name: it says nothing of the camera.
_EVERYWHERE = {
    "img", "vid", "mov", "pxl", "dsc", "dscn", "dscf", "gopr", "mvi", "rec", "record", "recording", "video", "videos",
    "movie", "clip", "export", "exported", "backup", "nvr", "dvr", "main", "sub", "hd", "sd", "stream", "event",
    "motion", "recordings", "r", "m", "a", "new", "final", "copy",
}  # fmt: skip
_DATE = re.compile(r"(?:19|20)\d{2}[-_. ]?(?:0[1-9]|1[0-2])(?:[-_. ]?(?:0[1-9]|[12]\d|3[01]))?|(?:19|20)\d{2}")
_CLOCK = re.compile(r"(?<!\d)[0-2]?\d[-.:h][0-5]\d(?:[-.:m][0-5]\d)?(?!\d)")


@dataclass(frozen=True)
class CameraProposal:
    """A camera's name and where it comes from: "name" or "folder"."""

    camera: str
    source: str


def camera_of(path: Path, root: Path | None = None) -> CameraProposal | None:
    """The camera by the file's name, or by the nearest folder below `root` that is no date; None where neither says."""
    camera = _camera(without_times(path.name))
    if camera is not None:
        return CameraProposal(camera, "name")
    folder = path.parent
    while folder.name and folder != root and (root is None or root in folder.parents):
        camera = _camera(folder.name)
        if camera is not None:
            return CameraProposal(camera, "folder")
        if root is None and not _DATE.fullmatch(folder.name):
            return None
        folder = folder.parent
    return None


def _camera(name: str) -> str | None:
    """What is left of a name without dates, clock times, brackets, running numbers and words that are in every name."""
    name = re.sub(r"\[[^\]]*\]|\([^)]*\)", " ", name)
    name = _CLOCK.sub(" ", re.sub(rf"(?<![0-9A-Za-z])(?:{_DATE.pattern})(?![0-9A-Za-z])", " ", name))
    words = [word for word in re.split(r"[\s_.,@]+|-{2,}|(?<=\s)-|-(?=\s)", name) if word.strip("-")]
    said = [word.strip("-") for word in words if word.strip("-").lower() not in _EVERYWHERE]
    said = [word for place, word in enumerate(said) if not word.isdigit() or (place and len(word) < 4)]
    return "_".join(said) if any(re.search("[^\\W\\d]", word) for word in said) else None
