"""What the map's routes send to the browser, and what the page reads of a map: each made once and kept a while.

Buffers are numbers as they lie in memory, little-endian: points as float32, colours as uint16.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pages.components.shared import cached, wording
from pages.components.widgets.gallery_grid.gallery_grid import thumbnail_url
from reid_core.errors import Damaged, NotThere
from reid_core.records import DISTRACTOR, JUNK, natural_order
from reid_core.workspace.maps.colours import COLOURS, Colouring, colour_by, map_labels
from reid_core.workspace.maps.files import CropMap, map_file
from reid_core.workspace.maps.making import Drift, drift, read_map
from reid_core.workspace.workspace import Workspace

NAME = re.compile(r"[\w][\w.-]{0,63}")
POINTS = "points"
MOST_LISTED = 2_000  # people among whom one is chosen from a list
SHOWN = 6  # nearest crops beside the one that is pointed at


def open_map(workspace: Workspace, gallery: str, model: str, layout: str) -> CropMap:
    """Raises ReidError when there is none, or it is damaged."""
    return _open(workspace, gallery, model, layout, map_version(workspace, gallery, model, layout))


def map_version(workspace: Workspace, gallery: str, model: str, layout: str) -> int:
    """Another number whenever the map's file is another; 0 where there is none."""
    try:
        return map_file(workspace.path, gallery, model, layout).stat().st_mtime_ns
    except OSError:
        return 0


def _key(workspace: Workspace, made: CropMap) -> tuple[Workspace, str, str, str, int]:
    """What tells the map from every other, and from itself before it was made anew."""
    info = made.info
    gallery, model, layout = info.gallery, info.model, info.layout.name
    return workspace, gallery, model, layout, map_version(workspace, gallery, model, layout)


@lru_cache(maxsize=4)
def _open(workspace: Workspace, gallery: str, model: str, layout: str, version: int) -> CropMap:
    return read_map(workspace, gallery, model, layout)


def labels_of(workspace: Workspace, made: CropMap, *names: str) -> pd.DataFrame:
    """What the catalogue says now of the map's crops; see `colours.map_labels`. Do not write to it."""
    key = _key(workspace, made)
    return pd.DataFrame({name: _column(*key, workspace.catalogue.version(), name) for name in names}, copy=False)


@lru_cache(maxsize=8)
def _column(
    workspace: Workspace, gallery: str, model: str, layout: str, version: int, catalogue: int, name: str
) -> pd.Series[Any]:
    return map_labels(workspace, _open(workspace, gallery, model, layout, version), (name,))[name]


def colours_of(workspace: Workspace, made: CropMap, by: str) -> Colouring:
    return _colours(*_key(workspace, made), workspace.catalogue.version(), by)


@lru_cache(maxsize=6)
def _colours(
    workspace: Workspace, gallery: str, model: str, layout: str, version: int, catalogue: int, by: str
) -> Colouring:
    made = _open(workspace, gallery, model, layout, version)
    return colour_by(made, labels_of(workspace, made, *(COLOURS[by].needs if by in COLOURS else ())), by)


def drift_of(workspace: Workspace, made: CropMap) -> Drift:
    return _drift(*_key(workspace, made), workspace.catalogue.version())


@lru_cache(maxsize=4)
def _drift(workspace: Workspace, gallery: str, model: str, layout: str, version: int, catalogue: int) -> Drift:
    return drift(workspace, _open(workspace, gallery, model, layout, version))


# --- for the routes ---


def buffer(gallery: str, model: str, layout: str, what: str) -> bytes | None:
    """The points, or the codes of a colouring; None where there is no such map."""
    made = _asked(gallery, model, layout)
    if made is None or (what != POINTS and what not in COLOURS):
        return None
    values: NDArray[Any] = made.points if what == POINTS else colours_of(cached.open_workspace(), made, what).codes
    return np.ascontiguousarray(values, "<f4" if what == POINTS else "<u2").tobytes()


def crop(gallery: str, model: str, layout: str, row: int) -> dict[str, Any] | None:
    """What is shown of the crop in that row and of its nearest; None where there is none."""
    made = _asked(gallery, model, layout)
    if made is None or not 0 <= row < len(made.ids):
        return None
    workspace = cached.open_workspace()
    near = [int(other) for other in made.neighbours[row][:SHOWN] if other != row]
    table = workspace.catalogue.crops_of([int(made.ids[place]) for place in (row, *near)])
    rows = {int(str(found["id"])): {str(k): v for k, v in found.items()} for found in table.to_dict("records")}
    own = rows.get(int(made.ids[row]))
    if own is None:
        return None
    neighbours = []
    for other, similarity in zip(made.neighbours[row], made.similarities[row], strict=True):
        about = rows.get(int(made.ids[other]))
        if int(other) in near and about is not None:
            same = None if None in (own["identity"], about["identity"]) else own["identity"] == about["identity"]
            neighbours.append({
                "row": int(other), "picture": thumbnail_url(about["sha256"]), "title": _title(about),
                "similarity": float(similarity), "same": same,
            })  # fmt: skip
    facts = [
        ("Person", wording.person_name(own["identity"]) or "unknown"),
        ("Camera", wording.camera_name(own["camera"]).removeprefix("camera ") or "unknown"),
    ]
    if shown := wording.shown_time(own["time"]):
        facts.append(("Time", shown))
    if made.placed[row]:
        facts.append(("On the map", "placed since it was made"))
    return {
        "id": int(made.ids[row]), "picture": thumbnail_url(own["sha256"]), "title": _title(own), "facts": facts,
        "neighbours": neighbours[:SHOWN],
    }  # fmt: skip


def _title(row: dict[str, Any]) -> str:
    about = (wording.person_name(row["identity"]), wording.camera_name(row["camera"]), wording.shown_time(row["time"]))
    return ", ".join(filter(None, about)) or f"crop {row['id']}"


def _asked(gallery: str, model: str, layout: str) -> CropMap | None:
    if not all(NAME.fullmatch(name) for name in (gallery, model, layout)):
        return None
    try:
        return open_map(cached.open_workspace(), gallery, model, layout)
    except (NotThere, Damaged):
        return None


def people_on(workspace: Workspace, made: CropMap) -> list[str]:
    """Everybody who has a crop on the map, in natural order; in plain order where there are more than a list holds."""
    return _people(*_key(workspace, made), workspace.catalogue.version())


@lru_cache(maxsize=4)
def _people(workspace: Workspace, gallery: str, model: str, layout: str, version: int, catalogue: int) -> list[str]:
    column = _column(workspace, gallery, model, layout, version, catalogue, "identity")
    known = set(column.dropna()) - {DISTRACTOR, JUNK}
    return natural_order(known) if len(known) <= MOST_LISTED else sorted(known)


def rows_of_people(workspace: Workspace, made: CropMap, people: Collection[str]) -> list[int]:
    found = labels_of(workspace, made, "identity")["identity"].isin(list(people)).to_numpy()
    return [int(row) for row in np.flatnonzero(found)]


def rows_of_crops(made: CropMap, ids: NDArray[np.int64]) -> list[int]:
    """Of those that are on the map."""
    places = np.minimum(np.searchsorted(made.ids, ids), len(made.ids) - 1)
    return [int(place) for place in places[made.ids[places] == ids]]


def folder_of(made: CropMap) -> str:
    info = made.info
    return f"/maps/{info.gallery}/{info.model}/{info.layout.name}"


def file_name(made: CropMap, ending: str) -> str:
    return f"{Path(made.info.gallery).name}-{made.info.layout.name}.{ending}"
