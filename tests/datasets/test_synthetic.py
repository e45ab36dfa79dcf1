"""The demo site: who is seen where and when, that pictures can be had again, and that they show the person."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from reid_core.datasets.synthetic import DrawnCrop, SiteConfig, draw_site, plan_site, shot, site, write_site
from reid_core.datasets.synthetic.drawing import Light, Pose, View
from reid_core.datasets.synthetic.figure import draw_person
from reid_core.datasets.synthetic.wardrobe import make_person
from reid_core.errors import ReidError

SMALL = SiteConfig(identities=3, cameras=2, crops_per_visit=(1, 2))


@pytest.fixture(scope="module")
def crops() -> list[DrawnCrop]:
    return list(draw_site(SiteConfig(identities=12, cameras=3)))


def _same(one: DrawnCrop, other: DrawnCrop) -> bool:
    return replace(one, image=other.image) == other and one.image.tobytes() == other.image.tobytes()


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# The same again


@pytest.mark.parametrize("randomise", [False, True])
def test_a_site_drawn_twice_is_the_same_to_the_last_pixel(randomise: bool) -> None:
    config = replace(SMALL, randomise=randomise)
    first, second = list(draw_site(config)), list(draw_site(config))
    assert len(first) == len(second) >= 6
    assert all(_same(one, other) for one, other in zip(first, second, strict=True))


def test_more_identities_leave_the_crops_of_the_first_ones_as_they_were() -> None:
    few = list(draw_site(SMALL))
    many = list(islice(draw_site(replace(SMALL, identities=9)), len(few)))
    assert all(_same(one, other) for one, other in zip(few, many, strict=True))


def test_more_cameras_leave_people_and_cameras_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    def seen(cameras: int) -> dict[tuple[str, str], tuple[Any, Light]]:
        drawn: list[tuple[Any, ...]] = []
        monkeypatch.setattr(shot, "draw_person", lambda *arguments: drawn.append(arguments))
        found = {}
        for crop in draw_site(replace(SMALL, cameras=cameras)):
            people = [arguments[1] for arguments in drawn]
            # Passers-by may be drawn too: the one whose crop it is has the person's own number.
            own = make_person(SMALL.seed, int(crop.identity[1:]))
            assert own in people
            found[crop.identity, crop.camera] = (own, drawn[0][4])
            drawn.clear()
        return found

    small, large = seen(2), seen(4)
    shared = small.keys() & large.keys()
    assert len(shared) >= 3
    assert all(small[key] == large[key] for key in shared)


def test_another_seed_gives_other_people() -> None:
    people = [make_person(seed, number) for seed in (0, 1) for number in range(1, 41)]
    assert len(set(people)) == 80
    one, other = next(draw_site(SMALL)), next(draw_site(replace(SMALL, seed=1)))
    assert one.image.tobytes() != other.image.tobytes()


# The table


def test_every_identity_of_the_default_site_is_seen_by_at_least_two_cameras() -> None:
    config = SiteConfig()
    cameras = defaultdict(set)
    for planned in plan_site(config):
        cameras[planned.identity].add(planned.camera)
    assert len(cameras) == 40
    assert min(len(found) for found in cameras.values()) >= 2
    assert set.union(*cameras.values()) == {"camera-1", "camera-2", "camera-3", "camera-4"}


def test_names_say_identity_and_camera_and_no_path_is_used_twice() -> None:
    plan = list(plan_site(SiteConfig(identities=20, cameras=6)))
    assert len({planned.path for planned in plan}) == len(plan)
    for planned in plan:
        number = planned.camera.removeprefix("camera-")
        assert planned.path.startswith(f"{planned.camera}/{planned.identity}_c{number}_")
        assert planned.tracklet.startswith(f"{planned.identity}-c{number}-v")


def test_a_walk_goes_from_neighbour_to_neighbour_with_plausible_times() -> None:
    config = SiteConfig(identities=30, cameras=5, crops_per_visit=(2, 4))
    walks = defaultdict(list)
    for planned in plan_site(config):
        walks[planned.identity, planned.tracklet.rsplit("-", 1)[1]].append(planned)
    for walk in walks.values():
        visits: dict[str, int] = defaultdict(int)
        assert walk[0].time >= config.start
        for before, after in pairwise(walk):
            gap = after.time - before.time
            if before.camera == after.camera:
                assert before.tracklet == after.tracklet
                assert 0.399 <= gap <= 2.001
            else:
                assert abs(int(before.camera[-1]) - int(after.camera[-1])) == 1
                assert 30 <= gap <= 300
        for planned in walk:
            visits[planned.camera] += 1
        assert all(2 <= count <= 4 for count in visits.values())


def test_one_camera_is_enough() -> None:
    assert {crop.camera for crop in draw_site(replace(SMALL, cameras=1))} == {"camera-1"}


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"identities": 0}, "identity"),
        ({"cameras": 0}, "camera"),
        ({"crops_per_visit": (3, 2)}, "crops_per_visit"),
        ({"seed": -1}, "seed"),
    ],
)
def test_an_impossible_site_is_refused_by_name(wrong: dict[str, Any], word: str) -> None:
    with pytest.raises(ReidError, match=word):
        SiteConfig(**wrong)


# The pictures


def test_crops_are_as_large_as_a_detector_would_cut_them(crops: list[DrawnCrop]) -> None:
    sizes = {crop.image.size for crop in crops}
    assert all(64 <= width <= 128 and 128 <= height <= 256 for width, height in sizes)
    assert len(sizes) > len(crops) / 4
    assert {crop.image.mode for crop in crops} == {"RGB"}


def _stripes(image: Image.Image) -> NDArray[np.float64]:
    """Histograms of red, green and blue in six stripes of the middle third, end to end."""
    pixels = np.asarray(image.resize((48, 96)))[:, 16:32]
    return np.concatenate(
        [
            np.histogram(stripe[..., channel], bins=8, range=(0, 256), density=True)[0]
            for stripe in np.split(pixels, 6)
            for channel in range(3)
        ]
    )


def test_within_a_camera_a_person_looks_more_like_themselves_than_like_others(crops: list[DrawnCrop]) -> None:
    for camera in ("camera-1", "camera-2", "camera-3"):
        here = [crop for crop in crops if crop.camera == camera]
        described = np.stack([_stripes(crop.image) for crop in here])
        distance = np.abs(described[:, None] - described[None]).sum(-1)
        alike = np.array([[one.identity == other.identity for other in here] for one in here])
        own = distance[alike & ~np.eye(len(here), dtype=bool)].mean()
        assert own < 0.85 * distance[~alike].mean()


def test_randomised_crops_of_one_camera_differ_more_in_colour() -> None:
    def spread(randomise: bool) -> float:
        config = SiteConfig(identities=12, cameras=1, crops_per_visit=(2, 2), randomise=randomise)
        means = [np.asarray(crop.image, float).mean((0, 1)) for crop in draw_site(config)]
        return float(np.std(means, axis=0).sum())

    assert spread(True) > 1.5 * spread(False)


def _drawn(person: Any, yaw: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The person on a grey ground from far away, 100 pixels a metre: picture and cover."""
    picture = np.full((3, 256, 128), 0.3, np.float32)
    cover = draw_person(
        picture, person, Pose(yaw, 0.4), View(64.0, 240.0, 100.0, 0.0, 1e6), Light((0.0, 0.6, 0.8), 0.6, 0.5)
    )
    return picture, cover


@pytest.mark.parametrize("height", [1.5, 1.7, 1.9])
def test_a_person_is_as_tall_as_they_are(height: float) -> None:
    person = replace(make_person(0, 1), height=height, headwear="none", hair_style="bald")
    rows = np.flatnonzero(_drawn(person, 0.0)[1].max(axis=1) > 0.5)
    assert rows[-1] == pytest.approx(240, abs=4)  # the sole of the standing foot
    assert rows[-1] - rows[0] == pytest.approx(100 * height, rel=0.045)


def test_a_backpack_shows_from_behind_and_hardly_from_the_front() -> None:
    with_pack = replace(
        make_person(0, 1),
        bag="backpack",
        bag_colour=(0.9, 0.1, 0.1),
        upper_colour=(0.2, 0.2, 0.25),
        hair_style="short",
        headwear="none",
        scarf=None,
        pattern="plain",
    )
    without = replace(with_pack, bag="none")

    def changed(yaw: float) -> int:
        difference = np.abs(_drawn(with_pack, yaw)[0] - _drawn(without, yaw)[0]).max(axis=0)
        return int((difference > 0.05).sum())

    assert changed(np.pi) > 600  # about 0.28 m by 0.4 m at 100 pixels a metre, half of it at the least
    assert changed(0.0) < 0.6 * changed(np.pi)


# Writing


def test_written_site_has_every_picture_of_its_table(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    count = write_site(tmp_path, SMALL, lambda done, total: seen.append((done, total)))
    with (tmp_path / "crops.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    drawn = list(draw_site(SMALL))
    assert len(rows) == count == len(drawn)
    assert seen == [(done, count) for done in range(1, count + 1)]
    for row, crop in zip(rows, drawn, strict=True):
        assert list(row) == ["path", "identity", "camera", "time", "tracklet"]
        assert (row["path"], row["identity"], row["camera"], row["tracklet"]) == (
            crop.path,
            crop.identity,
            crop.camera,
            crop.tracklet,
        )
        assert row["time"].endswith("Z")
        assert datetime.fromisoformat(row["time"]).astimezone(UTC).timestamp() == pytest.approx(crop.time, abs=1e-3)
        stored = np.asarray(Image.open(tmp_path / row["path"]), float)
        assert stored.shape[:2] == crop.image.size[::-1]
        assert np.abs(stored - np.asarray(crop.image, float)).mean() < 4
    assert set(_files(tmp_path)) == {"crops.csv"} | {row["path"] for row in rows}


def test_an_interrupted_run_is_taken_up_and_ends_with_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_site(tmp_path, SMALL)
    whole = _files(tmp_path)
    pictures = sorted(path for path in whole if path.endswith(".jpg"))
    for path in pictures[::2]:
        (tmp_path / path).unlink()
    (tmp_path / pictures[1]).write_bytes(whole[pictures[1]][:-100])  # half a file, as from a broken copy
    (tmp_path / "crops.csv").unlink()
    drawn = []

    def watched(*given: Any, **options: Any) -> Image.Image:
        drawn.append(given[1])
        return shot.draw_shot(*given, **options)

    monkeypatch.setattr(site, "draw_shot", watched)
    write_site(tmp_path, SMALL)
    assert _files(tmp_path) == whole
    missing = {*pictures[::2], pictures[1]}
    assert drawn == [planned.shot for planned in plan_site(SMALL) if planned.path in missing]


def test_pictures_of_another_site_in_the_folder_are_not_taken_for_ours(tmp_path: Path) -> None:
    write_site(tmp_path / "mixed", replace(SMALL, seed=1))
    write_site(tmp_path / "mixed", SMALL)
    write_site(tmp_path / "clean", SMALL)
    mixed, clean = _files(tmp_path / "mixed"), _files(tmp_path / "clean")
    assert {path: mixed[path] for path in clean} == clean
