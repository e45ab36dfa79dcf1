"""The demo that a newcomer finds: drawn people in a gallery, embedded by a model that is shipped with the program."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from reid_core.datasets import read_dataset
from reid_core.datasets.synthetic import SiteConfig, write_site
from reid_core.embedder.inference import Embedder
from reid_core.embedder.model import SYNTHETIC
from reid_core.signals import StopRequest
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.search.embedding import embed_gallery
from reid_core.workspace.workspace import Workspace

GALLERY = "demo"
SITE = SiteConfig()


class _Stopped(Exception):
    """Ends the drawing between two pictures."""


def build_demo(
    workspace: Workspace, *, stop: StopRequest, bar: Callable[[str], AbstractContextManager[Callable[..., Any]]]
) -> bool:
    """Draw, import and embed; each step goes on where it stopped. Returns False when `stop` was requested."""
    folder = workspace.path / "demo"
    with bar("Drawing people") as update:

        def watch(done: int, total: int) -> None:
            update(done, total)
            if stop.requested:
                raise _Stopped

        try:
            write_site(folder, SITE, watch)
        except _Stopped:
            return False
    with bar("Importing") as update:
        # Everybody is in the gallery: the demo is there to be searched, not to be trained or measured on.
        dataset = read_dataset(folder, format="table", train_share=0.0)
        report = import_dataset(workspace, dataset, GALLERY, stop=stop, on_progress=update)
    if report.stopped:
        return False
    with bar("Embedding") as update:
        embedder = Embedder(workspace.find_model(SYNTHETIC))
        return not embed_gallery(workspace, GALLERY, embedder, stop=stop, on_progress=update).stopped
