"""Deletion is real: after it the workspace's bytes are searched, not only its rows."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sqlite3
import subprocess
import tarfile
import time
from pathlib import Path

import numpy as np
import pytest

from reid_core.datasets import read_dataset
from reid_core.datasets.synthetic import SiteConfig, write_site
from reid_core.embedder.inference import Embedder
from reid_core.errors import ReidError
from reid_core.signals import StopRequest
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.catalogue.vectors import read_vectors
from reid_core.workspace.deletion import wiping
from reid_core.workspace.deletion.deletion import delete, plan, receipts
from reid_core.workspace.deletion.holds import hold, holds, release
from reid_core.workspace.galleries import editing
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.opening import open_workspace
from reid_core.workspace.search import gallery_index as indexing_module
from reid_core.workspace.search.embedding import embed_gallery
from reid_core.workspace.search.gallery_index import GalleryIndex
from reid_core.workspace.workspace import Workspace
from tests.conftest import TESTER, TINY_FIRST_TIME, TINY_GALLERY, open_with_model, png_bytes, tiny_picture


def person(identity: str) -> Selection:
    return Selection(identities=frozenset({identity}))


def found_in(folder: Path, needles: dict[str, bytes]) -> set[tuple[str, str]]:
    """Which of these bytes are in which of the folder's files, names of files included.

    Read by another process: whoever closes a database's file lets go of the locks that its own SQLite holds on it.
    """
    archive = subprocess.run(["tar", "-cf", "-", "-C", folder, "."], capture_output=True, check=True).stdout
    found = set()
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        for entry in files:
            file = files.extractfile(entry) if entry.isfile() else None
            content = entry.name.encode() + (file.read() if file else b"")
            found |= {(name, entry.name) for name, needle in needles.items() if needle in content}
    return found


@pytest.fixture
def copied(tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Workspace, dict[str, bytes]]:
    """A workspace with copies, vectors, edits, and a snapshot of its index; and what tells of its person zelda."""
    monkeypatch.setattr(indexing_module, "KEPT_ROWS", 1)
    folder = tmp_path / "data"
    for number, name in enumerate(("zelda-quux", "anna", "berta")):
        (folder / name).mkdir(parents=True)
        for crop in range(3):
            picture = png_bytes(tiny_picture(number, crop))
            (folder / name / f"{name}-cam{crop + 1}.png").write_bytes(picture)
    workspace = open_with_model(tmp_path / "workspace", tiny_model)
    import_dataset(workspace, read_dataset(folder, train_share=0.0), "site", stop=StopRequest(), copy=True)
    embedder = Embedder(workspace.find_model("stripes"), "cpu")
    embed_gallery(workspace, "site", embedder, stop=StopRequest())
    GalleryIndex(workspace, "site", embedder.id).current()
    editing.relabel(workspace.catalogue, "site", person("zelda-quux"), "camera", "cellar-door")
    crops = workspace.catalogue.crops("site")
    ids, vectors = read_vectors(workspace.catalogue, "site", embedder.id)
    needles: dict[str, bytes] = {"label": b"zelda-quux"}
    for row in crops[crops["identity"] == "zelda-quux"].to_dict("records"):
        picture = (folder / row["path"]).read_bytes()
        jpeg = workspace.thumbnails.get(bytes.fromhex(row["sha256"]))
        assert jpeg is not None
        needles |= {
            f"hash {row['id']}": bytes.fromhex(row["sha256"]),
            f"hash in words {row['id']}": row["sha256"].encode(),
            f"thumbnail {row['id']}": jpeg[-200:-20],
            f"original {row['id']}": picture[60:160],
            f"vector {row['id']}": vectors[ids == row["id"]].astype(np.float16).tobytes(),
        }
    return workspace, needles


def test_after_a_deletion_no_byte_of_it_is_left(copied: tuple[Workspace, dict[str, bytes]]) -> None:
    workspace, needles = copied
    there = found_in(workspace.path, needles)
    assert {name for name, _ in there} >= {name for name in needles if not name.startswith("hash in words")}
    assert any("indexes" in file for name, file in there if name.startswith("vector")), "the snapshot held them"
    receipt = delete(workspace, "site", person("zelda-quux"), "request 17")
    assert receipt.finished is not None
    assert found_in(workspace.path, needles) == set()
    assert len(workspace.catalogue.crops("site")) == 6
    workspace_again = open_workspace(workspace.path, TESTER)
    index = GalleryIndex(workspace_again, "site", workspace_again.catalogue.gallery("site").models[-1][0])
    assert len(index.current()) == 6
    assert found_in(workspace.path, needles) == set()


def test_a_whole_gallery_goes_with_its_name_its_copies_and_its_report(
    copied: tuple[Workspace, dict[str, bytes]], tmp_path: Path
) -> None:
    workspace, needles = copied
    (tmp_path / "data" / "anna" / "broken-picture.jpg").write_bytes(b"no picture")
    report = import_dataset(workspace, read_dataset(tmp_path / "data", train_share=0.0), "site", stop=StopRequest())
    assert report.file is not None
    assert "broken-picture" in report.file.read_text()
    receipt = delete(workspace, "site", Selection(), "the case is closed")
    assert (receipt.crops, receipt.held) == (9, 0)
    assert workspace.catalogue.galleries() == []
    needles["report"], needles["source"] = b"broken-picture", str(tmp_path / "data").encode()
    assert found_in(workspace.path, needles) == set()
    assert not list((workspace.path / "originals").rglob("*.png"))


def test_an_interrupted_import_leaves_nothing_that_a_deletion_would_miss(
    copied: tuple[Workspace, dict[str, bytes]],
) -> None:
    """It had written thumbnails and copies, and died before their rows."""
    workspace, _ = copied
    workspace.thumbnails.add({b"\x07" * 32: b"thumbnail-of-nobody"})
    stray = workspace.originals(1) / "anna" / "stray.png"
    stray.write_bytes(b"copy-of-nobody")
    delete(workspace, "site", person("berta"), "test")
    assert found_in(workspace.path, {"thumbnail": b"thumbnail-of-nobody", "copy": b"copy-of-nobody"}) == set()
    assert (workspace.originals(1) / "anna" / "anna-cam1.png").is_file()


def test_a_picture_that_another_crop_shares_keeps_its_thumbnail(tiny_workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "again"
    folder.mkdir()
    row = tiny_workspace.catalogue.crops_of([1]).iloc[0]
    (folder / "same.png").write_bytes((Path(row["source"]) / row["path"]).read_bytes())
    import_dataset(tiny_workspace, read_dataset(folder), "other", stop=StopRequest())
    delete(tiny_workspace, TINY_GALLERY, person("1"), "test")
    assert tiny_workspace.thumbnails.get(bytes.fromhex(row["sha256"])) is not None
    delete(tiny_workspace, "other", Selection(), "test")
    assert tiny_workspace.thumbnails.get(bytes.fromhex(row["sha256"])) is None


def test_the_dry_run_says_what_the_deletion_then_does(tiny_workspace: Workspace) -> None:
    before = tiny_workspace.catalogue.version()
    wanted = Selection(identities=frozenset({"1", "2"}), cameras=frozenset({"hall", "stairs"}))
    planned = plan(tiny_workspace, TINY_GALLERY, wanted)
    assert (planned.crops, planned.vectors, planned.identities, planned.files_kept) == (8, 8, 0, 8)
    assert tiny_workspace.catalogue.version() == before
    assert plan(tiny_workspace, TINY_GALLERY, person("1")).identities == 1
    assert delete(tiny_workspace, TINY_GALLERY, wanted, "test").crops == 8
    assert tiny_workspace.catalogue.gallery(TINY_GALLERY).models[0][2] == 16


def test_the_receipt_proves_what_went_and_names_nobody(tiny_workspace: Workspace) -> None:
    ids = tiny_workspace.catalogue.crops(TINY_GALLERY)
    gone = ids["id"][ids["identity"] == "3"].tolist()
    receipt = delete(tiny_workspace, TINY_GALLERY, person("3"), "request 17")
    assert receipt.ids_sha256 == hashlib.sha256(",".join(str(id) for id in gone).encode()).hexdigest()
    assert (receipt.crops, receipt.selection, receipt.purpose) == (6, "1 identity", "request 17")
    assert receipts(tiny_workspace) == [receipt]
    line = tiny_workspace.catalogue.audit(1)[0]
    assert (line["action"], line["crops"], line["purpose"]) == ("delete", 6, "request 17")


def test_a_deletion_says_why_and_what(tiny_workspace: Workspace) -> None:
    with pytest.raises(ReidError, match="Say why"):
        delete(tiny_workspace, TINY_GALLERY, person("1"), " ")
    with pytest.raises(ReidError, match="No crop of gallery 'tiny' fits: identity 99"):
        delete(tiny_workspace, TINY_GALLERY, person("99"), "test")
    assert receipts(tiny_workspace) == []


def test_an_open_index_no_longer_finds_what_another_process_deleted(tiny_workspace: Workspace) -> None:
    embedder = Embedder(tiny_workspace.find_model("stripes"))
    index = GalleryIndex(tiny_workspace, TINY_GALLERY, embedder.id)
    query = index.current().vectors(np.array([1]))
    delete(open_workspace(tiny_workspace.path, TESTER), TINY_GALLERY, person("1"), "test")
    found = index.current().search(query, 24).ids[0]
    assert sorted(found[found >= 0].tolist()) == tiny_workspace.catalogue.crops(TINY_GALLERY)["id"].tolist()


def test_age_is_the_time_of_the_picture_else_of_its_import(tiny_workspace: Workspace) -> None:
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        database.execute("UPDATE crop SET time = NULL WHERE id = 1")  # imported a moment ago
        database.execute("UPDATE crop SET time = 12.5 WHERE id = 2")  # seconds into a recording: no date
        database.execute("UPDATE crop SET time = NULL, imported = 1000000000 WHERE id = 3")
    old = Selection(older_than=TINY_FIRST_TIME + 60)
    assert delete(tiny_workspace, TINY_GALLERY, old, "retention").crops == 4
    left = tiny_workspace.catalogue.crops(TINY_GALLERY)["id"].tolist()
    assert left == [1, 2, *range(7, 25)]


def test_a_hold_keeps_crops_and_says_so(tiny_workspace: Workspace) -> None:
    assert hold(tiny_workspace, TINY_GALLERY, Selection(ids=frozenset({1, 2, 7})), "case-12") == 3
    assert hold(tiny_workspace, TINY_GALLERY, Selection(ids=frozenset({1})), "case-12") == 0
    assert holds(tiny_workspace) == {"case-12": 3}
    planned = plan(tiny_workspace, TINY_GALLERY, person("1"))
    assert (planned.crops, planned.held, planned.holds) == (4, 2, ("case-12",))
    assert "2 crops would stay: held by case-12" in planned.describe()
    receipt = delete(tiny_workspace, TINY_GALLERY, Selection(), "the whole gallery")
    assert (receipt.crops, receipt.held) == (21, 3)
    assert tiny_workspace.catalogue.crops(TINY_GALLERY)["id"].tolist() == [1, 2, 7]
    with pytest.raises(ReidError, match="All 2 crops are held by case-12"):
        delete(tiny_workspace, TINY_GALLERY, person("1"), "test")
    with pytest.raises(ReidError, match=r"no hold 'case-13'. There are: case-12"):
        release(tiny_workspace, "case-13")
    assert release(tiny_workspace, "case-12") == 3
    assert delete(tiny_workspace, TINY_GALLERY, Selection(), "the whole gallery").crops == 3
    assert tiny_workspace.catalogue.galleries() == []


def test_a_deletion_that_died_before_it_wiped_is_finished_at_the_next_start(
    copied: tuple[Workspace, dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, needles = copied
    with monkeypatch.context() as broken:
        broken.setattr("reid_core.workspace.deletion.deletion.finish", lambda *databases: False)
        assert delete(workspace, "site", person("zelda-quux"), "test").finished is None
    assert len(workspace.catalogue.crops("site")) == 6
    assert found_in(workspace.path, needles) != set()
    again = open_workspace(workspace.path, TESTER)
    assert receipts(again)[0].finished is not None
    assert found_in(workspace.path, needles) == set()


def test_a_reader_who_does_not_let_go_delays_the_receipts_end_and_nothing_else(
    copied: tuple[Workspace, dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, needles = copied
    monkeypatch.setattr(wiping, "_SECONDS_FOR_READERS", 0.2)
    reader = sqlite3.connect(workspace.catalogue.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT COUNT(*) FROM crop").fetchone()
    began = time.monotonic()
    assert delete(workspace, "site", person("zelda-quux"), "test").finished is None
    assert time.monotonic() - began < 10
    assert workspace.catalogue.gallery("site").identities == 2
    reader.close()
    assert wiping.finish(workspace.catalogue, workspace.thumbnails)
    assert found_in(workspace.path, needles) == set()


def test_the_receipt_reads_as_json(tiny_workspace: Workspace) -> None:
    import dataclasses

    receipt = delete(tiny_workspace, TINY_GALLERY, person("1"), "test")
    assert json.loads(json.dumps(dataclasses.asdict(receipt)))["crops"] == 6


def test_a_file_that_cannot_be_removed_delays_the_receipts_end_and_closes_nothing(
    copied: tuple[Workspace, dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, needles = copied
    unlink = Path.unlink

    def stuck(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".png":
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as broken:
        broken.setattr(Path, "unlink", stuck)
        assert delete(workspace, "site", person("zelda-quux"), "test").finished is None
        assert len(open_workspace(workspace.path, TESTER).catalogue.crops("site")) == 6
    left = {name.split()[0] for name, _ in found_in(workspace.path, needles)}
    assert left <= {"label", "original"}, "all but the files themselves is gone already"
    assert receipts(open_workspace(workspace.path, TESTER))[0].finished is not None
    assert found_in(workspace.path, needles) == set()


def test_a_path_through_what_is_a_file_now_counts_as_gone(copied: tuple[Workspace, dict[str, bytes]]) -> None:
    workspace, _ = copied
    folder = workspace.originals(1) / "anna"
    shutil.rmtree(folder)
    folder.write_bytes(b"no folder")
    assert delete(workspace, "site", person("anna"), "test").finished is not None


def test_originals_of_the_user_stay_even_within_the_workspace(tmp_path: Path) -> None:
    workspace = open_workspace(tmp_path / "workspace", TESTER)
    folder = workspace.path / "crops"
    (folder / "anna").mkdir(parents=True)
    (folder / "berta").mkdir()
    for number in range(2):
        for name in ("anna", "berta"):
            (folder / name / f"{number}.png").write_bytes(png_bytes(tiny_picture(number, len(name))))
    import_dataset(workspace, read_dataset(folder), "site", stop=StopRequest())
    assert plan(workspace, "site", person("anna")).files_wiped == 0
    assert delete(workspace, "site", person("anna"), "test").files_kept == 2
    assert len(list(folder.rglob("*.png"))) == 4


def test_what_retrace_drew_itself_goes_also_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    workspace = open_workspace(tmp_path / "link", TESTER)
    drawn = workspace.path / "demo"
    write_site(drawn, SiteConfig(identities=2, cameras=2, crops_per_visit=(2, 2)))
    import_dataset(workspace, read_dataset(drawn, train_share=0.0), "demo", stop=StopRequest())
    before = len(list(drawn.rglob("*.jpg")))
    gone = delete(workspace, "demo", Selection(ids=frozenset({1, 2})), "test")
    assert (gone.crops, gone.files_kept) == (2, 0)
    assert len(list(drawn.rglob("*.jpg"))) == before - 2


def test_what_tells_of_a_person_beside_her_crops_goes_too(
    copied: tuple[Workspace, dict[str, bytes]], tmp_path: Path
) -> None:
    """The report of an import, the records of jobs, changes of labels, and a snapshot that was never finished."""
    workspace, needles = copied
    (tmp_path / "data" / "zelda-quux" / "broken.jpg").write_bytes(b"no picture")
    import_dataset(workspace, read_dataset(tmp_path / "data", train_share=0.0), "site", stop=StopRequest())
    (tmp_path / "more" / "zelda-quux").mkdir(parents=True)  # of which no crop comes in
    (tmp_path / "more" / "zelda-quux" / "broken.jpg").write_bytes(b"no picture")
    report = import_dataset(workspace, read_dataset(tmp_path / "more", train_share=0.0), "site", stop=StopRequest())
    assert report.file is not None
    assert b"zelda-quux" in report.file.read_bytes()
    run = workspace.new_run("site-1")
    (run.folder / "run.json").write_text('{"gallery": "site"}')
    jobs_of_site = {
        "import": ["import", "/zelda-quux", "--gallery", "site"],
        "import-2": ["import", "/zelda-quux", "--gallery=site", "--time-zone=UTC"],  # as the page writes it
        "train": ["train", "--resume", "site-1"],
    }
    for name, arguments in {**jobs_of_site, "index": ["index", "--gallery=website", "--model=site-1"]}.items():
        job = workspace.path / "jobs" / f"20260101T000000-{name}"
        job.mkdir(parents=True)
        (job / "job.json").write_text(json.dumps({"arguments": arguments, "process": 1, "process_started": 0.0}))
        (job / "progress.json").write_text('{"status": "finished"}')
        (job / "log.txt").write_text("zelda-quux/broken.jpg: it is no picture" if name in jobs_of_site else "")
    relabelled = workspace.catalogue.crops("site").query("identity == 'zelda-quux'")["id"].iloc[0]
    editing.relabel(workspace.catalogue, "site", Selection(ids=frozenset({int(relabelled)})), "identity", "anna")
    index = next((workspace.path / "indexes").iterdir())
    (index / f"index.snapshot.{'0a' * 16}.partial").write_bytes(b"zelda-quux")
    delete(workspace, "site", person("zelda-quux"), "test")
    found = {file for _, file in found_in(workspace.path, {"label": needles["label"]})}
    # The crop that is anna's now keeps the name of its file, which is another thing than her label.
    kept = {"./originals/1/zelda-quux", *(f"./originals/1/zelda-quux/{name}" for name in NAMES)}
    assert found <= {"./catalogue.sqlite", *kept}
    assert [folder.name for folder in (workspace.path / "jobs").iterdir()] == ["20260101T000000-index"]
    assert workspace.catalogue.crops("site")["identity"].tolist().count("anna") == 4
    edit = editing.undo(workspace.catalogue, "site")
    assert edit is None or edit.column != "identity"
    assert "zelda-quux" not in set(workspace.catalogue.crops("site")["identity"])


NAMES = [f"zelda-quux-cam{number}.png" for number in (1, 2, 3)]


def test_before_a_date_means_what_has_a_date(tiny_workspace: Workspace) -> None:
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        database.execute("UPDATE crop SET time = 12.5 WHERE id <= 4")  # seconds into a recording
    assert plan(tiny_workspace, TINY_GALLERY, Selection(before=TINY_FIRST_TIME + 55)).crops == 2
    assert plan(tiny_workspace, TINY_GALLERY, Selection(before=13.0)).crops == 4


def test_a_clock_that_runs_ahead_makes_nothing_younger_than_its_import(tiny_workspace: Workspace) -> None:
    now = time.time()
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        database.execute("UPDATE crop SET time = ?, imported = ?", (now + 10 * 365 * 86_400, int(now - 400 * 86_400)))
        database.execute("UPDATE crop SET time = NULL, imported = 0 WHERE id = 1")  # nobody knows
        database.execute("UPDATE crop SET time = ?, imported = 0 WHERE id = 2", (now,))
    assert plan(tiny_workspace, TINY_GALLERY, Selection(older_than=now - 30 * 86_400)).crops == 22


@pytest.mark.parametrize(
    "text",
    ['{"after": 1' + "0" * 400 + "}", '{"older_than": "30d"}', '{"older_than": 1e400}',
     '{"ids": "12"}', '{"ids": [true]}', '{"ids": 5}', "[1]", '{"x": 1}',
     '{"flaw": "x"}', "nonsense", '{"alike": "yes"}', '{"identities": [1]}'],
)  # fmt: skip
def test_a_selection_that_was_spoilt_selects_nothing(text: str) -> None:
    with pytest.raises(ReidError, match="no selection of crops"):
        Selection.from_json(text)


def test_more_than_one_batch_is_wiped(tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiping, "_AT_ONCE", 3)
    gone = tiny_workspace.catalogue.crops(TINY_GALLERY)["sha256"].tolist()
    delete(tiny_workspace, TINY_GALLERY, Selection(), "test")
    assert [tiny_workspace.thumbnails.get(bytes.fromhex(sha256)) for sha256 in gone] == [None] * 24


def test_a_copy_that_another_import_brought_back_stays(
    copied: tuple[Workspace, dict[str, bytes]], tmp_path: Path
) -> None:
    """It came in between the two halves of the deletion."""
    workspace, _ = copied
    with pytest.MonkeyPatch.context() as late:
        late.setattr("reid_core.workspace.deletion.deletion.finish", lambda *databases: False)
        delete(workspace, "site", Selection(ids=frozenset({1})), "test")
    assert (
        import_dataset(workspace, read_dataset(tmp_path / "data", train_share=0.0), "site", stop=StopRequest()).added
        == 1
    )
    assert wiping.finish(workspace.catalogue, workspace.thumbnails)
    for row in workspace.catalogue.crops("site").to_dict("records"):
        assert (Path(row["source"]) / row["path"]).is_file()
        assert workspace.thumbnails.get(bytes.fromhex(row["sha256"])) is not None


def test_a_picture_that_looked_like_a_deleted_one_no_longer_says_so(tmp_path: Path) -> None:
    workspace = open_workspace(tmp_path / "workspace", TESTER)
    for name in ("anna", "berta"):
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / "same.png").write_bytes(png_bytes(tiny_picture(1, 1)))
    import_dataset(workspace, read_dataset(tmp_path / "data", train_share=0.0), "site", stop=StopRequest())
    crops = workspace.catalogue.crops("site")
    assert crops["alike"].tolist() == [None, crops["sha256"].iloc[0]], "the same bytes under two names are both kept"
    delete(workspace, "site", person("anna"), "test")
    assert workspace.catalogue.crops("site")["alike"].tolist() == [None]
