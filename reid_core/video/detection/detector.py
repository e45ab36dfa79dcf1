"""Finding people in a picture: a detector is a folder with a network and a card, as an embedder is."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np

from reid_core.errors import Damaged, ReidError
from reid_core.openvino_networks import read_network
from reid_core.packaging.installed import APP
from reid_core.video.boxes import Array, Detections
from reid_core.video.detection.card import CARD_NAME, DetectorCard, Input, Tiles
from reid_core.video.detection.formats import FORMATS, Outputs
from reid_core.video.detection.network import compiled, half_of, signature_of, stood_on_end
from reid_core.video.detection.placing import (
    OVERLAP,
    Part,
    Pixels,
    cut_at_seams,
    filled,
    grid_of,
    in_picture,
    parts_of,
    scaled_size,
)
from reid_core.video.detection.suppression import join_cut, suppress

ONNX_NAME, IR_NAME, IR_WEIGHTS_NAME = "model.onnx", "model.xml", "model.bin"
SHIPPED_DETECTORS = APP / "assets" / "detectors"
SHIPPED = "nanodet"
SEAM = 0.6  # overlap above which boxes of two tiles are of one person
_NOTHING = Detections(np.empty((0, 4), np.float32), np.empty(0, np.float32))


class Detector(Protocol):
    """Whatever finds people in pictures. `id` changes whenever the boxes could."""

    card: DetectorCard
    id: str

    def detect(self, picture: Pixels) -> Detections:
        """The people in an RGB picture (H, W, 3), best first: boxes in its pixels, scores of at least `card.detect`."""

    def input_size(self, frame_width: int, frame_height: int) -> tuple[int, int]:
        """Width and height of the picture of a frame that size that `detect` makes the most of: more is scaled down."""


class NetworkDetector:
    """A detector from a folder with `card.json` and `model.onnx`, or `model.xml` with `model.bin`.

    It runs on `threads` threads, one picture at a time, and can be called from many. `tiles` take the place of those on
    the card. Raises ReidError where the folder is damaged.
    """

    def __init__(self, folder: Path, threads: int = 1, tiles: Tiles | None = None) -> None:
        card = DetectorCard.read(folder)
        self.card = card if tiles is None else dataclasses.replace(card, tiles=tiles)
        self.id = _hashed(folder, self.card)
        self._file = network_file(folder)
        self._threads, self._called = threads, f"The detector {self.card.name}"
        if self.card.format not in FORMATS:
            raise Damaged(
                f"The card of the detector {folder} names a format that is not known here, {self.card.format[:60]!r}. "
                f"Known are: {', '.join(FORMATS)}."
            )
        self._format = FORMATS[self.card.format]
        if self._format.fits(signature_of(read_network(self._file, self._called))) is None:
            raise Damaged(
                f"The network of the detector {folder} is not what its card says, {self._format.words}. Restore it, or "
                "add it again."
            )
        self._runner = lru_cache(maxsize=4)(self._compiled)  # the input as it is, and stood on end; half of both
        self._runner(self.card.input)

    def detect(self, picture: Pixels) -> Detections:
        """As `Detector.detect`."""
        height, width = picture.shape[:2]
        parts = parts_of(width, height, self.card.tiles)
        boxes, scores, cut = [], [], []
        for part in parts:
            taken = stood_on_end(self.card.input, *part.size)
            found = self._seen(picture, part, taken)
            boxes.append(in_picture(found.boxes, part, taken))
            scores.append(found.scores)
            cut.append(cut_at_seams(found.boxes, part, taken, (width, height)))
        large = self._large(boxes[0], picture, parts[0])
        together = Detections(np.concatenate([*boxes, large.boxes]), np.concatenate([*scores, large.scores]))
        if len(parts) > 1:
            together = join_cut(together, np.concatenate([*cut, np.zeros(len(large), bool)]))
        # Each box of a person is in several tiles: also those of networks that need no suppression.
        most = self.card.nms if len(parts) == 1 else min(self.card.nms, SEAM)
        return suppress(together, most)

    def _large(self, found: Array, picture: Pixels, whole: Part) -> Detections:
        """People who are high in the input, from the picture at half its size, where boxes (N, 4) say there are any."""
        taken = stood_on_end(self.card.input, *whole.size)
        high = self.card.halved * whole.size[1] / scaled_size(*whole.size, taken)[1]
        if not self.card.halved or not len(found) or _heights(found).max() < high:
            return _NOTHING
        half = half_of(taken)
        again = self._seen(picture, whole, half)
        boxes = in_picture(again.boxes, whole, half)
        kept = _heights(boxes) >= high
        return Detections(boxes[kept], again.scores[kept])

    def _seen(self, picture: Pixels, part: Part, taken: Input) -> Detections:
        """Boxes in pixels of the input."""
        return self._decoded(self._runner(taken)(filled(picture, part, taken)), taken)

    def input_size(self, frame_width: int, frame_height: int) -> tuple[int, int]:
        """As `Detector.input_size`; never larger than the frame, unless the network stretches its pictures."""
        taken = stood_on_end(self.card.input, frame_width, frame_height)
        width, height = scaled_size(frame_width, frame_height, taken)
        rows, columns = grid_of(frame_width, frame_height, self.card.tiles)
        across, down = (count - (count - 1) * OVERLAP for count in (columns, rows))
        if taken.fit == "stretched":
            return (width, height) if self.card.tiles == (1, 1) else (round(width * across), round(height * down))
        if self.card.tiles != (1, 1):
            tile = (frame_width / across, frame_height / down)
            factor = min(taken.width / tile[0], taken.height / tile[1])
            width, height = round(frame_width * factor), round(frame_height * factor)
        return (width, height) if width <= frame_width else (frame_width, frame_height)

    def _decoded(self, outputs: Outputs, taken: Input) -> Detections:
        try:
            found = self._format.decode(outputs, (taken.width, taken.height), self.card.person, self.card.detect)
        except (ValueError, IndexError, KeyError, StopIteration) as error:
            shapes = ", ".join(f"{name[:40]} {values.shape}" for name, values in outputs.items())
            raise Damaged(
                f"The detector {self.card.name} does not give what its card says, {self._format.words}: its outputs "
                f"are {shapes}. Restore it, or add it again."
            ) from error
        finite = np.isfinite(found.scores) & np.isfinite(found.boxes).all(axis=1)
        return found if finite.all() else found.of(finite)

    def _compiled(self, taken: Input) -> Callable[[Pixels], Outputs]:
        return compiled(self._file, taken, self._called, self._threads)


def _heights(boxes: Array) -> Array:
    return np.asarray(boxes[:, 3] - boxes[:, 1])


def load_detector(folder: Path, *, threads: int = 1, tiles: Tiles | None = None) -> Detector:
    """The detector in a folder. Raises ReidError where it is none, or damaged."""
    return NetworkDetector(folder, threads, tiles)


def is_detector(folder: Path) -> bool:
    return (folder / CARD_NAME).is_file()


def network_file(folder: Path) -> Path:
    """What is run of a detector's folder, whether it is there or not."""
    return folder / (IR_NAME if (folder / IR_NAME).is_file() else ONNX_NAME)


def detector_id(folder: Path) -> str:
    """16 hexadecimal digits: the hash of what decides boxes, on the card and in the files. Raises ReidError."""
    return _hashed(folder, DetectorCard.read(folder))


def _hashed(folder: Path, card: DetectorCard) -> str:
    digest = hashlib.sha256(card.identity())
    files = [folder / name for name in (ONNX_NAME, IR_NAME, IR_WEIGHTS_NAME) if (folder / name).is_file()]
    if not files:
        raise Damaged(f"The detector {folder} has no {ONNX_NAME}. Restore it, or add it again.")
    try:
        for file in files:
            with file.open("rb") as opened:
                while block := opened.read(2**20):
                    digest.update(block)
    except OSError as error:
        raise ReidError(f"The detector {folder} cannot be read ({error.strerror}). Restore it.") from error
    return digest.hexdigest()[:16]
