"""The demo that a newcomer finds: drawn people in a gallery, embedded by a model that is shipped with the program; and
four recordings of their site in another."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from reid_core.datasets import read_dataset
from reid_core.datasets.synthetic import SiteConfig, write_site
from reid_core.embedder.inference import Embedder
from reid_core.embedder.model import SYNTHETIC
from reid_core.signals import StopRequest
from reid_core.workspace.imports.demo_assets import RECORDINGS, read_shipped
from reid_core.workspace.imports.importing import import_dataset
from reid_core.workspace.search.embedding import embed_gallery
from reid_core.workspace.workspace import Workspace

GALLERY = "demo"
GALLERIES = (GALLERY, RECORDINGS)  # that Retrace makes by itself
SITE = SiteConfig()


class _Stopped(Exception):
    """Ends the drawing between two pictures."""


def build_demo(
    workspace: Workspace,
    *,
    stop: StopRequest,
    bar: Callable[[str], AbstractContextManager[Callable[..., Any]]],
    videos: bool = True,
    on_ready: Callable[[], None] = lambda: None,
) -> bool:
    """Draw, import and embed people; then add recordings and draw their videos. Each step goes on where it stopped.

    `on_ready` is called as soon as there is a gallery to search; without `videos` the drawing of these, which takes
    minutes, is left out. Returns False when `stop` was requested.
    """
    embedder = _build_gallery(workspace, stop, bar)
    if embedder is None:
        return False
    on_ready()
    # Slow to import, and only wanted now: the first search need not wait for it.
    from reid_core.workspace.imports.demo_recordings import add_recordings, draw_videos

    with bar("Adding recordings") as update:
        if not add_recordings(workspace, read_shipped(), embedder, stop=stop, on_progress=update):
            return False
    if not videos:
        return True
    with bar("Drawing videos") as update:
        return draw_videos(workspace, stop=stop, on_progress=update)


def _build_gallery(
    workspace: Workspace, stop: StopRequest, bar: Callable[[str], AbstractContextManager[Callable[..., Any]]]
) -> Embedder | None:
    """The gallery of drawn crops, and what embedded it; None when `stop` was requested."""
    folder = workspace.path / "demo"
    with bar("Drawing people") as update:

        def watch(done: int, total: int) -> None:
            update(done, total)
            if stop.requested:
                raise _Stopped

        try:
            write_site(folder, SITE, watch)
        except _Stopped:
            return None
    with bar("Importing") as update:
        # Everybody is in the gallery: the demo is there to be searched, not to be trained or measured on.
        dataset = read_dataset(folder, format="table", train_share=0.0)
        report = import_dataset(workspace, dataset, GALLERY, stop=stop, on_progress=update)
    if report.stopped:
        return None
    with bar("Embedding") as update:
        embedder = Embedder(workspace.find_model(SYNTHETIC))
        stopped = embed_gallery(workspace, GALLERY, embedder, stop=stop, on_progress=update).stopped
    return None if stopped else embedder
