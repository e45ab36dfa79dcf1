"""What a keeper is: who answers for one kind of artefact of a workspace, and how it forgets.

A deletion has two halves. In the first, one transaction of the catalogue, keepers of rows remove what belongs to the
doomed crops, and keepers of files write down in the table `removal` what is to be wiped. In the second, which a crash
may interrupt and the next process goes on with, keepers of files wipe what is written down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from pathlib import Path
from sqlite3 import Connection

from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.thumbnails import Thumbnails


@dataclass
class Going:
    """What a deletion takes, within the transaction that takes it: crops of the gallery numbered `key`, whose ids are
    in the temporary table `doomed`; `people` of whom no crop is left; with `whole`, the gallery itself.

    `sources` are keys of those that it touches, `recordings` of those that go with their crops, `tracklets` of those
    that go and have none; `log_lines` counts lines of the log that lost their personal fields. `in_view` has the
    numbers of recordings, and the seconds in which somebody who goes was in view of them; `copies` the numbers of those
    whose file in the workspace shows somebody who goes.
    """

    database: Connection
    workspace: Path
    gallery: str
    key: int
    people: Sequence[str]
    sources: Sequence[int]
    recordings: Sequence[int]
    tracklets: Sequence[int]
    whole: bool
    in_view: Sequence[tuple[int, float, float]] = ()
    copies: Sequence[int] = ()
    log_lines: int = 0


@dataclass(frozen=True)
class Left:
    """Where the second half wipes. The catalogue is locked for `database`, by which it is read."""

    catalogue: Catalogue
    thumbnails: Thumbnails
    database: Connection

    @property
    def workspace(self) -> Path:
        return self.catalogue.workspace


Stayed = Mapping[str, Exception]  # by name, what could not be wiped


class When(Enum):
    """When a keeper of files is called: as crops of a gallery go, as a whole gallery goes, or at the end of every
    deletion, also that of a case."""

    CROPS = "crops"
    GALLERY = "gallery"
    ANYTHING = "anything"


def gallery_name(going: Going) -> Iterable[str]:
    """The usual `write_down`: files are found by the name of their gallery."""
    return [going.gallery]


@dataclass(frozen=True)
class RowKeeper:
    """A kind of rows of the catalogue and its `tables`.

    `forget` is called in the first half, in the order of the list: the crops are there up to the entry that takes
    them. None where no row tells of crops or people: then `why_nothing` says so.
    """

    kind: str
    tables: tuple[str, ...]
    forget: Callable[[Going], None] | None = None
    why_nothing: str = ""


@dataclass(frozen=True)
class FileKeeper:
    """A kind of files, whose paths below the workspace fit one of `places`: "*" stands for a name, a last "**" for all
    that lies below, under names that people gave.

    `write_down` gives names in the first half, and `wipe` wipes those in the second; it may be called again with the
    same ones. `orphans` gives names of files that no row knows of any more. `kind` is what `removal` calls it. Without
    `wipe` nothing ever goes, and `why_nothing` says why.
    """

    kind: str
    places: tuple[str, ...]
    wipe: Callable[[Left, Sequence[str]], Stayed] | None = None
    write_down: Callable[[Going], Iterable[str]] = gallery_name
    when: When = When.CROPS
    orphans: Callable[[Left], Iterable[str]] | None = None
    why_nothing: str = ""

    def answers_for(self, path: str) -> bool:
        """Whether the file of that path, relative to the workspace with "/" between folders, is of this kind."""
        return any(_fits(path.split("/"), place.split("/")) for place in self.places)


def each(wipe: Callable[[Left, str], None]) -> Callable[[Left, Sequence[str]], Stayed]:
    """Wipe names one by one; what raises stays, and the rest goes on."""

    def wipe_all(left: Left, names: Sequence[str]) -> Stayed:
        stayed: dict[str, Exception] = {}
        for name in names:
            try:
                wipe(left, name)
            except Exception as error:  # whatever it is, deletions and the workspace itself depend on the rest
                stayed[name] = error
        return stayed

    return wipe_all


def _fits(path: Sequence[str], place: Sequence[str]) -> bool:
    if place[-1] == "**":
        path, place = path[: len(place) - 1], place[:-1]
    return len(path) == len(place) and all(map(fnmatchcase, path, place))
