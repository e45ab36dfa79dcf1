"""The demo: people to search first, then what was found in four recordings, then the videos of these."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from reid_core.datasets.synthetic import SiteConfig
from reid_core.datasets.synthetic.recordings import DEMO_RECORDINGS, FilmConfig
from reid_core.embedder.inference import Embedder
from reid_core.embedder.model import SHIPPED_MODELS, SYNTHETIC
from reid_core.errors import NotThere, ReidError
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue.recordings import clock, finding
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.catalogue.vectors import count_vectors, vectors_of
from reid_core.workspace.clips.cutting import clip_of
from reid_core.workspace.clips.shown_file import fault_of, file_of
from reid_core.workspace.deletion.deletion import delete
from reid_core.workspace.galleries.tracklets import tracklets_of
from reid_core.workspace.imports import demo, demo_recordings
from reid_core.workspace.imports.demo import GALLERY, build_demo
from reid_core.workspace.imports.demo_assets import RECORDINGS, ShippedDemo, read_shipped
from reid_core.workspace.imports.demo_recordings import add_recordings, draw_videos
from reid_core.workspace.opening import open_workspace
from reid_core.workspace.search.gallery_index import GalleryIndex
from reid_core.workspace.search.searching import Example, Question, search
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER
from tests.workspace.catalogue.filmed import film
from tests.workspace.deletion.test_keepers import unknown_to_keepers

TINY_FILM = dataclasses.replace(DEMO_RECORDINGS, people=2, seconds=1.0, size=(160, 90), returns=(), still=0)
Stages = list[str]


@pytest.fixture(scope="module")
def shipped() -> ShippedDemo:
    return read_shipped()


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(SHIPPED_MODELS / SYNTHETIC, "cpu")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(demo, "SITE", SiteConfig(identities=2, cameras=2, crops_per_visit=(1, 1)))
    monkeypatch.setattr(demo_recordings, "FILM", TINY_FILM)
    return open_workspace(tmp_path / "workspace", TESTER)


@pytest.fixture(scope="module")
def built(shipped: ShippedDemo, embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the gallery of recordings, whose videos are not drawn; tests copy it."""
    workspace = open_workspace(tmp_path_factory.mktemp("built") / "workspace", TESTER)
    assert add_recordings(workspace, shipped, embedder, stop=StopRequest(), on_progress=lambda done, total: None)
    return workspace.path


@pytest.fixture
def recordings(built: Path, workspace: Workspace) -> Workspace:
    path = workspace.path.with_name("copy")
    shutil.copytree(built, path)
    return open_workspace(path, TESTER)


def build(workspace: Workspace, *, videos: bool = True, stop_in: str = "") -> tuple[bool, Stages]:
    """Whether it came to the end, and its stages; `stop_in` is the stage in which a stop is asked for."""
    stages: Stages = []
    stop = StopRequest()

    @contextmanager
    def bar(stage: str) -> Iterator[Callable[..., None]]:
        stages.append(stage)

        def update(done: int, total: int, note: str = "") -> None:
            stop.requested = stop.requested or stage == stop_in

        yield update

    done = build_demo(workspace, stop=stop, bar=bar, videos=videos, on_ready=lambda: stages.append("ready"))
    return done, stages


def draw(
    workspace: Workspace, stop: StopRequest | None = None, watch: Callable[[int, int], None] | None = None
) -> bool:
    return draw_videos(workspace, stop=stop or StopRequest(), on_progress=watch or (lambda done, total: None))


def videos_of(workspace: Workspace) -> list[str]:
    return sorted(path.name for path in (workspace.path / "demo" / "recordings").glob("*.mp4"))


# --- the order of the work ---


def test_the_first_search_waits_for_no_recording(workspace: Workspace) -> None:
    done, stages = build(workspace)
    assert done
    assert stages == ["Drawing people", "Importing", "Embedding", "ready", "Adding recordings", "Drawing videos"]
    assert len(videos_of(workspace)) == 4


def test_without_videos_the_recordings_are_there_all_the_same(workspace: Workspace) -> None:
    done, stages = build(workspace, videos=False)
    assert done
    assert "Drawing videos" not in stages
    assert videos_of(workspace) == []
    assert {info.name for info in workspace.catalogue.galleries()} == {GALLERY, RECORDINGS}


@pytest.mark.parametrize("stage", ["Drawing people", "Importing", "Adding recordings", "Drawing videos"])
def test_a_demo_that_was_stopped_goes_on_to_the_same_end(workspace: Workspace, stage: str) -> None:
    done, stages = build(workspace, stop_in=stage)
    assert not done
    assert stages[-1] == stage
    assert build(workspace)[0]
    assert len(videos_of(workspace)) == 4
    rows = finding.every(workspace.catalogue, RECORDINGS)
    assert len(rows) == 4
    assert all(row.finished and row.sha256 for row in rows)
    assert workspace.catalogue.gallery(RECORDINGS).crops == sum(len(one.crops) for one in read_shipped().recordings)


def test_a_demo_of_an_earlier_version_gets_the_rest(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(demo_recordings, "add_recordings", lambda *given, **more: True)
        assert build(workspace, videos=False)[0]
    before = workspace.catalogue.crops(GALLERY)["id"].tolist()
    assert [info.name for info in workspace.catalogue.galleries()] == [GALLERY]
    assert build(workspace)[0]
    assert workspace.catalogue.crops(GALLERY)["id"].tolist() == before
    assert len(finding.every(workspace.catalogue, RECORDINGS)) == 4


# --- recordings as those that were analysed here ---


def test_recordings_have_the_tracklets_crops_and_vectors_that_ship(
    recordings: Workspace, shipped: ShippedDemo, embedder: Embedder
) -> None:
    lines = tracklets_of(recordings.catalogue, RECORDINGS)
    walks = {walk.name: walk for one in shipped.recordings for walk in one.tracklets}
    assert {line.name for line in lines} == set(walks)
    assert all(line.detections == walks[line.name].detections for line in lines)
    assert {line.camera for line in lines} == {"camera-1", "camera-2", "camera-3", "camera-4"}
    crops = recordings.catalogue.crops(RECORDINGS)
    told = {crop.path: crop for one in shipped.recordings for crop in one.crops}
    assert set(crops["path"]) == set(told)
    row = crops.iloc[17]
    assert (Path(row["source"]) / row["path"]).read_bytes() == told[row["path"]].jpeg
    assert (row["box_left"], row["box_top"], row["box_width"], row["box_height"]) == told[row["path"]].box
    assert recordings.thumbnails.get(bytes.fromhex(row["sha256"])) is not None
    rows = np.concatenate([one.vectors for one in shipped.recordings])
    place = [crop.path for one in shipped.recordings for crop in one.crops].index(row["path"])
    vector = vectors_of(recordings.catalogue, embedder.id, [int(row["id"])])[1][0]
    assert vector == pytest.approx(rows[place])


def test_a_crop_finds_another_tracklet_of_its_gallery(recordings: Workspace, embedder: Embedder) -> None:
    crops = recordings.catalogue.crops(RECORDINGS)
    row = crops[crops["camera"] == "camera-1"].iloc[0]
    photo = (Path(row["source"]) / row["path"]).read_bytes()
    question = Question((Example(photo, name="photo.jpg"),), purpose="trial", same_camera=False, camera="camera-1")
    answer = search(recordings, GalleryIndex(recordings, RECORDINGS, embedder.id), embedder, question)
    names = {line.name for line in tracklets_of(recordings.catalogue, RECORDINGS) if line.camera != "camera-1"}
    assert answer.hits()
    assert {hit["tracklet"] for hit in answer.hits()} <= names


def test_the_clock_of_one_camera_is_ahead_and_can_be_corrected(recordings: Workspace) -> None:
    """By its name the recording of camera 3 began 37 seconds later; in truth all four began at one moment."""
    starts = {row.camera: (row.time_of(0), row.start_source) for row in finding.every(recordings.catalogue, RECORDINGS)}
    assert starts["camera-3"] == (DEMO_RECORDINGS.start + 37.0, "name")
    assert {starts[f"camera-{number}"] for number in (1, 2, 4)} == {(DEMO_RECORDINGS.start, "name")}
    clock.mend(recordings.catalogue, RECORDINGS, -37.0, camera="camera-3")
    assert {row.time_of(0) for row in finding.every(recordings.catalogue, RECORDINGS)} == {DEMO_RECORDINGS.start}


def test_crops_are_embedded_again_where_the_model_here_is_another(
    workspace: Workspace, shipped: ShippedDemo, tiny_model: Path
) -> None:
    few = dataclasses.replace(shipped, recordings=shipped.recordings[3:])
    mine = Embedder(tiny_model, "cpu")
    assert add_recordings(workspace, few, mine, stop=StopRequest(), on_progress=lambda done, total: None)
    crops = workspace.catalogue.crops(RECORDINGS)
    assert count_vectors(workspace.catalogue, RECORDINGS, mine.id) == len(crops) == len(few.recordings[0].crops)
    with pytest.raises(NotThere):
        count_vectors(workspace.catalogue, RECORDINGS, shipped.model)


def test_a_recording_of_which_some_was_deleted_is_left_as_it_is(
    recordings: Workspace, shipped: ShippedDemo, embedder: Embedder
) -> None:
    first = recordings.catalogue.crops(RECORDINGS)["id"].iloc[0]
    delete(recordings, RECORDINGS, Selection(ids=frozenset({int(first)})), "test")
    before = recordings.catalogue.gallery(RECORDINGS).crops
    assert add_recordings(recordings, shipped, embedder, stop=StopRequest(), on_progress=lambda done, total: None)
    assert recordings.catalogue.gallery(RECORDINGS).crops == before == sum(len(o.crops) for o in shipped.recordings) - 1


# --- videos ---


def test_until_a_video_is_drawn_its_clips_say_so(recordings: Workspace) -> None:
    crop = int(recordings.catalogue.crops(RECORDINGS)["id"].iloc[0])
    problem = clip_of(recordings, crop).problem
    assert problem is not None
    assert "this one is not there yet" in str(problem)


def test_a_drawn_video_is_the_recordings_file(recordings: Workspace) -> None:
    told: list[tuple[int, int]] = []
    assert all(row.sha256 is None for row in finding.every(recordings.catalogue, RECORDINGS)), "nobody has drawn it"
    assert draw(recordings, watch=lambda done, total: told.append((done, total)))
    assert told[-1] == (4 * TINY_FILM.frames, 4 * TINY_FILM.frames)
    for row in finding.every(recordings.catalogue, RECORDINGS):
        path = Path(row.path)
        assert path.parent == recordings.path / "demo" / "recordings"
        assert row.sha256 == hashlib.sha256(path.read_bytes()).digest()
        assert row.bytes == path.stat().st_size
        assert finding.of_file(recordings.catalogue, RECORDINGS, row.sha256) == row, "`reid video` knows it"
        assert fault_of(file_of(recordings, row)) == "", "its clips are played"


def test_videos_are_drawn_once_and_one_that_was_lost_again(recordings: Workspace) -> None:
    assert draw(recordings)
    first, second, *_ = sorted((recordings.path / "demo" / "recordings").glob("*.mp4"))
    before = [os.stat(path).st_ino for path in (first, second)]
    second.unlink()
    assert draw(recordings)
    assert os.stat(first).st_ino == before[0]
    assert second.is_file()


def test_a_stop_keeps_the_videos_that_are_whole(recordings: Workspace) -> None:
    stop = StopRequest()

    def watch(done: int, total: int) -> None:
        stop.requested = done > TINY_FILM.frames

    assert not draw(recordings, stop, watch)
    assert len(videos_of(recordings)) == 1
    assert not list(recordings.path.rglob(".writing-*"))


def test_a_workspace_that_was_moved_has_its_videos_where_it_is_now(recordings: Workspace) -> None:
    assert draw(recordings)
    there = recordings.path.rename(recordings.path.with_name("moved"))
    moved = open_workspace(there, TESTER)
    assert draw(moved)
    assert all(Path(row.path).is_relative_to(there) for row in finding.every(moved.catalogue, RECORDINGS))


def test_no_video_stays_of_a_recording_that_is_deleted_while_it_is_drawn(recordings: Workspace) -> None:
    def watch(done: int, total: int) -> None:
        if done == TINY_FILM.frames and recordings.catalogue.gallery(RECORDINGS).crops == whole:
            delete(recordings, RECORDINGS, Selection(cameras=frozenset({"camera-1"})), "test")

    whole = recordings.catalogue.gallery(RECORDINGS).crops
    assert draw(recordings, watch=watch)
    assert [name.partition("_")[0] for name in videos_of(recordings)] == ["camera-2", "camera-3", "camera-4"]
    assert not (recordings.path / "demo" / "recordings" / "camera-1.truth.csv").exists()


def test_nothing_is_drawn_for_a_gallery_that_is_deleted_meanwhile(recordings: Workspace) -> None:
    def watch(done: int, total: int) -> None:
        if done == TINY_FILM.frames and RECORDINGS in {info.name for info in recordings.catalogue.galleries()}:
            delete(recordings, RECORDINGS, Selection(), "test")

    assert draw(recordings, watch=watch)
    assert not (recordings.path / "demo" / "recordings").exists()


# --- deletion ---


def test_with_the_gallery_its_videos_and_stills_go(recordings: Workspace) -> None:
    assert draw(recordings)
    assert unknown_to_keepers(recordings) == []
    stills = list((recordings.path / "originals").rglob("still.jpg"))
    assert len(stills) == 4
    assert delete(recordings, RECORDINGS, Selection(), "test").finished is not None
    assert [path for path in recordings.path.rglob("*") if path.suffix in (".mp4", ".jpg", ".csv")] == []
    assert not (recordings.path / "demo" / "recordings").exists()


def test_with_one_camera_its_video_goes(recordings: Workspace) -> None:
    assert draw(recordings)
    delete(recordings, RECORDINGS, Selection(cameras=frozenset({"camera-3"})), "test")
    assert [name.partition("_")[0] for name in videos_of(recordings)] == ["camera-1", "camera-2", "camera-4"]


def test_a_video_that_is_in_another_gallery_too_stays_until_it_goes_from_there(recordings: Workspace) -> None:
    assert draw(recordings)
    name = videos_of(recordings)[0]
    film(recordings, "town", path=str(recordings.path / "demo" / "recordings" / name))
    delete(recordings, RECORDINGS, Selection(), "test")
    assert videos_of(recordings) == [name]
    delete(recordings, "town", Selection(), "test")
    assert videos_of(recordings) == []


def test_a_video_of_the_users_own_that_is_called_so_stays(recordings: Workspace, tmp_path: Path) -> None:
    own = tmp_path / "demo" / "recordings" / "gate.mp4"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"filmed")
    film(recordings, "town", path=str(own))
    delete(recordings, "town", Selection(), "test")
    assert own.read_bytes() == b"filmed"


# --- what ships is damaged ---


def test_assets_that_cannot_be_read_are_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ReidError, match="recordings of the demo"):
        read_shipped(tmp_path)


def test_the_tiny_film_has_the_names_of_the_shipped_one() -> None:
    assert isinstance(TINY_FILM, FilmConfig)
    assert (TINY_FILM.cameras, TINY_FILM.start, TINY_FILM.wrong_clock) == (4, DEMO_RECORDINGS.start, (3, 37.0))
