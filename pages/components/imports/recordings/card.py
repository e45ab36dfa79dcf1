"""One recording that is to come in: a picture of it, what it is, and the fields for its camera and start."""

from __future__ import annotations

import base64
import html
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.components.imports.recordings.state import ALL_CAMERAS, ask_for_picture, key_of_file
from pages.components.imports.recordings.words import WEAKNESSES, camera_source, facts_line, other_source, start_choice
from pages.components.shared import markup, wording
from reid_core.errors import ReidError
from reid_core.records import plural

if TYPE_CHECKING:
    from reid_core.video.stream.start import Proposal
    from reid_core.workspace.imports.recording_files import FoundRecording
    from reid_core.workspace.imports.video.first_look import FirstLook

STATED, UNKNOWN = "stated", "unknown"
state = st.session_state


@dataclass(frozen=True)
class Chosen:
    """What the fields of a recording say. `start` is what `reid video --table` takes; `seconds` is that moment, NaN
    where unknown. `lacks` is what has to be corrected first, or ""."""

    found: FoundRecording
    camera: str | None
    source: str
    start: str
    seconds: float
    bytes: int
    wanted: bool = True
    lacks: str = ""


def chosen_of(found: FoundRecording, size: int, zone: str | None) -> Chosen:
    """As the session has it, whether its fields are drawn or not."""
    starts = found.starts.proposals
    proposal = starts[0] if starts else None
    source = state.get(key_of_file(found.path, "start")) or (proposal.source if proposal else UNKNOWN)
    camera = (state.get(ALL_CAMERAS) or "").strip() or _camera(found)
    wanted = bool(state.get(key_of_file(found.path, "wanted"), True))
    lacks, start, seconds = "", source, math.nan
    if source == STATED:
        start = (state.get(key_of_file(found.path, "moment")) or "").strip()
        seconds, lacks = _stated(start, zone)
    elif source != UNKNOWN:
        taken = next((one for one in starts if one.source == source), None)
        if taken is None:  # the time zone that made it possible was taken back
            start = source = UNKNOWN
        else:
            seconds = taken.seconds
    if not camera:
        lacks = lacks or "Nothing says which camera filmed it. Write its name."
    elif trouble := _trouble_of_camera(camera):
        lacks = lacks or trouble
    return Chosen(found, camera or None, source, start, seconds, size, wanted, lacks)


def draw_card(
    chosen: Chosen, look: FirstLook | None, said: list[str], refused: str, *, several: bool, alone: bool
) -> DeltaGenerator | None:
    """Draws it; returns where its picture belongs, where that has not been looked at yet.

    `said` are sentences about it, `refused` why it would not come in. With `alone` its picture is asked for first.
    """
    found = chosen.found
    left, right = st.columns([2, 3], gap="medium")
    with left:
        place = st.empty()
        if look is not None:
            place.html(_picture(found, look))
        elif alone:
            place.html(_empty(found, ""))
            st.button(
                "Show its picture", key=key_of_file(found.path, "picture"), on_click=ask_for_picture,
                args=(found.path,), type="tertiary",
            )  # fmt: skip
        else:
            place.html(_empty(found, "Looking at its first frames"))
    with right:
        markup.text(
            '<div class="rec-head"><b>{name}</b><span>{facts}</span></div>',
            name=found.path.name, facts=facts_line(found.facts, chosen.bytes),
        )  # fmt: skip
        if several:
            state.setdefault(key_of_file(found.path, "wanted"), True)
            st.checkbox("Bring it in", key=key_of_file(found.path, "wanted"), persist_state="session")
        if chosen.wanted:
            _draw_fields(chosen)
            if refused:
                markup.problem("It would not come in", refused)
            for sentence in said:
                markup.text('<p class="rt-small">{sentence}</p>', sentence=sentence)
    return None if look is not None or alone else place


def draw_look(place: DeltaGenerator, found: FoundRecording, look: FirstLook) -> None:
    place.html(_picture(found, look))


def _draw_fields(chosen: Chosen) -> None:
    found = chosen.found
    for_all = (state.get(ALL_CAMERAS) or "").strip()
    key = key_of_file(found.path, "camera")
    state.setdefault(key, found.camera.camera if found.camera else "")
    if for_all:
        markup.text('<p class="rt-small">Camera {camera}, as for all.</p>', camera=for_all)
    else:
        st.text_input("Camera", key=key, persist_state="session", placeholder="gate", max_chars=100)
        if found.camera and state[key] == found.camera.camera:
            source = camera_source(found.camera.source)
            markup.text('<p class="rt-small rec-said">Read from {source}.</p>', source=source)
    starts = found.starts.proposals
    words: dict[str, str] = {one.source: start_choice(one) for one in starts}
    words |= {STATED: "Another moment", UNKNOWN: "Unknown: its crops get no time"}
    start = key_of_file(found.path, "start")
    if state.get(start) not in words:
        state[start] = starts[0].source if starts else UNKNOWN
    st.selectbox("Began", list(words), key=start, persist_state="session", format_func=words.__getitem__)
    if state[start] == STATED:
        st.text_input(
            "Date, time and zone of the first frame", key=key_of_file(found.path, "moment"), persist_state="session",
            placeholder="2026-03-02T08:00+01:00",
        )  # fmt: skip
    _draw_doubts(chosen, starts)
    if chosen.lacks:
        markup.problem("Something is missing", chosen.lacks)


def _draw_doubts(chosen: Chosen, starts: tuple[Proposal, ...]) -> None:
    """What the sources of its start say beside each other, and what could not be used."""
    found = chosen.found
    begins = starts[0].seconds if starts and math.isnan(chosen.seconds) else chosen.seconds
    others = [one for one in starts if one.source != chosen.source]
    apart = [sentence for one in others if (sentence := other_source(one, begins))]
    recorded = [one.seconds for one in starts if one.source != "file"]
    said = []
    if _disagree(recorded):
        markup.note("Its sources do not agree when it began", " ".join(apart))
    elif apart:  # the file's date: it is the copy's as often as not
        said += apart if not math.isnan(chosen.seconds) else []
    elif len(starts) > 1:
        said.append("All sources say the same.")
    elif not starts and not found.starts.notes:  # else a note says what speaks of its start, and why it is not used
        said.append("Nothing says when it began. It can be stated later.")
    said += [WEAKNESSES[chosen.source]] if chosen.source in WEAKNESSES and not apart else []
    for sentence in [*said, *found.starts.notes]:
        markup.text('<p class="rt-small rec-said">{sentence}</p>', sentence=sentence)


def _disagree(moments: list[float]) -> bool:
    from reid_core.video.stream.start import DIFFERENT

    return bool(moments) and max(moments) - min(moments) > DIFFERENT


def _camera(found: FoundRecording) -> str:
    proposal = found.camera.camera if found.camera else ""
    return str(state.get(key_of_file(found.path, "camera"), proposal) or "").strip()


def _trouble_of_camera(name: str) -> str:
    from reid_core.workspace.imports.video.given import check_camera

    try:
        check_camera(name)
    except ReidError as error:
        return str(error)
    return ""


def _stated(text: str, zone: str | None) -> tuple[float, str]:
    """The moment, and why it cannot be used, or ""."""
    from reid_core.datasets.choices import find_time_zone
    from reid_core.video.stream.start import stated_start

    if not text:
        return math.nan, "Write when its first frame was filmed, or choose another start."
    try:
        return stated_start(text, find_time_zone(zone) if zone else None, time.time()), ""
    except ReidError as error:
        return math.nan, str(error)


# --- its picture ---


def _picture(found: FoundRecording, look: FirstLook) -> str:
    problems = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in look.problems)
    doubts = f'<div class="rec-doubts">{problems}</div>' if problems else ""
    if not look.still:
        return _frame(found, "<p>None of its first frames shows a picture.</p>") + doubts
    people = look.people or ()
    words = "nobody in view" if look.people == () else plural(len(people), "person").replace("persons", "people")
    if look.people is None:
        words = "nobody was looked for"
    alt = f"A frame of {found.path.name}: {words}"
    boxes = "".join(
        f'<i style="left:{left:.2%};top:{top:.2%};width:{width:.2%};height:{height:.2%}"></i>'
        for left, top, width, height in people
    )
    picture = base64.b64encode(look.still).decode()
    inside = f'<img src="data:image/jpeg;base64,{picture}" alt="{html.escape(alt)}">{boxes}'
    return _frame(found, inside, f"{words} at {wording.shown_time(look.moment)}") + doubts


def _empty(found: FoundRecording, words: str) -> str:
    waits = ' class="waits" role="status"' if words else ""
    return _frame(found, f"<p{waits}>{html.escape(words)}</p>")


def _frame(found: FoundRecording, inside: str, caption: str = "") -> str:
    """As high as the picture will be, whether it is there or not."""
    shape = f"aspect-ratio:{found.facts.width}/{found.facts.height}"
    return (
        f'<figure class="rec-still"><div style="{shape}">{inside}</div>'
        f"<figcaption>{html.escape(caption) or '&nbsp;'}</figcaption></figure>"
    )
