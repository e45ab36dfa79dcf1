"""GRID: 250 people between two of the eight cameras of an underground station, and 775 pictures of others.

Loy, Xiang, Gong, "Multi-camera Activity Correlation Analysis", CVPR 2009: `probe/0001_1_25004_107_32_106_221.jpeg` is
person 0001 in camera 1; then frame, and left, top, width and height of the box. `gallery/0000_…` are distractors. The
published divisions are random halves of the people; here, as in the folders, all are for testing.
"""

from __future__ import annotations

from reid_core.datasets.layouts.layout import Layout, Part

_NAME = r"(?P<identity>\d{4})_(?P<camera>[1-8])_\d+_\d+_\d+_\d+_\d+"
GRID = Layout(
    name="GRID",
    example="probe/0001_1_25004_107_32_106_221.jpeg",
    parts=(Part(rf"probe/{_NAME}", "query"), Part(rf"gallery/{_NAME}", "gallery")),
    needs=(0, 1),
    zero_is_a_distractor=True,
)
