"""The events of the log about recordings and the clocks of their cameras; see `audit`, which lists them."""

from __future__ import annotations

from dataclasses import dataclass

from reid_core.records import plural
from reid_core.workspace.catalogue.audit_base import Event, short


@dataclass(frozen=True, kw_only=True)
class AddRecording(Event):
    """`recording` is its number; `start` is ISO 8601, "" where it is unknown, and `start_source` who says so. Files may
    be named after people, so the path goes with the recording, as the hash of the file does."""

    action, title = "add recording", "Recordings added"
    personal = frozenset({"purpose", "path", "sha256"})
    gallery: str
    recording: int
    detector: str
    camera: str = ""
    start: str = ""
    start_source: str = ""
    path: str = ""
    sha256: str = ""

    def sentence(self) -> str:
        what = f"Added recording {self.recording}" + (f" of camera {self.camera}" if self.camera else "")
        file = f" from {self.path}" if self.path else ""
        hashed = f" (SHA-256 {short(self.sha256)})" if self.sha256 else ""
        start = f"begins {self.start} {_says(self.start_source)}" if self.start else "begins at an unknown time"
        return f"{what} to gallery {self.gallery}{file}{hashed}: it {start}; detector {self.detector}."


@dataclass(frozen=True, kw_only=True)
class MendClock(Event):
    """Recordings of a camera, or one `recording`, got another offset: `by` seconds more than before. `before` and
    `after` are None where their offsets differ."""

    action, title = "mend clock", "Clocks corrected"
    gallery: str
    by: float
    recordings: int
    crops: int
    camera: str = ""
    recording: int | None = None
    before: float | None = None
    after: float | None = None

    def sentence(self) -> str:
        whose = f"camera {self.camera}" if self.recording is None else f"recording {self.recording}"
        of_it = "" if self.before is None or self.after is None else f", from {self.before:+g} s to {self.after:+g} s"
        moved = f"{plural(self.recordings, 'recording')} with {plural(self.crops, 'crop')}"
        return f"Corrected the clock of {whose} in gallery {self.gallery} by {self.by:+g} s{of_it}: {moved}."


@dataclass(frozen=True, kw_only=True)
class SetStart(Event):
    """ISO 8601; `before` is "" where the start was unknown, and `after` where it is unknown again."""

    action, title = "set start", "Starts of recordings set"
    gallery: str
    recording: int
    after: str
    crops: int
    before: str = ""

    def sentence(self) -> str:
        before = f" from {self.before}" if self.before else ", which was unknown,"
        what = f"Changed the start of recording {self.recording} in gallery {self.gallery}"
        return f"{what}{before} to {self.after or 'unknown'}: {plural(self.crops, 'crop')}."


@dataclass(frozen=True, kw_only=True)
class ChangeZone(Event):
    """A zone was drawn, drawn anew or `removed`: for so many `tracklets` it means something else than before."""

    action, title = "change zone", "Zones drawn and removed"
    gallery: str
    camera: str
    zone: str
    ignored: bool
    tracklets: int
    removed: bool = False

    def sentence(self) -> str:
        kind = "zone to ignore" if self.ignored else "zone"
        what = f"{'Removed' if self.removed else 'Drew'} the {kind} {self.zone} of camera {self.camera}"
        return f"{what} in gallery {self.gallery}: {plural(self.tracklets, 'tracklet')} changed."


@dataclass(frozen=True, kw_only=True)
class BlurRecording(Event):
    """The workspace keeps a copy that is unrecognisable in so many `stretches`, of `seconds` together."""

    action, title = "blur recording", "Recordings blurred"
    gallery: str
    recording: int
    stretches: int
    seconds: float

    def sentence(self) -> str:
        what = f"Made a blurred copy of recording {self.recording} in gallery {self.gallery}"
        return f"{what}: {self.seconds:.1f} s in {plural(self.stretches, 'stretch')} are unrecognisable."


@dataclass(frozen=True, kw_only=True)
class RemoveFile(Event):
    """The file that recording was analysed from, of so many `bytes`, was deleted from the disk. Its path goes with the
    recording; where the recording had gone before, it is not kept at all."""

    action, title = "remove file", "Files of recordings removed"
    personal = frozenset({"purpose", "path"})
    gallery: str
    recording: int
    bytes: int
    path: str = ""

    def sentence(self) -> str:
        where = f", {self.path}," if self.path else ""
        what = f"Deleted the file of recording {self.recording} in gallery {self.gallery}{where} from the disk"
        return f"{what} ({self.bytes / 1e6:,.1f} MB)."


@dataclass(frozen=True, kw_only=True)
class ExportTracklets(Event):
    action, title = "export tracklets", "Exports of tracklets"
    gallery: str
    tracklets: int

    def sentence(self) -> str:
        return f"Exported a table of {plural(self.tracklets, 'tracklet')} of gallery {self.gallery}."


@dataclass(frozen=True, kw_only=True)
class ExportClip(Event):
    """A stretch of video was written to a file outside of the workspace, from one second of a recording to another."""

    action, title = "export clip", "Exports of clips"
    gallery: str
    recording: int
    start: float
    end: float

    def sentence(self) -> str:
        stretch = f"seconds {self.start:.0f} to {self.end:.0f} of recording {self.recording}"
        return f"Exported a clip of gallery {self.gallery}: {stretch}."


RECORDING_EVENTS = (
    AddRecording, MendClock, SetStart, ChangeZone, BlurRecording, RemoveFile, ExportTracklets, ExportClip,
)  # fmt: skip


def _says(source: str) -> str:
    return {
        "stated": "as stated",
        "name": "by its name",
        "container": "by its container",
        "file": "by the file's date and length",
    }.get(source, "as found")
