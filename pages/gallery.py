"""The Gallery page: what a gallery holds, how it is brought in, mended and deleted."""

from __future__ import annotations

import streamlit as st

from pages.components.gallery import address
from pages.components.gallery.browse import draw_browse
from pages.components.gallery.crop_view import OPEN, close, open_crop
from pages.components.gallery.deletion_dialog import draw_deletion, forget_deletion
from pages.components.gallery.label_bar import draw_last_change
from pages.components.jobs.embed_now import draw_embed_now
from pages.components.shared import cached, markup, wording
from reid_core.errors import ReidError, shown
from reid_core.records import plural, whole_number
from reid_core.workspace import privacy
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion import deletion
from reid_core.workspace.models.order import best_first
from reid_core.workspace.workspace import Workspace

VIEWS = ("Browse", "Import", "Jobs", "History")
FOLLOWED = "gal-followed"  # the gallery that the address named last
state = st.session_state


def main() -> None:
    from_another_page = state.get("page", "gallery") != "gallery"
    state["page"] = "gallery"
    opened = cached.workspace_or_problem()
    if opened is None:
        return
    workspace, galleries = opened
    with st.container(horizontal=True, vertical_alignment="center", key="gal-top"):
        gallery = choose_gallery(galleries)
        view = choose_view(galleries)
    if "gal-trouble-address" in state:
        markup.note("Another gallery", state.pop("gal-trouble-address"))
    if (sentence := privacy.warning(workspace.path)) is not None:
        markup.text('<p class="rt-small">{sentence}</p>', sentence=sentence)
    try:
        draw_view(workspace, gallery, view, from_another_page=from_another_page)
    except ReidError as error:
        if gallery is not None and gallery.name not in {info.name for info in cached.galleries(workspace)}:
            markup.note("This gallery is gone", f"{gallery.name} was deleted while the page was open.")
            st.button("Go on", key="gal-go-on")
        else:
            markup.explain(error)


def choose_gallery(galleries: list[GalleryInfo]) -> GalleryInfo | None:
    """The gallery that is looked at: what the address names when it names another one than before, else the session's.

    Search looks at the same one.
    """
    names = {gallery.name: gallery for gallery in galleries}
    if not names:
        markup.heading("Welcome")
        state.pop("gallery", None)
        return None
    asked = st.query_params.get("gallery", "")
    if asked and asked != state.get(FOLLOWED):
        if asked in names:
            state["gallery"] = asked
        else:
            there = f"There is no gallery {shown(asked)} in this workspace."
            state["gal-trouble-address"] = f"{there} It has {', '.join(list(names)[:8])}{' …' * (len(names) > 8)}."
    before = state.get("gallery")
    if before not in names:
        state["gallery"] = next(iter(names))
        if before is not None:
            state["gal-trouble-address"] = f"Gallery {before} is gone. This is {state['gallery']}."
    if state.get("gal-view", VIEWS[0]) != VIEWS[0]:
        markup.heading(state["gal-view"])  # these views are of the whole workspace
    elif len(names) > 1:
        st.selectbox(
            "Gallery", list(names), key="gallery", persist_state="session", label_visibility="collapsed", width=260
        )
    else:
        markup.heading(state["gallery"])
    name: str = state["gallery"]
    st.query_params["gallery"] = state[FOLLOWED] = name
    return names[name]


def choose_view(galleries: list[GalleryInfo]) -> str:
    """The view, which the address names too: after a reload one is where one was."""
    views = VIEWS if galleries else VIEWS[1:]
    asked = st.query_params.get("view", "").capitalize()
    if asked in views and asked != state.get("gal-view-followed"):
        state["gal-view"] = asked
    if state.get("gal-view") not in views:
        state["gal-view"] = "Import" if "import" in st.query_params else views[0]  # an import that was left is shown
    view = st.segmented_control(
        "View", views, required=True, key="gal-view", label_visibility="collapsed", persist_state="session"
    )
    view = view or views[0]
    state["gal-view-followed"] = view
    if view == VIEWS[0]:
        st.query_params.pop("view", None)
    else:
        st.query_params["view"] = view.lower()
    return view


def follow_crop() -> None:
    """The crop that is looked at is in the address: a link to one opens it, and going back closes it."""
    asked = st.query_params.get("crop")
    if asked != state.get("gal-crop-followed"):
        if (number := whole_number(asked)) is not None:
            open_crop(number)
        else:
            close()
    crop = state.get(OPEN)
    if crop is None:
        st.query_params.pop("crop", None)
    else:
        st.query_params["crop"] = str(crop)
    state["gal-crop-followed"] = st.query_params.get("crop")


def draw_view(workspace: Workspace, gallery: GalleryInfo | None, view: str, *, from_another_page: bool) -> None:
    if view == "Browse" and gallery is not None:
        if not gallery.crops:
            draw_empty(workspace, gallery)
            draw_deletion(workspace, gallery.name)  # of its last crops, the receipt is still to be shown
            return
        address.follow(workspace, gallery, from_another_page=from_another_page)
        follow_crop()
        draw_numbers(workspace, gallery)
        if not gallery.models:
            markup.text('<p class="rt-small">To be searched, its crops must be embedded by a model first.</p>')
            draw_embed_now(workspace, gallery.name)
        draw_last_change(workspace, gallery.name)
        draw_browse(workspace, gallery)
        address.say(workspace, gallery)
        return
    close()
    forget_deletion()
    st.query_params.pop("crop", None)
    state.pop("gal-crop-followed", None)
    if view == "Import":
        from pages.components.imports.wizard import draw_import

        if gallery is None:
            markup.text(
                '<p class="rt-text">This workspace has no gallery yet. Bring in crops of people, from a folder, a zip '
                "or a data set, and they can be browsed, searched and put right here.</p>"
            )
        draw_import(workspace)
    elif view == "Jobs":
        from pages.components.jobs.job_list import draw_jobs

        draw_jobs(workspace)
    else:
        from pages.components.jobs.job_list import draw_history

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
        state["gal-view"] = "Import"

    markup.note(f"{gallery.name} is empty", "It has no crop: none was imported yet, or all were deleted.")
    with st.container(horizontal=True):
        st.button("Import crops", type="primary", on_click=go, key="gal-import")
        if st.button("Remove the empty gallery", key="gal-remove"):
            left = deletion.plan(workspace, gallery.name, Selection())
            if left.crops or left.held:
                markup.note("It is empty no more", f"{plural(left.crops + left.held, 'crop')} came in meanwhile.")
                return
            deletion.delete(workspace, gallery.name, Selection(), "The gallery was empty")
            state.pop("gallery", None)
            st.query_params.pop("gallery", None)
            st.rerun()


main()
