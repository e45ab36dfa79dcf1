"""Recordings on disk: whole or not there, the same again, with exact times and clocks."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import av
import numpy as np
import pytest

from reid_core.datasets.name_times import time_of_name
from reid_core.datasets.synthetic.recordings import FilmedSite, film, read_truth, write_recordings, writing
from tests.support.drawn_recordings import TINY, tiny_recordings, tracks_of, truth_of

SHORT = replace(TINY, seconds=6.0, people=4, seed=2, wrong_clock=(2, 37.0))


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    assert write_recordings(folder, SHORT)
    return folder


def test_every_camera_has_a_recording_and_its_truth(written: Path) -> None:
    assert sorted(_files(written)) == [
        "camera-1.truth.csv",
        "camera-1_2026-03-02T08-30-00Z.mp4",
        "camera-2.truth.csv",
        "camera-2_2026-03-02T08-30-37Z.mp4",
        "site.json",
    ]


def test_frames_are_stamped_exactly_and_key_frames_come_every_three_seconds(written: Path) -> None:
    with av.open(str(written / "camera-1_2026-03-02T08-30-00Z.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        frames = list(container.decode(stream))
    assert [frame.time for frame in frames] == [pytest.approx(place / SHORT.rate) for place in range(SHORT.frames)]
    keys = [frame.time for frame in frames if frame.key_frame]
    assert keys[0] == 0
    assert np.diff([*keys, SHORT.seconds]).max() <= 3.01


def test_a_wrong_clock_is_off_in_name_and_container_and_the_site_says_by_how_much(written: Path) -> None:
    cameras = json.loads((written / "site.json").read_text())["cameras"]
    for camera, offset in zip(cameras, (0.0, 37.0), strict=True):
        with av.open(str(written / camera["file"])) as container:
            created = datetime.fromisoformat(container.metadata["creation_time"]).timestamp()
        assert created == time_of_name(camera["file"]) == SHORT.start + offset
        assert datetime.fromisoformat(camera["start"]).timestamp() == SHORT.start
        assert camera["clock_offset"] == offset


def test_the_recording_shows_what_was_drawn(written: Path) -> None:
    with av.open(str(written / "camera-1_2026-03-02T08-30-00Z.mp4")) as container:
        decoded = [frame.to_ndarray(format="rgb24").astype(float) for frame in container.decode(video=0)]
    drawn = list(film(FilmedSite(SHORT), 1))
    assert len(decoded) == len(drawn) == SHORT.frames
    for place in (0, 20, SHORT.frames - 1):
        assert np.abs(decoded[place] - drawn[place].picture).mean() < 6
        assert (
            tuple(truth_of(written / "camera-1_2026-03-02T08-30-00Z.mp4").get(place + 1, ())) == drawn[place].sightings
        )


def test_the_same_seed_gives_the_same_bytes(written: Path, tmp_path: Path) -> None:
    write_recordings(tmp_path, SHORT)
    assert _files(tmp_path) == _files(written)


def test_another_seed_gives_other_people_elsewhere(written: Path, tmp_path: Path) -> None:
    write_recordings(tmp_path, replace(SHORT, seed=3, cameras=1, wrong_clock=None))
    assert (tmp_path / "camera-1.truth.csv").read_bytes() != (written / "camera-1.truth.csv").read_bytes()


def test_an_interrupted_run_is_taken_up_at_the_recording_where_it_stopped(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[int] = []
    assert not write_recordings(
        tmp_path, SHORT, lambda now, _: done.append(now), lambda: len(done) >= SHORT.seconds + 2
    )
    whole = _files(written)
    assert set(_files(tmp_path)) == {name for name in whole if name.startswith("camera-1")}
    filmed: list[int] = []

    def watched(site: FilmedSite, camera: int):
        filmed.append(camera)
        return film(site, camera)

    monkeypatch.setattr(writing, "film", watched)
    progress: list[tuple[int, int]] = []
    assert write_recordings(tmp_path, SHORT, lambda now, total: progress.append((now, total)))
    assert filmed == [2]
    assert _files(tmp_path) == whole
    assert [now for now, _ in progress] == sorted(now for now, _ in progress)
    assert progress[-1] == (2 * SHORT.frames, 2 * SHORT.frames)


def test_a_recording_of_another_site_is_drawn_again(written: Path, tmp_path: Path) -> None:
    write_recordings(tmp_path, replace(SHORT, people=3))
    write_recordings(tmp_path, SHORT)
    assert _files(tmp_path) == _files(written)


def test_the_table_of_the_site_names_the_visits_and_crossings_that_the_truth_shows(written: Path) -> None:
    site = json.loads((written / "site.json").read_text())
    visits = {(visit["camera"], each["person"]) for each in site["people"] for visit in each["visits"]}
    for camera in site["cameras"]:
        seen = {each.person for each in read_truth((written / camera["truth"]).read_bytes())}
        assert seen == {person for name, person in visits if name == camera["name"]} & seen
        assert seen
        for crossing in site["crossings"]:
            if crossing["camera"] == camera["name"]:
                assert crossing["person"] in seen
                assert 0 <= crossing["seconds"] <= SHORT.seconds


def test_the_tiny_site_of_other_tests_has_people_to_find(tmp_path: Path) -> None:
    recordings = tiny_recordings(tmp_path)
    tracks = [tracks_of(recording) for recording in recordings.values()]
    assert sum(len(each) for each in tracks) >= 5
    assert len(set.union(*(set(each) for each in tracks))) >= 3
