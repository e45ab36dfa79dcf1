"""The demo site: people who do not exist walk past cameras that do not exist, and a detector cuts them out.

It gives a newcomer something to search at once, without anybody's picture, and a small embedder something to train on.
Each person, camera and crop has a stream of random numbers of its own, named by (seed, kind, number, ...), so a larger
site repeats the people and the cameras of a smaller one.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from reid_core.datasets.camera import Camera, background, cast_shadow, develop, make_camera, random_camera
from reid_core.datasets.drawing import Person, Pose, View
from reid_core.datasets.figure import draw_person
from reid_core.datasets.scenery import HEIGHT, OBSTACLES, WIDTH, paint_obstacle
from reid_core.datasets.wardrobe import make_person
from reid_core.errors import ReidError
from reid_core.files import write_atomically

WALK, PATH, CROP = 4, 5, 6  # the streams of random numbers for walks, for the ways between cameras, for crops
PASSERS_BY = 1_000_000  # people from this number on only ever stand in the way
SMALLEST, LARGEST = (64, 128), (128, 256)  # width and height of a crop, pixels
SHORTEST_WAY, LONGEST_WAY = 30.0, 300.0  # seconds between neighbouring cameras
TABLE = "crops.csv"


@dataclass(frozen=True)
class SiteConfig:
    """How large a demo site is. `start` is the morning in epoch seconds; `randomise` varies each crop for training."""

    identities: int = 40
    cameras: int = 4
    crops_per_visit: tuple[int, int] = (2, 4)
    seed: int = 0
    start: float = datetime(2026, 3, 2, 8, tzinfo=UTC).timestamp()
    randomise: bool = False

    def __post_init__(self) -> None:
        fewest, most = self.crops_per_visit
        if self.identities < 1 or self.cameras < 1:
            raise ReidError(
                f"A demo site needs at least one identity and one camera, but {self.identities} and "
                f"{self.cameras} were asked for."
            )
        if not 1 <= fewest <= most:
            raise ReidError(
                f"crops_per_visit is {self.crops_per_visit}: give the fewest and the most crops of a visit, "
                "the fewest first and at least 1."
            )
        if self.seed < 0:
            raise ReidError(f"The seed is {self.seed}: use 0 or a positive whole number.")


@dataclass(frozen=True)
class DrawnCrop:
    """One row of the table with its picture; time in epoch seconds."""

    path: str
    identity: str
    camera: str
    time: float
    tracklet: str
    image: Image.Image


@dataclass(frozen=True)
class Sighting:
    """One row of the table before it is drawn, and where the person is then."""

    path: str
    identity: str
    camera: str
    time: float
    tracklet: str
    numbers: tuple[int, int, int]  # identity, camera, crop within both
    x: float  # metres right of the camera's axis
    nearness: float  # 0 as far as the wall allows, 1 as near as the picture allows
    heading: float
    travelled: float  # metres since the visit began
    arms: str
    exposure: float


def draw_site(config: SiteConfig) -> Iterator[DrawnCrop]:
    """Draws the crops of the site one after another, person by person, each person's in order of time."""
    for sighting in plan_site(config):
        yield DrawnCrop(
            sighting.path,
            sighting.identity,
            sighting.camera,
            sighting.time,
            sighting.tracklet,
            draw_sighting(config, sighting),
        )


def write_site(folder: Path, config: SiteConfig, progress: Callable[[int, int], None] | None = None) -> int:
    """Writes the site's pictures and its table `crops.csv`; returns the number of crops.

    Complete pictures of the same configuration are kept, so an interrupted run is taken up where it stopped and ends
    with the same bytes. The table is written last. `progress` is called with crops done and crops in all.
    """
    plan = list(plan_site(config))
    mark = f"drawn, not photographed: {config}".encode()
    for done, sighting in enumerate(plan, start=1):
        path = folder / sighting.path
        if not _is_complete(path, mark):
            stored = io.BytesIO()
            draw_sighting(config, sighting).save(stored, "JPEG", quality=93, comment=mark)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, lambda file, content=stored.getvalue(): file.write(content))  # type: ignore[misc]
        if progress is not None:
            progress(done, len(plan))
    table = io.StringIO(newline="")
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(["path", "identity", "camera", "time", "tracklet"])
    for sighting in plan:
        moment = datetime.fromtimestamp(sighting.time, UTC).isoformat(timespec="milliseconds")
        rows.writerow(
            [sighting.path, sighting.identity, sighting.camera, moment.replace("+00:00", "Z"), sighting.tracklet]
        )
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / TABLE, lambda file: file.write(table.getvalue().encode()))
    return len(plan)


def _is_complete(path: Path, mark: bytes) -> bool:
    """Whether the file is a whole JPEG of the configuration that left this mark."""
    try:
        content = path.read_bytes()
    except OSError:
        return False
    return mark in content[:2048] and content.endswith(b"\xff\xd9")


def plan_site(config: SiteConfig) -> Iterator[Sighting]:
    """Who is seen where and when: the table without pictures."""
    for number in range(1, config.identities + 1):
        generator = np.random.default_rng((config.seed, WALK, number))
        walks = 2 if generator.random() < 0.35 else 1
        counts = dict.fromkeys(range(1, config.cameras + 1), 0)
        now = config.start + float(generator.uniform(0, 3 * 3600))
        for walk in range(1, walks + 1):
            arms = str(generator.choice(["swing", "swing", "swing", "pockets", "phone"]))
            pace = float(generator.uniform(0.85, 1.2))
            route = _route(config.cameras, generator)
            for place, camera in enumerate(route):
                if place:
                    now += _way(config.seed, route[place - 1], camera) / pace
                for sighting in _visit(config, generator, number, camera, walk, now, arms, counts[camera]):
                    counts[camera] += 1
                    now = sighting.time
                    yield sighting
            now += float(generator.uniform(1200, 4 * 3600))


def _route(cameras: int, generator: np.random.Generator) -> list[int]:
    """A stretch of neighbouring cameras, walked in one direction: most of the site, two cameras at least."""
    length = (
        cameras
        if generator.random() < 0.6
        else int(generator.integers(min(cameras, max(2, cameras // 2)), cameras + 1))
    )
    first = int(generator.integers(1, cameras - length + 2))
    stretch = list(range(first, first + length))
    return stretch if generator.random() < 0.5 else stretch[::-1]


def _way(seed: int, one: int, other: int) -> float:
    """Seconds from one camera to its neighbour at a middling pace; a pace of 0.85 to 1.2 keeps it within the bounds."""
    generator = np.random.default_rng((seed, PATH, min(one, other)))
    return float(generator.uniform(SHORTEST_WAY * 1.2, LONGEST_WAY * 0.85))


def _visit(
    config: SiteConfig,
    generator: np.random.Generator,
    number: int,
    camera: int,
    walk: int,
    start: float,
    arms: str,
    already: int,
) -> Iterator[Sighting]:
    crops = int(generator.integers(config.crops_per_visit[0], config.crops_per_visit[1] + 1))
    heading = (
        _camera(config.seed, camera).flow + (math.pi if generator.random() < 0.5 else 0.0) + generator.normal(0, 0.25)
    )
    if generator.random() < 0.3:  # not everybody follows the stream
        heading = generator.uniform(-math.pi, math.pi)
    x, nearness, exposure = (
        generator.uniform(-1.6, 1.6),
        generator.uniform(0.1, 0.9),
        float(generator.uniform(0.82, 1.18)),
    )
    elapsed, phase = 0.0, float(generator.uniform(0.0, 1.4))
    for place in range(crops):
        if place:
            elapsed += float(generator.uniform(0.4, 2.0))
        walked = 1.3 * elapsed
        yield Sighting(
            path=f"camera-{camera}/p{number:04d}_c{camera}_{already + place + 1:04d}.jpg",
            identity=f"p{number:04d}",
            camera=f"camera-{camera}",
            time=round(start + elapsed, 3),
            tracklet=f"p{number:04d}-c{camera}-v{walk}",
            numbers=(number, camera, already + place + 1),
            x=float(np.clip(x + math.sin(heading) * walked, -2.2, 2.2)),
            nearness=float(np.clip(nearness + math.cos(heading) * walked / 8.0, 0.0, 1.0)),
            heading=float(heading + generator.normal(0, 0.12)),
            travelled=phase + walked,
            arms=arms,
            exposure=exposure,
        )


@lru_cache(maxsize=256)
def _camera(seed: int, number: int) -> Camera:
    return make_camera(seed, number)


@lru_cache(maxsize=1024)
def _person(seed: int, number: int) -> Person:
    return make_person(seed, number)


def draw_sighting(config: SiteConfig, sighting: Sighting) -> Image.Image:
    """The crop that a detector would cut from the camera's picture at that moment."""
    number, camera_number, crop = sighting.numbers
    generator = np.random.default_rng((config.seed, CROP, int(config.randomise), number, camera_number, crop))
    uniform, chance = generator.uniform, generator.random
    camera = random_camera(config.seed, generator) if config.randomise else _camera(config.seed, camera_number)
    wild = 2.0 if config.randomise else 1.0
    person, place = _person(config.seed, number), camera.place
    far, near = place.wall_distance - 1.2, place.nearest * 1.06
    z = far + (near - far) * (uniform(0, 1) if config.randomise else sighting.nearness)
    heading = uniform(-math.pi, math.pi) if config.randomise and chance() < 0.5 else sighting.heading
    view = place.view(sighting.x * z / far, z)

    raised = person.height * math.cos(view.pitch)  # seen from above, heads are nearer than feet
    nearer = view.distance / (view.distance - person.height * math.sin(view.pitch))
    tall = raised * view.scale * nearer * (1.09 + 0.035 * wild * generator.normal())
    low = view.foot_y + tall * (0.042 + 0.012 * wild * generator.normal())
    if chance() < 0.06 * wild:  # the detector lost the feet
        low -= tall * uniform(0.08, 0.2)
    size_y = int(np.clip(round(tall * camera.zoom), SMALLEST[1], LARGEST[1]))
    size_x = int(np.clip(round(size_y * uniform(0.43, 0.52)), SMALLEST[0], LARGEST[0]))
    factor = size_y / tall
    left = view.foot_x - size_x / factor * (0.5 + 0.035 * wild * generator.normal())
    box = (left, low - tall, left + size_x / factor, low)
    if config.randomise and chance() < 0.35:  # any part of the place, so that floor and wall are no clue
        share = min(uniform(0.6, 1.6), HEIGHT / tall)
        box = (uniform(0, WIDTH / 2), uniform(0, HEIGHT - share * tall), share * size_x / factor, share * tall)
        box = (box[0], box[1], box[0] + box[2], box[1] + box[3])
    picture = background(camera, box, (size_x, size_y))

    def seen(x: float, away: float) -> View:
        whole = place.view(x, away)
        return View(
            (whole.foot_x - left) * factor,
            (whole.foot_y - low + tall) * factor,
            whole.scale * factor,
            whole.pitch,
            whole.distance,
        )

    others = []  # those who pass by: behind the person, and in front
    for sign, share in ((1.0, 0.14 * wild), (-1.0, 0.06 * wild)):
        if chance() < share:
            passer = _person(config.seed, PASSERS_BY + int(generator.integers(60)))
            offset = float(uniform(0.3, 0.75) * (1 if chance() < 0.5 else -1))
            others.append((z + sign * float(uniform(0.5, 1.6)), offset, passer, float(uniform(-math.pi, math.pi))))
    pose = Pose(
        heading,
        sighting.travelled * 2 * math.pi / (0.82 * person.height),
        float(uniform(0.75, 1.1)),
        float(generator.normal(0.02, 0.02)),
        float(generator.normal(0, 0.3)),
        sighting.arms,
    )
    figures = [(z, 0.0, person, pose)] + [
        (away, offset, passer, Pose(turn, float(uniform(0, 6)), float(uniform(0.5, 1.0))))
        for away, offset, passer, turn in others
    ]
    middle = sighting.x * z / far
    for away, offset, who, how in sorted(figures, key=lambda figure: -figure[0]):
        where = seen(middle + offset, max(away, 1.5))
        cast_shadow(picture, where, camera.light, who.height)
        draw_person(picture, who, how, where, camera.light, int(generator.integers(1000)))
    if chance() < 0.08 * wild:
        kind = OBSTACLES[int(generator.integers(len(OBSTACLES)))] if config.randomise else camera.obstacle
        paint_obstacle(
            picture,
            seen(middle + float(uniform(-0.4, 0.4)), max(z - float(uniform(0.4, 1.0)), 1.5)),
            camera.light,
            kind,
            int(generator.integers(1000)),
        )
    return develop(picture, camera, generator, sighting.exposure)
