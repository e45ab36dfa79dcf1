"""What the shown answer covers, measured again only when the catalogue has changed."""

from __future__ import annotations

import dataclasses

import streamlit as st

from pages.components.shared import cached
from reid_core.retrieval.filters import Filter
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.search.coverage.coverage import Coverage
from reid_core.workspace.search.coverage.measuring import coverage, filter_of
from reid_core.workspace.search.searching import Answer
from reid_core.workspace.workspace import ModelEntry, Workspace


def covered(workspace: Workspace, gallery: GalleryInfo, model: ModelEntry, answer: Answer) -> Coverage:
    """By the filter that was searched with, and no hit: it tells nothing of where hits are."""
    where = filter_of(answer)
    where = dataclasses.replace(where, exclude_ids=frozenset(), only_ids=where.only_ids and frozenset())
    return _covered(str(workspace.path), workspace.catalogue.version(), gallery, where, model.id)


@st.cache_resource(max_entries=32, show_spinner=False)
def _covered(path: str, version: int, gallery: GalleryInfo, where: Filter, model: str) -> Coverage:
    return coverage(cached.open_workspace().catalogue, gallery, where, model)
