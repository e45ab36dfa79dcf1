"""What narrows a search down: cameras, times, colours of clothing, walks, quality, and who is known already."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.components.search.blind import is_blind
from pages.components.search.walks import fields
from pages.components.search.walks.popover import WalksPopover
from pages.components.shared import cached, markup, wording
from pages.components.shared.time_range import draw_times, times_to_fields
from reid_core.colours import COLOURS
from reid_core.quality import FLAWS
from reid_core.records import plural
from reid_core.retrieval.filters import COLOUR, Filter, Row, rows
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.workspace import Workspace

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOURS = tuple(range(24))
WHO = {"Anybody": None, "Named": True, "Not named": False}
state = st.session_state


def brushed_key(gallery: str) -> str:
    """Where the span of time that was brushed over the timeline is kept; it holds beside the fields."""
    return f"brushed-{gallery}"


def address_names() -> list[str]:
    """The names of all filters in the page's address, each once."""
    return list(dict.fromkeys(name for row in rows(Filter).values() for name in row.address))


def clothes() -> dict[str, Row]:
    """The filters by a colour of clothing, by their name, which their field and address have too."""
    return {name: row for name, row in rows(Filter).items() if (row.control, row.kind) == ("clothes", COLOUR)}


def draw_filters(
    workspace: Workspace, gallery: GalleryInfo, worn: tuple[str, str] | None
) -> tuple[Filter, WalksPopover]:
    """The filters in a row; `worn` are the colours of upper and lower clothing in the photo, where they are clear.

    Those by walk have their place then, and are to be drawn when the answer is there.
    """
    offers = fields.offered(workspace, gallery.name)
    place, where = _Place(gallery, cached.gallery_facts(workspace, gallery), worn, offers), Filter()
    for draw in CONTROLS.values():
        where = draw(place, where)
    return where, place.walks or WalksPopover(gallery.name, None)


@dataclass
class _Place:
    """What filters are drawn for."""

    gallery: GalleryInfo
    facts: cached.GalleryFacts
    worn: tuple[str, str] | None
    offers: fields.Offered | None
    walks: WalksPopover | None = None


def _cameras(place: _Place, where: Filter) -> Filter:
    if len(place.facts.cameras) < 2:
        return where
    key = f"cameras-{place.gallery.name}"
    chosen = len(state.get(key) or ())
    with st.popover(plural(chosen, "camera") if chosen else "All cameras", key="cameras-popover"):
        cameras = st.pills(
            rows(Filter)["cameras"].title, place.facts.cameras, selection_mode="multi",
            format_func=wording.camera_name, key=key, persist_state="session",
        )  # fmt: skip
    return dataclasses.replace(where, cameras=frozenset(cameras) or None)


def _times(place: _Place, where: Filter) -> Filter:
    """Both ends, and days and hours where the times name a date. UTC, as all times are shown."""
    gallery, times = place.gallery.name, place.facts.times
    if times is None:
        return where
    keys = f"after-{gallery}", f"before-{gallery}"
    days, begin, end = f"weekdays-{gallery}", f"hour-from-{gallery}", f"hour-until-{gallery}"
    brushed = state.get(brushed_key(gallery))
    limited = brushed is not None or any(state.get(key) not in (None, [], "") for key in (*keys, days, begin, end))
    clock = wording.is_clock_time(times[0])
    weekdays: Sequence[str] = ()
    hours: frozenset[int] | None = None
    with st.popover("Limited time" if limited else "Any time", key="time-popover"):
        after, before = draw_times(times, keys)
        if clock:
            markup.text(
                '<p class="rt-small">The crops are from {first} to {last}.</p>',
                first=wording.shown_time(times[0]), last=wording.shown_time(times[1]),
            )  # fmt: skip
            weekdays = st.pills(
                rows(Filter)["weekdays"].title, WEEKDAYS, selection_mode="multi", key=days, persist_state="session"
            )
            with st.container(horizontal=True):
                first, last = (
                    st.selectbox(
                        f"{name} (UTC)", HOURS, index=None, placeholder="any",
                        format_func=lambda hour: f"{hour:02d}:00", key=key, persist_state="session",
                    )
                    for name, key in (("From hour", begin), ("Until hour", end))
                )  # fmt: skip
            hours = hours_between(first, last)
    if brushed is not None:
        after = brushed[0] if after is None else max(after, brushed[0])
        before = brushed[1] if before is None else min(before, brushed[1])
    return dataclasses.replace(
        where, after=after, before=before, hours=hours,
        weekdays=frozenset(WEEKDAYS.index(day) for day in weekdays) or None,
    )  # fmt: skip


def hours_between(first: int | None, last: int | None) -> frozenset[int] | None:
    """The hours of a day from `first` until `last` o'clock, over midnight where that is earlier; None for all."""
    if first is None and last is None:
        return None
    begin, end = 0 if first is None else first, 24 if last is None else last
    if begin == end:
        return None
    return frozenset(range(begin, end)) if begin < end else frozenset((*range(begin, 24), *range(end)))


def _clothes(place: _Place, where: Filter) -> Filter:
    gallery, worn = place.gallery.name, place.worn
    keys = {name: f"{name}-{gallery}" for name in clothes()}
    limited = any(state.get(key) for key in keys.values())
    with st.popover("Some colours" if limited else "Any clothes", key="clothes-popover"):
        chosen = {
            name: frozenset(
                st.pills(row.title, COLOURS, selection_mode="multi", key=keys[name], persist_state="session")
            )
            or None
            for name, row in clothes().items()
        }
        unclear = st.toggle(
            rows(Filter)["unclear_colours"].title, value=True, key=f"unclear-{gallery}", persist_state="session"
        )
        photo = f"The photo shows {worn[0]} above {worn[1]}. " if worn else ""
        markup.text(
            '<p class="rt-small">{photo}With none chosen, the colour is ignored. Colours are measured on each crop; '
            "light and shade change them, so they may leave the person out.</p>",
            photo=photo,
        )
        if worn:
            st.button("As in the photo", on_click=_wear, args=((keys["upper"], keys["lower"]), worn), key="wear")
    changes: dict[str, Any] = {**chosen, "unclear_colours": bool(unclear and any(chosen.values()))}
    return dataclasses.replace(where, **changes)


def _wear(keys: tuple[str, str], worn: tuple[str, str]) -> None:
    for key, colour in zip(keys, worn, strict=True):
        state[key] = [colour]


def _walks(place: _Place, where: Filter) -> Filter:
    place.walks = WalksPopover(place.gallery.name, place.offers)
    return dataclasses.replace(where, **place.walks.values())


def _more(place: _Place, where: Filter) -> Filter:
    """Who the crops show and how good they are. Blind mode suspends the first two: they tell who the hits are."""
    gallery = place.gallery
    identities, known, good = "", None, False
    by_name = bool(gallery.identities) and not is_blind()
    chosen = int(bool(state.get("good")))
    if by_name:
        chosen += bool(state.get(f"identities-{gallery.name}"))
        chosen += state.get(f"who-{gallery.name}", "Anybody") != "Anybody"
    with st.popover(f"More filters ({chosen})" if chosen else "More filters", key="options-popover"):
        if by_name:
            identities = st.text_input(
                rows(Filter)["identities"].title, key=f"identities-{gallery.name}",
                placeholder="Labels, with commas between", persist_state="session",
            )  # fmt: skip
            who = st.segmented_control(
                rows(Filter)["identity_known"].title, list(WHO), default="Anybody", required=True,
                key=f"who-{gallery.name}", persist_state="session",
                help="Whether somebody has given the crop's person a name.",
            )  # fmt: skip
            known = WHO[who or "Anybody"]
        good = st.toggle(
            "Leave out poor pictures", key="good", persist_state="session",
            help="Hits that are blurred, or too small to tell much from, and those that nobody has measured.",
        )  # fmt: skip
    labels = frozenset(part.strip() for part in identities.split(",") if part.strip())
    return dataclasses.replace(
        where, identities=labels or None, identity_known=known,
        min_height=int(FLAWS["small"].least) if good else None, min_sharpness=FLAWS["blurred"].least if good else None,
    )  # fmt: skip


# What draws each `Row.control` and sets its filters, in the order on the page.
CONTROLS: dict[str, Callable[[_Place, Filter], Filter]] = {
    "cameras": _cameras, "times": _times, "clothes": _clothes, "walks": _walks, "more": _more,
}  # fmt: skip


def put_back(gallery: str, where: Filter, times: tuple[float, float] | None) -> None:
    """Set the fields as this filter has them, before they are drawn."""
    state[f"cameras-{gallery}"] = sorted(where.cameras or ())
    state[f"identities-{gallery}"] = ", ".join(sorted(where.identities or ()))
    state[f"who-{gallery}"] = next(word for word, known in WHO.items() if known == where.identity_known)
    state["good"] = where.min_height is not None
    colours = {name: sorted(getattr(where, name) or ()) for name in clothes()}
    for name, chosen in colours.items():
        state[f"{name}-{gallery}"] = chosen
    state[f"unclear-{gallery}"] = where.unclear_colours or not any(colours.values())
    state[f"weekdays-{gallery}"] = [WEEKDAYS[day] for day in sorted(where.weekdays or ())]
    begin, end = ends_of(where.hours)
    state[f"hour-from-{gallery}"], state[f"hour-until-{gallery}"] = begin, end
    fields.put_back(gallery, where)
    state.pop(brushed_key(gallery), None)
    if times is not None:
        times_to_fields(times, (f"after-{gallery}", f"before-{gallery}"), (None, None))
        if where.after is not None or where.before is not None:
            after, before = where.after, where.before
            state[brushed_key(gallery)] = (
                times[0] if after is None else after,
                times[1] if before is None else before,
            )


def ends_of(hours: frozenset[int] | None) -> tuple[int | None, int | None]:
    """What `hours_between` makes those hours of."""
    if not hours:
        return None, None
    for begin in sorted(hours):
        for end in range(24):
            if hours_between(begin, end) == hours:
                return begin, end
    return min(hours), None
