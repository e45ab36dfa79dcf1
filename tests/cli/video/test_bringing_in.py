"""`reid video`: what it takes over from a mended clock, what it foresees, and that a refusal leaves nothing behind."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from reid_core.signals import StopRequest
from reid_core.workspace.imports import whole_files
from reid_core.workspace.workspace import Workspace
from tests.conftest import Ended
from tests.support.films import film, numbered
from tests.support.walkers import WALKERS, filmed

Reid = Callable[..., Ended]


def galleries(reid: Reid) -> list[str]:
    return [one["name"] for one in reid("list", "--json").json()["galleries"]]


# --- the clock of a camera that was mended before ---


@pytest.fixture
def evening(tmp_path: Path) -> Path:
    return filmed(tmp_path / "gate_2026-03-02T18-30-00Z.mp4", WALKERS[1:], 10)


def test_a_mended_clock_is_inherited_and_said(reid: Reid, video: Reid, street: Path, evening: Path) -> None:
    video(street, "--start", "name")
    assert "corrected" not in video(evening, "--dry-run").out
    reid("clock", "town", "--camera", "gate", "--by", "+37")
    said = (
        "The clock of camera gate was corrected by +37 s on its earlier recordings with --start name, so a new one "
        "with that gets the same correction."
    )
    assert said in video(evening, "--dry-run").out
    assert said in video(evening, "--dry-run", "--json").json()["clocks"][0]
    ended = video(evening, "--start", "name", "--json").json()
    assert (ended["recordings"][0]["start"], ended["recordings"][0]["clock_offset"]) == ("2026-03-02T18:30:37Z", 37)
    assert said in ended["clocks"][0]
    assert "as on the earlier recordings of camera gate" in reid("audit").out, "the log says why"
    reid("clock", "town", "--camera", "gate", "--by", "-37")
    rows = reid("recordings", "town", "--json").json()["recordings"]
    assert [(row["start"], row["clock_offset"], row["start_source"]) for row in rows] == [
        ("2026-03-02T08:30:00Z", 0, "name"), ("2026-03-02T18:30:00Z", 0, "name"),
    ]  # fmt: skip


@pytest.mark.parametrize("start", ["2026-03-02T18:30:00Z", "unknown", "file"])
def test_a_start_that_another_clock_tells_inherits_nothing(
    reid: Reid, video: Reid, street: Path, evening: Path, start: str
) -> None:
    video(street, "--start", "name")
    reid("clock", "town", "--camera", "gate", "--by", "+37")
    ended = video(evening, "--start", start, "--json").json()
    assert (ended["recordings"][0]["clock_offset"], ended["clocks"]) == (0, [])


def test_of_a_clock_that_was_mended_differently_nothing_is_inherited_and_that_is_said(
    reid: Reid, video: Reid, street: Path, evening: Path, tmp_path: Path
) -> None:
    video(street, "--start", "name")
    video(evening, "--start", "name")
    reid("clock", "town", "--recording", evening.stem, "--by", "-5")
    night = filmed(tmp_path / "gate_2026-03-02T23-30-00Z.mp4", WALKERS[:1], 6)
    said = video(night, "--start", "name")
    amounts = "by different amounts on its earlier recordings with --start name (-5 s, not at all), so a new one is not"
    assert amounts in said.out
    assert reid("recordings", "town", "--json").json()["recordings"][-1]["clock_offset"] == 0


def test_an_inherited_clock_may_not_make_recordings_overlap_or_lie_in_the_future(
    reid: Reid, video: Reid, street: Path, tmp_path: Path
) -> None:
    video(street, "--start", "name")
    reid("clock", "town", "--camera", "gate", "--by", "+37")
    near = filmed(tmp_path / "gate_2026-03-02T08-30-05Z.mp4", WALKERS[1:], 9)
    assert "would begin at 2026-03-02 08:30:42 UTC and overlap with" in video(near, "--start", "name").err
    reid("clock", "town", "--camera", "gate", "--by", "2000h")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    late = filmed(tmp_path / f"gate_{yesterday:%Y-%m-%dT%H-%M-%SZ}.mp4", WALKERS[1:], 8)
    for _ in range(2):  # what is refused leaves no row that a second try could go on with
        ended = video(late, "--start", "name")
        assert ended.code == 1
        assert "which lies in the future" in ended.err
    assert len(reid("recordings", "town", "--json").json()["recordings"]) == 1


# --- what a dry run foresees ---


def test_a_dry_run_says_what_is_wrong_with_the_recording(video: Reid, tmp_path: Path) -> None:
    path = film(tmp_path / "gate.mkv", 100, rate=25, stamps=[number / 10 for number in range(100)])
    path_of_two = film(tmp_path / "two.mkv", 5, views=2)
    bare = film(tmp_path / "bare.h264", 30)
    woven = film(tmp_path / "woven.mkv", 10, interlaced="tff")
    slow = video(path, "--dry-run")
    assert "In its first 75 frames: The file states 25 frames a second but has 10; times follow its stamps." in slow.out
    assert "The file has 2 video streams" in video(path_of_two, "--dry-run").out
    assert "The file has no time stamps: times count 25 frames a second" in video(bare, "--dry-run").out
    assert "H.264, 96 × 64, interlaced, " in video(woven, "--dry-run").out
    (one,) = video(path, "--dry-run", "--json").json()["recordings"]
    assert (one["interlaced"], one["problems"][0][:29]) == (False, "In its first 75 frames: The f")


def test_a_dry_run_says_that_the_beginning_is_damaged(video: Reid, tmp_path: Path) -> None:
    noise = np.random.default_rng(0)
    grainy = [
        (numbered(number, 192, 128) + noise.integers(0, 24, (128, 192, 3))).clip(0, 255).astype(np.uint8)
        for number in range(1, 41)
    ]
    path = film(tmp_path / "gate.mp4", grainy, key_every=20)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 300] = bytes(300)
    path.write_bytes(data)
    assert "20 frames may show damage, up to the next key frame." in video(path, "--dry-run").out


def test_a_dry_run_makes_no_workspace(run_command: Callable[..., Ended], street: Path, tmp_path: Path) -> None:
    said = run_command(tmp_path / "nowhere", "video", street, "--gallery", "town", "--dry-run")
    assert said.code == 0
    assert not (tmp_path / "nowhere" / "catalogue.sqlite").exists()


# --- what is refused leaves no gallery ---


def test_a_refused_recording_leaves_no_gallery(reid: Reid, video: Reid, street: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(street, tmp_path / "gate.mp4"))
    assert video(path, "--start", "unknown", "--follow").code == 1, "an MP4 cannot be followed"
    assert galleries(reid) == []
    assert reid("video", path, "--gallery", "town", "--start", "unknown", "--index-with", "no-such-model").code == 1
    assert galleries(reid) == []
    assert video(path, "--start", "unknown", "--write-tracks", path).code == 1
    assert video(path, "--start", "unknown", "--write-tracks", tmp_path / "no" / "tracks.txt").code == 1
    assert galleries(reid) == []
    assert video(path, "--start", "unknown").code == 0
    assert galleries(reid) == ["town"]


def test_a_gallery_that_was_there_stays(reid: Reid, video: Reid, workspace: Workspace, street: Path) -> None:
    workspace.catalogue.add_gallery("town")
    assert video(street, "--start", "unknown", "--follow").code == 1
    assert galleries(reid) == ["town"]


# --- hashing and copying ---


@pytest.fixture
def in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_files, "PART", 1024)
    monkeypatch.setattr(whole_files, "LARGE", 2048)


def stop_while(monkeypatch: pytest.MonkeyPatch, doing: str) -> None:
    """As if somebody pressed Ctrl-C in the middle of it."""

    def stopping(stop: StopRequest, on_part: Callable[[str], None]) -> whole_files.Watch:
        def hear(said: str) -> None:
            on_part(said)
            stop.requested = stop.requested or said.startswith(doing)

        return whole_files.Watch(stop, hear)

    monkeypatch.setattr("reid_core.workspace.imports.recordings.Watch", stopping)


def test_how_far_a_file_is_hashed_and_copied_is_said(
    video: Reid, street: Path, in_small_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reid_core.cli.shared.console.SECONDS_BETWEEN_LINES", -1.0)
    said = video(street, "--start", "name", "--copy").err
    assert f"Analysing: 0 of 10 s of video; hashing {street.name}: 0 % of 0.0 GB" in said
    assert f"Analysing: 0 of 10 s of video; copying {street.name}: 0 % of 0.0 GB" in said


def test_hashing_can_be_stopped_and_leaves_nothing(
    reid: Reid, video: Reid, street: Path, in_small_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        stop_while(patch, "hashing")
        ended = video(street, "--start", "name")
    assert ended.code == 130
    assert "run the same command to go on" in ended.err
    assert galleries(reid) == []
    assert video(street, "--start", "name").code == 0


def test_a_stopped_copy_leaves_no_half_file_and_is_made_when_it_goes_on(
    video: Reid, workspace: Workspace, street: Path, in_small_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        stop_while(patch, "copying")
        assert video(street, "--start", "name", "--copy").code == 130
    assert [path for path in (workspace.path / "originals").rglob("*") if path.is_file()] == []
    (one,) = video(street, "--start", "name", "--copy", "--json").json()["recordings"]
    assert not one["already"]
    assert (workspace.originals(1) / street.name).read_bytes() == street.read_bytes()
