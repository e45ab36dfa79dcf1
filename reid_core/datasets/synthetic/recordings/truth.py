"""What is true of a filmed site: who is where in each frame, who crosses a camera's line when, and what clocks say."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from reid_core.datasets.synthetic.recordings.filming import Sighting
from reid_core.datasets.synthetic.recordings.planning import FilmedSite, Visit
from reid_core.datasets.synthetic.recordings.stage import FilmedCamera

COLUMNS = ("frame", "person", "left", "top", "width", "height", "visibility")


@dataclass(frozen=True)
class Crossing:
    """A person's feet cross a camera's line: seconds since the recording began, and "in" or "out"."""

    camera: str
    person: str
    seconds: float
    direction: str


def truth_table(sightings: Iterable[Sighting]) -> bytes:
    """The CSV of one recording: a row for each person in each frame."""
    table = io.StringIO(newline="")
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(COLUMNS)
    for each in sightings:
        rows.writerow([each.frame, each.person, each.left, each.top, each.width, each.height, f"{each.visibility:.3f}"])
    return table.getvalue().encode()


def read_truth(table: bytes) -> list[Sighting]:
    """What `truth_table` wrote."""
    return [
        Sighting(
            int(row["frame"]),
            row["person"],
            int(row["left"]),
            int(row["top"]),
            int(row["width"]),
            int(row["height"]),
            float(row["visibility"]),
        )
        for row in csv.DictReader(io.StringIO(table.decode()))
    ]


def crossings(site: FilmedSite, camera: FilmedCamera) -> list[Crossing]:
    """Every crossing of the camera's line within its recording, in order of time; between two frames by proportion."""
    found = []
    (far_x, far_y), (near_x, near_y) = camera.line.far, camera.line.near
    for visit in site.before(camera.number):
        sides: list[tuple[float, float]] = []  # right of the line above 0, and how far along it
        for x, z in zip(visit.motion.x, visit.motion.z, strict=True):
            view = camera.view(float(x), float(z))
            across, down = view.foot_x / camera.size[0] - far_x, view.foot_y / camera.size[1] - far_y
            run_x, run_y = near_x - far_x, near_y - far_y
            sides.append((across * run_y - down * run_x, (across * run_x + down * run_y) / (run_x**2 + run_y**2)))
        for place in range(1, len(sides)):
            (before, along), (after, further) = sides[place - 1 : place + 1]
            frame = visit.motion.first + place
            if (before < 0) == (after < 0) or not 1 <= frame < site.config.frames:
                continue
            share = before / (before - after)
            if 0 <= along + share * (further - along) <= 1:
                seconds = (frame - 1 + share) / site.config.rate
                direction = "in" if after > before else "out"
                found.append(Crossing(camera.name, visit.identity, round(seconds, 3), direction))
    return sorted(found, key=lambda each: (each.seconds, each.person))


def clock_offset(site: FilmedSite, camera: int) -> float:
    """By how many seconds the camera's clock is ahead."""
    wrong = site.config.wrong_clock
    return wrong[1] if wrong is not None and wrong[0] == camera else 0.0


def stated_start(site: FilmedSite, camera: int) -> float:
    """When the recording began by the camera's own clock, epoch seconds."""
    return site.config.start + clock_offset(site, camera)


def iso(seconds: float) -> str:
    """UTC with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def recording_name(site: FilmedSite, camera: int) -> str:
    """The file's name: the camera, and when it says that the recording began."""
    moment = datetime.fromtimestamp(math.floor(stated_start(site, camera)), UTC)
    return f"{site.cameras[camera].name}_{moment:%Y-%m-%dT%H-%M-%SZ}.mp4"


def site_table(site: FilmedSite) -> bytes:
    """site.json: cameras with their clocks and lines, people with their visits, who goes together, crossings."""
    config = site.config
    cameras = [
        {
            "name": camera.name,
            "file": recording_name(site, number),
            "truth": f"{camera.name}.truth.csv",
            "width": config.size[0],
            "height": config.size[1],
            "rate": config.rate,
            "frames": config.frames,
            "start": iso(config.start),
            "stated_start": iso(stated_start(site, number)),
            "clock_offset": clock_offset(site, number),
            "line": {"from": camera.line.far, "to": camera.line.near, "in": "towards the right of the picture"},
        }
        for number, camera in site.cameras.items()
    ]
    people: dict[str, list[dict[str, Any]]] = {}
    for visit in site.visits:
        people.setdefault(visit.identity, []).append(_visit(site, visit))
    whole = {
        "drawn": True,
        "config": asdict(config),
        "cameras": cameras,
        "people": [{"person": person, "visits": people[person]} for person in sorted(people)],
        "together": [[f"p{number:04d}" for number in group] for group in site.companions],
        "crossings": [asdict(each) for camera in site.cameras.values() for each in crossings(site, camera)],
    }
    return (json.dumps(whole, indent=1) + "\n").encode()


def _visit(site: FilmedSite, visit: Visit) -> dict[str, Any]:
    """The visit with its first and last moment, which may lie outside the recording and the frame."""
    rate, motion = site.config.rate, visit.motion
    return {
        "camera": site.cameras[visit.camera].name,
        "tracklet": visit.tracklet,
        "behaviour": visit.behaviour,
        "begins": round(motion.first / rate, 3),
        "ends": round((motion.first + len(motion) - 1) / rate, 3),
    }
