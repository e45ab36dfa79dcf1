"""Detectors of people: which there are, found by what people call them, and added from files."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from reid_core.embedder.model import ONNX_NAME
from reid_core.embedder.third_party.copying import copy_network, memory_for, size_of
from reid_core.embedder.third_party.foreign import refuse_foreign
from reid_core.errors import NotThere, ReidError
from reid_core.json_text import checked
from reid_core.own_process import in_own_process
from reid_core.temporary import temporary_folder
from reid_core.video.detection.card import DetectorCard
from reid_core.video.detection.detector import SHIPPED, SHIPPED_DETECTORS, detector_id, is_detector
from reid_core.video.detection.trial import Given, Tried, try_detector
from reid_core.workspace.catalogue.rows import check_name
from reid_core.workspace.layout import DETECTORS
from reid_core.workspace.workspace import DamagedModel, Workspace

SECONDS = 300.0  # that a trial may take
MOST_METADATA = 2**20  # characters of a value
CURE = "Export it again for one picture at a time."


@dataclass(frozen=True)
class DetectorEntry:
    """A detector that can be used here: what people call it, where it lies, its id and card."""

    name: str
    folder: Path
    id: str
    card: DetectorCard
    shipped: bool


@dataclass(frozen=True)
class AddedDetector:
    """A detector that was added: what it was recognised as, and how many of the `drawn` people it found."""

    entry: DetectorEntry
    words: str
    found: int
    drawn: int
    warning: str


@dataclass(frozen=True)
class _Answer:
    """What came back of a trial, which a file that has taken it over may have written."""

    words: str
    found: int
    drawn: int
    warning: str


def detectors(workspace: Workspace) -> tuple[list[DetectorEntry], list[DamagedModel]]:
    """Those that can be used, shipped ones first, and those that are here but damaged."""
    entries, damaged = [], []
    for name, folder in _folders(workspace).items():
        try:
            entries.append(_entry(name, folder))
        except ReidError as error:
            damaged.append(DamagedModel(name, str(error)))
    return entries, damaged


def find_detector(workspace: Workspace, name: str | None = None) -> Path:
    """The folder of the detector of that name or id, the shipped one for None. Raises ReidError with nearest names."""
    folders = _folders(workspace)
    if name is None:
        name = SHIPPED
    if name in folders:
        return folders[name]
    for entry in detectors(workspace)[0]:
        if entry.id == name:
            return entry.folder
    near = difflib.get_close_matches(name, folders, n=3, cutoff=0.4) or list(folders)
    known = f"There are: {', '.join(near)}." if near else "Add one with `reid detector add FILE.onnx`."
    raise NotThere(f"There is no detector {name!r}. {known}")


def add_detector(workspace: Workspace, file: Path, given: Given) -> AddedDetector:
    """Make a detector of an ONNX file or OpenVINO IR: copied, recognised, tried on a drawn street, described by a card.

    The file is read in a process of its own with bounded memory and time. Raises ReidError when it is no detector of
    people, its licence has to be stated first, or there is a detector of that name.
    """
    check_name(given.name, "detector")
    refuse_foreign(file)
    folder = workspace.path / DETECTORS / given.name
    taken = ReidError(f"There is a detector {given.name} already. Choose another name with --name.")
    if given.name in _folders(workspace):
        raise taken
    with temporary_folder(folder) as temporary:
        answer = _tried(file, temporary, given)
        DetectorCard.read(temporary)  # as everybody will
        try:
            temporary.rename(folder)
        except OSError as error:
            if folder.exists():  # since the look above: the same name was added at the same time
                raise taken from error
            raise
    return AddedDetector(_entry(given.name, folder), answer.words, answer.found, answer.drawn, answer.warning)


def copy_and_try(file: Path, folder: Path, given: Given) -> Tried:
    """What `add_detector` runs in a process of its own."""
    kept = copy_network(file, folder, None)
    return try_detector(folder, file.name, given, _metadata(kept))


def _metadata(kept: Path) -> dict[str, str]:
    """What an ONNX file says of itself besides its network."""
    if kept.name != ONNX_NAME:
        return {}
    import onnx

    values = onnx.load(kept, load_external_data=False).metadata_props
    return {one.key: one.value for one in values if len(one.value) <= MOST_METADATA}


def _tried(file: Path, folder: Path, given: Given) -> _Answer:
    unusable = f"{file.name} ends the program that runs it. {CURE}"
    arguments = (file.absolute(), folder, given)
    try:
        found = in_own_process(copy_and_try, *arguments, memory=memory_for(size_of(file)), seconds=SECONDS)
        return checked(_Answer(**found))
    except MemoryError as error:
        raise ReidError(f"{file.name} needs more than {error} of memory for one picture. {CURE}") from error
    except TimeoutError as error:
        raise ReidError(f"{file.name} needs longer than {SECONDS:,.0f} s for a few pictures. {CURE}") from error
    except (ChildProcessError, TypeError) as error:  # TypeError: of an answer that is not that of a trial
        raise ReidError(unusable) from error


def _folders(workspace: Workspace) -> dict[str, Path]:
    shipped, added = (
        {folder.name: folder for folder in sorted(place.glob("*")) if is_detector(folder)}
        for place in (SHIPPED_DETECTORS, workspace.path / DETECTORS)
    )
    return shipped | added


def _entry(name: str, folder: Path) -> DetectorEntry:
    shipped = folder.parent == SHIPPED_DETECTORS
    return DetectorEntry(name, folder, detector_id(folder), DetectorCard.read(folder), shipped)
