"""CCVID: 226 people who walk past cameras in three sessions, in two of which most wear other clothes.

Gu et al., "Clothes-Changing Person Re-identification with RGB Modality Only", CVPR 2022: `session1/001_05/00001.jpg` is
person 001 in walk 05. `train.txt`, `query.txt` and `gallery.txt` name the walks of each split; without them people are
divided by `split_identities`. As in published work the number of the walk stands for the camera, and those of session 3
are others, 12 higher.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reid_core.datasets.base import Listing
from reid_core.datasets.layouts.layout import Crop, Layout, Part, read_list

SPLITS = ("train", "query", "gallery")
OTHER_CAMERAS = 12


def _refine(crop: Crop) -> Crop:
    session, walk = (crop.camera or "").split("/")
    camera = int(walk.rpartition("_")[2]) + (OTHER_CAMERAS if session == "session3" else 0)
    return Crop(crop.identity, str(camera), crop.split, crop.camera)


def _splits(listing: Listing, top: str, pictures: Sequence[str]) -> Mapping[str, str]:
    """Path -> split by the three lists; empty where not all of them are there."""
    above = f"{top}/" if top else ""
    walks: dict[str, str] = {}
    for split in SPLITS:
        if (lines := read_list(listing, top, f"{split}.txt")) is None:
            return {}
        walks |= {f"{above}{line.split()[0]}": split for line in lines}
    return {name: walks[walk] for name in pictures if (walk := name.rpartition("/")[0]) in walks}


CCVID = Layout(
    name="CCVID",
    example="session1/001_05/00001.jpg",
    parts=(
        Part(r"(?P<camera>session[12]/(?P<identity>\d{3})_\d{2})/\d{5}"),
        Part(r"(?P<camera>session3/(?P<identity>\d{3})_\d{2})/\d{5}"),
    ),
    needs=(0, 1),
    refine=_refine,
    splits=_splits,
)
