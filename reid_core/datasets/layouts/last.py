"""LaST: 10,862 people out of films.

Shu et al., "Large-Scale Spatio-Temporal Person Re-identification: Algorithms and Benchmark", TCSVT 2021:
`train/000001/000001_….jpg`, `test/query/000003_….jpg` and `test/gallery/000003/000003_….jpg`; the first number is the
person. No cameras are told. The 56 people of `val/query` and `val/gallery` are for training, so that the test half is
the published one.
"""

from __future__ import annotations

from reid_core.datasets.layouts.layout import Layout, Part

_NAME = r"(?P<identity>\d{6})_[^/]+"
_IN_FOLDER = r"(?P<identity>\d{6})/(?P=identity)_[^/]+"
LAST = Layout(
    name="LaST",
    example="train/000001/000001_01.jpg or test/query/000003_01.jpg",
    parts=(
        Part(rf"test/query/(?:\d{{6}}/)?{_NAME}", "query"),
        Part(rf"test/gallery/(?:\d{{6}}/)?{_NAME}", "gallery"),
        Part(rf"train/{_IN_FOLDER}", "train"),
        Part(rf"val/(?:query|gallery)/(?:\d{{6}}/)?{_NAME}", "train"),
    ),
    needs=(0, 1),
)
