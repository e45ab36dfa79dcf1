"""Reading goes on past damage, says where it was, and no frame that shows it is given out as clean."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reid_core.errors import ReidError
from reid_core.video.stream import Following, Reading, open_recording
from tests.support.films import Picture, film, number_in, numbered

LENGTH = 75
FILMS: dict[str, dict[str, Any]] = {
    "h264.mp4": {}, "h264.mkv": {"b_frames": 2}, "h264.ts": {}, "h265.mkv": {"codec": "libx265"},
    "mpeg4.avi": {"codec": "mpeg4"}, "mjpeg.avi": {"codec": "mjpeg"}, "bare.264": {"container": "h264"},
}  # fmt: skip


def grainy(count: int) -> list[Picture]:
    """Numbered frames with noise, so that every packet is large."""
    noise = np.random.default_rng(0)
    return [
        (numbered(number + 1, 192, 128) + noise.integers(0, 24, (128, 192, 3))).clip(0, 255).astype(np.uint8)
        for number in range(count)
    ]


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("name", FILMS)
def test_zeroed_bytes_cost_few_frames_and_what_they_spoil_is_marked(tmp_path: Path, name: str, threads: int) -> None:
    path = film(tmp_path / name, grainy(LENGTH), key_every=25, **FILMS[name])
    clean = {frame.number: frame.rgb() for frame in open_recording(path).frames(rate=None)}
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 300] = bytes(300)
    path.write_bytes(data)
    recording = open_recording(path, Reading(threads=threads))
    frames = list(recording.frames(rate=None))
    assert len(frames) == LENGTH
    assert [frame.seconds for frame in frames] == pytest.approx([place / 25 for place in range(LENGTH)], abs=0.002)
    spoilt = {f.number for f in frames if np.abs(f.rgb().astype(int) - clean[f.number]).mean() > 0.5}
    marked = {frame.number for frame in frames if frame.damaged}
    assert spoilt
    assert spoilt <= marked
    assert len(marked) <= 26  # up to the next key frame, and then no more
    assert recording.problems.damaged_frames == len(marked)
    assert recording.problems.damaged_packets >= 1
    assert "damaged packet" in recording.problems.sentences()[-2]
    assert "0:00:01" in recording.problems.sentences()[-2]


def test_packets_that_cannot_be_decoded_are_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    path = film(tmp_path / "broken.mkv", grainy(LENGTH), key_every=25, muxer={"cluster_time_limit": "200"})
    data = bytearray(path.read_bytes())
    noise = np.random.default_rng(1)
    for at in range(len(data) // 4, len(data) - 40_000, len(data) // 6):
        data[at : at + 20_000] = noise.bytes(20_000)
    path.write_bytes(data)
    recording = open_recording(path)
    frames = list(recording.frames(rate=None))
    assert len(frames) > LENGTH // 2
    assert number_in(frames[-1].rgb()) >= LENGTH - 2
    assert recording.problems.damaged_packets
    seconds = [frame.seconds for frame in frames]
    assert seconds == sorted(set(seconds))


@pytest.mark.parametrize(("name", "codec"), [("cut.ts", "libx264"), ("cut.mkv", "libx264"), ("cut.avi", "mpeg4")])
def test_a_recording_that_was_cut_off_is_read_to_its_end(tmp_path: Path, name: str, codec: str) -> None:
    path = film(tmp_path / name, grainy(LENGTH), key_every=25, codec=codec)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    frames = list(open_recording(path).frames(rate=None))
    assert 30 <= len(frames) <= 45
    whole = [frame for frame in frames if not frame.damaged]
    assert [number_in(frame.rgb()) for frame in whole] == list(range(1, len(whole) + 1))
    assert len(whole) >= len(frames) - 1


def test_what_is_missing_of_the_stated_duration_is_said(tmp_path: Path) -> None:
    path = film(tmp_path / "cut.mp4", grainy(200), key_every=25, muxer={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    recording = open_recording(path)
    list(recording.frames(rate=5.0))
    assert "The file states 8 s; frames could be read up to 4 s." in recording.problems.sentences()


def test_a_film_that_begins_in_the_middle_of_a_run_starts_at_its_first_key_frame(tmp_path: Path) -> None:
    path = film(tmp_path / "late.ts", grainy(LENGTH), key_every=25)
    data = path.read_bytes()
    path.write_bytes(data[len(data) // 2 // 188 * 188 :])
    frames = list(open_recording(path).frames(rate=None))
    assert number_in(frames[0].rgb()) == 51
    assert frames[0].seconds == 0


@pytest.mark.parametrize(
    ("name", "how"), [("live.ts", {}), ("live.mkv", {"muxer": {"live": "1"}}), ("live.264", {"container": "h264"})]
)
def test_a_file_that_grows_is_read_to_its_end(tmp_path: Path, name: str, how: dict) -> None:
    data = film(tmp_path / f"whole_{name}", grainy(LENGTH), key_every=10, **how).read_bytes()
    path = tmp_path / name
    path.write_bytes(data[: len(data) // 3])
    stopped = threading.Event()

    def grow() -> None:
        with path.open("ab") as file:
            for place in range(len(data) // 3, len(data), len(data) // 6):
                stopped.wait(0.15)
                file.write(data[place : place + len(data) // 6])
                file.flush()

    writer = threading.Thread(target=grow)
    writer.start()
    recording = open_recording(path, Reading(following=Following(patience=1.0)))
    frames = list(recording.frames(rate=None))
    writer.join()
    assert [number_in(frame.rgb()) for frame in frames] == list(range(1, LENGTH + 1))
    assert not any(frame.damaged for frame in frames)


def test_waiting_for_a_file_ends_when_it_is_told_to(tmp_path: Path) -> None:
    path = film(tmp_path / "live.ts", 50)
    began = time.monotonic()
    asked: list[float] = []

    def stop() -> bool:
        asked.append(time.monotonic())
        return True

    recording = open_recording(path, Reading(following=Following(patience=60, stop=stop)))
    assert len(list(recording.frames(rate=None))) == 50
    assert asked
    assert time.monotonic() - began < 10


def test_an_mp4_cannot_be_followed_and_the_reason_is_said(tmp_path: Path) -> None:
    path = film(tmp_path / "live.mp4", 10)
    with pytest.raises(ReidError, match=r"cannot be followed.*only readable once it is finished"):
        open_recording(path, Reading(following=Following(patience=0.1)))
