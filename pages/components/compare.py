"""A hit beside the photo, large, with all that is known of it."""

from __future__ import annotations

import html

import streamlit as st

from pages import common
from pages.components.gallery_grid import thumbnail_url
from pages.components.photo import Chosen
from reid_core.images import BadImage
from reid_core.records import plural
from reid_core.workspace.searching import Answer

OPEN = "open-rank"  # of the hit that is looked at, in the session's state


def compare(photo: Chosen, answer: Answer, gallery: str) -> int | None:
    """The dialog; returns the crop to search from when that was asked for."""
    hits = answer.hits()
    rank = min(max(1, st.session_state[OPEN]), len(hits))
    hit = hits[rank - 1]

    def step(by: int) -> None:
        st.session_state[OPEN] = rank + by

    with st.container(horizontal=True, vertical_alignment="center", key="steps"):
        st.button("Previous", on_click=step, args=(-1,), disabled=rank == 1, shortcut="Left", key="previous-hit")
        st.button("Next", on_click=step, args=(1,), disabled=rank == len(hits), shortcut="Right", key="next-hit")
        common.text('<p class="rt-small">Hit <b>{rank}</b> of {hits}</p>', rank=rank, hits=len(hits))
    pictures, about = st.columns([13, 7], gap="medium")
    with pictures:
        _draw_pair(photo, answer, rank)
    with about:
        search_from = st.button("Search from this crop", type="primary", key="search-from", width="stretch")
        if st.button("Open in the gallery", key="open-in-gallery", width="stretch",
                     help="To correct its labels, hold it or delete it."):  # fmt: skip
            address = {"gallery": gallery, "crop": str(int(hit["id"]))}
            st.switch_page("pages/gallery.py", query_params=address)
        _facts(answer, rank)
    return int(hit["id"]) if search_from else None


def _draw_pair(photo: Chosen, answer: Answer, rank: int) -> None:
    row, missing = answer.crops.iloc[rank - 1], ""
    try:
        picture = common.preview(common.read_picture(row["source"], row["path"]))
    except BadImage as error:
        picture, missing = thumbnail_url(row["sha256"]), f"Only its small thumbnail is left: {error}."
    common.text(
        '<div class="rt-pair">'
        '<figure class="rt-figure"><div class="frame"><img src="{photo}" alt="The photo that is searched for"></div>'
        "<figcaption><b>Photo</b><span>{photo_camera}</span><span>{photo_time}</span></figcaption></figure>"
        '<figure class="rt-figure"><div class="frame"><img src="{hit}" alt="Hit {rank}"></div>'
        "<figcaption><b>Hit {rank}</b><span>{camera}</span><span>{time}</span></figcaption></figure></div>",
        photo=photo.picture,
        photo_camera=common.camera_name(answer.camera),
        photo_time=common.shown_time(photo.time),
        hit=picture,
        rank=rank,
        camera=common.camera_name(row["camera"]),
        time=common.shown_time(row["time"]),
    )
    if missing:
        common.text('<p class="rt-small">{missing}</p>', missing=missing)


def _facts(answer: Answer, rank: int) -> None:
    hits = answer.hits()
    hit, row = hits[rank - 1], answer.crops.iloc[rank - 1]
    following = f"{hit['similarity'] - hits[rank]['similarity']:.3f}" if rank < len(hits) else "–"
    facts = {
        "Rank": f"{rank} of {plural(len(hits), 'hit')}",
        "Similarity": f"{hit['similarity']:.3f}, no probability",
        "Gap to the next": following,
        "Camera": hit["camera"],
        "Time": hit["time"],
        "Tracklet": hit["tracklet"],
        "Identity": hit["identity"],
        "Size": f"{row['width']} × {row['height']} px",
        "File": hit["path"],
        "Split": hit["split"],
        "Crop": hit["id"],
    }
    rows = "".join(
        f"<tr><th scope='row'>{name}</th><td>{html.escape(str(value))}</td></tr>"
        for name, value in facts.items()
        if value is not None
    )
    st.html(f'<table class="rt-facts">{rows}</table>')
