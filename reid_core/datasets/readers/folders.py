"""Pictures in folders: a folder per identity, or photos that nobody has labelled.

`root/<identity>/x.jpg`, optionally with a split above (`root/train/<identity>/x.jpg`) and a camera anywhere
(`root/<identity>/camera-2/x.jpg`, `root/cam1/<identity>/x.jpg`, `root/<identity>/x_c2.jpg`). Folders above `root` that
all pictures share are ignored: nobody can tell whether the only folder is a person (`anna/`) or the name of a trip
(`holiday/`), and a whole trip under one wrong name would be worse than photos without names. Who knows that it is a
person asks for this format, and the last shared folder is the identity; not in a zip, whose only folder mostly has
the name of the zip. A folder in which the camera pattern finds a camera is no person. Nor is one above a folder that
says to be a person (`multi_shot/person_0001/`), or one of several kinds of light (`thermal/`, `visible/`), which stand
for cameras.

Pictures in folders for queries and gallery may tell people by their names; see `_read_names`. With an identity pattern
it alone tells people.

File names may tell the time too: see `name_times`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
from reid_core.datasets.checks.person_names import PERSON_FOLDER, guess_people
from reid_core.datasets.name_times import time_of_name
from reid_core.records import JUNK, plural
from reid_core.sources.folder import FolderSource

_LIGHTS = frozenset({"visible", "vis", "rgb", "thermal", "infrared", "ir", "nir", "lwir"})
_LETTERS_AND_NUMBER = re.compile(r"([^\W\d]+[-_ ]?)\d+")


@dataclass(frozen=True)
class _Place:
    """What the path of a picture tells. `above` is a folder that is no person, though it comes before the person's;
    `light` one of its kinds: what sees heat at camera 1 is another camera than what sees colours there.
    """

    split: str | None
    camera: str | None
    identity: str | None
    above: str | None = None
    light: str | None = None


def read_identity_folders(listing: Listing, options: Options) -> Dataset | Declined:
    """A folder per identity; declined where fewer than half of the pictures lie in one.

    Without folders for splits, identities are divided by `split_identities`; "test" or "val" is divided into query and
    gallery, unless there is a "query" folder and no "gallery": then "test" is the gallery. The identity
    "-1" is junk. A single folder for all pictures is an identity only where this format was asked for.
    """
    if options.identity_pattern is not None:
        return _read_by_pattern(listing, options)
    in_folder = isinstance(listing.source, FolderSource)
    places = _places(listing.pictures, options, one_person=options.required and in_folder)
    notes = _notes_of_folders(places)
    if by_name := _named_like_their_folders(places):
        places |= by_name
        example = next(iter(by_name))
        notes.append(
            f"{plural(len(by_name), 'picture')} in no person's folder: their names tell the person, as the others' do "
            f"({by_name[example].identity} of {example})."
        )
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
        listing.source.path,
        "folder per identity",
        build_records(rows, options),
        (*listing.skipped, *skipped),
        tuple(notes),
    )


def tells_identities(pictures: tuple[str, ...], options: Options) -> bool:
    """Whether `read_identity_folders` would recognise these pictures."""
    places = _places(pictures, options)
    return _enough(sum(place.identity is not None for place in places.values()), len(places))


def read_flat(listing: Listing, options: Options) -> Dataset:
    """All pictures as a gallery of unknown people; cameras and times from folders and file names where these tell.

    Where the format was not asked for, names in folders for queries and gallery may tell people: see `_read_names`.
    """
    if options.identity_pattern is not None:
        return _read_by_pattern(listing, options)
    places = _places(listing.pictures, options)
    if not options.required and (read := _read_names(listing, options, places)) is not None:
        return read
    rows: dict[str, Sequence[object]] = {
        "path": list(places),
        "camera": [place.camera for place in places.values()],
        "time": [time_of_name(name, options.time_zone) for name in places],
        "split": ["gallery"] * len(places),
    }
    return Dataset(listing.source.path, "flat folder", build_records(rows, options), listing.skipped)


def _read_by_pattern(listing: Listing, options: Options) -> Dataset:
    """People as the identity pattern finds them, splits of folders; a path in which it finds nobody is unlabelled.

    Folders that divide the pictures of one person (train/anna, val/anna) are no splits here: each person is put on one
    side.
    """
    places = _places(listing.pictures, options)
    notes: list[str] = []
    people = {name: options.find_identity(name) for name in places}
    if nobody := [name for name, person in people.items() if person is None]:
        notes.append(f"The identity pattern finds nobody in {plural(len(nobody), 'path')}, such as {nobody[0]!r}.")
    if both := _on_both_sides(places, people):
        places = {name: replace(place, split=None) for name, place in places.items()}
        notes.append(
            f"The folders' splits are not used, because {plural(len(both), 'person')} would be in the training and in "
            f"the test, such as {min(both)}: each person is put on one side."
        )
    rows: dict[str, Sequence[object]] = {
        "path": list(places),
        "camera": [place.camera for place in places.values()],
        "time": [time_of_name(name, options.time_zone) for name in places],
        "split": [place.split for place in places.values()],
    }
    return Dataset(
        listing.source.path, "people by pattern", build_records(rows, options), listing.skipped, tuple(notes)
    )


def _on_both_sides(places: Mapping[str, _Place], people: Mapping[str, str | None]) -> set[str]:
    sides: dict[bool, set[str]] = {True: set(), False: set()}
    for name, place in places.items():
        person = people[name]
        if place.split is not None and person is not None and person != JUNK:
            sides[place.split == "train"].add(person)
    return sides[True] & sides[False]


def _read_names(listing: Listing, options: Options, places: Mapping[str, _Place]) -> Dataset | None:
    """People by a part of the names, where the folders bear it out that this is the person.

    There must be folders for queries and for the gallery; nine in ten of those who are asked for are in the gallery,
    and none is in the training folder.
    """
    sides = {place.split for place in places.values()}
    if None in sides or "query" not in sides or not sides & {"gallery", "test"}:
        return None
    guess = guess_people(list(places))
    if guess is None or len(guess.people) < len(places):
        return None
    seen: dict[str, set[str]] = {"train": set(), "query": set(), "gallery": set()}
    for name, person in guess.people.items():
        seen["gallery" if places[name].split == "test" else str(places[name].split)].add(person)
    asked, gallery = seen["query"], seen["gallery"]
    if len(asked) < 2 or len(asked & gallery) < 0.9 * len(asked) or seen["train"] & (asked | gallery):
        return None
    identities = {name: identity_label(person) for name, person in guess.people.items()}
    rows: dict[str, Sequence[object]] = {
        "path": list(places),
        "identity": [identities[name] for name in places],
        "camera": [place.camera for place in places.values()],
        "time": [time_of_name(name, options.time_zone) for name in places],
        "split": [place.split for place in places.values()],
    }
    example = next(name for name in places if places[name].split == "query")
    guessed = (
        f"No folder is a person's. The person is taken from the names, {identities[example]} of {example}, since who "
        "is in the folder of queries is in the gallery's, too. If not, give --format flat or --identity-pattern."
    )
    return Dataset(listing.source.path, "people by names", build_records(rows, options), listing.skipped, (guessed,))


def _notes_of_folders(places: Mapping[str, _Place]) -> list[str]:
    """What was guessed of folders, in a sentence."""
    above = sorted({place.above for place in places.values() if place.above is not None})
    person = next((place.identity for place in places.values() if place.above is not None), None)
    if person is None:
        return []
    listed = ", ".join(above[:4]) + (", …" if len(above) > 4 else "")
    return [f"The people are the folders like {person}, and not those above them ({listed})."]


def _named_like_their_folders(places: Mapping[str, _Place]) -> dict[str, _Place]:
    """The pictures in no person's folder whose names tell one, in the way in which those of all others do.

    All of those lie in folders like "person01" and have that in their names: `person01/cam1_person01_0001.jpg`.
    """
    labelled = {name: place for name, place in places.items() if place.identity is not None}
    starts = {match[1] for place in labelled.values() if (match := _LETTERS_AND_NUMBER.fullmatch(place.identity or ""))}
    if len(starts) != 1 or len(labelled) == len(places):
        return {}
    pattern = re.compile(rf"(?<![^\W_]){re.escape(starts.pop())}\d+(?![^\W_])")
    tell = {name: set(pattern.findall(name.rpartition("/")[2])) for name in places}
    if any(tell[name] != {place.identity} for name, place in labelled.items()):
        return {}
    return {
        name: replace(places[name], identity=tell[name].pop())
        for name in places
        if name not in labelled and len(tell[name]) == 1
    }


def _enough(labelled: int, pictures: int) -> bool:
    return 2 * labelled >= max(pictures, 1)


def _places(pictures: tuple[str, ...], options: Options, *, one_person: bool = False) -> dict[str, _Place]:
    """What the folders and the file name of each picture tell.

    With `one_person`, the last folder that all share is a person where nothing else tells one.
    """
    folders = {folder: _parts(folder) for folder in {name.rpartition("/")[0] for name in pictures}}
    cameras = _folders_of_cameras(pictures, options)
    shared = _shared_folders(list(folders.values()), cameras)
    lights = {part.lower() for parts in folders.values() for part in parts[shared:]} & _LIGHTS
    lights = lights if len(lights) > 1 else set()
    told = {folder: _read_folders(parts[shared:], cameras, lights) for folder, parts in folders.items()}
    if one_person and shared and not any(place.identity or place.split for place in told.values()):
        told = {folder: _read_folders(parts[shared - 1 :], cameras, lights) for folder, parts in folders.items()}
    places = {}
    for name in pictures:
        place = told[name.rpartition("/")[0]]
        told_camera = place.camera or camera_of_file(name)
        places[name] = replace(place, camera="-".join(filter(None, (place.light, told_camera))) or None)
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


def _read_folders(parts: list[str], cameras: frozenset[str], lights: set[str]) -> _Place:
    split, below = None, parts
    while below and split != "train" and (name := SPLIT_NAMES.get(below[0].lower())):
        if split not in (None, "test"):
            break
        split, below = name, below[1:]  # of test/query the second
    found = [camera for part in below if (camera := camera_of_folder(part))]
    light = next((part.lower() for part in below if part.lower() in lights), None)
    rest = [part for part in below if not camera_of_folder(part) and part not in cameras and part.lower() not in lights]
    people = [part for part in rest if PERSON_FOLDER.fullmatch(part)] or rest
    above = rest[0] if people and people[0] != rest[0] else None
    return _Place(split, found[0] if found else None, identity_label(people[0]) if people else None, above, light)
