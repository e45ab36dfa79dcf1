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
from pathlib import Path

import numpy as np
from PIL import Image

from reid_core.datasets.synthetic.shot import Shot, draw_shot, site_camera
from reid_core.errors import ReidError
from reid_core.files import write_atomically

WALK, PATH = 4, 5  # the streams of random numbers for walks and for the ways between cameras
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
class PlannedCrop:
    """One row of the table before it is drawn."""

    path: str
    identity: str
    camera: str
    time: float
    tracklet: str
    shot: Shot


def draw_site(config: SiteConfig) -> Iterator[DrawnCrop]:
    """Draws the crops of the site one after another, person by person, each person's in order of time."""
    for crop in plan_site(config):
        yield DrawnCrop(
            crop.path,
            crop.identity,
            crop.camera,
            crop.time,
            crop.tracklet,
            draw_shot(config.seed, crop.shot, randomise=config.randomise),
        )


def write_site(folder: Path, config: SiteConfig, progress: Callable[[int, int], None] | None = None) -> int:
    """Writes the site's pictures and its table `crops.csv`; returns the number of crops.

    Complete pictures of the same configuration are kept, so an interrupted run is taken up where it stopped and ends
    with the same bytes. The table is written last. `progress` is called with crops done and crops in all.
    """
    plan = list(plan_site(config))
    mark = f"drawn, not photographed: {config}".encode()
    for done, crop in enumerate(plan, start=1):
        path = folder / crop.path
        if not _is_complete(path, mark):
            stored = io.BytesIO()
            draw_shot(config.seed, crop.shot, randomise=config.randomise).save(stored, "JPEG", quality=93, comment=mark)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, lambda file, content=stored.getvalue(): file.write(content))  # type: ignore[misc]
        if progress is not None:
            progress(done, len(plan))
    table = io.StringIO(newline="")
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(["path", "identity", "camera", "time", "tracklet"])
    for crop in plan:
        moment = datetime.fromtimestamp(crop.time, UTC).isoformat(timespec="milliseconds")
        rows.writerow([crop.path, crop.identity, crop.camera, moment.replace("+00:00", "Z"), crop.tracklet])
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


def plan_site(config: SiteConfig) -> Iterator[PlannedCrop]:
    """Who is seen where and when: the table without pictures."""
    for number in range(1, config.identities + 1):
        generator = np.random.default_rng((config.seed, WALK, number))
        walks = 2 if generator.random() < 0.35 else 1
        counts = dict.fromkeys(range(1, config.cameras + 1), 0)
        now = config.start + float(generator.uniform(0, 3 * 3600))
        for walk in range(1, walks + 1):
            arms = str(generator.choice(["swing", "swing", "swing", "pockets", "phone"]))
            pace = float(generator.uniform(0.85, 1.2))
            route = plan_route(config.cameras, generator)
            for place, camera in enumerate(route):
                if place:
                    now += way_between(config.seed, route[place - 1], camera) / pace
                arrived = now
                for elapsed, shot in _visit(config, generator, number, camera, arms, counts[camera]):
                    counts[camera] = shot.number
                    now = arrived + elapsed
                    yield PlannedCrop(
                        path=f"camera-{camera}/p{number:04d}_c{camera}_{shot.number:04d}.jpg",
                        identity=f"p{number:04d}",
                        camera=f"camera-{camera}",
                        time=round(now, 3),
                        tracklet=f"p{number:04d}-c{camera}-v{walk}",
                        shot=shot,
                    )
            now += float(generator.uniform(1200, 4 * 3600))


def plan_route(cameras: int, generator: np.random.Generator) -> list[int]:
    """A stretch of neighbouring cameras, walked in one direction: most of the site, two cameras at least."""
    length = cameras
    if generator.random() >= 0.6:
        length = int(generator.integers(min(cameras, max(2, cameras // 2)), cameras + 1))
    first = int(generator.integers(1, cameras - length + 2))
    stretch = list(range(first, first + length))
    return stretch if generator.random() < 0.5 else stretch[::-1]


def way_between(seed: int, one: int, other: int, shortest: float = SHORTEST_WAY, longest: float = LONGEST_WAY) -> float:
    """Seconds from one camera to its neighbour at a middling pace; a pace of 0.85 to 1.2 keeps it within the bounds."""
    generator = np.random.default_rng((seed, PATH, min(one, other)))
    return float(generator.uniform(shortest * 1.2, longest * 0.85))


def _visit(
    config: SiteConfig,
    generator: np.random.Generator,
    number: int,
    camera: int,
    arms: str,
    already: int,
) -> Iterator[tuple[float, Shot]]:
    """The shots of one passage before a camera, each with the seconds since its beginning."""
    crops = int(generator.integers(config.crops_per_visit[0], config.crops_per_visit[1] + 1))
    flow = site_camera(config.seed, camera).flow
    heading = flow + (math.pi if generator.random() < 0.5 else 0.0) + float(generator.normal(0, 0.25))
    if generator.random() < 0.3:  # not everybody follows the stream
        heading = float(generator.uniform(-math.pi, math.pi))
    x, nearness = float(generator.uniform(-1.6, 1.6)), float(generator.uniform(0.1, 0.9))
    exposure = float(generator.uniform(0.82, 1.18))
    elapsed, phase = 0.0, float(generator.uniform(0.0, 1.4))
    for place in range(crops):
        if place:
            elapsed += float(generator.uniform(0.4, 2.0))
        walked = 1.3 * elapsed
        yield (
            elapsed,
            Shot(
                person=number,
                camera=camera,
                number=already + place + 1,
                x=float(np.clip(x + math.sin(heading) * walked, -2.2, 2.2)),
                nearness=float(np.clip(nearness + math.cos(heading) * walked / 8.0, 0.0, 1.0)),
                heading=heading + float(generator.normal(0, 0.12)),
                travelled=phase + walked,
                arms=arms,
                exposure=exposure,
            ),
        )
