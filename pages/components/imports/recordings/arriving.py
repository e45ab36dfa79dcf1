"""While recordings are analysed: how many tracklets each has so far, and the newest people in pictures."""

from __future__ import annotations

import html
from pathlib import Path

import streamlit as st

from pages.components.imports.recordings.words import length
from pages.components.shared import cached, markup
from pages.components.shared.chosen_gallery import turn_to
from reid_core.records import plural
from reid_core.workspace import job_kinds
from reid_core.workspace.galleries.arrivals import Arrivals, Arrived, arrivals
from reid_core.workspace.imports.video.starting import files_of
from reid_core.workspace.jobs import Job
from reid_core.workspace.workspace import Workspace

NEWEST = 14  # pictures; how many are seen depends on the width
ROWS = 12


def is_analysis(job: Job) -> bool:
    return job_kinds.kind_of(job).word == "video"


def draw_arriving(workspace: Workspace, job: Job) -> None:
    """Draws it, with a button to search the gallery once there is somebody to search for."""
    gallery = job_kinds.options_of(job.arguments).get("--gallery", "")
    files = _files(str(job.folder))
    found = _arrivals(str(workspace.path), workspace.catalogue.version(), gallery, files)
    tracklets = sum(one.tracklets for one in found.recordings)
    shown = f"{plural(tracklets, 'tracklet')} so far" if tracklets else "No tracklet yet"
    markup.text('<p class="rt-label">{shown}</p>', shown=shown)
    pictures = "".join(
        f'<img src="/thumbnails/{one.sha256}.jpg" alt="{html.escape(one.tracklet or "A crop")}" '
        f'title="{html.escape(one.tracklet or "")}">'
        for one in found.newest
    )
    nobody = "<p>People appear here a few seconds after they have left the picture.</p>"
    st.html(f'<div class="rec-new">{pictures or nobody}</div>')
    _draw_rows(found, files)
    info = next((one for one in cached.galleries(workspace) if one.name == gallery), None)
    with st.container(horizontal=True, vertical_alignment="center"):
        ready = info is not None and bool(info.crops) and bool(cached.usable_models(workspace, info))
        if st.button("Search it", key="gal-import-search-now", disabled=not ready, on_click=turn_to, args=(gallery,)):
            st.switch_page("pages/search.py", query_params={"gallery": gallery})
        words = "It goes on meanwhile; what comes in later is found, too." if ready else "As soon as somebody is found."
        markup.text('<p class="rt-small">{words}</p>', words=words)


def _draw_rows(found: Arrivals, files: tuple[str, ...] | None) -> None:
    """A row for each file from the start: nothing below moves when one is begun."""
    there = {one.path: one for one in found.recordings}
    paths = files or tuple(there)
    if len(paths) < 2:
        return
    rows = "".join(_row(path, there.get(path)) for path in paths[:ROWS])
    st.html(f'<table class="rec-rows">{rows}</table>')
    if len(paths) > ROWS:
        markup.text('<p class="rt-small">… and {more} more.</p>', more=f"{len(paths) - ROWS:,}")


def _row(path: str, one: Arrived | None) -> str:
    cells = [Path(path).name, "", "has not begun"]
    if one is not None:
        how_far = "done" if one.finished else f"{length(one.seconds)} of {length(one.length)}"
        cells = [one.recording, plural(one.tracklets, "tracklet"), how_far]
    return f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in cells)}</tr>"


@st.cache_data(max_entries=8, show_spinner=False)
def _arrivals(path: str, version: int, gallery: str, files: tuple[str, ...] | None) -> Arrivals:
    return arrivals(cached.open_workspace().catalogue, gallery, files, NEWEST)


@st.cache_data(max_entries=8, show_spinner=False)
def _files(folder: str) -> tuple[str, ...] | None:
    from reid_core.workspace import jobs

    job = jobs.find(Path(folder))
    return None if job is None else files_of(job)
