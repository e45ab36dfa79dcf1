"""How the page words what is known of a recording."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pages.components.shared import wording
from reid_core.times import whole_length
from reid_core.video.codecs import codec_words

if TYPE_CHECKING:
    from reid_core.video.detection.card import DetectorCard
    from reid_core.video.stream import Facts
    from reid_core.video.stream.start import Proposal

SOURCES = {
    "name": "from the file’s name",
    "container": "written inside the file",
    "file": "the file’s date minus its length",
}
_OWN_WORDS = {
    "name": "The file’s name says",
    "container": "Inside the file is written",
    "file": "The file’s own date minus its length says",
}
WEAKNESSES = {
    "container": "Some recorders write the time of the export into the file.",
    "file": "Copying a file changes its date.",
}
_CAMERA_SOURCES = {"name": "the file’s name", "folder": "its folder"}


def facts_line(facts: Facts, size: int) -> str:
    """ "0:12:03 · 1920 × 1080 · 25 frames a second · H.264 · 1.2 GB"."""
    parts = [length(facts.duration), f"{facts.width} × {facts.height}"]
    if facts.stated_rate:
        parts.append(f"{facts.stated_rate:.4g} frames a second")
    parts += [codec_words(facts.codec) + (", interlaced" if facts.interlaced else "")]
    return " · ".join([*parts, wording.shown_bytes(size)])


def length(seconds: float | None) -> str:
    return "length unknown" if seconds is None else whole_length(seconds) or "length unknown"


def camera_source(source: str) -> str:
    return _CAMERA_SOURCES.get(source, source)


def start_choice(proposal: Proposal) -> str:
    return f"{wording.shown_time(proposal.seconds)} UTC, {SOURCES.get(proposal.source, proposal.source)}"


def other_source(other: Proposal, start: float) -> str:
    """What a source that was not chosen says beside the `start`, as a sentence; "" where it says the same."""
    from reid_core.video.stream.start import DIFFERENT, apart  # slow to import

    seconds = other.seconds - start
    if abs(seconds) <= DIFFERENT:
        return ""
    unused = "; copying changes it, so it is not used" if other.source == "file" else ""
    says = _OWN_WORDS.get(other.source, other.source)
    return f"{says} {wording.shown_time(other.seconds)} UTC, {apart(seconds)}{unused}."


def about(seconds: float) -> str:
    """ "about 6 minutes"; "" where it is not known."""
    if math.isnan(seconds):
        return ""
    if seconds < 50:
        return f"about {max(5, 5 * round(seconds / 5))} seconds"
    minutes = max(1, round(seconds / 60))
    if minutes < 90:
        return f"about {minutes} minute{'' if minutes == 1 else 's'}"
    return f"about {seconds / 3600:.1f} hours"


def measured(card: DetectorCard) -> str:
    """What was measured of a detector, as far as its card says it."""
    recall = card.figures.get("recall on the street, by least score")
    times = [value for name, value in card.figures.items() if name.startswith("CPU ms")]
    said = []
    if isinstance(recall, dict) and (found := recall.get(f"{card.match:g}")):
        said.append(f"On a street that was annotated by hand it was sure of {100 * found:.0f} % of the people.")
    if times and isinstance(times[0], dict) and (one := times[0].get("whole")):
        said.append(f"A picture took {one:.0f} ms on one processor core.")
    return " ".join(said) or "Nothing was measured of it."
