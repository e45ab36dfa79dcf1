"""Queries that went wrong, the worst first, with the likeliest reason: often a label that the Gallery page mends."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.components.evaluation.state import evaluation_state
from pages.components.shared import markup, wording
from pages.components.widgets.gallery_grid.gallery_grid import thumbnail_url
from reid_core.evaluation.report import EvaluationReport
from reid_core.evaluation.report_parts import Failure
from reid_core.records import plural
from reid_core.workspace.workspace import Workspace

PAGE = 12


def draw_failures(workspace: Workspace, gallery: str, reports: Sequence[EvaluationReport]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="eval-failures-bar"):
        names = {one.tested.model: one.tested.name for one in reports}
        report = reports[0]
        if len(reports) > 1:
            model = st.segmented_control(
                "Model", list(names), default=report.tested.model, required=True, format_func=lambda id: names[id],
                key=f"eval-failures-model-{len(names)}", label_visibility="collapsed",
            )  # fmt: skip
            report = next((one for one in reports if one.tested.model == model), report)
        counts = report.failure_counts
        reason = st.pills(
            "Reason", list(counts), format_func=lambda name: f"{name[0].upper()}{name[1:]} {counts[name]:,}",
            key=f"eval-failures-reason-{report.tested.model}", label_visibility="collapsed",
        )  # fmt: skip
    found = [one for one in report.failures if reason is None or one.reasons[0] == reason]
    total = sum(counts.values()) if reason is None else counts[reason]
    if not found and total:
        markup.note(
            "None of these is listed", f"The report lists the worst failures, and none of these {total:,} is one."
        )
        return
    if not found:
        markup.note("Nothing went wrong", "Every query that has a match found it first.")
        return
    beside = f"of {plural(report.queries + report.queries_without_match, 'query')}, the worst first"
    markup.heading(plural(total, "failure"), beside)
    page = _page(len(found), f"{report.tested.model}-{reason}")
    shown = found[page * PAGE : (page + 1) * PAGE]
    wanted = {id for one in shown for id in (one.crop, one.match, one.other) if id is not None}
    crops = workspace.catalogue.crops_of(sorted(wanted))
    pictures = {int(id): thumbnail_url(sha256) for id, sha256 in zip(crops["id"], crops["sha256"], strict=True)}
    for one in shown:
        _draw(gallery, one, pictures)
    if len(found) < total:
        markup.text('<p class="rt-small">The report lists the {count} worst.</p>', count=f"{len(found):,}")


def _draw(gallery: str, one: Failure, pictures: dict[int, str]) -> None:
    rank = "no match that counts" if one.first_rank is None else f"first match at rank {one.first_rank:,}"
    precision = "" if one.average_precision is None else f" · AP {100 * one.average_precision:.0f}"
    with st.container(key=f"eval-failure-{one.crop}"):
        left, right = st.columns([1, 2], vertical_alignment="center")
        with left:
            parts = [
                _figure(pictures.get(one.crop), "Query", wording.person_name(one.identity)),
                _figure(pictures.get(one.match or -1), "Best match", _similarity(one.match_similarity)),
                _figure(
                    pictures.get(one.other or -1),
                    "Somebody else",
                    f"{_similarity(one.other_similarity)} {wording.person_name(one.other_identity)}",
                ),
            ]
            st.html(f'<div class="ev-three">{"".join(parts)}</div>')
        with right:
            markup.text(
                '<p class="ev-verdict">{why}</p><p class="rt-small">{identity}, {camera}: {rank}{precision}</p>',
                why=one.why, identity=wording.person_name(one.identity) or one.identity,
                camera=wording.camera_name(one.camera), rank=rank, precision=precision,
            )  # fmt: skip
            with st.container(horizontal=True, key=f"eval-failure-actions-{one.crop}"):
                _open(gallery, one.crop, "Mend its label", f"eval-mend-{one.crop}")
                if one.other is not None:
                    _open(gallery, one.other, "Open the other", f"eval-other-{one.crop}")


def _figure(picture: str | None, title: str, words: str) -> str:
    shown = markup.filled('<img src="{picture}" alt="{title}">', picture=picture, title=title) if picture else ""
    caption = markup.filled("<b>{title}</b><span>{words}</span>", title=title, words=words if picture else "none")
    return f'<figure><div class="frame">{shown}</div><figcaption>{caption}</figcaption></figure>'


def _similarity(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _open(gallery: str, crop: int, words: str, key: str) -> None:
    if st.button(words, key=key):
        st.switch_page("pages/gallery.py", query_params={"gallery": gallery, "crop": str(crop)})


def _page(count: int, which: str) -> int:
    pages = max(1, -(-count // PAGE))
    places = evaluation_state().places
    page = min(places.get(which, 0), pages - 1)
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center", key="eval-failures-pager"):
            if st.button("Previous", key="eval-failures-previous", disabled=page == 0):
                places[which] = page - 1
                st.rerun()
            if st.button("Next", key="eval-failures-next", disabled=page == pages - 1):
                places[which] = page + 1
                st.rerun()
            markup.text('<p class="rt-small">{page} of {pages}</p>', page=page + 1, pages=pages)
    return page
