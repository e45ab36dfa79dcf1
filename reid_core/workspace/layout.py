"""Names of the folders and locks of a workspace."""

from __future__ import annotations

from pathlib import Path

INDEXES = "indexes"
INCOMING = "incoming"  # uploads that are not imported yet, under the names that people gave their files
EVALUATIONS = "evaluations"  # reports, which name crops and people
COMPARISONS = "comparisons"  # figures of two models on a gallery; they go with it, for another may get its name
INSIGHTS = "insights"  # what was found out about the crops of each gallery
DEMO = "demo"  # folder of the pictures that Retrace draws itself
DEMO_VIDEOS = f"{DEMO}/recordings"  # folder of its drawn videos, each with a table of who is where in it
LOCK = "wiping.lock"  # held while an import lays out files and writes their rows, and while files without rows go
ANALYSING = "analysing"  # a lock for each recording that is analysed at this moment
ORIGINALS = "originals"  # folder of the workspace with copies of imported pictures, one folder for each source
STILL = "still.jpg"  # of a recording, in the folder of its source
CLIPS = "clips"  # stretches of recordings as MP4, one folder for each recording; they are only copies
DETECTORS = "detectors"  # detectors of people that were added here, a folder for each
LAST_GALLERY = "last-gallery"  # file with the name of the gallery that was used last; it goes with that gallery
APP_LOG = "app.log"  # what the app did not foresee, as Python tells it


def truth_of(video: Path) -> Path:
    """The table of a drawn video: "camera-1.truth.csv" beside "camera-1_2026-03-02T08-30-00Z.mp4"."""
    return video.with_name(f"{video.name.partition('_')[0]}.truth.csv")


def originals(workspace: Path, source: int) -> Path:
    """Where copies of a source's pictures are kept."""
    return workspace / ORIGINALS / str(source)


def upload_of(uploads: Path, path: Path) -> str | None:
    """The name of the upload, a folder in `uploads`, that the path is, or lies in; None where it lies elsewhere."""
    for folder in (uploads, uploads.resolve()):
        if path.is_relative_to(folder) and ".." not in path.parts and (inside := path.relative_to(folder).parts):
            return inside[0]
    return None
