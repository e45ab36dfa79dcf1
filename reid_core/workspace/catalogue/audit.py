"""The events of the log, one class each: what is kept of an event, and the sentence it reads as.

A new kind of event is a class here. Its `action` is stored and never changes; its fields are stored under their names
(see `audit_base.STORED`). `personal` names the fields that go with a deletion; the others stay, so they name nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reid_core.records import plural
from reid_core.workspace.catalogue.audit_base import (
    CropsEvent,
    DeletionEvent,
    Event,
    as_file,
    of_case,
    on_crops,
    some,
    still_show,
)
from reid_core.workspace.catalogue.audit_recordings import RECORDING_EVENTS


@dataclass(frozen=True, kw_only=True)
class Search(Event):
    """`photos` are SHA-256 of what was searched with. A saved search that was run again has its number in `search`."""

    action, title = "search", "Searches"
    personal = frozenset({"purpose", "photos", "identities"})
    gallery: str
    hits: int
    model: str = ""
    top: int | None = None
    rerank: bool | None = None
    photos: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    case: int | None = None
    search: int | None = None
    new_only: bool | None = None

    def sentence(self) -> str:
        did = "Searched" if self.search is None else f"Ran saved search {self.search} again in"
        what = f"{did} gallery {self.gallery}"
        what += of_case(self.case) + (f" by model {self.model}" if self.model else "")
        if self.photos:
            what += f" with {plural(len(self.photos), 'photo')} ({some(self.photos)})"
        if self.identities:
            what += f" among crops labelled {some(self.identities)}"
        what += " among new crops" if self.new_only else ""
        return f"{what}{', re-ranked' if self.rerank else ''}: {plural(self.hits, 'hit')}."


@dataclass(frozen=True, kw_only=True)
class SaveSearch(Event):
    action, title = "save search", "Saved searches"
    case: int
    search: int
    gallery: str
    model: str

    def sentence(self) -> str:
        return f"Saved search {self.search} of gallery {self.gallery} by model {self.model}{of_case(self.case)}."


@dataclass(frozen=True, kw_only=True)
class GiveVerdict(Event):
    """`crops` begin with the `looked_at` crops that were looked at, all where it is None; the others follow them."""

    action, title = "verdict", "Verdicts"
    personal = frozenset({"purpose", "crops"})
    case: int
    verdict: str
    act: int
    analyst: str
    crops: tuple[int, ...] = ()
    looked_at: int | None = None
    model: str | None = None
    undoes: int | None = None

    def sentence(self) -> str:
        about = on_crops(self.crops, self.looked_at)
        if self.undoes is not None:
            return f"Took back decision {self.undoes}{about}{of_case(self.case)}."
        return f"Decided “{self.verdict}”{about}{of_case(self.case)} (decision {self.act})."


@dataclass(frozen=True, kw_only=True)
class BeginCase(Event):
    action, title = "investigation", "Cases begun"
    case: int

    def sentence(self) -> str:
        return f"Began case {self.case}."


@dataclass(frozen=True, kw_only=True)
class ExportCase(Event):
    action, title = "export investigation", "Exports of cases"
    case: int
    verdicts: int

    def sentence(self) -> str:
        return f"Exported case {self.case} with verdicts on {plural(self.verdicts, 'crop')}."


@dataclass(frozen=True, kw_only=True)
class Export(Event):
    """Of a gallery its crops, or in `what` another thing of it, as an evaluation of `models` as a file of `kind`."""

    action, title = "export", "Exports"
    gallery: str
    crops: int | None = None
    format: str | None = None
    what: str | None = None
    kind: str | None = None
    models: str | None = None

    def sentence(self) -> str:
        if self.what is not None:
            by = f" of {self.models}" if self.models else ""
            return f"Exported an {self.what}{by} on gallery {self.gallery}{as_file(self.kind)}."
        crops = "crops" if self.crops is None else plural(self.crops, "crop")
        return f"Exported {crops} of gallery {self.gallery}{as_file(self.format)}."


@dataclass(frozen=True, kw_only=True)
class ExportHits(Event):
    action, title = "export hits", "Exports of hits"
    gallery: str
    hits: int

    def sentence(self) -> str:
        return f"Exported {plural(self.hits, 'hit')} of gallery {self.gallery}."


@dataclass(frozen=True, kw_only=True)
class ServeModel(Event):
    """`former` is the id of the model before, `even_so` why this one serves though it was not shown to be better."""

    action, title = "serve", "Models promoted"
    personal = frozenset({"purpose", "even_so"})
    gallery: str
    model: str
    name: str = ""
    former: str = ""
    even_so: str = ""

    def sentence(self) -> str:
        name = f"{self.name} ({self.model})" if self.name else self.model
        instead = f" in place of {self.former}" if self.former else ""
        reason = self.even_so.strip().removesuffix(".")
        even_so = f", though it was not shown to be better: {reason}" if reason else ""
        return f"Made model {name} serve gallery {self.gallery}{instead}{even_so}."


@dataclass(frozen=True, kw_only=True)
class Calibrate(Event):
    """`also` are further galleries that the calibration holds for, `people` how many it was measured on."""

    action, title = "calibrate", "Calibrations"
    gallery: str
    model: str
    people: int
    also: tuple[str, ...] = ()

    def sentence(self) -> str:
        also = f", for {some(self.also)} too" if self.also else ""
        return f"Calibrated model {self.model} on {plural(self.people, 'person')} of gallery {self.gallery}{also}."


@dataclass(frozen=True, kw_only=True)
class Relabel(CropsEvent):
    action, title = "relabel", "Labels changed"
    column: str

    def sentence(self) -> str:
        return f"Changed the {self.column} of {plural(self.crops, 'crop')} in gallery {self.gallery}."


@dataclass(frozen=True, kw_only=True)
class UndoRelabel(Relabel):
    action, title = "undo", "Changes of labels undone"

    def sentence(self) -> str:
        return f"Undid a change of the {self.column} of {plural(self.crops, 'crop')} in gallery {self.gallery}."


@dataclass(frozen=True, kw_only=True)
class Withhold(CropsEvent):
    action, title = "withhold from training", "Crops kept out of training"

    def sentence(self) -> str:
        return f"Kept {plural(self.crops, 'crop')} of gallery {self.gallery} out of training."


@dataclass(frozen=True, kw_only=True)
class LetTrain(CropsEvent):
    action, title = "let train again", "Crops let into training again"

    def sentence(self) -> str:
        return f"Let {plural(self.crops, 'crop')} of gallery {self.gallery} into training again."


@dataclass(frozen=True, kw_only=True)
class DismissDoubts(Event):
    action, title = "dismiss doubts", "Suggestions dismissed"
    gallery: str
    doubts: int

    def sentence(self) -> str:
        return f"Dismissed {plural(self.doubts, 'suggestion')} about labels in gallery {self.gallery}."


@dataclass(frozen=True, kw_only=True)
class RecallDoubts(DismissDoubts):
    action, title = "recall doubts", "Suggestions recalled"

    def sentence(self) -> str:
        return f"Recalled {plural(self.doubts, 'dismissed suggestion')} about labels in gallery {self.gallery}."


@dataclass(frozen=True, kw_only=True)
class Hold(CropsEvent):
    """Its purpose is the name of the hold, and so is that of a release."""

    action, title = "hold", "Holds"

    def sentence(self) -> str:
        return f"Held {plural(self.crops, 'crop')} of gallery {self.gallery}: no deletion takes them."


@dataclass(frozen=True, kw_only=True)
class Release(Event):
    action, title = "release", "Releases"
    crops: int

    def sentence(self) -> str:
        return f"Released {plural(self.crops, 'crop')} from a hold."


@dataclass(frozen=True, kw_only=True)
class DeleteCrops(DeletionEvent):
    """`ids_sha256` is of the ids of the deleted crops; `held` crops were kept by a hold. So many `recordings`
    had some of it: their files, where they are not the workspace's, may still show it."""

    action, title = "delete", "Deletions"
    gallery: str
    crops: int
    held: int = 0
    ids_sha256: str = ""
    recordings: int | None = None

    def sentence(self) -> str:
        held = f", but for {self.held:,} that are held" if self.held else ""
        still = f" {still_show(self.recordings)}" if self.recordings else ""
        return f"Deleted {plural(self.crops, 'crop')} of gallery {self.gallery}{held}{self.after()}{still}"


@dataclass(frozen=True, kw_only=True)
class DeleteSearch(DeletionEvent):
    action, title = "delete search", "Deletions of saved searches"
    case: int
    search: int

    def sentence(self) -> str:
        return f"Deleted saved search {self.search}{of_case(self.case)}{self.after()}"


@dataclass(frozen=True, kw_only=True)
class DeleteCase(DeletionEvent):
    """`deleted` says in words how much the case held."""

    action, title = "delete investigation", "Deletions of cases"
    case: int
    deleted: str = ""

    def sentence(self) -> str:
        held = f", which held {self.deleted}" if self.deleted else ""
        return f"Deleted case {self.case}{held}{self.after()}"


@dataclass(frozen=True, kw_only=True)
class MovePersonalFields(Event):
    action, title = "move personal fields", "Upgrades of the log"
    lines: int

    def sentence(self) -> str:
        return f"Moved the personal fields of {plural(self.lines, 'line')} of this log out of the lines."


EVENTS: Mapping[str, type[Event]] = {
    kind.action: kind
    for kind in (
        Search, SaveSearch, GiveVerdict, BeginCase, ExportCase, Export, ExportHits, ServeModel, Calibrate, Relabel,
        UndoRelabel, Withhold, LetTrain, DismissDoubts, RecallDoubts, Hold, Release, DeleteCrops, DeleteSearch,
        DeleteCase, MovePersonalFields, *RECORDING_EVENTS,
    )
}  # fmt: skip
