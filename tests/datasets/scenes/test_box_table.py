"""Tables with a row for each box in a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.datasets import read_dataset
from reid_core.datasets.scenes.box_table import _box
from reid_core.errors import ReidError
from tests.datasets.scenes.test_mot import FRAME

if TYPE_CHECKING:
    from conftest import Miniature

NAMES = ("cam1_01.jpg", "cam2_01.jpg")
FRAMES: dict[str, str | bytes] = dict.fromkeys(NAMES, FRAME)


def table(columns: str, *cells: str) -> str:
    rows = [
        f"{name},{place},{place + 30},160,{cell}"
        for name in NAMES
        for place, cell in zip((24, 114), cells, strict=True)
    ]
    return "\n".join(
        [f"filename,xmin,xmax,ymax,ymin,{columns}", *[row.replace(",160,", ",160,90,") for row in rows], ""]
    )


def test_rows_without_anyones_name_are_unlabelled_crops(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make([], FRAMES | {"t.csv": table("class", "person", "person")}))
    assert dataset.format == "table of boxes"
    assert miniature.column(dataset, "identity") == dict.fromkeys(
        (f"{name}/box-{place}.jpg" for name in NAMES for place in (1, 2)), None
    )
    (row, *_) = dataset.records.table.to_dict("records")
    assert [row[f"box_{side}"] for side in ("left", "top", "width", "height")] == [24, 90, 30, 70]


@pytest.mark.parametrize(
    ("column", "people"),
    [
        ("person_id", ["5", "6"]),
        ("track_id", ["cam1-5", "cam1-6", "cam2-5", "cam2-6"]),
        ("id", ["cam1-5", "cam1-6", "cam2-5", "cam2-6"]),
    ],
)
def test_people_are_of_all_films_and_tracks_of_one(miniature: Miniature, column: str, people: list[str]) -> None:
    dataset = read_dataset(miniature.make([], FRAMES | {"t.csv": table(column, "5", "6")}))
    assert dataset.records.identities() == people


def test_a_number_of_the_row_is_no_person(miniature: Miniature) -> None:
    rows = "".join(f"{name},{n},24,90,54,160\n" for n, name in enumerate(NAMES * 2))
    files = FRAMES | {"t.csv": "filename,id,xmin,ymin,xmax,ymax\n" + rows}
    assert read_dataset(miniature.make([], files)).records.identities() == []


def test_other_classes_are_left_out_and_counted(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make([], FRAMES | {"t.csv": table("class", "person", "helmet")}))
    assert len(dataset.records) == 2
    assert "Left out: 2 boxes of class 'helmet'." in dataset.notes


def test_classes_of_which_none_is_of_people_are_named(miniature: Miniature) -> None:
    with pytest.raises(
        ReidError, match=r"No box is of a person: there are 2 boxes of class 'helmet', 2 of class 'vest'"
    ):
        read_dataset(miniature.make([], FRAMES | {"t.csv": table("label", "helmet", "vest")}))


def test_a_column_can_be_said_to_hold_the_person(miniature: Miniature) -> None:
    path = miniature.make([], FRAMES | {"t.csv": table("label", "ada", "bo")})
    assert read_dataset(path, columns={"identity": "label"}).records.identities() == ["ada", "bo"]


def test_the_table_itself_can_be_given(tmp_path: pytest.TempPathFactory) -> None:
    for name, data in FRAMES.items():
        (tmp_path / name).write_bytes(data)  # type: ignore[operator]
    (tmp_path / "t.csv").write_text(table("class", "person", "person"))  # type: ignore[operator]
    assert read_dataset(tmp_path / "t.csv").format == "table of boxes"  # type: ignore[operator]


def test_sides_that_are_shares_are_of_the_picture(miniature: Miniature) -> None:
    rows = "".join(f"{name},0.1,0.5,0.2,0.9\n" for name in NAMES)
    dataset = read_dataset(miniature.make([], FRAMES | {"t.csv": "filename,xmin,ymin,xmax,ymax\n" + rows}))
    (row, *_) = dataset.records.table.to_dict("records")
    assert [row[f"box_{side}"] for side in ("left", "top", "width", "height")] == pytest.approx([32, 90, 32, 72])


@pytest.mark.parametrize("cell", ["1e308", "nan", "", "x", "-inf"])
def test_a_side_that_is_no_number_costs_the_box(miniature: Miniature, cell: str) -> None:
    rows = f"{NAMES[0]},24,90,54,160\n{NAMES[1]},24,90,54,160\n{NAMES[0]},{cell},90,54,160\n"
    dataset = read_dataset(miniature.make([], FRAMES | {"t.csv": "filename,xmin,ymin,xmax,ymax\n" + rows}))
    assert len(dataset.records) == 2
    assert miniature.skipped(dataset)["row 4 of " + ("top/" if miniature.is_zip else "") + "t.csv"]


@settings(deadline=None)
@given(left=st.integers(-50, 500), top=st.integers(-50, 500), width=st.integers(1, 300), height=st.integers(1, 300))
def test_corners_sizes_and_centres_mean_the_same_box(left: int, top: int, width: int, height: int) -> None:
    same = (left, top, width, height)
    assert _box((left, top, left + width, top + height), 0) == same
    assert _box(same, 1) == same
    assert _box((left + width / 2, top + height / 2, width, height), 2) == same
