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
from reid_core.datasets.tables.crop_rows import text_of_cell
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
    assert {text_of_cell(value) for value in spellings} == {str(number)}


@pytest.mark.parametrize("value", [None, "", " ", "NaN", "None", "NULL", "NA", float("nan"), pd.NaT, pd.NA])
def test_the_many_spellings_of_nothing_are_nothing(value: object) -> None:
    assert text_of_cell(value) is None


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
    skipped = {row.split()[1]: reason for row, reason in miniature.skipped(dataset).items() if "t.csv" in row}
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
    assert [skip.reason for skip in dataset.skipped][1:] == ["no row of a table names it"]


def test_a_wrong_time_costs_the_time_and_names_the_value(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(ABC[:2], {"t.csv": "image,time\nimages/a.jpg,noon\nimages/b.jpg,3\n"}))
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
    with pytest.raises(ReidError, match=rf"t.csv has no column 'whom' for the {kind}.*: image and who\.") as error:
        read_dataset(path, columns={kind: "whom"})
    assert str(path) in str(error.value)


def test_a_table_without_a_column_of_pictures_is_refused_with_its_columns(tmp_path: Path, tiny_jpeg: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(tiny_jpeg)
    (tmp_path / "t.csv").write_text("shot,who\n7,ada\n")
    with pytest.raises(ReidError, match=r"t.csv has no column that names pictures .* Its columns are: shot and who\."):
        read_dataset(tmp_path / "t.csv")


def test_asking_for_a_table_where_none_is_usable_says_why(miniature: Miniature) -> None:
    path = miniature.make(["ada/1.jpg"])
    with pytest.raises(ReidError, match="There is no table"):
        read_dataset(path, format="table")
    path = miniature.make(["ada/1.jpg"], {"notes.csv": "who,remark\nada,tall\n"})
    with pytest.raises(ReidError, match=r"notes.csv has no column that names pictures .*: who and remark\."):
        read_dataset(path, format="table")


def test_a_table_that_names_no_pictures_does_not_hide_identity_folders(miniature: Miniature) -> None:
    path = miniature.make(["ada/1.jpg", "bo/1.jpg"], {"notes.csv": "who,remark\nada,tall\n"})
    assert read_dataset(path).format == "folder per identity"


def test_without_identities_people_are_unknown(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(ABC[:2], {"t.csv": "image\nimages/a.jpg\nimages/b.jpg\n"}))
    assert dataset.describe() == "table: 2 gallery crops"


def test_test_rows_are_divided_into_query_and_gallery(miniature: Miniature) -> None:
    lines = ["images/a.jpg,bo,1,val", "images/b.jpg,bo,2,val", "images/c.jpg,ada,1,train"]
    dataset = read_dataset(miniature.make(ABC, {"t.csv": "image,pid,camid,set\n" + "\n".join(lines)}))
    splits = miniature.column(dataset, "split")
    assert sorted([splits[ABC[0]], splits[ABC[1]]]) == ["gallery", "query"]
    assert splits[ABC[2]] == "train"


def test_an_unknown_split_is_refused_with_its_row(miniature: Miniature) -> None:
    path = miniature.make(ABC, {"t.csv": "image,split\nimages/a.jpg,train\nimages/b.jpg,holdout\n"})
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


def test_an_empty_split_is_counted_and_never_parts_a_person(miniature: Miniature) -> None:
    names = [f"{person}{shot}.jpg" for person in "abc" for shot in range(3)]
    split = {"a0.jpg": "train", "b0.jpg": "query", "b1.jpg": "gallery"}
    text = "image,pid,split\n" + "".join(f"{name},{name[0]},{split.get(name, '')}\n" for name in names)
    dataset = read_dataset(miniature.make(names, {"t.csv": text}), train_share=0)
    found = miniature.column(dataset, "split")
    assert [found[name] for name in names[:6]] == ["train"] * 3 + ["query", "gallery", "gallery"]
    assert "train" not in [found[name] for name in names[6:]]
    assert any(note.startswith("6 crops have no split") for note in dataset.notes)


def test_pictures_that_no_row_names_are_skipped_by_name(miniature: Miniature) -> None:
    names = [f"{number}.jpg" for number in range(20)]
    text = "image,pid\n" + "".join(f"{name},{number // 4}\n" for number, name in enumerate(names[:8]))
    dataset = read_dataset(miniature.make(names, {"t.csv": text}))
    assert len(dataset.records) == 8
    assert miniature.skipped(dataset) == dict.fromkeys(names[8:], "no row of a table names it")


@pytest.mark.parametrize(
    "boxes",
    [
        'image,bbox,id\n{0},"[1, 2, 3, 4]",{1}\n{0},"[9, 2, 3, 4]",{2}\n',
        "FileName,BoundingBoxX,BoundingBoxY,BoundingBoxW,BoundingBoxH,Id\n{0},1,2,3,4,{1}\n{0},9,2,3,4,{2}\n",
        "image,bbox\n{0},1 2 3 4\n{0},2 3 4 5\n",
    ],
)
@pytest.mark.parametrize("own", [False, True])
def test_several_people_in_a_picture_are_boxes(tmp_path: Path, tiny_jpeg: bytes, boxes: str, own: bool) -> None:
    header, one, two, _ = boxes.split("\n")
    rows = [line.format(f"{n}.jpg", 2 * n, 2 * n + 1) for n in range(4) for line in (one, two)]
    for number in range(4):
        (tmp_path / f"{number}.jpg").write_bytes(tiny_jpeg)
    (tmp_path / "t.csv").write_text("\n".join([header, *rows]))
    path = tmp_path / "t.csv" if own else tmp_path
    with pytest.raises(
        ReidError,
        match=r"(4 of 4 pictures, such as '0.jpg': are these boxes in frames\?|holds boxes in).*--format table",
    ):
        read_dataset(path)
    assert len(read_dataset(path, format="table").records) == 4


def test_two_captions_of_a_picture_are_no_boxes(miniature: Miniature) -> None:
    rows = [f"{name},{caption},{name[-5]}" for name in ABC for caption in ("red coat", "a man")]
    dataset = read_dataset(miniature.make(ABC, {"t.csv": "image,caption,pid\n" + "\n".join(rows)}))
    assert list(miniature.column(dataset, "identity").values()) == ["a", "b", "c"]
    assert len(dataset.skipped) == 3


@pytest.mark.parametrize("word", ["?", "unknown", "none", "nan", "null", "-", "Unknown"])
def test_words_for_no_person_name_nobody(miniature: Miniature, word: str) -> None:
    rows = [f"{ABC[0]},ada", f"{ABC[1]},{word}", f"{ABC[2]},{word}"]
    dataset = read_dataset(miniature.make(ABC, {"t.csv": "image,pid\n" + "\n".join(rows)}))
    assert dataset.records.identities() == ["ada"]


def test_another_camera_in_every_row_is_asked_about(miniature: Miniature) -> None:
    names = [f"{number}.jpg" for number in range(6)]
    for told, asked in ((lambda n: n, True), (lambda n: names[n], True), (lambda n: n % 2, False)):
        text = "image,pid,cam\n" + "".join(f"{name},{n // 2},{told(n)}\n" for n, name in enumerate(names))
        notes = read_dataset(miniature.make(names, {"t.csv": text})).notes
        assert any("every row has another camera" in note for note in notes) == asked
