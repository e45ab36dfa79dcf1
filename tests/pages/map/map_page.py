"""The Map page in a test: what it shows, and how it is used."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

from reid_core.projection.layout import Layout
from reid_core.workspace.maps.files import CropMap, map_file, write_map_file
from reid_core.workspace.maps.making import make_maps, read_map
from reid_core.workspace.workspace import Workspace
from tests.conftest import TINY_GALLERY


def model_of(workspace: Workspace) -> str:
    return workspace.catalogue.gallery(TINY_GALLERY).models[0][0]


def mapped(workspace: Workspace) -> CropMap:
    """A stored map as `reid map` leaves it; its points are principal components, which need no compiling."""
    model = model_of(workspace)
    make_maps(workspace, TINY_GALLERY, model, [Layout("pca")])
    pca = read_map(workspace, TINY_GALLERY, model, "pca-2d")
    made = dataclasses.replace(pca, info=dataclasses.replace(pca.info, layout=Layout()))
    write_map_file(map_file(workspace.path, TINY_GALLERY, model, Layout().name), made)
    return read_map(workspace, TINY_GALLERY, model, Layout().name)


def words_on(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))


def data_of(page: AppTest, key: str = "map-points") -> dict[str, Any]:
    """What a component was given to draw."""
    for element in page.get("bidi_component"):
        if element.proto.id.endswith(f"-{key}"):
            data: dict[str, Any] = json.loads(element.proto.json)
            return data
    return {}


def around(points: np.ndarray, rows: list[int]) -> list[list[float]]:
    """A box that holds these points of the map, and nobody knows which others."""
    low, high = points[rows].min(axis=0) - 1e-3, points[rows].max(axis=0) + 1e-3
    return [[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]]


def draw(page: AppTest, corners: list[list[float]] | None, edit: int = 1, **more: Any) -> AppTest:
    """Draw around these corners, as the browser tells it."""
    told = {"edit": edit, "corners": corners, "view": None, "by": "identity", "isolated": [], **more}
    page.session_state["map-points"] = {"drawn": told}
    return page.run()


def select(page: AppTest, made: CropMap, ids: list[int]) -> AppTest:
    """Lasso exactly these crops, each in a small box of its own, joined by lines of no width."""
    rows = [int(np.flatnonzero(made.ids == crop)[0]) for crop in ids]
    corners = []
    for row in rows:
        x, y = (float(value) for value in made.points[row])
        box = [[x + across, y + up] for across, up in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
        corners += [[-99.0, -99.0], *[[x + (px - x) * 1e-4, y + (py - y) * 1e-4] for px, py in box]]
    return draw(page, corners)


def press(page: AppTest, key: str) -> AppTest:
    return page.button(key=key).click().run()


def keys_of(page: AppTest) -> set[str]:
    return {button.key for button in page.button if button.key}


def field_of(page: AppTest, act: str) -> str:
    return next(
        element.proto.id.rpartition("-map-field-")[2] for element in page.get("bidi_component")
        if f"-map-field-{act}-" in element.proto.id
    )  # fmt: skip


def type_in(page: AppTest, act: str, text: str) -> AppTest:
    page.session_state[f"map-field-{field_of(page, act)}"] = {"typed": text}
    return page.run()


def labels_of(workspace: Workspace, *ids: int) -> list[str | None]:
    return list(workspace.catalogue.crops_of(list(ids))["identity"])


def see(page: AppTest, section: str) -> AppTest:
    group: Any = next(group for group in page.get("button_group") if group.key == "map-section")
    seen: AppTest = group.set_value(section).run()
    return seen
