"""What a file of annotations is found to be about, before it is read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Frames:
    """Pictures in which a file (`file`, of the kind `kind`) holds boxes; `reader` is the format that reads them, or
    ""."""

    file: str
    kind: str
    pictures: frozenset[str]
    reader: str = ""
