"""`make demo-assets`: everything that the demo ships or shows, step by step, from nothing but its seed.

    python -m tests.house.demo_assets [FOLDER]

The recordings are drawn in the folder, which git leaves out, and analysed there as `reid video` does it, by the
detector and the model that ship; what was found is written into `assets/demo`. With the same detector, model and
libraries the same bytes come out. Recordings that are drawn already are kept.
"""

from __future__ import annotations

import dataclasses
import io
import json
import math
import shutil
import sys
import time
import zipfile
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from reid_core.datasets.synthetic.recordings import DEMO_RECORDINGS, write_recordings
from reid_core.embedder.inference import Embedder
from reid_core.embedder.model import SHIPPED_MODELS, SYNTHETIC
from reid_core.files import write_atomically
from reid_core.images import decode
from reid_core.signals import StopRequest
from reid_core.video.detection import load_detector
from reid_core.video.detection.detector import SHIPPED as DETECTOR
from reid_core.video.detection.detector import SHIPPED_DETECTORS
from reid_core.video.stream import Reading
from reid_core.workspace.actor import PROGRAM, Actor
from reid_core.workspace.catalogue.recordings.finding import every
from reid_core.workspace.catalogue.recordings.rows import RecordingRow
from reid_core.workspace.catalogue.recordings.walks import path_of_bytes
from reid_core.workspace.catalogue.vectors import vectors_of
from reid_core.workspace.imports import recordings
from reid_core.workspace.imports.demo_assets import (
    CROPS,
    OF_RECORDING,
    OF_TRACKLET,
    RECORDINGS,
    SHIPPED,
    TABLE,
    VECTORS,
)
from reid_core.workspace.imports.planned_recordings import Planned
from reid_core.workspace.imports.recording_files import chosen_start, find_recordings
from reid_core.workspace.imports.recordings import import_recording
from reid_core.workspace.layout import STILL
from reid_core.workspace.workspace import Workspace

COMMAND = "make demo-assets"
FOLDER = Path(__file__).parents[2] / "build" / "demo-assets"
DRAWN, ANALYSED = "recordings", "workspace"
NO_DATE = datetime(1980, 1, 1).timetuple()[:6]  # the first that a zip archive can have


def draw_recordings(folder: Path) -> None:
    """The four recordings of the demo's site, each with its truth, and `site.json`."""

    def tell(done: int, total: int) -> None:
        if done * 10 // total > (done - DEMO_RECORDINGS.rate) * 10 // total:
            print(f"  {done:,} of {total:,} frames", flush=True)

    write_recordings(folder / DRAWN, DEMO_RECORDINGS, tell)


def analyse_recordings(folder: Path) -> None:
    """A workspace with what is found in them, from the beginning each time."""
    shutil.rmtree(folder / ANALYSED, ignore_errors=True)
    workspace = Workspace(folder / ANALYSED, Actor(COMMAND, PROGRAM))
    detector, embedder = load_detector(SHIPPED_DETECTORS / DETECTOR), Embedder(SHIPPED_MODELS / SYNTHETIC, "cpu")
    recordings.STEP = math.inf  # steps by the clock would group crops by chance, and vectors differ in their last bits
    for found in find_recordings(folder / DRAWN, Reading(threads=1))[0]:
        assert found.camera is not None
        said = tuple(one for one in found.starts.proposals if one.source != "file")  # drawn elsewhere at another time
        planned = Planned(
            found.path, found.camera.camera, found.facts.duration or math.nan, chosen_start(found, "name"), said,
            reading=Reading(threads=1),
        )  # fmt: skip
        report = import_recording(workspace, planned, RECORDINGS, detector, embedder, stop=StopRequest())
        print(f"  {found.path.name}: {report.tracklets} tracklets, {report.crops} crops", flush=True)


def write_assets(folder: Path, into: Path = SHIPPED) -> None:
    """What ships, of that workspace. The date stays where nothing else changes."""
    workspace = Workspace(folder / ANALYSED, Actor(COMMAND, PROGRAM))
    rows = sorted(every(workspace.catalogue, RECORDINGS), key=lambda row: row.name)
    crops = workspace.catalogue.crops(RECORDINGS)
    model, detector = Embedder(SHIPPED_MODELS / SYNTHETIC, "cpu").id, rows[0].detector
    pictures: dict[str, bytes] = {}
    ids: list[int] = []
    told = []
    for row in rows:
        own = crops[crops["path"].str.startswith(f"{row.name}-")].to_dict("records")
        walks = [_tracklet(cells, own) for cells in _tracklet_cells(workspace, row)]
        ids += [crop["id"] for walk in walks for crop in walk["crops"]]
        names = [crop["path"] for walk in walks for crop in walk["crops"]]
        pictures |= {name: (workspace.originals(row.source) / name).read_bytes() for name in names}
        still = f"{row.name}/{STILL}"
        pictures[still] = _smaller((workspace.originals(row.source) / STILL).read_bytes())
        told.append(_recording(row, still) | {"tracklets": walks})
    for walk in (walk for one in told for walk in one["tracklets"]):
        walk["crops"] = [{name: value for name, value in crop.items() if name != "id"} for crop in walk["crops"]]
    there, vectors = vectors_of(workspace.catalogue, model, ids)
    assert sorted(ids) == there.tolist(), "every crop has a direction"
    whole = {
        "note": "Drawn people, none of them real: what an analysis found in four drawn recordings.",
        "command": COMMAND,
        "date": datetime.now(UTC).date().isoformat(),
        "model": {"name": SYNTHETIC, "id": model},
        "detector": {"name": DETECTOR, "id": detector},
        "film": dataclasses.asdict(DEMO_RECORDINGS),
        "recordings": told,
    }
    into.mkdir(parents=True, exist_ok=True)
    _write(into / CROPS, _archive(pictures))
    ordered = vectors[np.searchsorted(there, ids)].astype(np.float16)
    _write(into / VECTORS, save({"vectors": ordered}, {"model": model}))
    before = json.loads((into / TABLE).read_bytes()) if (into / TABLE).is_file() else {}
    if json.loads(json.dumps(whole | {"date": ""})) == before | {"date": ""}:
        whole["date"] = before["date"]
    _write(into / TABLE, (_laid_out(whole, 4) + "\n").encode())


def _recording(row: RecordingRow, still: str) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in OF_RECORDING}
    return {
        "file": Path(row.path).name, **values, "frames": row.frames, "analysed": row.analysed, "problems": row.problems,
        "still": still, "still_moment": row.still_moment,
    }  # fmt: skip


def _tracklet_cells(workspace: Workspace, row: RecordingRow) -> list[dict[str, Any]]:
    with workspace.catalogue.transaction() as database:
        found = database.execute("SELECT * FROM tracklet WHERE recording = ? ORDER BY key", (row.key,))
        names = [column[0] for column in found.description]
        return [dict(zip(names, cells, strict=True)) for cells in found]


def _tracklet(cells: dict[str, Any], crops: list[dict[Hashable, Any]]) -> dict[str, Any]:
    path = path_of_bytes(cells["path"])
    read = {
        **cells,
        "path": [[round(float(value), 2) for value in point] for point in path],
        "entry": [round(cells["entry_x"], 2), round(cells["entry_y"], 2)],
        "exit": [round(cells["exit_x"], 2), round(cells["exit_y"], 2)],
        "score": round(cells["score"], 4), "moved": round(cells["moved"], 3),
        "open_at_start": bool(cells["open_at_start"]), "open_at_end": bool(cells["open_at_end"]),
    }  # fmt: skip
    own = [crop for crop in crops if crop["tracklet"] == cells["name"]]
    return {name: read[name] for name in OF_TRACKLET} | {"crops": [_crop(crop) for crop in own]}


def _crop(crop: dict[Hashable, Any]) -> dict[str, Any]:
    box = [round(crop[f"box_{side}"], 2) for side in ("left", "top", "width", "height")]
    return {"id": crop["id"], "path": crop["path"], "moment": round(crop["moment"], 6), "box": box}


def _smaller(jpeg: bytes) -> bytes:
    """A still in half the bytes: it shows a place, and nothing is measured on it."""
    held = io.BytesIO()
    decode(jpeg).save(held, "JPEG", quality=80)
    return held.getvalue()


def _archive(pictures: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:  # JPEGs do not get smaller
        for name, data in pictures.items():
            archive.writestr(zipfile.ZipInfo(name, NO_DATE), data)
    return held.getvalue()


def _laid_out(value: Any, levels: int) -> str:
    """JSON in which so many levels have a line for each part, and what is below stands on one line."""
    if not levels or not value or not isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        parts = [f"{json.dumps(name)}: {_laid_out(part, levels - 1)}" for name, part in value.items()]
        return "{\n" + ",\n".join(parts) + "\n}"
    return "[\n" + ",\n".join(_laid_out(part, levels - 1) for part in value) + "\n]"


def _write(path: Path, data: bytes) -> None:
    write_atomically(path, lambda file: file.write(data))


STEPS: dict[str, Callable[[Path], None]] = {  # in this order
    "recordings": draw_recordings,
    "analysis": analyse_recordings,
    "assets": write_assets,
}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, step in STEPS.items():
        print(name)
        began = time.perf_counter()
        step(folder)
        print(f"  {time.perf_counter() - began:.0f} s")
    for path in sorted(SHIPPED.iterdir()):
        print(f"{path.stat().st_size:>12,}  {path.relative_to(SHIPPED.parents[1])}")


if __name__ == "__main__":
    main()
