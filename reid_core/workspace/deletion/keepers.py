"""Every kind of artefact that a workspace holds, and how it forgets crops, people and a whole gallery.

Deletion knows no other: who adds an artefact adds an entry here, which names the function that forgets. A test fails
for a file or table of a workspace that nobody here answers for.

What names crops or people is told by where it lies and by typed fields. Only a purpose, which people write in their own
words, is looked through for a name: in the log (`audit_trail.mentions`) and of saved searches.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from itertools import chain

from reid_core.retrieval.backends import BACKENDS
from reid_core.training.monitoring.tracking import MLFLOW_DATABASE
from reid_core.workspace.cases.traces import forget_in_cases
from reid_core.workspace.catalogue.vectors import last_deletion
from reid_core.workspace.clips import cache as clips
from reid_core.workspace.deletion import files, recordings, rows
from reid_core.workspace.deletion.keeper import FileKeeper, Going, Left, RowKeeper, When, each
from reid_core.workspace.galleries.last_used import forget_last_used
from reid_core.workspace.galleries.traces import forget_dismissals, forget_edits
from reid_core.workspace.imports.video.tables import FILE as RECORDINGS
from reid_core.workspace.jobs import forget_jobs_of
from reid_core.workspace.layout import (
    ANALYSING,
    APP_LOG,
    CLIPS,
    COMPARISONS,
    DEMO,
    DETECTORS,
    EVALUATIONS,
    INCOMING,
    INDEXES,
    INSIGHTS,
    LAST_GALLERY,
    LOCK,
    ORIGINALS,
)  # fmt: skip
from reid_core.workspace.maps.files import forget_on_maps
from reid_core.workspace.models.calibration_traces import forget_calibrations
from reid_core.workspace.runs.traces import forget_in_runs, runs_on


def _wipe_jobs(left: Left, gallery: str) -> None:
    forget_jobs_of(left.workspace, gallery, runs_on(left.workspace, gallery))


def _wipe_indexes(left: Left, gallery: str) -> None:
    last = last_deletion(left.catalogue)
    for folder in (left.workspace / INDEXES).glob(f"{gallery}@*"):
        for backend in BACKENDS.values():
            backend.remove_stale(folder, last)
        with suppress(OSError):  # something of a living index is in it
            folder.rmdir()


def _wipe_figures(left: Left, gallery: str) -> None:
    forget_calibrations(left.workspace, gallery)
    files.wipe_of_gallery(left, COMPARISONS, gallery)


def _doomed_originals(going: Going) -> Iterable[str]:
    return chain(files.doomed_originals(going), recordings.doomed_pictures(going))


def _doomed_uploads(going: Going) -> Iterable[str]:
    return chain(files.doomed_uploads(going), recordings.doomed_uploads(going))


def _each_in(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in names)


# Files by their names: what lies beside them nobody would wipe, and so nobody answers for it.
MODEL = ("card.json", "weights.safetensors", "model.onnx", "model.xml", "model.bin")
DETECTOR = ("card.json", "model.onnx", "model.xml", "model.bin")
_JOB = ("job.json", "log.txt", "progress.json", "results.jsonl", "recipe.yaml", "selection.json", RECORDINGS)
_RUN = (
    "run.json", "lock", "log.txt", "crops.txt", "recipe.yaml", "verdicts.json", "mlflow.txt", "batch.jpg", "last.pt",
    "best.safetensors", "steps.csv", "epochs.csv", "resources.csv",
)  # fmt: skip

ROWS = (
    RowKeeper("the log", ("audit", "audit_fields"), rows.forget_in_log),
    RowKeeper(
        "cases", ("investigation", "saved_search", "photo", "example", "verdict"),
        lambda going: forget_in_cases(going.database, going.gallery, going.people),
    ),
    RowKeeper("vectors", ("vector", "no_direction", "tombstone"), rows.forget_vectors),
    RowKeeper("tracklets", ("tracklet",), recordings.forget_tracklets),
    RowKeeper("crops", ("crop", "hold", "withheld", "edit_row"), rows.forget_crop_rows),
    # --- from here on the crops are gone ---
    RowKeeper(
        "edits", ("edit",),
        lambda going: forget_edits(going.database, going.key, going.people, everything=going.whole),
    ),
    RowKeeper("dismissed doubts", ("dismissal",), lambda going: forget_dismissals(going.database, going.key)),
    RowKeeper("recordings", ("recording",), recordings.forget_recordings),
    RowKeeper(
        "spans of recordings that are not shown", ("deleted_span",),
        why_nothing="A span says that somebody was deleted there, names nobody, and goes with its recording.",
    ),
    RowKeeper("zones", ("zone",), why_nothing="They are places in the picture of a camera, and go with their gallery."),
    RowKeeper("sources", ("source",), rows.forget_sources),
    RowKeeper("galleries", ("gallery", "serving"), rows.forget_gallery),
    RowKeeper("receipts", ("deletion",), why_nothing="A receipt says that something went, and names nobody."),
    RowKeeper("what is left to wipe", ("removal",), why_nothing="Each row goes once its files are wiped."),
    RowKeeper("models", ("model", "counter"), why_nothing="They say nothing of crops."),
)  # fmt: skip

FILES = (
    FileKeeper(
        "thumbnail", ("thumbnails.sqlite", "thumbnails.sqlite-*"), files.wipe_thumbnails, files.doomed_thumbnails,
        orphans=files.orphaned_thumbnails,
    ),
    FileKeeper(
        "original", (f"{ORIGINALS}/**",), each(files.wipe_original), _doomed_originals,
        orphans=files.orphaned_originals,
    ),
    # Whoever is deleted may walk through any of them, and they can be cut again.
    FileKeeper(
        "clips", _each_in(f"{CLIPS}/*", *clips.FILES), each(lambda left, name: clips.wipe(left.workspace, name)),
        recordings.all_recordings, orphans=recordings.orphaned_clips,
    ),
    # Its pictures are of nobody real.
    FileKeeper("demo", (f"{DEMO}/**",), each(files.wipe_drawing), files.doomed_drawings),
    # What waits to be imported is in no gallery yet, and is the user's to discard.
    FileKeeper("upload", (f"{INCOMING}/**",), each(files.wipe_file), _doomed_uploads),
    FileKeeper("import report", ("reports/[0-9]*.csv",), each(files.wipe_file), files.import_reports),
    FileKeeper(
        "index", tuple(f"{INDEXES}/*/{files}" for backend in BACKENDS.values() for files in backend.files),
        each(_wipe_indexes),
    ),
    FileKeeper("jobs", _each_in("jobs/*", *_JOB), each(_wipe_jobs)),
    FileKeeper(
        "runs",
        (
            *_each_in("runs/*", *_RUN),
            "runs/*/predictions/epoch-*.json",
            "runs/*/tensorboard/events.out.tfevents.*",
            *_each_in("runs/*/model", *MODEL),
            *_each_in("runs/*/models/*", *MODEL),
        ),
        each(lambda left, gallery: forget_in_runs(left.database, left.workspace, gallery)),
    ),
    FileKeeper(
        "maps", ("maps/*@*/*.safetensors", "maps/*@*/examined.json", "maps/lock"),
        each(lambda left, gallery: forget_on_maps(left.database, left.workspace, gallery)),
    ),
    FileKeeper(
        "evaluations", (f"{EVALUATIONS}/*@*.json",),
        each(lambda left, gallery: files.wipe_of_gallery(left, EVALUATIONS, gallery)),
    ),
    FileKeeper(
        "insights", (f"{INSIGHTS}/*.json",),
        each(lambda left, gallery: files.wipe_of_gallery(left, INSIGHTS, gallery)),
    ),
    # Figures that hold for a gallery, and name nobody in it; another gallery may be given its name.
    FileKeeper(
        "calibrations", (f"{COMPARISONS}/*@*@*.json", *_each_in("models/*", *MODEL)), each(_wipe_figures),
        when=When.GALLERY,
    ),
    FileKeeper(
        "last gallery", (LAST_GALLERY,), each(lambda left, gallery: forget_last_used(left.workspace, gallery)),
        when=When.GALLERY,
    ),
    FileKeeper(
        "database backup", ("catalogue.sqlite.version-*.backup", "thumbnails.sqlite.version-*.backup"),
        each(files.wipe_backups), when=When.ANYTHING,
    ),
    FileKeeper(
        "log of the app", (APP_LOG, f"{APP_LOG}.*"),
        each(lambda left, _: files.empty_logs(left, f"{APP_LOG}*")), when=When.ANYTHING,
    ),
    FileKeeper(
        "catalogue", ("catalogue.sqlite", "catalogue.sqlite-*"),
        why_nothing="Its rows have keepers of their own, and every deletion empties its write-ahead log.",
    ),
    FileKeeper(
        "experiments", (f"runs/{MLFLOW_DATABASE}", f"runs/{MLFLOW_DATABASE}-*"),
        why_nothing="MLflow has recipes and figures of runs, and the name of their gallery.",
    ),
    FileKeeper(
        "network names", _each_in("networks", "names.json", "asked-*", *_JOB),
        why_nothing="They are what timm calls its networks.",
    ),
    FileKeeper(
        "speeds", ("speeds.json",),
        why_nothing="They say how fast recipes train, and on which gallery, whose name receipts keep as well.",
    ),
    FileKeeper(
        "detectors", _each_in(f"{DETECTORS}/*", *DETECTOR),
        why_nothing="They find people, and say nothing of any.",
    ),
    FileKeeper("reserve", ("space.reserve",), why_nothing="Nobody writes anything into it."),
    FileKeeper("locks", (LOCK, "speeds.lock", "*.sqlite.lock", f"{ANALYSING}/*.lock"), why_nothing="They are empty."),
)  # fmt: skip
