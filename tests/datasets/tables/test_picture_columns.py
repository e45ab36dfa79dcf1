"""Tables whose column of pictures, or whose line of columns, has no usual name."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest

from reid_core.datasets import read_dataset
from reid_core.errors import ReidError

if TYPE_CHECKING:
    from conftest import Miniature

NAMES = [f"img/{number}.jpg" for number in range(8)]
PEOPLE = [str(number // 2) for number in range(8)]


def text(header: str, row: str = "{0},{1},{2}", rows: int = 8) -> str:
    return "\n".join([header, *(row.format(NAMES[n], PEOPLE[n], n % 2) for n in range(rows))]) + "\n"


@pytest.mark.parametrize(
    "table",
    [
        text("imagePath,personID,cameraID"),
        text("ImageFileName,PersonId,CamID"),
        text("IMAGE_PATH,PID,CAMID"),
        text(unicodedata.normalize("NFD", "image,pid,caméra")),
        text("# made by hand, in March\nimage,pid,cam"),
        text("# made by hand\n# and by eye\nimage,pid,cam"),
        text("#image,pid,cam"),
        text("# image, pid, cam"),
        text("'image','pid','cam'", "'{0}','{1}','{2}'"),
        text("sep=;\nimage;pid;cam", "{0};{1};{2}"),
    ],
)
def test_columns_however_they_are_written(miniature: Miniature, table: str) -> None:
    dataset = read_dataset(miniature.make(NAMES, {"t.csv": table}))
    assert dataset.skipped == ()
    assert list(miniature.column(dataset, "identity").values()) == PEOPLE
    assert list(miniature.column(dataset, "camera").values()) == ["0", "1"] * 4


@pytest.mark.parametrize(
    ("header", "row"),
    [("frame,pid", "{0},{1}"), ("name,pid", "{0},{1}"), ("pid,what", "{1},/home/x/{0}")],
)
def test_a_column_that_names_pictures_is_a_guess_that_is_said(miniature: Miniature, header: str, row: str) -> None:
    dataset = read_dataset(miniature.make(NAMES, {"t.csv": text(header, row)}))
    assert list(miniature.column(dataset, "identity").values()) == PEOPLE
    assert any("as its cells name pictures that are there: a guess" in note for note in dataset.notes)


def test_names_without_their_suffix_are_found_and_people_are_no_pictures(miniature: Miniature) -> None:
    rows = [f"{number},{number // 2}" for number in range(8)]
    path = miniature.make(NAMES, {"t.csv": "key,pid\n" + "\n".join(rows)})
    assert list(miniature.column(read_dataset(path), "identity").values()) == PEOPLE


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (text("img/0.jpg,0,0"), "no line that names its columns: its first line is img/0.jpg"),
        (text("Crops of March,,\nimage,pid,cam"), "a later one does: image, pid and cam. Remove the lines above"),
        (text("Crops of March\nimage,pid,cam"), "Row 2 of .* has 3 cells"),
        (text("frame,pid,cam", "other/x{0},{1},{2}"), "The column 'frame' of .* names pictures that are not there"),
    ],
)
def test_a_table_that_is_meant_for_the_pictures_is_not_passed_over(
    miniature: Miniature, table: str, reason: str
) -> None:
    path = miniature.make(NAMES, {"t.csv": table})
    with pytest.raises(ReidError, match=reason):
        read_dataset(path)
    assert len(read_dataset(path, format="flat").records) == 8


def test_marks_in_camel_case_divide(miniature: Miniature) -> None:
    rows = [f"{name},{n // 4},{n % 4 == 0},{n % 4 != 0}" for n, name in enumerate(NAMES)]
    path = miniature.make(NAMES, {"t.csv": "image,pid,IsQuery,IsGallery\n" + "\n".join(rows)})
    assert list(miniature.column(read_dataset(path), "split").values()) == (["query"] + ["gallery"] * 3) * 2


@pytest.mark.parametrize("person", ["pid", "person_id", "identity", "id"])
def test_a_label_of_two_kinds_is_not_the_person(miniature: Miniature, person: str) -> None:
    rows = [f"{name},{['male', 'female'][n % 2]},{PEOPLE[n]}" for n, name in enumerate(NAMES)]
    path = miniature.make(NAMES, {"t.csv": f"image,label,{person}\n" + "\n".join(rows)})
    assert list(miniature.column(read_dataset(path), "identity").values()) == PEOPLE


def test_a_second_column_of_the_same_name_is_said_to_be_unused(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(NAMES, {"t.csv": text("image,pid,pid")}))
    assert list(miniature.column(dataset, "identity").values()) == PEOPLE
    assert any("not used: another 'pid'." in note for note in dataset.notes)


def test_a_date_whose_hour_stands_apart_is_not_midnight(miniature: Miniature) -> None:
    path = miniature.make(NAMES, {"t.csv": text("image,pid,hour,minute,date", "{0},{1},8,1,2026-03-02")})
    dataset = read_dataset(path)
    assert dataset.records.table["time"].isna().all()
    assert any("'date' is not taken for the time: the hour stands in 'hour'" in note for note in dataset.notes)
