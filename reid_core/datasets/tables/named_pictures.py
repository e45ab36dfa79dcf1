"""Which picture a table means: people write paths of their own machine, and macOS writes "ë" as two characters."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import unquote

from reid_core.errors import shown
from reid_core.records import is_unsafe_path

_FROM_ELSEWHERE = re.compile(r"/|(?:.*/)?\.\.(?:/|$)", re.DOTALL)
_DRIVE = re.compile(r"^[A-Za-z]:/*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,15}://")


class NamedPictures:
    """Finds pictures by what a column of a table calls them.

    `wanted` is the whole column: two rows that name `train/1.jpg` and `test/1.jpg` of another machine do not both mean
    the only `1.jpg` that is here.
    """

    def __init__(self, names: Iterable[str], wanted: Iterable[str] = ()) -> None:
        self._by_path: dict[str, list[str]] = defaultdict(list)
        self._by_file_name: dict[str, list[str]] = defaultdict(list)
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        self._names = frozenset(names)
        for name in self._names:
            composed = _composed(name)
            file_name = composed.rpartition("/")[2]
            self._by_path[composed].append(name)
            self._by_file_name[file_name].append(name)
            self._by_stem[file_name.rpartition(".")[0]].append(name)
        elsewhere: dict[str, set[str]] = defaultdict(set)
        for text in wanted:
            if _FROM_ELSEWHERE.match(path := _slashes(text)):
                elsewhere[posixpath.basename(path)].add(path)
        self._told_apart_by_folder = frozenset(name for name, paths in elsewhere.items() if len(paths) > 1)

    def find_exactly(self, value: object, folder: str) -> str:
        """The path below the table's folder. Raises ValueError where it is not there."""
        below = posixpath.join(folder, str(value))
        if below not in self._names:
            raise ValueError(f"the picture {shown(value)} is not there")
        return below

    def find(self, text: str, folder: str) -> str:
        """The path itself, the path below the table's folder, or the one picture whose path ends with it.

        The suffix may be left out. Of a path that begins on another machine or above the folder, the longest end is
        taken that one picture has. Raises ValueError with the reason where no picture fits, or more than one.
        """
        path = _slashes(text)
        if "\0" in path:
            raise ValueError(f"the path {shown(text)} has a character that no path has")
        if _FROM_ELSEWHERE.match(path):
            return self._find_from_elsewhere(text, path, folder)
        wanted = "/".join(part for part in path.split("/") if part not in ("", "."))
        found = self._find_below(wanted, folder) or self._ending_with(wanted)
        if not found:
            raise ValueError(f"the picture {shown(text)} is not there")
        return _only(text, found)

    def _find_from_elsewhere(self, text: str, path: str, folder: str) -> str:
        inside = posixpath.normpath(posixpath.join(folder, path))
        if not is_unsafe_path(inside) and (found := self._find_below(inside, "")):
            return _only(text, found)
        parts = [part for part in path.split("/") if part not in ("", ".", "..")]
        for start in range(max(0, len(parts) - 64), len(parts)):
            if start == len(parts) - 1 and parts[-1] in self._told_apart_by_folder:
                break
            if found := self._ending_with("/".join(parts[start:])):
                return _only(text, found)
        raise ValueError(f"the path {shown(text)} leads out of the folder, and no picture inside fits it")

    def _find_below(self, wanted: str, folder: str) -> list[str]:
        for name in (wanted, posixpath.join(folder, wanted)):
            if name in self._names:
                return [name]
            if found := self._by_path.get(_composed(name)):
                return found
        return []

    def _ending_with(self, wanted: str) -> list[str]:
        wanted = _composed(wanted)
        last = posixpath.basename(wanted)
        return [name for name in self._by_file_name.get(last, ()) if f"/{_composed(name)}".endswith(f"/{wanted}")] or [
            name
            for name in self._by_stem.get(last, ())
            if f"/{_composed(name).rpartition('.')[0]}".endswith(f"/{wanted}")
        ]


def _only(text: str, found: list[str]) -> str:
    if len(found) > 1:
        first, second = sorted(found)[:2]
        raise ValueError(f"{shown(text)} could be {shown(first)} or {shown(second)}; write the path with its folder")
    return found[0]


def _slashes(text: str) -> str:
    """With forward slashes, and of "C:x.jpg" and "https://host/x.jpg?v=1" what a path is: "/x.jpg", "/host/x.jpg"."""
    path = _DRIVE.sub("/", text.replace("\\", "/"))
    return f"/{unquote(path.partition('://')[2].partition('?')[0])}" if _SCHEME.match(path) else path


def _composed(name: str) -> str:
    return name if name.isascii() else unicodedata.normalize("NFC", name)
