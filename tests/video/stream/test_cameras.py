"""The camera is proposed from the file's name, or from its folder's."""

from __future__ import annotations

from pathlib import Path

import pytest

from reid_core.video.stream.cameras import camera_of

ROOT = Path("/recordings")


@pytest.mark.parametrize(
    ("name", "camera", "source"),
    [
        ("gate_20260302_080000.mp4", "gate", "name"),
        ("ch01_2026-03-02 08-00-00.dav", "ch01", "name"),
        ("NVR_ch1_main_20260302080000_20260302090000.dav", "ch1", "name"),
        ("Front Door - 2026-03-02 at 8.11.30 PM.mp4", "Front_Door", "name"),
        ("camera-2 east_2026-03-02T08-00-00+0100.mkv", "camera-2_east", "name"),
        ("cam 3_20260302_080000.ts", "cam_3", "name"),
        ("street.mp4", "street", "name"),
        ("cam3/20260302_080000.mp4", "cam3", "folder"),
        ("cam3/2026-03-02/08-00-00.mp4", "cam3", "folder"),
        ("cam3/20260302/08.00.00-09.00.00[R][0@0][0].dav", "cam3", "folder"),
        ("yard/IMG_20260302_081130.mp4", "yard", "folder"),
        ("yard/VID_0001.mp4", "yard", "folder"),
        ("Tür/1772439090123.mp4", "Tür", "folder"),
    ],
)
def test_a_name_tells_its_camera(name: str, camera: str, source: str) -> None:
    found = camera_of(ROOT / name, ROOT)
    assert found is not None
    assert (found.camera, found.source) == (camera, source)


@pytest.mark.parametrize(
    "name", ["IMG_20260302_081130.mp4", "20260302_080000.mp4", "00000123.ts", "2026-03-02/0001.mp4"]
)
def test_a_name_that_tells_nothing_is_no_camera(name: str) -> None:
    assert camera_of(ROOT / name, ROOT) is None


def test_a_recording_by_itself_may_be_named_by_its_folder_but_not_by_those_above() -> None:
    found = camera_of(Path("/home/eve/yard/20260302_080000.mp4"))
    assert found is not None
    assert found.camera == "yard"
    assert camera_of(Path("/home/eve/0001/20260302_080000.mp4")) is None
