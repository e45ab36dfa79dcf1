"""The drawn site on film: its people walk past its cameras in small recordings, with everything that is true of them."""

from reid_core.datasets.synthetic.recordings.config import DEMO_RECORDINGS, FilmConfig
from reid_core.datasets.synthetic.recordings.filming import FilmedFrame, Sighting, film
from reid_core.datasets.synthetic.recordings.planning import FilmedSite
from reid_core.datasets.synthetic.recordings.truth import crossings, read_truth, recording_name
from reid_core.datasets.synthetic.recordings.writing import write_recording, write_recordings

__all__ = [
    "DEMO_RECORDINGS",
    "FilmConfig",
    "FilmedFrame",
    "FilmedSite",
    "Sighting",
    "crossings",
    "film",
    "read_truth",
    "recording_name",
    "write_recording",
    "write_recordings",
]
