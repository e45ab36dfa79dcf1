"""COCO's JSON: who comes in, under which label, and what is left out."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid_core.datasets import read_dataset
from reid_core.datasets.scenes.coco import _read_file
from reid_core.datasets.scenes.scene import LARGEST_SIDE, Scene
from reid_core.datasets.tables.named_pictures import NamedPictures
from reid_core.errors import ReidError
from tests.datasets.scenes.test_mot import FRAME

if TYPE_CHECKING:
    from conftest import Miniature

PERSON = [{"id": 1, "name": "person"}]


def coco(annotations: list[dict[str, Any]], names: tuple[str, ...] = ("cam1_01.jpg",), **others: object) -> str:
    images = [{"id": place, "file_name": name} for place, name in enumerate(names, 1)]
    whole = {"images": images, "categories": PERSON, "annotations": annotations}
    return json.dumps(whole | others)


def box(image: int = 1, left: float = 20, **told: object) -> dict[str, Any]:
    return {"image_id": image, "category_id": 1, "bbox": [left, 90, 30, 70]} | told


def test_tracks_are_people_of_their_film_alone(miniature: Miniature) -> None:
    names = ("cam1_01.jpg", "cam1_02.jpg", "cam2_01.jpg")
    text = coco([box(image, track_id=7) for image in (1, 2, 3)], names)
    dataset = read_dataset(miniature.make([], dict.fromkeys(names, FRAME) | {"_annotations.coco.json": text}))
    assert dataset.format == "COCO"
    assert miniature.column(dataset, "identity") == {
        "cam1_01.jpg/track-7.jpg": "cam1-7", "cam1_02.jpg/track-7.jpg": "cam1-7", "cam2_01.jpg/track-7.jpg": "cam2-7",
    }  # fmt: skip
    assert set(miniature.column(dataset, "camera").values()) == {"1", "2"}
    assert miniature.column(dataset, "box_left") == dict.fromkeys(miniature.column(dataset, "path"), 20.0)


@pytest.mark.parametrize("place", ["annotation", "attributes"])
def test_a_person_id_is_the_same_person_in_all_films(miniature: Miniature, place: str) -> None:
    told: dict[str, Any] = {"person_id": 5} if place == "annotation" else {"attributes": {"person_id": "5"}}
    names = ("cam1_01.jpg", "cam2_01.jpg")
    text = coco([box(image, **told) for image in (1, 2)], names)
    dataset = read_dataset(miniature.make([], dict.fromkeys(names, FRAME) | {"a.json": text}))
    assert dataset.records.identities() == ["5"]
    assert set(miniature.column(dataset, "tracklet").values()) == {None}


def test_boxes_without_any_id_are_unlabelled_crops(miniature: Miniature) -> None:
    files = {"cam1_01.jpg": FRAME, "a.json": coco([box(), box(left=100)])}
    dataset = read_dataset(miniature.make([], files))
    assert miniature.column(dataset, "identity") == {"cam1_01.jpg/box-1.jpg": None, "cam1_01.jpg/box-2.jpg": None}


def test_other_classes_and_crowds_are_left_out_and_counted(miniature: Miniature) -> None:
    classes = [*PERSON, {"id": 2, "name": "car"}, {"id": 3, "name": "Pedestrian"}]
    some = [box(), box(category_id=2), box(category_id=2), box(left=99, category_id=3), box(iscrowd=1)]
    files = {"cam1_01.jpg": FRAME, "a.json": coco(some, categories=classes)}
    dataset = read_dataset(miniature.make([], files))
    assert len(dataset.records) == 2
    assert "Left out: 2 boxes of class 'car', 1 of crowds." in dataset.notes


def test_videos_are_cameras_and_tell_the_time(miniature: Miniature) -> None:
    images = [{"id": n, "file_name": f"{n}.jpg", "video_id": 1, "frame_id": 50 * n} for n in (1, 2)]
    text = coco(
        [box(n, instance_id=3) for n in (1, 2)], images=images, videos=[{"id": 1, "name": "north gate", "fps": 25}]
    )
    dataset = read_dataset(miniature.make([], {"1.jpg": FRAME, "2.jpg": FRAME, "a.json": text}))
    assert dataset.records.identities() == ["north gate-3"]
    assert dataset.records.cameras() == ["north gate"]
    assert list(miniature.column(dataset, "time").values()) == [2.0, 4.0]


def test_a_picture_of_two_files_comes_in_once(miniature: Miniature) -> None:
    files = {"cam1_01.jpg": FRAME, "a.json": coco([box()]), "b.json": coco([box()])}
    dataset = read_dataset(miniature.make([], files))
    assert len(dataset.records) == 1
    assert any("b.json: an earlier file already has 1 picture of it" in note for note in dataset.notes)


@pytest.mark.parametrize(
    ("path", "why"),
    [("../cam1_09.jpg", "leads out of the folder"), ("/etc/passwd", "leads out"), ("x.jpg", "not there")],
)
def test_pictures_elsewhere_are_named(miniature: Miniature, path: str, why: str) -> None:
    files = {"cam1_01.jpg": FRAME, "a.json": coco([box(1), box(2)], ("cam1_01.jpg", path))}
    dataset = read_dataset(miniature.make([], files))
    assert len(dataset.records) == 1
    (reason,) = (reason for name, reason in miniature.skipped(dataset).items() if name.startswith("image 2"))
    assert why in reason


@pytest.mark.parametrize(
    "side", [1e308, -1e308, float("nan"), float("inf"), 10**400, "30", None, [1], True], ids=lambda side: str(side)[:9]
)
def test_numbers_that_no_picture_has_cost_the_box(miniature: Miniature, side: object) -> None:
    odd = box(2, bbox=[20, 90, side, 70])
    names = ("cam1_01.jpg", "cam1_02.jpg")
    files = dict.fromkeys(names, FRAME) | {"a.json": coco([box(), odd], names)}
    dataset = read_dataset(miniature.make([], files))
    assert len(dataset.records) == (2 if side == "30" else 1)


@pytest.mark.parametrize(
    "text", ["{", '{"images": [], "annotations": ' + "[" * 100_000, '{"images":{},"annotations":1}']
)
def test_a_file_that_is_no_coco_is_not_read_as_it(miniature: Miniature, text: str) -> None:
    text = text if "annotations" in text else text + '"images" "annotations"'
    with pytest.raises(ReidError, match="is not in the format 'coco'"):
        read_dataset(miniature.make([], {"cam1_01.jpg": FRAME, "a.json": text}), format="coco")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "name", "bbox"]), inner),
    max_leaves=6,
)
_KEYS = """
id image_id category_id bbox iscrowd segmentation attributes track_id file_name name video_id frame_id fps
"""
KEYS = st.sampled_from(_KEYS.split())
ITEMS = st.lists(st.dictionaries(KEYS, VALUES, max_size=6) | VALUES, max_size=5)


@settings(deadline=None, max_examples=200)
@given(images=ITEMS, annotations=ITEMS, categories=ITEMS, videos=ITEMS)
def test_whatever_a_file_holds_boxes_are_finite_and_in_pictures_that_are_there(
    images: list[object], annotations: list[object], categories: list[object], videos: list[object]
) -> None:
    scene = Scene()
    told: dict[str, Any] = {
        "images": [*images, {"id": 1, "file_name": "a.jpg"}], "annotations": [*annotations, box(1)],
        "categories": categories, "videos": videos,
    }  # fmt: skip
    _read_file("a.json", told, NamedPictures(["a.jpg"]), set(), scene)
    for person in scene.people:
        assert person.frame == "a.jpg"
        assert all(math.isfinite(side) and abs(side) <= LARGEST_SIDE for side in person.box)
