"""Who it could be: the hits in groups, when and where they are, and the one that is looked at closely."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.components.search import query_photos
from pages.components.search.blind import by_time, is_blind, is_decided, is_told, no_order
from pages.components.search.case_panel import draw_keeping, purpose_now
from pages.components.search.comparing import conflict_of, draw_comparison, pair_of, verdict_of
from pages.components.search.coverage.drawing import draw_coverage, draw_open, say_nobody
from pages.components.search.coverage.measured import covered
from pages.components.search.filters import draw_filters
from pages.components.search.hit_times import draw_timeline
from pages.components.search.question import VIEWS, How, copies, find, groups_of, question, worn
from pages.components.search.state import BLIND, RERANK, SHORT, VIEW, desk
from pages.components.search.verdicts import LIST
from pages.components.shared import cached, markup, wording
from pages.components.shared.embed_now import draw_embed_now
from pages.components.shared.meaning import likely_from, meant_by, why_no_meaning
from pages.components.shared.shortcuts import UNDO_KEY, VERDICT_KEYS
from pages.components.watching.confirmed import draw_watch
from pages.components.widgets.answer_list.answer_list import answer_list
from pages.components.widgets.gallery_grid.gallery_grid import card_of, gallery_grid, rows_of
from reid_core.errors import ReidError
from reid_core.records import plural
from reid_core.retrieval.filters import Filter
from reid_core.retrieval.grouping import Group
from reid_core.workspace.cases import verdicts
from reid_core.workspace.cases.verdicts import MATCH
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.search.coverage.coverage import Coverage
from reid_core.workspace.search.hit_meaning import Meant
from reid_core.workspace.search.no_direction import never_found
from reid_core.workspace.search.searching import Answer
from reid_core.workspace.workspace import ModelEntry, Workspace

LEAD = "A hit is a lead to check, not an identification."
KEYS = f"Arrow keys walk, Enter compares, {' '.join(VERDICT_KEYS.values())} judge, {UNDO_KEY} takes back"
STRIP = 4  # pictures below a card
CONFIRMED = 12  # crops that are shown above the list
PARTS = {"tracklet": "tracklet", "camera": "camera", "identity": "person", None: "crop"}
state = st.session_state


def draw_answer(workspace: Workspace, gallery: GalleryInfo, camera: str | None, same_camera: bool) -> None:
    models = cached.usable_models(workspace, gallery)
    if not models:
        say_how_to_index(workspace, gallery)
        return
    if query_photos.first() is None and not confirmed_alone():
        markup.note("No photo shows the person", "All are of somebody else, or set aside. Choose one of her or him.")
        return
    head = st.container(key="room-answer-head", height=161, border=False)  # pixels
    with st.container(horizontal=True, vertical_alignment="center", key="filters"):
        where, walks = draw_filters(workspace, gallery, worn(query_photos.first()))
        group, rerank, model = draw_order(workspace, gallery, models)
        keeping = st.container(width="content", key="export-place", horizontal=True)
    how = How(group, rerank, camera, same_camera)
    table = desk()
    if table.only_new is not None and table.only_new[0] != gallery.name:
        table.only_new = None
    wanted = question(query_photos.photos(), where, how, purpose=purpose_now(), case=table.case)
    try:
        answer = find(workspace, gallery, model, wanted)
    except ReidError as error:
        walks.draw(workspace, None)
        with head:
            markup.problem("The search did not work", str(error))
        return
    walks.draw(workspace, answer)
    meant = meant_by(model, gallery.name, answer)
    table.likely = likely_from(meant)
    draw_only_new()
    found = groups_of(answer)
    shown = found[: table.shown]
    searched = covered(workspace, gallery, model, answer)
    with head:  # all of it at once
        draw_summary(gallery, model, answer, shown, meant)
        if shown:
            draw_coverage(searched)
    if table.problem:
        markup.problem("This did not work", table.problem)
    if not shown:
        _say_nobody(answer, where, searched)
        return
    with keeping:
        draw_keeping(workspace, gallery, model, answer, meant)
    drawn = no_order(shown) if is_blind() else shown
    pair = pair_of(drawn, answer)
    if pair is not None:
        with st.container(key="comparison"):
            draw_comparison(workspace, gallery, model, answer, drawn, pair, meant)
    draw_timeline(cached.gallery_facts(workspace, gallery).times, gallery.name, answer, shown)
    if answer.standing:
        draw_judged(workspace, gallery, answer, strip=pair is None)
    same = copies(workspace, query_photos.photos(), answer)
    draw_groups(answer, drawn, meant, same, more=len(found) > len(shown), pair=pair)


def confirmed_alone() -> bool:
    """Whether what the open case has confirmed is searched with, without a photo, as a saved search may."""
    table = desk()
    return table.confirmed_alone is not None and table.confirmed_alone == table.case


def draw_only_new() -> None:
    """That only what is new is searched, and the way back to everything."""
    new = desk().only_new
    if new is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        words = plural(len(new[1]), "crop")
        markup.text('<p class="rt-small"><b>Only what is new</b>: {words} since it was last run.</p>', words=words)
        st.button("Search everything", on_click=_search_everything, key="search-everything")


def _search_everything() -> None:
    desk().only_new = None


def levels_of(has_tracklets: bool) -> dict[str, str | None]:
    """What hits can be gathered by, under the names that the page keeps. In a gallery without tracklets the first is
    crops: whoever goes on to another gallery finds tracklets again there.
    """
    if has_tracklets:
        return dict(VIEWS)
    return {name: None if level == "tracklet" else level for name, level in VIEWS.items() if level is not None}


def draw_order(
    workspace: Workspace, gallery: GalleryInfo, models: list[ModelEntry]
) -> tuple[str | None, bool, ModelEntry]:
    """How hits are gathered and put in order, and what hides their order."""
    model = models[0]
    levels = levels_of(cached.gallery_facts(workspace, gallery).has_tracklets)
    if is_blind():  # labels say who is who
        levels = {name: level for name, level in levels.items() if level != "identity"}
    if state.get(VIEW) not in levels:
        state.pop(VIEW, None)
    view = st.selectbox(
        "Together", list(levels), format_func=lambda name: f"By {PARTS[levels[name]]}", key=VIEW, width=136,
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    rerank, blind = state.get(RERANK), is_blind()
    with st.popover("Order" + " (re-ranked)" * bool(rerank) + " (blind)" * bool(blind), key="order-popover"):
        rerank = st.toggle(
            "Re-rank", key=RERANK, persist_state="session",
            help="Crops that share their neighbours with the photo move up. The order is then not that of similarity.",
        )  # fmt: skip
        st.toggle(
            "Blind", key=BLIND, persist_state="session",
            help="Names, files, similarity, rank and what others decided are hidden on each crop until you have given "
            "your verdict on it, and the list is shuffled: they would lead the eye. Filters by person are suspended.",
        )  # fmt: skip
        if len(models) > 1:
            names = [entry.name for entry in models]
            picked = st.selectbox("Model", names, key=f"model-{gallery.name}", persist_state="session")
            model = models[names.index(picked)]
    return levels[view], bool(rerank), model


def _say_nobody(answer: Answer, where: Filter, searched: Coverage) -> None:
    if answer.standing and where == Filter():
        markup.note("No hits left to judge", f"Every crop that could be this person has a verdict: {_judged(answer)}.")
    elif where == Filter() and len(answer.own) == answer.searched:
        markup.note("There is nobody else in this gallery", "Its only crop is the photo itself.")
    else:
        say_nobody(searched, "Widen the filters: allow more cameras, a longer time, or everybody.")
        return
    draw_open(searched)


def draw_summary(gallery: GalleryInfo, model: ModelEntry, answer: Answer, shown: list[Group], meant: Meant) -> None:
    rerank = answer.query.question.rerank
    beside = f"{max(1, round(1000 * answer.seconds))} ms · model {model.name}{' · re-ranked' * rerank}"
    without = gallery.without_direction.get(model.id, 0)
    if left_out := gallery.crops - answer.searched - without:
        beside += f" · {left_out:,} crops of {gallery.name} are not indexed by it"
    if without:
        beside += f" · {never_found(without)}"
    said = why_no_meaning(meant)
    warning = "" if is_blind() else meant.warning_in_full
    if meant.calibration is not None and shown and not is_blind() and not warning:
        said = f"First hit: {meant.caption(shown[0].best.similarity)}. {meant.caution}".rstrip()
    noun = PARTS[answer.query.question.group]
    nouns = {"person": "people"}.get(noun, f"{noun}s")
    hits = f"{len(shown):,} {noun if len(shown) == 1 else nouns}" if noun != "crop" else f"Top {len(shown):,}"
    markup.heading(f"{hits} of {plural(answer.searched, 'crop')}", beside)
    markup.text(
        '<p class="rt-small">{lead} {said}</p>'
        '<details class="rt-small rt-terms"><summary>Terms of model {model}</summary>{terms}</details>',
        lead=LEAD, said=said, model=model.name, terms=model.card.terms,
    )  # fmt: skip
    if warning:
        title, _, why = warning.partition(". ")
        markup.text('<div class="rt-hint" role="status"><b>{title}.</b><p>{why}</p></div>', title=title, why=why)


def draw_judged(workspace: Workspace, gallery: GalleryInfo, answer: Answer, *, strip: bool) -> None:
    """What was decided in the case; with `strip` also the crops that are now part of the query."""
    markup.text(
        '<p class="rt-small"><b>{judged}</b>. What was confirmed is part of the query, what was rejected pulls away '
        "from it; neither is suggested again. Leave the case to search for another person.</p>",
        judged=_judged(answer),
    )
    confirmed = verdicts.of_decision(answer.standing, MATCH)
    if not confirmed or not strip:
        return
    with st.container(key="confirmed-strip"):
        rows = rows_of(workspace.catalogue.crops_of(confirmed[-CONFIRMED:]))
        cards = [card_of({**row, "identity": None} if is_blind() else row) for row in rows]
        opened = gallery_grid(cards, kind="row", label="Confirmed crops", key="confirmed")
        draw_watch(workspace, [crop for crop in confirmed if is_told(answer, crop)])
    if opened is not None:
        st.switch_page("pages/gallery.py", query_params={"gallery": gallery.name, "crop": str(opened)})


def _judged(answer: Answer) -> str:
    return verdicts.describe(answer.standing)


def say_how_to_index(workspace: Workspace, gallery: GalleryInfo) -> None:
    markup.note(
        "This gallery cannot be searched yet",
        f"No model that is here has embedded the crops of {gallery.name}, and only what is embedded can be compared.",
    )
    draw_embed_now(workspace, gallery.name)


def draw_groups(
    answer: Answer, shown: list[Group], meant: Meant, same: set[int], *, more: bool, pair: Group | None
) -> None:
    left = [group for group in shown if not is_decided(answer, group)]
    noun = "these" if len(left) > 1 else "this"
    answer_list(
        group_cards(answer, shown, meant, same, pair=pair),
        label="Hits, shuffled" if is_blind() else "Hits, most similar first",
        key=LIST,
        taken=desk().taken,
        undo=bool(answer.standing),
        more=f"Show {SHORT} more" if more else "",
        none=f"None of {noun} {len(left)}" if len(left) > 1 else "",
        said=(desk().said or KEYS) if pair is None else "",
        focus=desk().focus,
    )


def group_cards(
    answer: Answer, shown: list[Group], meant: Meant, same: set[int], *, pair: Group | None = None
) -> list[dict[str, Any]]:
    """A card for each group. Of crops that are hidden in blind mode: their pictures, cameras and times, and no more."""
    similarities = [group.best.similarity for group in shown]
    low, spread = min(similarities), (max(similarities) - min(similarities)) or 1.0
    table = {row["id"]: row for row in rows_of(answer.crops)}
    cards = []
    for group in shown:
        row, best, hidden = table[group.best.id], group.best, not is_told(answer, group.best.id)
        others = [table[hit.id] for hit in group.strip]
        if hidden:
            row = {**row, "identity": None}
        if not all(is_told(answer, one["id"]) for one in others):
            others = [one if is_told(answer, one["id"]) else {**one, "identity": None} for one in by_time(others)]
        card = card_of(row)
        card |= {"strip": [card_of(one) for one in others[:STRIP]], "note": wording.person_name(row["identity"])}
        times = [table[hit.id]["time"] for hit in group.hits]
        card |= {"lines": [wording.camera_name(row["camera"]), *_span(times)]}
        if len(group.strip) > STRIP:
            card["more"] = len(group.strip) - STRIP
        verdict = verdict_of(answer, group)
        card |= {"verdict": verdict, "conflict": bool(conflict_of(answer, group)), "current": group is pair}
        card["copy"] = best.id in same and not hidden
        if card["copy"]:
            card["title"] += ", the same picture as the photo"
        if hidden:
            card["title"] = f"Hit, {plural(len(group.hits), 'crop')}, {card['title']}"
        else:
            card["title"] = f"Hit {group.rank}, similarity {best.similarity:.3f}, {card['title']}"
            if caption := meant.caption(best.similarity):
                card["title"] += f": {caption}"
            card |= {"rank": group.rank, "similarity": f"{best.similarity:.3f}"}
            card["meaning"] = meant.caption(best.similarity)
            card |= {"share": (best.similarity - low) / spread}
        cards.append(card)
    return cards


def _span(times: list[float]) -> list[str]:
    """From when to when the crops of a group are, in lines."""
    known = sorted(time for time in times if not pd.isna(time))
    if not known:
        return []
    first, last = wording.shown_time(known[0]), wording.shown_time(known[-1])
    if first == last:
        return [first]
    return [first, f"to {last[11:] if last[:11] == first[:11] and wording.is_clock_time(known[0]) else last}"]
