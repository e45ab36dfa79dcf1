"""Who walks past which camera of a filmed site, when, and how: decided by the seed before anything is drawn."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from reid_core.datasets.synthetic.drawing import Person
from reid_core.datasets.synthetic.recordings.config import FilmConfig
from reid_core.datasets.synthetic.recordings.motion import SUBSTEPS, Motion, Stop, Track, step_along, walk
from reid_core.datasets.synthetic.recordings.new_wardrobe import make_newcomer
from reid_core.datasets.synthetic.recordings.stage import FilmedCamera
from reid_core.datasets.synthetic.site import plan_route, way_between
from reid_core.datasets.synthetic.wardrobe import make_person

ACTOR = 9  # the stream of random numbers that is kept for people who are filmed
TRIES = 16  # paths that are tried until one keeps clear of everybody
CLEAR = 0.65  # metres between two people's middles
APART = 0.66  # metres between people who walk together


@dataclass(frozen=True, eq=False)
class Visit:
    """One passage of a person before a camera."""

    person: int
    camera: int
    number: int  # of this person's visits to this camera, from 1
    motion: Motion
    behaviour: str  # walks, turns, waits, returns, still

    @property
    def identity(self) -> str:
        return f"p{self.person:04d}"

    @property
    def tracklet(self) -> str:
        return f"{self.identity}-c{self.camera}-v{self.number}"


@dataclass
class _Plan:
    config: FilmConfig
    cameras: dict[int, FilmedCamera]
    people: dict[int, Person]
    visits: list[Visit] = field(default_factory=list)
    counts: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))
    companions: list[tuple[int, ...]] = field(default_factory=list)

    def add(self, person: int, camera: int, motion: Motion, behaviour: str) -> None:
        self.counts[person, camera] += 1
        self.visits.append(Visit(person, camera, self.counts[person, camera], motion, behaviour))


class FilmedSite:
    """The plan of a site to film: cameras by number, people by number, visits by time, and who goes together."""

    def __init__(self, config: FilmConfig) -> None:
        self.config = config
        numbers = range(1, config.cameras + 1)
        self.cameras = {number: FilmedCamera(config.seed, number, config.size) for number in numbers}
        self.people = {number: person_of(config, number) for number in range(1, config.people + 1)}
        plan = _Plan(config, self.cameras, self.people)
        left = list(self.people)
        _plan_still(plan, left)
        _plan_returns(plan, left)
        _plan_walkers(plan, left)
        within = [visit for visit in plan.visits if visit.motion.first < config.frames and _ends(visit.motion) > 0]
        self.visits = tuple(sorted(within, key=lambda visit: (visit.motion.first, visit.person)))
        self.companions = tuple(plan.companions)

    def before(self, camera: int) -> list[Visit]:
        """The visits to one camera."""
        return [visit for visit in self.visits if visit.camera == camera]


def person_of(config: FilmConfig, number: int) -> Person:
    """Who has this number in a site of this configuration."""
    make = make_newcomer if config.wardrobe == "new" else make_person
    return make(config.seed, number)


def _ends(motion: Motion) -> int:
    return motion.first + len(motion)


def _generator(config: FilmConfig, number: int) -> np.random.Generator:
    return np.random.default_rng((config.seed, ACTOR, number))


def _plan_still(plan: _Plan, left: list[int]) -> None:
    """People who never move stand in the farther half, one camera after another, from the first frame to the last."""
    config = plan.config
    for place in range(min(config.still, len(left))):
        number = left.pop()
        generator, camera = _generator(config, number), plan.cameras[place % config.cameras + 1]
        z = camera.near + float(generator.uniform(0.55, 0.85)) * (camera.far - camera.near)
        x = float(generator.uniform(-0.6, 0.6)) * camera.half_width(z)
        frames = np.zeros(config.frames)
        heading = float(generator.uniform(-0.9, 0.9))
        motion = Motion(0, frames + x, frames + z, frames + heading, frames + 0.6, frames + 0.12, frames)
        plan.add(number, camera.number, motion, "still")


def _plan_returns(plan: _Plan, left: list[int]) -> None:
    """One person for each time after which somebody comes back, as far as recording and people suffice."""
    config = plan.config
    for place, gap in enumerate(config.returns):
        spare = config.seconds - gap - 24.0
        if spare < 0 or len(left) < 2:
            continue
        number, camera = left.pop(0), plan.cameras[place % config.cameras + 1]
        generator = _generator(config, number)
        now = float(generator.uniform(0.5, max(spare, 1.0)))
        side = 1 if generator.random() < 0.5 else -1
        for sides in ((-side, side), (side, -side)):
            motion = _clear_way(plan, _Passage(camera, [number], now, "returns", sides), generator)[0]
            plan.add(number, camera.number, motion, "returns")
            now = _ends(motion) / config.rate + gap


def _plan_walkers(plan: _Plan, left: list[int]) -> None:
    """Everybody else walks from camera to camera, alone or together."""
    config = plan.config
    while left:
        number = left.pop(0)
        generator = _generator(config, number)
        together = [number]
        if generator.random() < config.groups:
            for _ in range(1 if generator.random() < 0.7 else 2):
                if left:
                    together.append(left.pop(0))
            if len(together) > 1:
                plan.companions.append(tuple(together))
        latest = max(0.45, 0.95 - 12.0 / config.seconds)  # time to be seen by a second camera, too
        now = float(generator.uniform(-0.06, latest)) * config.seconds
        pace = float(generator.uniform(0.85, 1.2))
        route = plan_route(config.cameras, generator)
        for place, camera in enumerate(route):
            if place:
                now += way_between(config.seed, route[place - 1], camera, *config.transit) / pace
            behaviour = str(generator.choice(["walks", "turns", "waits"], p=[0.6, 0.16, 0.24]))
            if len(together) > 1 and behaviour == "turns":
                behaviour = "walks"  # whoever is on the inner side would have to step back
            motions = _clear_way(plan, _Passage(plan.cameras[camera], together, now, behaviour), generator)
            for member, motion in zip(together, motions, strict=True):
                plan.add(member, camera, motion, behaviour)
            now = _ends(motions[0]) / config.rate


@dataclass(frozen=True, eq=False)
class _Passage:
    """People who pass a camera together from second `begin` on; at `sides`, where given, they enter and leave."""

    camera: FilmedCamera
    together: list[int]
    begin: float
    behaviour: str
    sides: tuple[int, int] | None = None


def _clear_way(plan: _Plan, passage: _Passage, generator: np.random.Generator) -> list[Motion]:
    """Motions of people who pass together, by the first path on which they meet nobody, else by the clearest."""
    best, clearest = [], -1.0
    others = [visit.motion for visit in plan.visits if visit.camera == passage.camera.number]
    for _ in range(TRIES):
        motions = _candidate(plan, passage, generator)
        clear = min(_clearance(motion, passage.camera, others) for motion in motions)
        if clear > clearest:
            best, clearest = motions, clear
        if clear >= CLEAR:
            break
    return best


def _candidate(plan: _Plan, passage: _Passage, generator: np.random.Generator) -> list[Motion]:
    camera, behaviour, sides = passage.camera, passage.behaviour, passage.sides
    uniform, rate = generator.uniform, plan.config.rate
    pace = float(uniform(1.05, 1.5))
    if sides is None:
        side = 1 if generator.random() < 0.5 else -1
        sides = (side, side) if behaviour == "turns" else (side, -side)

    def at(share: float, depth: float) -> tuple[float, float]:
        z = camera.near + depth * (camera.far - camera.near)
        return share * camera.half_width(z), z

    def outside(side: int, depth: float) -> tuple[float, float]:
        x, z = at(side, depth)
        return x + side * 0.75, z

    enters, leaves = (float(uniform(-0.1, 1.0)) for _ in range(2))
    points = [outside(sides[0], enters)]
    if behaviour == "turns":
        turn = float(uniform(-0.45, 0.35)) * sides[0] * -1
        leaves = float(np.clip(enters + (0.25 if enters < 0.5 else -0.25), -0.1, 1.0))
        points += [at(turn, enters), at(turn * 0.9, leaves)]
    else:
        points += [
            at(float(uniform(-0.5, 0.5)), float(uniform(0.0, 1.0))) for _ in range(int(generator.integers(1, 3)))
        ]
        middle = sorted(points[1:], key=lambda point: point[0] * sides[1])
        points = [points[0], *middle]
    points.append(outside(sides[1], leaves))
    stops = []
    if behaviour == "waits":
        stops = [Stop(float(uniform(0.3, 0.7)), float(uniform(2.5, 9.0)))]
    first, x, z = walk(points, stops, pace, passage.begin, rate)
    sideways = _sideways(x, z, 2 * round(0.6 * rate * SUBSTEPS) + 1)
    motions = []
    for place, number in enumerate(passage.together):
        away = (0.0, APART, -APART)[place]
        own_x, own_z = x + away * np.cos(sideways), z + away * np.sin(sideways)
        motions.append(step_along(first, own_x, own_z, plan.people[number], pace, rate, float(generator.uniform(0, 1))))
    return motions


def _sideways(x: Track, z: Track, width: int) -> Track:
    """The angle on the floor of what lies left of the way, evened out over so many substeps; kept while standing."""
    moved_x, moved_z = np.gradient(x), np.gradient(z)
    angle = np.arctan2(moved_z, moved_x) + math.pi / 2
    moving = np.flatnonzero(np.hypot(moved_x, moved_z) > 1e-3)
    if len(moving) == 0:
        return angle
    latest = moving[np.maximum(np.searchsorted(moving, np.arange(len(x)), side="right") - 1, 0)]
    padded = np.pad(np.unwrap(angle[latest]), width // 2, "edge")
    return np.convolve(padded, np.full(width, 1.0 / width), "valid")


def _clearance(motion: Motion, camera: FilmedCamera, others: list[Motion]) -> float:
    """Metres to whoever and whatever comes nearest."""
    nearest = math.inf
    for thing in camera.furniture:
        reach = 0.55 if thing.kind == "bench" else 0.1
        x = np.maximum(np.abs(motion.x - thing.x) - reach, 0.0)
        nearest = min(nearest, float(np.hypot(x, motion.z - thing.z).min()))
    for other in others:
        begin, end = max(motion.first, other.first), min(_ends(motion), _ends(other))
        if begin < end:
            one, two = slice(begin - motion.first, end - motion.first), slice(begin - other.first, end - other.first)
            apart = np.hypot(motion.x[one] - other.x[two], motion.z[one] - other.z[two])
            nearest = min(nearest, float(apart.min()))
    return nearest
