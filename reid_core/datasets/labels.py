"""Labels that folders and file names tell: people, cameras, splits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from reid_core.records import JUNK

_PLAIN_SPLITS = (
    {"train": "train", "training": "train", "bbox_train": "train", "bounding_box_train": "train"}
    | {"train_set": "train", "training_set": "train", "image_train": "train", "images_train": "train"}
    | {"query": "query", "queries": "query", "probe": "query", "probes": "query", "image_query": "query"}
    | {"query_set": "query", "probe_set": "query", "image_gallery": "gallery", "image_test": "test"}
    | {"gallery": "gallery", "gallery_set": "gallery"}
    | {"test": "test", "val": "test", "valid": "test", "validation": "test", "bbox_test": "test"}
    | {"bounding_box_test": "test", "test_set": "test", "val_set": "test"}
    | {f"{part}_{side}": side for part in ("test", "val", "test_set", "val_set") for side in ("query", "gallery")}
)
SPLIT_NAMES: Mapping[str, str] = MappingProxyType(
    _PLAIN_SPLITS | {name.replace("_", "-"): split for name, split in _PLAIN_SPLITS.items()}
)
_CAMERA_FOLDER = re.compile(r"cam(?:era)?(?:[-_ ]?0*(\d{1,4})|[-_ ]([a-z]))", re.IGNORECASE)
_CAMERA_TOKEN = re.compile(r"(?<![a-z0-9])(?:cam(?:era)?[-_ ]?|c)0*(\d{1,3})(?:s\d{1,4})?(?![a-z0-9])", re.IGNORECASE)


def identity_label(text: str) -> str:
    """The label as written, but `JUNK` for "-1", which says "nobody" wherever people are numbered. "é" is one letter,
    as macOS writes file names and others do not: the same name is one person.

    "0" is a person: many tables number from it. Only Market-1501's names mean a distractor by it.
    """
    return JUNK if text == "-1" else unicodedata.normalize("NFC", text)


def camera_of_folder(name: str) -> str | None:
    """The camera of a folder called "camera-2", "cam02" or "cam_b": "2", "2", "b". None for other folders."""
    match = _CAMERA_FOLDER.fullmatch(name)
    return (match[1] or match[2].lower()) if match else None


def camera_of_file(name: str) -> str | None:
    """The camera that a file name tells; None when in doubt.

    >>> [camera_of_file(name) for name in ("x_c2.jpg", "cam02-x.jpg", "0001_c2s1_7.jpg", "c1_c2.jpg")]
    ['2', '2', '2', None]
    """
    stem = name.rpartition("/")[2].rpartition(".")[0]
    found = set(_CAMERA_TOKEN.findall(stem))
    return found.pop() if len(found) == 1 else None
