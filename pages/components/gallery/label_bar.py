"""What can be done with what is chosen: labels, merging, holding, deleting; and the last change, to take it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages.components.gallery import selection
from pages.components.gallery.deletion_dialog import ask_deletion
from pages.components.gallery.selection import Chosen
from pages.components.gallery.state import Ids, gallery_state
from pages.components.shared import cached, markup
from pages.components.widgets.label_field.label_field import label_field, typed
from reid_core.errors import ReidError
from reid_core.records import plural
from reid_core.times import parse_time, recorded_time
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion import holds
from reid_core.workspace.galleries import editing
from reid_core.workspace.galleries.editing import Column
from reid_core.workspace.workspace import Workspace

FIELD = "gal-field"  # of the form that is open
Of = Callable[[], Chosen]  # the crops are looked up only when something is done with them


def draw_actions(chosen_of: Of, count: int, people: tuple[str, ...]) -> None:
    """The buttons, for `count` crops; two people or more can be merged."""
    if len(people) > 1:
        _opener("merge", "Merge into one…")
    _opener("identity", "Set identity…")
    _opener("camera", "Set camera…")
    _opener("time", "Set time…")
    _opener("hold", "Hold…")
    st.button("Delete…", on_click=lambda: ask_deletion(chosen_of().ids), key="gal-delete")
    st.button("Clear", on_click=selection.clear, key="gal-unselect", type="tertiary")


def _opener(action: str, label: str) -> None:
    def toggle() -> None:
        now.trouble = ""
        now.action = None if now.action == action else action

    now = gallery_state()
    open_now = now.action == action
    st.button(label, on_click=toggle, key=f"gal-do-{action}", type="primary" if open_now else "secondary")


def draw_form(workspace: Workspace, info: GalleryInfo, chosen_of: Of, count: int, people: tuple[str, ...]) -> None:
    """The form of the action that is under way; what it complains of stands beside it, and nothing is lost."""
    action, gallery = gallery_state().action, info.name
    crops = plural(count, "crop")
    if action == "identity":
        known, hint = identities(workspace, gallery), "Type or choose a label"
        _label_and_buttons(workspace, gallery, chosen_of, "identity", crops, known, hint)
    elif action == "camera":
        cameras = cached.gallery_facts(workspace, info).cameras
        _label_and_buttons(workspace, gallery, chosen_of, "camera", crops, cameras, "Type or choose a camera")
    elif action == "time":
        _label_and_buttons(workspace, gallery, chosen_of, "time", crops, [], "2026-03-02 08:11:30, or 0:44:41")
    elif action == "merge" and len(people) > 1:
        whole = Selection(identities=frozenset(people))

        def merge() -> None:
            apply(workspace, gallery, whole, "identity", typed(FIELD, people[0]), needed="Choose a label first.")

        label_field("Merge into", people, key=FIELD, placeholder="Under which label", value=people[0], on_enter=merge)
        st.button(f"Merge {len(people)} people", type="primary", key="gal-apply", on_click=merge)
        markup.text('<p class="rt-small">All their crops, also those that filters hide now.</p>')
    elif action == "hold":

        def keep() -> None:
            hold(workspace, gallery, chosen_of().ids, typed(FIELD))

        names = list(holds.holds(workspace))
        label_field("Hold", names, key=FIELD, placeholder="A name, such as case-17", on_enter=keep)
        st.button(f"Hold {crops}", type="primary", key="gal-apply", on_click=keep)
        markup.text('<p class="rt-small">Held crops stay, whoever deletes, until the hold is released.</p>')


def draw_trouble() -> None:
    if trouble := gallery_state().trouble:
        markup.problem("Nothing was changed", trouble)


def _label_and_buttons(
    workspace: Workspace, gallery: str, chosen_of: Of, column: Column, crops: str, known: Sequence[str], hint: str
) -> None:
    def of_chosen() -> Selection:
        return Selection(ids=frozenset(chosen_of().ids.tolist()))

    def label() -> None:
        needed = f"Type the {column} first, or make it unknown."
        apply(workspace, gallery, of_chosen(), column, typed(FIELD), needed=needed)

    def forget() -> None:
        apply(workspace, gallery, of_chosen(), column, None, needed=None)

    label_field(column.capitalize(), known, key=FIELD, placeholder=hint, on_enter=label)
    st.button(f"Set {column} of {crops}", type="primary", key="gal-apply", on_click=label)
    st.button("Make unknown", key="gal-unknown", on_click=forget)


def identities(workspace: Workspace, gallery: str) -> list[str]:
    return [group.label for group in cached.view_groups(workspace, gallery, "identity")]


# --- what the buttons do ---


def apply(
    workspace: Workspace, gallery: str, crops: Selection, column: Column, value: str | None, *, needed: str | None
) -> bool:
    """Change labels; True when that worked. `needed` is what to say where no value was given."""
    now = gallery_state()
    now.trouble = now.said = ""
    label = value.strip() if value else None
    if needed is not None and not label:
        now.trouble = needed
        return False
    try:
        number = editing.relabel(workspace.catalogue, gallery, crops, column, read_value(column, label))
    except ReidError as error:
        now.trouble = str(error)
        return False
    now.action = None
    if not number:
        now.said = f"Nothing had to change: {label or 'unknown'} is their {column} already."
    return True


def read_value(column: Column, label: str | None) -> str | float | None:
    """Raises ReidError for a time that cannot be read."""
    if label is None or column != "time":
        return label
    if (recorded := recorded_time(label)) is not None:
        return recorded
    try:
        return parse_time(label)
    except ValueError as error:
        raise ReidError(f"{label!r} is no time. Write 2026-03-02 08:11:30, or 0:44:41 into a recording.") from error


def hold(workspace: Workspace, gallery: str, ids: Ids, name: str | None) -> bool:
    now = gallery_state()
    now.trouble = ""
    if not name or not name.strip():
        now.trouble = "Give the hold a name first: that of the case, for example."
        return False
    try:
        added = holds.hold(workspace, gallery, Selection(ids=frozenset(ids.tolist())), name.strip())
    except ReidError as error:
        now.trouble = str(error)
        return False
    already = len(ids) - added
    now.said = f"{plural(added, 'crop')} held by {name.strip()}." + (
        f" {plural(already, 'crop')} had been before, or are gone." if already else ""
    )
    now.action = None
    return True


# --- the last change ---


def draw_last_change(workspace: Workspace, gallery: str) -> None:
    """What was changed last, with Undo; there as long as there is a change to take back, after a reload too."""
    edit = cached.newest_edit(workspace, gallery)
    said = gallery_state().said
    if edit is None and not said:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="gal-last"):
        if said:
            markup.text('<p class="rt-small rt-said" role="status">{said}</p>', said=said)
        if edit is not None:
            words = edit.describe()
            if said:  # the older change is no news, but can be taken back too
                label = f"Undo also: {words}"
            else:
                label = "Undo"
                markup.text('<p class="rt-small" role="status">{words}.</p>', words=words[0].upper() + words[1:])
            st.button(label, key="gal-undo", type="tertiary", on_click=_undo, args=(workspace, gallery))


def _undo(workspace: Workspace, gallery: str) -> None:
    now = gallery_state()
    now.said = now.trouble = ""
    try:
        edit = editing.undo(workspace.catalogue, gallery)
    except ReidError as error:
        now.said = f"Not taken back: {error}"
        return
    if edit is not None:
        now.said = f"Taken back: {edit.describe()}."
