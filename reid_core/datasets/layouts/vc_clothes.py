"""VC-Clothes: 512 people who do not exist, in four cameras of a computer game; in two they wear other clothes.

Wan et al., "When Person Re-identification Meets Changing Clothes", CVPR workshops 2020: `train/0001-01-02-03.jpg` is
person 0001, camera 1, outfit 2, picture 3. No name begins with more than 0512, and so none is a date.
"""

from __future__ import annotations

from reid_core.datasets.layouts.layout import Layout, Part

_NAME = r"(?P<identity>0\d{3})-(?P<camera>0[1-4])-0\d-\d{2}"
VC_CLOTHES = Layout(
    name="VC-Clothes",
    example="train/0001-01-02-03.jpg",
    parts=(
        Part(rf"query/{_NAME}", "query"),
        Part(rf"gallery/{_NAME}", "gallery"),
        Part(rf"train/{_NAME}", "train"),
    ),
    needs=(0, 1),
)
