"""What a model is: the card beside its weights, and the preprocessing that its vectors depend on."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from reid_core.errors import ReidError
from reid_core.files import write_atomically

CARD_NAME = "card.json"
INTERPOLATIONS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


@dataclass(frozen=True)
class Preprocessing:
    """Picture to network input: resize to `height` × `width`, then `(rgb / 255 - mean) / std` per channel."""

    height: int = 256
    width: int = 128
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    interpolation: str = "bilinear"

    def __post_init__(self) -> None:
        if not (isinstance(self.height, int) and isinstance(self.width, int)):
            raise ReidError(f"An input size of {self.height}x{self.width} is not usable; sides are whole pixels.")
        if not (16 <= self.height <= 2048 and 16 <= self.width <= 2048):
            raise ReidError(f"An input size of {self.height}x{self.width} is not usable; sides are 16 to 2048 pixels.")
        if len(self.mean) != 3 or len(self.std) != 3 or min(self.std) <= 0:
            raise ReidError("Mean and std are three numbers each (red, green, blue), and std is above 0.")
        if not all(math.isfinite(value) for value in (*self.mean, *self.std)):
            raise ReidError(f"Mean {self.mean} and std {self.std} are not all finite numbers; give those of training.")
        if self.interpolation not in INTERPOLATIONS:
            raise ReidError(f"Interpolation {self.interpolation!r} is not known; use {' or '.join(INTERPOLATIONS)}.")

    def resize(self, image: Image.Image) -> npt.NDArray[np.uint8]:
        """The picture as (height, width, 3) RGB bytes; Pillow filters when it shrinks, so nothing aliases."""
        size = (self.width, self.height)
        if image.size != size:
            image = image.resize(size, INTERPOLATIONS[self.interpolation], reducing_gap=2.0)
        return np.asarray(image)

    def scale_and_shift(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """(3,) numbers each: network input is bytes * scale - shift."""
        scale = np.float32(1) / (np.float32(255) * np.asarray(self.std, np.float32))
        shift = np.asarray(self.mean, np.float32) / np.asarray(self.std, np.float32)
        return scale, shift.astype(np.float32)

    def normalise(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """(B, height, width, 3) bytes to (B, 3, height, width) network input."""
        scale, shift = self.scale_and_shift()
        return np.ascontiguousarray((pixels * scale - shift).transpose(0, 3, 1, 2), dtype=np.float32)


@dataclass(frozen=True)
class ModelCard:
    """The model's description, kept as `card.json` in its folder.

    `architecture` builds the network (`backbone`, `pooling`, `projection`) and is empty for a third-party ONNX file.
    `terms` says what the weights may be used for. `calibration` holds what was measured of
    similarities, by kind of gallery (`evaluation.calibration`), and is None before: then results show ranks only. Like
    metrics it is no part of the model's id, so a model that is calibrated keeps its vectors; each names the id that it
    is of.
    """

    name: str
    embedding_size: int
    preprocessing: Preprocessing
    architecture: dict[str, Any] = field(default_factory=dict)
    trained_on: str = "not stated"
    terms: str = "not stated"
    recipe: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    calibration: dict[str, Any] | None = None

    def identity(self) -> bytes:
        """The part of the card that decides the vectors, as canonical JSON; hashed into the model's id."""
        decisive = {
            "architecture": self.architecture,
            "embedding_size": self.embedding_size,
            "preprocessing": dataclasses.asdict(self.preprocessing),
        }
        return json.dumps(decisive, sort_keys=True).encode()

    def write(self, folder: Path) -> None:
        spread = json.dumps(dataclasses.asdict(self), indent=2, ensure_ascii=False)
        # A calibration has hundreds of numbers: each row of them on one line. No text in JSON holds a line break.
        text = re.sub(r"\[\n([\s\d.eE+,-]+)\]", lambda row: f"[{' '.join(row[1].split())}]", spread) + "\n"
        write_atomically(folder / CARD_NAME, lambda file: file.write(text.encode()))

    @classmethod
    def read(cls, folder: Path) -> ModelCard:
        """The card in `folder`. Raises ReidError when it is missing, damaged, or has keys that nobody knows."""
        path = folder / CARD_NAME
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            shape = values.pop("preprocessing")
            preprocessing = Preprocessing(**{**shape, "mean": tuple(shape["mean"]), "std": tuple(shape["std"])})
            return cls(preprocessing=preprocessing, **values)
        except FileNotFoundError as error:
            raise ReidError(f"{folder} is not a model: it has no {CARD_NAME}.") from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError, ReidError) as error:
            raise ReidError(
                f"The model card {path} cannot be used ({str(error).rstrip('.')}). Restore it or train again."
            ) from error
