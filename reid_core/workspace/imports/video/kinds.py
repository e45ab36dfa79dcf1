"""Whether a path holds recordings or pictures, without opening any of them whole."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reid_core.images import is_image_name, is_video, is_video_name, unreadable_kind
from reid_core.workspace.imports.recording_files import files_in
from reid_core.workspace.imports.uploads import ARCHIVES, TABLES

_NO_RECORDING = (*ARCHIVES, *TABLES, ".txt", ".json", ".xml", ".yaml", ".yml", ".md", ".npy", ".gz", ".html", ".pdf")
_BEGINNING = 16  # bytes that tell a recording


@dataclass(frozen=True)
class Kinds:
    """What a path holds: files that seem to be recordings, by name, and how many pictures."""

    recordings: tuple[Path, ...] = ()
    pictures: int = 0

    @property
    def are_both(self) -> bool:
        return bool(self.recordings and self.pictures)


def kinds_in(path: Path) -> Kinds:
    """What the file is, or what the folder and the folders inside hold. A recording is known by its name, or by how it
    begins where its name says nothing."""
    if not path.is_dir():
        return Kinds((path,)) if _seems_a_recording(path) else Kinds()
    recordings, pictures = [], 0
    for name in sorted(files_in(path)):
        if is_image_name(name) or unreadable_kind(name):
            pictures += 1
        elif _seems_a_recording(path / name):
            recordings.append(path / name)
    return Kinds(tuple(recordings), pictures)


def _seems_a_recording(path: Path) -> bool:
    name = path.name
    if is_video_name(name):
        return True
    if is_image_name(name) or unreadable_kind(name) or name.lower().endswith(_NO_RECORDING):
        return False
    with suppress(OSError), path.open("rb") as file:
        return is_video(file.read(_BEGINNING))
    return False
