"""Market-1501's layout and file names, and those of DukeMTMC-reID, which follows it.

Zheng et al., "Scalable Person Re-identification: A Benchmark", ICCV 2015: `0002_c1s1_000451_03.jpg` is identity 0002 in
camera 1, sequence 1, frame 451, detection 3, in `bounding_box_train`, `query` or `bounding_box_test`. Identity 0000 is
a distractor, -1 junk. Ristani et al. 2016, Zheng et al. 2017 (DukeMTMC-reID): `0001_c2_f0046182.jpg`, no sequences.

CVAT and Datumaro write `bounding_box_<subset>`, and call a task's only subset "default": people there are divided by
`split_identities`, or are the gallery where `query` or `bounding_box_test` is there too. So is a single folder of any
name all of whose pictures have such names. The people of `bounding_box_val` test; capitals do not matter.

Names tell no tracklets. Crops that follow each other at one camera are one where that mixes nobody (see `walks`): on
Market-1501 itself it does, and there are none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reid_core.datasets.base import Dataset, Declined, Listing, Options, Skipped, build_records
from reid_core.datasets.labels import identity_label
from reid_core.datasets.walks import find_walks
from reid_core.errors import ReidError
from reid_core.records import DISTRACTOR, JUNK

SPLIT_OF_FOLDER = {"bounding_box_train": "train", "query": "query", "bounding_box_test": "gallery"}
MARKET_FRAMES_PER_SECOND = 25.0
DUKE_FRAMES_PER_SECOND = 60000 / 1001
_ANY_SUBSET = re.compile(r"bounding_box_\w[\w.-]*")
_SHORT = {"train": "train", "gallery": "gallery", "test": "gallery"}  # next to `query`
_VALIDATION = frozenset(f"bounding_box_{name}" for name in ("val", "valid", "validation", "dev"))
_OTHER_FOLDERS = ("gt_bbox", "gt_query")  # Market-1501's hand-drawn boxes, the same people once more
_MARKET = re.compile(r"(-1|[0-9]+)_c([0-9]+)s([0-9]+)_([0-9]{1,12})_[0-9]+")
_DUKE = re.compile(r"(-1|[0-9]+)_c([0-9]+)_f([0-9]{1,12})")


@dataclass(frozen=True)
class FileName:
    """What a file name tells. `time` is in seconds since the sequence (Market-1501) or recording (Duke) began, and
    `place` where that clock is one: "c1s2" or "c2"."""

    identity: str
    camera: str
    time: float
    place: str


def parse_name(name: str) -> FileName | None:
    """What the file name (without folders) tells, or None when it is of neither kind."""
    stem = name.rpartition(".")[0]
    if match := _MARKET.fullmatch(stem):
        label, camera, sequence, frame = match.groups()
        time, place = int(frame) / MARKET_FRAMES_PER_SECOND, f"c{camera}s{sequence}"
    elif match := _DUKE.fullmatch(stem):
        label, camera, frame = match.groups()
        time, place = int(frame) / DUKE_FRAMES_PER_SECOND, f"c{camera}"
    else:
        return None
    identity = identity_label(label) if label.strip("0") else DISTRACTOR
    return FileName(identity, camera, time, place)


def read_market1501(listing: Listing, options: Options) -> Dataset | Declined:
    """The data set; declined where no folder of the layout holds a picture with such a name, and not all are such.

    Where `query` alone is of the layout, folders called `train`, `gallery` and `test` are, too; declined where these
    hold no more than half of all pictures. Raises ReidError when a folder of the layout is there twice.
    """
    places = {name: name.rpartition("/") for name in listing.pictures}
    folders = {folder for folder, _, _ in places.values() if _is_of_layout(_last(folder))}
    if folders and all(_last(folder) == "query" for folder in folders):
        folders |= {folder for folder, _, file in places.values() if _last(folder) in _SHORT and parse_name(file)}
        if not options.required and 2 * sum(folder in folders for folder, _, _ in places.values()) <= len(places):
            return Declined()
    if not folders and len({folder for folder, _, _ in places.values()}) == 1:
        folders = {folder for folder, _, _ in places.values() if all(map(parse_name, _files(places)))}
    named = {
        name: (_last(folder), told)
        for name, (folder, _, file) in places.items()
        if folder in folders and (told := parse_name(file))
    }
    if not named:
        return Declined()
    _check_folders(folders, str(listing.source.path))
    parsed = _with_splits(named)
    skipped = [
        Skipped(name, _why_skipped(name, folders))
        for name in sorted(listing.pictures, key=_is_once_more)
        if name not in parsed
    ]
    names = [one for _, one in parsed.values()]
    walks = find_walks([one.place for one in names], [one.time for one in names], [one.identity for one in names])
    rows: dict[str, Sequence[object]] = {
        "path": list(parsed),
        "identity": [one.identity for one in names],
        "camera": [one.camera for one in names],
        "time": [one.time for one in names],
        "tracklet": walks.labels,
        "split": [split for split, _ in parsed.values()],
    }
    is_duke = all(_DUKE.fullmatch(name.rpartition("/")[2].rpartition(".")[0]) for name in parsed)
    return Dataset(
        listing.source.path,
        "DukeMTMC-reID" if is_duke else "Market-1501",
        build_records(rows, options),
        (*listing.skipped, *skipped),
        (walks.note,) if walks.note else (),
    )


def _last(folder: str) -> str:
    return folder.rpartition("/")[2].lower()


def _files(places: Mapping[str, tuple[str, str, str]]) -> list[str]:
    return [file for _, _, file in places.values()]


def _is_of_layout(folder: str) -> bool:
    return folder in SPLIT_OF_FOLDER or _ANY_SUBSET.fullmatch(folder) is not None


def _with_splits(named: Mapping[str, tuple[str, FileName]]) -> dict[str, tuple[str | None, FileName]]:
    """Path -> split and what its name tells; a subset of another name is divided, or added to those that are there.

    People of a subset for validation are tested, next to a folder for training: they are divided into query and
    gallery, or are in the gallery where other people are tested, too.
    """
    split_of_folder = SPLIT_OF_FOLDER | _SHORT
    trained = {told.identity for folder, told in named.values() if split_of_folder.get(folder) == "train"}
    is_tested = any(split_of_folder.get(folder) in ("query", "gallery") for folder, _ in named.values())
    rest = "gallery" if is_tested else None
    in_training = trained - {DISTRACTOR, JUNK}

    def split_of(folder: str, told: FileName) -> str | None:
        if folder in split_of_folder:
            return split_of_folder[folder]
        if told.identity in in_training:
            return "train"
        return "test" if trained and not is_tested and folder in _VALIDATION else rest

    return {name: (split_of(folder, told), told) for name, (folder, told) in named.items()}


def _check_folders(folders: set[str], source: str) -> None:
    kinds: dict[str, str] = {}
    for folder in sorted(folders):
        kind = _last(folder)
        if kind in kinds:
            raise ReidError(
                f"{source} holds more than one data set: {kinds[kind]!r} and {folder!r} are both there. "
                "Give the folder or zip of one of them."
            )
        kinds[kind] = folder


def _is_once_more(name: str) -> bool:
    return any(part.lower() in _OTHER_FOLDERS for part in name.split("/")[:-1])


def _why_skipped(name: str, folders: set[str]) -> str:
    if _is_once_more(name):
        return "it shows the same people once more, in a box drawn by hand"
    if name.rpartition("/")[0] in folders:
        return "the name is not like 0002_c1s1_000451_03.jpg or 0001_c2_f0046182.jpg"
    return f"it lies outside {', '.join(SPLIT_OF_FOLDER)} and other folders called bounding_box_…"
