"""A gallery's crops before they are trained on: what would spoil it first, then what they are like."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from pages.components.shared import markup, plots, wording
from pages.components.shared.chosen_gallery import draw_gallery_field
from pages.components.shared.job_card import draw_how_it_ended, draw_running
from pages.components.training import state as places
from pages.components.widgets.gallery_grid.gallery_grid import thumbnail_url
from reid_core.records import plural
from reid_core.training.crops.inspection import SIDES, Histogram, Insight
from reid_core.workspace import job_kinds
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.runs.inspection import inspect_gallery, kept_insight
from reid_core.workspace.workspace import Workspace

AT_ONCE = 50_000  # crops that are looked at while one waits; more are a job
COMMAND = "inspect"
NAMES = {"gallery": "Gallery split"}
LEVELS = {"error": "This spoils training", "warning": "Worth a look", "note": "Good to know"}


def draw_training_data(workspace: Workspace, galleries: Sequence[GalleryInfo], gallery: str) -> None:
    draw_gallery_field(galleries, label="visible")
    found = kept_insight(workspace, gallery)
    if found is None:
        found = _look(workspace, gallery)
    if found is None:
        return
    _draw_numbers(gallery, found)
    _draw_findings(workspace, gallery, found)
    if found.crops["train"]:
        _draw_plots(found)
        st.button("Train on this gallery", type="primary", key="trn-data-train", on_click=places.go, args=("New run",))


def _look(workspace: Workspace, gallery: str) -> Insight | None:
    """Look at the crops now, or in a job where they are many; None while that runs."""
    crops = workspace.catalogue.gallery(gallery).crops
    if crops <= AT_ONCE:
        with st.spinner("Looking at the crops"):
            return inspect_gallery(workspace, gallery)
    job = job_kinds.newest(workspace, gallery, COMMAND)
    if job is not None and job.progress.status == "running":
        _watch(workspace, gallery)
        return None
    if job is not None and job.progress.status in ("failed", "lost", "stopped") and not job.progress.message:
        draw_how_it_ended(workspace, job)
    markup.text(
        '<p class="rt-text">{crops} crops are compared with each other in the background.</p>', crops=f"{crops:,}"
    )
    if st.button("Look at the crops", type="primary", key="trn-data-look"):
        job_kinds.start(workspace, COMMAND, [gallery], gallery=gallery)
        st.rerun()
    return None


@st.fragment(run_every=1.0)
def _watch(workspace: Workspace, gallery: str) -> None:
    job = job_kinds.newest(workspace, gallery, COMMAND)
    if job is None or job.progress.status != "running":
        st.rerun()
    draw_running(job)


def _draw_numbers(gallery: str, found: Insight) -> None:
    shown = [("Gallery", gallery)]
    for side in SIDES:
        if found.crops[side]:
            people = f" of {plural(found.people[side], 'person')}" if found.people.get(side) else ""
            shown.append((NAMES.get(side, side.capitalize()), f"{plural(found.crops[side], 'crop')}{people}"))
    shown.append(("Cameras", f"{len(found.cameras):,}"))
    markup.numbers(shown)


# --- what was found ---


def _draw_findings(workspace: Workspace, gallery: str, found: Insight) -> None:
    if not found.findings:
        markup.note(
            "Nothing stands in the way", "No leak, no doubled picture under two labels, no poor crop was found."
        )
        return
    crops = workspace.catalogue.crops_of([id for finding in found.findings for id in finding.crops])
    rows = {int(str(row["id"])): row for row in crops.to_dict("records")}
    boxes = ""
    for finding in found.findings:
        if finding.pairs:
            both = [
                pair for pair in zip(finding.crops[::2], finding.crops[1::2], strict=False) if set(pair) <= set(rows)
            ]
            cards = "".join(f"<li>{''.join(_card(gallery, rows, id) for id in pair)}</li>" for pair in both)
        else:
            cards = "".join(f"<li>{_card(gallery, rows, id)}</li>" for id in finding.crops if id in rows)
        words = markup.filled("<b>{title}</b><p>{sentence}</p>", title=LEVELS[finding.level], sentence=finding.sentence)
        boxes += f'<div class="td-finding {finding.level}">{words}{f"<ul>{cards}</ul>" if cards else ""}</div>'
    st.html(f'<div class="td-findings">{boxes}</div>')


def _card(gallery: str, rows: dict[int, dict], id: int) -> str:
    row = rows[id]
    about = ", ".join(filter(None, (wording.person_name(row["identity"]), wording.camera_name(row["camera"]))))
    return markup.filled(
        '<a href="{address}" target="_self" title="{about}"><img src="{picture}" alt="{about}" loading="lazy">'
        "<span>{who}</span></a>",
        address="gallery?" + urlencode({"gallery": gallery, "crop": id}),
        about=about,
        who=wording.person_name(row["identity"]) or "no label",
        picture=thumbnail_url(str(row["sha256"])),
    )


# --- what they are like ---


def _draw_plots(found: Insight) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        markup.text('<p class="rt-label">Crops of each person, to train and validate on</p>')
        _histogram(found.crops_each, "crops", "people", "each")
        markup.text('<p class="rt-label">Height of the crops</p>')
        _histogram(found.heights, "pixels", "crops", "heights")
        markup.text('<p class="rt-label">Sharpness</p>')
        _histogram(found.sharpness, "0 blurred, 1 sharp", "crops", "sharpness")
    with right:
        markup.text('<p class="rt-label">Crops of each camera</p>')
        if not found.cameras:
            markup.text('<p class="rt-small">No crop says its camera.</p>')
            return
        names = [wording.camera_name(camera).removeprefix("camera ") for camera in found.cameras]
        parts = {side: [sides[side] for sides in found.cameras.values()] for side in SIDES if found.crops[side]}
        plots.draw_figure(plots.stacked(names, parts, "crops"), key="trn-plot-cameras", height=220)
        markup.text('<p class="rt-label">People to train on whom two cameras both see</p>')
        _draw_shared(found)


def _histogram(shown: Histogram, x_title: str, y_title: str, key: str) -> None:
    if not shown.counts:
        markup.text('<p class="rt-small">Not measured.</p>')
        return
    if len(shown.counts) == 1:
        value = (shown.edges[0] + shown.edges[1]) / 2
        markup.text('<p class="rt-small">All alike: {value} {unit}.</p>', value=f"{value:g}", unit=x_title)
        return
    plots.draw_figure(plots.histogram(shown.edges, shown.counts, x_title, y_title), key=f"trn-plot-{key}", height=190)


def _draw_shared(found: Insight) -> None:
    """A table tinted by how many: cameras that share nobody cannot teach how one looks in the other."""
    table = pd.DataFrame(found.shared)
    if table.empty or table.to_numpy().max() == 0:
        markup.text('<p class="rt-small">No camera is known of those to train on.</p>')
        return
    most = int(table.to_numpy().max())
    names = [wording.camera_name(camera).removeprefix("camera ") for camera in table.columns]
    head = "".join(markup.filled("<th>{name}</th>", name=name) for name in names)
    rows = ""
    for name, camera in zip(names, table.columns, strict=True):
        cells = ""
        for other in table.columns:
            count = found.shared[camera][other]
            kind = "own" if camera == other else "none" if not count else ""
            cells += f'<td class="{kind}" style="--share:{round(100 * count / most)}%">{count:,}</td>'
        rows += markup.filled("<tr><th>{name}</th>", name=name) + cells + "</tr>"
    st.html(f'<div class="td-wide"><table class="td-shared"><tr><th></th>{head}</tr>{rows}</table></div>')
    markup.text('<p class="rt-small">On the diagonal: how many people the camera sees at all.</p>')
