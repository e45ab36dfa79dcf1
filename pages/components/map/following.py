"""How a map keeps up with its gallery, how faithful it is, and how it was made."""

from __future__ import annotations

import streamlit as st

from pages.components.map import data
from pages.components.map.making import Wanted, describe, draw_form, newest_job, start
from pages.components.map.state import map_state
from pages.components.shared import markup
from reid_core.records import plural
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.maps.files import CropMap
from reid_core.workspace.maps.making import place_new
from reid_core.workspace.workspace import Workspace

AT_ONCE = 2_000  # new crops that are placed while one waits
LARGE = 200_000  # crops of a map to which nothing is added while one waits: all its vectors would have to be read


def follow_gallery(workspace: Workspace, made: CropMap, wanted: Wanted) -> CropMap:
    """Crops that came since are given a place while one waits, or are said to be missing; so are those that went."""
    info, found = made.info, data.drift_of(workspace, made)
    tried = (info.gallery, info.model, info.layout.name, found.new.tobytes())
    if 0 < len(found.new) <= AT_ONCE and len(made.ids) <= LARGE and map_state().not_placed != tried:
        with st.spinner(f"Placing {plural(len(found.new), 'new crop')}"):
            map_state().not_placed = tried
            if place_new(workspace, info.gallery, info.model, info.layout.name):
                return data.open_map(workspace, info.gallery, info.model, info.layout.name)
    elif len(found.new) and map_state().not_placed != tried:
        _say_stale(workspace, info.gallery, wanted, "new", f"{len(found.new):,} crops came since this map was made.")
    if found.gone:
        _say_stale(
            workspace, info.gallery, wanted, "gone",
            f"{plural(found.gone, 'crop')} of this map {'is' if found.gone == 1 else 'are'} not embedded by its model "
            "any more.",
        )  # fmt: skip
    return made


def _say_stale(workspace: Workspace, gallery: str, wanted: Wanted, why: str, sentence: str) -> None:
    job = newest_job(workspace, gallery)
    with st.container(horizontal=True, vertical_alignment="center", key=f"map-stale-{why}"):
        markup.text('<div class="rt-hint">{sentence}</div>', sentence=sentence)
        if job is None or job.progress.status != "running":
            st.button("Make it again", key=f"map-again-{why}", on_click=start, args=(workspace, gallery, wanted))


def draw_this_map(workspace: Workspace, gallery: GalleryInfo, made: CropMap, wanted: Wanted) -> None:
    """What it was made from and how, how far it is to be believed, and the form to make it again."""
    info, layout = made.info, made.info.layout
    shown = [
        ("Crops", f"{info.crops:,}" + (f", {info.placed:,} placed since" if info.placed else "")),
        ("Layout", describe(info)),
        ("Trustworthiness", f"{info.faithful.trustworthiness:.3f}"),
        ("True neighbours kept", f"{100 * info.faithful.kept:.0f} % of {info.faithful.k}"),
        ("Neighbours", "exact" if info.recall == 1 else f"{100 * info.recall:.1f} % of the true ones"),
        ("Made", f"{info.at.replace('T', ' ')[:16]} UTC, in {info.seconds:,.0f} s"),
    ]
    if layout.method == "umap":
        shown.append(("Seed", "none, fast" if layout.seed is None else f"{layout.seed}, repeatable"))
    markup.numbers(shown)
    if info.unusable:
        some = ", ".join(map(str, info.left_out))
        markup.text(
            '<div class="rt-hint">Left out, as their vectors are no numbers: {crops} ({some}{more}). Embed them '
            "anew.</div>",
            crops=plural(info.unusable, "crop"), some=some, more=" …" * (info.unusable > len(info.left_out)),
        )  # fmt: skip
    markup.text(
        '<p class="rt-text">Trustworthiness is 1 where nobody stands beside somebody who is no neighbour in truth; '
        "below about 0.85 look twice. A map has two or three dimensions and a vector has hundreds, so some neighbours "
        "are always torn apart. What is near on the map is a lead; what is far says little. Crops that were placed "
        "since the map was made lie amid their nearest and moved nothing; colour by New crops to see them.</p>"
    )
    draw_form(workspace, gallery.name, wanted, "Make it again" if wanted.fits(info) else "Make the map")
