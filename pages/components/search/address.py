"""The Search page's filters, order and open comparison in its address."""

from __future__ import annotations

import streamlit as st

from pages.components.search.blind import is_blind, is_told
from pages.components.search.filters import HOURS, WEEKDAYS, WHO, address_names, brushed_key, clothes
from pages.components.search.question import VIEWS, kept_answer
from pages.components.search.state import BLIND, LEAVE_OUT, RERANK, SHORT, TAKEN_BY, VIEW, desk
from pages.components.search.walks import fields
from pages.components.shared import address, cached
from pages.components.shared.address import from_labels, from_seconds, labels_in, one_of, seconds_in
from pages.components.shared.time_range import time_in, times_to_fields
from reid_core.colours import COLOURS
from reid_core.records import natural_order, whole_number
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.workspace import Workspace

OTHERS = ("together", "rerank", "blind", "model", "own", "taken", "shown", "open")  # beside the filters' names
MOST_SHOWN = 600  # groups that an address may ask for at once
TOGETHER = {name.lower(): name for name in VIEWS}
WHO_WORDS = {"named": "Named", "unnamed": "Not named"}
DAYS = {day.lower(): day for day in WEEKDAYS}
state = st.session_state


def follow(workspace: Workspace, gallery: GalleryInfo, *, from_another_page: bool) -> None:
    """Set the fields as the address has them, when it has changed; before they are drawn."""
    found = address.asked("search", [*address_names(), *OTHERS], from_another_page=from_another_page)
    if found is None:
        return
    facts, name = cached.gallery_facts(workspace, gallery), gallery.name
    state[f"cameras-{name}"] = labels_in(found.get("cameras"), facts.cameras)
    _take_times(name, facts.times, found)
    state[f"weekdays-{name}"] = [DAYS[day] for day in labels_in(found.get("days"), list(DAYS))]
    for field, word in (("hour-from", "from"), ("hour-until", "until")):
        state[f"{field}-{name}"] = whole_number(found.get(word), HOURS[-1])
    for part in clothes():
        state[f"{part}-{name}"] = labels_in(found.get(part), COLOURS)
    fields.take(name, fields.offered(workspace, name), found)
    state[f"unclear-{name}"] = found.get("unclear") != "0"
    if "people" in found:  # a name that somebody wrote into the address
        state[f"identities-{name}"] = ", ".join(part.strip() for part in found["people"].split(","))[:1_000]
    if gallery.identities:
        state[f"who-{name}"] = one_of(found.get("who"), WHO_WORDS) or next(iter(WHO))
    state["good"], state[RERANK], state[BLIND] = (found.get(word) == "1" for word in ("good", RERANK, BLIND))
    state[VIEW] = one_of(found.get("together"), TOGETHER) or next(iter(VIEWS))
    models = [entry.name for entry in cached.usable_models(workspace, gallery)]
    if len(models) > 1:
        wanted = found.get("model")
        state[f"model-{name}"] = wanted if wanted in models else models[0]
    state[LEAVE_OUT] = found.get("own") != "1"
    if taken := labels_in(found.get("taken"), facts.cameras):
        state[TAKEN_BY], desk().forget_camera = taken[0], False
    _take_desk(found)


def _take_times(gallery: str, times: tuple[float, float] | None, found: dict[str, str]) -> None:
    state.pop(brushed_key(gallery), None)
    if times is None:
        return
    ends = seconds_in(found.get("after")), seconds_in(found.get("before"))
    times_to_fields(times, (f"after-{gallery}", f"before-{gallery}"), ends)
    span = [seconds_in(part) for part in found.get("span", "").split(",", 2)]
    if len(span) == 2 and span[0] is not None and span[1] is not None:
        first, last = max(times[0], span[0]), min(times[1], span[1])
        if first <= last:
            state[brushed_key(gallery)] = first, last


def _take_desk(found: dict[str, str]) -> None:
    table = desk()
    table.opening = min(MOST_SHOWN, max(SHORT, whole_number(found.get("shown"), 10**6) or SHORT))
    table.shown = table.opening
    crops = [whole_number(part) for part in found.get("open", "").split(",", 2)]
    known = [crop for crop in crops if crop is not None]
    table.pair = (known[0], known[-1]) if 0 < len(known) == len(crops) <= 2 else None
    table.to_be_found = table.pair is not None


def say(workspace: Workspace, gallery: GalleryInfo) -> None:
    """Put the fields into the address; to be called when all are drawn."""
    name, table = gallery.name, desk()
    models = [entry.name for entry in cached.usable_models(workspace, gallery)]
    brushed: tuple[float, float] | None = state.get(brushed_key(name))
    colours = {part: _list(f"{part}-{name}") for part in clothes()}
    model = state.get(f"model-{name}")
    values = {
        "cameras": from_labels(natural_order(_list(f"cameras-{name}"))),
        "after": from_seconds(time_in(state.get(f"after-{name}"))),
        "before": from_seconds(time_in(state.get(f"before-{name}"))),
        "span": "" if brushed is None else ",".join(map(from_seconds, brushed)),
        "days": from_labels([day.lower() for day in _list(f"weekdays-{name}")]),
        "from": _word(state.get(f"hour-from-{name}")),
        "until": _word(state.get(f"hour-until-{name}")),
        **{part: from_labels(chosen) for part, chosen in colours.items()},
        "unclear": "0" if any(colours.values()) and not state.get(f"unclear-{name}", True) else "",
        **fields.said(name, fields.offered(workspace, name)),
        "people": _people(name),
        "who": next((word for word, field in WHO_WORDS.items() if field == state.get(f"who-{name}")), ""),
        **{word: "1" for word in ("good", RERANK, BLIND) if state.get(word)},
        "together": "" if state.get(VIEW) in (None, next(iter(VIEWS))) else str(state[VIEW]).lower(),
        "model": model if model in models[1:] else "",
        "own": "" if state.get(LEAVE_OUT, True) else "1",
        "taken": from_labels([state[TAKEN_BY]] if state.get(TAKEN_BY) else []),
        "shown": str(table.shown) if table.shown > SHORT else "",
        "open": _open(table.pair),
    }
    address.say("search", [*address_names(), *OTHERS], values)


def _open(pair: tuple[int, int] | None) -> str:
    """The crops that are compared; "" where blind mode hides one of them."""
    answer = kept_answer()
    if pair is None or (is_blind() and not (answer and all(is_told(answer, crop) for crop in pair))):
        return ""
    return ",".join(map(str, dict.fromkeys(pair)))


def _list(key: str) -> list[str]:
    return list(state.get(key) or ())


def _word(number: int | None) -> str:
    return "" if number is None else str(number)


def _people(gallery: str) -> str:
    """The names that the address has already, while the field still has them; what was typed is not put there."""
    there = st.query_params.get("people", "")
    typed = [part.strip() for part in str(state.get(f"identities-{gallery}") or "").split(",")]
    return there if there and [part.strip() for part in there.split(",")] == typed else ""
