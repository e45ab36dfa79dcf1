"""The left side of the Search page: the photos that are searched for, and the ways that they come in."""

from __future__ import annotations

import dataclasses
from typing import Any

import streamlit as st

from pages.components.search import query_photos
from pages.components.search.blind import is_blind
from pages.components.search.scenes.arrivals import edit, stage_next, take_arrived, take_cut, take_uploads
from pages.components.search.state import ADD_PHOTOS, LEAVE_OUT, STAGE, TAKEN_BY, TRAY, Chosen, Desk, Staged, desk
from pages.components.shared import cached, markup, wording
from pages.components.widgets.events.events import done, new_events
from pages.components.widgets.gallery_grid.gallery_grid import card_of, gallery_grid, rows_of
from pages.components.widgets.photo_stage.photo_stage import cut_of, turn_of
from pages.components.widgets.photo_tray.photo_tray import photo_tray
from reid_core.images import IMAGE_SUFFIXES, MAX_FILE_BYTES, BadImage
from reid_core.records import plural
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.galleries.browsing import some_people
from reid_core.workspace.imports.demo import GALLERY as DEMO
from reid_core.workspace.workspace import Workspace

# Of the last five some cannot be read; then the page says why, and what to do.
PICTURES = [*sorted(suffix[1:] for suffix in IMAGE_SUFFIXES), "heic", "heif", "avif", "gif", "jp2"]
EXAMPLES = 6
WORDS = {
    "small": "Only {height} pixels high", "blurred": "Blurred", "dark": "Dark", "overexposed": "Overexposed",
    "washed out": "Without contrast", "odd shape": "Not the shape of a person",
}  # fmt: skip
state = st.session_state


def take_up() -> None:
    """Do what was asked for in the tray and on the stage since the last run."""
    table = desk()
    for event in [*new_events(TRAY, table.taken), *new_events(STAGE, table.taken)]:
        try:
            _do(event, table)
        except BadImage as error:
            table.trouble = f"The photo was not cropped: {error}."
        done(event, table.taken)


def _do(event: dict[str, Any], table: Desk) -> None:
    what, number = event["what"], int(event.get("id", 0))
    photo = next((photo for photo in query_photos.photos() if photo.number == number), None)
    if what == "changed":
        query_photos.change_role(number, event["role"])
    elif what == "only":
        query_photos.search_only(number)
    elif what == "edited" and photo is not None:
        edit(photo)
    elif what == "whole" and photo is not None:
        query_photos.put(number, [query_photos.whole_of(photo)])
    elif what == "removed":
        query_photos.put(number, [])
    elif table.staged is not None:
        _do_on_stage(event, table, table.staged)


def _do_on_stage(event: dict[str, Any], table: Desk, staged: Staged) -> None:
    if event.get("staging", staged.photo.number) != staged.photo.number:
        return  # a key that was pressed before the next photo was shown
    if event["what"] == "turned":
        table.staged = dataclasses.replace(staged, turn=turn_of(event))
    elif event["what"] == "cancelled":
        stage_next(joins=staged.joins)
    elif event["what"] == "done":
        take_cut(staged, cut_of(event))


def draw_photos(workspace: Workspace, gallery: GalleryInfo) -> tuple[str | None, bool]:
    """The left side; returns the camera that the user states, and whether its own camera's hits are wanted."""
    with st.container(key="photo"):
        take_arrived(workspace)
        camera, same_camera, chosen, table = None, False, query_photos.photos(), desk()
        query_photos.keep_addresses()
        if not chosen and table.confirmed_alone is not None:
            markup.text('<p class="rt-text">Searching with the crops that are confirmed in the case, not a photo.</p>')
            st.button("Choose another person", on_click=query_photos.take, args=((),), width="stretch", key="browse")
        elif not chosen:
            markup.heading("Who are you looking for?")
            markup.text(
                '<p class="rt-text">Drop or paste a photo, or several of one person. They stay on this machine.</p>'
            )
        with st.container(key=f"tray-of-{min(len(chosen), 4)}"):
            photo_tray([_shown(photo, len(chosen)) for photo in chosen], key=TRAY, taken=table.taken)
        if chosen:
            camera, same_camera = draw_camera(workspace, gallery)
            st.button("Choose another person", on_click=query_photos.take, args=((),), width="stretch", key="browse")
        if table.trouble:
            markup.problem("This did not work", table.trouble)
    with st.container(key="another" if chosen else "first"):
        if chosen and gallery.name == DEMO:
            draw_examples(workspace, gallery, chosen)
        with st.container(key="upload-place"):
            st.file_uploader(
                "More photos" if chosen else "Photos", PICTURES, key=f"upload-{table.uploads}",
                accept_multiple_files=True, on_change=take_uploads, label_visibility="collapsed",
                max_upload_size=MAX_FILE_BYTES // 2**20,
            )  # fmt: skip
        if chosen:
            st.toggle("Add to these photos", key=ADD_PHOTOS, persist_state="session",
                      help="What is dropped, pasted or uploaded next shows the same person; otherwise it starts a new "
                      "search.")  # fmt: skip
    return camera, same_camera


def _shown(photo: Chosen, count: int) -> dict[str, Any]:
    facts = f"{photo.width} × {photo.height} px"
    if photo.crop is not None or photo.camera is not None:
        facts += f" · {wording.camera_name(photo.camera)}"
    lines = [photo.name.rpartition("/")[2], facts, wording.shown_time(photo.time), photo.said]
    return {
        "id": photo.number, "name": lines[0], "picture": photo.picture, "role": photo.role,
        "lines": [line for line in lines if line], "hint": _hint(photo, count),
        "whole": photo.cut_by is not None and bool(photo.cut_by.boxes),
    }  # fmt: skip


def _hint(photo: Chosen, count: int) -> str:
    """What is wrong with the photo: it is searched for all the same."""
    if photo.is_scene:
        return "This looks like a whole scene: everything in it is compared. Crop it to one person."
    if not photo.flaws:
        return ""
    words = ", ".join(WORDS[flaw].format(height=photo.height) for flaw in photo.flaws)
    return f"{words[0]}{words[1:].lower()}." + (" Little can be told from it." if count == 1 else "")


def draw_camera(workspace: Workspace, gallery: GalleryInfo) -> tuple[str | None, bool]:
    owns = [
        (photo, workspace.catalogue.find_picture(gallery.name, bytes.fromhex(photo.sha256)))
        for photo in query_photos.photos()
        if photo.role == "positive"
    ]
    found = [(photo, own.iloc[0]) for photo, own in owns if len(own)]
    known = [row["camera"] for _, row in found if row["camera"] is not None]
    if len(found) == 1:
        markup.text(
            '<p class="rt-small">The photo is crop {crop}{camera}. It is left out of the hits.</p>',
            crop=found[0][1]["id"],
            camera=(" of " if known else ", ") + wording.camera_name(found[0][1]["camera"]),
        )
    elif found:
        markup.text(
            '<p class="rt-small">{count} of these photos are crops of {gallery}. They are left out of the hits.</p>',
            count=len(found), gallery=gallery.name,
        )  # fmt: skip
    cameras = cached.gallery_facts(workspace, gallery).cameras
    stated = None
    if not known and cameras:
        before = next((photo.camera for photo, _ in owns if photo.camera in cameras), None)
        table = desk()
        if table.forget_camera or state.get(TAKEN_BY) not in cameras:
            state[TAKEN_BY] = before
        table.forget_camera = False
        stated = st.selectbox(
            "Taken by", cameras, index=None, placeholder="Not known", format_func=wording.camera_name,
            key=TAKEN_BY, help="Hits of the photo's own camera say little, and can be left out.",
        )  # fmt: skip
        known = [stated] if stated else []
    if not known:
        return None, False
    names = list(dict.fromkeys(known))
    if set(cameras) <= set(names):  # with their cameras left out, nothing would be left
        why = "Every camera of this gallery took one of them" if len(cameras) > 1 else "This gallery has one camera"
        markup.text('<p class="rt-small">{why}, so none is left out.</p>', why=why)
        return stated, True
    label = wording.camera_name(names[0]) if len(names) == 1 else plural(len(names), "camera") + " of these photos"
    left_out = st.toggle(f"Leave out {label}", value=True, key=LEAVE_OUT, persist_state="session")
    return stated, not left_out


def draw_examples(workspace: Workspace, gallery: GalleryInfo, chosen: tuple[Chosen, ...]) -> None:
    people = workspace.catalogue.crops_of(some_people(workspace.catalogue, gallery.name, EXAMPLES))
    markup.text('<p class="rt-label">Try another person</p>')
    shown = {photo.crop for photo in chosen}
    rows = [{**row, "identity": None} if is_blind() else row for row in rows_of(people)]  # one may be a hit
    cards = [{**card_of(row), "current": row["id"] in shown} for row in rows]
    crop = gallery_grid(cards, kind="strip", label="Examples", key="examples")
    if crop is not None and shown != {crop}:
        query_photos.take_crop(workspace, crop)
        st.rerun()
