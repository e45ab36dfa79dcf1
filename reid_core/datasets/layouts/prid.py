"""PRID 2011: two cameras over a street; 200 people were seen by both.

Hirzer et al., "Person Re-Identification by Descriptive and Discriminative Classification", SCIA 2011:
`multi_shot/cam_a/person_0001/0001.png` are the frames of a walk, `single_shot/cam_a/person_0001.png` one of them, which
is read where the walks are not there. Only the numbers 1 to 200 mean the same person in both cameras: above them
person_0201 of camera a and of camera b are two people ("a-0201", "b-0201"), who are strangers in the gallery. The 200
are divided by `split_identities`, as published work divides them at random.
"""

from __future__ import annotations

from reid_core.datasets.layouts.layout import Crop, Layout, Part

SEEN_BY_BOTH = 200


def _refine(crop: Crop) -> Crop:
    if int(crop.identity) <= SEEN_BY_BOTH:
        return crop
    label = f"{crop.camera}-{crop.identity}"
    return Crop(label, crop.camera, "gallery", crop.tracklet)


_FOLDER = r"cam_(?P<camera>[ab])/person_(?P<identity>\d{4})"
PRID = Layout(
    name="PRID 2011",
    example="multi_shot/cam_a/person_0001/0001.png",
    parts=(Part(rf"multi_shot/{_FOLDER}/(?P<walk>\d+)"),),
    spare=(Part(rf"single_shot/{_FOLDER}"),),
    refine=_refine,
    everyone_twice=False,
)
