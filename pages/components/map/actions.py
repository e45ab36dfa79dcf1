"""What can be done with crops that were selected on the map: each act says first what would change, and rings it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.components.gallery import selection as chosen
from pages.components.gallery.label_bar import apply, draw_trouble, hold, identities
from pages.components.gallery.state import NOTHING, Ids, gallery_state
from pages.components.map import data
from pages.components.map import state as places
from pages.components.map.state import map_state
from pages.components.shared import address, cached, markup, wording
from pages.components.widgets.label_field.label_field import label_field, typed
from reid_core.errors import ReidError
from reid_core.records import DISTRACTOR, JUNK, plural
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion import holds
from reid_core.workspace.galleries.withheld import restore, withheld, withhold
from reid_core.workspace.maps.files import CropMap
from reid_core.workspace.workspace import Workspace

FIELD = "map-field-"  # of the form that is open, one for each act and selection
MOST_PHOTOS = 10  # that one search is made from
NAMED = 4


@dataclass(frozen=True)
class Aim:
    """The crops that an act is for, in rising order, and how many of them each person has; None: nobody."""

    ids: Ids
    people: Counter[str | None]

    @property
    def named(self) -> list[str]:
        """People, not distractors or junk; who has most of the crops first."""
        return [who for who, _ in self.people.most_common() if who is not None and who not in (DISTRACTOR, JUNK)]

    @property
    def selection(self) -> Selection:
        return Selection(ids=frozenset(self.ids.tolist()))


def aim_of(workspace: Workspace, made: CropMap, ids: Ids) -> Aim:
    labels = data.labels_of(workspace, made, "identity")["identity"].to_numpy(dtype=object)
    return Aim(ids, Counter(labels[data.rows_of_crops(made, ids)]))


def aimed_at(gallery: str) -> Ids | None:
    """Those that are chosen among what the map selected, else all of it; None where nothing is selected."""
    ids = places.selected()
    if ids is None or not len(ids):
        return None
    some = chosen.chosen_ids() if gallery_state().grid == (gallery, False, None) else NOTHING
    some = np.intersect1d(some, ids)
    return some if len(some) else ids


def rows_that_change(workspace: Workspace, gallery: str, made: CropMap) -> list[int] | None:
    """Rows of the map that the act which is open would change; None where none is open."""
    ids, act = aimed_at(gallery), map_state().act
    if ids is None or act is None:
        return None
    aim = aim_of(workspace, made, ids)
    if act == "merge":  # whole people, also outside of the region
        return data.rows_of_people(workspace, made, aim.named)
    if act == "split":
        return _rows_of(workspace, made, aim, aim.named[:1])
    if act == "label":
        new = typed(_field(act, aim), _suggested(workspace, gallery, aim, act))
        rows = data.rows_of_crops(made, aim.ids)
        labels = data.labels_of(workspace, made, "identity")["identity"].to_numpy(dtype=object)
        return [row for row in rows if labels[row] != new]
    return data.rows_of_crops(made, aim.ids)


def _rows_of(workspace: Workspace, made: CropMap, aim: Aim, people: Sequence[str]) -> list[int]:
    return sorted(set(data.rows_of_crops(made, aim.ids)) & set(data.rows_of_people(workspace, made, people)))


# --- the buttons ---


def draw_acts(workspace: Workspace, gallery: GalleryInfo, made: CropMap) -> None:
    ids = aimed_at(gallery.name)
    if ids is None:
        return
    aim = aim_of(workspace, made, ids)
    with st.container(horizontal=True, vertical_alignment="center", key="map-acts"):
        _opener("label", "Label as one person…")
        if len(aim.named) > 1:
            _opener("merge", f"Merge {len(aim.named)} people…")
        if len(aim.named) == 1:
            _opener("split", "Split off…")
        _opener("junk", "Mark as junk…")
        few = ids if len(ids) <= MOST_PHOTOS else ids[np.linspace(0, len(ids) - 1, MOST_PHOTOS).round().astype(int)]
        if st.button(
            "Search with these" if len(few) == len(ids) else f"Search with {len(few)} of these", key="map-search",
            help=f"As photos of one person; at most {MOST_PHOTOS}, spread over the selection.",
        ):  # fmt: skip
            address.hand_to_search(gallery.name, few.tolist())
        _opener("case", "Add to a case…")
        _opener("hold", "Hold…")
        _opener("train", "Keep out of training…")
    act = map_state().act
    if act in FORMS:
        with st.container(key="map-act-form", gap="small"):
            FORMS[act](workspace, gallery, aim)
            draw_trouble()


def _opener(act: str, label: str) -> None:
    def toggle() -> None:
        grid = gallery_state()
        grid.trouble, grid.action = "", None  # the grid's own form
        now.act = None if now.act == act else act

    now = map_state()
    st.button(label, on_click=toggle, key=f"map-do-{act}", type="primary" if now.act == act else "secondary")


# --- the forms ---


def _field(act: str, aim: Aim) -> str:
    """Another selection's field is another one, with its own suggestion."""
    return f"{FIELD}{act}-{hash(aim.ids.tobytes()) & 0xFFFFFFFF:x}"


def _suggested(workspace: Workspace, gallery: str, aim: Aim, act: str) -> str:
    if act == "label" and aim.named:
        return aim.named[0]
    stem = aim.named[0] if aim.named else "new"
    taken = set(identities(workspace, gallery))
    return next(name for number in range(2 if aim.named else 1, 10**6) if (name := f"{stem}-{number}") not in taken)


def _say(preview: str, about: str) -> None:
    markup.text('<p class="map-preview" role="status"><b>{preview}</b> {about}</p>', preview=preview, about=about)


def _label_form(workspace: Workspace, gallery: GalleryInfo, aim: Aim) -> None:
    key, first = _field("label", aim), _suggested(workspace, gallery.name, aim, "label")
    with st.container(horizontal=True, vertical_alignment="center", key="map-form-row"):
        _field_and_button(
            "Person", identities(workspace, gallery.name), key, "Type or choose", first,
            f"Label {plural(len(aim.ids), 'crop')}",
            lambda: apply(workspace, gallery.name, aim.selection, "identity", typed(key, first),
                          needed="Type who it is first."),
        )  # fmt: skip
    new = typed(key, first)
    changing = {who: count for who, count in aim.people.items() if who != new}
    _say(
        f"{_counted(changing)} → {wording.person_name(new)}." if changing else "Nothing would change.",
        "Ringed on the map.",
    )


def _merge_form(workspace: Workspace, gallery: GalleryInfo, aim: Aim) -> None:
    whole = {group.label: group.crops for group in cached.view_groups(workspace, gallery.name, "identity")}
    people = {who: whole.get(who, 0) for who in aim.named}
    with st.container(horizontal=True, vertical_alignment="center", key="map-form-row"):
        keep = st.selectbox(
            "Keep the label", list(people), format_func=wording.person_name, label_visibility="collapsed", width=200,
            key=_field("merge", aim),
        )  # fmt: skip
        _button(
            f"Merge {len(people)} people",
            lambda: apply(workspace, gallery.name, Selection(identities=frozenset(people)), "identity", keep,
                          needed="Choose a label first."),
        )  # fmt: skip
    gone = {who: count for who, count in people.items() if who != keep}
    _say(f"{_counted(gone)} → {wording.person_name(keep)}.", "All crops of these people, also outside of the region.")


def _split_form(workspace: Workspace, gallery: GalleryInfo, aim: Aim) -> None:
    who = aim.named[0]
    whole = len(cached.view_ids(workspace, gallery.name, Selection(identities=frozenset({who}))))
    going = aim.people[who]
    key, first = _field("split", aim), _suggested(workspace, gallery.name, aim, "split")
    part = Selection(ids=aim.selection.ids, identities=frozenset({who}))
    with st.container(horizontal=True, vertical_alignment="center", key="map-form-row"):
        _field_and_button(
            "New person", [], key, "A new label", first, f"Split off {plural(going, 'crop')}",
            lambda: apply(workspace, gallery.name, part, "identity", typed(key, first),
                          needed="Type a new label first."),
        )  # fmt: skip
    stay = f"{plural(whole - going, 'crop')} of {wording.person_name(who)} stay." if whole > going else "Nobody stays."
    _say(f"{plural(going, 'crop')} of {wording.person_name(who)} → {wording.person_name(typed(key, first))}.", stay)


def _junk_form(workspace: Workspace, gallery: GalleryInfo, aim: Aim) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="map-form-row"):
        _button(
            f"Mark {plural(len(aim.ids), 'crop')} as junk",
            lambda: apply(workspace, gallery.name, aim.selection, "identity", JUNK, needed=None),
        )
    _say(
        f"{_counted(aim.people)} → junk.",
        "Too bad to count either way: never trained on, never ranked in an evaluation. Undo brings the labels back.",
    )


def _case_form(workspace: Workspace, gallery: GalleryInfo, aim: Aim) -> None:
    from pages.components.map.case import draw_case_form

    draw_case_form(workspace, aim.ids, _field("case", aim), len(aim.named), _say)


def _hold_form(workspace: Workspace, gallery: GalleryInfo, aim: Aim) -> None:
    key = _field("hold", aim)
    with st.container(horizontal=True, vertical_alignment="center", key="map-form-row"):
        _field_and_button(
            "Hold", list(holds.holds(workspace)), key, "A name, such as case-17", "",
            f"Hold {plural(len(aim.ids), 'crop')}", lambda: hold(workspace, gallery.name, aim.ids, typed(key)),
        )  # fmt: skip
    _say("No label changes.", "No deletion takes crops that are held, until the hold is released, in History of the "
         "Gallery page.")  # fmt: skip


def _train_form(workspace: Workspace, gallery: GalleryInfo, aim: Aim) -> None:
    already = len(withheld(workspace.catalogue, aim.ids.tolist()))
    with st.container(horizontal=True, vertical_alignment="center", key="map-form-row"):
        if already < len(aim.ids):
            left = plural(len(aim.ids) - already, "crop")
            _button(
                f"Keep {left} out", lambda: _withhold(workspace, gallery.name, aim.selection, withhold, "kept out of")
            )
        if already:
            st.button(
                f"Let {plural(already, 'crop')} train again", key="map-restore",
                on_click=_do(lambda: _withhold(workspace, gallery.name, aim.selection, restore, "back in")),
            )  # fmt: skip
    _say(
        f"{already:,} of {len(aim.ids):,} are kept out now.",
        "Runs that start later do not see them. They keep their labels, and are searched and tested like all others.",
    )


FORMS: dict[str, Callable[[Workspace, GalleryInfo, Aim], None]] = {
    "label": _label_form, "merge": _merge_form, "split": _split_form, "junk": _junk_form, "case": _case_form,
    "hold": _hold_form, "train": _train_form,
}  # fmt: skip


def _field_and_button(
    label: str, options: Sequence[str], key: str, hint: str, value: str, button: str, act: Callable[[], bool]
) -> None:
    """A field for a label and the button that takes it; Enter does what the button does."""
    label_field(label, options, key=key, placeholder=hint, value=value, on_enter=_do(act))
    _button(button, act)


def _button(label: str, act: Callable[[], bool]) -> None:
    st.button(label, type="primary", key="map-apply", on_click=_do(act))


def _do(act: Callable[[], bool]) -> Callable[[], None]:
    """The form stays open where the act did not work."""

    def do() -> None:
        if act():
            map_state().act = None

    return do


def _withhold(workspace: Workspace, gallery: str, crops: Selection, act: Callable[..., int], words: str) -> bool:
    now = gallery_state()
    now.trouble = ""
    try:
        count = act(workspace.catalogue, gallery, crops)
    except ReidError as error:
        now.trouble = str(error)
        return False
    now.said = f"{plural(count, 'crop')} {words} training."
    return True


def _counted(people: dict[str | None, int] | dict[str, int]) -> str:
    """ "12 of p0003, 2 of nobody"."""
    shown = sorted(people.items(), key=lambda one: -one[1])
    words = [f"{count:,} of {wording.person_name(who) or 'nobody'}" for who, count in shown[:NAMED]]
    more = len(shown) - NAMED
    return ", ".join(words) + (f" and of {plural(more, 'other')}" if more > 0 else "")
