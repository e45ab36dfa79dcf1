"""When a recording began: what is stated, and what its name, its container and its file say. Proposed, never guessed.

All of them can be wrong: recorders put the time of the export into the container, copying changes the file's time, and
clocks run by the wrong zone. So each proposal stands with what the others say, and its source is kept with the start.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from reid_core.datasets.name_times import EARLIEST, times_of_name
from reid_core.errors import ReidError, shown
from reid_core.times import FIRST_CLOCK_TIME, said_time, short_time
from reid_core.video.stream.facts import Facts

AHEAD = 60.0  # seconds that clocks may differ before a start lies in the future
UNSET = 86_400.0  # seconds into 2000 that a clock which was never set may show
DIFFERENT = 2.0  # seconds that two proposals may differ and still agree
_FAR_APART = (
    ZoneInfo("Pacific/Kiritimati"),
    ZoneInfo("Pacific/Pago_Pago"),
)  # a time that is the same in both has a zone

Origin = Literal["stated", "name", "container", "file"]
WORDS: dict[Origin, str] = {
    "stated": "what you stated",
    "name": "the file's name",
    "container": "the container's creation time (some recorders set it when they export)",
    "file": "the file's modification time minus its length (copying may have changed it)",
}


@dataclass(frozen=True)
class Proposal:
    """One answer: `seconds` since 1970 at the first frame, and in words where it comes from."""

    source: Origin
    seconds: float
    words: str


@dataclass(frozen=True)
class StartProposals:
    """All answers, the most trusted first; `notes` are sentences about what could not be used."""

    proposals: tuple[Proposal, ...]
    notes: tuple[str, ...] = ()

    @property
    def chosen(self) -> Proposal | None:
        """The first; None where nothing is known, and then it stays unknown."""
        return self.proposals[0] if self.proposals else None

    def sentences(self) -> list[str]:
        """The chosen start, what each other one says, and what could not be used."""
        if self.chosen is None:
            return ["Nothing says when this was filmed. State its start.", *self.notes]
        first, *others = self.proposals
        proposed = "Start" if first.source == "stated" else "Proposed start"
        said = [f"{proposed}: {short_time(first.seconds)}, from {first.words}."]
        said += [
            f"From {other.words}: {short_time(other.seconds)}, {apart(other.seconds - first.seconds)}."
            for other in others
        ]
        return [*said, *self.notes]


def proposals(
    path: Path, facts: Facts, *, stated: str | None = None, zone: tzinfo | None = None, now: float
) -> StartProposals:
    """What the stated start, the name, the container and the file's time less the duration say, in this order.

    `zone` is that of wall times without one; `now` is in seconds since 1970. Raises ReidError for a stated start that
    cannot be read, that has no zone, that its zone skips or repeats, or that lies in the future.
    """
    found: list[Proposal] = []
    notes: list[str] = []
    if stated is not None:
        found.append(Proposal("stated", stated_start(stated, zone, now), WORDS["stated"]))
    others: list[tuple[Origin, float | None]] = [
        ("name", _of_name(path, facts.duration, zone, notes)),
        ("container", facts.created),
        ("file", None if facts.duration is None else path.stat().st_mtime - facts.duration),
    ]
    for source, moment in others:
        if moment is None:
            continue
        if moment < EARLIEST + UNSET:
            notes.append(f"From {WORDS[source]}: {said_time(moment)}. That clock was never set, so it is not used.")
        elif moment > now + AHEAD:
            notes.append(f"From {WORDS[source]}: {said_time(moment)}. That lies in the future, so it is not used.")
        else:
            found.append(Proposal(source, moment, WORDS[source]))
    return StartProposals(tuple(found), tuple(notes))


def stated_start(text: str, zone: tzinfo | None, now: float) -> float:
    """Seconds since 1970 of "2026-03-02T08:00+01:00", or of a wall time in `zone`.

    Raises ReidError for anything else, and for what lies after `now`.
    """
    text = text.strip()
    moment = written_moment(text)
    if moment is None:
        raise ReidError(f"{shown(text)} is not a start. Write date, time and zone, such as 2026-03-02T08:00+01:00.")
    if moment.tzinfo is None:
        if zone is None:
            raise ReidError(f"The start {text} has no time zone. Add it ({text}+01:00, or {text}Z for UTC).")
        moment = _in_zone(moment, zone, text)
    seconds = moment.timestamp()
    if seconds < FIRST_CLOCK_TIME:
        raise ReidError(f"The start {text} lies before {said_time(FIRST_CLOCK_TIME)}. Check the year.")
    if seconds > now + AHEAD:
        raise ReidError(f"The start {text} lies in the future ({said_time(seconds)}). Check the date and the zone.")
    return seconds


def written_moment(text: str) -> datetime | None:
    """Date and time as written, with a zone or without; None for text that is not both."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if len(text.strip()) > len("2026-03-02") else None


def _in_zone(wall: datetime, zone: tzinfo, text: str) -> datetime:
    early, late = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if early.utcoffset() == late.utcoffset():
        return early
    real = [datetime.fromtimestamp(moment.timestamp(), zone) for moment in (early, late)]
    what = "happens twice" if real[0].replace(tzinfo=None, fold=0) == wall else "never happens"
    first, second = sorted(moment.isoformat(timespec="minutes") for moment in real)
    raise ReidError(f"{text} {what} in {zone}, because the clocks change. Write {first} or {second}.")


def _of_name(path: Path, duration: float | None, zone: tzinfo | None, notes: list[str]) -> float | None:
    """Of the name, or of the name with the names of the two folders above it, where recorders put the date."""
    folders = path.absolute().parent.parts
    for name in (path.name, "_".join([*folders[-1:], path.name]), "_".join([*folders[-2:], path.name])):
        wall = times_of_name(name)
        if not wall:
            continue
        if zone is None:
            first, last = (times_of_name(name, one) for one in _FAR_APART)
            if first != last:
                written = datetime.fromtimestamp(wall[0], UTC).isoformat(" ", "seconds").removesuffix("+00:00")
                notes.append(f"The name says {written} without a time zone. State the camera's time zone to use it.")
                return None
        moments = times_of_name(name, zone or UTC)
        if not moments:
            notes.append(f"The name's time happens twice or never in {zone}, because the clocks change: not used.")
            return None
        if len(moments) == 1 or _spans(moments, duration):
            return moments[0]
        notes.append("The name holds several times, so none of them is used.")
        return None
    return None


def _spans(moments: list[float], duration: float | None) -> bool:
    """Whether they are the start and the end of the recording."""
    if len(moments) != 2 or duration is None:
        return False
    return abs(moments[1] - moments[0] - duration) <= max(10.0, 0.1 * duration)


def apart(seconds: float) -> str:
    """ "273 d 14 h later", "2 min 5 s earlier", "the same": how far one answer lies from another."""
    if abs(seconds) <= DIFFERENT:
        return "the same"
    size = abs(seconds)
    days, rest = divmod(round(size), 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (left, "s")]
    told = " ".join([f"{count} {unit}" for count, unit in parts if count][:2])
    whole_hours = ", whole hours: one of them may be in another time zone" if size < 86_400 and not size % 1800 else ""
    return f"{told} {'later' if seconds > 0 else 'earlier'}{whole_hours}"
