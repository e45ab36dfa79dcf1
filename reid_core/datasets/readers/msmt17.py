"""MSMT17: folders per identity, and lists that say which picture is for what.

Wei et al., "Person Transfer GAN to Bridge Domain Gap for Person Re-Identification", CVPR 2018. Below `MSMT17_V1` lie
`train`, `test`, `list_train.txt`, `list_val.txt`, `list_query.txt` and `list_gallery.txt`; `MSMT17_V2`, with blurred
faces, calls the folders `mask_train_v2` and `mask_test_v2`. A line of a list is a path below one of the folders and the
number of the person: `0000/0000_000_01_0303morning_0015_0.jpg 0`, seen by camera 01 on a morning of 3 March.

People are numbered from 0 on either side, though nobody is on both: person 0 of the test half is identity "0000", as in
the file names, and person 0 of the training half "t0000". No year and no hour are told, so the time is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reid_core.datasets.base import Dataset, Declined, Listing, Options, Skipped, build_records
from reid_core.errors import ReidError
from reid_core.images import BadImage

TRAIN_FOLDERS = ("train", "mask_train_v2")
TEST_FOLDERS = ("test", "mask_test_v2")
SPLIT_OF_LIST = {
    "list_train.txt": "train",
    "list_val.txt": "train",
    "list_query.txt": "query",
    "list_gallery.txt": "gallery",
}
MAX_LIST_BYTES = 16 * 2**20  # a list of a million lines
_NAME = re.compile(r"[0-9]{4}_[0-9]{3}_([0-9]{2})_[0-9]{4}(?:morning|noon|afternoon)_[0-9]+_[0-9]+\.[A-Za-z]+")
_LINE = re.compile(r"(\S+) +([0-9]{1,6})")


def read_msmt17(listing: Listing, options: Options) -> Dataset | Declined:
    """The data set; declined where no picture with such a name lies in a person's folder below such a folder.

    Lines that cannot be used and pictures that no list names are skipped. Raises ReidError when the data set is there
    twice, or its lists are missing or name none of its pictures.
    """
    sides = {place for name in listing.pictures if (place := _side_of(name)) is not None}
    if not sides:
        return Declined()
    top, train, test = _check_sides(sides, str(listing.source.path))
    there = set(listing.pictures)
    skipped: list[Skipped] = []
    found: dict[str, tuple[str, str, str]] = {}
    for kind, split in SPLIT_OF_LIST.items():
        side, prefix = (train, "t") if split == "train" else (test, "")
        for where, path, number in _read_list(listing, f"{top}{kind}", skipped):
            name = f"{top}{side}/{path}"
            camera = _NAME.fullmatch(name.rpartition("/")[2])
            if name in found:
                skipped.append(Skipped(where, f"{name} is already in a list"))
            elif name not in there:
                skipped.append(Skipped(where, f"there is no picture {name}"))
            elif camera is None:
                skipped.append(Skipped(where, f"the name of {name} is not like 0000_000_01_0303morning_0015_0.jpg"))
            else:
                found[name] = (f"{prefix}{number:04d}", str(int(camera[1])), split)
    if not found:
        reason = f" {skipped[0].path}: {skipped[0].reason}." if skipped else ""
        raise ReidError(
            f"{listing.source.path} looks like MSMT17, but its lists ({', '.join(SPLIT_OF_LIST)}) name none of its "
            f"pictures.{reason} Put the lists beside the folders of pictures."
        )
    skipped += [Skipped(name, "no list names it") for name in listing.pictures if name not in found]
    rows: dict[str, Sequence[object]] = {
        "path": list(found),
        "identity": [identity for identity, _, _ in found.values()],
        "camera": [camera for _, camera, _ in found.values()],
        "split": [split for _, _, split in found.values()],
    }
    return Dataset(listing.source.path, "MSMT17", build_records(rows, options), (*listing.skipped, *skipped))


def _side_of(name: str) -> tuple[str, str] | None:
    """The folder of the data set, with its slash, and that of the side: ("a/MSMT17_V1/", "train")."""
    folders, _, file = name.rpartition("/")
    parts = folders.split("/")
    is_side = len(parts) > 1 and parts[-2] in (*TRAIN_FOLDERS, *TEST_FOLDERS)
    if not is_side or not parts[-1].isdecimal() or not _NAME.fullmatch(file):
        return None
    return "".join(f"{part}/" for part in parts[:-2]), parts[-2]


def _check_sides(sides: set[tuple[str, str]], source: str) -> tuple[str, str, str]:
    """The folder of the one data set and the names of its training and test folders."""
    versions = {(top, (TRAIN_FOLDERS if side in TRAIN_FOLDERS else TEST_FOLDERS).index(side)) for top, side in sides}
    if len(versions) > 1:
        first, second = (f"{top}{TRAIN_FOLDERS[version]}" for top, version in sorted(versions)[:2])
        raise ReidError(
            f"{source} holds more than one data set: that of {first!r} and that of {second!r}. "
            "Give the folder or zip of one of them."
        )
    ((top, version),) = versions
    return top, TRAIN_FOLDERS[version], TEST_FOLDERS[version]


def _read_list(listing: Listing, name: str, skipped: list[Skipped]) -> Iterator[tuple[str, str, int]]:
    """Where ("line 3 of list_train.txt"), path and number of each line; what cannot be read is added to `skipped`."""
    try:
        text = listing.source.read(name, limit=MAX_LIST_BYTES).decode("utf-8-sig", "backslashreplace")
    except BadImage as error:
        skipped.append(Skipped(name, str(error)))
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _LINE.fullmatch(line.strip()):
            yield f"line {number} of {name}", match[1], int(match[2])
        elif line.strip():
            reason = f"{line.strip()[:80]!r} is not a path and a person's number"
            skipped.append(Skipped(f"line {number} of {name}", reason))
