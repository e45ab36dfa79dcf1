"""The workspace folder: where everything lies, and how a model or run is found by what a person calls it."""

from __future__ import annotations

import contextlib
import copy
import difflib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from reid_core.embedder.card import ModelCard
from reid_core.embedder.model import BEST_FIRST, SHIPPED_MODELS, is_model, model_id
from reid_core.errors import NotThere, ReidError
from reid_core.training.run import STATE_NAME, Run
from reid_core.workspace.actor import Actor
from reid_core.workspace.catalogue.catalogue import Catalogue
from reid_core.workspace.catalogue.rows import check_name
from reid_core.workspace.catalogue.thumbnails import Thumbnails
from reid_core.workspace.layout import INCOMING, INDEXES, originals
from reid_core.workspace.privacy import CATALOGUE, make_folder
from reid_core.workspace.reserve import is_short, with_room

DEFAULT = "workspace"
VARIABLE = "REID_WORKSPACE"


@dataclass(frozen=True)
class ModelEntry:
    """A model that can be used here: what people call it, where it lies, and its id."""

    name: str
    folder: Path
    id: str
    card: ModelCard


@dataclass(frozen=True)
class DamagedModel:
    """A model that is here and cannot be used: what it is called, and why, as a sentence."""

    name: str
    reason: str


class Workspace:
    """One folder: `catalogue.sqlite` (the truth), `thumbnails.sqlite`, `originals/` (copies of imported pictures),
    `incoming/` (uploads that are not imported yet), `indexes/` (disposable), `models/`, `detectors/`, `runs/`, `jobs/`,
    `reports/` (what was left out of imports), `demo/`, and `space.reserve` (room for the day when the disk is full).

    Makes what is missing and brings an older workspace up to date (with a backup beside it). A new one is its owner's
    alone, and so are files that are made from then on (see `privacy`). What is done through it is done by `actor`, and
    the log says so. Raises ReidError when the folder cannot be made or written. The app and the commands open one by
    `opening.open_workspace`, which sweeps up after processes that died and finishes interrupted deletions, too.
    """

    def __init__(self, path: Path, actor: Actor) -> None:
        self.path = path.resolve()  # as the sources of imports are: what lies in here can be told by its path
        self.models_folder = self.path / "models"
        self.runs_folder = self.path / "runs"
        self.incoming = self.path / INCOMING
        try:
            make_folder(self.path)
        except OSError as error:
            raise ReidError(
                f"The workspace {path} cannot be made ({error.strerror}). Choose another folder with --workspace."
            ) from error
        self.catalogue = with_room(self.path, lambda: Catalogue(self.path / CATALOGUE, actor))
        self.thumbnails = with_room(self.path, lambda: Thumbnails(self.path / "thumbnails.sqlite"))
        self.is_short()

    @property
    def actor(self) -> Actor:
        return self.catalogue.actor

    def acting(self, actor: Actor) -> Workspace:
        """The same open workspace, for another actor."""
        other = copy.copy(self)
        other.catalogue = copy.copy(self.catalogue)
        other.catalogue.actor = actor
        return other

    def is_short(self) -> bool:
        """Whether the disk is so full that some of the room kept for that was used; see `reserve`."""
        return is_short(self.path)

    def originals(self, source: int) -> Path:
        """Where copies of a source's pictures are kept."""
        return originals(self.path, source)

    def index_folder(self, gallery: str, model: str) -> Path:
        """Where the index of a gallery under a model keeps its snapshot."""
        return self.path / INDEXES / f"{gallery}@{model}"

    def models(self) -> list[ModelEntry]:
        """Usable models: shipped with the program, of each run the best so far and those kept, and added here.

        In this order, the best shipped one first; damaged ones are left out (`models_and_damaged`). Of two of one name,
        what was made here comes before what was shipped.
        """
        return self.models_and_damaged()[0]

    def models_and_damaged(self) -> tuple[list[ModelEntry], list[DamagedModel]]:
        """Usable models, and those that are here but damaged: one of these never keeps the others from being used."""
        entries, damaged = [], []
        for name, folder in self._model_folders().items():
            try:
                entries.append(ModelEntry(name, folder, model_id(folder), ModelCard.read(folder)))
            except ReidError as error:
                damaged.append(DamagedModel(name, str(error)))
        return entries, damaged

    def _model_folders(self) -> dict[str, Path]:
        shipped = {folder.name: folder for folder in _models_in(SHIPPED_MODELS)}
        folders = {name: shipped[name] for name in BEST_FIRST if name in shipped} | shipped
        for run in self.runs():
            folders |= run.model_folders()
        folders |= {folder.name: folder for folder in _models_in(self.models_folder)}
        return folders

    def best_model(self) -> Path:
        """The best shipped model, which embeds a gallery where nobody chose. Raises ReidError when there is none."""
        for name in BEST_FIRST:
            for folder in (self.models_folder / name, SHIPPED_MODELS / name):  # a copy that was calibrated here
                if is_model(folder):
                    return folder
        raise ReidError("No model came with this installation. Train one with `reid train`, or add one.")

    def find_model(self, name: str) -> Path:
        """The folder of a model by its name, its run's name, id or path. Raises ReidError with the nearest names."""
        folders = self._model_folders()
        if name in folders:
            return folders[name]
        with contextlib.suppress(OSError):  # a name that is longer than a file's may be
            run = Run(self.runs_folder / name)
            if (run.folder / STATE_NAME).is_file():
                raise NotThere(
                    f"The run {name} has no model yet: it is {run.state().status}. Resume it, or wait for it."
                )
            for path in (Path(name), Path(name) / "model"):
                if is_model(path):
                    return path
        for entry in self.models():
            if entry.id == name:
                return entry.folder
        near = difflib.get_close_matches(name, folders, n=3, cutoff=0.4) or list(folders)
        known = f"There are: {', '.join(near)}." if near else "Train one with `reid train`."
        raise NotThere(f"There is no model or run {name!r}. {known}")

    def runs(self) -> list[Run]:
        return [Run(path.parent) for path in sorted(self.runs_folder.glob(f"*/{STATE_NAME}"))]

    def new_run(self, name: str) -> Run:
        """A run folder of that name; raises ReidError when there is one already."""
        check_name(name, "run")
        run = Run(self.runs_folder / name)
        try:
            run.folder.mkdir(parents=True)
        except FileExistsError as error:
            raise ReidError(
                f"There is a run {name} already. Go on with it by --resume {name}, or choose another --name."
            ) from error
        return run

    def free_run_name(self, stem: str) -> str:
        """ "market-reference", or "market-reference-2" where that is taken, and so on."""
        stem = re.sub(r"[^\w.-]", "-", stem)[:56]
        taken = {folder.name for folder in self.runs_folder.glob("*")}
        names = (stem if number == 1 else f"{stem}-{number}" for number in range(1, len(taken) + 2))
        return next(name for name in names if name not in taken)


def default_path() -> Path:
    """`$REID_WORKSPACE`, else ./workspace."""
    return Path(os.environ.get(VARIABLE) or DEFAULT)


def _models_in(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*")) if is_model(path)]
