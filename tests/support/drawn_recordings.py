"""Small recordings of the drawn site, made in a few seconds, with everything that is true of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

from reid_core.datasets.synthetic.recordings import (
    FilmConfig,
    FilmedSite,
    Sighting,
    read_truth,
    recording_name,
    write_recordings,
)

# Two cameras, five people who go from one to the other; 58 to 140 pixels tall.
TINY = FilmConfig(
    cameras=2, people=5, seconds=20.0, rate=8, size=(480, 270), transit=(1.0, 3.0), returns=(), still=0, groups=0.4
)


def tiny_recordings(folder: Path, **changes: Any) -> dict[str, Path]:
    """Draws a tiny site into the folder, with these fields of `FilmConfig` changed; its recordings by camera."""
    config = replace(TINY, **changes)
    write_recordings(folder, config)
    site = FilmedSite(config)
    return {camera.name: folder / recording_name(site, number) for number, camera in site.cameras.items()}


def truth_of(recording: Path) -> dict[int, list[Sighting]]:
    """Who is in each frame of a recording, by the frame's number from 1."""
    found = defaultdict(list)
    for sighting in read_truth((recording.parent / f"{recording.name.split('_')[0]}.truth.csv").read_bytes()):
        found[sighting.frame].append(sighting)
    return dict(found)


def tracks_of(recording: Path, *, height: int = 48, seconds: float = 1.5, rate: float = TINY.rate) -> dict[str, int]:
    """Frames of every person who can be seen: this tall and mostly visible, for this long in all."""
    counts: dict[str, int] = defaultdict(int)
    for people in truth_of(recording).values():
        for each in people:
            counts[each.person] += each.height >= height and each.visibility > 0.6
    return {person: count for person, count in counts.items() if count >= seconds * rate}
