"""Tables that are broken, stray, or far larger than they look."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet as pyarrow_parquet

from reid_core.datasets import read_dataset
from reid_core.datasets.tables import table, table_files
from reid_core.errors import ReidError

if TYPE_CHECKING:
    from conftest import Miniature

ABC = ["images/a.jpg", "images/b.jpg", "images/c.jpg"]
PEOPLE = ["ada/1.jpg", "bo/1.jpg"]
FULL = "image,identity,split\nimages/a.jpg,ada,train\nimages/b.jpg,bo,query\n"
LATIN = "who,remark\nZoë,tall\n".encode("latin-1")


def parquet(**columns: object) -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame(columns).to_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("image,pid\nimages/a.jpg,Zoë\n".encode("latin-1"), r"is not UTF-8 text \(byte 26 is 0xEB\)"),
        (b"image,pid\nimages/a.jpg,ada,7\n", "Row 2 of .* has 3 cells, but its first line names 2 columns"),
        (b"image,pid\nimages/a.jpg\n", "Row 2 of .* has 1 cells"),
        (b'image,pid\n"images/a.jpg,ada\n', "line 2, is not valid CSV"),
        (b"image,pid\n", "It has no rows"),
        (b"image,pid\nnowhere.jpg,ada\n", "'nowhere.jpg' is not there"),
        (FULL.encode("utf-16"), "is not UTF-8 text"),
    ],
)
def test_a_table_that_cannot_be_used_is_a_sentence_that_names_it(
    miniature: Miniature, content: bytes, message: str
) -> None:
    with pytest.raises(ReidError, match=message) as error:
        read_dataset(miniature.make(ABC, {"t.csv": content}))
    assert "t.csv" in str(error.value)
    assert "Choose the format 'flat'" in str(error.value)


def test_an_empty_table_that_was_asked_for_is_a_sentence(miniature: Miniature) -> None:
    with pytest.raises(ReidError, match="t.csv is empty; its first line must name the columns"):
        read_dataset(miniature.make(ABC, {"t.csv": ""}), format="table")


def test_a_damaged_parquet_file_is_a_sentence_that_names_it(miniature: Miniature) -> None:
    content = parquet(image=ABC)
    with pytest.raises(ReidError, match=r"t.parquet is not a readable Parquet file"):
        read_dataset(miniature.make(ABC, {"t.parquet": content[: len(content) // 2]}))


@pytest.mark.parametrize("letters", [10, 6 * 2**20], ids=["small", "large"])
def test_a_parquet_file_whose_sizes_end_a_process_is_a_sentence(miniature: Miniature, letters: int) -> None:
    """The columns are said to be required where the sizes are those of optional ones: pyarrow aborts in C++."""
    buffer = io.BytesIO()
    columns = pa.table({"image": ABC, "identity": [str(row) * letters for row in range(3)]})
    pyarrow_parquet.write_table(columns, buffer, compression=None, use_dictionary=False)
    content = buffer.getvalue()
    start = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    damaged = content[:start] + content[start:].replace(
        b"\x25\x02", b"\x25\x00"
    )  # repetition: 1 to 0, as Thrift writes
    assert damaged != content
    with pytest.raises(ReidError, match=r"t.parquet is not a readable Parquet file \("):
        read_dataset(miniature.make(ABC, {"t.parquet": damaged}))


def test_parquet_columns_of_bytes_are_not_taken_for_paths(miniature: Miniature) -> None:
    content = parquet(image=[b"\xff\xd8", b"\xff\xd8"], file=ABC[:2], when=[datetime(2001, 9, 9, tzinfo=UTC)] * 2)
    dataset = read_dataset(miniature.make(ABC, {"t.parquet": content}))
    assert list(miniature.column(dataset, "identity")) == ABC[:2]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (LATIN, "is not UTF-8 text"),
        (b"", "is empty"),
        (b"image,pid\nada/1.jpg,ada,7\n", "Row 2 of"),
        (b"who,remark\nada,tall\n", "it has no column that names pictures"),
        (b"image,pid\nimages/a.jpg,Zo\xeb\n", "is not UTF-8 text"),
        (b"image,pid\nnowhere.jpg,ada\n", "no row of it names a picture that is there"),
        (b"image,pid\n", "no row of it names a picture that is there"),
    ],
)
def test_beside_identity_folders_a_table_that_cannot_be_used_is_skipped_by_name(
    miniature: Miniature, content: bytes, reason: str
) -> None:
    path = miniature.make(PEOPLE, {"notes.csv": content})
    dataset = read_dataset(path)
    assert dataset.format == "folder per identity"
    assert miniature.column(dataset, "identity") == {"ada/1.jpg": "ada", "bo/1.jpg": "bo"}
    assert list(miniature.skipped(dataset)) == ["notes.csv"]
    assert reason in miniature.skipped(dataset)["notes.csv"]
    with pytest.raises(ReidError, match="notes.csv"):
        read_dataset(path, format="table")


@pytest.mark.parametrize("content", [LATIN, b"", b"who,remark\nada,tall\n", "who\nada\n".encode("utf-16") + b"x"])
def test_beside_loose_photos_a_table_about_something_else_is_skipped_by_name(
    miniature: Miniature, content: bytes
) -> None:
    dataset = read_dataset(miniature.make(ABC, {"notes.csv": content}))
    assert dataset.format == "flat folder"
    assert len(dataset.records) == 3
    assert list(miniature.skipped(dataset)) == ["notes.csv"]


def test_a_table_too_large_to_look_into_is_not_left_out_beside_loose_photos(
    miniature: Miniature, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "MAX_TABLE_BYTES", 10)
    with pytest.raises(ReidError, match="t.csv cannot be used: it has"):
        read_dataset(miniature.make(ABC, {"t.csv": FULL}))


def test_a_stray_table_beside_a_good_one_is_skipped_by_name(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make(ABC, {"notes.csv": LATIN, "t.csv": FULL, "z.csv": "who\nada\n"}))
    assert dataset.format == "table"
    assert len(dataset.records) == 2
    assert list(miniature.skipped(dataset))[:2] == ["notes.csv", "z.csv"]


def test_a_broken_table_of_pictures_beside_a_good_one_is_never_left_out(miniature: Miniature) -> None:
    # Half of a data set would be read as if it were the whole.
    tables = {"train.csv": "image,pid\nada/1.jpg,Zoë\n".encode("latin-1"), "test.csv": "image,pid\nbo/1.jpg,bo\n"}
    with pytest.raises(ReidError, match="train.csv is not UTF-8 text"):
        read_dataset(miniature.make(PEOPLE, tables))


def test_a_broken_table_that_was_given_alone_stays_an_error(tmp_path: Path, tiny_jpeg: bytes) -> None:
    for name in PEOPLE:
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(tiny_jpeg)
    (tmp_path / "notes.csv").write_bytes(LATIN)
    with pytest.raises(ReidError, match="notes.csv is not UTF-8 text"):
        read_dataset(tmp_path / "notes.csv")


def test_millions_of_rows_in_a_small_file_are_refused_before_they_are_read(miniature: Miniature) -> None:
    rows = table_files.MAX_ROWS + 1
    column = pa.DictionaryArray.from_arrays(pa.array([0]).take(pa.array([0] * rows)), ["images/a.jpg"])
    buffer = io.BytesIO()
    pyarrow_parquet.write_table(pa.table({"image": column}), buffer)
    assert len(buffer.getvalue()) < 100_000
    with pytest.raises(ReidError, match=r"t.parquet has more than 5,000,000 rows\. Divide it"):
        read_dataset(miniature.make(ABC, {"t.parquet": buffer.getvalue()}), format="table")


def test_the_limit_of_rows_holds_for_text_too(miniature: Miniature, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_files, "MAX_ROWS", 2)
    two = "image\nimages/a.jpg\nimages/b.jpg\n"
    assert len(read_dataset(miniature.make(ABC, {"t.csv": two})).records) == 2
    with pytest.raises(ReidError, match="t.csv has more than 2 rows"):
        read_dataset(miniature.make(ABC, {"t.csv": two + "images/c.jpg\n"}))


def test_only_columns_that_are_used_count_as_unpacked(miniature: Miniature, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_files, "MAX_UNPACKED_BYTES", 100_000)
    monkeypatch.setattr(table_files, "SPARE_BYTES", 100_000)  # of smaller files nothing is looked at
    wide = ["x" * 200_000, "y", "z"]
    content = parquet(image=ABC, remark=wide)
    assert len(read_dataset(miniature.make(ABC, {"t.parquet": content})).records) == 3
    with pytest.raises(ReidError, match="t.parquet that are used would unpack to"):
        read_dataset(miniature.make(ABC, {"t.parquet": parquet(image=ABC, identity=wide)}))


def test_a_long_label_that_every_row_repeats_takes_memory_once(tmp_path: Path) -> None:
    # 100,000 rows of 100,000 characters are 10 GB as text of their own.
    rows, label = 100_000, "x" * 100_000
    column = pa.DictionaryArray.from_arrays(pa.array([0] * rows), [label])
    pyarrow_parquet.write_table(pa.table({"image": ["a.jpg"] * rows, "identity": column}), tmp_path / "t.parquet")
    parsed = table_files.parse_table("t.parquet", (tmp_path / "t.parquet").read_bytes(), {})
    assert len({id(value) for value in parsed.cells["identity"]}) == 1
    assert parsed.cells["identity"][-1] == label


def test_categories_and_empty_cells_of_a_parquet_table_are_labels(miniature: Miniature) -> None:
    content = parquet(
        image=pd.Categorical(ABC), identity=["ada", None, "bo"], camera=pd.Categorical([7, None, 8]), other=[[1]] * 3
    )
    dataset = read_dataset(miniature.make(ABC, {"t.parquet": content}), train_share=0)
    assert miniature.column(dataset, "identity") == dict(zip(ABC, ["ada", None, "bo"], strict=True))
    assert miniature.column(dataset, "camera") == dict(zip(ABC, ["7", None, "8"], strict=True))


def test_columns_of_lists_and_bytes_are_named_as_no_labels(miniature: Miniature) -> None:
    path = miniature.make(PEOPLE, {"t.parquet": parquet(image=PEOPLE, identity=[["ada"], ["bo"]], raw=[b"x", b"y"])})
    notes = "\n".join(read_dataset(path, format="table").notes)
    assert "not used: 'identity' and 'raw'" in notes
    assert "'identity' holds bytes or lists, which are no labels" in notes
    with pytest.raises(ReidError, match="no column 'identity' for the identity.* 'identity' holds bytes or lists"):
        read_dataset(path, format="table", columns={"identity": "identity"})
    path = miniature.make(PEOPLE, {"t.parquet": parquet(image=[{"path": name} for name in PEOPLE], pid=["a", "b"])})
    with pytest.raises(ReidError, match="columns are: image and pid. 'image' holds bytes or lists"):
        read_dataset(path, format="table")


@pytest.mark.parametrize("kind", [pa.timestamp("us"), pa.timestamp("ms"), pa.timestamp("ms", tz="UTC"), pa.date64()])
def test_a_moment_outside_of_all_years_costs_its_time_alone(miniature: Miniature, kind: pa.DataType) -> None:
    buffer = io.BytesIO()
    scale = 10**6 if kind == pa.timestamp("us") else 1000
    moments = pa.array([1_772_409_600 * scale, 86_400_000 * 10**10 * (1 if kind != pa.timestamp("us") else 10)])
    pyarrow_parquet.write_table(pa.table({"image": PEOPLE, "time": moments.cast(kind)}), buffer)
    dataset = read_dataset(miniature.make(PEOPLE, {"t.parquet": buffer.getvalue()}))
    times = miniature.column(dataset, "time")
    assert times["ada/1.jpg"] == 1_772_409_600
    assert times["bo/1.jpg"] != times["bo/1.jpg"]
    assert len(dataset.incomplete) == 1
