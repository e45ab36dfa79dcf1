"""The Gallery page: what a gallery holds, how it is brought in, mended and deleted."""

from __future__ import annotations

import streamlit as st

from pages.components.gallery import address as browse_address
from pages.components.gallery.browse import draw_browse
from pages.components.gallery.crop_view import close, open_crop
from pages.components.gallery.deletion_dialog import draw_deletion, forget_deletion
from pages.components.gallery.label_bar import draw_last_change
from pages.components.gallery.state import VIEW, gallery_state
from pages.components.recordings.state import KEYS as RECORDING_KEYS
from pages.components.recordings.state import PART as RECORDING_PART
from pages.components.recordings.state import opened_crop
from pages.components.shared import address, cached, markup, wording
from pages.components.shared.chosen_gallery import chosen_gallery, draw_gallery_field, draw_trouble
from pages.components.shared.embed_now import draw_embed_now
from reid_core.errors import ReidError
from reid_core.records import plural, whole_number
from reid_core.workspace import privacy
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion import deletion
from reid_core.workspace.models.order import best_first
from reid_core.workspace.workspace import Workspace

VIEWS = ("Browse", "Recordings", "Import", "Jobs", "History")
BROWSE, RECORDINGS = OF_A_GALLERY = VIEWS[:2]  # the others are of the whole workspace
VIEW_PART, VIEW_KEYS = "gallery-view", ("view",)  # of addresses
CROP_PART, CROP_KEYS = "gallery-crop", ("crop",)
state = st.session_state


def main() -> None:
    opened = cached.workspace_or_problem()
    if opened is None:
        return
    workspace, galleries = opened
    gallery = chosen_gallery(workspace, galleries, "gallery")
    from_another_page = address.from_another("gallery")
    views = views_of(workspace, gallery)
    if (crop := opened_crop()) is not None:
        state[VIEW] = BROWSE
        open_crop(crop)
    follow_view(views, from_another_page=from_another_page)
    with st.container(horizontal=True, vertical_alignment="center", key="gal-top"):
        draw_name(galleries, gallery)
        view = draw_view_switch(views)
    if (sentence := privacy.warning(workspace.path)) is not None:
        markup.text('<p class="rt-small">{sentence}</p>', sentence=sentence)
    try:
        draw_view(workspace, gallery, view, from_another_page=from_another_page)
        address.arrived("gallery")
    except ReidError as error:
        if gallery is not None and gallery.name not in {info.name for info in cached.galleries(workspace)}:
            markup.note("This gallery is gone", f"{gallery.name} was deleted while the page was open.")
            st.button("Go on", key="gal-go-on")
        else:
            markup.explain(error)


def draw_name(galleries: list[GalleryInfo], gallery: GalleryInfo | None) -> None:
    """The gallery that is browsed; or the view, where that is one of the whole workspace."""
    view = state.get(VIEW, VIEWS[0])
    if gallery is None:
        markup.heading("Welcome")
    elif view not in OF_A_GALLERY:
        markup.heading(view)
        draw_trouble()
    else:
        if len(galleries) == 1:
            markup.heading(gallery.name)
        draw_gallery_field(galleries)


def views_of(workspace: Workspace, gallery: GalleryInfo | None) -> tuple[str, ...]:
    """Recordings are shown where the gallery has some."""
    if gallery is None:
        return VIEWS[len(OF_A_GALLERY) :]
    from pages.components.recordings.known import has_recordings

    return tuple(view for view in VIEWS if view != RECORDINGS or has_recordings(workspace, gallery.name))


def follow_view(views: tuple[str, ...], *, from_another_page: bool) -> None:
    """The view that the address names, when it names another one than before."""
    asked = address.asked(VIEW_PART, VIEW_KEYS, from_another_page=from_another_page)
    if asked is not None and (view := asked.get("view", VIEWS[0]).capitalize()) in views:
        state[VIEW] = view
    if state.get(VIEW) not in views:
        state[VIEW] = "Import" if "import" in st.query_params else views[0]  # an import that was left is shown


def draw_view_switch(views: tuple[str, ...]) -> str:
    """The view, which the address names too: after a reload one is where one was."""
    view = st.segmented_control(
        "View", views, required=True, key=VIEW, label_visibility="collapsed", persist_state="session"
    )
    view = view or views[0]
    address.say(VIEW_PART, VIEW_KEYS, {"view": "" if view == VIEWS[0] else view.lower()})
    return view


def follow_crop(*, from_another_page: bool) -> None:
    """The crop that is looked at is in the address: a link to one opens it, and going back closes it."""
    asked = address.asked(CROP_PART, CROP_KEYS, from_another_page=from_another_page, back_at_once=True)
    if asked is not None and (number := whole_number(asked.get("crop"))) is not None:
        open_crop(number)
    elif asked is not None or (from_another_page and "crop" not in st.query_params):
        close()
    crop = gallery_state().open
    address.say(CROP_PART, CROP_KEYS, {"crop": "" if crop is None else str(crop)})


def draw_view(workspace: Workspace, gallery: GalleryInfo | None, view: str, *, from_another_page: bool) -> None:
    if view != RECORDINGS:
        address.say(RECORDING_PART, RECORDING_KEYS, {})
    if view == BROWSE and gallery is not None:
        if not gallery.crops:
            draw_empty(workspace, gallery)
            draw_deletion(workspace, gallery.name)  # of its last crops, the receipt is still to be shown
            return
        browse_address.follow(workspace, gallery, from_another_page=from_another_page)
        follow_crop(from_another_page=from_another_page)
        draw_numbers(workspace, gallery)
        if not gallery.models:
            markup.text('<p class="rt-small">To be searched, its crops must be embedded by a model first.</p>')
            draw_embed_now(workspace, gallery.name)
        draw_last_change(workspace, gallery.name)
        draw_browse(workspace, gallery)
        browse_address.say(workspace, gallery)
        return
    close()
    address.say(CROP_PART, CROP_KEYS, {})
    if view == RECORDINGS and gallery is not None:
        from pages.components.recordings.view import draw_recordings

        draw_recordings(workspace, gallery, from_another_page=from_another_page)
        return
    forget_deletion()
    if view == "Import":
        from pages.components.imports.wizard import draw_import

        if gallery is None:
            markup.text(
                '<p class="rt-text">This workspace has no gallery yet. Bring in recordings, or crops of people from '
                "a folder, a zip or a data set. They can be browsed, searched and put right here.</p>"
            )
        draw_import(workspace)
    elif view == "Jobs":
        from pages.components.jobs.job_list import draw_jobs

        draw_jobs(workspace)
    else:
        from pages.components.audit.history import draw_history

        draw_history(workspace)


def draw_numbers(workspace: Workspace, gallery: GalleryInfo) -> None:
    """The gallery in numbers, on one calm line."""
    facts = cached.gallery_facts(workspace, gallery)
    numbers = cached.gallery_numbers(workspace, gallery)
    shown = [
        ("Crops", f"{gallery.crops:,}"),
        ("People", f"{gallery.identities:,}"),
        ("Cameras", f"{gallery.cameras:,}"),
    ]
    if facts.times is not None:
        shown.append(("Time", time_span(*facts.times)))
    shown.append(("Embedded by", "; ".join(embedded_by(gallery)) or "no model yet"))
    shown.append(("Vectors and copies", wording.shown_bytes(numbers.vector_bytes + numbers.copied_bytes)))
    with st.container(key=f"gal-numbers-{len(shown)}"):
        markup.numbers(shown)


def embedded_by(gallery: GalleryInfo) -> list[str]:
    """Each model, with the crops that it has still to embed and those to which it gives no direction."""
    words = []
    names = {id: name for id, name, _ in gallery.models}
    for id in best_first(gallery):
        without, missing = gallery.without_direction.get(id, 0), gallery.to_embed(id)
        parts = [f"{missing:,} not"] * bool(missing) + [f"{without:,} without a usable vector"] * bool(without)
        words.append(", ".join([names[id], *parts]))
    return words


def time_span(first: float, last: float) -> str:
    begin, end = wording.shown_time(first), wording.shown_time(last)
    if wording.is_clock_time(first) and begin[:10] == end[:10]:
        return f"{begin[:16]} to {end[11:16]} UTC"
    if wording.is_clock_time(first):
        return f"{begin[:10]} to {end[:10]}"
    return f"{begin} to {end}"


def draw_empty(workspace: Workspace, gallery: GalleryInfo) -> None:
    def go() -> None:
        state[VIEW] = "Import"

    markup.note(f"{gallery.name} is empty", "It has no crop: none was imported yet, or all were deleted.")
    with st.container(horizontal=True):
        st.button("Import crops", type="primary", on_click=go, key="gal-import")
        if st.button("Remove the empty gallery", key="gal-remove"):
            left = deletion.plan(workspace, gallery.name, Selection())
            if left.crops or left.held:
                markup.note("It is empty no more", f"{plural(left.crops + left.held, 'crop')} came in meanwhile.")
                return
            deletion.delete(workspace, gallery.name, Selection(), "The gallery was empty")
            st.rerun()


main()
