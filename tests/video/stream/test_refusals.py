"""What cannot be read is refused in one sentence that names the file and says what to do; files are hostile."""

from __future__ import annotations

import os
import wave
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path

import av
import numpy as np
import psutil
import pytest
from PIL import Image

from reid_core.errors import ReidError
from reid_core.video.stream import Reading, open_recording
from tests.support.films import film, numbered


def refusal(path: Path, **how) -> str:
    with pytest.raises(ReidError) as caught:
        open_recording(path, Reading(**how))
    message = str(caught.value)
    assert path.name in message
    assert message.endswith(".")
    return message


def test_a_file_that_is_not_there_a_folder_and_an_empty_file(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "none.mp4")
    assert "is a folder" in refusal(tmp_path)
    (tmp_path / "empty.mp4").touch()
    assert "is empty (0 bytes)" in refusal(tmp_path / "empty.mp4")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "is not a regular file" in refusal(tmp_path / "pipe.mp4")


@pytest.mark.parametrize(
    "content", [b"hello, this is text\n" * 100, bytes(5000), b"PK\x03\x04" + bytes(range(256)) * 20]
)
def test_a_file_that_is_no_video(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "no.mp4"
    path.write_bytes(content)
    assert "is not a video that can be read here" in refusal(path)


def test_a_picture_is_no_recording(tmp_path: Path) -> None:
    for name in ("photo.jpg", "photo.png"):
        Image.fromarray(np.zeros((48, 64, 3), np.uint8)).save(tmp_path / name)
        assert "not a video" in refusal(tmp_path / name)


def test_an_mp4_without_its_table_of_contents_was_cut_off(tmp_path: Path) -> None:
    path = film(tmp_path / "cut.mp4", 20)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    message = refusal(path)
    assert "cut off before its recording was finished" in message
    assert "moov" in message
    assert "Export it again" in message


def test_an_encrypted_recording_is_called_that(tmp_path: Path) -> None:
    how = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "7" * 32, "encryption_kid": "a" * 32}
    for number in range(5):  # each is encrypted another way, and some of that noise decodes to a frame
        assert "is encrypted" in refusal(film(tmp_path / f"secret{number}.mp4", 10, muxer=how))


def test_sound_alone_is_no_recording(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "sound.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000))
    refusal(tmp_path / "sound.wav")
    path = tmp_path / "sound.mkv"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        file.mux(stream.encode(frame))
    assert "has no video stream (only audio)" in refusal(path)


def test_a_cover_picture_is_no_video_stream(tmp_path: Path) -> None:
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as file:
        sound = file.add_stream("aac", rate=8000, layout="mono")
        cover = file.add_stream("mjpeg", rate=1)
        assert isinstance(sound, av.AudioStream)
        assert isinstance(cover, av.VideoStream)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        file.mux(cover.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        file.mux(cover.encode(None))
        noise = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="fltp", layout="mono")
        noise.sample_rate = 8000
        file.mux(sound.encode(noise))
        file.mux(sound.encode(None))
    with av.open(str(path)) as written:
        assert written.streams.video, "FFmpeg itself calls it video"
    assert "has no video stream" in refusal(path)


def test_a_film_without_a_frame(tmp_path: Path) -> None:
    path = film(tmp_path / "none.mkv", 25, key_every=25)
    data = path.read_bytes()
    with av.open(str(path)) as file:
        first = next(packet.pos for packet in file.demux(video=0))
    path.write_bytes(data[:first])
    refusal(path)


@pytest.mark.parametrize(
    "content",
    [
        b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{film}\n#EXT-X-ENDLIST\n",
        b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n",
        b"ffconcat version 1.0\nfile '{film}'\n",
        b"\xef\xbb\xbf\n#EXTM3U\n{film}\n",
    ],
)
def test_a_playlist_is_not_followed_to_other_files(tmp_path: Path, content: bytes) -> None:
    other = film(tmp_path / "other.ts", 5)
    for name in ("list.m3u8", "list.mp4", "list.txt"):
        (tmp_path / name).write_bytes(content.replace(b"{film}", os.fsencode(other)))
        assert "is a playlist" in refusal(tmp_path / name)


def test_ffmpeg_alone_would_not_read_a_playlist_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The look at the first bytes can be fooled; the list of formats cannot."""
    other = film(tmp_path / "other.ts", 5)
    path = tmp_path / "list.m3u8"
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{other}\n#EXT-X-ENDLIST\n")
    with av.open(str(path)) as file:
        assert file.streams.video, "FFmpeg reads it where it may"
    monkeypatch.setattr("reid_core.video.stream.opening.is_list", lambda head: False)
    assert "not a video" in refusal(path)


def test_frames_of_more_pixels_than_memory_allows_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    huge = film(tmp_path / "8k.mp4", [np.zeros((4320, 7680, 3), np.uint8)], encoder={"qp": "40"})
    message = refusal(huge)
    assert "7680 × 4320" in message
    assert "Export it at 3840 × 2160" in message


@pytest.mark.parametrize(("name", "codec"), [("8k.mkv", "mjpeg"), ("8k.avi", "mjpeg"), ("8k.mkv", "mpeg4")])
def test_a_size_that_only_the_decoder_knows_is_refused_as_one_in_the_container_is(
    tmp_path: Path, name: str, codec: str
) -> None:
    message = refusal(film(tmp_path / name, [np.zeros((4320, 7680, 3), np.uint8)], codec=codec))
    assert "has frames of 7680 × 4320 pixels" in message
    assert "Export it at 3840 × 2160" in message


def test_frames_that_grow_too_large_in_the_middle_are_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = film(tmp_path / "first.ts", 20)
    path.write_bytes(path.read_bytes() + film(tmp_path / "large.ts", [numbered(1, 960, 640)] * 20).read_bytes())
    monkeypatch.setattr("reid_core.video.stream.opening.MOST_PIXELS", 100_000)
    recording = open_recording(path)
    assert len(list(recording.frames(rate=None))) == 20
    assert recording.problems.damaged_packets >= 1


def test_a_stream_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    message = refusal(film(tmp_path / "two.mkv", 5, views=2), stream=7)
    assert "no video stream 7" in message
    assert "0: H.264, 96 × 64; 1: H.264, 96 × 64" in message


def test_an_absurd_shape_of_pixels_is_taken_for_square(tmp_path: Path) -> None:
    facts = open_recording(film(tmp_path / "odd.mkv", 3, pixel_aspect=Fraction(1, 50))).facts
    assert (facts.width, facts.height, facts.pixel_aspect) == (96, 64, Fraction(1))


def test_any_bytes_at_all_end_in_frames_or_a_sentence(tmp_path: Path) -> None:
    noise = np.random.default_rng(7)
    for name in ("film.mp4", "film.mkv", "film.ts", "film.avi"):
        data = film(tmp_path / name, 12, codec="mpeg4" if name.endswith("avi") else "libx264").read_bytes()
        for _ in range(25):
            broken = bytearray(data)
            for at in noise.integers(0, len(data), noise.integers(1, 40)):
                broken[at] = noise.integers(256)
            path = tmp_path / f"broken_{name}"
            path.write_bytes(broken[: noise.integers(len(data) // 3, len(data) + 1)])
            try:
                for frame in open_recording(path).frames(rate=None):
                    frame.rgb(32, 24)
            except ReidError:
                pass


def test_a_thousand_readings_leave_no_memory_and_no_open_file(tmp_path: Path) -> None:
    path = film(tmp_path / "short.mkv", 20, key_every=10)
    # In a process of its own: threads that other tests have left in this one end when they like.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        before, after = alone.submit(_use_of_a_process, path).result()
    assert after[1:] == before[1:]
    assert after[0] - before[0] < 30e6


def _use_of_a_process(path: Path) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Memory, open files and threads of this process, after 50 readings and after a thousand more."""
    process = psutil.Process()

    def read() -> None:
        recording = open_recording(path)
        stopped = recording.frames(rate=None)
        next(stopped)
        stopped.close()
        for frame in recording.frames(rate=5.0):
            frame.crop(0, 0, 20, 30)

    def used() -> tuple[int, int, int]:
        return process.memory_info().rss, process.num_fds(), process.num_threads()

    for _ in range(50):
        read()
    before = used()
    for _ in range(330):  # each opens the file three times
        read()
    return before, used()
