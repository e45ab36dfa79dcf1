"""What an import wizard is told of a table."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from reid_core.datasets import describe_table, read_dataset
from reid_core.datasets.tables import table_files
from reid_core.errors import ReidError

CSV = "Image,who,PID,remark\n" + "".join(f"{n}.jpg,x,{n},\n" for n in range(7))


def test_columns_the_guess_and_the_first_rows_of_text(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(CSV)
    described = describe_table(tmp_path / "t.csv")
    assert described.columns == ["Image", "who", "PID", "remark"]
    assert described.guessed == {"image": "Image", "identity": "PID"}
    assert described.sample.columns.tolist() == described.columns
    assert described.sample.to_numpy().tolist() == [[f"{n}.jpg", "x", str(n), ""] for n in range(5)]


@pytest.mark.parametrize(("name", "mark"), [("t.tsv", "\t"), ("t.csv", ";")])
def test_other_delimiters(tmp_path: Path, name: str, mark: str) -> None:
    (tmp_path / name).write_text("\ufeff" + CSV.replace(",", mark))
    assert describe_table(tmp_path / name).columns == ["Image", "who", "PID", "remark"]


def test_parquet_columns_without_labels_are_left_out(tmp_path: Path) -> None:
    columns = {"file": ["a.jpg", "b.jpg"], "data": [b"\xff", b"x"], "boxes": [[1], [2]], "cam": [1, None]}
    pd.DataFrame({**columns, "date": [datetime(2026, 3, 2), None]}).to_parquet(tmp_path / "t.parquet")
    described = describe_table(tmp_path / "t.parquet")
    assert described.columns == ["file", "cam", "date"]
    assert described.guessed == {"image": "file", "camera": "cam", "time": "date"}
    assert described.sample.to_numpy().tolist() == [["a.jpg", "1.0", "2026-03-02 00:00:00"], ["b.jpg", "", ""]]


def test_the_guess_is_what_read_dataset_takes(tmp_path: Path, tiny_jpeg: bytes) -> None:
    header = "id,person_id,track,subset,img,cam,date"
    (tmp_path / "t.csv").write_text(f"{header}\n1,ada,t,gallery,a.jpg,4,2026-03-02\n")
    (tmp_path / "a.jpg").write_bytes(tiny_jpeg)
    described = describe_table(tmp_path / "t.csv")
    by_guess = read_dataset(tmp_path / "t.csv", columns=described.guessed).records.table
    pd.testing.assert_frame_equal(by_guess, read_dataset(tmp_path / "t.csv").records.table)
    assert described.guessed == {
        "image": "img",
        "identity": "person_id",
        "camera": "cam",
        "time": "date",
        "tracklet": "track",
        "split": "subset",
    }


def test_nothing_guessed_no_rows_and_odd_headers_are_fine(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,a,,b\n")
    described = describe_table(tmp_path / "t.csv")
    assert (described.columns, described.guessed, len(described.sample)) == (["a", "b"], {}, 0)
    pd.DataFrame({"x": pd.Series([], dtype=str)}).to_parquet(tmp_path / "t.parquet")
    assert describe_table(tmp_path / "t.parquet").columns == ["x"]


def test_long_cells_are_cut(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"image\n{'x' * 10_000}\n")
    assert describe_table(tmp_path / "t.csv").sample.iloc[0, 0] == "x" * 199 + "…"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("t.csv", b"", "t.csv is empty"),
        ("t.csv", b"image,pid\n\xff,1\n", "t.csv is not UTF-8 text"),
        ("t.csv", b"image,pid\na.jpg\n", "Row 2 of t.csv has 1 cells"),
        ("t.csv", b'image,pid\n"a.jpg,1\n', "t.csv, line 2, is not valid CSV"),
        ("t.parquet", b"PAR1 and no more", "t.parquet is not a readable Parquet file"),
        ("t.xlsx", b"x", "t.xlsx is not a table"),
        ("none.csv", None, "none.csv cannot be used: there is no such file"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(tmp_path: Path, name: str, content: bytes | None, reason: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ReidError, match=reason):
        describe_table(tmp_path / name)


def test_a_table_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_files, "MAX_UNPACKED_BYTES", 1000)
    monkeypatch.setattr(table_files, "SPARE_BYTES", 1000)  # of smaller files nothing is looked at
    pd.DataFrame({"image": [f"{number}" * 300 for number in range(10)]}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(ReidError, match="would unpack to"):
        describe_table(tmp_path / "t.parquet")
