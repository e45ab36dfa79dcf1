"""A map drawn by our own component: what it is given of the map's crops, and what people drew on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pages.components.map import data
from pages.components.shared import wording
from pages.components.widgets.point_map.point_map import point_map
from reid_core.errors import ReidError
from reid_core.projection.region import inside, on_screen
from reid_core.workspace.maps.colours import TRAINING, UNKNOWN, Colouring
from reid_core.workspace.maps.files import CropMap
from reid_core.workspace.workspace import Workspace

NAMED = 200  # groups whose names the legend is given
GREY = {UNKNOWN, "in none", "cannot be told", TRAINING[-1]}


@dataclass(frozen=True)
class Region:
    """What somebody drew, by the number of the drawing: corners (M, 2), the view (2, 3) of a map of three dimensions,
    and the groups that were isolated while it was drawn, codes of the colouring `by`. No corners: it was let go."""

    edit: int
    corners: list[list[float]] | None
    view: list[list[float]] | None
    by: str
    isolated: tuple[int, ...]


@dataclass(frozen=True)
class Said:
    """What happened on the map in this very run: a region drawn, a crop to open or to search from, or no WebGL2."""

    region: Region | None
    opened: int | None
    asked: int | None
    works: bool


@dataclass(frozen=True)
class Lines:
    """A query and what was found for it: its `row`, or its `place` (2 or 3) where it is on no row, and of each hit the
    row, the similarity, and whether it is of the same person (None: unknown)."""

    row: int | None
    place: tuple[float, ...] | None
    hits: tuple[tuple[int, float, bool | None], ...]


def draw_point_map(
    workspace: Workspace,
    made: CropMap,
    by: str,
    title: str,
    *,
    key: str,
    marks: Sequence[int] = (),
    lines: Lines | None = None,
    follow: bool = False,
    edit: int = 0,
    region: Region | None = None,
) -> Said:
    """Draw the map coloured `by`. `marks` are rows to ring; with `follow` the map goes to them and to the lines when
    they are others than before. `edit` is the last drawing taken up, `region` what was drawn while that is selected."""
    found, info = data.colours_of(workspace, made, by), made.info
    told = point_map(
        base=data.folder_of(made),
        version=str(data.map_version(workspace, info.gallery, info.model, info.layout.name)),
        count=len(made.ids),
        dimensions=made.points.shape[1],
        colour={"by": by, "title": title, "version": workspace.catalogue.version(), **_legend(found, by)},
        marks=marks,
        lines=None if lines is None else _lines(lines),
        follow=follow,
        edit=edit,
        region=None if region is None or region.corners is None else _kept(region),
        file=data.file_name(made, "png"),
        key=key,
    )
    return Said(_region(told.drawn), told.opened, told.asked, told.works)


def _lines(lines: Lines) -> dict[str, Any]:
    to = [{"row": row, "similarity": similarity, "same": same} for row, similarity, same in lines.hits]
    return {"row": lines.row, "place": lines.place, "to": to}


def _kept(region: Region) -> dict[str, Any]:
    across, down = region.view or ([1, 0, 0], [0, 1, 0])
    return {
        "corners": region.corners, "across": across, "down": down, "by": region.by, "isolated": list(region.isolated),
    }  # fmt: skip


def _legend(found: Colouring, by: str) -> dict[str, Any]:
    ends = None
    if found.ends is not None:
        ends = [_end(by, value) for value in found.ends]
    return {
        "names": [_name(by, name) for name in found.names[:NAMED]],
        "counts": list(found.counts[:NAMED]),
        "total": len(found.names),
        "ends": ends,
        "greys": [code for code, name in enumerate(found.names) if name in GREY],
    }


def _name(by: str, name: str) -> str:
    if name in GREY:
        return name
    return {"identity": wording.person_name, "camera": wording.camera_name}.get(by, str)(name) or name


def _end(by: str, value: float) -> str:
    if not np.isfinite(value):
        return "unknown"
    return wording.shown_time(value) if by == "time" else f"{value:.2f}"


def _region(told: Mapping[str, Any] | None) -> Region | None:
    if told is None:
        return None
    corners = told.get("corners")
    return Region(
        int(told["edit"]), corners, told.get("view"), str(told.get("by", "")), tuple(map(int, told.get("isolated", ())))
    )  # fmt: skip


def rows_in(workspace: Workspace, made: CropMap, region: Region) -> NDArray[np.intp]:
    """Rows of the map's crops in the region. Raises ReidError for a region that is none."""
    if region.corners is None:
        return np.empty(0, np.intp)
    try:
        corners = np.array(region.corners, np.float64)
        view = None if region.view is None else np.array(region.view, np.float32)
    except (TypeError, ValueError) as error:
        raise ReidError("The region's corners are no pairs of numbers. Draw it again.") from error
    found = inside(on_screen(made.points, view), corners)
    if region.isolated:
        found &= np.isin(data.colours_of(workspace, made, region.by).codes, region.isolated)
    return np.flatnonzero(found)
