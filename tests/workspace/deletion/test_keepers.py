"""Each kind of artefact has a keeper: a workspace with everything in it is walked, and its bytes are searched."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pages.components.shared import markup
from reid_core.datasets import read_dataset
from reid_core.datasets.synthetic import SiteConfig, write_site
from reid_core.embedder import exchange
from reid_core.embedder.inference import Embedder
from reid_core.projection.layout import Layout
from reid_core.retrieval.filters import Filter
from reid_core.signals import StopRequest
from reid_core.training.monitoring.tracking import MLFLOW_DATABASE
from reid_core.workspace import jobs
from reid_core.workspace.cases import cases, verdicts
from reid_core.workspace.cases.verdicts import MATCH, NOT, Seen
from reid_core.workspace.catalogue.recordings import Progress, finish, keep, note_still
from reid_core.workspace.catalogue.selection import Selection
from reid_core.workspace.deletion import wiping
from reid_core.workspace.deletion.deletion import delete, receipts
from reid_core.workspace.deletion.keepers import FILES, MODEL, ROWS
from reid_core.workspace.evaluations.measuring import evaluate_model
from reid_core.workspace.galleries import editing
from reid_core.workspace.galleries.withheld import withhold
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.imports.uploads import keep_upload
from reid_core.workspace.layout import ANALYSING, APP_LOG, CLIPS, STILL, originals
from reid_core.workspace.maps.doubts import dismiss
from reid_core.workspace.maps.examination import SamePerson, examine
from reid_core.workspace.maps.making import make_maps
from reid_core.workspace.models.promotion import compare_models
from reid_core.workspace.opening import open_workspace
from reid_core.workspace.recordings.blurred_copy import blur_recording
from reid_core.workspace.runs import network_names
from reid_core.workspace.runs.training import create_run, train_run
from reid_core.workspace.search import gallery_index, saved_searches
from reid_core.workspace.search.embedding import embed_gallery
from reid_core.workspace.search.gallery_index import GalleryIndex
from reid_core.workspace.search.searching import Example, Question, search
from reid_core.workspace.workspace import VARIABLE, Workspace
from tests.conftest import TESTER, TINY_GALLERY, open_with_model, png_bytes, tiny_picture
from tests.workspace.catalogue.filmed import cut, film, walk
from tests.workspace.deletion.test_deletion import found_in
from tests.workspace.recordings.filed import filed

GALLERY, CASE = "gate", "case one"
TRAINED, TESTED = "zelda-quux", "yolanda-quux"  # the people who go
LAST = "xaver-corge"  # who goes with the gallery
PEOPLE = {TRAINED: "train", TESTED: "test", LAST: "test", "anna": "train", "berta": "train", "carla": "train",
          "dora": "train", "emma": "test", "frida": "test"}  # fmt: skip
TINY = {"backbone": "test_efficientnet", "weights": "none", "height": "64", "width": "32", "epochs": "1",
        "validation": "0.4", "batch_size": "4", "crops_per_person": "2"}  # fmt: skip
SECONDS = 120.0


def files_of(workspace: Workspace) -> list[str]:
    paths = (path for path in workspace.path.rglob("*") if path.is_file())
    return sorted(path.relative_to(workspace.path).as_posix() for path in paths)


def unknown_to_keepers(workspace: Workspace) -> list[str]:
    """Files that not exactly one keeper answers for, and folders of the workspace that none has a place in."""
    tops = {place.split("/")[0] for keeper in FILES for place in keeper.places}
    folders = sorted(folder.name for folder in workspace.path.iterdir() if folder.is_dir())
    strange = [path for path in files_of(workspace) if sum(keeper.answers_for(path) for keeper in FILES) != 1]
    return [*strange, *(name for name in folders if name not in tops)]


def kinds_that_hold(workspace: Workspace, needles: dict[str, bytes]) -> set[str]:
    found = {place.removeprefix("./") for _, place in found_in(workspace.path, needles)}
    return {keeper.kind for keeper in FILES for place in found if keeper.answers_for(place)}


def data_set(folder: Path) -> Path:
    rows = []
    for number, (name, side) in enumerate(PEOPLE.items()):
        (folder / name).mkdir(parents=True)
        for crop in range(6):
            path = f"{name}/{name}-{crop}.png"
            (folder / path).write_bytes(png_bytes(tiny_picture(100 + number, crop)))
            split = "train" if side == "train" else "query" if crop < 2 else "gallery"
            rows.append({"path": path, "identity": name, "camera": f"cam{crop % 3}", "split": split})
    (folder / TRAINED / "broken.png").write_bytes(b"no picture")
    rows.append({**rows[0], "path": f"{TRAINED}/broken.png"})
    pd.DataFrame(rows).to_csv(folder / "crops.csv", index=False)
    return folder / "crops.csv"


def ids(workspace: Workspace, identity: str) -> list[int]:
    crops = workspace.catalogue.crops(GALLERY)
    return [int(id) for id in crops["id"][crops["identity"] == identity]]


def needles_of(workspace: Workspace, *people: str) -> dict[str, bytes]:
    """Names, and bytes of the crops: what is searched for before and after."""
    found = {name: name.encode() for name in people}
    crops = workspace.catalogue.crops(GALLERY)
    for row in crops[crops["identity"].isin(people)].to_dict("records"):
        jpeg = workspace.thumbnails.get(bytes.fromhex(row["sha256"]))
        assert jpeg is not None
        found |= {f"thumbnail {row['id']}": jpeg[-200:-20], f"hash {row['id']}": bytes.fromhex(row["sha256"])}
        found[f"hash in words {row['id']}"] = row["sha256"].encode()
        found[f"picture {row['id']}"] = (Path(row["source"]) / row["path"]).read_bytes()[60:160]
    return found


@pytest.fixture
def full(tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace in which every feature has left what it leaves."""
    monkeypatch.setattr(gallery_index, "KEPT_ROWS", 1)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "workspace"))
    workspace = open_with_model(tmp_path / "workspace", tiny_model)
    dataset = read_dataset(data_set(tmp_path / "data"))
    import_dataset(workspace, dataset, GALLERY, stop=StopRequest(), copy=True)
    write_site(workspace.path / "demo", SiteConfig(identities=2, cameras=2, crops_per_visit=(1, 1)))
    import_dataset(workspace, read_dataset(workspace.path / "demo", train_share=0.0), "demo", stop=StopRequest())
    interrupted_upload(workspace)
    train(workspace)
    for name in ("stripes", "mine"):
        embedder = Embedder(workspace.find_model(name), "cpu")
        embed_gallery(workspace, GALLERY, embedder, stop=StopRequest())
        GalleryIndex(workspace, GALLERY, embedder.id).current()
        make_maps(workspace, GALLERY, embedder.id, [Layout("pca")])
        examine(workspace, GALLERY, embedder.id)
    for entry in workspace.models():
        if entry.name in ("stripes", "mine"):
            evaluate_model(workspace, GALLERY, entry)
    compare_models(workspace, GALLERY, *(Embedder(workspace.find_model(name), "cpu") for name in ("mine", "stripes")))
    look_into(workspace)
    decide(workspace)
    check_as_a_job(workspace)
    record(workspace)
    network_names.keep(workspace, ["resnet50"], [])
    (workspace.runs_folder / MLFLOW_DATABASE).touch()
    (workspace.path / "catalogue.sqlite.version-4.backup").write_bytes(b"zelda-quux, as she was before")
    markup._write_log(ValueError("yolanda-quux was not foreseen"))
    return workspace


def interrupted_upload(workspace: Workspace) -> None:
    dropped = [(name, png_bytes(tiny_picture(100, 20 + number))) for number, name in enumerate((TRAINED, "anna"))]
    place = keep_upload(workspace, [(f"{name}/dropped.png", picture) for name, picture in dropped])
    stop = StopRequest()
    import_dataset(
        workspace, read_dataset(place, train_share=1.0), GALLERY, stop=stop,
        on_progress=lambda done, total: setattr(stop, "requested", True),
    )  # fmt: skip
    assert any(place.rglob("*.png")), "it waits to be imported to its end"


def train(workspace: Workspace) -> None:
    cases.create(workspace, CASE, "who took the bag")
    trained = ids(workspace, TRAINED)
    verdicts.give(workspace, CASE, MATCH, [Seen(crop, 0.9, 1) for crop in trained[:2]])
    verdicts.give(workspace, CASE, NOT, [Seen(ids(workspace, "anna")[0], 0.1, 9)], note="taller")
    run = create_run(
        workspace, GALLERY, "reference", TINY, "mine", trackers=["tensorboard"], with_verdicts=True,
        allow_leakage=True,
    )  # fmt: skip
    train_run(workspace, run, stop=StopRequest(), on_step=lambda *given: None, say=lambda text: None)
    run.log_crops("loss nan at step 1", f"{TRAINED}/{TRAINED}-0.png")


def look_into(workspace: Workspace) -> None:
    """Searches, one of them saved, with a photo that is nobody's here and one that is a crop's."""
    embedder = Embedder(workspace.find_model("stripes"), "cpu")
    index = GalleryIndex(workspace, GALLERY, embedder.id)
    own = workspace.originals(1) / TESTED / f"{TESTED}-0.png"
    examples = (Example(own.read_bytes(), name=own.name), Example(png_bytes(tiny_picture(55, 5)), name="foreign.png"))
    where = Filter(identities=frozenset({TESTED, "emma"}))
    question = Question(examples, where=where, case=CASE, purpose=f"is it {TESTED}?", same_camera=True)
    answer = search(workspace, index, embedder, question)
    saved_searches.save(workspace, CASE, "first look", answer, GALLERY, "stripes")


def decide(workspace: Workspace) -> None:
    crop = ids(workspace, TRAINED)[-1]
    editing.relabel(workspace.catalogue, GALLERY, Selection(ids=frozenset({crop})), "camera", "cellar")
    withhold(workspace.catalogue, GALLERY, Selection(ids=frozenset({crop})))
    dismiss(workspace, GALLERY, [SamePerson(TRAINED, "anna", 0.9, 0.9, ())])


def record(workspace: Workspace) -> None:
    """A recording with one of those who go in its name, its crops and its still, and one that is being analysed."""
    row, going = film(workspace, GALLERY, name=f"{TESTED}.mp4"), film(workspace, GALLERY, name="gate.mp4")
    folder = originals(workspace.path, row.source)
    folder.mkdir()
    picture = png_bytes(tiny_picture(101, 30))
    seen = cut("w", 11, identity=TESTED, sha256=hashlib.sha256(picture).digest())
    (folder / "w.png").write_bytes(picture)
    (folder / STILL).write_bytes(b"still: " + picture)
    workspace.thumbnails.add({seen.sha256: png_bytes(tiny_picture(101, 31))})
    reached = Progress(analysed=60, frames=9, state=f"{TRAINED} is in view".encode())
    keep(workspace.catalogue, row.key, [walk("w")], [replace(seen, path="w.png")], reached)
    keep(workspace.catalogue, going.key, [], [], reached)
    for one in (row, going):
        (workspace.path / CLIPS / str(one.key)).mkdir(parents=True)
        (workspace.path / CLIPS / str(one.key) / "8000-17000.mp4").write_bytes(b"clip: " + picture)
    note_still(workspace.catalogue, row.key, 12.0)
    finish(workspace.catalogue, row.key, reached)
    (workspace.path / ANALYSING).mkdir()
    (workspace.path / ANALYSING / f"{going.key}.lock").touch()  # as an analysis leaves it that is killed
    blur(workspace, workspace.path.parent / "film.mp4")


def blur(workspace: Workspace, file: Path) -> None:
    """A recording of which somebody was deleted before, with a blurred copy."""
    row = filed(workspace, file, gallery=GALLERY, name="yard")
    with workspace.catalogue.transaction() as database:
        database.execute("INSERT INTO deleted_span VALUES (?, 8, 16)", (row.key,))
    assert blur_recording(workspace, GALLERY, "yard", stop=StopRequest()).path.parent == originals(
        workspace.path, row.source
    )


def check_as_a_job(workspace: Workspace) -> None:
    """It names a picture that has changed."""
    with (workspace.originals(1) / TRAINED / f"{TRAINED}-1.png").open("ab") as picture:
        picture.write(b"changed")
    folder = jobs.start_new(workspace.path, "check", "Check", ["check", GALLERY])
    end = time.monotonic() + SECONDS
    while (progress := jobs.read(folder)) is not None and progress.status == "running":
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.timeout(600)
def test_what_names_or_shows_who_is_deleted_goes_from_every_artefact(full: Workspace) -> None:
    assert unknown_to_keepers(full) == []
    needles, last = needles_of(full, TRAINED, TESTED), needles_of(full, LAST)
    kinds = kinds_that_hold(full, needles)
    assert kinds >= {
        "catalogue", "thumbnail", "original", "clips", "upload", "import report", "index", "jobs", "runs", "maps",
        "evaluations", "database backup", "log of the app",
    }, "else it says nothing that they hold none afterwards"  # fmt: skip

    people = Selection(identities=frozenset({TRAINED, TESTED}))
    assert delete(full, GALLERY, people, "request 17").finished is not None
    assert len(list(full.path.glob("originals/*/film.mp4"))) == 1, "a blurred copy of another recording"
    assert found_in(full.path, needles) == set()
    assert {name for name, _ in found_in(full.path, last)} >= {LAST}, "she stays"

    assert delete(full, GALLERY, Selection(), "the site is closed").finished is not None
    assert list(full.path.glob("originals/*/film.mp4")) == []
    assert found_in(full.path, last) == set()
    assert unknown_to_keepers(full) == []


def test_a_folder_that_nobody_answers_for_is_found(tiny_workspace: Workspace) -> None:
    assert unknown_to_keepers(tiny_workspace) == []
    (tiny_workspace.path / "journeys").mkdir()
    assert unknown_to_keepers(tiny_workspace) == ["journeys"]
    (tiny_workspace.path / "journeys" / "day.json").write_text("{}")
    assert unknown_to_keepers(tiny_workspace) == ["journeys/day.json", "journeys"]


@pytest.mark.timeout(600)
def test_a_file_that_nobody_answers_for_is_found_in_every_folder(full: Workspace) -> None:
    """Except where people give names to files, and every one is looked up by its name."""
    assert unknown_to_keepers(full) == []
    theirs = tuple(place.removesuffix("/**") for keeper in FILES for place in keeper.places if place.endswith("/**"))
    markers = []
    for folder in [full.path, *(path for path in full.path.rglob("*") if path.is_dir())]:
        (folder / "faces.dat").touch()
        name = (folder / "faces.dat").relative_to(full.path).as_posix()
        markers += [] if name.startswith(tuple(f"{folder}/" for folder in theirs)) else [name]
    assert unknown_to_keepers(full) == sorted(markers)
    assert {name.count("/") for name in markers} == {0, 1, 2, 3}


def test_a_strange_file_of_a_usual_kind_is_found(tiny_workspace: Workspace) -> None:
    strange = [
        "comparisons/faces.json", "evaluations/faces.json", "jobs/1/faces.json", "maps/g@m/faces.json",
        "models/mine/faces.json", "networks/faces.json", "reports/faces.csv", "runs/mine/faces.json",
        "runs/mine/model/faces.json", "runs/mine/predictions/faces.json",
    ]  # fmt: skip
    for name in strange:
        (tiny_workspace.path / name).parent.mkdir(parents=True, exist_ok=True)
        (tiny_workspace.path / name).touch()
    assert unknown_to_keepers(tiny_workspace) == strange


def test_all_that_a_model_is_made_of_has_a_keeper() -> None:
    assert set(MODEL) == set(exchange.FILES)


def test_a_file_that_nobody_answers_for_is_found_in_a_known_folder(tiny_workspace: Workspace) -> None:
    (tiny_workspace.path / "runs" / "mine" / "faces").mkdir(parents=True)
    (tiny_workspace.path / "runs" / "mine" / "faces" / "1.jpg").touch()
    assert unknown_to_keepers(tiny_workspace) == ["runs/mine/faces/1.jpg"]


def test_every_table_of_the_catalogue_has_one_keeper(tiny_workspace: Workspace) -> None:
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        there = sorted(name for (name,) in rows)
    assert sorted(table for keeper in ROWS for table in keeper.tables) == there


def test_who_forgets_nothing_says_why() -> None:
    for keeper in (*ROWS, *FILES):
        forgets = keeper.forget if keeper in ROWS else keeper.wipe  # type: ignore[union-attr]
        assert (forgets is None) == bool(keeper.why_nothing), keeper.kind
    assert len({keeper.kind for keeper in FILES}) == len(FILES)


def test_what_an_older_version_had_still_to_wipe_is_wiped(
    tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It wrote down paths as "file", whatever they were of."""
    kept = tiny_workspace.path / "insights" / f"{TINY_GALLERY}.json"
    kept.parent.mkdir()
    kept.write_text("zelda-quux")
    monkeypatch.setattr("reid_core.workspace.deletion.deletion.finish", lambda *databases: False)
    delete(tiny_workspace, TINY_GALLERY, Selection(ids=frozenset({1})), "test")
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        database.execute("DELETE FROM removal")
        database.execute("INSERT INTO removal VALUES (1, 'file', ?)", (f"insights/{TINY_GALLERY}.json",))
    assert wiping.finish(tiny_workspace.catalogue, tiny_workspace.thumbnails)
    assert not kept.exists()


def test_what_a_newer_version_has_still_to_wipe_is_left_to_it(tiny_workspace: Workspace) -> None:
    delete(tiny_workspace, TINY_GALLERY, Selection(ids=frozenset({1})), "test")
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        database.execute("UPDATE deletion SET finished = NULL")
        database.execute("INSERT INTO removal VALUES (1, 'journeys', 'x')")
    assert not wiping.finish(tiny_workspace.catalogue, tiny_workspace.thumbnails)
    said = wiping.why_unfinished(tiny_workspace.catalogue, tiny_workspace.thumbnails)
    assert "newer version" in said
    assert "journeys" in said
    assert receipts(tiny_workspace)[0].finished is None
    with sqlite3.connect(tiny_workspace.catalogue.path) as database:
        assert database.execute("SELECT kind, name FROM removal").fetchall() == [("journeys", "x")]


def test_a_keeper_that_fails_delays_the_receipts_end_and_closes_nothing(
    tiny_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("zelda-quux")

    monkeypatch.setattr("reid_core.workspace.deletion.files.os.truncate", fail)  # of what every deletion takes
    monkeypatch.setattr("reid_core.workspace.deletion.keepers.forget_in_runs", fail)
    (tiny_workspace.path / APP_LOG).write_text("something")
    kept = tiny_workspace.path / "insights" / f"{TINY_GALLERY}.json"
    kept.parent.mkdir()
    kept.write_text("{}")
    assert delete(tiny_workspace, TINY_GALLERY, Selection(ids=frozenset({1})), "test").finished is None
    assert not kept.exists(), "other kinds go"
    opened = open_workspace(tiny_workspace.path, TESTER)
    said = wiping.why_unfinished(opened.catalogue, opened.thumbnails)
    assert "runs (RuntimeError)" in said
    monkeypatch.undo()
    assert receipts(open_workspace(tiny_workspace.path, TESTER))[0].finished is not None


def test_a_damaged_file_of_verdicts_in_a_run_closes_nothing(tiny_workspace: Workspace) -> None:
    run = tiny_workspace.runs_folder / "r"
    run.mkdir(parents=True)
    (run / "run.json").write_text("{")
    (run / "verdicts.json").write_text('{"labels":[],"pairs":[],"confirmed":[],"rejected":[],"left_out":[]}')
    assert delete(tiny_workspace, TINY_GALLERY, Selection(ids=frozenset({1})), "test").finished is not None
    assert not (run / "verdicts.json").exists()
