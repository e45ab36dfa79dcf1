"""The chosen gallery, which every page is about: chosen in a field, imported, or linked to (`?gallery=`), it stays.

A session that has chosen none yet, as a new tab of the browser, starts with the one that was used last.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from pages.components.shared import address, markup
from pages.components.shared.session import kept
from reid_core.errors import ReidError, shown
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.galleries.last_used import last_used, use
from reid_core.workspace.imports.demo import GALLERIES as DEMOS
from reid_core.workspace.workspace import Workspace

FIELD = "gallery"  # key of the field in which it is chosen
PART, KEYS = "gallery", ("gallery",)  # of addresses


@dataclass
class ChosenGallery:
    """`name` is None before the first page was drawn, and `by_default` as long as nobody has chosen it.

    `demo_alone`: the demo is shown because there was nothing else. `coming` is being imported, and is chosen as soon as
    it is there, unless another one is chosen before. `trouble` is said of the gallery `missing`, which is not there."""

    name: str | None = None
    by_default: bool = True
    demo_alone: bool = False
    coming: str | None = None
    trouble: str = ""
    missing: str | None = None


def chosen_gallery(
    workspace: Workspace, galleries: Sequence[GalleryInfo], page: str, *, in_address: bool = True
) -> GalleryInfo | None:
    """The gallery that the page is about, which its address may name; None where the workspace has none.

    With `in_address` the address names it from now on.
    """
    chosen, names = kept(ChosenGallery), {gallery.name: gallery for gallery in galleries}
    from_another_page = address.from_another(page)
    if from_another_page or chosen.missing in names:
        _say(chosen)
    wanted = (address.asked(PART, KEYS, from_another_page=from_another_page) or {}).get("gallery")
    if wanted in names:
        _choose(chosen, wanted)
    elif chosen.coming in names:
        _choose(chosen, chosen.coming)
    _fall_back(workspace, chosen, list(names.values()), wanted)
    if chosen.name is not None and not chosen.by_default:
        with suppress(OSError, ReidError):  # only the next visit would miss it
            use(workspace.path, chosen.name)
    address.say(PART, KEYS, {"gallery": chosen.name or ""} if in_address else {})
    return names.get(chosen.name or "")


def _choose(chosen: ChosenGallery, name: str | None) -> None:
    chosen.name, chosen.by_default, chosen.demo_alone, chosen.coming = name, False, False, None
    _say(chosen)


def _say(chosen: ChosenGallery, trouble: str = "", missing: str | None = None) -> None:
    chosen.trouble, chosen.missing = trouble, missing


def _fall_back(
    workspace: Workspace, chosen: ChosenGallery, galleries: Sequence[GalleryInfo], wanted: str | None
) -> None:
    """Take the gallery to start with where none that is there is chosen, and say so where one was asked for.

    What is shown stays, whatever other tabs and processes use; only the demo gives way to a gallery that came after it.
    """
    before, names = chosen.name, {gallery.name for gallery in galleries}
    if before not in names or (chosen.demo_alone and not names <= set(DEMOS)):
        chosen.name, chosen.by_default = _to_start_with(workspace, galleries), True
        chosen.demo_alone = names <= set(DEMOS)
    if chosen.name != before:
        _say(chosen)
    if chosen.name is None:
        return
    if wanted is not None and wanted not in names:
        _say(chosen, f"There is no gallery {shown(wanted)} in this workspace. This is {chosen.name}.", wanted)
    elif before is not None and before not in names:
        _say(chosen, f"Gallery {before} is gone. This is {chosen.name}.", before)


def _to_start_with(workspace: Workspace, galleries: Sequence[GalleryInfo]) -> str | None:
    """The one that was used last, else one that can be searched; the demo only when nothing else is there, its crops
    before its recordings."""
    last = last_used(workspace.path)
    if last in {gallery.name for gallery in galleries}:
        return last
    first = min(galleries, key=lambda gallery: (_place_of(gallery.name), not gallery.models), default=None)
    return None if first is None else first.name


def _place_of(gallery: str) -> int:
    """0 for a gallery of the user's; those of the demo come after it."""
    return DEMOS.index(gallery) + 1 if gallery in DEMOS else 0


def draw_gallery_field(
    galleries: Sequence[GalleryInfo], *, label: Literal["visible", "collapsed"] = "collapsed",
    width: int | Literal["stretch"] = 260,
) -> None:  # fmt: skip
    """The field in which another gallery is chosen, where there are several; below it what is said of one that is not
    there."""
    chosen = kept(ChosenGallery)
    if len(galleries) > 1:
        st.session_state[FIELD] = chosen.name
        names = [gallery.name for gallery in galleries]
        st.selectbox("Gallery", names, key=FIELD, label_visibility=label, width=width, on_change=_take_field)
    draw_trouble()


def draw_trouble() -> None:
    """What is said of a gallery that is not there, until another one is chosen or another page looked at."""
    if trouble := kept(ChosenGallery).trouble:
        markup.note("Another gallery", trouble)


def _take_field() -> None:
    turn_to(st.session_state[FIELD])


def turn_to(gallery: str) -> None:
    """Choose this gallery for all pages, and name it in the address. For callbacks, and before a page is drawn."""
    _choose(kept(ChosenGallery), gallery)
    address.say(PART, KEYS, {"gallery": gallery})


def turn_to_when_there(gallery: str | None) -> None:
    """Choose the gallery as soon as it is there: an import makes it. None where that came to nothing."""
    kept(ChosenGallery).coming = gallery
