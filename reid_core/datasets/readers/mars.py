"""MARS: the frames of tracklets, in folders per identity.

Zheng et al., "MARS: A Video Benchmark for Large-Scale Person Re-Identification", ECCV 2016:
`bbox_train/0001/0001C1T0002F003.jpg` is identity 0001 in camera 1, tracklet 2, frame 3 of that tracklet. In `bbox_test`
identity 0000 is a distractor, 00-1 junk. Frames are counted afresh in every tracklet, so the time is unknown.

The official queries are whole tracklets, named in MATLAB files. Here crops are searched: of an identity that two
cameras or more have seen, the first frame of each camera's tracklet with the lowest number is a query, all else the
gallery. A camera's only frame stays in the gallery, so that every query has a match in another camera.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reid_core.datasets.base import Dataset, Declined, Listing, Options, Skipped, build_records
from reid_core.errors import ReidError
from reid_core.records import DISTRACTOR, JUNK

SPLIT_OF_FOLDER = {"bbox_train": "train", "bbox_test": "gallery"}
_NAME = re.compile(r"(00-1|[0-9]{4})C([0-9]{1,2})T([0-9]{1,6})F([0-9]{1,6})\.[A-Za-z]+")


@dataclass(frozen=True)
class FileName:
    """What a file name tells: `tracklet` is "0001C1T0002", `order` its number and that of the frame in it."""

    identity: str
    camera: str
    tracklet: str
    order: tuple[int, int]


def parse_name(name: str) -> FileName | None:
    """What the file name (without folders) tells, or None when it is of another kind."""
    if (match := _NAME.fullmatch(name)) is None:
        return None
    label, camera, tracklet, frame = match.groups()
    identity = {"00-1": JUNK, "0000": DISTRACTOR}.get(label, label)
    return FileName(identity, camera, f"{label}C{camera}T{tracklet}", (int(tracklet), int(frame)))


def read_mars(listing: Listing, options: Options) -> Dataset | Declined:
    """The data set; declined where no picture with such a name lies in a folder of the layout.

    Raises ReidError when a folder of the layout is there twice.
    """
    told: dict[str, FileName] = {}
    split: dict[str, str] = {}
    tops: dict[str, str] = {}
    for name in listing.pictures:
        folders, _, file = name.rpartition("/")
        top = folders.rpartition("/")[0]
        folder = top.rpartition("/")[2]
        if folder in SPLIT_OF_FOLDER and (parsed := parse_name(file)):
            told[name], split[name] = parsed, SPLIT_OF_FOLDER[folder]
            if tops.setdefault(folder, top) != top:
                raise ReidError(
                    f"{listing.source.path} holds more than one data set: {tops[folder]!r} and {top!r} are both there. "
                    "Give the folder or zip of one of them."
                )
    if not told:
        return Declined()
    split |= dict.fromkeys(_queries({name: told[name] for name in told if split[name] == "gallery"}), "query")
    layout = "bbox_train/0001/0001C1T0001F001.jpg or bbox_test/0002/0002C1T0001F001.jpg"
    skipped = [Skipped(name, f"it is not like {layout}") for name in listing.pictures if name not in told]
    rows: dict[str, Sequence[object]] = {
        "path": list(told),
        "identity": [parsed.identity for parsed in told.values()],
        "camera": [parsed.camera for parsed in told.values()],
        "tracklet": [parsed.tracklet for parsed in told.values()],
        "split": [split[name] for name in told],
    }
    return Dataset(listing.source.path, "MARS", build_records(rows, options), (*listing.skipped, *skipped))


def _queries(tested: Mapping[str, FileName]) -> list[str]:
    """The pictures of the test half that are queries, by the rule at the top of this file."""
    seen: dict[str, dict[str, list[str]]] = {}
    for name, parsed in tested.items():
        if parsed.identity not in (JUNK, DISTRACTOR):
            seen.setdefault(parsed.identity, {}).setdefault(parsed.camera, []).append(name)
    return [
        min(names, key=lambda name: (tested[name].order, name))
        for cameras in seen.values()
        for names in cameras.values()
        if len(cameras) > 1 and len(names) > 1
    ]
