"""Names in archives: how they are used, shown and refused, whatever program wrote them."""

from __future__ import annotations

from reid_core.errors import shortened
from reid_core.images import printable
from reid_core.records import is_unsafe_path

MAX_NAME = 1024  # characters; file systems take 255 for a part and 4,096 for a path


def name_in_archive(text: str, number: int) -> tuple[str, str | None]:
    """The name that is used and shown for entry `number` (from 1), and why the entry is never read, or None.

    `text` has forward slashes; bytes that are no UTF-8 are surrogates. A used name has no "./" and no empty parts.
    """
    if not text:
        return f"entry {number}", "it has no name"
    if is_unsafe_path(text):
        return _shown(text), "the path leads out of the archive"
    if text.endswith("/"):
        return _shown(text), "it has the name of a folder, but holds data"
    if printable(text) != text:
        return _shown(text), "its name is not valid UTF-8; rename it"
    if len(text) > MAX_NAME:
        return _shown(text), f"its name has more than {MAX_NAME:,} characters; shorten it"
    name = "/".join(part for part in text.split("/") if part not in ("", "."))
    return (name, None) if name else (f"entry {number}", f"it is called {text}, which names no file")


def _shown(text: str) -> str:
    return printable(shortened(text, MAX_NAME))
