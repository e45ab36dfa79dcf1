"""Records written as Parquet are the same records when they are read back."""

from __future__ import annotations

import tarfile
import tempfile
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from reid_core.datasets import read_dataset, records_to_parquet
from reid_core.datasets.tables.table_files import export_schema
from reid_core.errors import ReidError
from reid_core.records import DISTRACTOR, JUNK, Records, make_records

PATHS = ["a.jpg", "x/a.jpg", "x/nan.jpg", "x/ spaced .png", "Zoë/1,2;3.jpg", "1:05.jpg", 'x/"quoted".jpg', "none.jpg"]
LABELS = st.one_of(
    st.none(),
    st.sampled_from([DISTRACTOR, JUNK, "-1", "", " ", "nan", "None", "5.0", "007", "NULL", " ada ", "a\nb"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
)
TIMES = st.one_of(st.just(float("nan")), st.floats(0, 253_402_300_799.0), st.sampled_from([0.1, 1e9 + 1 / 3, -0.0]))
ROW = st.tuples(LABELS, LABELS, TIMES, LABELS, st.sampled_from(["train", "query", "gallery"]))


@pytest.fixture(scope="module")
def folder() -> Path:
    root = Path(tempfile.mkdtemp())
    for path in PATHS:
        (root / "set" / path).parent.mkdir(parents=True, exist_ok=True)
        (root / "set" / path).write_bytes(b"never decoded")
    return root


def records_of(paths: list[str], rows: list[tuple]) -> Records:
    """Records with an identity's rows all in the split of its first one."""
    side: dict[object, str] = {}
    splits = [row[4] if side.setdefault(row[0], row[4]) == "train" or row[4] != "train" else "gallery" for row in rows]
    splits = ["train" if side[row[0]] == "train" else split for row, split in zip(rows, splits, strict=True)]
    columns = {
        name: [row[place] for row in rows] for place, name in enumerate(["identity", "camera", "time", "tracklet"])
    }
    return make_records(path=paths, split=splits, **columns)


def assert_same(one: Records, other: Records) -> None:
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    assert one.table["time"].map(float.hex).tolist() == other.table["time"].map(float.hex).tolist()


@settings(deadline=None, max_examples=80)
@given(st.permutations(PATHS), st.lists(ROW, min_size=1, max_size=len(PATHS)))
def test_all_records_come_back_exactly(folder: Path, paths: list[str], rows: list[tuple]) -> None:
    records = records_of(paths[: len(rows)], rows)
    file = folder / "set" / "crops.parquet"
    records_to_parquet(records, file)
    try:
        dataset = read_dataset(file)
    finally:
        file.unlink()
    assert dataset.format == "table"
    assert dataset.skipped == ()
    assert_same(dataset.records, records)


def test_a_file_above_the_pictures_says_where_they_are(folder: Path) -> None:
    records = make_records(path=["a.jpg", "x/a.jpg"], identity=["ada", None])
    records_to_parquet(records, folder / "crops.parquet", source=folder / "set")
    read = read_dataset(folder / "crops.parquet").records.table
    (folder / "crops.parquet").unlink()
    assert read["path"].tolist() == ["set/a.jpg", "set/x/a.jpg"]
    assert read["identity"].tolist() == ["ada", None]


def test_a_file_in_the_source_needs_nothing_before_its_paths(folder: Path) -> None:
    records = make_records(path=["a.jpg"])
    records_to_parquet(records, folder / "set" / "crops.parquet", source=folder / "set")
    read = read_dataset(folder / "set" / "crops.parquet")
    (folder / "set" / "crops.parquet").unlink()
    assert_same(read.records, records)


def test_other_programs_read_it(tmp_path: Path) -> None:
    records = make_records(path=["a.jpg", "b.jpg"], identity=["ada", None], time=[12.5, None])
    records_to_parquet(records, tmp_path / "crops.parquet")
    table = pd.read_parquet(tmp_path / "crops.parquet")
    assert table.columns.tolist() == ["path", "identity", "camera", "time", "tracklet", "split"]
    assert table["time"].dtype == "float64"
    assert table["path"].tolist() == ["a.jpg", "b.jpg"]
    assert table["identity"].isna().tolist() == [False, True]


@pytest.mark.parametrize("place", ["elsewhere", "set/x"])
def test_pictures_that_do_not_lie_below_the_file_are_refused(folder: Path, place: str) -> None:
    (folder / place).mkdir(exist_ok=True)
    with pytest.raises(ReidError, match=r"is not below .*Write the file to .*set"):
        records_to_parquet(make_records(path=["a.jpg"]), folder / place / "t.parquet", source=folder / "set")


def test_pictures_inside_an_archive_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.jpg", b"x")
    with pytest.raises(ReidError, match="inside .*a.zip"):
        records_to_parquet(make_records(path=["a.jpg"]), tmp_path / "t.parquet", source=tmp_path / "a.zip")


def test_pictures_in_shards_are_told_of_beside_the_shards(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    for shard in ("0.tar", "1.tar"):
        with tarfile.open(tmp_path / "set" / shard, "w") as archive:
            archive.addfile(tarfile.TarInfo("a.jpg"))
    records = make_records(path=["1.tar/a.jpg", "0.tar/a.jpg"], identity=["ada", "bo"])
    with pytest.raises(ReidError, match=r"in shards\. Write the file beside them, to .*set/t\.parquet"):
        records_to_parquet(records, tmp_path / "t.parquet", source=tmp_path / "set")
    records_to_parquet(records, tmp_path / "set" / "t.parquet", source=tmp_path / "set")
    assert_same(read_dataset(tmp_path / "set" / "t.parquet").records, records)


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    records_to_parquet(make_records(path=["a.jpg"]), tmp_path / "t.parquet")
    before = (tmp_path / "t.parquet").read_bytes()
    with pytest.raises(ReidError, match="is not text in Unicode"):
        records_to_parquet(make_records(path=["a.jpg"], identity=["\ud800"]), tmp_path / "t.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["t.parquet"]
    assert (tmp_path / "t.parquet").read_bytes() == before
    with pytest.raises(ReidError, match="cannot be written"):
        records_to_parquet(make_records(path=["a.jpg"]), tmp_path / "none" / "t.parquet")


def test_pictures_that_have_gone_are_skipped_by_row(folder: Path) -> None:
    file = folder / "set" / "crops.parquet"
    records_to_parquet(make_records(path=["a.jpg", "gone.jpg"]), file)
    dataset = read_dataset(file)
    file.unlink()
    assert dataset.records.table["path"].tolist() == ["a.jpg"]
    assert [skip.path for skip in dataset.skipped] == ["row 2 of crops.parquet"]


@pytest.mark.parametrize(
    ("column", "values", "reason"),
    [
        ("split", ["extra"], "the split is 'extra'"),
        ("time", [-1.0], "not in seconds since 1970"),
        ("path", ["../a.jpg"], "'../a.jpg' is not there"),
        ("path", [None], "names no picture"),
    ],
)
def test_a_forged_export_is_checked_like_any_table(folder: Path, column: str, values: list, reason: str) -> None:
    cells = {"path": ["a.jpg"], "identity": ["ada"], "camera": [None], "time": [0.0], "tracklet": [None]}
    arrays = [
        pa.array(({**cells, "split": ["query"], column: values})[field.name], field.type) for field in export_schema()
    ]
    file = folder / "set" / "forged.parquet"
    parquet.write_table(pa.Table.from_arrays(arrays, schema=export_schema()), file)
    try:
        with pytest.raises(ReidError, match=reason):
            read_dataset(file)
    finally:
        file.unlink()


def test_a_marked_file_with_other_columns_is_an_ordinary_table(folder: Path) -> None:
    schema = pa.schema([("path", pa.string()), ("identity", pa.int64())], metadata=export_schema().metadata)
    file = folder / "set" / "forged.parquet"
    parquet.write_table(pa.table({"path": ["a.jpg"], "identity": [5]}, schema=schema), file)
    dataset = read_dataset(file)
    file.unlink()
    assert dataset.records.identities() == ["5"]
