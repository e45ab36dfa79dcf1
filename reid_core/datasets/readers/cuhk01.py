"""CUHK01: two cameras on a campus, each of which saw everybody twice.

Li, Zhao, Wang, "Human Reidentification with Transferred Metric Learning", ACCV 2012: `campus/0001003.png` is picture 3
of person 0001. Pictures 1 and 2 are from one camera, 3 and 4 from the other. The published protocols divide at random:
here identities are divided by `split_identities`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reid_core.datasets.base import Dataset, Declined, Listing, Options, Skipped, build_records
from reid_core.errors import ReidError

FOLDER = "campus"
CAMERA_OF_PICTURE = {"001": "1", "002": "1", "003": "2", "004": "2"}
_NAME = re.compile(r"([0-9]{4})(00[1-4])\.[A-Za-z]+")


def read_cuhk01(listing: Listing, options: Options) -> Dataset | Declined:
    """The data set; declined unless more than half of all pictures lie in a folder "campus" and have such names.

    Raises ReidError when that folder is there twice.
    """
    told: dict[str, tuple[str, str]] = {}
    folders: set[str] = set()
    for name in listing.pictures:
        folder, _, file = name.rpartition("/")
        if folder.rpartition("/")[2] == FOLDER and (match := _NAME.fullmatch(file)):
            told[name] = (match[1], CAMERA_OF_PICTURE[match[2]])
            folders.add(folder)
    if 2 * len(told) <= len(listing.pictures):
        return Declined()
    if len(folders) > 1:
        first, second = sorted(folders)[:2]
        raise ReidError(
            f"{listing.source.path} holds more than one data set: {first!r} and {second!r} are both there. "
            "Give the folder or zip of one of them."
        )
    skipped = [Skipped(name, "it is not like campus/0001001.png") for name in listing.pictures if name not in told]
    rows: dict[str, Sequence[object]] = {
        "path": list(told),
        "identity": [identity for identity, _ in told.values()],
        "camera": [camera for _, camera in told.values()],
        "split": [None] * len(told),
    }
    return Dataset(listing.source.path, "CUHK01", build_records(rows, options), (*listing.skipped, *skipped))
