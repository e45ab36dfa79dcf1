"""What names, labels and times are read as."""

from __future__ import annotations

from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from reid_core.datasets.base import Options, camera_of_file, camera_of_folder, identity_label
from reid_core.datasets.choices import compile_camera_pattern, find_time_zone
from reid_core.datasets.name_times import time_of_name
from reid_core.datasets.readers import market1501, mars
from reid_core.errors import ReidError
from reid_core.images import is_image_name, printable
from reid_core.records import format_time, make_records, natural_order, parse_time, whole_number
from tests.fuzz import odd
from tests.fuzz.target import Attempt, Target

ZONES = (ZoneInfo("UTC"), ZoneInfo("America/St_Johns"), ZoneInfo("Pacific/Apia"), ZoneInfo("Africa/Monrovia"))
PATTERNS = (r"cam(\d+)", r"(.*)", r"(a+)+b", "(", "((((", r"(?P<x>a)(?P=x)", r"(\w+)*-", r"(a{1000000000})", "[", r"\1")


def _names(prepared: Path) -> Attempt:
    def attempt(random: Random, folder: Path) -> None:
        name = odd.path(random) if random.random() < 0.6 else odd.text(random)
        time_of_name(name, random.choice(ZONES))
        market1501.parse_name(name.rpartition("/")[2])
        mars.parse_name(name.rpartition("/")[2])
        for part in name.split("/"):
            camera_of_folder(part)
            camera_of_file(part)
            is_image_name(part)
            identity_label(part)
        printable(name)
        whole_number(name)
        natural_order([name, odd.text(random), odd.text(random)])

    return attempt


def _times(prepared: Path) -> Attempt:
    def attempt(random: Random, folder: Path) -> None:
        seconds = parse_time(odd.value(random), random.choice(ZONES))
        format_time(seconds)

    return attempt


def _labels(prepared: Path) -> Attempt:
    def attempt(random: Random, folder: Path) -> None:
        rows = random.randrange(1, 5)
        columns = {
            name: [odd.value(random) if random.random() < 0.1 else odd.text(random) for _ in range(rows)]
            for name in ("identity", "camera", "tracklet")
        }
        paths = [odd.path(random) if random.random() < 0.7 else odd.text(random) for _ in range(rows)]
        make_records(path=paths, **columns).describe()

    return attempt


def _patterns(prepared: Path) -> Attempt:
    def attempt(random: Random, folder: Path) -> None:
        if random.random() < 0.3:
            find_time_zone(odd.text(random))
        text = random.choice(PATTERNS) + (random.choice(PATTERNS) if random.random() < 0.3 else "")
        pattern = compile_camera_pattern(text if random.random() < 0.7 else odd.text(random))
        options = Options(camera_pattern=pattern)
        for _ in range(5):
            options.find_camera(odd.path(random) + "a" * random.choice((0, 30, 250)))

    return attempt


TARGETS = (
    Target("names", _names, ()),
    Target("times", _times, (ValueError,)),
    Target("labels", _labels),
    Target("patterns", _patterns, (ReidError,)),
)
