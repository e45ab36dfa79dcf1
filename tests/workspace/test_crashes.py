"""What a workspace has to live through: kill -9 at any moment, many processes at once, a full disk."""

from __future__ import annotations

import hashlib
import itertools
import json
import multiprocessing
import random
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reid_core.datasets import read_dataset
from reid_core.embedder.inference import Embedder
from reid_core.errors import ReidError
from reid_core.files import write_atomically
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.catalogue.vectors import count_vectors
from reid_core.workspace.deletion.deletion import delete, receipts
from reid_core.workspace.imports import importing, inspecting
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.opening import open_workspace
from reid_core.workspace.search import embedding, gallery_index
from reid_core.workspace.search.embedding import embed_gallery
from reid_core.workspace.search.gallery_index import GalleryIndex
from reid_core.workspace.search.searching import Example, Question, search
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, open_with_model, png_bytes, tiny_picture

KILLS, ROUNDS = 10, 5  # fifty in all, of a workspace each round: each is a test, which may take 300 seconds
PEOPLE, EACH = 12, 10

# Processes are forked from one that has the libraries imported: a kill every half second instead of every three.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    ["reid_core.workspace.search.searching", "reid_core.workspace.imports.importing", "reid_core.datasets"]
)


def draw(folder: Path, people: int = PEOPLE, each: int = EACH, first: int = 0) -> Path:
    for person in range(first, first + people):
        (folder / f"p{person}").mkdir(parents=True)
        for number in range(each):
            name = f"cam{number % 3 + 1}_{number}.png"
            (folder / f"p{person}" / name).write_bytes(png_bytes(tiny_picture(person, number)))
    return folder


@pytest.fixture
def workspace(tmp_path: Path, tiny_model: Path) -> Workspace:
    return open_with_model(tmp_path / "workspace", tiny_model)


def small_steps() -> None:
    """Many transactions and a snapshot even of few crops, so that there is much to interrupt."""
    inspecting.BATCH = embedding.BATCH = 8
    gallery_index.KEPT_ROWS = 1


# --- kill -9 ---


def go_round(path: Path, data: Path, acknowledged: Path, seed: int) -> None:
    """Import, embed, index, delete a person, and over again; each thing that is done is written down."""
    small_steps()
    chance = random.Random(seed)
    with acknowledged.open("a", buffering=1) as file:

        def say(what: str, value: object) -> None:
            file.write(json.dumps([what, value]) + "\n")

        workspace = open_workspace(path, TESTER)
        dataset = read_dataset(data, train_share=0.0)
        embedder = Embedder(workspace.find_model("stripes"), "cpu")
        while True:
            import_dataset(
                workspace, dataset, "site", stop=StopRequest(), copy=True,
                on_progress=lambda done, total: say("crops", workspace.catalogue.gallery("site").crops),
            )  # fmt: skip
            embed_gallery(
                workspace, "site", embedder, stop=StopRequest(),
                on_progress=lambda done, total: say(
                    "vectors", count_vectors(workspace.catalogue, "site", embedder.id)
                ),
            )  # fmt: skip
            GalleryIndex(workspace, "site", embedder.id).current()
            person = f"p{chance.randrange(PEOPLE)}"
            say("deleting", person)
            delete(workspace, "site", Selection(identities=frozenset({person})), "test")
            say("deleted", person)


def wait_for_lines(file: Path, lines: int, process: Any) -> None:
    """Until so much is acknowledged, however slow the machine is."""
    end = time.monotonic() + 60
    while file.read_bytes().count(b"\n") < lines and process.exitcode is None and time.monotonic() < end:
        time.sleep(0.005)


def check(path: Path, events: list[list[Any]], crops_before: int) -> tuple[int, str | None]:
    """Everything acknowledged is there and nothing is half there; gives the crops and the person that just went."""
    workspace = open_workspace(path, TESTER)
    for database in (workspace.catalogue.path, workspace.thumbnails.path):
        with sqlite3.connect(database) as connection:
            assert connection.execute("PRAGMA quick_check").fetchone()[0] == "ok"
    if not workspace.catalogue.galleries():
        assert not events
        return 0, None
    crops = workspace.catalogue.crops("site")
    least, deleting = crops_before, None
    for what, value in events:
        if what == "crops":
            least = value
        elif what == "deleting":
            deleting = value
        elif what == "deleted":
            least, deleting = least - EACH, None
    people = crops["identity"].value_counts().to_dict()
    if deleting is not None and deleting not in people:
        least -= EACH  # it was not acknowledged, and is whole: all of her went
    assert len(crops) >= least
    assert deleting is None or people.get(deleting, 0) in (0, EACH)
    for row in crops.to_dict("records"):
        assert workspace.thumbnails.get(bytes.fromhex(row["sha256"])) is not None, row["path"]
        assert hashlib.sha256((Path(row["source"]) / row["path"]).read_bytes()).hexdigest() == row["sha256"]
    if any(what in ("deleting", "deleted") for what, _ in events):
        assert all(receipt.finished for receipt in receipts(workspace))
    return len(crops), deleting


@pytest.mark.parametrize("round", range(ROUNDS))
def test_killed_over_and_over_it_has_all_that_it_acknowledged_and_nothing_by_halves(
    workspace: Workspace, tmp_path: Path, round: int
) -> None:
    data = draw(tmp_path / "data")
    chance = random.Random(round)
    kept, reached = 0, set()
    follower: GalleryIndex | None = None  # an app that stays open all the while
    for attempt in range(KILLS):
        acknowledged = tmp_path / f"acknowledged-{attempt}"
        acknowledged.touch()
        process = PROCESSES.Process(target=go_round, args=(workspace.path, data, acknowledged, KILLS * round + attempt))
        process.start()
        # The last one has time for everything: at most 30 lines come before the first deletion.
        wait_for_lines(acknowledged, 40 if attempt == KILLS - 1 else chance.randrange(30), process)
        process.join(chance.uniform(0, 0.1))  # in the middle of what comes next
        assert process.exitcode is None, f"it failed by itself, see above (exit code {process.exitcode})"
        process.kill()
        process.join()
        lines = acknowledged.read_text().splitlines(keepends=True)
        events = [json.loads(line) for line in lines if line.endswith("\n")]
        reached |= {what for what, _ in events}
        kept, _ = check(workspace.path, events, kept)
        info = workspace.catalogue.gallery("site") if kept else None
        if info and info.models:
            follower = follower or GalleryIndex(workspace, "site", info.models[0][0])
            assert len(follower.current()) == info.models[0][2]
    assert reached == {"crops", "vectors", "deleting", "deleted"}, "every kind of work was interrupted"
    import_dataset(workspace, read_dataset(data, train_share=0.0), "site", stop=StopRequest(), copy=True)
    embedder = Embedder(workspace.find_model("stripes"), "cpu")
    embed_gallery(workspace, "site", embedder, stop=StopRequest())
    assert len(workspace.catalogue.crops("site")) == PEOPLE * EACH
    assert len(GalleryIndex(workspace, "site", embedder.id).current()) == PEOPLE * EACH
    # What the killed imports had laid out for rows that they never wrote goes with the next deletion.
    delete(workspace, "site", Selection(identities=frozenset({"p0"})), "test")
    crops = workspace.catalogue.crops("site")
    copies = {file for file in (workspace.path / "originals").rglob("*") if file.is_file()}
    assert copies == {Path(source) / name for source, name in zip(crops["source"], crops["path"], strict=True)}
    assert {sha256.hex() for sha256 in workspace.thumbnails.hashes()} == set(crops["sha256"])


# --- many at once ---


def bring_in(path: Path, data: Path, copy: bool) -> None:
    small_steps()
    report = import_dataset(
        open_workspace(path, TESTER), read_dataset(data, train_share=0.0), "site", stop=StopRequest(), copy=copy
    )  # fmt: skip
    assert report.added == PEOPLE * EACH, report
    assert not report.skipped


def keep_searching(path: Path, photo: Path, until: Path, asked: Path) -> None:
    workspace = open_workspace(path, TESTER)
    embedder = Embedder(workspace.find_model("stripes"), "cpu")
    index = GalleryIndex(workspace, "site", embedder.id)
    for number in itertools.count(1):
        answer = search(workspace, index, embedder, Question((Example(photo.read_bytes()),), top=5))
        assert len(answer.crops) == 5
        asked.write_text(str(number))
        if until.exists():
            return


def keep_embedding(path: Path, until: Path) -> None:
    small_steps()
    workspace = open_workspace(path, TESTER)
    embedder = Embedder(workspace.find_model("stripes"), "cpu")
    while True:
        over = until.exists()
        embed_gallery(workspace, "site", embedder, stop=StopRequest())
        if over:
            return


def keep_deleting(path: Path, data: Path, until: Path) -> None:
    """Another gallery comes and goes, and with each of its deletions files without rows are looked for."""
    small_steps()
    workspace = open_workspace(path, TESTER)
    while True:
        over = until.exists()
        import_dataset(workspace, read_dataset(data, train_share=0.0), "other", stop=StopRequest(), copy=True)
        assert delete(workspace, "other", Selection(), "test").crops == 2 * EACH
        if over:
            return


def test_importers_searchers_an_embedder_and_a_deleter_share_a_workspace(workspace: Workspace, tmp_path: Path) -> None:
    """Two importers and four searchers, and more."""
    first = draw(tmp_path / "first", people=2)
    import_dataset(workspace, read_dataset(first, train_share=0.0), "site", stop=StopRequest())
    embedder = Embedder(workspace.find_model("stripes"), "cpu")
    embed_gallery(workspace, "site", embedder, stop=StopRequest())
    over = tmp_path / "over"
    sets = [draw(tmp_path / f"set{number}", first=100 * (number + 1)) for number in range(2)]
    importers = [
        PROCESSES.Process(target=bring_in, args=(workspace.path, data, number == 0)) for number, data in enumerate(sets)
    ]
    others = [PROCESSES.Process(target=keep_embedding, args=(workspace.path, over))]
    others.append(PROCESSES.Process(target=keep_deleting, args=(workspace.path, first, over)))
    asked = [tmp_path / f"asked{number}" for number in range(4)]
    photo = first / "p0" / "cam1_0.png"
    others += [PROCESSES.Process(target=keep_searching, args=(workspace.path, photo, over, file)) for file in asked]
    for process in (*others, *importers):
        process.start()
    for process in importers:
        process.join(120)
    end = time.monotonic() + 60
    while not all(file.exists() for file in asked) and time.monotonic() < end:
        time.sleep(0.05)  # on a busy machine the searchers may be slower to start than the importers to end
    over.touch()
    for process in others:
        process.join(120)
    assert [process.exitcode for process in (*importers, *others)] == [0] * 8
    info = workspace.catalogue.gallery("site")
    total = (2 + 2 * PEOPLE) * EACH
    assert (info.crops, info.models[0][2]) == (total, total)
    assert len(GalleryIndex(workspace, "site", embedder.id).current()) == total
    for row in workspace.catalogue.crops("site").to_dict("records"):
        assert (Path(row["source"]) / row["path"]).is_file()
        assert workspace.thumbnails.get(bytes.fromhex(row["sha256"])) is not None
    searches = sum(int(file.read_text()) for file in asked)
    assert sum(line["action"] == "search" for line in workspace.catalogue.audit(10**6)) == searches


# --- a full disk ---


@pytest.fixture
def fill_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, int], None]:
    """Gives `fill_disk(database, pages)`: SQLite can add that many pages to the file, and then says that it is full."""
    limits: dict[str, int] = {}
    connect = sqlite3.connect

    def limited(path: Any, *arguments: Any, **options: Any) -> sqlite3.Connection:
        database = connect(path, *arguments, **options)
        if str(path) in limits:
            database.execute(f"PRAGMA max_page_count={limits[str(path)]}")
        return database

    def fill(path: Path, pages: int) -> None:
        with connect(path) as database:
            limits[str(path)] = database.execute("PRAGMA page_count").fetchone()[0] + pages

    monkeypatch.setattr("reid_core.workspace.catalogue.schema.sqlite3.connect", limited)
    return fill


@pytest.mark.parametrize("which", ["catalogue", "thumbnails"])
def test_a_full_disk_is_a_sentence_and_what_was_there_stays(
    workspace: Workspace, tmp_path: Path, fill_disk: Callable[[Path, int], None], which: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(inspecting, "BATCH", 8)
    dataset = read_dataset(draw(tmp_path / "data"), train_share=0.0)
    file = workspace.path / f"{which}.sqlite"
    fill_disk(file, 1)
    done: list[int] = []
    with pytest.raises(ReidError, match=rf"{which}\.sqlite could not be written.*free some space"):
        import_dataset(
            workspace, dataset, "site", stop=StopRequest(), on_progress=lambda now, total: done.append(now)
        )  # fmt: skip
    kept = len(Catalogue(workspace.catalogue.path, TESTER).crops("site"))
    assert kept == (done[-1] if done else 0) < PEOPLE * EACH
    fill_disk(file, 10_000)
    assert import_dataset(workspace, dataset, "site", stop=StopRequest()).added == PEOPLE * EACH - kept


def test_a_disk_that_is_full_of_copies_is_a_sentence(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspecting, "BATCH", 8)
    dataset = read_dataset(draw(tmp_path / "data"), train_share=0.0)
    room = iter(range(20))

    def until_full(path: Path, write: Callable[[Any], object]) -> None:
        if next(room, None) is None:
            raise OSError(28, "No space left on device")
        write_atomically(path, write)

    with monkeypatch.context() as full:
        full.setattr(importing, "write_atomically", until_full)
        with pytest.raises(ReidError, match="could not be copied into the workspace .the disk is full"):
            import_dataset(workspace, dataset, "site", stop=StopRequest(), copy=True)
    assert len(workspace.catalogue.crops("site")) == 16
    assert import_dataset(workspace, dataset, "site", stop=StopRequest(), copy=True).added == PEOPLE * EACH - 16


# --- an index that is not of this catalogue ---


def test_a_snapshot_of_a_later_or_another_catalogue_is_not_believed(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery_index, "KEPT_ROWS", 1)
    embedder = Embedder(workspace.find_model("stripes"), "cpu")
    first = draw(tmp_path / "first", people=2)
    import_dataset(workspace, read_dataset(first, train_share=0.0), "site", stop=StopRequest())
    embed_gallery(workspace, "site", embedder, stop=StopRequest())
    saved = sqlite3.connect(tmp_path / "saved.sqlite")
    with sqlite3.connect(workspace.catalogue.path) as database:
        database.backup(saved)  # what an administrator puts back after a mishap
    saved.close()
    more = draw(tmp_path / "more", people=2, first=5)
    import_dataset(workspace, read_dataset(more, train_share=0.0), "site", stop=StopRequest())
    embed_gallery(workspace, "site", embedder, stop=StopRequest())
    index = GalleryIndex(workspace, "site", embedder.id)
    assert len(index.current()) == 4 * EACH

    restored = open_workspace(tmp_path / "restored", TESTER)
    with sqlite3.connect(tmp_path / "saved.sqlite") as source, sqlite3.connect(restored.catalogue.path) as target:
        source.backup(target)
    shutil.copytree(workspace.path / "indexes", restored.path / "indexes")
    assert len(GalleryIndex(restored, "site", embedder.id).current()) == 2 * EACH
    shutil.rmtree(restored.path / "indexes")
    shutil.copytree(workspace.path / "indexes", restored.path / "indexes")
    with sqlite3.connect(restored.catalogue.path) as database:  # it has gone on, and overtaken the snapshot
        database.execute("UPDATE counter SET seq = seq + 1000")
    assert len(GalleryIndex(restored, "site", embedder.id).current()) == 2 * EACH
