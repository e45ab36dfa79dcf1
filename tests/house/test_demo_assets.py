"""What ships of the demo's recordings is of the detector and the model that ship, and true to what was filmed."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open

from reid_core.datasets.synthetic.recordings import DEMO_RECORDINGS, FilmedSite, recording_name
from reid_core.embedder.inference import Embedder
from reid_core.embedder.model import SHIPPED_MODELS, SYNTHETIC, model_id
from reid_core.images import decode
from reid_core.video.detection.detector import SHIPPED as DETECTOR
from reid_core.video.detection.detector import SHIPPED_DETECTORS, detector_id
from reid_core.workspace.imports.demo_assets import (
    CROPS,
    SHIPPED,
    TABLE,
    VECTORS,
    ShippedCrop,
    ShippedDemo,
    read_shipped,
)
from reid_core.workspace.layout import STILL

MOST_BYTES = 2 * 2**20  # of a file
AGAIN = "run `make demo-assets`"


@pytest.fixture(scope="module")
def shipped() -> ShippedDemo:
    return read_shipped()


@pytest.fixture(scope="module")
def site() -> FilmedSite:
    return FilmedSite(DEMO_RECORDINGS)


def people_of(site: FilmedSite, camera: int, crop: ShippedCrop) -> set[str]:
    """Who stood, by the plan, where the crop's box ends: within half its width and a tenth of its height."""
    left, top, width, height = crop.box
    number = round(crop.moment * DEMO_RECORDINGS.rate) + 1
    found = set()
    for visit in site.before(camera):
        place = number - visit.motion.first - 1
        if 0 <= place < len(visit.motion):
            view = site.cameras[camera].view(float(visit.motion.x[place]), float(visit.motion.z[place]))
            if abs(view.foot_x - left - width / 2) < width / 2 and abs(view.foot_y - top - height) < height / 10:
                found.add(visit.identity)
    return found


def test_they_are_of_what_ships_and_of_what_the_demo_draws(shipped: ShippedDemo, site: FilmedSite) -> None:
    assert shipped.model == model_id(SHIPPED_MODELS / SYNTHETIC), AGAIN
    assert shipped.detector == detector_id(SHIPPED_DETECTORS / DETECTOR), AGAIN
    assert {one.new.detector for one in shipped.recordings} == {shipped.detector}
    assert shipped.film == dataclasses.asdict(DEMO_RECORDINGS), AGAIN
    assert [one.new.path for one in shipped.recordings] == [recording_name(site, number) for number in site.cameras]
    with safe_open(SHIPPED / VECTORS, framework="np") as vectors:
        assert vectors.metadata() == {"model": shipped.model}


def test_each_recording_begins_when_its_name_says_and_is_whole(shipped: ShippedDemo) -> None:
    for number, one in enumerate(shipped.recordings, start=1):
        ahead = 37.0 if number == 3 else 0.0
        assert (one.new.camera, one.new.start_source) == (f"camera-{number}", "name")
        assert one.new.start == DEMO_RECORDINGS.start + ahead
        assert "file" not in one.new.said, "when the file was written says nothing: it is drawn again"
        assert (one.new.width, one.new.height) == DEMO_RECORDINGS.size
        assert one.progress.analysed == pytest.approx(DEMO_RECORDINGS.seconds, abs=1.0)
        assert Image.open(io.BytesIO(one.still)).size == DEMO_RECORDINGS.size


def test_tracklets_have_crops_of_their_time(shipped: ShippedDemo) -> None:
    """One is without: a person behind others, tracked for less than a second, of whom no box was good enough."""
    without = []
    for one in shipped.recordings:
        names = [walk.name for walk in one.tracklets]
        assert len(names) == len(set(names)) > 10
        assert {crop.tracklet for crop in one.crops} <= set(names)
        for walk in one.tracklets:
            own = [crop for crop in one.crops if crop.tracklet == walk.name]
            assert len(own) <= 4
            assert all(walk.start_moment - 1e-6 <= crop.moment <= walk.end_moment + 1e-6 for crop in own)
            assert walk.path.shape[1] == 5
            without += [] if own else [walk.end_moment - walk.start_moment]
    assert len(without) < 0.05 * sum(len(one.tracklets) for one in shipped.recordings)
    assert all(seconds < 5 for seconds in without)  # hidden for most of that time


def test_crops_are_small_pictures_of_their_boxes(shipped: ShippedDemo) -> None:
    for one in shipped.recordings:
        for crop in one.crops:
            left, top, width, height = crop.box
            picture = decode(crop.jpeg)
            assert left >= -1
            assert top >= -1
            inside = min(left + width, one.new.width) - left, min(top + height, one.new.height) - top
            assert inside[0] * inside[1] >= 0.7 * width * height  # a box may reach a little beyond the frame
            assert picture.width / picture.height == pytest.approx(inside[0] / inside[1], rel=0.1)


def test_vectors_are_those_that_the_model_gives_these_crops(shipped: ShippedDemo) -> None:
    embedder = Embedder(SHIPPED_MODELS / SYNTHETIC, "cpu")
    for one in shipped.recordings:
        assert one.vectors.shape == (len(one.crops), embedder.card.embedding_size)
        assert np.linalg.norm(one.vectors, axis=1) == pytest.approx(1, abs=2e-3)
    some = shipped.recordings[1]
    given = embedder.embed([decode(crop.jpeg) for crop in some.crops[:12]])
    assert (given * some.vectors[:12]).sum(axis=1) == pytest.approx(1, abs=2e-3)


def test_boxes_are_where_people_were_filmed(shipped: ShippedDemo, site: FilmedSite) -> None:
    found = [people_of(site, number, crop) for number, one in enumerate(shipped.recordings, 1) for crop in one.crops]
    assert np.mean([bool(people) for people in found]) > 0.9


def test_people_are_found_again_in_another_camera(shipped: ShippedDemo, site: FilmedSite) -> None:
    """By the best hit of each crop in other cameras. Drawn by chance, about one in thirty would be the same person."""
    people, cameras, vectors = [], [], []
    for number, one in enumerate(shipped.recordings, start=1):
        for crop, vector in zip(one.crops, one.vectors, strict=True):
            if len(there := people_of(site, number, crop)) == 1:
                people.append(there.pop())
                cameras.append(number)
                vectors.append(vector)
    who, where, rows = np.array(people), np.array(cameras), np.array(vectors)
    others = where[:, None] != where
    same = (who[:, None] == who) & others
    asked = same.any(axis=1)
    best = np.where(others, rows @ rows.T, -2.0).argmax(axis=1)
    right = float(same[np.arange(len(who)), best][asked].mean())
    chance = float((same.sum(axis=1) / others.sum(axis=1))[asked].mean())
    assert asked.sum() > 200
    assert chance < 0.1
    assert right > 0.7


def test_they_are_compact_and_hold_no_pickle() -> None:
    assert sorted(path.name for path in SHIPPED.iterdir()) == sorted((CROPS, TABLE, VECTORS))
    assert all(path.stat().st_size < MOST_BYTES for path in SHIPPED.iterdir())
    with zipfile.ZipFile(SHIPPED / CROPS) as pictures:
        assert {Path(name).suffix for name in pictures.namelist()} == {".jpg"}
        assert sum(name.endswith(STILL) for name in pictures.namelist()) == 4
