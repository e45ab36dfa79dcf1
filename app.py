"""Retrace's app: `streamlit run app.py`.

This file is two things at once. The server imports it once and finds `app`, with the routes that pictures and fonts
come from; for every visit it is run as the script that draws the page. It only navigates: pages draw, reid_core works.
"""

from __future__ import annotations

import re
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from streamlit.runtime.pages_manager import PagesManager

from pages.components.map import data
from pages.components.shared import cached, markup, pictures
from pages.server import door
from reid_core.errors import ReidError
from reid_core.records import whole_number

HERE = Path(__file__).resolve().parent
FONT_NAME = re.compile(r"[a-z-]+\.woff2")
HASH = re.compile(r"[0-9a-f]{64}")
ON_THE_WAY = "on the way to Search"
FOR_EVER = {"Cache-Control": "private, max-age=31536000, immutable"}
# A thumbnail's address names its content, which never changes; but a deleted person may not stay in a browser for ever.
FOR_AN_HOUR = {"Cache-Control": "private, max-age=3600, must-revalidate"}

# A folder `pages/` beside app.py wakes Streamlit's older way of making pages: on a fresh server a deep link would run
# the page's file without this one.
PagesManager.uses_pages_directory = False


def thumbnail(request: Request) -> Response:
    """The small JPEG of a picture by the hash of its file."""
    name = request.path_params["name"]
    if not HASH.fullmatch(name):
        return Response(status_code=404)
    try:
        jpeg = cached.open_workspace().thumbnails.get(bytes.fromhex(name))
    except ReidError:
        jpeg = None
    if jpeg is None:
        return Response(status_code=404, headers={"Cache-Control": "no-store"})
    headers = {**FOR_AN_HOUR, "ETag": f'"{name}"'}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(jpeg, media_type="image/jpeg", headers=headers)


def photo(request: Request) -> Response:
    """A photo that is searched for, by a name that nobody can guess; from memory, see `pictures.show_photo`."""
    name = request.path_params["name"]
    jpeg = pictures.shown_photo(name) if HASH.fullmatch(name) else None
    if jpeg is None:
        return Response(status_code=404, headers={"Cache-Control": "no-store"})
    return Response(jpeg, media_type="image/jpeg", headers=FOR_AN_HOUR)


def picture(request: Request) -> Response:
    """A crop in the size of a screen, by its number and the hash of its file."""
    crop, name = whole_number(request.path_params["crop"]), request.path_params["name"]
    jpeg = pictures.crop_picture(crop, name) if crop is not None and HASH.fullmatch(name) else None
    if jpeg is None:
        return Response(status_code=404, headers={"Cache-Control": "no-store"})
    return Response(jpeg, media_type="image/jpeg", headers=FOR_AN_HOUR)


def font(request: Request) -> Response:
    name = request.path_params["name"]
    file = HERE / "assets" / "fonts" / name
    if not FONT_NAME.fullmatch(name) or not file.is_file():
        return Response(status_code=404)
    return FileResponse(file, media_type="font/woff2", headers=FOR_EVER)


def map_numbers(request: Request) -> Response:
    """The points of a map, or what they are coloured by. The address names the version of what it asks for."""
    found = data.buffer(*(request.path_params[name] for name in ("gallery", "model", "layout", "what")))
    if found is None:
        return Response(status_code=404, headers={"Cache-Control": "no-store"})
    return Response(found, media_type="application/octet-stream", headers=FOR_AN_HOUR)


def map_crop(request: Request) -> Response:
    """What is shown of the crop in a row of a map."""
    row = whole_number(request.path_params["row"])
    gallery, model, layout = (request.path_params[name] for name in ("gallery", "model", "layout"))
    found = None if row is None else data.crop(gallery, model, layout, row)
    headers = {"Cache-Control": "no-store"}
    return Response(status_code=404, headers=headers) if found is None else JSONResponse(found, headers=headers)


def draw() -> None:
    st.set_page_config(page_title="Retrace", page_icon=str(HERE / "assets" / "favicon.png"), layout="wide")
    st.logo(str(HERE / "assets" / "logo.svg"), size="large")
    markup.style()
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
    routes = [
        Route("/thumbnails/{name}.jpg", thumbnail),
        Route("/photos/{name}.jpg", photo),
        Route("/pictures/{crop}/{name}.jpg", picture),
        Route("/assets/fonts/{name}", font),
        Route("/maps/{gallery}/{model}/{layout}/crops/{row}.json", map_crop),
        Route("/maps/{gallery}/{model}/{layout}/{what}.bin", map_numbers),
    ]
    app = st.App(
        __file__,
        routes=routes,
        middleware=[Middleware(door.Door, address=st.get_option("server.address") or "0.0.0.0")],
        exception_handlers={Exception: door.failed},
        on_script_error=markup.explain,
    )
