"""Routes of the server besides the pages: thumbnails, photos, pictures, fonts, the stylesheet, and what a map is made
of; those of the player are in `films`."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from pages.components.map import data
from pages.components.shared import cached, pictures
from pages.server import films, styles
from reid_core.errors import ReidError
from reid_core.packaging.installed import APP
from reid_core.records import whole_number

FONT_NAME = re.compile(r"[a-z-]+\.woff2")
HASH = re.compile(r"[0-9a-f]{64}")
FOR_EVER = {"Cache-Control": "private, max-age=31536000, immutable"}
# A thumbnail's address names its content, which never changes; but a deleted person may not stay in a browser for ever.
FOR_AN_HOUR = {"Cache-Control": "private, max-age=3600, must-revalidate"}


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
    file = APP / "assets" / "fonts" / name
    if not FONT_NAME.fullmatch(name) or not file.is_file():
        return Response(status_code=404)
    return FileResponse(file, media_type="font/woff2", headers=FOR_EVER)


def stylesheet(request: Request) -> Response:
    """The style of all pages, by the hash of its content. An older one is here no more."""
    if request.path_params["name"] != styles.name():
        return Response(status_code=404, headers={"Cache-Control": "no-store"})
    return Response(styles.stylesheet(), media_type="text/css", headers=FOR_EVER)


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


ROUTES = [
    Route("/thumbnails/{name}.jpg", thumbnail),
    Route("/photos/{name}.jpg", photo),
    Route("/pictures/{crop}/{name}.jpg", picture),
    Route("/assets/fonts/{name}", font),
    Route("/assets/styles/{name}.css", stylesheet),
    Route("/maps/{gallery}/{model}/{layout}/crops/{row}.json", map_crop),
    Route("/maps/{gallery}/{model}/{layout}/{what}.bin", map_numbers),
    *films.ROUTES,
]
