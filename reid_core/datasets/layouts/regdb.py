"""RegDB: 412 people, ten times each in visible light and ten times by a thermal camera.

Nguyen et al., "Person Recognition System Based on a Combination of Body Images from Visible Light and Thermal Cameras",
Sensors 2017: `Visible/1/male_back_v_07491_1.bmp`, `Thermal/1/…`. The protocol (Ye et al., AAAI 2018) is ten divisions,
`idx/train_visible_1.txt` …; the first is taken where it is there, and visible pictures ask for thermal ones. Without
it people are divided by `split_identities`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from reid_core.datasets.base import Listing
from reid_core.datasets.layouts.layout import Crop, Layout, Part, read_list

LISTS = {
    "train_visible_1.txt": "train",
    "train_thermal_1.txt": "train",
    "test_visible_1.txt": "query",
    "test_thermal_1.txt": "gallery",
}
_LINE = re.compile(r"(.+?) +\d+")


def _splits(listing: Listing, top: str, pictures: Sequence[str]) -> Mapping[str, str]:
    """Path -> split by the first of the ten divisions; empty where not all of its lists are there."""
    found: dict[str, str] = {}
    above = f"{top}/" if top else ""
    for name, split in LISTS.items():
        if (lines := read_list(listing, top, f"idx/{name}")) is None:
            return {}
        matches = map(_LINE.fullmatch, lines)
        found |= {f"{above}{match[1]}": split for match in matches if match}
    return found if found.keys() & set(pictures) else {}


REGDB = Layout(
    name="RegDB",
    example="Visible/1/male_back_v_07491_1.bmp",
    parts=(
        Part(r"(?P<camera>Visible)/(?P<identity>\d+)/[^/]+"),
        Part(r"(?P<camera>Thermal)/(?P<identity>\d+)/[^/]+"),
    ),
    needs=(0, 1),
    refine=lambda crop: Crop(crop.identity, (crop.camera or "").lower(), crop.split),
    splits=_splits,
)
