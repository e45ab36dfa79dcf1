"""What a run's network finds for validation photos: the picture of what it gets wrong."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import streamlit as st

from pages.components.shared import markup, wording
from pages.components.training.state import training_state
from pages.components.widgets.gallery_grid.gallery_grid import thumbnail_url
from reid_core.records import plural
from reid_core.training.monitoring.predictions import (
    Confusion,
    Crop,
    Hit,
    Prediction,
    Predictions,
    predicted_epochs,
    read_predictions,
)
from reid_core.training.run import Run, RunState
from reid_core.workspace.galleries import browsing
from reid_core.workspace.workspace import Workspace

KINDS = {
    "Worst": "the queries whose people it found worst, by average precision",
    "Best": "the queries that it did best",
    "Random": "the same few queries in each epoch",
}
CONFUSIONS = 8
Pictures = Mapping[tuple[str, str], tuple[int, str]]
state = st.session_state


def draw_predictions(workspace: Workspace, run: Run, stand: RunState) -> None:
    epochs = predicted_epochs(run)
    if not epochs:
        markup.note(
            "There are no predictions yet",
            "They come after each epoch, where the gallery's training people are seen by more than one camera.",
        )
        return
    with st.container(horizontal=True, vertical_alignment="center", key="trn-predictions"):
        kind = st.segmented_control(
            "Which", list(KINDS), default="Worst", required=True, key="trn-kind", label_visibility="collapsed"
        )
        epoch = _choose_epoch(stand, epochs)
    predictions = read_predictions(run, epoch)
    shown: list[Prediction] = getattr(predictions, (kind or "Worst").lower())
    pictures = browsing.crops_at(workspace, stand.gallery, _places(predictions))
    markup.text(
        '<p class="rt-text">After epoch {epoch}, {what}. Each row: the photo that was searched for, the five crops '
        "found most similar, and where the first right one stands. None of these people was trained on.</p>",
        epoch=epoch,
        what=KINDS[kind or "Worst"],
    )
    rows = "".join(_row(prediction, pictures, stand.gallery) for prediction in shown)
    st.html(f'<div class="tr-rows">{rows}</div>')
    _draw_confusions(predictions, pictures, stand.gallery)


def _choose_epoch(stand: RunState, epochs: list[int]) -> int:
    """The newest, until another is chosen; one that is gone is no choice."""
    if len(epochs) == 1:
        return epochs[0]
    key = f"trn-epoch-{stand.name}"
    if state.get(key) not in epochs:
        state.pop(key, None)
    newest = training_state().newest
    if state.get(key) == newest.get(stand.name):
        state[key] = epochs[-1]
    newest[stand.name] = epochs[-1]
    best = stand.best.get("epoch")

    def said(epoch: int) -> str:
        return f"Epoch {epoch}, the best" if epoch == best else f"Epoch {epoch}"

    return int(st.select_slider("Epoch", epochs, key=key, format_func=said, label_visibility="collapsed", width=260))


def _places(predictions: Predictions) -> set[tuple[str, str]]:
    every = [*predictions.worst, *predictions.best, *predictions.random]
    crops = [crop for one in every for crop in (one.query, one.first_true.crop, *(hit.crop for hit in one.hits))]
    return {(crop.source, crop.path) for crop in crops}


def _row(prediction: Prediction, pictures: Pictures, gallery: str) -> str:
    first = prediction.first_true
    hits = "".join(_hit(hit, pictures, gallery) for hit in prediction.hits)
    if first.rank > len(prediction.hits):
        place = markup.filled("first right one<br><b>rank {rank}</b>", rank=f"{first.rank:,}")
        hits += f'<li class="gap">{place}</li>' + _hit(first, pictures, gallery)
    about = markup.filled(
        "<b>{who}</b><span>{camera}</span><span>AP {precision} %</span>",
        who=wording.person_name(prediction.query.identity),
        camera=wording.camera_name(prediction.query.camera),
        precision=f"{100 * prediction.average_precision:.0f}",
    )
    query = _picture(prediction.query, pictures, gallery, "searched for")
    return f'<div class="tr-row"><div class="query">{query}<p>{about}</p></div><ol>{hits}</ol></div>'


def _hit(hit: Hit, pictures: Pictures, gallery: str) -> str:
    verdict = "right" if hit.right else "wrong"
    about = markup.filled(
        "<b>{mark} {similarity}</b><span>{who}</span><span>{camera}</span>",
        mark="✓" if hit.right else "✗",
        similarity=f"{hit.similarity:.2f}",
        who=wording.person_name(hit.crop.identity) or "unknown",
        camera=wording.camera_name(hit.crop.camera),
    )
    picture = _picture(hit.crop, pictures, gallery, f"rank {hit.rank}, {verdict}")
    return f'<li class="{verdict}">{picture}<p>{about}</p></li>'


def _picture(crop: Crop, pictures: Pictures, gallery: str, what: str) -> str:
    found = pictures.get((crop.source, crop.path))
    if found is None:
        return '<span class="matte gone">not in the gallery any more</span>'
    id, sha256 = found
    return markup.filled(
        '<a class="matte" href="{address}" target="_self"><img src="{picture}" alt="{what}" loading="lazy"></a>',
        address="gallery?" + urlencode({"gallery": gallery, "crop": id}),
        picture=thumbnail_url(sha256),
        what=", ".join(filter(None, (what, wording.person_name(crop.identity), wording.camera_name(crop.camera)))),
    )


def _draw_confusions(predictions: Predictions, pictures: Pictures, gallery: str) -> None:
    """Who and which cameras are taken for each other, by how often the wrong one came first."""
    if not predictions.confused_identities:
        markup.note("Nobody was confused", "For every validation query the first crop found was the right person.")
        return
    people, cameras = st.columns(2, gap="large")
    for place, title, some, name, word in (
        (people, "People taken for others", predictions.confused_identities, wording.person_name, "taken for"),
        (cameras, "Cameras of query and wrong hit", predictions.confused_cameras, wording.camera_name, "wrong hit in"),
    ):
        most = max(one.count for one in some)
        rows = "".join(_confusion(one, most, name(one.asked), f"{word} {name(one.found)}") for one in some[:CONFUSIONS])
        with place:
            markup.text('<p class="rt-label">{title}</p>', title=title)
            st.html(f'<table class="rt-facts tr-confused">{rows}</table>')
            if len(some) > CONFUSIONS:
                markup.text('<p class="rt-small">and {more} more</p>', more=plural(len(some) - CONFUSIONS, "pair"))


def _confusion(one: Confusion, most: int, asked: str, found: str) -> str:
    return markup.filled(
        '<tr><th>{asked}</th><td>{found}</td><td class="share"><i style="width:{share}%"></i></td>'
        "<td>{count} of {queries}</td></tr>",
        asked=asked,
        found=found,
        share=round(100 * one.count / most),
        count=one.count,
        queries=one.queries,
    )
