"""Retrace's app: `streamlit run app.py`.

This file is two things at once. The server imports it once and finds `app`, with the routes that pictures and fonts
come from; for every visit it is run as the script that draws the page. It only navigates: pages draw, reid_core works.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.pages_manager import PagesManager

from pages.components.shared import markup
from pages.components.widgets.focus.focus import keep_focus
from pages.server import door
from pages.server.routes import ROUTES

HERE = Path(__file__).resolve().parent
ON_THE_WAY = "on the way to Search"

# A folder `pages/` beside app.py wakes Streamlit's older way of making pages: on a fresh server a deep link would run
# the page's file without this one.
PagesManager.uses_pages_directory = False


def draw() -> None:
    st.set_page_config(page_title="Retrace", page_icon=str(HERE / "assets" / "favicon.png"), layout="wide")
    st.logo(str(HERE / "assets" / "logo.svg"), size="large")
    keep_focus()
    search = st.Page("pages/search.py", title="Search", url_path="search")
    gallery = st.Page("pages/gallery.py", title="Gallery", url_path="gallery")
    explore = st.Page("pages/map.py", title="Map", url_path="map")
    training = st.Page("pages/training.py", title="Training", url_path="training")
    evaluation = st.Page("pages/evaluation.py", title="Evaluation", url_path="evaluation")
    pages = [search, gallery, explore, training, evaluation]

    def start() -> None:
        st.session_state[ON_THE_WAY] = False
        st.switch_page(search, query_params=st.query_params.to_dict())

    home = st.Page(start, title="Retrace", default=True, visibility="hidden")
    # Whoever comes to the bare address is sent on to Search. That takes a moment in which a click on a link is lost, so
    # the links wait for it. In the run of Search that follows, the address that Streamlit knows is still the bare one.
    address = (st.context.url or "").rstrip("/")
    elsewhere = address.endswith(tuple(f"/{page.url_path}" for page in pages))
    on_the_way = st.session_state.setdefault(ON_THE_WAY, not elsewhere)
    page = st.navigation([home, *pages], position="hidden" if on_the_way else "top")
    try:
        page.run()
    except Exception as error:
        markup.explain(error)


if __name__ == "__main__":
    draw()
else:
    app = st.App(
        __file__,
        routes=ROUTES,
        middleware=[Middleware(door.Door, address=st.get_option("server.address") or "0.0.0.0")],
        exception_handlers={Exception: door.failed},
        on_script_error=markup.explain,
    )
