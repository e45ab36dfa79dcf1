"""MOTChallenge's sequences: who comes in, under which label, and what is left out by its rules."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from reid_core.datasets import read_dataset
from reid_core.datasets.scenes.mot import _lines
from reid_core.datasets.scenes.scene import Scene
from reid_core.errors import ReidError

if TYPE_CHECKING:
    from conftest import Miniature


def picture(width: int = 320, height: int = 180) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 90)).save(buffer, "JPEG")
    return buffer.getvalue()


FRAME = picture()
BOX = "24,90,30,70"


def sequence(name: str, truth: str, frames: int = 2, rate: int | None = 25) -> dict[str, str | bytes]:
    files: dict[str, str | bytes] = {f"{name}/img1/{number:06d}.jpg": FRAME for number in range(1, frames + 1)}
    if rate:
        files[f"{name}/seqinfo.ini"] = f"[Sequence]\nname={name}\nframeRate={rate}\nimWidth=320\nimHeight=180\n"
    return files | {f"{name}/gt/gt.txt": truth}


def test_track_1_of_two_sequences_is_two_people_in_two_cameras(miniature: Miniature) -> None:
    truth = f"1,1,{BOX},1,1,1\n2,1,{BOX},1,1,1\n"
    files = sequence("MOT20-01", truth) | sequence("MOT20-02", truth)
    dataset = read_dataset(miniature.make([], files))
    assert dataset.format == "MOT20"
    assert dataset.records.identities() == ["MOT20-01-1", "MOT20-02-1"]
    cameras, tracklets = miniature.column(dataset, "camera"), miniature.column(dataset, "tracklet")
    name = "MOT20-01/img1/000002.jpg/track-1.jpg"
    assert (cameras[name], tracklets[name]) == ("MOT20-01", "MOT20-01-1")


def test_the_time_is_the_number_of_the_frame_by_the_rate_of_the_sequence(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make([], sequence("s1", f"1,1,{BOX},1,1,1\n26,1,{BOX},1,1,1\n", 30)))
    times = miniature.column(dataset, "time")
    assert times == {"s1/img1/000001.jpg/track-1.jpg": 0.0, "s1/img1/000026.jpg/track-1.jpg": 1.0}


def test_without_a_rate_times_are_unknown_and_that_is_said(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make([], sequence("s1", f"1,1,{BOX},1,1,1\n", rate=None)))
    assert all(math.isnan(time) for time in miniature.column(dataset, "time").values())
    assert "No seqinfo.ini states the frame rate of s1: times are unknown there." in dataset.notes


def test_only_pedestrians_with_the_flag_1_who_can_be_seen_are_people(miniature: Miniature) -> None:
    truth = (
        f"1,1,{BOX},1,1,1\n1,2,{BOX},0,1,1\n1,3,{BOX},1,3,1\n1,4,{BOX},1,7,1\n1,5,{BOX},1,8,1\n1,6,{BOX},1,1,0.2\n"
        f"1,7,{BOX},1,1,0.3\n1,-1,{BOX},1,1,1\n"
    )
    dataset = read_dataset(miniature.make([], sequence("s1", truth)))
    assert dataset.records.identities() == ["s1-1", "s1-7"]
    left_out = next(note for note in dataset.notes if note.startswith("Left out"))
    for what in ("cars", "people who never move", "distractors", "flag 0", "less than 30 % is seen", "no track"):
        assert what in left_out


def test_lines_without_classes_are_all_people(miniature: Miniature) -> None:
    files = {"frames/000001.jpg": FRAME, "tracks.txt": f"1,1,{BOX},0.9,-1,-1,-1\n1,2,{BOX},0.8,-1,-1,-1\n"}
    assert len(read_dataset(miniature.make([], files)).records.identities()) == 2


def test_one_of_the_three_versions_of_a_sequence_of_mot17_is_read(miniature: Miniature) -> None:
    truth = f"1,1,{BOX},1,1,1\n"
    files: dict[str, str | bytes] = {}
    for detector in ("DPM", "FRCNN", "SDP"):
        files |= sequence(f"MOT17/train/MOT17-02-{detector}", truth)
    dataset = read_dataset(miniature.make([], files))
    assert dataset.format == "MOT17"
    assert dataset.records.identities() == ["MOT17-02-1"]
    assert list(miniature.column(dataset, "path")) == ["MOT17/train/MOT17-02-FRCNN/img1/000001.jpg/track-1.jpg"]
    skipped = miniature.skipped(dataset)
    assert skipped["MOT17/train/MOT17-02-SDP/gt/gt.txt"] == "it is the same film and the same people as MOT17-02-FRCNN"
    assert any("2 sequences are left out" in note for note in dataset.notes)


def test_sequences_without_truth_are_counted_beside_those_with_it(miniature: Miniature) -> None:
    files = sequence("train/MOT17-02-FRCNN", f"1,1,{BOX},1,1,1\n")
    test = {"test/MOT17-01-FRCNN/img1/000001.jpg": FRAME, "test/MOT17-01-FRCNN/det/det.txt": f"1,-1,{BOX},0.9\n"}
    dataset = read_dataset(miniature.make([], files | test))
    assert dataset.records.identities() == ["MOT17-02-1"]
    assert "2 pictures without a box of a person are left out." in dataset.notes


@pytest.mark.parametrize("first", [0, 1, 100])
def test_frames_are_found_by_the_number_in_their_name_or_counted(miniature: Miniature, first: int) -> None:
    files: dict[str, str | bytes] = {f"s1/img1/{number:06d}.jpg": FRAME for number in range(first, first + 3)}
    truth = "".join(f"{frame},{frame},{BOX},1,1,1\n" for frame in (1, 2, 3))
    dataset = read_dataset(miniature.make([], files | {"s1/gt/gt.txt": truth}))
    frames = miniature.column(dataset, "frame")
    assert frames == {
        f"s1/img1/{first + place:06d}.jpg/track-{place + 1}.jpg": ("top/" if miniature.is_zip else "")
        + f"s1/img1/{first + place:06d}.jpg"
        for place in range(3)
    }


def test_a_frame_that_is_not_there_is_named_with_its_boxes(miniature: Miniature) -> None:
    truth = f"1,1,{BOX},1,1,1\n9,1,{BOX},1,1,1\n9,2,{BOX},1,1,1\n"
    dataset = read_dataset(miniature.make([], sequence("s1", truth)))
    reasons = {path.replace("top/", ""): why for path, why in miniature.skipped(dataset).items()}
    assert reasons["frame 9 of s1/gt/gt.txt"] == "its picture is missing: 2 boxes"


def test_lines_that_say_nothing_are_named(miniature: Miniature) -> None:
    truth = f"1,1,{BOX},1,1,1\n1,2,nan,90,30,70,1,1,1\n1,3,1e308,90,30,70,1,1,1\n1,4,24,90,-5,70,1,1,1\nhello\n"
    dataset = read_dataset(miniature.make([], sequence("s1", truth)), format="mot")
    reasons = {path.replace("top/", ""): why for path, why in miniature.skipped(dataset).items()}
    assert reasons["line 2 of s1/gt/gt.txt"] == "its box lies outside any possible picture"
    assert reasons["line 3 of s1/gt/gt.txt"] == "its box lies outside any possible picture"
    assert reasons["line 4 of s1/gt/gt.txt"] == "its box has no width or no height"
    assert "'hello'" in reasons["line 5 of s1/gt/gt.txt"]
    assert dataset.records.identities() == ["s1-1"]


def test_a_track_is_once_in_a_frame(miniature: Miniature) -> None:
    dataset = read_dataset(miniature.make([], sequence("s1", f"1,1,{BOX},1,1,1\n1,1,99,90,30,70,1,1,1\n")))
    assert len(dataset.records) == 1
    (reason,) = (why for path, why in miniature.skipped(dataset).items() if path.startswith("line 2"))
    assert "twice" in reason


def test_where_nobody_is_a_person_that_is_said(miniature: Miniature) -> None:
    with pytest.raises(ReidError, match=r"No box is of a person: there are 1 box of cars"):
        read_dataset(miniature.make([], sequence("s1", f"1,1,{BOX},1,3,1\n")))


@settings(deadline=None)
@given(
    frame=st.integers(0, 10**6),
    track=st.integers(-1, 10**6),
    box=st.tuples(*[st.floats(-1000, 5000, allow_nan=False)] * 4),
    separator=st.sampled_from([",", ", ", " ", ";"]),
)
def test_a_line_tells_what_it_was_made_of(
    frame: int, track: int, box: tuple[float, float, float, float], separator: str
) -> None:
    scene = Scene()
    line = separator.join(map(repr, (frame, track, *box, 1, 1, 1.0)))
    ((where, values),) = _lines(line.encode(), "gt.txt", scene)
    assert where == "line 1 of gt.txt"
    assert values == [frame, track, *box, 1, 1, 1.0]
    assert scene.skipped == []


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_lines_or_named(data: bytes) -> None:
    scene = Scene()
    found = _lines(data, "gt.txt", scene)
    filled = [line for line in data.decode("utf-8-sig", "replace").splitlines() if line.strip()]
    assert len(found) + len(scene.skipped) == len(filled)
