"""VIPeR: two cameras, each of which saw everybody once.

Gray, Brennan, Tao, "Evaluating Appearance Models for Recognition, Reacquisition, and Tracking", PETS 2007:
`cam_a/000_45.bmp` and `cam_b/000_90.bmp` are person 000 from 45 and 90 degrees. There is no official division:
identities are divided by `split_identities`, and one of a test person's two pictures asks for the other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reid_core.datasets.base import Dataset, Declined, Listing, Options, Skipped, build_records
from reid_core.errors import ReidError

CAMERA_OF_FOLDER = {"cam_a": "a", "cam_b": "b"}
_NAME = re.compile(r"([0-9]{3})_(?:0|45|90|135|180)\.[A-Za-z]+")  # degrees


def read_viper(listing: Listing, options: Options) -> Dataset | Declined:
    """The data set; declined unless both folders hold such names, and more than half of all pictures.

    Raises ReidError when a folder is there twice.
    """
    told: dict[str, tuple[str, str]] = {}
    folders: dict[str, set[str]] = {camera: set() for camera in CAMERA_OF_FOLDER.values()}
    for name in listing.pictures:
        folder, _, file = name.rpartition("/")
        camera = CAMERA_OF_FOLDER.get(folder.rpartition("/")[2])
        if camera is not None and (match := _NAME.fullmatch(file)):
            told[name] = (match[1], camera)
            folders[camera].add(folder)
    if not all(folders.values()) or 2 * len(told) <= len(listing.pictures):
        return Declined()
    for places in folders.values():
        if len(places) > 1:
            first, second = sorted(places)[:2]
            raise ReidError(
                f"{listing.source.path} holds more than one data set: {first!r} and {second!r} are both there. "
                "Give the folder or zip of one of them."
            )
    layout = "cam_a/000_45.bmp or cam_b/000_90.bmp"
    skipped = [Skipped(name, f"it is not like {layout}") for name in listing.pictures if name not in told]
    rows: dict[str, Sequence[object]] = {
        "path": list(told),
        "identity": [identity for identity, _ in told.values()],
        "camera": [camera for _, camera in told.values()],
        "split": [None] * len(told),
    }
    return Dataset(listing.source.path, "VIPeR", build_records(rows, options), (*listing.skipped, *skipped))
