"""The Map page's own style."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_STYLE = Path(__file__).with_name("map.css")


def map_style() -> None:
    st.html(f"<style>{_STYLE.read_text(encoding='utf-8')}</style>")
