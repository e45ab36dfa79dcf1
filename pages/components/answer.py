"""Who it could be: the hits of a photo with their summary, and what narrows them down."""

from __future__ import annotations

import html
from typing import Any

import pandas as pd
import streamlit as st

from pages import common
from pages.components.compare import OPEN, compare
from pages.components.embed_now import draw_embed_now
from pages.components.gallery_grid import card_of, gallery_grid
from pages.components.photo import Chosen, take_crop
from pages.components.time_range import draw_times
from reid_core.errors import ReidError
from reid_core.quality import LIMITS
from reid_core.records import natural_order, plural
from reid_core.retrieval.index import Filter
from reid_core.workspace.rows import GalleryInfo
from reid_core.workspace.searching import Answer, Question, refresh, search
from reid_core.workspace.workspace import ModelEntry, Workspace

TOPS = (10, 20, 50, 100, 200)
LEAD = "A hit is a lead to check, not an identification."
NO_CALIBRATION = " This model has no calibration yet, so similarity is no probability: only the order means something."
state = st.session_state


def draw_answer(
    workspace: Workspace, gallery: GalleryInfo, photo: Chosen, camera: str | None, same_camera: bool
) -> None:
    models = common.usable_models(workspace, gallery)
    if not models:
        say_how_to_index(workspace, gallery)
        return
    head = st.container()
    with st.container(horizontal=True, vertical_alignment="center", key="filters"):
        where, top, rerank, model = draw_filters(workspace, gallery, models)
        export = st.container(width="content", key="export-place")
    question = Question(photo.data, top, where, camera, same_camera, rerank, state.get("purpose", "").strip())
    try:
        answer = find(workspace, gallery, model, question)
    except ReidError as error:
        common.problem("The search did not work", str(error))
        return
    hits = answer.hits()
    with head:
        draw_summary(gallery, model, answer, hits, rerank)
    if not hits:
        if where == Filter() and len(answer.own) == answer.searched:
            common.note("There is nobody else in this gallery", "Its only crop is the photo itself.")
        else:
            common.note("No crop passes these filters", "Widen them: allow more cameras, a longer time, or everybody.")
        return
    export.download_button(
        "Download CSV", table_for_export(hits), f"hits-{gallery.name}.csv", "text/csv", on_click="ignore", key="export"
    )
    crop = gallery_grid(hit_cards(answer, hits), kind="hits", label="Hits, most similar first", key="hits")
    if crop is not None:
        state[OPEN] = next((hit["rank"] for hit in hits if hit["id"] == crop), 1)
        show_hit(workspace, gallery.name, photo, answer)


def find(workspace: Workspace, gallery: GalleryInfo, model: ModelEntry, question: Question) -> Answer:
    """The answer, kept while the question stays the same: looking at a hit is no new search, and none is logged."""
    embedded = next(count for id, _, count in gallery.models if id == model.id)
    key = (str(workspace.path), gallery.name, model.id, embedded, question)
    version = workspace.catalogue.version()
    kept, seen, answer = state.get("answer", (None, 0, None))
    if kept == key and seen != version:  # labels may have been mended, or hits deleted
        answer = refresh(workspace, answer)
    if kept != key or answer is None:
        index = common.ready_index(workspace, gallery.name, model.id)
        answer = search(workspace, index, common.embedder(model.id, model.folder), question)
    state["answer"] = key, version, answer
    return answer


@st.dialog("Compare", width="large")
def show_hit(workspace: Workspace, gallery: str, photo: Chosen, answer: Answer) -> None:
    crop = compare(photo, answer, gallery)
    if crop is not None:
        take_crop(workspace, crop)
        st.rerun()


def draw_summary(
    gallery: GalleryInfo, model: ModelEntry, answer: Answer, hits: list[dict[str, Any]], rerank: bool
) -> None:
    milliseconds = max(1, round(1000 * answer.seconds))
    beside = f"{milliseconds} ms · model {model.name}{' · re-ranked' if rerank else ''}"
    if left_out := gallery.crops - answer.searched:
        beside += f" · {left_out:,} crops of {gallery.name} are not indexed by it"
    common.heading(f"{len(hits):,} of {plural(answer.searched, 'crop')}", beside)
    meaning = "" if model.card.calibration else NO_CALIBRATION
    common.text(
        '<p class="rt-small">{lead}{meaning}</p>'
        '<details class="rt-small rt-terms"><summary>Terms of model {model}</summary>{terms}</details>',
        lead=LEAD, meaning=meaning, model=model.name, terms=model.card.terms,
    )  # fmt: skip
    if not hits:
        return
    counts = pd.Series([hit["camera"] for hit in hits], dtype=object).value_counts()
    chips = "".join(
        f"<span>{html.escape(common.camera_name(camera))}<b>{counts[camera]}</b></span>"
        for camera in natural_order(counts.index)
    )
    st.html(f'<div class="rt-chips" aria-label="Hits per camera">{chips}</div>')


def hit_cards(answer: Answer, hits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    similarities = [hit["similarity"] for hit in hits]
    low, spread = min(similarities), (max(similarities) - min(similarities)) or 1.0
    cards = []
    for hit, time in zip(hits, answer.crops["time"], strict=True):
        card = card_of({**hit, "time": time})
        card["title"] = f"Hit {hit['rank']}, similarity {hit['similarity']:.3f}, {card['title']}"
        card |= {"rank": hit["rank"], "similarity": f"{hit['similarity']:.3f}"}
        card |= {"share": (hit["similarity"] - low) / spread, "note": common.person_name(hit["identity"])}
        cards.append({**card, "lines": [common.camera_name(hit["camera"]), common.shown_time(time)]})
    return cards


def table_for_export(hits: list[dict[str, Any]]) -> bytes:
    """CSV; text that a spreadsheet would take for a formula is quoted."""
    table = pd.DataFrame(hits).map(lambda value: f"'{value}" if str(value)[:1] in ("=", "+", "@") else value)
    return table.to_csv(index=False).encode()


def say_how_to_index(workspace: Workspace, gallery: GalleryInfo) -> None:
    common.note(
        "This gallery cannot be searched yet",
        f"No model that is here has embedded the crops of {gallery.name}, and only what is embedded can be compared.",
    )
    draw_embed_now(workspace, gallery.name)


# --- filters ---


def draw_filters(
    workspace: Workspace, gallery: GalleryInfo, models: list[ModelEntry]
) -> tuple[Filter, int, bool, ModelEntry]:
    facts = common.gallery_facts(workspace, gallery)
    cameras: list[str] = []
    if len(facts.cameras) > 1:
        key = f"cameras-{gallery.name}"
        chosen = len(state.get(key, ()))
        with st.popover(plural(chosen, "camera") if chosen else "All cameras", key="cameras-popover"):
            cameras = st.pills(
                "Cameras", facts.cameras, selection_mode="multi", format_func=common.camera_name, key=key,
                persist_state="session",
            )  # fmt: skip
    after, before = choose_times(gallery.name, facts.times) if facts.times else (None, None)
    top = st.selectbox(
        "Hits", TOPS, index=1, format_func=lambda number: f"Top {number}", key="top", label_visibility="collapsed",
        width=104, persist_state="session",
    )  # fmt: skip
    identities, good, rerank, model = "", False, False, models[0]
    with st.popover("Options", key="options-popover"):
        if gallery.identities:
            identities = st.text_input(
                "Only these identities", key=f"identities-{gallery.name}", placeholder="Labels, with commas between",
                persist_state="session",
            )  # fmt: skip
        good = st.toggle(
            "Leave out poor pictures", key="good", persist_state="session",
            help="Hits that are blurred, or too small to tell much from, and those that nobody has measured.",
        )  # fmt: skip
        rerank = st.toggle(
            "Re-rank", key="rerank", persist_state="session",
            help="Crops that share their neighbours with the photo move up. The order is then not that of similarity.",
        )  # fmt: skip
        if len(models) > 1:
            names = [entry.name for entry in models]
            picked = st.selectbox("Model", names, key=f"model-{gallery.name}", persist_state="session")
            model = models[names.index(picked)]
    labels = frozenset(part.strip() for part in identities.split(",") if part.strip())
    where = Filter(
        frozenset(cameras) or None, identities=labels or None, after=after, before=before,
        min_height=LIMITS.height if good else None, min_sharpness=LIMITS.sharpness if good else None,
    )  # fmt: skip
    return where, top, rerank, model


def choose_times(gallery: str, times: tuple[float, float]) -> tuple[float | None, float | None]:
    """Both ends in seconds, None where open."""
    keys = f"after-{gallery}", f"before-{gallery}"
    limited = any(state.get(key) is not None for key in keys)
    with st.popover("Limited time" if limited else "Any time", key="time-popover"):
        after, before = draw_times(times, keys)
        if common.is_clock_time(times[0]):
            common.text(
                '<p class="rt-small">The crops are from {first} to {last}.</p>',
                first=common.shown_time(times[0]), last=common.shown_time(times[1]),
            )  # fmt: skip
    return after, before
