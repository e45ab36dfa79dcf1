"""Which of a gallery's maps is shown, and making one: what can be chosen, how far it is, what went wrong."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.components.map import state as places
from pages.components.shared import cached, markup
from pages.components.shared.job_card import draw_no_progress, time_left
from reid_core.workspace import job_kinds, jobs
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.jobs import Job
from reid_core.workspace.maps.files import MapInfo
from reid_core.workspace.maps.making import maps_of
from reid_core.workspace.models.order import shown_first
from reid_core.workspace.workspace import Workspace

COMMAND = "map"
METHODS = ("UMAP", "densMAP", "PCA")
WAYS = {
    "Repeatable": "The same crops give the same map, on one core.",
    "Fast": "All cores work at once; each map of the same crops differs a little.",
}
WHAT_IT_IS = (
    "A map lays crops out so that those lie together which look alike to the model: people become islands, and crops "
    "on another's island are worth a look. It takes a minute for a few thousand crops; a first picture comes at once."
)


@dataclass(frozen=True)
class Wanted:
    """The map that is asked for; `model` is an id, `name` its name."""

    model: str
    name: str
    method: str
    locality: int
    dimensions: int

    def fits(self, info: MapInfo) -> bool:
        layout = info.layout
        if (info.model, layout.dimensions) != (self.model, self.dimensions):
            return False
        if self.method == "PCA":
            return layout.method == "pca"
        return (layout.method, layout.dense, layout.locality) == ("umap", self.method == "densMAP", self.locality)

    def describe(self) -> str:
        if self.method == "PCA":
            return f"{self.dimensions}-D PCA"
        return f"{self.dimensions}-D {self.method}, setting {self.locality} of {len(places.LOCALITY_NAMES)}"


def choose_model(workspace: Workspace, gallery: GalleryInfo) -> tuple[str, str]:
    """Id and name of the model whose map is looked at; the one that serves the gallery comes first."""
    names = {id: name for id, name, _ in gallery.models}
    ids = shown_first(gallery, cached.usable_models(workspace, gallery))
    model = ids[0]
    if len(ids) > 1:
        model = st.selectbox(
            "Model", ids, format_func=names.__getitem__, key=f"map-model-{gallery.name}",
            label_visibility="collapsed", width=220,
        )  # fmt: skip
    return model, names[model]


def choose_map(model: tuple[str, str]) -> Wanted:
    method = st.segmented_control(
        "Layout", METHODS, default=METHODS[0], required=True, key="map-method", persist_state="session",
        help="UMAP keeps who is near whom. densMAP also keeps how varied a person looks. PCA is the plain view along "
        "the two or three directions in which vectors differ most.",
    )  # fmt: skip
    dimensions = st.segmented_control(
        "Dimensions", ["2-D", "3-D"], default="2-D", required=True, key="map-dimensions", persist_state="session"
    )
    locality = 3
    if method != "PCA":
        locality = st.select_slider(
            "Near or far", list(places.LOCALITY_NAMES), value=3, format_func=places.LOCALITY_NAMES.__getitem__,
            key="map-locality", width=210, persist_state="session",
            help="1 keeps who is closest to whom; 5 keeps how the groups lie to each other. Each setting is a map of "
            "its own, made once.",
        )  # fmt: skip
    return Wanted(*model, method or METHODS[0], int(locality), 3 if dimensions == "3-D" else 2)


def find_map(there: list[MapInfo], wanted: Wanted) -> MapInfo | None:
    """The newest that is as asked for, else the nearest to it under the same model."""
    of_model = [info for info in there if info.model == wanted.model]

    def far(info: MapInfo) -> tuple[bool, bool, bool, int]:
        layout = info.layout
        return (
            not wanted.fits(info), layout.dimensions != wanted.dimensions, layout.method == "pca",
            abs(layout.locality - wanted.locality),
        )  # fmt: skip

    return min(of_model, key=far, default=None)


def newest_job(workspace: Workspace, gallery: str) -> Job | None:
    return job_kinds.newest(workspace, gallery, COMMAND)


# --- what is said of it above the map ---


def draw_standing(
    workspace: Workspace, gallery: GalleryInfo, wanted: Wanted, there: list[MapInfo], shown: MapInfo | None
) -> None:
    """How far a map that is being made is, why the last one was not finished, or that the one asked for is missing."""
    job = newest_job(workspace, gallery.name)
    if job is not None and job.progress.status == "running":
        _watch(workspace, gallery.name, _known(there))
        return
    fits = shown is not None and wanted.fits(shown)
    if job is not None and not fits and job.progress.status in ("failed", "lost", "stopped"):
        _say_how_it_ended(job)
    if shown is None:
        others = [info for info in there if info.model != wanted.model]
        embedded = {id: name for id, name, _ in gallery.models}
        if others:
            other = embedded.get(others[0].model, "a model that has left this gallery")
            markup.note(
                f"No map of {wanted.name} yet",
                f"There is a map of {other}, but vectors of two models are never compared. Make one of {wanted.name}.",
            )
        else:
            markup.note(f"{gallery.name} has no map yet", WHAT_IT_IS)
        draw_form(workspace, gallery.name, wanted, "Make the map")
    elif not fits:
        with st.container(horizontal=True, vertical_alignment="center", key="map-missing"):
            markup.text(
                '<div class="rt-hint">{wanted} is not made yet. You see {shown}.</div>',
                wanted=wanted.describe(), shown=describe(shown),
            )  # fmt: skip
            st.button("Make it", key="map-make-now", on_click=start, args=(workspace, gallery.name, wanted))


def describe(info: MapInfo) -> str:
    layout = info.layout
    method = "PCA" if layout.method == "pca" else "densMAP" if layout.dense else "UMAP"
    return Wanted(info.model, "", method, layout.locality, layout.dimensions).describe()


def _say_how_it_ended(job: Job) -> None:
    words = {"lost": "Its process ended without a word.", "stopped": "It was stopped; what was finished is kept."}
    said = job.progress.message or words.get(
        job.progress.status, "Its log, among the jobs of the Gallery page, says more."
    )
    markup.problem("The last map was not finished", said)


def draw_form(workspace: Workspace, gallery: str, wanted: Wanted, title: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="map-form"):
        way = st.segmented_control(
            "How", list(WAYS), default="Repeatable", required=True, key="map-way", persist_state="session"
        )
        every = wanted.method != "PCA" and st.checkbox("All five settings from near to far", key="map-every")
        st.button(
            title, type="primary", key="map-make", on_click=start, args=(workspace, gallery, wanted),
            kwargs={"fast": way == "Fast", "every": every},
        )  # fmt: skip
    markup.text('<p class="rt-small">{words}</p>', words=WAYS[way or "Repeatable"])


def start(workspace: Workspace, gallery: str, wanted: Wanted, *, fast: bool = False, every: bool = False) -> None:
    """Start `reid map`, with the setting that is asked for first."""
    settings = [wanted.locality]
    if every:
        settings += [other for other in places.LOCALITY_NAMES if other != wanted.locality]
    arguments = [gallery, "--model", wanted.model, "--dimensions", str(wanted.dimensions)]
    arguments += [word for setting in settings for word in ("--locality", str(setting))]
    arguments += (["--dense"] if wanted.method == "densMAP" else []) + (["--fast"] if fast else [])
    job_kinds.start(workspace, COMMAND, arguments, gallery=gallery)


def _known(there: list[MapInfo]) -> set[tuple[str, str, str]]:
    return {(info.model, info.layout.name, info.at) for info in there}


@st.fragment(run_every=1.0)
def _watch(workspace: Workspace, gallery: str, known: set[tuple[str, str, str]]) -> None:
    job = newest_job(workspace, gallery)
    if job is None or job.progress.status != "running" or _known(maps_of(workspace, gallery)) != known:
        st.rerun()  # it has ended, or another map is there
    progress = job.progress
    share = progress.done / progress.total if progress.total > 1 else 0.0
    left = time_left(progress.seconds_left) if progress.total > 1 and progress.done else ""
    with st.container(horizontal=True, vertical_alignment="center", key="map-watch"):
        markup.text(
            '<div class="map-standing"><p class="rt-small"><b>{stage}</b> {left}</p>'
            '<div class="rt-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-valuenow="{percent}" '
            'aria-label="Making the map"><div style="width:{percent}%"></div></div></div>',
            stage=progress.stage or "Getting ready", left=left, percent=round(100 * share),
        )  # fmt: skip
        if st.button("Stop", key="map-stop"):
            jobs.stop(job.folder)
    draw_no_progress(progress)
