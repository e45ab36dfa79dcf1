"""Which recordings a path holds, and what is proposed for each before it is analysed: its camera and its start.

Names, containers and files propose; whoever brings the recordings in decides.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from reid_core.datasets import Skipped
from reid_core.datasets.name_times import times_of_name
from reid_core.errors import NotThere, ReidError
from reid_core.records import natural_order
from reid_core.video.stream import Facts, Reading, open_recording
from reid_core.video.stream.cameras import CameraProposal, camera_of
from reid_core.video.stream.start import WORDS, Proposal, StartProposals, proposals

UNKNOWN = "unknown"  # what a start may be said to be


@dataclass(frozen=True)
class FoundRecording:
    """A recording, what it says of itself, and what is proposed for it; `camera` is None where nothing says which."""

    path: Path
    facts: Facts
    camera: CameraProposal | None
    starts: StartProposals


def find_recordings(
    path: Path, reading: Reading, *, stated: str | None = None, zone: tzinfo | None = None
) -> tuple[list[FoundRecording], list[Skipped]]:
    """The recording at the path, or all in that folder by name, and the files of it that are none, with the reason.

    `stated` is a start that somebody states, which can be of one recording only. Raises ReidError for a path without
    any.
    """
    if path.is_dir():
        files = [path / name for name in natural_order(files_in(path))]
        found, skipped = _open_each(files, path, reading, zone)
        if not found:
            some = f" The first file: {skipped[0].reason}" if skipped else ""
            raise NotThere(f"{path} has no recording that can be read.{some}")
        if stated is not None and len(found) > 1:
            raise ReidError(
                f"{path} has {len(found):,} recordings, and they do not all begin at {stated}. Take each start "
                "from the file's name (--start name), or bring them in one by one."
            )
        if stated is not None:
            found = [look_at(found[0].path, path, reading, zone, stated)]
        return found, skipped
    return [look_at(path, None, reading, zone, stated)], []


def look_at(
    path: Path, root: Path | None, reading: Reading, zone: tzinfo | None = None, stated: str | None = None
) -> FoundRecording:
    """The recording at the path; with `root` its camera may be told by a folder below that. Raises ReidError."""
    with open_recording(path, dataclasses.replace(reading, following=None)) as recording:
        facts = recording.facts
    starts = proposals(path, facts, stated=stated, zone=zone, now=time.time())
    return FoundRecording(path, facts, camera_of(path, root), starts)


def in_zone(found: FoundRecording, zone: tzinfo | None, stated: str | None = None) -> FoundRecording:
    """The same with the starts as they are in that time zone, and one that somebody states. Raises ReidError for a
    stated start that cannot be used."""
    starts = proposals(found.path, found.facts, stated=stated, zone=zone, now=time.time())
    return dataclasses.replace(found, starts=starts)


def as_dropped(found: FoundRecording, upload: Path) -> FoundRecording:
    """The same without what only an upload says: its folder is called by the time of the upload, and its files have
    that date."""
    name, *folders = reversed(found.path.relative_to(upload).parts)
    own = (name, *("_".join([*reversed(folders[:count]), name]) for count in (1, 2) if len(folders) >= count))
    by_name = any(map(times_of_name, own))
    starts = found.starts
    kept = tuple(one for one in starts.proposals if one.source != "file" and (by_name or one.source != "name"))
    notes = tuple(note for note in starts.notes if by_name or not note.startswith("The name"))
    return dataclasses.replace(found, starts=StartProposals(kept, notes))


def chosen_start(found: FoundRecording, choice: str) -> Proposal | None:
    """The start by that source ("stated", "name", "container", "file"), None for "unknown".

    Raises ReidError where that source says nothing, with what the others say.
    """
    if choice == UNKNOWN:
        return None
    for proposal in found.starts.proposals:
        if proposal.source == choice:
            return proposal
    said = " ".join(found.starts.sentences())
    words = next(words for source, words in WORDS.items() if source == choice)
    raise ReidError(f"{found.path.name} has no start from {words}. {said}")


def undecided(found: list[FoundRecording], *, proposals: bool = False) -> ReidError:
    """What is said where nobody has decided when recordings begin; with `proposals` also what is proposed for each."""
    sources = list(dict.fromkeys(proposal.source for one in found for proposal in one.starts.proposals))
    choices = ", ".join([*sources, UNKNOWN])
    said = "".join(f" {one.path.name}: {' '.join(one.starts.sentences())}" for one in found) if proposals else ""
    return ReidError(
        f"Say when {found[0].path.name if len(found) == 1 else 'they'} began with --start: {choices}, or a moment "
        f"such as 2026-03-02T08:00+01:00. `reid clock` can correct it later.{said}"
    )


def files_in(folder: Path) -> Iterator[str]:
    """Paths below the folder, without hidden files and links that lead out of it."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            path = Path(place) / name
            if not name.startswith(".") and (not path.is_symlink() or path.resolve().is_relative_to(folder.resolve())):
                yield path.relative_to(folder).as_posix()


def _open_each(
    files: list[Path], root: Path, reading: Reading, zone: tzinfo | None
) -> tuple[list[FoundRecording], list[Skipped]]:
    found, skipped = [], []
    for file in files:
        try:
            found.append(look_at(file, root, reading, zone))
        except ReidError as error:
            skipped.append(Skipped(file.relative_to(root).as_posix(), str(error)))
    return found, skipped
