"""Routes of the player: what is known of a walk, its clip, and the picture of the place."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from pages.components.shared import cached
from reid_core.errors import NotThere, ReidError
from reid_core.records import whole_number
from reid_core.workspace.workspace import Workspace

# Clips are cut here, two at a time: the server's own threads, which all other routes need, do not wait for a slow disk.
_CUTTING = ThreadPoolExecutor(2, "clips")
NEVER_KEPT = {"Cache-Control": "no-store"}  # who is deleted may not stay in a browser


async def walk(request: Request) -> Response:
    """The walk of a crop as JSON, and its clip, which is cut now where that takes no time; see `clips.contract`."""
    return await asyncio.get_running_loop().run_in_executor(_CUTTING, _walk, request)


async def convert(request: Request) -> Response:
    """Starts a conversion of that clip; how far it is the walk's own address tells."""
    return await asyncio.get_running_loop().run_in_executor(_CUTTING, _convert, request)


def clip(request: Request) -> Response:
    """The MP4, whole or the range of bytes that is asked for."""
    from reid_core.workspace.clips.cache import file_of

    recording, name = whole_number(request.path_params["recording"]), request.path_params["name"]
    try:
        file = None if recording is None else file_of(cached.open_workspace(), recording, name)
    except ReidError:
        file = None
    return _file(file, "video/mp4")


def still(request: Request) -> Response:
    """The picture of the place where a recording was made."""
    from reid_core.workspace.clips.contract import still_file

    recording, name = whole_number(request.path_params["recording"]), request.path_params["name"]
    try:
        file = None if recording is None else still_file(cached.open_workspace(), recording, name)
    except ReidError:
        file = None
    return _file(file, "image/jpeg")


def _walk(request: Request) -> Response:
    from reid_core.workspace.clips import contract  # PyAV takes a while to import

    return _answer(request, contract.answer)


def _convert(request: Request) -> Response:
    from reid_core.workspace.clips import contract

    return _answer(request, contract.convert, 202)


def _answer(
    request: Request, tell: Callable[[Workspace, int, float | None], dict[str, Any] | None], status: int = 200
) -> Response:
    crop, at = whole_number(request.path_params["crop"]), request.query_params.get("at")
    try:
        moment = None if at is None else float(at)
    except ValueError:
        moment = math.nan
    if crop is None or not (moment is None or math.isfinite(moment)):
        return Response(status_code=404, headers=NEVER_KEPT)
    try:
        told = tell(cached.open_workspace(), crop, moment)
    except NotThere:
        return Response(status_code=404, headers=NEVER_KEPT)
    except ReidError as error:
        return JSONResponse({"problem": str(error), "kind": error.kind}, 503, headers=NEVER_KEPT)
    return JSONResponse(told or {}, status, headers=NEVER_KEPT)


def _file(file: Path | None, kind: str) -> Response:
    if file is None:
        return Response(status_code=404, headers=NEVER_KEPT)
    return FileResponse(file, media_type=kind, headers=NEVER_KEPT)


ROUTES = [
    Route("/walks/{crop}.json", walk),
    Route("/walks/{crop}/convert", convert, methods=["POST"]),
    Route("/clips/{recording}/{name}.mp4", clip),
    Route("/stills/{recording}/{name}.jpg", still),
]
