"""People who are cut out of annotated frames: what is kept of each, once per frame, and what is left out by name."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageStat

from reid_core.datasets import read_dataset
from reid_core.errors import ReidError
from reid_core.images import BadImage, cut_out, decode
from reid_core.picture_reader import PictureReader
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.galleries.originals import check_pictures
from reid_core.workspace.imports import inspecting
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.imports.inspecting import BATCH, MOST_CUT, batches
from reid_core.workspace.imports.previewing import Reading, preview
from reid_core.workspace.imports.uploads import keep_upload
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER

COLOURS = {"1": (200, 30, 30), "2": (30, 160, 40), "3": (40, 60, 200)}
LEFTS = {"1": 20, "2": 120, "3": 220}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


def frame(shift: int = 0) -> bytes:
    """320×180, three people in colours of their own, each 32×64 and in the same place but for the shift."""
    image = Image.new("RGB", (320, 180), (120, 120, 120))
    for person, colour in COLOURS.items():
        image.paste(colour, (LEFTS[person] + shift, 90, LEFTS[person] + shift + 32, 154))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=95, subsampling=0)
    return buffer.getvalue()


def scene(folder: Path, frames: int = 2, more: tuple[dict[str, Any], ...] = ()) -> Path:
    folder.mkdir(parents=True)
    images, boxes = [], []
    for number in range(1, frames + 1):
        (folder / f"cam1_{number:02d}.jpg").write_bytes(frame(number))
        images.append({"id": number, "file_name": f"cam1_{number:02d}.jpg"})
        for person, left in LEFTS.items():
            boxes.append({"image_id": number, "track_id": int(person), "bbox": [left + number, 90, 32, 64]})
    (folder / "a.json").write_text(json.dumps({"images": images, "annotations": [*boxes, *more]}))
    return folder


def bring_in(workspace: Workspace, path: Path, stop: StopRequest | None = None, **options: Any) -> Any:
    return import_dataset(workspace, read_dataset(path), "site", stop=stop or StopRequest(), **options)


def mean(image: Image.Image) -> tuple[float, ...]:
    return tuple(ImageStat.Stat(image).mean)


def test_each_person_is_cut_out_and_kept_in_the_workspace(workspace: Workspace, tmp_path: Path) -> None:
    assert bring_in(workspace, scene(tmp_path / "site")).added == 6
    crops = workspace.catalogue.crops("site")
    assert set(zip(crops["width"], crops["height"], strict=True)) == {(32, 64)}
    with PictureReader() as reader:
        for row in crops.to_dict("records"):
            kept = reader.picture(row["source"], row["path"])
            assert mean(kept) == pytest.approx(COLOURS[row["tracklet"][-1]], abs=3)
            assert (workspace.originals(1) / row["path"]).is_file()
            small = workspace.thumbnails.get(bytes.fromhex(row["sha256"]))
            assert small is not None
            assert decode(small).size == (32, 64)
    first = crops[crops["path"] == "cam1_02.jpg/track-3.jpg"].iloc[0]
    assert (first["frame"], first["box_left"], first["box_top"]) == ("cam1_02.jpg", 222, 90)
    assert (first["box_width"], first["box_height"], first["identity"]) == (32, 64, "cam1-3")


def test_a_frame_is_decoded_once_for_all_its_people(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []

    def counting(data: bytes) -> Image.Image:
        image = decode(data)
        sizes.append(image.size)
        return image

    monkeypatch.setattr(inspecting, "decode", counting)
    bring_in(workspace, scene(tmp_path / "site", frames=5))
    assert sizes.count((320, 180)) == 5


def test_an_import_that_was_stopped_goes_on_where_it_was(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspecting, "BATCH", 6)
    path, stop = scene(tmp_path / "site", frames=6), StopRequest()

    def stop_soon(done: int, total: int) -> None:
        if done == 6:
            stop.requested = True

    first = bring_in(workspace, path, stop, on_progress=stop_soon)
    assert (first.added, first.stopped) == (6, True)
    second = bring_in(workspace, path)
    assert (second.added, second.already) == (12, 6)
    assert bring_in(workspace, path).added == 0


def test_boxes_outside_or_of_a_few_pixels_are_named_and_those_at_the_edge_clipped(
    workspace: Workspace, tmp_path: Path
) -> None:
    odd = [[400, 90, 30, 70], [10, 10, 7, 60], [-20, 120, 40, 100], [300, 90, 1000, 64]]
    more = tuple({"image_id": 1, "track_id": 10 + place, "bbox": box} for place, box in enumerate(odd))
    report = bring_in(workspace, scene(tmp_path / "site", more=more))
    reasons = {item.path.rpartition("/")[2]: item.reason for item in report.skipped}
    assert reasons == {
        "track-10.jpg": "its box lies outside the frame of 320×180",
        "track-11.jpg": "its box covers 7×60 pixels of the frame of 320×180; less than 8 a side tell nothing",
    }
    crops = workspace.catalogue.crops("site").set_index("tracklet")
    assert tuple(crops.loc["cam1-12", ["width", "height"]]) == (20, 60)
    assert tuple(crops.loc["cam1-13", ["width", "height"]]) == (20, 64)


def test_a_broken_frame_costs_its_people_by_name(workspace: Workspace, tmp_path: Path) -> None:
    path = scene(tmp_path / "site", frames=3)
    (path / "cam1_02.jpg").write_bytes((path / "cam1_02.jpg").read_bytes()[:300])
    report = bring_in(workspace, path)
    assert report.added == 6
    assert {item.path for item in report.skipped} == {f"cam1_02.jpg/track-{n}.jpg" for n in (1, 2, 3)}
    assert all("its frame cam1_02.jpg cannot be used" in item.reason for item in report.skipped)


def test_whole_frames_that_are_in_a_gallery_are_not_mixed_with_what_is_cut_out(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = scene(tmp_path / "site")
    import_dataset(workspace, read_dataset(path, format="flat"), "site", stop=StopRequest())
    with pytest.raises(ReidError, match="Import it into another gallery to copy the crops that are cut out"):
        bring_in(workspace, path)


def test_the_crops_of_an_upload_stay_when_it_is_removed(workspace: Workspace, tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for file in scene(tmp_path / "site").iterdir():
            archive.write(file, file.name)
    content.seek(0)
    bring_in(workspace, keep_upload(workspace, [("site.zip", content)]))
    assert not any(workspace.incoming.rglob("*.zip"))
    assert len(check_pictures(workspace, "site", stop=StopRequest()).skipped) == 0


def test_a_deleted_person_leaves_no_crop_behind(workspace: Workspace, tmp_path: Path) -> None:
    bring_in(workspace, scene(tmp_path / "site"))
    delete(workspace, "site", Selection(identities=frozenset({"cam1-1"})), "test")
    left = {file.name for file in workspace.originals(1).rglob("*.jpg") if file.is_file()}
    assert left == {"track-2.jpg", "track-3.jpg"}


def test_a_preview_shows_crops_and_not_frames(tmp_path: Path) -> None:
    found = preview(scene(tmp_path / "site"), Reading())
    assert [decode(sample.picture or b"").size for sample in found.samples] == [(32, 64)] * 6
    assert not found.is_divided


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.floats(1, 1e6), st.floats(1, 1e6)), max_size=60),
    st.integers(0, 300),
)
def test_every_row_is_in_one_batch_and_no_batch_is_too_large(boxes: list[tuple[int, float, float]], whole: int) -> None:
    rows: list[dict[str, Any]] = [
        {"path": f"{number}", "frame": f"f{name}", "box_width": width, "box_height": height}
        for number, (name, width, height) in enumerate(boxes)
    ]
    rows += [{"path": f"w{number}", "frame": None} for number in range(whole)]
    found = batches(rows)
    flat = [row["path"] for tasks in found for task in tasks for row in task]
    assert sorted(flat) == sorted(row["path"] for row in rows)
    for tasks in found:
        assert 0 < sum(map(len, tasks)) <= BATCH
        frames = [name for task in tasks for name in {row["frame"] for row in task if row["frame"]}]
        assert len(frames) == len(set(frames))  # decoded once
        cut = [min(row["box_width"] * row["box_height"], 5e7) for task in tasks for row in task if row["frame"]]
        groups = len(set(frames))
        assert sum(cut) <= MOST_CUT or groups == 1


@settings(deadline=None)
@given(box=st.tuples(*[st.floats(allow_nan=True, allow_infinity=True)] * 4))
def test_any_four_numbers_are_a_crop_inside_the_frame_or_a_reason(box: tuple[float, float, float, float]) -> None:
    image = Image.new("RGB", (64, 48))
    reason, size = "", (8, 8)
    try:
        size = cut_out(image, box).size
    except BadImage as error:
        reason = str(error)
    assert len(reason) < 200
    assert 8 <= size[0] <= 64
    assert 8 <= size[1] <= 48
