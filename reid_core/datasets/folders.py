"""Pictures in folders: a folder per identity, or photos that nobody has labelled.

`root/<identity>/x.jpg`, optionally with a split above (`root/train/<identity>/x.jpg`) and a camera anywhere
(`root/<identity>/camera-2/x.jpg`, `root/cam1/<identity>/x.jpg`, `root/<identity>/x_c2.jpg`). Folders above `root` that
all pictures share are ignored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reid_core.datasets.base import (
    SPLIT_NAMES,
    Dataset,
    Listing,
    Options,
    Skipped,
    build_records,
    camera_of_file,
    camera_of_folder,
    identity_label,
)


@dataclass(frozen=True)
class _Place:
    split: str | None
    camera: str | None
    identity: str | None


def read_identity_folders(listing: Listing, options: Options) -> Dataset | None:
    """A folder per identity, or None where fewer than half of the pictures lie in one.

    Without folders for splits, identities are divided by `split_identities`; "test" or "val" is divided into query and
    gallery, unless there is a "query" folder and no "gallery": then "test" is the gallery. The identity
    "-1" is junk.
    """
    places = _places(listing.pictures)
    labelled = {name: place for name, place in places.items() if place.identity is not None}
    if 2 * len(labelled) < max(len(places), 1):
        return None
    skipped = [Skipped(name, "it lies in no identity's folder") for name in places if name not in labelled]
    rows: dict[str, Sequence[object]] = {
        "path": list(labelled),
        "identity": [place.identity for place in labelled.values()],
        "camera": [place.camera for place in labelled.values()],
        "split": [place.split for place in labelled.values()],
    }
    return Dataset(
        listing.source.path, "folder per identity", build_records(rows, options), (*listing.skipped, *skipped)
    )


def read_flat(listing: Listing, options: Options) -> Dataset | None:
    """All pictures as a gallery of unknown people; cameras from folders and file names where these tell."""
    places = _places(listing.pictures)
    rows: dict[str, Sequence[object]] = {
        "path": list(places),
        "camera": [place.camera for place in places.values()],
        "split": ["gallery"] * len(places),
    }
    return Dataset(listing.source.path, "flat folder", build_records(rows, options), listing.skipped)


def _places(pictures: tuple[str, ...]) -> dict[str, _Place]:
    """What the folders and the file name of each picture tell."""
    folders = {folder: folder.split("/") if folder else [] for folder in {n.rpartition("/")[0] for n in pictures}}
    shared = _shared_folders(list(folders.values()))
    told = {folder: _read_folders(parts[shared:]) for folder, parts in folders.items()}
    places = {}
    for name in pictures:
        place = told[name.rpartition("/")[0]]
        places[name] = _Place(place.split, place.camera or camera_of_file(name), place.identity)
    return places


def _shared_folders(folders: list[list[str]]) -> int:
    """How many folders at the top are common to all pictures and say nothing."""
    shared = 0
    for level in zip(*folders, strict=False):
        if len(set(level)) > 1 or level[0].lower() in SPLIT_NAMES or camera_of_folder(level[0]):
            break
        shared += 1
    return shared


def _read_folders(parts: list[str]) -> _Place:
    split = SPLIT_NAMES.get(parts[0].lower()) if parts else None
    below = parts[1:] if split else parts
    cameras = [camera for part in below if (camera := camera_of_folder(part))]
    people = [part for part in below if not camera_of_folder(part)]
    return _Place(split, cameras[0] if cameras else None, identity_label(people[0]) if people else None)
