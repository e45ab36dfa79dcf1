"""The question that the page asks, and its answer, kept while the question stays the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import streamlit as st

from pages.components.search.blind import judged_by
from pages.components.search.state import SHORT, Answered, Chosen, desk
from pages.components.shared import cached
from reid_core.colours import CLEAR, clothing
from reid_core.images import decode
from reid_core.quality import measure
from reid_core.retrieval.filters import Filter
from reid_core.retrieval.grouping import Group
from reid_core.workspace.cases.verdicts import last_line
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.search.saved_again import saved_again
from reid_core.workspace.search.searching import Answer, Example, Question, answer_query, refresh, search
from reid_core.workspace.workspace import ModelEntry, Workspace

VIEWS = {"Tracklets": "tracklet", "Cameras": "camera", "People": "identity", "Crops": None}


@dataclass(frozen=True)
class How:
    """What the analyst chose beside photos and filters: the level of groups, re-ranking, the photo's camera."""

    group: str | None
    rerank: bool
    camera: str | None
    same_camera: bool


def question(chosen: Sequence[Chosen], where: Filter, how: How, *, purpose: str, case: str | None) -> Question:
    """One more group is asked for than is shown: the gap to the next one, and whether there are more."""
    examples = tuple(
        Example(crop=photo.crop, negative=photo.role == "negative")
        if photo.crop is not None
        else Example(photo.data, negative=photo.role == "negative", name=photo.name)
        for photo in chosen
        if photo.role != "aside"
    )
    cut = frozenset(photo.cut_from for photo in chosen if photo.cut_from is not None)
    where = dataclasses.replace(where, exclude_ids=where.exclude_ids | cut)  # as a crop that is searched for itself
    if (new := desk().only_new) is not None:
        where = dataclasses.replace(where, only_ids=new[1])
    return Question(
        examples, desk().shown + 1, where, how.camera, how.same_camera, how.rerank, how.group, purpose,
        case,
    )  # fmt: skip


def find(workspace: Workspace, gallery: GalleryInfo, model: ModelEntry, wanted: Question) -> Answer:
    """The answer. Looking at a hit is no new search, and a verdict or a longer list embeds and logs nothing."""
    table = desk()
    embedded = next(count for id, _, count in gallery.models if id == model.id)
    key = (str(workspace.path), gallery.name, model.id, embedded, dataclasses.replace(wanted, top=0))
    others = 0 if wanted.case is None else last_line(workspace, wanted.case)
    whose = judged_by()
    version, turn = workspace.catalogue.version(), (table.turn, wanted.top, others, whose)
    kept, answer = table.answered, None
    if kept is None or kept.key != key:
        table.shown = table.opening or SHORT
        wanted = dataclasses.replace(wanted, top=table.shown + 1)
        turn = (table.turn, wanted.top, others, whose)
        index = cached.ready_index(workspace, gallery.name, model.id)
        answer = search(workspace, index, cached.embedder(model.id, model.folder), wanted, judged_by=whose)
    else:
        if kept.turn == turn:  # labels may have been mended, or hits deleted
            answer = kept.answer if kept.version == version else refresh(workspace, kept.answer)
        if answer is None:
            index = cached.ready_index(workspace, gallery.name, model.id)
            query = dataclasses.replace(kept.answer.query, question=wanted)
            answer = answer_query(workspace, index, query, judged_by=whose)
    table.opening, table.answered = None, Answered(key, version, turn, answer)
    return answer


def kept_answer() -> Answer | None:
    """The answer that the page shows, from its last run."""
    answered = desk().answered
    return None if answered is None else answered.answer


def searched_gallery() -> str | None:
    """The gallery that the kept answer is of."""
    answered = desk().answered
    return None if answered is None else answered.gallery


def groups_of(answer: Answer) -> list[Group]:
    """The answer's groups in their order, each crop by itself where that was asked for."""
    if answer.query.question.group is not None:
        return answer.groups()
    hits = answer.results.row(0)
    gaps = [here.similarity - after.similarity for here, after in pairwise(hits)]
    return [Group(hit.rank, None, (hit,), gap) for hit, gap in zip(hits, [*gaps, None][: len(hits)], strict=True)]


def copies(workspace: Workspace, chosen: Sequence[Chosen], answer: Answer) -> set[int]:
    """Which hits are one of the photos, saved again."""
    looks = [photo.look for photo in chosen if photo.role == "positive"]
    hits = zip(answer.results.row(0), answer.crops["sha256"], strict=False)
    first = [(hit.id, hit.similarity, str(sha256)) for hit, sha256 in hits]
    return saved_again(looks, first, partial(_look, str(workspace.path)))


@st.cache_data(max_entries=256, show_spinner=False)
def _look(path: str, sha256: str) -> int:
    jpeg = cached.open_workspace().thumbnails.get(bytes.fromhex(sha256))
    return 0 if jpeg is None else measure(decode(jpeg)).look


def worn(photo: Chosen | None) -> tuple[str, str] | None:
    """Colours of upper and lower clothing in the photo, where both are clear."""
    return None if photo is None or photo.is_scene else _worn(photo.sha256, photo.data)


@st.cache_data(max_entries=64, show_spinner=False)
def _worn(sha256: str, _data: bytes) -> tuple[str, str] | None:
    seen = clothing(decode(_data))
    return (seen.upper, seen.lower) if min(seen.upper_share, seen.lower_share) >= CLEAR else None
