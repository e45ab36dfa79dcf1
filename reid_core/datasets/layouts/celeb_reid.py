"""Celeb-reID and Celeb-reID-light: 1,052 (590) people on photographs of the street, in other clothes on each.

Huang et al., "Beyond Scalar Neuron: Adopting Vector-Neuron Capsules for Long-Term Person Re-Identification", TCSVT
2020: `train/1_2_0.jpg` is person 1, picture 2; the last number says nothing. No cameras are told.
"""

from __future__ import annotations

from reid_core.datasets.layouts.layout import Layout, Part

_NAME = r"(?P<identity>[1-9]\d{0,3})_\d{1,4}_0"
CELEB_REID = Layout(
    name="Celeb-reID",
    example="train/1_2_0.jpg",
    parts=(
        Part(rf"query/{_NAME}", "query"),
        Part(rf"gallery/{_NAME}", "gallery"),
        Part(rf"train/{_NAME}", "train"),
    ),
    needs=(0, 1, 2),
)
