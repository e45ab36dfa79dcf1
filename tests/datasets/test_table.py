from __future__ import annotations

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.datasets import read_dataset
from reid_core.datasets.table import _text
from reid_core.errors import ReidError

if TYPE_CHECKING:
    from conftest import Miniature

FULL = """image,identity,camera,time,tracklet,split
images/a.jpg,ada,1,12.5,t1,train
images/b.jpg,bo,2,2001-09-09T01:46:40Z,t2,query
images/c.jpg,bo,,,,gallery
"""
ABC = ["images/a.jpg", "images/b.jpg", "images/c.jpg"]


def parquet(**columns: object) -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame(columns).to_parquet(buffer)
    return buffer.getvalue()


def check_full(miniature: Miniature, path: Path) -> None:
    dataset = read_dataset(path)
    assert dataset.format == "table"
    assert dataset.skipped == ()
    assert miniature.column(dataset, "identity") == dict(zip(ABC, ["ada", "bo", "bo"], strict=True))
    assert miniature.column(dataset, "camera") == dict(zip(ABC, ["1", "2", None], strict=True))
    assert miniature.column(dataset, "tracklet") == dict(zip(ABC, ["t1", "t2", None], strict=True))
    assert miniature.column(dataset, "split") == dict(zip(ABC, ["train", "query", "gallery"], strict=True))
    times = list(miniature.column(dataset, "time").values())
    assert times[:2] == [12.5, 1e9]
    assert math.isnan(times[2])


def test_a_csv_beside_its_pictures(miniature: Miniature) -> None:
    check_full(miniature, miniature.make(ABC, {"crops.csv": FULL}))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("crops.tsv", FULL.replace(",", "\t")),
        ("crops.csv", FULL.replace(",", ";")),
        ("crops.csv", FULL.replace("\n", "\r\n")),
        ("crops.csv", "\ufeff" + FULL),
        ("crops.csv", FULL + "\n\n"),
        ("crops.csv", FULL.replace("images/a.jpg", '"images/a.jpg"')),
        ("crops.csv", FULL.replace("images/", "images\\")),
        ("crops.csv", FULL.replace("images/", "./images/")),
        ("CROPS.CSV", FULL.replace("image,identity,camera", "Image_Path,PID,CamID")),
        ("crops.csv", FULL.replace("train", "Training").replace("query", "probe").replace("gallery", "test_gallery")),
    ],
)
def test_other_spellings_of_the_same_table(miniature: Miniature, name: str, content: str) -> None:
    check_full(miniature, miniature.make(ABC, {name: content}))


def test_a_parquet_table_with_numbers_and_clock_times(miniature: Miniature) -> None:
    content = parquet(
        path=ABC,
        label=[5.0, np.nan, 7.0],
        cam=[1, 2, 3],
        timestamp=[pd.Timestamp("2001-09-09T01:46:40"), pd.NaT, pd.Timestamp("2001-09-09T01:46:41")],
    )
    dataset = read_dataset(miniature.make(ABC, {"crops.parquet": content}), train_share=0)
    assert miniature.column(dataset, "identity") == dict(zip(ABC, ["5", None, "7"], strict=True))
    assert miniature.column(dataset, "camera") == dict(zip(ABC, ["1", "2", "3"], strict=True))
    times = list(miniature.column(dataset, "time").values())
    assert (times[0], times[2]) == (1e9, 1e9 + 1)
    assert math.isnan(times[1])


def test_a_whole_number_that_pandas_wrote_beside_empty_cells_is_a_label_without_point_zero(
    miniature: Miniature,
) -> None:
    frame = pd.DataFrame({"image": ABC, "label": [5, None, 12]})
    dataset = read_dataset(miniature.make(ABC, {"crops.csv": frame.to_csv(index=False)}))
    assert miniature.column(dataset, "identity") == dict(zip(ABC, ["5", None, "12"], strict=True))


def test_identities_keep_their_leading_zeros(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(ABC, {"t.csv": "image,pid\nimages/a.jpg,0002\nimages/b.jpg,2\n"}))
    assert dataset.records.identities() == ["0002", "2"]


@settings(deadline=None)
@given(st.integers(-(10**9), 10**9))
def test_a_whole_number_is_one_label_however_it_is_typed(number: int) -> None:
    spellings = [number, float(number), str(number), f" {number} ", f"{number}.0", np.int64(number), np.float64(number)]
    assert {_text(value) for value in spellings} == {str(number)}


@pytest.mark.parametrize("value", [None, "", " ", "NaN", "None", "NULL", "NA", float("nan"), pd.NaT, pd.NA])
def test_the_many_spellings_of_nothing_are_nothing(value: object) -> None:
    assert _text(value) is None


def test_a_table_alone_has_paths_relative_to_its_own_folder(tmp_path: Path, tiny_jpeg: bytes) -> None:
    (tmp_path / "images").mkdir()
    for name in ABC:
        (tmp_path / name).write_bytes(tiny_jpeg)
    (tmp_path / "crops.csv").write_text(FULL)
    (tmp_path / "other.csv").write_text("image\nnowhere.jpg\n")
    dataset = read_dataset(tmp_path / "crops.csv")
    assert dataset.source == tmp_path
    assert dataset.records.table["path"].tolist() == ABC
    assert dataset.skipped == ()


def test_paths_are_looked_up_below_the_tables_folder_too(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(["x/y/a.jpg", "x/z/y/a.jpg"], {"x/crops.csv": "image\ny/a.jpg\n"}))
    assert list(miniature.column(dataset, "identity")) == ["x/y/a.jpg"]


def test_bare_names_find_the_one_picture_of_that_name(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(ABC, {"train.csv": "image_id,label\na.jpg,1\nb,1\n"}))
    assert list(miniature.column(dataset, "identity")) == ABC[:2]


def test_missing_ambiguous_unsafe_repeated_and_empty_rows_are_skipped_by_number(miniature: Miniature) -> None:
    rows = ["images/a.jpg", "nowhere.jpg", "d.jpg", "../x.jpg", "/etc/x.jpg", "a.jpg", ""]
    path = miniature.make([*ABC, "x/d.jpg", "y/d.jpg"], {"t.csv": "image,pid\n" + "".join(f"{r},1\n" for r in rows)})
    dataset = read_dataset(path)
    skipped = {row.split()[1]: reason for row, reason in miniature.skipped(dataset).items()}
    assert all(skip.path.endswith("t.csv") for skip in dataset.skipped)
    assert list(skipped) == ["3", "4", "5", "6", "7", "8"]
    assert "'nowhere.jpg' is not there" in skipped["3"]
    assert "x/d.jpg" in skipped["4"]
    assert "y/d.jpg" in skipped["4"]
    assert "'../x.jpg' leads out" in skipped["5"]
    assert "leads out" in skipped["6"]
    assert "named by an earlier row" in skipped["7"]
    assert "names no picture" in skipped["8"]
    assert list(miniature.column(dataset, "identity")) == ["images/a.jpg"]


def test_a_path_with_another_folder_is_not_mistaken_for_a_picture_of_that_name(miniature: Miniature) -> None:
    path = miniature.make(["test/1.jpg", "test/2.jpg"], {"t.csv": "image\ntrain/1.jpg\ntest/2.jpg\n"})
    dataset = read_dataset(path)
    assert list(miniature.column(dataset, "identity")) == ["test/2.jpg"]
    assert len(dataset.skipped) == 1


def test_a_wrong_time_costs_the_time_and_names_the_value(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(ABC, {"t.csv": "image,time\nimages/a.jpg,noon\nimages/b.jpg,3\n"}))
    [incomplete] = dataset.incomplete
    assert incomplete.path.startswith("row 2 of")
    assert "without its time: 'noon'" in incomplete.reason
    assert dataset.skipped == ()
    assert dataset.describe().endswith("2 gallery crops; 1 without their time")
    assert any("1 crop comes in without a time: 'noon'" in note for note in dataset.notes)
    times = miniature.column(dataset, "time")
    assert math.isnan(times[ABC[0]])
    assert times[ABC[1]] == 3


def test_columns_can_be_named(miniature: Miniature) -> None:
    path = miniature.make(ABC, {"t.csv": "shot,who,where\nimages/a.jpg,ada,7\nimages/b.jpg,ada,8\n"})
    dataset = read_dataset(path, columns={"image": "shot", "identity": "Who", "camera": "where"})
    assert dataset.records.identities() == ["ada"]
    assert dataset.records.cameras() == ["7", "8"]


def test_a_named_column_goes_before_the_usual_name(miniature: Miniature) -> None:
    path = miniature.make(ABC, {"t.csv": "image,identity,name\nimages/a.jpg,1,ada\n"})
    assert read_dataset(path, columns={"identity": "name"}).records.identities() == ["ada"]


@pytest.mark.parametrize("kind", ["identity", "image"])
def test_a_named_column_that_is_absent_is_refused_with_file_column_and_choices(miniature: Miniature, kind: str) -> None:
    path = miniature.make(ABC, {"t.csv": "image,who\nimages/a.jpg,ada\n"})
    with pytest.raises(ReidError, match=rf"t.csv has no column 'whom' for the {kind}.*: image, who\.") as error:
        read_dataset(path, columns={kind: "whom"})
    assert str(path) in str(error.value)


def test_a_table_without_a_column_of_pictures_is_refused_with_its_columns(tmp_path: Path, tiny_jpeg: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(tiny_jpeg)
    (tmp_path / "t.csv").write_text("shot,who\na.jpg,ada\n")
    with pytest.raises(ReidError, match=r"t.csv has no column that names pictures .* Its columns are: shot, who\."):
        read_dataset(tmp_path / "t.csv")


def test_asking_for_a_table_where_none_is_usable_says_why(miniature: Miniature) -> None:
    path = miniature.make(["ada/1.jpg"])
    with pytest.raises(ReidError, match="There is no table"):
        read_dataset(path, format="table")
    path = miniature.make(["ada/1.jpg"], {"notes.csv": "who,remark\nada,tall\n"})
    with pytest.raises(ReidError, match=r"notes.csv has no column that names pictures .*: who, remark\."):
        read_dataset(path, format="table")


def test_a_table_that_names_no_pictures_does_not_hide_identity_folders(miniature: Miniature) -> None:
    path = miniature.make(["ada/1.jpg", "bo/1.jpg"], {"notes.csv": "who,remark\nada,tall\n"})
    assert read_dataset(path).format == "folder per identity"


def test_without_identities_people_are_unknown(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(ABC, {"t.csv": "image\nimages/a.jpg\nimages/b.jpg\n"}))
    assert dataset.describe() == "table: 2 gallery crops"


def test_test_rows_are_divided_into_query_and_gallery(miniature: Miniature) -> None:
    lines = ["images/a.jpg,bo,1,val", "images/b.jpg,bo,2,val", "images/c.jpg,ada,1,train"]
    dataset = read_dataset(miniature.make(ABC, {"t.csv": "image,pid,camid,set\n" + "\n".join(lines)}))
    splits = miniature.column(dataset, "split")
    assert sorted([splits[ABC[0]], splits[ABC[1]]]) == ["gallery", "query"]
    assert splits[ABC[2]] == "train"


@pytest.mark.parametrize("value", ["holdout", ""])
def test_an_unknown_split_is_refused_with_its_row(miniature: Miniature, value: str) -> None:
    path = miniature.make(ABC, {"t.csv": f"image,split\nimages/a.jpg,train\nimages/b.jpg,{value}\n"})
    with pytest.raises(ReidError, match=r"Row 3 of .*t.csv: the split is"):
        read_dataset(path)


def test_two_tables_are_read_together_and_their_names_tell_the_split(miniature: Miniature) -> None:
    tables = {
        "train.csv": "image,label\nimages/a.jpg,ada\n",
        "query_set.csv": "image,label\nimages/b.jpg,bo\n",
        "gallery.csv": "image,label\nimages/c.jpg,bo\n",
        "readme.csv": "who,remark\nada,tall\n",
    }
    dataset = read_dataset(miniature.make(ABC, tables))
    assert miniature.column(dataset, "split") == {ABC[0]: "train", ABC[1]: "query", ABC[2]: "gallery"}


def test_one_table_called_train_is_divided_by_identity(miniature: Miniature) -> None:
    names = [f"{person}-{shot}.jpg" for person in "abcdefghijkl" for shot in range(2)]
    path = miniature.make(names, {"train.csv": "image,label\n" + "".join(f"{n},{n[0]}\n" for n in names)})
    assert set(read_dataset(path).records.table["split"]) == {"train", "query", "gallery"}


def test_a_person_on_both_sides_is_refused_and_the_path_named(miniature: Miniature) -> None:
    path = miniature.make(ABC, {"t.csv": "image,pid,split\nimages/a.jpg,ada,train\nimages/b.jpg,ada,query\n"})
    with pytest.raises(ReidError, match="Identity 'ada'") as error:
        read_dataset(path)
    assert str(path) in str(error.value)
