"""What a receipt says of files, where users keep them, that still show deleted people."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from reid_core.workspace.catalogue.recordings import Progress, keep, named
from reid_core.workspace.catalogue.recordings.spans import merged, spans_of
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.clips.shown_file import Fault, ShownFile
from reid_core.workspace.deletion.deletion import Receipt, delete, receipts
from reid_core.workspace.layout import DEMO_VIDEOS
from reid_core.workspace.recordings.still_shown import not_shown, say_same_film, still_shown
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, TINY_GALLERY
from tests.support import films
from tests.workspace.catalogue.filmed import cut, walk
from tests.workspace.deletion.test_deletion import found_in
from tests.workspace.recordings.filed import NAME, TOWN, crops, filed


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", TESTER)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "films").mkdir()
    return tmp_path / "films" / "zelda-quux.mp4"


def said(receipt: Receipt) -> list[tuple[str, str, int, float, bool]]:
    return [(one.recording, one.path, one.stretches, one.seconds, one.gone) for one in receipt.recordings]


def test_a_receipt_names_the_file_that_still_shows_who_was_deleted(workspace: Workspace, path: Path) -> None:
    filed(workspace, path)
    assert said(delete(workspace, TOWN, crops(1), "test")) == [], "another crop of her is still there"
    assert said(delete(workspace, TOWN, crops(2), "test")) == [(NAME, str(path), 1, 8.0, False)]


def test_stretches_are_those_of_this_deletion_and_do_not_overlap(workspace: Workspace, path: Path) -> None:
    row = filed(workspace, path)
    more = [walk("gate-3", 15.0, 17.0), walk("gate-4", 20.0, 21.0)]
    reached = Progress(analysed=40.0, frames=200)
    keep(workspace.catalogue, row.key, more, [cut("gate-3", 15.0), cut("gate-4", 20.0)], reached)
    delete(workspace, TOWN, crops(1, 2), "she asked")
    receipt = delete(workspace, TOWN, crops(4, 5), "they asked")
    assert said(receipt) == [(NAME, str(path), 1, 10.0, False)], "13 to 19 and 18 to 23"
    assert spans_of(workspace.catalogue, TOWN) == {row.key: [(8.0, 23.0)]}
    found = still_shown(workspace, row)
    assert found is not None
    assert (found.stretches, found.seconds) == (1, 15.0), "of both deletions"
    sentence = "15.0 s in 1 stretch are not shown, because somebody in them was deleted."
    assert not_shown(row, spans_of(workspace.catalogue, TOWN)[row.key]) == sentence
    assert not_shown(row, []) == ""


def test_a_crop_without_a_tracklet_is_a_stretch_as_well(workspace: Workspace, path: Path) -> None:
    row = filed(workspace, path)
    keep(workspace.catalogue, row.key, [], [cut(None, 25.0)], Progress(analysed=40.0, frames=200))
    assert said(delete(workspace, TOWN, crops(4), "test")) == [(NAME, str(path), 1, 4.0, False)]
    assert spans_of(workspace.catalogue, TOWN) == {row.key: [(23.0, 27.0)]}


def test_a_recording_that_went_altogether_is_named_too(workspace: Workspace, path: Path) -> None:
    filed(workspace, path)
    receipt = delete(workspace, TOWN, Selection(recordings=frozenset({NAME})), "retention")
    assert said(receipt) == [(NAME, str(path), 0, 0.0, True)]
    assert path.exists()


def test_a_file_that_is_not_there_or_is_another_one_is_not_named(workspace: Workspace, path: Path) -> None:
    filed(workspace, path)
    path.write_bytes(b"another film")
    assert said(delete(workspace, TOWN, crops(1, 2), "test")) == []
    path.unlink()
    assert said(delete(workspace, TOWN, crops(3), "test")) == []


def test_a_file_that_has_grown_is_still_that_one(workspace: Workspace, path: Path) -> None:
    filed(workspace, path)
    with path.open("ab") as file:
        file.write(b"more")
    assert len(delete(workspace, TOWN, crops(1, 2), "test").recordings) == 1


def test_drawn_films_of_the_demo_are_of_nobody(workspace: Workspace) -> None:
    path = workspace.path / DEMO_VIDEOS / "gate.mp4"
    path.parent.mkdir(parents=True)
    filed(workspace, path)
    assert said(delete(workspace, TOWN, crops(1, 2), "test")) == []


def test_nothing_is_said_of_crops_that_are_of_no_recording(tiny_workspace: Workspace) -> None:
    assert delete(tiny_workspace, TINY_GALLERY, crops(1, 2), "test").recordings == ()
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        (details,) = database.execute("SELECT details FROM audit WHERE action = 'delete'").fetchone()
    assert "recordings" not in details


def test_neither_receipt_nor_log_keep_a_path(workspace: Workspace, path: Path) -> None:
    """It is told when the deletion is done, and later by the recording's own row, with which it goes."""
    row = filed(workspace, path)
    delete(workspace, TOWN, crops(1, 2), "test")
    (kept,) = receipts(workspace)
    assert kept.recordings == ()
    assert still_shown(workspace, named(workspace.catalogue, TOWN, NAME)) is not None
    delete(workspace, TOWN, crops(3), "test")
    assert found_in(workspace.path, {"name": b"zelda-quux"}) == set()
    with sqlite3.connect(workspace.catalogue.path) as database:
        lines = [line for (line,) in database.execute("SELECT details FROM audit WHERE action = 'delete' ORDER BY key")]
    assert ['"recordings": 1' in line for line in lines] == [True, True]
    assert row.name == NAME


def test_no_file_is_looked_at_while_the_catalogue_is_locked(
    workspace: Workspace, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that hangs keeps nobody from writing, and what was deleted is deleted by then."""
    filed(workspace, path)
    left: list[int] = []

    def writing_meanwhile(file: ShownFile, **_: bool) -> Fault:
        with sqlite3.connect(workspace.catalogue.path, timeout=0) as database:
            database.execute("BEGIN IMMEDIATE")
            left.append(database.execute("SELECT COUNT(*) FROM crop").fetchone()[0])
        return ""

    monkeypatch.setattr("reid_core.workspace.recordings.still_shown.fault_of", writing_meanwhile)
    assert len(delete(workspace, TOWN, crops(1, 2), "test").recordings) == 1
    assert left == [1]


@pytest.mark.parametrize("where", ["same path", "a copy elsewhere"])
def test_recordings_of_other_galleries_that_are_the_same_film_are_named(
    workspace: Workspace, path: Path, where: str
) -> None:
    filed(workspace, path)
    other = path if where == "same path" else path.with_name("copy.mp4")
    if other != path:
        shutil.copy(path, other)
    filed(workspace, other, gallery="yard", name="door")
    films.film(path.with_name("else.mp4"), 10)
    filed(workspace, path.with_name("else.mp4"), gallery="yard", name="another film")
    first, second = delete(workspace, TOWN, crops(1, 2), "she asked").recordings
    assert (first.recording, first.same_as) == (NAME, "")
    assert (second.gallery, second.recording, second.same_as) == ("yard", "door", NAME)
    assert "Recording door of gallery yard is the same film as gate." in say_same_film(second)
    with sqlite3.connect(workspace.catalogue.path) as database:
        lines = "".join(line for (line,) in database.execute("SELECT details FROM audit WHERE action = 'delete'"))
    assert "door" not in lines
    assert receipts(workspace)[0].recordings == ()


def test_the_same_film_is_named_also_where_the_recording_or_its_file_is_gone(workspace: Workspace, path: Path) -> None:
    filed(workspace, path)
    shutil.copy(path, path.with_name("copy.mp4"))
    filed(workspace, path.with_name("copy.mp4"), gallery="yard", name="door")
    path.unlink()
    (one,) = delete(workspace, TOWN, crops(1, 2), "she asked").recordings
    assert (one.gallery, one.recording) == ("yard", "door")
    (one,) = delete(workspace, TOWN, Selection(recordings=frozenset({NAME})), "retention").recordings
    assert (one.gallery, one.recording) == ("yard", "door")
    assert [one.gone for one in delete(workspace, "yard", crops(4, 5, 6), "retention").recordings] == [True]


@pytest.mark.parametrize(
    ("spans", "duration", "expected"),
    [
        ([], 10.0, []),
        ([(5.0, 6.0), (1.0, 2.0)], 10.0, [(1.0, 2.0), (5.0, 6.0)]),
        ([(1.0, 5.0), (2.0, 3.0)], 10.0, [(1.0, 5.0)]),
        ([(1.0, 5.0), (5.0, 8.0)], 10.0, [(1.0, 8.0)]),
        ([(8.0, 12.0), (11.0, 13.0)], 10.0, [(8.0, 10.0)]),
        ([(8.0, 12.0)], float("nan"), [(8.0, 12.0)]),
    ],
)
def test_stretches_become_apart_from_each_other(
    spans: list[tuple[float, float]], duration: float, expected: list[tuple[float, float]]
) -> None:
    assert merged(spans, duration) == expected
