"""Pictures by address, so that drawing a page again sends none of them again: photos, and crops seen closely.

Photos that are searched for are in memory only: the ones shown last, until something is deleted. Their addresses cannot
be worked out from what they show: who has a picture could ask whether others search for it.
"""

from __future__ import annotations

import base64
import hmac
import io
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable

from PIL import Image

from pages.components.shared import cached
from reid_core.errors import ReidError
from reid_core.images import decode
from reid_core.workspace.deletion.wiping import last_receipt

PREVIEW_HEIGHT = 720  # pixels of a picture that is shown large
SCREEN_HEIGHT = 1080  # pixels of a picture that is looked at closely
PHOTOS_SHOWN = 200
_SECRET = secrets.token_bytes(32)
_shown: OrderedDict[str, bytes] = OrderedDict()
_until: list[object] = []  # the workspace, and its last receipt when the first of them was shown
_showing = threading.Lock()


def shown_photo(name: str) -> bytes | None:
    """The JPEG that `show_photo` gave that name in its address."""
    with _showing:
        _forget_after_deletion()
        return _shown.get(name)


def show_photo(image: Image.Image, content: str) -> str:
    """The address of a picture in the size of a screen; `content` is the hash of what it is made of."""
    name = _name(content)
    with _showing:
        _forget_after_deletion()
        known = name in _shown
    jpeg = b"" if known else _screen_jpeg(image)
    with _showing:
        if not known:
            _shown[name] = jpeg
        while len(_shown) > PHOTOS_SHOWN:
            _shown.popitem(last=False)
    return f"/photos/{name}.jpg"


def keep_showing(contents: Iterable[str]) -> list[str]:
    """Of these the ones that are shown no more, for others were shown since, or something was deleted; the rest stays
    for longer."""
    with _showing:
        _forget_after_deletion()
        names = {content: _name(content) for content in contents}
        for name in names.values():
            if name in _shown:
                _shown.move_to_end(name)
        return [content for content, name in names.items() if name not in _shown]


def _name(content: str) -> str:
    return hmac.new(_SECRET, content.encode(), "sha256").hexdigest()


def _forget_after_deletion() -> None:
    """They may show who was deleted. Each session shows the photos anew that it still searches for."""
    try:
        workspace = cached.open_workspace()
        now: list[object] = [workspace.path, last_receipt(workspace.catalogue)]
    except ReidError:
        now = []
    if now != _until:
        _until[:] = now
        _shown.clear()


def picture_url(crop: int, sha256: str) -> str:
    return f"/pictures/{crop}/{sha256}.jpg"


def crop_picture(crop: int, sha256: str) -> bytes | None:
    """A crop in the size of a screen as a JPEG; None where it, or its picture, is gone or another one."""
    try:
        rows = cached.open_workspace().catalogue.crops_of([crop])
        if rows.empty or rows["sha256"].iloc[0] != sha256:
            return None
        return _screen_jpeg(decode(cached.read_picture(rows["source"].iloc[0], rows["path"].iloc[0])))
    except ReidError:
        return None


def _screen_jpeg(image: Image.Image) -> bytes:
    small = image.copy()
    small.thumbnail((2 * SCREEN_HEIGHT, SCREEN_HEIGHT))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def preview(data: bytes) -> str:
    """A picture as a data URL, at most `PREVIEW_HEIGHT` pixels high. Raises BadImage."""
    return preview_of(decode(data))


def preview_of(image: Image.Image) -> str:
    small = image.copy()
    small.thumbnail((2 * PREVIEW_HEIGHT, PREVIEW_HEIGHT))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=90)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
