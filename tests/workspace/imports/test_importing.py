from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reid_core.datasets import read_dataset
from reid_core.embedder.inference import Embedder
from reid_core.errors import ReidError
from reid_core.records import make_records
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue.rows import NewCrop
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.search.embedding import embed_gallery
from reid_core.workspace.search.gallery_index import GalleryIndex
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, TINY_GALLERY, png_bytes, tiny_picture


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


def people_folder(folder: Path, people: int = 4, each: int = 3) -> Path:
    for person in range(people):
        (folder / f"p{person}").mkdir(parents=True)
        for number in range(each):
            (folder / f"p{person}" / f"cam{number % 2 + 1}_{number}.png").write_bytes(
                png_bytes(tiny_picture(person, number))
            )
    return folder


def bring_in(workspace: Workspace, path: Path, gallery: str = "site") -> tuple[int, int, list[str]]:
    report = import_dataset(workspace, read_dataset(path), gallery, stop=StopRequest())
    return report.added, report.already, [item.path for item in report.skipped]


def test_an_import_keeps_rows_sizes_and_a_thumbnail_of_each_crop(workspace: Workspace, tmp_path: Path) -> None:
    assert bring_in(workspace, people_folder(tmp_path / "data")) == (12, 0, [])
    crops = workspace.catalogue.crops("site")
    assert set(zip(crops["width"], crops["height"], strict=True)) == {(32, 64)}
    for sha256 in crops["sha256"]:
        jpeg = workspace.thumbnails.get(bytes.fromhex(sha256))
        assert jpeg is not None
        assert jpeg.startswith(b"\xff\xd8")


def test_a_second_import_adds_only_what_is_new(workspace: Workspace, tmp_path: Path) -> None:
    folder = people_folder(tmp_path / "data")
    bring_in(workspace, folder)
    (folder / "p0" / "cam2_9.png").write_bytes(png_bytes(tiny_picture(0, 9)))
    assert bring_in(workspace, folder) == (1, 12, [])


def test_bad_files_are_left_out_by_name_and_the_rest_comes_in(workspace: Workspace, tmp_path: Path) -> None:
    folder = people_folder(tmp_path / "data")
    good = png_bytes(tiny_picture(1, 1))
    (folder / "p0" / "empty.jpg").write_bytes(b"")
    (folder / "p0" / "text.jpg").write_bytes(b"hello")
    (folder / "p0" / "half.png").write_bytes(good[: len(good) // 2])
    added, already, skipped = bring_in(workspace, folder)
    assert (added, already) == (12, 0)
    assert sorted(skipped) == ["p0/empty.jpg", "p0/half.png", "p0/text.jpg"]


def test_hostile_entries_of_a_zip_are_left_out_by_name(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "data.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"set/{number}.png", png_bytes(tiny_picture(number, 0)))
        archive.writestr("../outside.png", png_bytes(tiny_picture(9, 0)))
        archive.writestr("set/bomb.png", b"\0" * 40_000_000)
    added, _, skipped = bring_in(workspace, file)
    assert added == 3
    assert sorted(skipped) == ["../outside.png", "set/bomb.png"]
    assert not (tmp_path / "outside.png").exists()


def test_one_person_may_not_be_on_both_sides_of_a_gallery(workspace: Workspace, tmp_path: Path) -> None:
    dataset = read_dataset(people_folder(tmp_path / "data"))
    paths = list(dataset.records.table["path"])
    object.__setattr__(dataset, "records", make_records(path=paths[:1], identity=["x"], split=["train"]))
    import_dataset(workspace, dataset, "site", stop=StopRequest())
    object.__setattr__(dataset, "records", make_records(path=paths[1:2], identity=["x"], split=["query"]))
    with pytest.raises(ReidError, match="Identity 'x'"):
        import_dataset(workspace, dataset, "site", stop=StopRequest())


def test_two_imports_at_once_cannot_put_one_person_on_both_sides(workspace: Workspace) -> None:
    """Each has looked before the other wrote; the second transaction is refused whole."""
    catalogue = workspace.catalogue
    catalogue.add_gallery("site")
    first, second = (catalogue.add_source("site", place, "table") for place in ("/one", "/two"))

    def crop(path: str, identity: str, split: str) -> NewCrop:
        return NewCrop(path, identity, None, float("nan"), None, split, 32, 64, path.encode().ljust(32))

    catalogue.add_crops("site", first, [crop("a.jpg", "x", "train")])
    with pytest.raises(ReidError, match="Identity 'x'"):
        catalogue.add_crops("site", second, [crop("b.jpg", "y", "query"), crop("c.jpg", "x", "query")])
    assert catalogue.crops("site")["path"].tolist() == ["a.jpg"]


def test_labels_that_changed_in_the_source_are_counted_and_the_gallerys_are_kept(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder = people_folder(tmp_path / "data")
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png"))
    table = folder / "labels.csv"
    table.write_text("image,label\n" + "".join(f"{name},a\n" for name in names))
    bring_in(workspace, table)
    table.write_text("image,label\n" + "".join(f"{name},{'b' if row < 5 else 'a'}\n" for row, name in enumerate(names)))
    report = import_dataset(workspace, read_dataset(table), "site", stop=StopRequest())
    assert (report.added, report.already, report.differing) == (0, 12, 5)
    assert set(workspace.catalogue.crops("site")["identity"]) == {"a"}


def test_a_stopped_import_keeps_what_it_has_and_goes_on(workspace: Workspace, tmp_path: Path) -> None:
    dataset = read_dataset(people_folder(tmp_path / "data"))
    stop = StopRequest()
    stop.requested = True
    assert import_dataset(workspace, dataset, "site", stop=stop).added == 0
    assert import_dataset(workspace, dataset, "site", stop=StopRequest()).added == 12


def test_embedding_skips_what_is_embedded_and_counts_what_vanished(
    workspace: Workspace, tmp_path: Path, tiny_model: Path
) -> None:
    folder = people_folder(tmp_path / "data")
    bring_in(workspace, folder)
    embedder = Embedder(tiny_model)
    (folder / "p3" / "cam1_0.png").unlink()
    first = embed_gallery(workspace, "site", embedder, stop=StopRequest())
    assert (first.added, first.already, [item.path for item in first.skipped]) == (11, 0, ["p3/cam1_0.png"])
    shutil.rmtree(folder)
    second = embed_gallery(workspace, "site", embedder, stop=StopRequest())
    assert (second.added, second.already) == (0, 11)
    assert "gone" in second.skipped[0].reason


def test_an_empty_gallery_cannot_be_indexed(workspace: Workspace, tiny_model: Path) -> None:
    workspace.catalogue.add_gallery("empty")
    with pytest.raises(ReidError, match="no crops"):
        embed_gallery(workspace, "empty", Embedder(tiny_model), stop=StopRequest())


def test_an_open_index_follows_what_others_embed(tiny_workspace: Workspace, tmp_path: Path) -> None:
    embedder = Embedder(tiny_workspace.find_model("stripes"))
    index = GalleryIndex(tiny_workspace, TINY_GALLERY, embedder.id)
    assert len(index.current()) == 24
    bring_in(tiny_workspace, people_folder(tmp_path / "more"), TINY_GALLERY)
    embed_gallery(Workspace(tiny_workspace.path, TESTER), TINY_GALLERY, embedder, stop=StopRequest())
    assert len(index.current()) == 36


def test_a_source_that_is_read_in_place_is_not_said_to_be_copied(workspace: Workspace, tmp_path: Path) -> None:
    folder = people_folder(tmp_path / "data")
    bring_in(workspace, folder)
    with pytest.raises(ReidError, match="not copied"):
        import_dataset(workspace, read_dataset(folder), "site", stop=StopRequest(), copy=True)


def test_a_gallery_that_was_deleted_and_made_anew_meanwhile_gets_nothing_of_an_old_import(
    workspace: Workspace,
) -> None:
    catalogue = workspace.catalogue
    catalogue.add_gallery("site")
    old = catalogue.add_source("site", "/old", "table")
    delete(workspace, "site", Selection(), "test")
    catalogue.add_gallery("site")
    new = catalogue.add_source("site", "/new", "table")
    assert new != old
    crop = NewCrop("a.jpg", "x", None, float("nan"), None, "gallery", 32, 64, b"a".ljust(32))
    with pytest.raises(ReidError, match="was deleted while this was imported"):
        catalogue.add_crops("site", old, [crop])
    assert catalogue.crops("site").empty


def test_a_copy_is_of_the_picture_that_the_row_tells_of(workspace: Workspace, tmp_path: Path) -> None:
    """A killed import had copied another picture of the same size under this name."""
    folder = tmp_path / "data"
    folder.mkdir()
    tiny_picture(1, 1).save(folder / "a.bmp")
    dataset = read_dataset(folder)
    workspace.originals(1).mkdir(parents=True)
    tiny_picture(2, 2).save(workspace.originals(1) / "a.bmp")
    import_dataset(workspace, dataset, "site", stop=StopRequest(), copy=True)
    assert (workspace.originals(1) / "a.bmp").read_bytes() == (folder / "a.bmp").read_bytes()


def test_copies_of_duplicates_are_not_kept(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        (folder / name).write_bytes(png_bytes(tiny_picture(1, 1)))
    report = import_dataset(workspace, read_dataset(folder), "site", stop=StopRequest(), copy=True)
    assert (report.added, report.duplicates) == (1, 1)
    assert [file.name for file in workspace.originals(1).iterdir()] == ["a.png"]


def test_pictures_of_one_batch_that_look_the_same_are_marked(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    noise = np.random.default_rng(3).integers(0, 256, (16, 8, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((64, 128))
    picture.save(folder / "a.png")
    picture.save(folder / "b.jpg", quality=80)
    Image.fromarray(noise[::-1]).resize((64, 128)).save(folder / "c.png")
    import_dataset(workspace, read_dataset(folder), "site", stop=StopRequest())
    crops = workspace.catalogue.crops("site")
    assert crops["alike"].tolist() == [None, crops["sha256"].iloc[0], None]
