"""What this visit knows of recordings that are to come in: what their first frames showed, and how many are listed."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from pages.components.imports.state import CHOICES, import_state
from pages.components.shared.session import kept

if TYPE_CHECKING:
    from reid_core.workspace.imports.video.first_look import FirstLook

KIND = CHOICES + "kind"  # of a folder with both: "recordings" or "pictures"
ZONE, DETECTOR, RATE, COPY = (f"{CHOICES}video-{name}" for name in ("zone", "detector", "rate", "copy"))
ALL_CAMERAS = CHOICES + "video-cameras"
LISTED = 12  # recordings with a card of their own, before more are asked for
STILLS = 4  # of them with a picture that nobody has asked for
MOST_LOOKS = 64

Stamp = tuple[str, int, int, str]  # path, modification time in ns, bytes, detector's id


@dataclass
class RecordingsState:
    """`looks` are what first frames showed; `asked` names files whose picture was asked for. `listed` counts cards, of
    what was chosen at `since` (ns)."""

    looks: dict[Stamp, FirstLook] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    listed: int = LISTED
    since: int = 0


def recordings_state() -> RecordingsState:
    now = kept(RecordingsState)
    if now.since != import_state().asked:
        now.listed, now.since, now.asked = LISTED, import_state().asked, set()
    return now


def keep_look(stamp: Stamp, look: FirstLook) -> None:
    looks = recordings_state().looks
    looks[stamp] = look
    while len(looks) > MOST_LOOKS:
        looks.pop(next(iter(looks)))


def key_of_file(path: Path, field_name: str) -> str:
    """Key of a field of that file."""
    return f"{CHOICES}{field_name}-{blake2b(str(path).encode(errors='replace'), digest_size=6).hexdigest()}"


def ask_for_picture(path: Path) -> None:
    recordings_state().asked.add(str(path))


def list_more() -> None:
    recordings_state().listed += LISTED
