"""LTCC: 152 people in twelve cameras over two months, in several outfits.

Qian et al., "Long-Term Cloth-Changing Person Re-identification", ACCV 2020: `train/094_1_c9_015833.png` is person 094
in outfit 1, camera 9; `query` asks, `test` is the gallery.
"""

from __future__ import annotations

from reid_core.datasets.layouts.layout import Layout, Part

_NAME = r"(?P<identity>\d{3})_\d{1,2}_c(?P<camera>\d{1,2})_\d+"
LTCC = Layout(
    name="LTCC",
    example="train/094_1_c9_015833.png",
    parts=(
        Part(rf"query/{_NAME}", "query"),
        Part(rf"test/{_NAME}", "gallery"),
        Part(rf"train/{_NAME}", "train"),
    ),
    needs=(0, 1),
)
