"""CUHK03's cuhk-03.mat, in miniatures written with h5py as MATLAB 7.3 lays it out: all axes reversed."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from reid_core.datasets import read_dataset
from reid_core.errors import ReidError
from reid_core.images import BadImage, decode
from reid_core.sources import open_source
from reid_core.sources.mat import MatSource

PEOPLE = (3, 1, 1, 1, 1)  # in each pair


def picture(version: str, pair: int, person: int, view: int) -> np.ndarray:
    """6 × 4 pixels that no other view has, each different from its neighbours."""
    seed = [version == "labeled", pair, person, view]
    return np.random.default_rng(seed).integers(0, 256, (6, 4, 3), dtype=np.uint8)


def views_of(person: int) -> tuple[int, ...]:
    return (1, 2, 6) if person == 1 else (1, 7)


def make_mat(path: Path, change: Callable[[h5py.File, dict[str, Any]], None] | None = None) -> Path:
    with h5py.File(path, "w", userblock_size=512) as file:
        cells = file.create_group("#refs#")
        made: dict[str, Any] = {}

        def put(name: str, data: Any, **more: Any) -> h5py.Reference:
            made[name] = cells.create_dataset(name, data=data, **more)
            return made[name].ref

        def put_references(name: str, references: Any) -> h5py.Reference:
            return put(name, np.array(references, dtype=h5py.ref_dtype), dtype=h5py.ref_dtype)

        for version in ("detected", "labeled"):
            pairs = []
            for pair, people in enumerate(PEOPLE, start=1):
                rows = []
                for view in range(1, 11):
                    row = []
                    for person in range(1, people + 1):
                        name = f"{version}-{pair}-{person}-{view}"
                        if view in views_of(person):
                            row.append(put(name, picture(version, pair, person, view).T, compression="gzip"))
                        else:
                            row.append(put(name, np.zeros(2, np.uint64)))  # MATLAB's empty array: its dimensions
                    rows.append(row)
                pairs.append(put_references(f"{version}-{pair}", rows))
            data = np.array([pairs], dtype=h5py.ref_dtype)
            made[version] = file.create_dataset(version, data=data, dtype=h5py.ref_dtype)
        sets = [put("set-1", np.array([[1.0, 2.0], [2.0, 1.0]])), put("set-2", np.array([[1.0], [1.0]]))]
        file.create_dataset("testsets", data=np.array([sets], dtype=h5py.ref_dtype), dtype=h5py.ref_dtype)
        if change is not None:
            change(file, made)
    return path


def test_pictures_are_png_files_with_their_axes_the_right_way(tmp_path: Path) -> None:
    source = open_source(make_mat(tmp_path / "cuhk-03.mat"))
    assert isinstance(source, MatSource)
    names = list(source.names())
    assert len(names) == 2 * ((3 + 2 + 2) + 4 * 3)
    first = ["1_001_1_01.png", "1_001_1_02.png", "1_001_2_06.png", "1_002_1_01.png"]
    assert names[:4] == [f"detected/{name}" for name in first]
    for name in names:
        version, _, file = name.partition("/")
        pair, person, camera, view = (int(part) for part in file.removesuffix(".png").split("_"))
        assert camera == (1 if view <= 5 else 2)
        assert source.read(name).startswith(b"\x89PNG")
        np.testing.assert_array_equal(np.asarray(decode(source.read(name))), picture(version, pair, person, view))
    source.close()


def test_many_threads_read_one_file(tmp_path: Path) -> None:
    source = MatSource(make_mat(tmp_path / "cuhk-03.mat"))
    names = list(source.names()) * 10
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(source.read, names)) == [source.read(name) for name in names]


@pytest.mark.parametrize(
    "name", ["detected/1_001_1_03.png", "detected/1_001_2_01.png", "detected/1_004_1_01.png", "detected/1_000_1_01.png"]
)
def test_other_names_are_not_there(tmp_path: Path, name: str) -> None:
    source = MatSource(make_mat(tmp_path / "cuhk-03.mat"))
    for wrong in (name, "../secret.png", "x", "detected/1_0001_1_01.png", "detected/1_001_1_11.png"):
        with pytest.raises(BadImage):
            source.read(wrong)


def test_the_first_test_set_says_who_is_tested(tmp_path: Path) -> None:
    dataset = read_dataset(make_mat(tmp_path / "cuhk-03.mat"))
    assert dataset.format == "CUHK03 detected"
    assert dataset.source == tmp_path / "cuhk-03.mat"
    table = dataset.records.table
    tested = table[table["split"] != "train"]
    # The set's rows are (pair, person): (1, 2) and (2, 1).
    assert set(tested["identity"]) == {"1_002", "2_001"}
    assert len(tested) == 2 + 3
    assert set(dataset.records.of_split("train").table["identity"]) == {"1_001", "1_003", "3_001", "4_001", "5_001"}
    labeled = read_dataset(tmp_path / "cuhk-03.mat", format="cuhk03-labeled").records.table
    assert labeled["path"].str.startswith("labeled/").all()
    assert len(labeled) == len(table)


def test_the_folder_that_holds_the_file_and_the_protocol_above_it_will_do(tmp_path: Path) -> None:
    from scipy.io import savemat

    release = tmp_path / "cuhk03" / "cuhk03_release"
    release.mkdir(parents=True)
    make_mat(release / "cuhk-03.mat")
    (release / "README.md").write_text("about")
    names = [name.partition("/")[2] for name in MatSource(release / "cuhk-03.mat").names() if name[0] == "d"]
    files = np.empty((len(names), 1), object)
    files[:, 0] = names
    train = [place for place, name in enumerate(names, start=1) if not name.startswith("1_001")]
    splits = {"filelist": files, "train_idx": np.array(train)[:, None], "query_idx": [[1]], "gallery_idx": [[2], [3]]}
    savemat(tmp_path / "cuhk03" / "cuhk03_new_protocol_config_detected.mat", splits)
    dataset = read_dataset(tmp_path / "cuhk03")
    assert dataset.source == release / "cuhk-03.mat"
    assert dataset.skipped == ()
    table = dataset.records.table
    tested = table[table["split"] != "train"]
    assert tested["path"].tolist() == [f"detected/{name}" for name in names[:3]]
    assert tested["split"].tolist() == ["query", "gallery", "gallery"]


def test_the_file_inside_a_zip_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("cuhk03_release/cuhk-03.mat", b"never read")
    with pytest.raises(ReidError, match="cannot be read inside an archive; unpack the archive"):
        read_dataset(tmp_path / "a.zip")


def test_without_test_sets_identities_are_divided(tmp_path: Path) -> None:
    path = make_mat(tmp_path / "cuhk-03.mat", lambda file, made: file.pop("testsets"))
    assert set(read_dataset(path, train_share=1.0).records.table["split"]) == {"train"}


def replace(file: h5py.File, name: str, data: Any, **more: Any) -> None:
    del file[name]
    file.create_dataset(name, data=data, **more)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda file, made: [file.pop(name) for name in ("detected", "labeled")], "neither detected nor labeled"),
        (lambda file, made: replace(file, "detected", np.zeros((1, 5))), "numbers where others are expected"),
        (lambda file, made: replace(file, "detected", 7), "has the shape"),
        (lambda file, made: (file.pop("detected"), file.create_group("detected")), "has the shape None"),
        (lambda file, made: replace(file, "labeled", made["labeled"][:, :4], dtype=h5py.ref_dtype), "has 4 pairs"),
        (lambda file, made: replace(file, "detected", made["labeled"][()][[0] * 9], dtype=h5py.ref_dtype), "the shape"),
    ],
)
def test_a_file_of_another_kind_is_a_sentence(tmp_path: Path, change: Any, reason: str) -> None:
    path = make_mat(tmp_path / "cuhk-03.mat", change)
    with pytest.raises(ReidError, match=f"cuhk-03.mat is not like CUHK03's cuhk-03.mat: .*{reason}"):
        open_source(path)


def test_what_is_no_hdf5_is_a_sentence(tmp_path: Path) -> None:
    whole = make_mat(tmp_path / "cuhk-03.mat").read_bytes()
    for data in (b"", b"MATLAB 5.0 MAT-file", whole[:700]):
        (tmp_path / "broken.mat").write_bytes(data)
        with pytest.raises(ReidError, match=r"broken\.mat is not a MATLAB 7\.3 file"):
            open_source(tmp_path / "broken.mat")


def test_data_that_lies_in_another_file_is_never_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"s" * 72)
    make_mat(tmp_path / "other.mat")

    def link(file: h5py.File, made: dict[str, Any]) -> None:
        del file["labeled"]
        file["labeled"] = h5py.ExternalLink(str(tmp_path / "other.mat"), "labeled")

    with pytest.raises(ReidError, match="lies in another file"):
        open_source(make_mat(tmp_path / "linked.mat", link))

    def outside(file: h5py.File, made: dict[str, Any]) -> None:
        place = [(str(tmp_path / "secret"), 0, 72)]
        cells = file["#refs#"]
        made["external"] = cells.create_dataset("external", (3, 4, 6), np.uint8, external=place)
        virtual = h5py.VirtualLayout((3, 4, 6), np.uint8)
        virtual[:] = h5py.VirtualSource(str(tmp_path / "other.mat"), "#refs#/detected-1-1-1", (3, 4, 6))
        made["virtual"] = cells.create_virtual_dataset("virtual", virtual)
        references = made["detected-1"][()]
        references[0, 0], references[1, 0] = made["external"].ref, made["virtual"].ref
        made["detected-1"][...] = references

    source = open_source(make_mat(tmp_path / "outside.mat", outside))
    for name in ("detected/1_001_1_01.png", "detected/1_001_1_02.png"):
        with pytest.raises(BadImage, match="its data lies in another file"):
            source.read(name)
    assert decode(source.read("detected/1_001_2_06.png")).size == (4, 6)


@pytest.mark.parametrize(
    ("data", "more", "reason"),
    [
        (np.zeros((3, 4, 6)), {}, "its values are float64"),
        (np.zeros((4, 4, 6), np.uint8), {}, "has the shape"),
        (np.zeros((3, 4, 0), np.uint8), {}, "no picture"),
        (np.zeros((3, 1000, 1000), np.uint8), {}, "takes more than 1 MB"),
        (None, {"shape": (3, 10_000, 6_000), "dtype": np.uint8, "chunks": (3, 100, 100)}, "6000, which is no picture"),
        (np.zeros((3, 4, 6), np.uint8), {"compression": "lzf"}, "compressed in an unknown way"),
    ],
)
def test_a_bad_picture_costs_itself(tmp_path: Path, data: Any, more: dict[str, Any], reason: str) -> None:
    def change(file: h5py.File, made: dict[str, Any]) -> None:
        references = made["detected-1"][()]
        references[0, 0] = file["#refs#"].create_dataset("bad", data=data, **more).ref
        made["detected-1"][...] = references

    source = open_source(make_mat(tmp_path / "cuhk-03.mat", change))
    with pytest.raises(BadImage, match=reason):
        source.read("detected/1_001_1_01.png")
    assert source.read("detected/1_001_1_02.png")


def test_a_reference_that_leads_nowhere_is_skipped_by_name(tmp_path: Path) -> None:
    def change(file: h5py.File, made: dict[str, Any]) -> None:
        references = made["detected-1"][()]
        references[0, 0] = h5py.Reference()
        made["detected-1"][...] = references

    dataset = read_dataset(make_mat(tmp_path / "cuhk-03.mat", change))
    assert [skip.path for skip in dataset.skipped] == ["detected/1_001_1_01.png"]


def test_damage_anywhere_is_a_sentence_or_a_skipped_picture(tmp_path: Path) -> None:
    whole = make_mat(tmp_path / "cuhk-03.mat").read_bytes()
    random = np.random.default_rng(0)
    path = tmp_path / "damaged.mat"
    failures = 0
    for _ in range(60):
        damaged = bytearray(whole)
        for place in random.integers(512, len(whole), 40):
            damaged[place] = random.integers(256)
        path.write_bytes(damaged)
        try:
            source = open_source(path)
            for name in list(source.names()):
                source.read(name)
            source.close()
        except ReidError:
            failures += 1
    assert failures > 0
