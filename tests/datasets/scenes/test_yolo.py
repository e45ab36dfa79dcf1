"""YOLO's labels: shares of the picture's sides, classes by name or number, and tracks."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from reid_core.datasets import read_dataset
from reid_core.datasets.scenes.yolo import _box, _form
from tests.datasets.scenes.test_mot import FRAME

if TYPE_CHECKING:
    from conftest import Miniature

ONE = "0.5 0.5 0.1 0.4"  # of 320×180: 144, 54, 32, 72


def yolo(lines: str, **others: str | bytes) -> dict[str, str | bytes]:
    files: dict[str, str | bytes] = {"images/train/cam1_01.jpg": FRAME, "labels/train/cam1_01.txt": lines}
    return files | others


def test_shares_are_of_the_pictures_sides(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make([], yolo(f"0 {ONE}\n")))
    (row,) = dataset.records.table.to_dict("records")
    assert [row[f"box_{side}"] for side in ("left", "top", "width", "height")] == pytest.approx([144, 54, 32, 72])
    assert (row["identity"], row["camera"], row["split"]) == (None, "1", "gallery")
    assert any("so class 0 is read as people" in note for note in dataset.notes)


def test_shares_are_of_the_upright_picture(miniature: Miniature) -> None:
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter to the right: 320×180 is seen as 180×320
    Image.new("RGB", (320, 180)).save(buffer, "JPEG", exif=exif)
    files = {"images/a.jpg": buffer.getvalue(), "labels/a.txt": f"0 {ONE}\n"}
    (row,) = read_dataset(miniature.make([], files)).records.table.to_dict("records")
    assert [row[f"box_{side}"] for side in ("left", "top", "width", "height")] == pytest.approx([81, 96, 18, 128])


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("data.yaml", "names: [car, person]\nnc: 2\n"),
        ("data.yaml", "names:\n  0: car\n  1: person\n"),
        ("classes.txt", "car\nperson\n"),
        ("obj.names", "car\nperson\n"),
    ],
)
def test_classes_are_told_by_their_names(miniature: Miniature, file: str, text: str) -> None:
    dataset = read_dataset(miniature.make([], yolo(f"0 {ONE}\n1 0.2 0.5 0.1 0.4\n", **{file: text})))
    assert [row["box_left"] for row in dataset.records.table.to_dict("records")] == pytest.approx([48])
    assert "Left out: 1 box of class 'car'." in dataset.notes


@pytest.mark.parametrize(
    ("line", "tracks"),
    [
        ("0 {track} 0.5 0.5 0.1 0.4", [3, 4]),
        ("0 0.5 0.5 0.1 0.4 {track}", [3, 4]),
        ("0 0.5 0.5 0.1 0.4 0.9 {track}", [3, 4]),
    ],
)
def test_tracks_are_people_of_their_film(miniature: Miniature, line: str, tracks: list[int]) -> None:
    text = "".join(line.format(track=track) + "\n" for track in tracks)
    dataset = read_dataset(miniature.make([], yolo(text)))
    assert dataset.records.identities() == ["cam1-3", "cam1-4"]


@pytest.mark.parametrize("line", ["0 {box} {track}", "0 {box} 0.87 {track}", "0 {track} {box}"])
@pytest.mark.parametrize("track", [0, 1, 7])
def test_the_number_of_a_track_never_changes_its_box(miniature: Miniature, line: str, track: int) -> None:
    text = f"{line.format(box=ONE, track=track)}\n{line.format(box='0.2 0.5 0.1 0.4', track=9)}\n"
    table = read_dataset(miniature.make([], yolo(text)), format="yolo").records.table
    plain = read_dataset(miniature.make([], yolo(f"0 {ONE}\n")), format="yolo").records.table
    mine = table[table["tracklet"].str.endswith(f"-{track}")]
    for name in ("box_left", "box_top", "box_width", "box_height"):
        assert mine[name].item() == pytest.approx(plain[name].item())


def test_a_sixth_number_that_is_a_confidence_is_no_track(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make([], yolo(f"0 {ONE} 0.93\n0 0.2 0.5 0.1 0.4 0.4\n")))
    assert dataset.records.identities() == []


@pytest.mark.parametrize(
    "text", ["names: &a [*a]\n", "a: &a [x]\nnames: [*a, *a]\n", "names: [[\n", "[" * 5000, "names: 3"]
)
def test_a_file_of_names_that_cannot_be_read_is_none(miniature: Miniature, text: str) -> None:
    dataset = read_dataset(miniature.make([], yolo(f"0 {ONE}\n", **{"data.yaml": text})))
    assert len(dataset.records) == 1


def test_lines_that_are_no_labels_are_named(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make([], yolo(f"0 {ONE}\n0 nan nan nan nan\n0 99 99 9 9\n")), format="yolo")
    reasons = {path.split(" of ")[0]: why for path, why in miniature.skipped(dataset).items()}
    assert "is not class, x, y, width, height" in reasons["line 2"]
    assert reasons["line 3"] == "its box lies outside any possible picture"


@settings(deadline=None)
@given(
    centre=st.tuples(st.floats(0.2, 0.8), st.floats(0.2, 0.8)),
    size=st.tuples(st.floats(0.01, 0.2), st.floats(0.01, 0.2)),
    picture=st.tuples(st.integers(10, 5000), st.integers(10, 5000)),
)
def test_a_box_and_its_outline_are_the_same_box(
    centre: tuple[float, float], size: tuple[float, float], picture: tuple[int, int]
) -> None:
    (x, y), (w, h) = centre, size
    outline = [x - w / 2, y - h / 2, x + w / 2, y - h / 2, x + w / 2, y + h / 2, x - w / 2, y + h / 2]
    assert _box([x, y, w, h], picture) == pytest.approx(_box(outline, picture))


@settings(deadline=None)
@given(st.lists(st.lists(st.floats(0, 9), min_size=5, max_size=9), max_size=6))
def test_a_track_is_only_found_where_all_lines_have_one(rows: list[list[float]]) -> None:
    place = {"second": 1, "sixth": 5, "seventh": 6}.get(_form(rows))
    assert place is None or all(len(row) > place and row[place].is_integer() for row in rows)
