"""Whether what was read of a data set can be true: people who are no people, one crop of each, all in one camera.

Each doubt is a sentence that says what is odd and what to do if it is wrong. None of them stops an import.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from reid_core.datasets.base import SPLIT_NAMES, Dataset, camera_of_folder
from reid_core.datasets.layouts.tracker_crops import CLASSES
from reid_core.datasets.name_times import time_of_name
from reid_core.datasets.person_names import guess_people
from reid_core.records import DISTRACTOR, JUNK, natural_order, plural

FEW = 10  # people whose folders are looked into
SHOWN = 6  # names in a sentence
NAMED_BY_FOLDERS = "folder per identity"
_PARTS = """
images image imgs img sequences sequence frames frame crops crop cropped multi_shot single_shot data dataset
people persons rgb ir nir vis visible thermal infrared sketch a b c occluded_body_images whole_body_images
partial_body_images day night val_query val_gallery seq labelled labeled detected session1 session2 session3
raw original
"""
_PARTS_OF_DATA_SETS = frozenset(SPLIT_NAMES) | frozenset(_PARTS.split())
_DAY = re.compile(r"(?:19|20)\d\d[-_.]?[01]\d(?:[-_.]?[0-3]\d)?|[0-3]?\d[-_.][01]?\d[-_.](?:19|20)?\d\d")


def doubts(dataset: Dataset) -> tuple[str, ...]:
    """What is odd about the people and cameras that were read, most serious first; empty where nothing is."""
    table = dataset.records.table
    crops = {
        path: label
        for path, label in zip(table["path"], table["identity"], strict=True)
        if label is not None and label not in (DISTRACTOR, JUNK)
    }
    if not crops:
        return _doubts_about_names(dataset)
    people = natural_order(crops.values())
    found = [_doubt_about_labels(people), _doubt_about_folders(dataset, crops, people)]
    if Counter(crops.values()).most_common(1)[0][1] == 1 and len(people) > 2:
        found.append(
            f"Each of the {len(people):,} people has one crop, so no two can be compared. Is the number of the "
            f"picture taken for the person, as {people[0]} of {next(iter(crops))}?"
        )
    cameras = dataset.records.cameras()
    if len(cameras) == 1 and len(people) > 1 and table["camera"].notna().all():
        found.append(
            f"All crops are of camera {cameras[0]}. Finding people again across cameras cannot be tried on them. If "
            "paths name other cameras, --camera-pattern says where."
        )
    return tuple(doubt for doubt in found if doubt)


def _doubt_about_labels(people: Sequence[str]) -> str:
    """People whose labels are words for something else."""
    plain = [person.lower().replace("-", "_") for person in people]
    count = plural(len(people), "person")
    listed, verb = _listed(people), "That is" if len(people) == 1 else "These are"
    remedy = "If folders or names below tell the people, --identity-pattern says where."
    if all(name.replace("_", " ") in CLASSES for name in plain):
        return f"{count}: {listed}. {verb} what a detector calls things, not who it is. {remedy}"
    if len(people) > 1 and all(name in _PARTS_OF_DATA_SETS or _is_part(name) for name in plain):
        return f"{count}: {listed}. These read like parts of a data set, not like people. {remedy}"
    if all(_DAY.fullmatch(person) for person in people):
        return f"{count}: {listed}. These read like days, not like people. {remedy}"
    return ""


def _is_part(name: str) -> bool:
    words = set(name.split("_"))
    return bool(words & {"query", "gallery", "train", "test", "probe"})


def _doubt_about_folders(dataset: Dataset, crops: Mapping[str, str], people: Sequence[str]) -> str:
    """Few people, in whose folders lie more folders than there are people."""
    if dataset.format != NAMED_BY_FOLDERS or len(people) > FEW:
        return ""
    below: set[str] = set()
    inside, depth = 0, 0
    for path, person in crops.items():
        folders = path.split("/")[:-1]
        start = folders.index(person) + 1 if person in folders else len(folders)
        after = [number for number in range(start, len(folders)) if not _is_no_person(folders[number])]
        if after:
            depth = after[0]
            below.add(folders[depth])
            inside += 1
    if len(below) <= len(people) or 2 * inside < len(crops):
        return ""
    names = natural_order(below)
    pattern = "^" + "[^/]+/" * depth + "([^/]+)/"
    return (
        f"{plural(len(people), 'person')}: {_listed(people)}. Their folders hold {_listed(names)}: "
        f"are those the people? If so, give --identity-pattern '{pattern}'"
    )


def _is_no_person(folder: str) -> bool:
    return bool(camera_of_folder(folder) or _DAY.fullmatch(folder) or folder.lower() in SPLIT_NAMES) or (
        time_of_name(f"{folder}.jpg") is not None
    )


def _doubts_about_names(dataset: Dataset) -> tuple[str, ...]:
    """Where no one is labelled: whether the names look as if they told who is who."""
    names = list(dataset.records.table["path"])
    guess = guess_people(names)
    if guess is None:
        return ()
    listed, example = _listed(natural_order(guess.people.values())), next(iter(guess.people))
    return (
        f"Nobody is named, but the names look like PERSON_…: {listed}, as {guess.people[example]} of {example}. "
        f"If that is the person, give --identity-pattern '{guess.pattern}'",
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
