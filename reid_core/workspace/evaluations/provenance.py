"""Had the model seen data of a gallery's kind before it is measured on it? What can be known of that, in a sentence."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from reid_core.embedder.model import model_id
from reid_core.errors import ReidError
from reid_core.training.run import RunState
from reid_core.workspace.layout import DEMO
from reid_core.workspace.workspace import ModelEntry, Workspace

NOT_STATED = "not stated"
_GENERAL = ("table", "folder", "flat", "WebDataset")  # first words of formats that name no data set


def zero_shot(workspace: Workspace, gallery: str, model: ModelEntry) -> tuple[bool | None, str]:
    """True when the model was trained on other data only, False when on this gallery's or its data set's, None when
    that is not known; and why."""
    state = run_of(workspace, model.id)
    if state is not None:
        if state.gallery == gallery:
            return False, f"Trained on gallery {gallery}, on other people than those measured here."
        if state.recipe.starts_from_run:
            return None, f"Trained on gallery {state.gallery} from the weights of another run ({state.recipe.weights})."
        return True, f"Zero-shot: trained on gallery {state.gallery}."
    stated = model.card.trained_on
    if stated.strip().lower() in ("", NOT_STATED):
        return None, "Its card does not state what it was trained on: whether it is zero-shot is not known."
    named = next((kind for kind in _kinds(workspace, gallery) if _plain(kind) in _plain(stated)), None)
    if re.search(rf"\bgallery {re.escape(gallery)}(?![\w.-])", stated):  # a run of another workspace, brought here
        named = f"gallery {gallery}"
    if named is not None:
        return False, f"By its card it was trained on {stated}: not zero-shot here ({named})."
    return True, f"Zero-shot by its card, which says that it was trained on {stated}."


def run_of(workspace: Workspace, id: str) -> RunState | None:
    """The run whose model has that id."""
    for run in workspace.runs():
        for folder in run.model_folders().values():
            with contextlib.suppress(ReidError):  # a damaged model, or run
                if model_id(folder) == id:
                    return run.state()
    return None


def _kinds(workspace: Workspace, gallery: str) -> list[str]:
    """What data of the gallery's kind may be called."""
    sources = workspace.catalogue.sources(gallery)
    formats = [str(format).split()[0] for format in sources["format"]]  # "CUHK03 detected" is of CUHK03
    drawn = [Path(path) == workspace.path / DEMO for path in sources["path"]]
    return [*(name for name in formats if name not in _GENERAL), *["drawn people"] * any(drawn)]


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())
