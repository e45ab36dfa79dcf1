"""Where a photo and a hit agree, laid over their pictures: what the model's similarity comes from, not what tells a
person."""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np
from PIL import Image

from pages.components.search import query_photos
from pages.components.shared import cached
from pages.components.shared.heat import laid_over
from pages.components.shared.pictures import show_photo
from pages.components.widgets.compare_view.compare_view import Overlay
from reid_core.embedder.activation import Hidden, agreeing, hide_patches
from reid_core.errors import ReidError
from reid_core.images import BadImage, decode
from reid_core.workspace.workspace import ModelEntry, Workspace


def agreement(workspace: Workspace, model: ModelEntry, photo: str, crop: int) -> tuple[Overlay | None, str]:
    """The pictures of both with the agreement over them; else None, and why in a sentence."""
    try:
        pictures = _of_photo(workspace, photo), _of_crop(workspace, crop)
    except BadImage as error:
        return None, f"There is nothing to lay over it: {error}"
    there = [picture for picture in pictures if picture is not None]
    if len(there) < len(pictures):
        return None, "One of the two is gone."
    try:
        hidden = [_hidden(model, *picture) for picture in there]
    except ReidError as error:
        return None, str(error)
    heats = agreeing(hidden[0], hidden[1].whole), agreeing(hidden[1], hidden[0].whole)
    most = max(float(np.abs(heat).max()) for heat in heats)
    over = []
    for (picture, sha256), heat, (_, other) in zip(there, heats, reversed(there), strict=True):
        name = hashlib.sha256(f"{model.id} {sha256} {other}".encode()).hexdigest()
        over.append(show_photo(laid_over(picture, heat, most), name))
    return Overlay(photo, crop, over[0], over[1]), ""


def _of_photo(workspace: Workspace, photo: str) -> tuple[Image.Image, str] | None:
    """A picture with its hash, by the name that the comparison gives it: "photo 3" or "crop 17"."""
    kind, _, number = photo.partition(" ")
    if kind == "crop":
        return _of_crop(workspace, int(number))
    found = next((one for one in query_photos.photos() if str(one.number) == number), None)
    return None if found is None else (decode(found.data), found.sha256)


def _of_crop(workspace: Workspace, crop: int) -> tuple[Image.Image, str] | None:
    rows = workspace.catalogue.crops_of([crop])
    if rows.empty:
        return None
    row = rows.iloc[0]
    return decode(cached.read_picture(row["source"], row["path"])), str(row["sha256"])


@lru_cache(maxsize=32)
def _known(model: str, sha256: str) -> list[Hidden]:
    """What was found of a picture, once it was; the list is filled by `_hidden`."""
    return []


def _hidden(model: ModelEntry, picture: Image.Image, sha256: str) -> Hidden:
    known = _known(model.id, sha256)
    if not known:
        embedder = cached.embedder(model.id, model.folder)
        known.append(hide_patches(embedder.embed_pixels, embedder.prepare(picture)))
    return known[0]
