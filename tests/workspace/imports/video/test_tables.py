"""Tables of recordings: what a row says, and which rows cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from reid_core.errors import ReidError
from reid_core.workspace.imports.video.tables import TableRow, paths_in, read_recording_table, write_recording_table


def table(folder: Path, text: str | bytes) -> Path:
    file = folder / "night.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_a_table_says_camera_start_zone_and_stream_of_each_recording(tmp_path: Path) -> None:
    text = (
        "camera,Path,start,time_zone,stream\ngate, films/a.mp4,name,Europe/London,\n,/srv/b.mkv,2026-03-02T08:00Z,,1\n"
    )
    rows, skipped = read_recording_table(table(tmp_path, text))
    assert skipped == []
    assert rows == [
        TableRow(tmp_path / "films/a.mp4", "gate", "name", "Europe/London", None, 2),
        TableRow(Path("/srv/b.mkv"), None, "2026-03-02T08:00Z", None, 1, 3),
    ]


def test_only_the_path_has_to_be_there_and_spreadsheets_write_other_separators(tmp_path: Path) -> None:
    rows, _ = read_recording_table(table(tmp_path, b"\xef\xbb\xbfpath;camera\r\n/a,b.mp4;gate\r\n\r\n/c.mp4;\r\n"))
    assert [(row.number, row.path, row.camera) for row in rows] == [
        (2, Path("/a,b.mp4"), "gate"),
        (4, Path("/c.mp4"), None),
    ]
    rows, _ = read_recording_table(table(tmp_path, "path\n/a.mp4\n"))
    assert rows == [TableRow(Path("/a.mp4"), number=2)]


def test_a_bad_row_is_named_by_its_number_and_the_others_stay(tmp_path: Path) -> None:
    text = "path,camera,stream\n/a.mp4,gate,\n,door,\n/b.mp4,x\n/c.mp4,x,two\n/d.mp4,yard,0\n"
    rows, skipped = read_recording_table(table(tmp_path, text))
    assert [row.camera for row in rows] == ["gate", "yard"]
    assert [(one.path, one.reason.split(".")[0]) for one in skipped] == [
        ("row 3", "Its path is empty"),
        ("row 4", "It has 2 cells, but the first line names 3 columns"),
        ("row 5", "Its stream 'two' is not a number"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("path,kamera\n/a.mp4,gate\n", "has a column 'kamera'"),
        ("path,path\n/a,/b\n", "two columns path"),
        ("camera\ngate\n", "has no column path"),
        ("path,camera\n", "names no recording"),
        ("", "has no column path"),
        (b"path\n\xff\xfe.mp4\n", "not a CSV in UTF-8"),
        ('path\n"/a.mp4\n', "not valid CSV"),
    ],
)
def test_what_is_no_table_of_recordings_is_a_sentence(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(ReidError, match=said):
        read_recording_table(table(tmp_path, text))


def test_a_table_that_is_not_there_is_a_sentence_and_names_no_files(tmp_path: Path) -> None:
    with pytest.raises(ReidError, match="There is no table"):
        read_recording_table(tmp_path / "none.csv")
    assert paths_in(tmp_path / "none.csv") == []


def test_what_is_written_is_read_back_whatever_names_files_have(tmp_path: Path) -> None:
    names = ["a, b.mp4", ' "quoted".mp4', "line\nbreak.mp4", "Straße ; 3.mp4", "# 1.mp4"]
    rows = [TableRow(tmp_path / name, "Tor, 3", "unknown", "UTC", number) for number, name in enumerate(names)]
    write_recording_table(tmp_path / "kept.csv", rows)
    back, skipped = read_recording_table(tmp_path / "kept.csv")
    assert skipped == []
    assert [(row.path, row.camera, row.start, row.time_zone, row.stream) for row in back] == [
        (row.path, row.camera, row.start, row.time_zone, row.stream) for row in rows
    ]
    assert paths_in(tmp_path / "kept.csv") == [row.path for row in rows]
