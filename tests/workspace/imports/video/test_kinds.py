"""Whether a path holds recordings, pictures, or both."""

from __future__ import annotations

from pathlib import Path

import pytest

from reid_core.workspace.imports.video.kinds import Kinds, kinds_in
from tests.support.films import film


def test_recordings_are_told_by_content_where_the_name_says_nothing(tmp_path: Path) -> None:
    film(tmp_path / "0001.mkv", 3).rename(tmp_path / "0001")
    (tmp_path / "cam2").mkdir()
    (tmp_path / "cam2" / "night.DAV").write_bytes(b"a recorder's own")
    (tmp_path / "cam2" / "site.csv").write_text("a,b\n")
    (tmp_path / "cam2" / ".hidden.mp4").write_bytes(b"x")
    (tmp_path / "README").write_text("words")
    assert kinds_in(tmp_path) == Kinds((tmp_path / "0001", tmp_path / "cam2" / "night.DAV"))
    assert kinds_in(tmp_path / "0001").recordings == (tmp_path / "0001",)


def test_pictures_are_counted_and_a_folder_may_hold_both(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.PNG", "c.heic"):
        (tmp_path / name).write_bytes(b"x")
    assert kinds_in(tmp_path) == Kinds(pictures=3)
    (tmp_path / "gate.mp4").write_bytes(b"x")
    assert kinds_in(tmp_path) == Kinds((tmp_path / "gate.mp4",), 3)
    assert kinds_in(tmp_path).are_both


@pytest.mark.parametrize("name", ["crops.zip", "crops.tar", "crops.csv", "photo.jpg", "cuhk.mat"])
def test_what_pictures_come_in_is_no_recording_whatever_is_in_it(tmp_path: Path, name: str) -> None:
    film(tmp_path / "a.mkv", 3).rename(tmp_path / name)
    assert kinds_in(tmp_path / name) == Kinds()
