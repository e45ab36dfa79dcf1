"""NKUP: 107 people in fifteen cameras over several months, who change clothes.

Wang et al., "A Benchmark for Clothes Variation in Person Re-identification", International Journal of Intelligent
Systems 2020: `bounding_box_train/0001_D0911_C01S01_00152.jpg` is person 0001 on 11 September, camera 1, sequence 1;
`query` asks, `bounding_box_test` is the gallery.
"""

from __future__ import annotations

from reid_core.datasets.layouts.layout import Layout, Part

_NAME = r"(?P<identity>-1|\d+)_D\d+_C(?P<camera>\d+)S\d+(?:_\w+)?"
NKUP = Layout(
    name="NKUP",
    example="bounding_box_train/0001_D0911_C01S01_00152.jpg",
    parts=(
        Part(rf"query/{_NAME}", "query"),
        Part(rf"bounding_box_test/{_NAME}", "gallery"),
        Part(rf"bounding_box_train/{_NAME}", "train"),
    ),
    zero_is_a_distractor=True,
)
