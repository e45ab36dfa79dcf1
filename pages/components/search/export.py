"""What is taken away: the hits as a table, or the whole case as a table, as JSON or as a page with pictures.

Files are made when they are asked for, and each is written into the log: no deletion reaches what has left.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from pages.components.search.blind import is_blind
from pages.components.search.question import groups_of
from pages.components.search.state import desk
from pages.components.shared import cached, markup
from reid_core.records import harmless
from reid_core.workspace.catalogue.audit import ExportHits
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.exports.case import collect
from reid_core.workspace.exports.formats import CASE_FORMATS
from reid_core.workspace.search.hit_meaning import Meant
from reid_core.workspace.search.searching import Answer
from reid_core.workspace.workspace import Workspace

Hits = list[dict[str, Any]]


def draw_exports(workspace: Workspace, gallery: GalleryInfo, answer: Answer, meant: Meant) -> None:
    """Behind a button: files of these hits, and of the case where one is open."""
    with st.popover("Export", key="export-popover"):
        if is_blind():
            markup.text(
                '<p class="rt-small">An export names people, files, ranks and similarities. Turn “Blind” off under '
                "“Order” first.</p>"
            )
            return
        shown = {hit.id for group in groups_of(answer)[: desk().shown] for hit in group.hits}
        hits = [
            {**hit, "meaning": meant.sentence(hit["similarity"]) or None, **meant.context()}
            for hit in answer.hits()
            if hit["id"] in shown
        ]
        markup.text('<p class="rt-label">These hits</p>')
        with st.container(horizontal=True):
            for kind, made in (("csv", table_for_export), ("json", json_for_export)):
                data = partial(_logged, workspace, gallery, answer, made, hits)
                _button(kind, f"export-{kind}", f"hits-{gallery.name}.{kind}", data)
        name = desk().case
        if name is None:
            markup.text('<p class="rt-small">A case is exported with verdicts, pictures and meanings.</p>')
            return
        markup.text('<p class="rt-label">The case</p>')
        markup.text('<p class="rt-small">Its verdicts, and what its saved searches find now.</p>')
        with st.container(horizontal=True):
            file = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "case"
            for kind in CASE_FORMATS:
                _button(kind, f"export-case-{kind}", f"{file}.{kind}", partial(_case, workspace, name, kind))


def _button(kind: str, key: str, file: str, made: Callable[[], bytes]) -> None:
    st.download_button(kind.upper(), made, file, CASE_FORMATS[kind].mime, on_click="ignore", key=key)


def _case(workspace: Workspace, name: str, kind: str) -> bytes:
    def index_of(gallery: str, model: str) -> Any:
        return cached.ready_index(workspace, gallery, model)

    report = collect(workspace, name, index_of=index_of)
    return CASE_FORMATS[kind].text(workspace, report).encode()


def _logged(
    workspace: Workspace, gallery: GalleryInfo, answer: Answer, made: Callable[[Hits], bytes], hits: Hits
) -> bytes:
    question = answer.query.question
    workspace.catalogue.log(ExportHits(purpose=question.purpose, gallery=gallery.name, hits=len(hits)))
    return made(hits)


def table_for_export(hits: Hits) -> bytes:
    """CSV; text that a spreadsheet would take for a formula is quoted."""
    table = pd.DataFrame(hits).map(harmless)
    return table.to_csv(index=False).encode()


def json_for_export(hits: Hits) -> bytes:
    return json.dumps(hits, ensure_ascii=False, indent=1).encode()
