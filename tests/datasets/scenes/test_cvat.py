"""CVAT's XML, for images and for video: boxes, tracks, what is interpolated, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.datasets import read_dataset
from reid_core.datasets.scenes.cvat import _boxes_of_track
from reid_core.datasets.scenes.cvat_xml import Shape, parse_cvat
from reid_core.errors import ReidError
from tests.datasets.scenes.test_mot import FRAME

if TYPE_CHECKING:
    from conftest import Miniature

PICTURES: dict[str, str | bytes] = {f"images/frame_{number:06d}.jpg": FRAME for number in range(6)}


def shape(frame: int, left: float, **told: object) -> str:
    more = "".join(f' {key}="{value}"' for key, value in told.items())
    return f'<box frame="{frame}" xtl="{left}" ytl="90" xbr="{left + 30}" ybr="160"{more}/>'


def film(*tracks: str, label: str = "person", meta: str = "") -> str:
    inside = "".join(f'<track id="{place}" label="{label}">{some}</track>' for place, some in enumerate(tracks))
    return f'<?xml version="1.0"?><annotations><meta>{meta}</meta>{inside}</annotations>'


def lefts(miniature: Miniature, text: str) -> dict[str, float]:
    dataset = read_dataset(miniature.make([], PICTURES | {"annotations.xml": text}))
    return {path.split("/")[-2][6:12]: left for path, left in miniature.column(dataset, "box_left").items()}


def test_boxes_between_two_are_interpolated_linearly(miniature: Miniature) -> None:
    assert lefts(miniature, film(shape(1, 20, keyframe=1) + shape(4, 80, keyframe=1))) == {
        "000001": 20, "000002": 40, "000003": 60, "000004": 80,
    }  # fmt: skip


def test_nothing_comes_in_from_where_a_person_is_outside(miniature: Miniature) -> None:
    text = film(shape(0, 20, outside=0) + shape(2, 40, outside=1) + shape(4, 60, outside=0))
    assert lefts(miniature, text) == {"000000": 20, "000001": 30, "000004": 60}


def test_the_last_box_of_a_track_is_its_end(miniature: Miniature) -> None:
    assert lefts(miniature, film(shape(2, 20))) == {"000002": 20}


def test_a_turned_box_is_taken_by_the_upright_one_around_it(miniature: Miniature) -> None:
    text = film('<box frame="0" xtl="100" ytl="50" xbr="120" ybr="110" rotation="90"/>')
    dataset = read_dataset(miniature.make([], PICTURES | {"annotations.xml": text}))
    (row,) = dataset.records.table.to_dict("records")
    sides = [row[f"box_{side}"] for side in ("left", "top", "width", "height")]
    assert sides == pytest.approx([80, 70, 60, 20])  # the centre stays at (110, 80)


def test_the_video_is_the_camera_and_tracks_are_its_people(miniature: Miniature) -> None:
    text = film(shape(0, 20), shape(0, 90), meta="<task><name>day 1</name><source>north.mp4</source></task>")
    dataset = read_dataset(miniature.make([], PICTURES | {"annotations.xml": text}))
    assert dataset.records.identities() == ["north-0", "north-1"]
    assert dataset.records.cameras() == ["north"]


def test_frames_are_counted_where_names_begin_at_one(miniature: Miniature) -> None:
    files: dict[str, str | bytes] = {f"images/{number:06d}.jpg": FRAME for number in (1, 2, 3)}
    dataset = read_dataset(miniature.make([], files | {"annotations.xml": film(shape(1, 20))}))
    assert list(miniature.column(dataset, "path")) == ["images/000002.jpg/track-0.jpg"]


def test_tracks_of_other_classes_are_left_out_and_counted(miniature: Miniature) -> None:
    text = film(shape(0, 20)).replace(
        "</annotations>", f'<track id="9" label="car">{shape(0, 99)}</track></annotations>'
    )
    dataset = read_dataset(miniature.make([], PICTURES | {"annotations.xml": text}))
    assert len(dataset.records) == 1
    assert "Left out: 1 box of class 'car'." in dataset.notes


def test_boxes_of_images_have_their_person_in_an_attribute(miniature: Miniature) -> None:
    def image(name: str, person: str) -> str:
        sides = 'xtl="24" ytl="90" xbr="54" ybr="160"'
        boxes = f'<box label="person" {sides}><attribute name="person_id">{person}</attribute></box>'
        return f'<image id="0" name="{name}">{boxes}<polygon label="person" points="1,2"/></image>'

    text = f"<annotations>{image('frame_000000.jpg', 'ada')}{image('frame_000001.jpg', '')}</annotations>"
    dataset = read_dataset(miniature.make([], PICTURES | {"annotations.xml": text}))
    assert miniature.column(dataset, "identity") == {
        "images/frame_000000.jpg/person-ada.jpg": "ada", "images/frame_000001.jpg/box-1.jpg": None,
    }  # fmt: skip
    assert "Left out: 2 boxes of outlines and points, not boxes." in dataset.notes


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_dtd_is_refused_before_anything_is_expanded(encoding: str) -> None:
    text = f"{BOMB}<annotations><meta><name>&b;</name></meta></annotations>"
    with pytest.raises(ReidError, match=r"a\.xml has a DTD or entities"):
        parse_cvat("a.xml", text.encode(encoding))


def test_broken_xml_and_what_is_nested_too_deep_are_named() -> None:
    with pytest.raises(ReidError, match=r"a\.xml is not XML that can be read"):
        parse_cvat("a.xml", b"<annotations><track>")
    with pytest.raises(ReidError, match=r"a\.xml is nested too deep"):
        parse_cvat("a.xml", b"<annotations>" + b"<a>" * 100_000)


@settings(deadline=None)
@given(
    ends=st.tuples(st.floats(-50, 400), st.floats(-50, 400)),
    frames=st.tuples(st.integers(0, 50), st.integers(51, 100)),
    numbers=st.sets(st.integers(0, 120)),
)
def test_interpolated_boxes_lie_between_their_two_on_a_line(
    ends: tuple[float, float], frames: tuple[int, int], numbers: set[int]
) -> None:
    (first, last), (start, end) = frames, ends
    keys = [(frame, (left, 0.0, 10.0, 20.0), Shape("box", {})) for frame, left in zip(frames, ends, strict=True)]
    found = list(_boxes_of_track(keys, sorted(numbers)))
    assert [frame for frame, _, _ in found] == sorted({first, last} | {n for n in numbers if first < n < last})
    for frame, (left, *_), _ in found:
        assert left == pytest.approx(start + (end - start) * (frame - first) / (last - first), abs=1e-6)


@settings(deadline=None)
@given(st.text(alphabet="<>/=\"' abx&;!-[]", max_size=80))
def test_any_text_is_annotations_or_one_sentence(text: str) -> None:
    try:
        found = parse_cvat("a.xml", text.encode())
    except ReidError as error:
        said = str(error)
    else:
        assert found.groups == []
        return
    assert said.startswith("a.xml ")
