"""What was deleted, what is held, and the log of who did what: the pages of a workspace that are only ever added to."""

from __future__ import annotations

import dataclasses
import json

import streamlit as st

from pages.components.audit.state import history_state
from pages.components.shared import markup
from pages.components.shared.tables import draw_table, moment
from reid_core.errors import ReidError
from reid_core.records import plural
from reid_core.workspace.catalogue.audit import EVENTS
from reid_core.workspace.catalogue.audit_sentences import actor_of, purpose_of, sentence_of, title_of
from reid_core.workspace.deletion import deletion, holds
from reid_core.workspace.deletion.deletion import Receipt
from reid_core.workspace.workspace import Workspace

LOG_LINES = 2_000  # of the log that are looked through
LOG_SHOWN = 200


def draw_history(workspace: Workspace) -> None:
    with st.container(key="history"):
        _draw_receipts(deletion.receipts(workspace))
        _draw_holds(workspace)
        _draw_log(workspace)


def _draw_receipts(receipts: list[Receipt]) -> None:
    markup.heading("Deletions", f"{plural(len(receipts), 'receipt')} · times are UTC" if receipts else "")
    if not receipts:
        markup.text('<p class="rt-text">Nothing was deleted yet. Each deletion leaves a receipt here.</p>')
        return
    markup.text(
        '<p class="rt-text">A receipt says how many crops went, when, on whose word and why. It names nobody.</p>'
    )
    draw_table(
        ["Receipt", "When", "By", "Gallery", "What", "Crops", "Held back", "Originals kept", "Why", "Wiped"],
        [
            [
                r.number, moment(r.at), r.who, r.gallery, r.selection, f"{r.crops:,}", f"{r.held:,}" if r.held else "",
                f"{r.files_kept:,}" if r.files_kept else "", r.purpose,
                moment(r.finished) if r.finished else "waiting for other processes",
            ]
            for r in receipts
        ],
        label="Receipts of deletions",
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by_number = {receipt.number: receipt for receipt in receipts}
        number = st.selectbox(
            "Receipt", list(by_number), key="gal-receipt", width=260,
            format_func=lambda n: f"{n}: {plural(by_number[n].crops, 'crop')} of {by_number[n].gallery}",
        )  # fmt: skip
        chosen = by_number.get(number, receipts[0])
        st.download_button(
            "Download as JSON", json.dumps(dataclasses.asdict(chosen), ensure_ascii=False, indent=2),
            f"receipt-{chosen.number}.json", "application/json", on_click="ignore", key="gal-receipt-json",
        )  # fmt: skip


def _draw_holds(workspace: Workspace) -> None:
    held = holds.holds(workspace)
    markup.heading("Holds", plural(len(held), "hold") if held else "")
    if not held:
        markup.text('<p class="rt-text">Nothing is held. A hold keeps crops from every deletion until it ends.</p>')
    for name, crops in held.items():
        with st.container(horizontal=True, vertical_alignment="center", key=f"hold-{name}"):
            markup.text(
                '<p class="im-hold"><b>{name}</b><span>{crops}</span></p>', name=name, crops=plural(crops, "crop")
            )
            if history_state().releasing != name:
                st.button("Release", key=f"gal-release-{name}", on_click=_ask, args=(name,))
                continue
            markup.text('<p class="rt-small">Its crops can be deleted again then.</p>')
            if st.button("Release it", key=f"gal-release-yes-{name}", type="primary"):
                _ask(None)
                try:
                    holds.release(workspace, name)
                except ReidError as error:
                    markup.problem("The hold was not released", str(error))
                else:
                    st.rerun()
            st.button("Keep it", key=f"gal-release-no-{name}", on_click=_ask, args=(None,))


def _ask(name: str | None) -> None:
    history_state().releasing = name


def _draw_log(workspace: Workspace) -> None:
    lines = workspace.catalogue.audit(LOG_LINES)
    markup.heading("Log", "who did what, when and why · times are UTC" if lines else "")
    if not lines:
        markup.text('<p class="rt-text">Nothing is logged yet. Searches, changes and deletions will be.</p>')
        return
    there = {str(line["action"]) for line in lines}
    actions = [*(action for action in EVENTS if action in there), *sorted(there - set(EVENTS))]
    wanted = st.pills(
        "Show", actions, format_func=title_of, key="gal-log-action", label_visibility="collapsed",
        persist_state="session",
    )  # fmt: skip
    fitting = [line for line in lines if wanted is None or line["action"] == wanted]
    draw_table(
        ["When", "Who", "What", "Why"],
        [[moment(n["at"]), actor_of(n), sentence_of(n), purpose_of(n)] for n in fitting[:LOG_SHOWN]],
        label="Log",
    )
    if len(fitting) > LOG_SHOWN or len(lines) == LOG_LINES:
        markup.text(
            '<p class="rt-small">The newest {shown} are shown. More: <b>reid audit --last 100000 --json</b></p>',
            shown=min(LOG_SHOWN, len(fitting)),
        )
