"""VeRi-776: vehicles, not people, in twenty cameras of a city; the names are those of a person's data set.

Liu et al., "A Deep Learning-Based Approach to Progressive Vehicle Re-identification for Urban Surveillance", ECCV 2016:
`image_train/0001_c001_00016450_0.jpg` is vehicle 0001 in camera 1; `image_query` asks, `image_test` is the gallery.
"""

from __future__ import annotations

from reid_core.datasets.layouts.layout import Layout, Part

_NAME = r"(?P<identity>-1|\d{4})_c(?P<camera>\d{3})_\d{4,10}_\d+"
VERI = Layout(
    name="VeRi-776",
    example="image_train/0001_c001_00016450_0.jpg",
    parts=(
        Part(rf"image_query/{_NAME}", "query"),
        Part(rf"image_test/{_NAME}", "gallery"),
        Part(rf"image_train/{_NAME}", "train"),
    ),
)
