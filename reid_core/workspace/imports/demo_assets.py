"""What ships of the demo's recordings: what an analysis of them found, so that no computer has to do it again.

Three files in `assets/demo`, which `make demo-assets` makes: `recordings.json` (recordings, tracklets, boxes, and what
made them), `crops.zip` (the crops, and a still of each recording) and `vectors.safetensors` (a row for each crop, in
the order of the table). The videos themselves are drawn when they are wanted.
"""

from __future__ import annotations

import dataclasses
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reid_core.errors import Damaged
from reid_core.json_text import read_json
from reid_core.packaging.installed import APP
from reid_core.workspace.catalogue.recordings.rows import NewRecording, NewTracklet, Progress

RECORDINGS = "demo-recordings"  # their gallery: behind "demo" in every list, and what `reid recordings` shows
SHIPPED = APP / "assets" / "demo"
TABLE, CROPS, VECTORS = "recordings.json", "crops.zip", "vectors.safetensors"
OF_RECORDING = tuple(  # the rest is not known before the video is drawn
    one.name for one in dataclasses.fields(NewRecording) if one.name not in ("path", "sha256", "copied", "clock_offset")
)
OF_TRACKLET = tuple(one.name for one in dataclasses.fields(NewTracklet))


@dataclass(frozen=True)
class ShippedCrop:
    """A crop of a tracklet: its path, its second of the recording, and left, top, width and height in the frame."""

    path: str
    tracklet: str
    moment: float
    box: tuple[float, float, float, float]
    jpeg: bytes


@dataclass(frozen=True, eq=False)
class ShippedRecording:
    """A recording as it was analysed to its end, with (N, D) vectors of its N crops. `new.path` is the file's name."""

    new: NewRecording
    progress: Progress
    tracklets: tuple[NewTracklet, ...]
    crops: tuple[ShippedCrop, ...]
    vectors: NDArray[np.float32]
    still: bytes
    still_moment: float


@dataclass(frozen=True, eq=False)
class ShippedDemo:
    """All that ships. `model` and `detector` are ids, `film` is the configuration of what was filmed, as plain values;
    `date` and `command` say when and how it was made."""

    recordings: tuple[ShippedRecording, ...]
    model: str
    detector: str
    film: dict[str, Any]
    date: str
    command: str


def read_shipped(folder: Path = SHIPPED) -> ShippedDemo:
    """Raises ReidError when a file is missing or damaged."""
    try:
        return _read(folder)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise Damaged(
            f"The recordings of the demo in {folder} cannot be read ({error}). Install Retrace again, or run "
            "`make demo-assets` in a checkout."
        ) from error


def _read(folder: Path) -> ShippedDemo:
    from safetensors.numpy import load

    whole = read_json((folder / TABLE).read_bytes())
    rows = load((folder / VECTORS).read_bytes())["vectors"].astype(np.float32)
    recordings, first = [], 0
    with zipfile.ZipFile(folder / CROPS) as pictures:
        for told in whole["recordings"]:
            crops = [
                ShippedCrop(one["path"], walk["name"], one["moment"], tuple(one["box"]), pictures.read(one["path"]))
                for walk in told["tracklets"]
                for one in walk["crops"]
            ]
            vectors = rows[first : first + len(crops)]
            first += len(crops)
            recordings.append(_recording(told, tuple(crops), vectors, pictures.read(told["still"])))
    if first != len(rows):
        raise ValueError(f"{len(rows)} vectors for {first} crops")
    film = {name: tuple(value) if isinstance(value, list) else value for name, value in whole["film"].items()}
    return ShippedDemo(
        tuple(recordings), whole["model"]["id"], whole["detector"]["id"], film, whole["date"], whole["command"]
    )  # fmt: skip


def _recording(
    told: dict[str, Any], crops: tuple[ShippedCrop, ...], vectors: NDArray[np.float32], still: bytes
) -> ShippedRecording:
    return ShippedRecording(
        new=NewRecording(path=told["file"], **{name: told[name] for name in OF_RECORDING}),
        progress=Progress(analysed=told["analysed"], frames=told["frames"], problems=told["problems"], after=0),
        tracklets=tuple(_tracklet(walk) for walk in told["tracklets"]), crops=crops, vectors=vectors, still=still,
        still_moment=told["still_moment"],
    )  # fmt: skip


def _tracklet(told: dict[str, Any]) -> NewTracklet:
    given = {name: told[name] for name in OF_TRACKLET}
    points = {name: tuple(given[name]) for name in ("entry", "exit")}
    return NewTracklet(**{**given, **points, "path": np.array(given["path"], np.float32)})
