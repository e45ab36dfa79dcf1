"""CUHK02: 1,816 people in five pairs of cameras, each of which saw everyone twice.

Li and Wang, "Locally Aligned Feature Transforms across Views", CVPR 2013: `P1/cam1/001_01.png` is person 001 of the
first pair. People are numbered afresh in each pair: "P1-001" was seen by the cameras "P1-1" and "P1-2". As published,
pair 5 is for testing, its first camera asks, and the other pairs are for training.
"""

from __future__ import annotations

from reid_core.datasets.layouts.layout import Crop, Layout, Part


def _refine(crop: Crop) -> Crop:
    pair, camera = (crop.camera or "").split("/cam")
    return Crop(f"{pair}-{crop.identity}", f"{pair}-{camera}", crop.split)


_NAME = r"(?P<identity>\d{3,4})_\d{2}"
CUHK02 = Layout(
    name="CUHK02",
    example="P1/cam1/001_01.png",
    parts=(
        Part(rf"(?P<camera>P5/cam1)/{_NAME}", "query"),
        Part(rf"(?P<camera>P5/cam2)/{_NAME}", "gallery"),
        Part(rf"(?P<camera>P[1-4]/cam[12])/{_NAME}", "train"),
    ),
    needs=(2,),
    refine=_refine,
)
