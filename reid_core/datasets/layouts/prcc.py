"""PRCC: 221 people in three cameras; in the third they wear other clothes.

Yang, Wu, Zheng, "Person Re-identification by Contour Sketch under Moderate Clothing Change", TPAMI 2021:
`rgb/train/001/A_cropped_rgb001.jpg`, `rgb/val/…` of the same people, and `rgb/test/A/003/cropped_rgb001.jpg`. A and B
saw the same clothes, C others: A of the test half is the gallery, B and C ask. Sketches are not read.
"""

from __future__ import annotations

from reid_core.datasets.layouts.layout import Layout, Part

PRCC = Layout(
    name="PRCC",
    example="rgb/train/001/A_cropped_rgb001.jpg or rgb/test/A/003/cropped_rgb001.jpg",
    parts=(
        Part(r"(?:rgb/)?(?:train|val)/(?P<identity>\d+)/(?P<camera>[ABC])_cropped_rgb\d+", "train"),
        Part(r"(?:rgb/)?test/(?P<camera>A)/(?P<identity>\d+)/cropped_rgb\d+", "gallery"),
        Part(r"(?:rgb/)?test/(?P<camera>[BC])/(?P<identity>\d+)/cropped_rgb\d+", "query"),
    ),
    ignored={"sketch": "it is a sketch; the photographs are read"},
)
