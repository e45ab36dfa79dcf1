"""One row of a table as a crop: its label, split, marks and text, checked."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Mapping

from reid_core.datasets.labels import SPLIT_NAMES, identity_label
from reid_core.datasets.tables.columns import GALLERY_MARK, QUERY_MARK, WORDS
from reid_core.datasets.tables.time_values import MISSING
from reid_core.errors import ReidError, shown

_SPLIT_OF_TABLE = {"train": "train", "query": "query", "probe": "query", "gallery": "gallery", "test": "test"}
_SPLITS: Mapping[str, str] = (
    dict(SPLIT_NAMES)
    | dict.fromkeys(("trn",), "train")
    | dict.fromkeys(("dev", "eval", "evaluation", "testing", "tst"), "test")
    | dict.fromkeys(("database", "db", "reference", "references"), "gallery")
)
_UNLABELLED = frozenset(
    {"?", "??", "???", "-", "--", "unknown", "unk", "unlabelled", "unlabeled", "undefined"}
    | {"#n/a", "#ref!", "#value!", "#name?"}  # what a spreadsheet writes where a formula fails
)
MAX_LABEL = 300  # characters
_YES, _NO = frozenset({"true", "t", "yes", "y", "1"}), frozenset({"false", "f", "no", "n", "0"})
_WHOLE_NUMBER = re.compile(r"(-?[0-9]+)\.0+")


def read_crop(cells: Mapping[str, object], implied_split: str | None, where: str) -> dict[str, object]:
    """What a row tells of its crop, but for its time. Raises ValueError for a label that cannot be one, ReidError for
    an unknown split.
    """
    identity = _label(cells, "identity")
    if identity is not None and identity.lower() in _UNLABELLED:
        identity = None
    return {
        "identity": None if identity is None else identity_label(identity),
        "camera": _label(cells, "camera"),
        "time": None,
        "tracklet": _label(cells, "tracklet"),
        "split": _split(cells["split"], where) if "split" in cells else implied_split,
    }


def implied_split(name: str) -> str | None:
    """The split that a table's or a shard's name begins with."""
    stem = posixpath.basename(name).lower()
    return next((split for start, split in _SPLIT_OF_TABLE.items() if stem.startswith(start)), None)


def _split(value: object, where: str) -> str | None:
    """None where nothing is said."""
    text = text_of_cell(value)
    if text is None:
        return None
    split = _SPLITS.get((text or "").lower())
    if split is None:
        raise ReidError(f"{where.capitalize()}: the split is {shown(text)}; use train, query, gallery, test or val.")
    return split


def mark_of(cells: Mapping[str, object], mark: str, where: str) -> bool | None:
    """Yes, no, or None where nothing is said; of one mark alone, the other is its opposite."""
    if mark not in cells:
        other = mark_of(cells, GALLERY_MARK if mark == QUERY_MARK else QUERY_MARK, where)
        return None if other is None else not other
    text = (text_of_cell(cells[mark]) or "").lower()
    if text and text not in _YES | _NO:
        raise ReidError(f"{where.capitalize()}: {mark} is {shown(cells[mark])}; use True or False.")
    return text in _YES if text else None


def _label(cells: Mapping[str, object], kind: str) -> str | None:
    text = text_of_cell(cells.get(kind))
    if text is not None and ("\0" in text or len(text) > MAX_LABEL):
        why = "a character that no name has" if "\0" in text else f"more than {MAX_LABEL} characters"
        raise ValueError(f"the {WORDS.get(kind, kind)} {shown(text)} has {why}")
    return text and unicodedata.normalize("NFC", text)


def text_of_cell(value: object, *, number: bool = True) -> str | None:
    """A cell as a label; None where it is empty. 5 and 5.0 (a whole number beside empty cells) are "5"."""
    if isinstance(value, float) and value.is_integer() and number:
        return str(int(value))
    text = str(value).strip()
    if value is None or text[:10].lower() in MISSING:
        return None
    whole = _WHOLE_NUMBER.fullmatch(text) if number else None
    return whole[1] if whole else text
