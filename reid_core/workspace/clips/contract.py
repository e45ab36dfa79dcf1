"""What the player is told of a crop's walk, in one answer, and how it asks for a conversion."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reid_core.workspace import job_kinds, jobs
from reid_core.workspace.catalogue.recordings.rows import read
from reid_core.workspace.clips.cutting import Cut, clip_of
from reid_core.workspace.clips.shown_file import blurred_of
from reid_core.workspace.clips.walks import Walk
from reid_core.workspace.jobs import Job
from reid_core.workspace.layout import STILL
from reid_core.workspace.workspace import Workspace

WORD = "clip"  # the command that converts
BLURRED_COPY = "blurred copy"  # is what it is cut from
_starting = threading.Lock()


def answer(workspace: Workspace, crop: int, at: float | None = None) -> dict[str, Any]:
    """As JSON has it. Raises NotThere for a crop that is gone, or is of no recording.

    `clip` has the address of the MP4, the moment of its first frame, at which it begins, and those of all frames. Where
    it is null, `problem` says why, `kind` which kind of reason that is, and `convert` whether `convert` helps;
    `converting` tells how far that is.
    """
    cut = clip_of(workspace, crop, at)
    walk, row = cut.walk, cut.walk.row
    job = None if cut.clip is not None else _job_of(workspace, walk)
    return {
        "crop": crop, "tracklet": walk.tracklet, "recording": row.name, "camera": walk.camera,
        "size": [row.width, row.height], "start": walk.start, "end": walk.end, "moment": walk.moment,
        "clock": walk.clock, "path": walk.path, "box": walk.box, "earlier": walk.earlier, "later": walk.later,
        "stretch": walk.stretch or (walk.start, walk.end), "still": _still(walk),
        "picture": f"/pictures/{crop}/{walk.sha256}.jpg", **_clip(cut, job),
    }  # fmt: skip


def convert(workspace: Workspace, crop: int, at: float | None = None) -> None:
    """Start the conversion as a job, unless it is under way or there is nothing to convert.

    Raises NotThere for a crop that is gone, or is of no recording.
    """
    with _starting:
        cut = clip_of(workspace, crop, at)
        job = _job_of(workspace, cut.walk)
        if not _can_convert(cut) or (job is not None and job.progress.status == "running"):
            return
        for former in _jobs_of(workspace, cut.walk):
            jobs.forget(former.folder)
        names = {"what": cut.walk.tracklet, "gallery": cut.walk.row.gallery}
        job_kinds.start(workspace, WORD, arguments_of(cut.walk)[1:], **names)


def arguments_of(walk: Walk) -> list[str]:
    """Of `reid`, which makes this very clip: the middle of a stretch leads to the same one."""
    return [WORD, walk.row.gallery, f"--at={walk.asked:.3f}", walk.tracklet]


def still_file(workspace: Workspace, recording: int, name: str) -> Path | None:
    """The picture of the place of that recording, under the name that `answer` gives it; None where it is gone."""
    with workspace.catalogue.transaction() as database:
        rows = read(database, "recording.key = ?", (recording,))
    if not rows or math.isnan(rows[0].still_moment) or name != _still_name(rows[0].still_moment):
        return None
    file = workspace.originals(rows[0].source) / STILL
    return file if file.is_file() else None


def _clip(cut: Cut, job: Job | None) -> dict[str, Any]:
    told: dict[str, Any] = {"clip": None, "problem": "", "kind": "", "convert": False, "converting": None}
    if cut.clip is not None:
        kept = cut.clip
        address = f"/clips/{kept.recording}/{kept.name}.mp4"
        said = BLURRED_COPY if blurred_of(cut.walk.row) else kept.clip.said
        clip = {"address": address, "first": kept.clip.first, "times": kept.clip.times, "said": said}
        return {**told, "clip": clip}
    assert cut.problem is not None
    told |= {"problem": str(cut.problem), "kind": cut.problem.kind, "convert": _can_convert(cut)}
    if job is None or not told["convert"]:
        return told
    progress = job.progress
    if progress.status == "running":
        left = None if progress.seconds_left < 0 else round(progress.seconds_left)
        share = progress.done / progress.total if progress.total else 0.0
        return {**told, "convert": False, "converting": {"share": round(share, 3), "seconds_left": left}}
    if progress.status in ("failed", "lost"):
        told |= {"problem": progress.message or "The conversion failed.", "kind": "unreadable"}
    return told


def _can_convert(cut: Cut) -> bool:
    return cut.problem is not None and cut.problem.can_convert and cut.walk.in_tracklet


def _jobs_of(workspace: Workspace, walk: Walk) -> Sequence[Job]:
    """Those that make this clip, newest first."""
    return [job for job in job_kinds.of_kind(workspace, WORD) if list(job.arguments) == arguments_of(walk)]


def _job_of(workspace: Workspace, walk: Walk) -> Job | None:
    return next(iter(_jobs_of(workspace, walk)), None)


def _still(walk: Walk) -> str | None:
    moment = walk.row.still_moment
    return None if math.isnan(moment) else f"/stills/{walk.row.key}/{_still_name(moment)}.jpg"


def _still_name(moment: float) -> str:
    """Of a still of that second: another one has another address."""
    return f"{STILL.partition('.')[0]}-{round(1000 * moment)}"
