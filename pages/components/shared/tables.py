"""Quiet tables, and the moments that stand in them."""

from __future__ import annotations

import html
from datetime import UTC, datetime

import streamlit as st

_LONG_CELL = 28  # characters, above which a table's cell may wrap


def moment(at: str | None) -> str:
    """An ISO 8601 time as "2026-11-22 23:10"; the pages say once that times are UTC."""
    return "" if not at else at[:16].replace("T", " ")


def ago(at: str) -> str:
    """ "3 min ago", "5 h ago", else the date."""
    try:
        seconds = (datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds()
    except (ValueError, TypeError):
        return ""
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    return f"{int(seconds // 3600)} h ago" if seconds < 86_400 else moment(at)


def draw_table(headings: list[str], rows: list[list[object]], *, label: str) -> None:
    """A quiet table that scrolls sideways where it must; all cells are text, long ones wrap."""
    head = "".join(f"<th scope='col'>{html.escape(heading)}</th>" for heading in headings)
    body = ""
    for row in rows:
        cells = ["" if cell is None else str(cell) for cell in row]
        long = [' class="long"' if len(cell) > _LONG_CELL else "" for cell in cells]
        body += "<tr>"
        body += "".join(f"<td{how}>{html.escape(cell)}</td>" for how, cell in zip(long, cells, strict=True)) + "</tr>"
    st.html(
        f'<div class="im-scroll" role="region" tabindex="0" aria-label="{html.escape(label)}">'
        f'<table class="im-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )
