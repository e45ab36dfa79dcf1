"""CUHK03: five pairs of cameras, each of which saw everybody up to five times; boxes drawn by hand and by a detector.

Li et al., "DeepReID: Deep Filter Pairing Neural Network for Person Re-Identification", CVPR 2014. The release is
`cuhk-03.mat` with the pictures inside; many have unpacked it into `images_detected` and `images_labeled`, where
`1_001_2_06.png` is pair 1, person 001, camera 2 of the pair, view 6. People are numbered afresh in each pair: identity
"1_001" was seen by the cameras "1-1" and "1-2", which are not those of another pair.

Zhong et al., "Re-ranking Person Re-identification with k-reciprocal Encoding", CVPR 2017, divide the data set into 767
people to train on and 700 to test, with one query for each camera of a person. Where their file
`cuhk03_new_protocol_config_detected.mat` (or `..._labeled.mat`) lies beside the pictures or one folder above, it
decides; else the first of the 20 test sets in `cuhk-03.mat` says who is tested; without either, identities are divided
by `split_identities`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from reid_core.datasets.base import Dataset, Declined, Listing, Options, Skipped, build_records
from reid_core.datasets.readers.mat5 import read_mat5
from reid_core.errors import ReidError
from reid_core.images import BadImage, MissingFile
from reid_core.sources import ImageSource
from reid_core.sources.folder import FolderSource
from reid_core.sources.mat import MatSource

FOLDERS: Mapping[str, tuple[str, ...]] = {
    "detected": ("images_detected", "detected"),
    "labeled": ("images_labeled", "labeled"),
}
SPLIT_OF_INDEX = {"train_idx": "train", "query_idx": "query", "gallery_idx": "gallery"}
MAX_PROTOCOL_BYTES = 4 * 2**20
_NAME = re.compile(r"([1-5])_([0-9]{3,5})_([12])_([0-9]{2})\.[A-Za-z]+")


def read_cuhk03_detected(listing: Listing, options: Options) -> Dataset | Declined:
    """The boxes of the detector; see `_read`."""
    return _read(listing, options, "detected")


def read_cuhk03_labeled(listing: Listing, options: Options) -> Dataset | Declined:
    """The boxes drawn by hand; see `_read`."""
    return _read(listing, options, "labeled")


def _read(listing: Listing, options: Options, version: str) -> Dataset | Declined:
    """One version of the boxes; declined where no picture with such a name lies in a folder of that version.

    The other version's pictures are the same people once more and are left alone. Raises ReidError when the version is
    there twice, or the file of the protocol is damaged or names none of the pictures.
    """
    told: dict[str, tuple[str, str]] = {}
    folders: set[str] = set()
    for name in listing.pictures:
        folder, _, file = name.rpartition("/")
        if folder.rpartition("/")[2] in FOLDERS[version] and (match := _NAME.fullmatch(file)):
            told[name] = (f"{match[1]}_{match[2]}", f"{match[1]}-{match[3]}")
            folders.add(folder)
    if not told:
        return Declined()
    if len(folders) > 1:
        first, second = sorted(folders)[:2]
        raise ReidError(
            f"{listing.source.path} holds more than one data set: {first!r} and {second!r} are both there. "
            "Give the folder or zip of one of them."
        )
    other = next(places for name, places in FOLDERS.items() if name != version)
    skipped = [
        Skipped(name, f"it is not like {FOLDERS[version][0]}/1_001_1_01.png")
        for name in listing.pictures
        if name not in told and not any(part in other for part in name.split("/"))
    ]
    splits = _protocol(listing.source, folders.pop(), version)
    if splits is not None:
        there = {name.rpartition("/")[2] for name in told}
        skipped += [
            Skipped(name, "the protocol's file names it, but it is not there") for name in splits.keys() - there
        ]
        skipped += [Skipped(name, "the protocol's file does not name it") for name in told if _file(name) not in splits]
        told = {name: labels for name, labels in told.items() if _file(name) in splits}
        if not told:
            raise ReidError(f"The protocol {_protocol_name(version)} names none of the pictures. Remove it.")
    tested = listing.source.test_people() if splits is None and isinstance(listing.source, MatSource) else None
    rows: dict[str, Sequence[object]] = {
        "path": list(told),
        "identity": [identity for identity, _ in told.values()],
        "camera": [camera for _, camera in told.values()],
        "split": [splits[_file(name)] if splits is not None else _side(name, tested) for name in told],
    }
    skipped.sort(key=lambda skip: skip.path)
    return Dataset(listing.source.path, f"CUHK03 {version}", build_records(rows, options), (*listing.skipped, *skipped))


def _file(name: str) -> str:
    return name.rpartition("/")[2]


def _side(name: str, tested: frozenset[tuple[int, int]] | None) -> str | None:
    """ "train" or "test" by the test set in `cuhk-03.mat`."""
    if tested is None:
        return None
    pair, person, _, _ = _file(name).split("_")
    return "test" if (int(pair), int(person)) in tested else "train"


def _protocol_name(version: str) -> str:
    return f"cuhk03_new_protocol_config_{version}.mat"


def _protocol(source: ImageSource, folder: str, version: str) -> dict[str, str] | None:
    """File name -> split, by the file of the protocol; None where there is none."""
    for place, name in _protocol_places(source, folder, _protocol_name(version)):
        try:
            return _splits(read_mat5(place.read(name, limit=MAX_PROTOCOL_BYTES)))
        except MissingFile:
            continue
        except (BadImage, ValueError) as error:
            raise ReidError(f"The protocol {name} cannot be used: {error}. Download it again, or remove it.") from error
    return None


def _protocol_places(source: ImageSource, folder: str, name: str) -> list[tuple[ImageSource, str]]:
    """Where the file may be: beside the folder of pictures or `cuhk-03.mat`, and one folder above."""
    if isinstance(source, MatSource):
        return [(FolderSource(path), name) for path in list(source.path.parents)[:2]]
    above = folder.split("/")[:-1]
    return [(source, "/".join([*parts, name])) for parts in dict.fromkeys((tuple(above), tuple(above[:-1])))]


def _splits(variables: Mapping[str, list[int] | list[str]]) -> dict[str, str]:
    """File name -> split. Raises ValueError with the reason."""
    files = variables.get("filelist")
    if not files or not isinstance(files[0], str):
        raise ValueError("it has no list of files called filelist")
    found: dict[str, str] = {}
    for key, split in SPLIT_OF_INDEX.items():
        if not (places := variables.get(key)):
            raise ValueError(f"it has no {key}")
        for place in places:
            if not isinstance(place, int) or not 1 <= place <= len(files):
                raise ValueError(f"{key} names file {place} of {len(files)}")
            name = _file(str(files[place - 1]))
            if found.setdefault(name, split) != split:
                raise ValueError(f"{name} is in two splits, {found[name]} and {split}")
    return found
