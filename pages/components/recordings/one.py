"""One recording: what it is, its tracklets in time, the zones of its camera, and its clock."""

from __future__ import annotations

import html
from pathlib import Path

import streamlit as st

from pages.components.gallery.deletion_dialog import ask_deletion_of
from pages.components.gallery.state import VIEW
from pages.components.gallery.still_shown import draw_still_shown
from pages.components.recordings import known
from pages.components.recordings.browsing import browse_crops
from pages.components.recordings.clock import draw_clock
from pages.components.recordings.state import look_at, recordings_state
from pages.components.recordings.timeline import draw_timeline
from pages.components.recordings.zones import draw_zones
from pages.components.shared import markup
from reid_core.errors import ReidError
from reid_core.records import plural
from reid_core.workspace.catalogue.recordings.rows import RecordingRow
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.clips.shown_file import blurred_of
from reid_core.workspace.layout import upload_of
from reid_core.workspace.recordings.analysis import ANALYSED, ANALYSING, ELSEWHERE, STOPPED, go_on, standings
from reid_core.workspace.recordings.still_shown import not_shown
from reid_core.workspace.workspace import Workspace

FACTS = 59  # pixels of the facts where they are on one line, kept free until they are drawn


def draw_recording(workspace: Workspace, gallery: GalleryInfo, rows: list[RecordingRow], row: RecordingRow) -> None:
    standing = standings(workspace, gallery.name, [row])[row.key]
    _draw_top(workspace, gallery, row, standing)
    _draw_facts(workspace, row, standing)
    _draw_problems(row)
    if spans := known.spans(workspace, row):
        known.section("Deleted people", not_shown(row, spans))
        draw_still_shown(workspace, gallery.name, row)
    draw_timeline(workspace, gallery, row)
    if row.camera is None:
        known.section("Zones", "Zones belong to a camera. Give the crops of this recording their camera first.")
    else:
        draw_zones(workspace, gallery, rows, row)
    draw_clock(workspace, gallery, rows, row)


def _draw_top(workspace: Workspace, gallery: GalleryInfo, row: RecordingRow, standing: str) -> None:
    now = recordings_state()
    # Streamlit itself lays it out: by a style of ours all would move when that comes.
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="rec-top"):
        with st.container(horizontal=True, vertical_alignment="center", key="rec-name", width="content"):
            st.button("All recordings", on_click=look_at, args=(gallery.name, None), key="rec-all", type="tertiary")
            crumb = '<p class="rt-crumb" role="heading" aria-level="2">{name}</p>'
            st.html(markup.filled(crumb, name=row.name), width="content")
        with st.container(horizontal=True, vertical_alignment="center", key="rec-acts", width="content"):
            if standing == STOPPED:
                st.button("Go on", on_click=_go_on, args=(workspace, row), key="rec-go-on", type="primary",
                          help="Analyses the rest of the recording, as a job.")  # fmt: skip
            elif standing == ANALYSING:
                st.button("See the job", on_click=_see_jobs, key="rec-see-job")
            st.button("Browse crops", on_click=browse_crops, args=(gallery.name, row.name), key="rec-browse")
            st.button("Delete…", on_click=ask_deletion_of, args=(row.name,), key="rec-delete")
    if now.job_trouble:
        markup.problem("The analysis does not go on", now.job_trouble)


def _draw_facts(workspace: Workspace, row: RecordingRow, standing: str) -> None:
    upto = f"up to {known.length_of(row.analysed)}"
    how_far = {
        ANALYSED: "finished", ANALYSING: f"running, {upto}", ELSEWHERE: f"running in another program, {upto}",
    }.get(standing, f"stopped, {upto}")  # fmt: skip
    rate = row.settings.get("rate")
    how = str(row.settings.get("detector") or f"detector {row.detector[:8]}")
    seen = known.walks(workspace, row)
    ignored = sum(walk.ignored for walk in seen)
    with st.container(key="room-rec-facts", height=FACTS, border=False):
        markup.numbers(
            [
                ("Camera", row.camera or "unknown"),
                ("Time (UTC)", known.span_of(row)),
                ("Length", known.length_of(row.duration)),
                ("Tracklets", f"{len(seen) - ignored:,}" + (f" and {ignored:,} ignored" if ignored else "")),
                ("Analysis", how_far),
                ("Analysed by", how + (f", {rate:g} frames a second" if rate else "")),
                ("Picture", f"{row.width} × {row.height}"),
            ]
        )
    markup.text('<p class="rt-small">{words}</p>', words=_where_it_lies(workspace, row))


def _where_it_lies(workspace: Workspace, row: RecordingRow) -> str:
    """What was dropped on a page is removed once it has come in: that nothing is there any more is as it should be."""
    path = Path(row.path)
    is_there = path.is_file()
    copied = f" The workspace keeps a {'blurred ' if blurred_of(row) else ''}copy." if row.copied else ""
    if not is_there and upload_of(workspace.incoming, path) is not None:
        return f"{path.name} was dropped on a page.{copied or ' The workspace no longer has it.'}"
    return f"File {path}.{'' if is_there else ' The file is not there.'}{copied}"


def _draw_problems(row: RecordingRow) -> None:
    from reid_core.video.stream import Problems  # slow to import

    sentences = Problems.from_state(row.problems).sentences()
    if not sentences:
        return
    items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in sentences)
    title = plural(len(sentences), "problem") + " of the recording"
    st.html(f'<div class="rt-hint"><b>{title}</b><ul class="rec-problems">{items}</ul></div>')


def _go_on(workspace: Workspace, row: RecordingRow) -> None:
    now = recordings_state()
    now.job_trouble = ""
    try:
        go_on(workspace, row)
    except ReidError as error:
        now.job_trouble = str(error)
    except OSError as error:
        now.job_trouble = f"The workspace cannot be written: {error.strerror}."


def _see_jobs() -> None:
    st.session_state[VIEW] = "Jobs"
