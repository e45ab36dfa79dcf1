"""Models that leave and come: one zip with all that makes a model, or the ONNX file with its card beside it."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from reid_core.embedder.card import CARD_NAME, ModelCard
from reid_core.embedder.model import ONNX_NAME, WEIGHTS_NAME, load_network, model_id
from reid_core.errors import ReidError
from reid_core.files import write_atomically
from reid_core.temporary import temporary_folder

FILES = (CARD_NAME, WEIGHTS_NAME, ONNX_NAME)
MOST_BYTES = {CARD_NAME: 2**20, WEIGHTS_NAME: 2**32, ONNX_NAME: 2**31}  # unpacked; ONNX files end at 2 GB
BATCHES = (1, 3, 8)  # of parity
LEAST_COSINE = 0.9999


@dataclass(frozen=True)
class Parity:
    """The ONNX file against the PyTorch weights on random pictures: largest difference of a number of the unit
    vectors, and smallest cosine of two vectors that should be one."""

    difference: float
    cosine: float
    batches: tuple[int, ...] = BATCHES


def zip_model(folder: Path) -> bytes:
    """The model's files in a folder of its name. Raises ReidError when it is no complete model."""
    name = ModelCard.read(folder).name
    model_id(folder)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:  # weights do not get smaller by deflating
        for file in FILES:
            if (folder / file).is_file():
                packed.write(folder / file, f"{name}/{file}")
    return content.getvalue()


def add_zip(file: Path, folder: Path) -> str:
    """Make a model folder of what `zip_model` wrote; returns the model's id, which is the same as before.

    Only the files of a model are taken, whatever else is in there. Raises ReidError when it is no such zip, the files
    are larger than a model's may be, or there is a model of that name.
    """
    if folder.exists():
        raise ReidError(f"There is a model {folder.name} already. Choose another name with --name.")
    with temporary_folder(folder) as temporary:
        try:
            with zipfile.ZipFile(file) as packed:
                _unpack(packed, temporary, file.name)
        except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError) as error:
            raise ReidError(f"{file.name} is no zip that can be read. Export the model again.") from error
        if not (temporary / CARD_NAME).is_file():
            raise ReidError(f"{file.name} holds no {CARD_NAME}, so it is no model. Give a zip of `reid model export`.")
        found = model_id(temporary)
        temporary.rename(folder)
        return found


def _unpack(packed: zipfile.ZipFile, folder: Path, called: str) -> None:
    for entry in packed.infolist():
        name = PurePosixPath(entry.filename).name
        if entry.is_dir() or name not in FILES or len(PurePosixPath(entry.filename).parts) > 2:
            continue
        if (folder / name).exists():
            raise ReidError(f"{called} holds {name} twice. Give a zip of one model.")
        left = MOST_BYTES[name]
        with packed.open(entry) as source, (folder / name).open("wb") as target:
            while block := source.read(min(2**20, left + 1)):
                left -= len(block)
                if left < 0:  # by its bytes, not by what the zip says of them
                    raise ReidError(f"{name} in {called} is larger than a model's may be ({MOST_BYTES[name]:,} bytes).")
                target.write(block)


def write_onnx(folder: Path, file: Path) -> Path:
    """Copy the ONNX file, for any batch, and put its card beside it, `FILE.json`; returns that.

    The card says what the file takes: size, mean, standard deviation, interpolation.
    """
    card = ModelCard.read(folder)
    if not (folder / ONNX_NAME).is_file():
        raise ReidError(f"The model {card.name} has no {ONNX_NAME}. Train it again.")
    beside = file.with_name(f"{file.name}.json")
    try:
        content = (folder / ONNX_NAME).read_bytes()
        write_atomically(file, lambda opened: opened.write(content))
        text = (folder / CARD_NAME).read_bytes()
        write_atomically(beside, lambda opened: opened.write(text))
    except OSError as error:
        raise ReidError(f"{file} cannot be written ({error.strerror}). Choose another place.") from error
    return beside


def parity(folder: Path) -> Parity | None:
    """Run both; None for a third-party model, which has no PyTorch weights. Raises ReidError when they differ."""
    import torch

    from reid_core.embedder.runtime import openvino_runner

    card = ModelCard.read(folder)
    if not (folder / WEIGHTS_NAME).is_file():
        return None
    network = load_network(folder)
    preprocessing = card.preprocessing
    run = openvino_runner(folder / ONNX_NAME, preprocessing)
    random = np.random.default_rng(0)
    difference, cosine = 0.0, 1.0
    for batch in BATCHES:
        pixels = random.integers(0, 256, (batch, preprocessing.height, preprocessing.width, 3), dtype=np.uint8)
        with torch.inference_mode():
            theirs = network(torch.from_numpy(preprocessing.normalise(pixels))).numpy()
        one, other = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in (theirs, run(pixels)))
        difference = max(difference, float(np.abs(one - other).max()))
        cosine = min(cosine, float((one * other).sum(axis=1).min()))
    found = Parity(difference, cosine)
    if not cosine >= LEAST_COSINE:
        raise ReidError(
            f"The ONNX file of {card.name} does not give what its weights give (smallest cosine {cosine:.5f}). "
            "Train it again, or take its weights."
        )
    return found
