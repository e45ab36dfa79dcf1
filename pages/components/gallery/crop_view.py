"""One crop, large, with all that is known of it, and its labels to be put right in place."""

from __future__ import annotations

import hashlib
import html
import math
from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st

from pages.components.gallery.activation import PICTURE, choose_look, draw_look
from pages.components.gallery.deletion_dialog import ask_deletion
from pages.components.gallery.label_bar import apply, hold, identities
from pages.components.gallery.state import Ids, gallery_state
from pages.components.shared import cached, markup, pictures, wording
from pages.components.widgets.gallery_grid.gallery_grid import card_of, gallery_grid, rows_of, thumbnail_url
from pages.components.widgets.label_field.label_field import label_field, typed
from pages.components.widgets.player.player import is_filmed, player
from reid_core.errors import ReidError
from reid_core.images import BadImage
from reid_core.quality import flaws
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion import deletion, holds
from reid_core.workspace.galleries import browsing
from reid_core.workspace.galleries.editing import Column
from reid_core.workspace.galleries.withheld import withheld
from reid_core.workspace.workspace import Workspace

ALIKE = 6  # look-alikes that are shown
HIGH = 490  # pixels, kept free for the picture; room.css says it for each window
FACT = 35.3  # pixels of a fact on one line, kept free until they are drawn


def close() -> None:
    now = gallery_state()
    now.open, now.trouble, now.fix = None, "", None


def open_crop(crop: int) -> None:
    close()
    gallery_state().open = crop


def draw_crop(workspace: Workspace, gallery: GalleryInfo, view: Ids) -> None:
    """The dialog, while a crop is looked at; `view` are the crops that Previous and Next walk through."""
    if gallery_state().open is not None:
        _dialog(workspace, gallery, view)


@st.dialog("Crop", width="large", on_dismiss=close)
def _dialog(workspace: Workspace, gallery: GalleryInfo, view: Ids) -> None:
    now = gallery_state()
    crop, was_stale, now.is_stale = now.open, now.is_stale, False
    if crop is None or was_stale:
        st.rerun()  # the page below shows the new labels
    _steps(crop, view)
    try:
        table = workspace.catalogue.crops_of([crop])
        if table.empty:
            markup.note("This crop is gone", "It was deleted while the page was open. Step on, or close this view.")
            return
        _draw(workspace, gallery, rows_of(table)[0])
    except ReidError as error:
        markup.problem("This crop cannot be shown", str(error))


def _steps(crop: int, view: Ids) -> None:
    places = np.flatnonzero(view == crop)
    place = int(places[0]) if len(places) else -1
    with st.container(horizontal=True, vertical_alignment="center", key="gal-steps"):
        before = None if place <= 0 else int(view[place - 1])
        after = None if place < 0 or place + 1 >= len(view) else int(view[place + 1])
        st.button(
            "Previous", on_click=open_crop, args=(before,), disabled=before is None, shortcut="Left", key="gal-previous"
        )
        st.button("Next", on_click=open_crop, args=(after,), disabled=after is None, shortcut="Right", key="gal-next")
        where = f"{place + 1:,} of {len(view):,}" if place >= 0 else "not in this view"
        markup.text('<p class="rt-small">Crop <b>{crop}</b> · {where}</p>', crop=crop, where=where)


def _draw(workspace: Workspace, gallery: GalleryInfo, row: dict[str, object]) -> None:
    crop = int(str(row["id"]))
    held = deletion.plan(workspace, gallery.name, Selection(ids=frozenset({crop}))).holds
    if is_filmed(row):
        player(crop, key="gal-film")
    picture, about = st.columns([11, 9], gap="medium")
    with picture:
        look = choose_look(workspace, gallery)
        if look == PICTURE:
            _draw_picture(row)
        else:
            draw_look(workspace, gallery, row, look)
        _draw_alike(workspace, gallery, crop)
    with about:
        if st.button("Search for this person", type="primary", key="gal-search", width="stretch"):
            close()
            st.switch_page("pages/search.py", query_params={"gallery": gallery.name, "crop": str(crop)})
        _draw_facts(workspace, row, held)
        with st.container(horizontal=True, key="gal-crop-actions"):
            _opener("labels", "Correct labels…")
            _opener("hold", "Hold…")
            if st.button("Delete…", key="gal-crop-delete"):
                close()
                ask_deletion(np.array([crop], np.int64))
                st.rerun()
        now = gallery_state()
        if now.fix == "labels":
            _draw_labels(workspace, gallery, row)
        elif now.fix == "hold":
            _draw_hold(workspace, gallery, crop)
        if now.trouble:
            markup.problem("Nothing was changed", now.trouble)


def _opener(action: str, label: str) -> None:
    def toggle() -> None:
        now = gallery_state()
        now.trouble = ""
        now.fix = None if now.fix == action else action

    st.button(label, on_click=toggle, key=f"gal-fix-{action}-open")


def _draw_picture(row: dict[str, object]) -> None:
    trouble = ""
    try:
        data = cached.read_picture(str(row["source"]), str(row["path"]))
        picture = pictures.preview(data)
        if hashlib.sha256(data).hexdigest() != row["sha256"]:
            trouble = "This picture has changed since it was imported: its SHA-256 is another one. Its vector and its "
            trouble += "thumbnail are those of the old picture."
    except BadImage as error:
        picture = thumbnail_url(str(row["sha256"]))
        trouble = f"Only its small thumbnail is left: {error}."
    with st.container(key="room-crop", height=HIGH, border=False):
        markup.text(
            '<figure class="rt-figure rt-crop"><div class="frame"><img src="{picture}" alt="{name}"></div></figure>',
            picture=picture,
            name=f"Crop {row['id']}",
        )
    if trouble:
        markup.text('<div class="rt-hint">{trouble}</div>', trouble=trouble)


def _draw_alike(workspace: Workspace, gallery: GalleryInfo, crop: int) -> None:
    others = browsing.same_looks(workspace.catalogue, gallery.name, [crop])[crop]
    if not others:
        return
    more = f" ({len(others)})" if len(others) > ALIKE else ""
    markup.text('<p class="rt-label">Looks the same{more}</p>', more=more)
    cards = [card_of(row) for row in rows_of(workspace.catalogue.crops_of(others[:ALIKE]))]
    opened = gallery_grid(cards, kind="strip", label="Crops that look the same", key="gal-alike")
    if opened is not None and opened != crop:
        open_crop(opened)
        st.rerun(scope="fragment")


def _draw_facts(workspace: Workspace, row: dict[str, object], held: tuple[str, ...]) -> None:
    if held:
        markup.text('<p class="rt-held"><b>Held</b> by {names}: no deletion takes it.</p>', names=", ".join(held))
    source = Path(str(row["source"]))
    own = source.is_relative_to(workspace.path)
    width, height, sharpness, brightness, contrast = (
        float(str(row[name])) for name in ("width", "height", "sharpness", "brightness", "contrast")
    )
    wrong = flaws(int(width), int(height), sharpness, brightness, contrast)
    seconds = float(str(row["time"]))
    facts = {
        "Identity": row["identity"] or "unknown",
        "Camera": row["camera"] or "unknown",
        "Time": wording.shown_time(seconds) or "unknown",
        "Recording": _place_in_recording(row) if is_filmed(row) else None,
        "Tracklet": row["tracklet"],
        "Split": row["split"],
        "Training": "kept out" if withheld(workspace.catalogue, [int(str(row["id"]))]) else None,
        "Size": f"{width:.0f} × {height:.0f} px",
        "Quality": ", ".join(wrong) or ("not measured" if math.isnan(sharpness) else "nothing found wrong"),
        "Sharpness": None if math.isnan(sharpness) else f"{sharpness:.2f}",
        "Brightness": None if math.isnan(brightness) else f"{brightness:.0%}, range {contrast:.0%}",
        "File": row["path"],
        "Source": "kept in this workspace" if own else f"{source}, where it was imported from",
        "Crop": row["id"],
    }
    rows = [
        f"<tr><th scope='row'>{name}</th><td>{html.escape(str(value))}</td></tr>"
        for name, value in facts.items()
        if value is not None
    ]
    with st.container(key="room-facts", height=round(FACT * len(rows)), border=False):
        st.html(f'<table class="rt-facts">{"".join(rows)}</table>')


def _place_in_recording(row: dict[str, object]) -> str:
    into = wording.shown_time(float(str(row["moment"])))
    return f"{row['recording']}, {into} into it" if into else str(row["recording"])


# --- putting labels right ---


def _draw_labels(workspace: Workspace, gallery: GalleryInfo, row: dict[str, object]) -> None:
    crop = int(str(row["id"]))
    now = {
        "identity": str(row["identity"] or ""),
        "camera": str(row["camera"] or ""),
        "time": wording.shown_time(float(str(row["time"]))),
    }
    known = {
        "identity": identities(workspace, gallery.name),
        "camera": cached.gallery_facts(workspace, gallery).cameras,
        "time": [],
    }
    save = partial(_save_labels, workspace, gallery.name, crop, now)
    with st.container(key="gal-fix-form", gap="small"):
        for column, value in now.items():
            with st.container(horizontal=True, vertical_alignment="center", key=f"gal-fix-row-{column}"):
                markup.text('<p class="rt-small rt-field">{name}</p>', name=column.capitalize())
                key = f"gal-fix-{column}-{crop}"
                label_field(
                    column.capitalize(), known[column], key=key, placeholder="unknown", value=value, on_enter=save
                )
        st.button("Save", type="primary", key="gal-fix-save", on_click=save)


def _save_labels(workspace: Workspace, gallery: str, crop: int, before: dict[str, str]) -> None:
    """One change for each label that was touched; an empty one becomes unknown."""
    now = gallery_state()
    now.trouble = ""
    of_crop = Selection(ids=frozenset({crop}))
    columns: tuple[Column, ...] = ("identity", "camera", "time")
    for column in columns:
        wanted = typed(f"gal-fix-{column}-{crop}", before[column])
        if wanted != before[column] and not apply(workspace, gallery, of_crop, column, wanted, needed=None):
            return
    now.fix, now.is_stale = None, True


def _draw_hold(workspace: Workspace, gallery: GalleryInfo, crop: int) -> None:
    def keep() -> None:
        if hold(workspace, gallery.name, np.array([crop], np.int64), typed(f"gal-fix-hold-{crop}")):
            now = gallery_state()
            now.fix, now.said = None, ""  # the note in this view says it

    with st.container(horizontal=True, vertical_alignment="center", key="gal-form"):
        names = list(holds.holds(workspace))
        label_field("Hold", names, key=f"gal-fix-hold-{crop}", placeholder="A name, such as case-17", on_enter=keep)
        st.button("Hold this crop", type="primary", key="gal-fix-hold-save", on_click=keep)
