"""i-LIDS-VID: 300 people, each a walk past each of two cameras in an airport.

Wang et al., "Person Re-identification by Video Ranking", ECCV 2014:
`sequences/cam1/person001/cam1_person001_00317.png`, and one frame of each walk in
`images/cam1/person001/cam1_person001.png`, which is read where the walks are not there. Published work divides people
at random ten times: here they are divided by `split_identities`.
"""

from __future__ import annotations

from reid_core.datasets.layouts.layout import Layout, Part

_FOLDERS = r"cam(?P<camera>[12])/(?P<identity>person\d+)"
ILIDS_VID = Layout(
    name="i-LIDS-VID",
    example="sequences/cam1/person001/cam1_person001_00317.png",
    parts=(Part(rf"sequences/{_FOLDERS}/cam(?P=camera)_(?P=identity)_(?P<walk>\d+)"),),
    spare=(Part(rf"images/{_FOLDERS}/cam(?P=camera)_(?P=identity)"),),
)
