"""Writes the recordings of a filmed site: an MP4 for each camera, with its truth, and `site.json`."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
from numpy.typing import NDArray

from reid_core.datasets.synthetic.recordings.config import FilmConfig
from reid_core.datasets.synthetic.recordings.filming import Sighting, film
from reid_core.datasets.synthetic.recordings.layers import Picture
from reid_core.datasets.synthetic.recordings.planning import FilmedSite
from reid_core.datasets.synthetic.recordings.truth import recording_name, site_table, stated_start, truth_table
from reid_core.files import write_atomically

SENSOR = 10  # the stream of random numbers that is kept for noise
KEY_FRAMES = 3.0  # seconds from one to the next
TICKS = 600  # of the time base, in a second, for each frame per second
SITE = "site.json"


class Stopped(Exception):
    """The caller asked to stop; what is written so far stays."""


def write_recordings(
    folder: Path,
    config: FilmConfig,
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> bool:
    """Writes each camera's recording and truth, then `site.json`; False if it was stopped before the end.

    A file is whole or not there. Recordings of the same configuration are kept, so an interrupted run is taken up at
    the camera where it stopped. `progress` is called with frames done and frames in all, about once a second of
    film; `stop` is asked as often.
    """
    site = FilmedSite(config)
    folder.mkdir(parents=True, exist_ok=True)
    total = config.cameras * config.frames
    for place, number in enumerate(site.cameras):

        def tell(done: int, before: int = place * config.frames) -> None:
            if stop is not None and stop():
                raise Stopped
            if progress is not None:
                progress(before + done, total)

        try:
            write_recording(folder, site, number, tell)
        except Stopped:
            return False
    write_atomically(folder / SITE, lambda file: file.write(site_table(site)))
    return True


def write_recording(folder: Path, site: FilmedSite, camera: int, tell: Callable[[int], None] | None = None) -> Path:
    """Writes one camera's recording and its truth, unless they are there; the recording's path.

    `tell` is called about once a second of film with the frames done; what it raises ends the writing. The file is held
    in memory until it is whole, 3 MB for a minute of film: one that were written for minutes would keep whoever wipes
    its folder waiting.
    """
    path, truth = folder / recording_name(site, camera), folder / f"{site.cameras[camera].name}.truth.csv"
    mark = f"drawn, not filmed: {site.config}"
    if truth.is_file() and _mark_of(path) == mark:
        if tell is not None:
            tell(site.config.frames)
        return path
    sightings: list[Sighting] = []

    held = io.BytesIO()
    _encode(held, site, camera, mark, sightings, tell)
    folder.mkdir(parents=True, exist_ok=True)  # it may have been emptied, and so removed, meanwhile
    write_atomically(truth, lambda table: table.write(truth_table(sightings)))
    write_atomically(path, lambda file: file.write(held.getvalue()))
    return path


def _mark_of(path: Path) -> str | None:
    """The comment in a recording that is there, None for any other file."""
    try:
        with av.open(str(path)) as container:
            return container.metadata.get("comment")
    except (OSError, ValueError):
        return None


def _encode(
    file: BinaryIO,
    site: FilmedSite,
    camera: int,
    mark: str,
    sightings: list[Sighting],
    tell: Callable[[int], None] | None,
) -> None:
    config = site.config
    created = datetime.fromtimestamp(math.floor(stated_start(site, camera)), UTC)
    with av.open(file, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        container.metadata["creation_time"] = created.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
        container.metadata["comment"] = mark
        stream = container.add_stream("libx264", rate=config.rate)
        stream.width, stream.height = config.size
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, TICKS * config.rate)
        stream.codec_context.gop_size = max(round(KEY_FRAMES * config.rate), 1)
        stream.codec_context.thread_count = 1  # the same bytes on every machine
        # With weighted or B frames libx264 gives other bytes each time.
        stream.options = {"preset": "veryfast", "crf": "24", "weightp": "0", "bf": "0"}
        noise = SensorNoise(config.seed, camera, site.cameras[camera].camera.noise, config.size)
        for frame in film(site, camera):
            sightings += frame.sightings
            encoded = noise.added(frame.picture)
            encoded.pts = (frame.number - 1) * TICKS
            encoded.time_base = stream.codec_context.time_base
            container.mux(stream.encode(encoded))
            if tell is not None and (frame.number % config.rate == 0 or frame.number == config.frames):
                tell(frame.number)
        container.mux(stream.encode())


class SensorNoise:
    """Grain on the brightness of a frame, another one each time, from a stock that is shifted about."""

    def __init__(self, seed: int, camera: int, strength: float, size: tuple[int, int]) -> None:
        self._generator = np.random.default_rng((seed, SENSOR, camera))
        grain = np.random.default_rng(0).standard_normal((size[1] + 64, size[0] + 64), np.float32)
        self._grain: NDArray[np.int16] = np.rint(0.7 * strength * grain).astype(np.int16)
        self._size = size

    def added(self, picture: Picture) -> av.VideoFrame:
        """The frame in yuv420p with noise."""
        width, height = self._size
        planes = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format="yuv420p").to_ndarray()
        down, across = self._generator.integers(64, size=2)
        bright = planes[:height] + self._grain[down : down + height, across : across + width]
        planes[:height] = np.minimum(np.maximum(bright, 16), 235)
        return av.VideoFrame.from_ndarray(planes, "yuv420p")
