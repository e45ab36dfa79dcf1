"""Where the analyst is in a gallery's recordings: which is open, what is looked at, drawn and mended there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pages.components.shared.session import kept
from reid_core.workspace.catalogue.recordings.clock import Mended
from reid_core.workspace.catalogue.recordings.rows import RecordingRow

PART, KEYS = "gallery-recording", ("recording",)  # of addresses
# Keys of fields.
PLACE_NAME, PLACE_KIND = "rec-zone-name", "rec-zone-kind"  # with the turn after it
HOW, WHOSE, BY, SHOWN, MOMENT, WHY = "rec-how", "rec-whose", "rec-by", "rec-shown", "rec-moment", "rec-why"
Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Correction:
    """A correction that is asked about: `by` seconds for the camera's recordings, or for the one; or a new `start` of
    the one. `why` is for the log, and `mended` what it would do."""

    gallery: str
    recording: str
    camera: str | None
    by: float | None
    start: float | None
    why: str
    mended: Mended


@dataclass(frozen=True)
class Undo:
    """How the last correction is taken back: by the opposite one, or by putting the recording back as it was."""

    correction: Correction
    before: RecordingRow


@dataclass
class RecordingsState:
    """`open` is the name of the recording that is looked at, None for the list, of which `offset` is the first line
    that is shown; `gallery` is whose it is. `walk` is the tracklet whose crops are shown, `crop` one of them that is to
    be opened on the view Browse. `taken` is how far events of widgets were taken up.

    `drawn` are the corners of the zone that is being drawn, or drawn anew, `name` its name until now, and `turn` the
    number of the event with which that began. `said` is what the last act did, `trouble` why it did nothing. `typed` is
    what the fields of the clock held, by their keys, when the correction was asked about."""

    gallery: str = ""
    open: str | None = None
    offset: int = 0
    crop: int | None = None
    walk: str | None = None
    taken: dict[str, int] = field(default_factory=dict)
    drawn: Corners | None = None
    name: str | None = None
    turn: int = 0
    zone_said: str = ""
    zone_trouble: str = ""
    correction: Correction | None = None
    typed: dict[str, Any] = field(default_factory=dict)
    undo: Undo | None = None
    clock_said: str = ""
    clock_trouble: str = ""
    job_trouble: str = ""


def recordings_state() -> RecordingsState:
    return kept(RecordingsState)


def look_at(gallery: str, recording: str | None) -> None:
    """Open this recording, or the list. What was begun with another one is dropped."""
    now = recordings_state()
    if (now.gallery, now.open) == (gallery, recording):
        return
    offset = now.offset if now.gallery == gallery else 0
    taken = now.taken
    fresh = RecordingsState(gallery=gallery, open=recording, offset=offset, taken=taken)
    vars(now).update(vars(fresh))


def opened_crop() -> int | None:
    """The crop that is to be shown on the view Browse, once."""
    now = recordings_state()
    crop, now.crop = now.crop, None
    return crop
