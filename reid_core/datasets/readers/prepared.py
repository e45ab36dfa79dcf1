"""Market-1501 and others like it, put into a folder for each person as a much used tutorial does.

`prepare.py` of github.com/layumi/Person_reID_baseline_pytorch makes `pytorch/train_all/0002/0002_c1s1_000451_03.jpg`,
`pytorch/query/…` and `pytorch/gallery/…`. Its `train` and `val` divide the pictures of `train_all` once more, for
classification: the same people are in both.
"""

from __future__ import annotations

from reid_core.datasets.layouts.layout import Layout, Part

_NAME = r"(?P<identity>-1|\d+)/(?:-1|\d+)_c(?P<camera>\d+)[^/]*"
_ONCE_MORE = "train_all holds this picture, too"
PREPARED = Layout(
    name="folders of Person_reID_baseline_pytorch",
    example="train_all/0002/0002_c1s1_000451_03.jpg",
    parts=(
        Part(rf"train_all/{_NAME}", "train"),
        Part(rf"query/{_NAME}", "query"),
        Part(rf"gallery/{_NAME}", "gallery"),
    ),
    needs=(0, 1, 2),
    ignored={"train": _ONCE_MORE, "val": _ONCE_MORE, "multi-query": "query and gallery are read"},
    zero_is_a_distractor=True,
)
