"""The workspace's own copies of films that a deletion takes: what happens to them is said before, and where a copy is
the only file that is known of its recording, a blurred one takes its place, so that other people's walks stay.

The blurred one is written before anything is deleted, and put in place with the rows of the deletion. Until then a
crash leaves all as it was; after that pages play the blurred one, and no receipt is finished before the film that shows
the deleted is gone.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from sqlite3 import Connection
from typing import TYPE_CHECKING

from reid_core.errors import ReidError
from reid_core.files import one_at_a_time
from reid_core.records import plural
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.recordings.rows import DeletedMeanwhile, RecordingRow
from reid_core.workspace.catalogue.recordings.spans import Span, note_blurred
from reid_core.workspace.clips.cache import wipe as wipe_clips
from reid_core.workspace.clips.shown_file import blurred_of, fault_of, file_of, original_of
from reid_core.workspace.deletion.recordings import Taken
from reid_core.workspace.layout import LOCK, upload_of
from reid_core.workspace.workspace import Workspace

if TYPE_CHECKING:  # FFmpeg takes its time
    from reid_core.workspace.recordings.blurred_copy import BlurredFilm

OnProgress = Callable[[float, float | None], None]  # seconds of video that are blurred, and in all where that is known


@dataclass(frozen=True)
class KeptCopy:
    """The workspace's copy of a recording, which shows somebody who is deleted and so goes.

    `only` says that no other file of the recording is known, `gone` that the recording goes, too. `tracklets` of it
    stay. `blurs` says that a blurred copy can take its place, which takes about `seconds`, None where that is not
    known, and `over` that the recording is analysed to its end. `elsewhere` is where its file lies, "" where that is
    not known.
    """

    recording: str
    key: int
    tracklets: int
    only: bool
    gone: bool
    blurs: bool
    over: bool
    seconds: float | None
    elsewhere: str = ""

    def removed(self) -> KeptCopy:
        """As it is where nothing is to be blurred."""
        return dataclasses.replace(self, blurs=False, seconds=None)

    def would(self) -> str:
        """What the deletion would do with it, in sentences for a person who is about to decide."""
        copy = f"The workspace's copy of recording {self.recording}"
        if not self.only:
            return f"{copy} would be removed, because it shows them. Its file stays where it is: {self.elsewhere}"
        if self.gone:
            return f"{copy} would be removed, too. No other file of it is known."
        if self.blurs:
            return (
                f"{copy} shows them, and no other file of it is known. It would be blurred first{self._how_long()}, so "
                f"that {self._stay()} can still be played."
            )
        return f"{copy} would be removed, and no other file of it is known. {self.lost()}"

    def lost(self) -> str:
        """What is lost where the only file of a recording that stays is removed."""
        rest = "" if self.over else ", and the rest of it could not be analysed"
        stay = self._stay()
        return f"{stay[0].upper()}{stay[1:]} could not be played any more{rest}."

    def did(self) -> str:
        """The same when it is done."""
        copy = f"The workspace's copy of recording {self.recording}"
        if not self.only:
            return f"{copy} was removed. Its file stays where it is: {self.elsewhere}"
        if self.blurs:
            return f"{copy} is blurred now where they were in view. No other file of it is known."
        if self.gone:
            return f"{copy} was removed. No other file of it is known."
        return f"{copy} was removed, and no other file of it is known: {self._stay()} cannot be played any more."

    def _stay(self) -> str:
        return (
            "the tracklet that stays" if self.tracklets == 1 else f"the {plural(self.tracklets, 'tracklet')} that stay"
        )

    def _how_long(self) -> str:
        if self.seconds is None:
            return ""
        minutes = round(self.seconds / 60)
        return f", which takes about {f'{minutes} min' if minutes else f'{max(1, round(self.seconds))} s'}"


def kept_copies(workspace: Workspace, taken: Sequence[Taken]) -> tuple[KeptCopy, ...]:
    """Those whose file is there. It reads files where users keep them: call it outside of a transaction."""
    found = []
    for one in taken:
        if not _has_film(workspace, one.row):
            continue
        only = _is_only(workspace, one)
        row, is_over = one.row, one.row.finished is not None and one.row.sha256 is not None
        seconds = None
        if blurs := only and not one.gone and is_over:
            seconds = _seconds(row)
        found.append(
            KeptCopy(row.name, row.key, one.stays, only, one.gone, blurs, is_over, seconds, "" if only else row.path)
        )
    return tuple(found)


def expected(taken: Sequence[Taken]) -> dict[int, tuple[list[Span], bool]]:
    """By the number of the recording, what has to be so when the deletion is made; see `Prepared`."""
    return {one.row.key: (list(one.spans), one.gone) for one in taken}


@dataclass(frozen=True)
class Prepared:
    """Blurred films that wait to be put in place, and how all was when they were made."""

    workspace: Workspace
    films: Sequence[BlurredFilm]
    taken: Sequence[Taken]

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """They lie where the catalogue is to look for them, if the block ends well, and nowhere else if it raises. No
        other process lays out or sweeps files meanwhile."""
        if not self.films:
            yield
            return
        from reid_core.workspace.recordings.blurred_copy import in_words

        with one_at_a_time(self.workspace.path / LOCK):
            try:
                for film in self.films:
                    with in_words(film.row):
                        film.temporary.replace(film.place)
                        wipe_clips(self.workspace.path, str(film.row.key))  # they were cut from what shows the deleted
                yield
            except BaseException:
                for film in self.films:
                    film.place.unlink(missing_ok=True)
                raise

    def check(self, taken: Sequence[Taken]) -> None:
        """Raises DeletedMeanwhile where the deletion would take other copies now, or more of one."""
        if expected(taken) != expected(self.taken):
            raise DeletedMeanwhile("Something else was deleted meanwhile. Run the same command again.")

    def note(self, database: Connection, catalogue: Catalogue, purpose: str) -> None:
        """Within the deletion's transaction, once the rows are gone."""
        for film in self.films:
            note_blurred(database, catalogue, film.row, film.spans, film.known, purpose)


@contextmanager
def prepared(
    workspace: Workspace,
    taken: Sequence[Taken],
    copies: Sequence[KeptCopy],
    stop: StopRequest,
    on_progress: OnProgress,
) -> Iterator[Prepared]:
    """Blurs what can be, under temporary names; what was not put in place is gone after the block.

    Raises ReidError where that cannot be, with what to do, and `whole_files.Stopped`.
    """
    rows = {one.row.key: one for one in taken}
    with ExitStack() as stack:
        films, before = [], 0.0
        for one in [copy for copy in copies if copy.blurs]:
            row = rows[one.key].row

            def tell(done: float, total: float | None, before: float = before) -> None:
                on_progress(before + done, None if total is None else before + total)

            films.append(stack.enter_context(_blurred(workspace, row, rows[one.key].spans, stop, tell)))
            before += row.duration
        yield Prepared(workspace, films, taken)


@contextmanager
def _blurred(
    workspace: Workspace, row: RecordingRow, spans: Sequence[Span], stop: StopRequest, on_progress: OnProgress
) -> Iterator[BlurredFilm]:
    from reid_core.workspace.recordings.blurred_copy import blurred_film

    own, blurred = file_of(workspace, row), blurred_of(row)
    sha256 = row.sha256 or b"" if blurred is None else bytes.fromhex(blurred["sha256"])
    # One is made of the other, and two deletions may be at it at once: each has a name of its own.
    place = workspace.originals(row.source) / f"blurred-{secrets.token_hex(4)}.mp4"
    with ExitStack() as stack:
        try:
            made = stack.enter_context(blurred_film(row, spans, own, sha256, place, stop, on_progress=on_progress))
        except ReidError as error:
            raise type(error)(
                f"Nothing was deleted, because the workspace's copy of recording {row.name} could not be blurred "
                f"first. {error} Or have the copy removed instead: --remove-copies, on the page Remove."
            ) from error
        yield made


def _has_film(workspace: Workspace, row: RecordingRow) -> bool:
    """Whether the workspace has one of it: its copy, or what was dropped. What lies elsewhere is the user's."""
    path = file_of(workspace, row).path
    is_ours = path.parent == workspace.originals(row.source) or upload_of(workspace.incoming, path) is not None
    return is_ours and path.is_file()


def _is_only(workspace: Workspace, one: Taken) -> bool:
    """Of a recording that goes, whether a file is there is enough: there may be a great many."""
    original = original_of(one.row)
    if upload_of(workspace.incoming, original.path) is not None:
        return True
    return not original.path.is_file() if one.gone else bool(fault_of(original))


def _seconds(row: RecordingRow) -> float | None:
    from reid_core.workspace.recordings.blurred_copy import seconds_for

    seconds = seconds_for(row)
    return seconds if seconds >= 0 else None  # NaN is not
