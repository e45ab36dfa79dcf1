"""CVAT's XML, element by element: nothing is expanded, and a file with a DTD is refused.

CVAT never writes one, and entities are how a small XML stands for gigabytes or reads other files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from reid_core.errors import ReidError

MAX_SHAPES = 4_000_000  # of one file
MAX_TEXT = 1000  # characters of an attribute
_BLOCK = 2**20  # bytes


@dataclass
class Shape:
    """A box, or another shape: `kind` is the element's name, `told` its XML attributes, `attributes` CVAT's."""

    kind: str
    told: dict[str, str]
    attributes: dict[str, str] = field(default_factory=dict)
    line: int = 0


@dataclass
class Group:
    """What belongs together: an image with its shapes, or a track; `told` are the XML attributes."""

    kind: str
    told: dict[str, str]
    shapes: list[Shape] = field(default_factory=list)


@dataclass
class Annotations:
    """The images and tracks of a file, and some words of its `meta`: `source` (the video), `name` (the task)."""

    groups: list[Group] = field(default_factory=list)
    meta: dict[str, str] = field(default_factory=dict)


_SHAPES = frozenset({"box", "polygon", "polyline", "points", "ellipse", "cuboid", "skeleton", "mask"})
_META = frozenset({"source", "name"})


def parse_cvat(name: str, data: bytes) -> Annotations:
    """What the file holds. Raises ReidError, naming it, where it is no XML, has a DTD or too many shapes."""
    reader = _Reader(name)
    try:
        for start in range(0, len(data), _BLOCK):
            reader.parser.Parse(data[start : start + _BLOCK], False)
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise ReidError(f"{name} is not XML that can be read ({error}). Export it again.") from error
    return reader.found


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name
        self._path: list[str] = []
        self._shapes = 0
        self._text: list[str] = []
        self._attribute = ""
        self.found = Annotations()
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse

    def _refuse(self, *_: object) -> None:
        raise ReidError(
            f"{self._name} has a DTD or entities, which CVAT never writes; it is not read. Export it again."
        )

    def _start(self, tag: str, told: dict[str, str]) -> None:
        self._path.append(tag)
        self._text = []
        depth = len(self._path)
        if depth > 30:
            raise ReidError(f"{self._name} is nested too deep for CVAT's annotations. Export it again.")
        if depth == 2 and tag in ("image", "track"):
            self.found.groups.append(Group(tag, told))
        elif depth == 3 and tag in _SHAPES and self._path[1] in ("image", "track"):
            self._shapes += 1
            if self._shapes > MAX_SHAPES:
                raise ReidError(f"{self._name} has more than {MAX_SHAPES:,} shapes. Divide it into several tasks.")
            line = self.parser.CurrentLineNumber
            self.found.groups[-1].shapes.append(Shape(tag, told, line=line))
        elif tag == "attribute" and depth == 4 and self._path[1] in ("image", "track"):
            self._attribute = told.get("name", "")

    def _characters(self, text: str) -> None:
        if sum(map(len, self._text)) < MAX_TEXT and len(self._text) < MAX_TEXT:
            self._text.append(text)

    def _end(self, tag: str) -> None:
        depth, text = len(self._path), "".join(self._text).strip()
        if tag == "attribute" and depth == 4 and self._path[2] in _SHAPES and self.found.groups:
            if self.found.groups[-1].shapes:
                self.found.groups[-1].shapes[-1].attributes[self._attribute] = text
        elif self._path[1:2] == ["meta"] and tag in _META and text:
            self.found.meta.setdefault(tag, text)
        self._path.pop()
        self._text = []
