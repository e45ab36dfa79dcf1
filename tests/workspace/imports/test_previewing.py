from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from reid_core.datasets import read_dataset
from reid_core.errors import ReidError
from reid_core.images import decode
from reid_core.signals import StopRequest
from reid_core.workspace.galleries.browsing import flaws_of
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.imports.previewing import SAMPLES, Reading, find_table, gallery_name, preview
from reid_core.workspace.workspace import Workspace
from tests.conftest import png_bytes, tiny_picture


def _people(folder: Path, count: int) -> Path:
    for person in range(count):
        (folder / f"p{person}").mkdir(parents=True)
        (folder / f"p{person}" / "cam1_a.png").write_bytes(png_bytes(tiny_picture(person, 0)))
        (folder / f"p{person}" / "cam2_b.png").write_bytes(png_bytes(tiny_picture(person, 1)))
    return folder


def test_samples_are_spread_from_the_first_crop_to_the_last(tmp_path: Path) -> None:
    found = preview(_people(tmp_path / "site", 10), Reading())
    assert len(found.samples) == SAMPLES
    paths = list(found.dataset.records.table["path"])
    assert (found.samples[0].path, found.samples[-1].path) == (paths[0], paths[-1])
    assert len({sample.identity for sample in found.samples}) >= 9
    assert all(decode(sample.picture or b"").size == (32, 64) for sample in found.samples)


def test_a_few_crops_are_all_shown_and_a_broken_one_with_its_reason(tmp_path: Path) -> None:
    folder = _people(tmp_path / "site", 1)
    (folder / "p0" / "cam3_c.png").write_bytes(b"no picture")
    found = {sample.path: sample for sample in preview(folder, Reading()).samples}
    assert len(found) == 3
    assert found["p0/cam3_c.png"].picture is None
    assert "not a picture" in found["p0/cam3_c.png"].reason


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_source_without_splits_is_not_divided_whatever_share_is_asked_for(tmp_path: Path, share: float) -> None:
    assert not preview(_people(tmp_path / "site", 6), Reading(train_share=share)).is_divided


def test_a_source_that_names_its_splits_or_nobody_is_divided(tmp_path: Path, tiny_dataset: Path) -> None:
    assert preview(tiny_dataset, Reading()).is_divided  # its table has a column for the split
    assert preview(_people(tmp_path / "site", 2), Reading(format="flat")).is_divided


def test_a_table_is_found_in_a_folder_in_a_zip_and_by_its_path(tmp_path: Path, tiny_dataset: Path) -> None:
    archive = tmp_path / "crops.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for inside in tiny_dataset.iterdir():
            file.write(inside, inside.name)
    for path in (tiny_dataset, tiny_dataset / "crops.csv", archive):
        table = find_table(path)
        assert table is not None
        assert table.guessed["identity"] == "identity"
        assert len(table.sample) == 5
    assert find_table(_people(tmp_path / "site", 1)) is None


def test_a_column_that_is_said_not_to_be_there_is_not_used(tiny_dataset: Path) -> None:
    records = preview(
        tiny_dataset, Reading(columns=(("image", "path"), ("identity", ""), ("camera", "")))
    ).dataset.records
    assert records.identities() == []
    assert records.cameras() == []
    assert records.table["time"].notna().all()  # what is not mentioned is still found by its name


def test_an_error_is_that_of_reading(tmp_path: Path) -> None:
    with pytest.raises(ReidError, match="no folder or file"):
        preview(tmp_path / "nowhere", Reading())


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("night shift (3)", "night-shift-3"),
        (".hidden", "hidden"),
        ("---", ""),
        ("x" * 80, "x" * 64),
        ("caméra", "caméra"),
    ],
)
def test_a_gallery_is_named_after_the_folder(tmp_path: Path, path: str, name: str) -> None:
    (tmp_path / path).mkdir()
    assert gallery_name(tmp_path / path) == name


def test_a_gallery_is_named_after_a_file_without_its_suffix(tmp_path: Path) -> None:
    (tmp_path / "market.v1.zip").write_bytes(b"")
    assert gallery_name(tmp_path / "market.v1.zip") == "market.v1"


def test_flaws_are_counted_of_one_source_only(tiny_workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "dark"
    folder.mkdir()
    buffer = io.BytesIO()
    tiny_picture(9, 0).point(lambda value: value // 20).resize((16, 32)).save(buffer, "PNG")
    (folder / "a.png").write_bytes(buffer.getvalue())
    import_dataset(tiny_workspace, read_dataset(folder), "tiny", stop=StopRequest())
    found = flaws_of(tiny_workspace.catalogue, "tiny", str(folder.resolve()))
    assert (found["dark"], found["small"], found["alike"]) == (1, 1, 0)
    assert flaws_of(tiny_workspace.catalogue, "tiny", "/nowhere")["dark"] == 0
