"""The standing of the Evaluation page in this visit; the kept reports, read once until something changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st

from pages.components.shared import cached
from pages.components.shared.session import kept
from reid_core.evaluation.model_comparison import compare_all
from reid_core.evaluation.report import Evaluation, EvaluationReport, Protocol
from reid_core.workspace.evaluations.kept_reports import Kept, kept_reports
from reid_core.workspace.workspace import Workspace

VIEWS = ("Figures", "Threshold", "Cameras", "Groups", "Failures", "Galleries", "Calibration")
VIEW = "eval-view"  # key of the switch of views


@dataclass
class EvaluationState:
    """`started` counts evaluations that were started here, `followed` are folders of jobs under way, and `put_away`
    those of jobs whose end was taken note of. `places` are pages in lists of failures."""

    started: int = 0
    followed: frozenset[str] = frozenset()
    put_away: set[str] = field(default_factory=set)
    places: dict[str, int] = field(default_factory=dict)


def evaluation_state() -> EvaluationState:
    return kept(EvaluationState)


def reports(workspace: Workspace, gallery: str) -> list[Kept]:
    """Of the gallery, newest first."""
    folder = workspace.path / "evaluations"
    files = tuple((file.name, file.stat().st_mtime_ns) for file in sorted(folder.glob(f"{gallery}@*.json")))
    return _reports(str(workspace.path), gallery, workspace.catalogue.version(), files)


@st.cache_resource(max_entries=16, show_spinner=False)
def _reports(path: str, gallery: str, version: int, files: tuple[tuple[str, int], ...]) -> list[Kept]:
    return kept_reports(cached.open_workspace(), gallery)


def side_by_side(workspace: Workspace, chosen: Sequence[Kept]) -> Evaluation:
    """These reports with the differences between their models, which take a second where people are thousands."""
    reports = [one.report for one in chosen]
    named = tuple((one.tested.gallery, one.tested.model, one.tested.at, one.protocol) for one in reports)
    return _side_by_side(str(workspace.path), named, reports)


@st.cache_resource(max_entries=8, show_spinner=False)
def _side_by_side(path: str, named: tuple[object, ...], _reports: list[EvaluationReport]) -> Evaluation:
    return compare_all(_reports)


def colours(workspace: Workspace, gallery: str, chosen: Sequence[Kept]) -> list[int]:
    """A place in the palette for each, which a model keeps when others are left out."""
    every = sorted({one.report.tested.model for one in reports(workspace, gallery)})
    return [every.index(one.report.tested.model) for one in chosen]


def protocol_words(protocol: Protocol) -> str:
    """ "Plain ranking", "Re-ranked, same camera counts"."""
    parts = []
    if protocol.rerank:
        parts.append("re-ranked")
    if protocol.multi_query:
        parts.append("several crops ask together")
    if protocol.same_camera:
        parts.append("same camera counts")
    if protocol.expansion:
        parts.append(f"queries mixed with {protocol.expansion}")
    if protocol.augmentation:
        parts.append(f"gallery mixed with {protocol.augmentation}")
    if protocol.alpha:
        parts.append(f"alpha {protocol.alpha:g}")
    if protocol.seed:
        parts.append(f"seed {protocol.seed}")
    words = ", ".join(parts) or "plain ranking"
    return words[0].upper() + words[1:]
