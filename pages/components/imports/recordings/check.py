"""Step 2 for recordings: a card for each, how they are analysed, and where they go.

The cards stand at once; pictures of them come one after the other, when everything else is drawn.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.components.imports.check import Order
from pages.components.imports.recordings.card import Chosen, chosen_of, draw_card, draw_look
from pages.components.imports.recordings.options import How, chosen_zone, draw_how
from pages.components.imports.recordings.state import (
    ALL_CAMERAS,
    STILLS,
    Stamp,
    keep_look,
    list_more,
    recordings_state,
)
from pages.components.imports.recordings.words import about, length
from pages.components.imports.state import CHOICES, import_state
from pages.components.shared import markup
from pages.components.shared.tables import draw_table
from reid_core.errors import ReidError
from reid_core.records import plural
from reid_core.workspace.imports.video.tables import TableRow
from reid_core.workspace.models.detectors import DetectorEntry
from reid_core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from reid_core.datasets import Skipped
    from reid_core.video.detection import Detector
    from reid_core.workspace.imports.recording_files import FoundRecording
    from reid_core.workspace.imports.video.foreseen import Foreseen

WITHIN = 0.6  # seconds in which further first frames of a recording are decoded
SHOWN = 10  # files that cannot be used


@dataclass(frozen=True)
class Checked:
    """`order` is None while something has to be corrected first. `later` draws what takes its time: pictures, and how
    long the analysis will take in the place that it is given."""

    order: Order | None
    later: Callable[[DeltaGenerator | None], None]


def draw_recordings(workspace: Workspace, path: Path, files: Sequence[Path], *, uploaded: bool) -> Checked:
    """Draws the step."""
    with st.spinner("Opening the recordings"):
        found, bad = _opened(str(path), import_state().asked, tuple(map(str, files)))
    if not found:
        reason = bad[0].reason if bad else "It holds no recording."
        markup.problem("None of these recordings can be read" if len(bad) > 1 else "It cannot be read", reason)
        _draw_bad(bad if len(bad) > 1 else [])
        return Checked(None, lambda place: None)
    zone = chosen_zone()
    found = _in_zone(found, zone, path if uploaded else None)
    sizes = [_size(one.path) for one in found]
    left, right = st.columns([7, 5], gap="large")
    with right:
        first = chosen_of(found[0], sizes[0], zone) if len(found) == 1 else None
        how = draw_how(workspace, path, uploaded, first.camera if first else None)
    with left:
        if len(found) > 1:
            st.text_input(
                "One camera for all", key=ALL_CAMERAS, persist_state="session", max_chars=100,
                placeholder="Only where one camera filmed all of these",
            )  # fmt: skip
        _draw_bad(bad)
        chosen = [chosen_of(one, size, zone) for one, size in zip(found, sizes, strict=True)]
        told = _foreseen(workspace, how, chosen)
        waiting = _draw_cards(chosen, told, how)
    good = [one for one, tell in zip(chosen, told, strict=True) if one.wanted and not one.lacks and not tell.refused]
    order = None
    if good and not how.target.problem and how.detector is not None:
        order = _order(chosen, good, zone, how)
    return Checked(order, lambda place: _draw_later(waiting, good, how, place))


# --- what is read ---


@st.cache_resource(max_entries=4, show_spinner=False)
def _opened(path: str, asked: int, files: tuple[str, ...]) -> tuple[list[FoundRecording], list[Skipped]]:
    """Opened anew whenever it is chosen anew."""
    from reid_core.datasets import Skipped
    from reid_core.video.stream import Reading
    from reid_core.workspace.imports.recording_files import look_at

    root = Path(path) if os.path.isdir(path) else None
    found, bad = [], []
    for file in map(Path, files):
        try:
            found.append(look_at(file, root, Reading()))
        except ReidError as error:
            reason = f"It {rest}" if (rest := str(error).removeprefix(f"{file} ")) != str(error) else str(error)
            bad.append(Skipped(file.relative_to(root).as_posix() if root else file.name, reason))
    return found, bad


def _in_zone(found: Sequence[FoundRecording], zone: str | None, upload: Path | None) -> list[FoundRecording]:
    """With the starts as they are in that zone; of an upload without those that only its place says."""
    from reid_core.datasets.choices import find_time_zone
    from reid_core.workspace.imports.recording_files import as_dropped, in_zone

    told = [in_zone(one, find_time_zone(zone) if zone else None) for one in found if one.path.exists()]
    return told if upload is None else [as_dropped(one, upload) for one in told]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _foreseen(workspace: Workspace, how: How, chosen: Sequence[Chosen]) -> list[Foreseen]:
    """In the order of `chosen`; nothing is foreseen of those that are left out or lack something."""
    from reid_core.workspace.imports.video.foreseen import Coming, Foreseen, foreseen

    told = [Foreseen()] * len(chosen)
    places = [place for place, one in enumerate(chosen) if one.wanted and not one.lacks]
    coming = [
        Coming(
            one.found.path, one.camera or "", one.seconds, None if math.isnan(one.seconds) else one.source,
            math.nan if one.found.facts.duration is None else one.found.facts.duration, one.bytes,
        )
        for one in map(chosen.__getitem__, places)
    ]  # fmt: skip
    for place, tell in zip(places, foreseen(workspace, how.target.gallery, coming), strict=True):
        told[place] = tell
    return told


def _draw_bad(bad: Sequence[Skipped]) -> None:
    if not bad:
        return
    markup.text('<p class="rt-label">Left out, for it cannot be read: {files}</p>', files=plural(len(bad), "file"))
    draw_table(["File", "Why"], [[one.path, one.reason] for one in bad[:SHOWN]], label="Left out")
    if len(bad) > SHOWN:
        markup.text('<p class="rt-small">… and {more} more.</p>', more=f"{len(bad) - SHOWN:,}")


# --- cards and their pictures ---


def _draw_cards(chosen: Sequence[Chosen], told: Sequence[Foreseen], how: How) -> list[tuple[DeltaGenerator, Chosen]]:
    """Returns the places of pictures that are still to be drawn."""
    now = recordings_state()
    waiting = []
    for number, (one, tell) in enumerate(zip(chosen[: now.listed], told, strict=False)):
        asked = number < STILLS or str(one.found.path) in now.asked
        with st.container(key=f"rec-card-{number}"):
            place = draw_card(
                one, now.looks.get(_stamp(one, how)), list(tell.said), tell.refused,
                several=len(chosen) > 1, alone=not asked,
            )  # fmt: skip
        if place is not None:
            waiting.append((place, one))
    if len(chosen) > now.listed:
        st.button(f"Show more ({len(chosen) - now.listed:,} more)", key=f"{CHOICES}rec-more", on_click=list_more)
    return waiting


def _stamp(one: Chosen, how: How) -> Stamp:
    try:
        changed = one.found.path.stat().st_mtime_ns
    except OSError:
        changed = 0
    return str(one.found.path), changed, one.bytes, how.detector.id if how.detector else ""


def _draw_later(
    waiting: Sequence[tuple[DeltaGenerator, Chosen]], good: Sequence[Chosen], how: How, place: DeltaGenerator | None
) -> None:
    from reid_core.video.stream import Reading
    from reid_core.workspace.imports.video.first_look import first_look

    for picture, one in waiting:
        look = first_look(one.found.path, Reading(), _detector_or_none(how.detector), within=WITHIN)
        keep_look(_stamp(one, how), look)
        draw_look(picture, one.found, look)
    if place is not None:
        place.html(_how_long(good, how))


def _detector_or_none(entry: DetectorEntry | None) -> Detector | None:
    try:
        return None if entry is None else _detector(entry.id, str(entry.folder))
    except ReidError:  # the job says so; the picture is drawn without people
        return None


@st.cache_resource(max_entries=2, show_spinner=False)
def _detector(_id: str, folder: str) -> Detector:
    from reid_core.video import detection

    return detection.load_detector(Path(folder), threads=max(1, os.cpu_count() or 1))


def _how_long(good: Sequence[Chosen], how: How) -> str:
    from reid_core.workspace.imports.video.first_look import seconds_needed

    looks = recordings_state().looks
    seconds = [seconds_needed(one.found.facts, how.rate, looks.get(_stamp(one, how))) for one in good]
    known = sum(each for each in seconds if not math.isnan(each))
    if not good or not known:
        return ""
    longer = " or longer, as not all say how long they are" if any(map(math.isnan, seconds)) else ""
    words = f"It takes {about(known)}{longer} on this machine. That is a guess until it has begun."
    return markup.filled('<p class="rt-small">{words}</p>', words=words)


# --- the order ---


def _order(chosen: Sequence[Chosen], good: Sequence[Chosen], zone: str | None, how: How) -> Order:
    rows = [TableRow(one.found.path, one.camera, one.start, zone) for one in good]
    gallery = how.target.gallery
    arguments = [f"--gallery={gallery}", f"--fps={how.rate}"]
    arguments += [f"--detector={how.detector.name}"] if how.detector else []
    arguments += ["--copy"] if how.copy else []
    arguments += [f"--index-with={how.model}"] if how.model else []
    what = plural(len(good), "recording")
    name = good[0].found.path.name if len(good) == 1 else what
    known = [one.found.facts.duration for one in good if one.found.facts.duration is not None]
    lasting = f", {length(sum(known))} of video" if known else ""
    summary = f"{what}{lasting}, for {'the new gallery' if how.target.is_new else 'gallery'} {gallery}"
    summary += f", embedded by {how.model}." if how.model else "."
    if left := len(chosen) - len(good):
        summary += f" {plural(left, 'recording')} {'is' if left == 1 else 'are'} left out; see above."
    button = f"Analyse {what}" if not left else f"Analyse {len(good)} of {plural(len(chosen), 'recording')}"
    order = Order(gallery, arguments, {"what": name, "gallery": gallery}, summary, button, is_usual=not left)
    return replace(order, rows=tuple(rows))
