"""Pictures in folders: a folder per identity, or photos that nobody has labelled.

`root/<identity>/x.jpg`, optionally with a split above (`root/train/<identity>/x.jpg`) and a camera anywhere
(`root/<identity>/camera-2/x.jpg`, `root/cam1/<identity>/x.jpg`, `root/<identity>/x_c2.jpg`). Folders above `root` that
all pictures share are ignored: nobody can tell whether the only folder is a person (`anna/`) or the name of a trip
(`holiday/`), and a whole trip under one wrong name would be worse than photos without names. Who knows that it is a
person asks for this format, and the last shared folder is the identity; not in a zip, whose only folder mostly has
the name of the zip. A folder in which the camera pattern finds a camera is no person.

File names may tell the time too: see `name_times`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reid_core.datasets.base import (
    SPLIT_NAMES,
    Dataset,
    Declined,
    Listing,
    Options,
    Skipped,
    build_records,
    camera_of_file,
    camera_of_folder,
    identity_label,
)
from reid_core.datasets.name_times import time_of_name
from reid_core.sources.folder import FolderSource


@dataclass(frozen=True)
class _Place:
    split: str | None
    camera: str | None
    identity: str | None


def read_identity_folders(listing: Listing, options: Options) -> Dataset | Declined:
    """A folder per identity; declined where fewer than half of the pictures lie in one.

    Without folders for splits, identities are divided by `split_identities`; "test" or "val" is divided into query and
    gallery, unless there is a "query" folder and no "gallery": then "test" is the gallery. The identity
    "-1" is junk. A single folder for all pictures is an identity only where this format was asked for.
    """
    in_folder = isinstance(listing.source, FolderSource)
    places = _places(listing.pictures, options, one_person=options.required and in_folder)
    labelled = {name: place for name, place in places.items() if place.identity is not None}
    if not _enough(len(labelled), len(places)):
        return Declined()
    skipped = [Skipped(name, "it lies in no identity's folder") for name in places if name not in labelled]
    rows: dict[str, Sequence[object]] = {
        "path": list(labelled),
        "identity": [place.identity for place in labelled.values()],
        "camera": [place.camera for place in labelled.values()],
        "time": [time_of_name(name, options.time_zone) for name in labelled],
        "split": [place.split for place in labelled.values()],
    }
    return Dataset(
        listing.source.path, "folder per identity", build_records(rows, options), (*listing.skipped, *skipped)
    )


def tells_identities(pictures: tuple[str, ...], options: Options) -> bool:
    """Whether `read_identity_folders` would recognise these pictures."""
    places = _places(pictures, options)
    return _enough(sum(place.identity is not None for place in places.values()), len(places))


def read_flat(listing: Listing, options: Options) -> Dataset:
    """All pictures as a gallery of unknown people; cameras and times from folders and file names where these tell."""
    places = _places(listing.pictures, options)
    rows: dict[str, Sequence[object]] = {
        "path": list(places),
        "camera": [place.camera for place in places.values()],
        "time": [time_of_name(name, options.time_zone) for name in places],
        "split": ["gallery"] * len(places),
    }
    return Dataset(listing.source.path, "flat folder", build_records(rows, options), listing.skipped)


def _enough(labelled: int, pictures: int) -> bool:
    return 2 * labelled >= max(pictures, 1)


def _places(pictures: tuple[str, ...], options: Options, *, one_person: bool = False) -> dict[str, _Place]:
    """What the folders and the file name of each picture tell.

    With `one_person`, the last folder that all share is a person where nothing else tells one.
    """
    folders = {folder: _parts(folder) for folder in {name.rpartition("/")[0] for name in pictures}}
    cameras = _folders_of_cameras(pictures, options)
    shared = _shared_folders(list(folders.values()), cameras)
    told = {folder: _read_folders(parts[shared:], cameras) for folder, parts in folders.items()}
    if one_person and shared and not any(place.identity or place.split for place in told.values()):
        told = {folder: _read_folders(parts[shared - 1 :], cameras) for folder, parts in folders.items()}
    places = {}
    for name in pictures:
        place = told[name.rpartition("/")[0]]
        places[name] = _Place(place.split, place.camera or camera_of_file(name), place.identity)
    return places


def _parts(folder: str) -> list[str]:
    parts = folder.split("/") if folder else []
    return parts[1:] if parts and parts[0].lower().endswith(".tar") else parts  # a shard tells nothing of its pictures


def _folders_of_cameras(pictures: tuple[str, ...], options: Options) -> frozenset[str]:
    """Names of folders in which the camera pattern found a camera: they are no people."""
    if options.camera_pattern is None:
        return frozenset()
    found = set()
    for name in pictures:
        if (match := options.find_camera(name)) and name.find("/", match.start(1)) >= 0:
            found.add(name[name.rfind("/", 0, match.start(1)) + 1 : name.find("/", match.start(1))])
    return frozenset(found)


def _shared_folders(folders: list[list[str]], cameras: frozenset[str]) -> int:
    """How many folders at the top are common to all pictures and say nothing."""
    shared = 0
    for level in zip(*folders, strict=False):
        name = level[0]
        if len(set(level)) > 1 or name.lower() in SPLIT_NAMES or camera_of_folder(name) or name in cameras:
            break
        shared += 1
    return shared


def _read_folders(parts: list[str], cameras: frozenset[str]) -> _Place:
    split = SPLIT_NAMES.get(parts[0].lower()) if parts else None
    below = parts[1:] if split else parts
    found = [camera for part in below if (camera := camera_of_folder(part))]
    people = [part for part in below if not camera_of_folder(part) and part not in cameras]
    return _Place(split, found[0] if found else None, identity_label(people[0]) if people else None)
