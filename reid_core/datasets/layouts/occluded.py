"""Occluded-REID, P-DukeMTMC-reID and Partial-REID: people who stand behind something, asked for among whole ones.

Zhuo et al., "Occluded Person Re-identification", ICME 2018: `occluded_body_images/001/001_01.tif` and
`whole_body_images/001/001_01.tif`, 200 people with five of each. Zheng et al., "Partial Person Re-identification", ICCV
2015: `partial_body_images/001_001.jpg` and `whole_body_images/001_001.jpg`, 60 people; its `occluded_body_images` are
the same pictures before what hides the person was cut off. Both are for testing only. P-DukeMTMC-reID, of the paper of
2018, has both kinds of pictures in `train` and in `test`. Which camera took which is not told everywhere; as in
published work the two folders stand for two cameras.
"""

from __future__ import annotations

from reid_core.datasets.layouts.layout import Layout, Part

_NAME = r"(?:\d+/)?(?P<identity>\d+)_\d+"
OCCLUDED_REID = Layout(
    name="Occluded-REID",
    example="occluded_body_images/001/001_01.tif",
    parts=(
        Part(rf"(?P<camera>occluded)_body_images/{_NAME}", "query"),
        Part(rf"(?P<camera>whole)_body_images/{_NAME}", "gallery"),
    ),
    needs=(0, 1),
)
_OF_DUKE = r"[^/]+/(?P<identity>\d+)_[^/]+"
P_DUKE = Layout(
    name="P-DukeMTMC-reID",
    example="train/occluded_body_images/0001/0001_c1_f0044158.jpg",
    parts=(
        Part(rf"train/(?P<camera>occluded|whole)_body_images/{_OF_DUKE}", "train"),
        Part(rf"test/(?P<camera>occluded)_body_images/{_OF_DUKE}", "query"),
        Part(rf"test/(?P<camera>whole)_body_images/{_OF_DUKE}", "gallery"),
    ),
    needs=(1, 2),
)
PARTIAL_REID = Layout(
    name="Partial-REID",
    example="partial_body_images/001_001.jpg",
    parts=(
        Part(rf"(?P<camera>partial)_body_images/{_NAME}", "query"),
        Part(rf"(?P<camera>whole)_body_images/{_NAME}", "gallery"),
    ),
    needs=(0, 1),
    ignored={"occluded_body_images": "partial_body_images holds this picture, cut to what is seen of the person"},
)
