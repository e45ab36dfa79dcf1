"""Galleries that lack something: cameras, times, labels, or all but one of them. What every command must cope with."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from reid_core.datasets import read_dataset
from reid_core.embedder.inference import Embedder
from reid_core.signals import StopRequest
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.search.embedding import embed_gallery
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, TINY_FIRST_TIME, TINY_MODEL, png_bytes, tiny_picture

PEOPLE, CAMERAS, EACH = 12, ("door", "hall"), 2
LACKING = (
    "no-cameras",
    "no-times",
    "no-labels",
    "nothing-known",
    "some-cameras",
    "one-camera",
    "one-person",
    "one-crop",
)


def whole() -> pd.DataFrame:
    """Twelve people, eight of them to train on, two crops of each in two cameras, all of known time."""
    rows = [(person, camera, number) for person in range(PEOPLE) for camera in CAMERAS for number in range(EACH)]
    table = pd.DataFrame(rows, columns=["person", "camera", "number"])
    table["path"] = [f"{person}-{camera}-{number}.png" for person, camera, number in rows]
    table["identity"] = [f"p{person}" for person in table["person"]]
    table["tracklet"] = [f"{person}-{camera}" for person, camera, _ in rows]
    table["time"] = TINY_FIRST_TIME + 10 * table.index.to_numpy()
    tested = table["number"].map({0: "query", 1: "gallery"})
    table["split"] = tested.where(table["person"] >= PEOPLE * 2 // 3, "train")
    return table


def lacking(name: str) -> pd.DataFrame:
    """The table of that gallery."""
    table = whole()
    dropped = {
        "no-cameras": ["camera"],
        "no-times": ["time"],
        "no-labels": ["identity", "split"],
        "nothing-known": ["camera", "time", "identity", "tracklet", "split"],
    }
    if name in dropped:
        return table.drop(columns=dropped[name])
    if name == "some-cameras":
        return table.assign(camera=table["camera"].where(table.index % 3 > 0))
    if name == "one-camera":
        return table.assign(camera="door", tracklet=None)
    if name == "one-person":
        return table[table["person"] == PEOPLE - 1]
    if name == "one-crop":
        return table.tail(1)
    raise ValueError(name)


def make_lacking(folder: Path, model: Path) -> Workspace:
    """A workspace in the folder with a gallery for each of `LACKING`, all embedded by the tiny model at that path."""
    workspace = Workspace(folder / "workspace", TESTER)
    shutil.copytree(model, workspace.models_folder / TINY_MODEL)
    embedder = Embedder(workspace.find_model(TINY_MODEL), "cpu")
    for place, name in enumerate(LACKING):
        pictures = folder / name
        pictures.mkdir()
        table = lacking(name)
        for path, person, number in zip(table["path"], table["person"], table.index, strict=True):
            (pictures / path).write_bytes(png_bytes(tiny_picture(100 * place + person, number)))
        table.drop(columns=["person", "number"]).to_csv(pictures / "crops.csv", index=False)
        import_dataset(workspace, read_dataset(pictures / "crops.csv"), name, stop=StopRequest())
        embed_gallery(workspace, name, embedder, stop=StopRequest())
    return workspace
