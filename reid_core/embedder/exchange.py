"""Models that leave and come: one zip with all that makes a model, or the ONNX file with its card beside it."""

from __future__ import annotations

import io
import lzma
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from reid_core.embedder.card import CARD_NAME, MOST_CARD_BYTES, ModelCard, read_card
from reid_core.embedder.model import (
    IR_NAME,
    IR_WEIGHTS_NAME,
    ONNX_NAME,
    WEIGHTS_NAME,
    load_network,
    model_id,
    network_file,
)
from reid_core.embedder.third_party.adding import Added, making, try_model
from reid_core.embedder.third_party.foreign import PYTORCH
from reid_core.errors import Damaged, ReidError
from reid_core.files import write_atomically

MOST_BYTES = {  # unpacked; ONNX files end at 2 GB
    CARD_NAME: MOST_CARD_BYTES, WEIGHTS_NAME: 2**32, ONNX_NAME: 2**31, IR_NAME: 2**28, IR_WEIGHTS_NAME: 2**32,
}  # fmt: skip
FILES = tuple(MOST_BYTES)
MOST_TIMES = 50  # smaller than unpacked may a zip be: weights do not get smaller, a card at most ten times
LEAST_UNPACKED = 2**26  # bytes that any zip may give
_BAD_ZIP = (  # what the zip reader raises for entries that are not what they say
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, NotImplementedError, EOFError, ValueError, IndexError,
)  # fmt: skip
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
    name = re.sub(r"[^\w.-]", "-", ModelCard.read(folder).name).strip(".") or "model"  # a folder's, in the zip
    model_id(folder)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:  # weights do not get smaller by deflating
        for file in FILES:
            if (folder / file).is_file():
                packed.write(folder / file, f"{name}/{file}")
    return content.getvalue()


def add_zip(file: Path, folder: Path) -> Added:
    """Make a model folder of what `zip_model` wrote; its id is the same as before.

    Only the files of a model are taken, whatever else is in there, and the network is tried as that of any other model
    is. Raises ReidError when it is no such zip, the files are larger than a model's may be, the model is damaged or no
    embedder, or there is a model of that name.
    """
    with making(folder) as temporary:
        try:
            with zipfile.ZipFile(file) as packed:
                _unpack(packed, temporary, file)
                _refuse_without_card(packed, temporary, file.name)
        except (*_BAD_ZIP, OSError) as error:
            raise ReidError(f"{file.name} is no zip that can be read. Export the model again.") from error
        try:
            card, network = read_card(temporary / CARD_NAME), network_file(temporary)
        except (OSError, ValueError, ReidError) as error:
            raise ReidError(
                f"The card in {file.name} cannot be used ({str(error).rstrip('.')}). Export the model again."
            ) from error
        if not network.is_file():
            raise ReidError(f"{file.name} holds no {ONNX_NAME}, so it cannot be run. Export the model again.")
        _check_weights(temporary, file.name)
        warning = try_model(network, card, f"The network in {file.name}")
        return Added(card, (), warning)


def _unpack(packed: zipfile.ZipFile, folder: Path, file: Path) -> None:
    called, places = file.name, set()
    together = max(LEAST_UNPACKED, MOST_TIMES * file.stat().st_size)
    for entry in packed.infolist():
        path = PurePosixPath(entry.filename.replace("\\", "/"))  # as some programs write folders
        if path.name not in FILES or entry.is_dir() or len(path.parts) > 2:
            continue
        places.add(path.parent)
        if (folder / path.name).exists() or len(places) > 1:
            raise ReidError(f"{called} holds {path.name} twice, or more than one model. Give a zip of one model.")
        left = most = MOST_BYTES[path.name]
        with packed.open(entry) as source, (folder / path.name).open("wb") as target:
            while block := source.read(min(2**20, left + 1)):
                left, together = left - len(block), together - len(block)
                if left < 0:  # by its bytes, not by what the zip says of them
                    raise ReidError(f"{path.name} in {called} is larger than a model's may be ({most:,} bytes).")
                if together < 0:
                    raise ReidError(f"{called} is packed more than {MOST_TIMES} times smaller than it is: no model is.")
                target.write(block)


def _refuse_without_card(packed: zipfile.ZipFile, folder: Path, called: str) -> None:
    if (folder / CARD_NAME).is_file():
        return
    names = [PurePosixPath(name).name for name in packed.namelist()]
    if "data.pkl" in names:
        raise ReidError(f"{called} {PYTORCH}.")
    networks = [name for name in names if name.endswith((".onnx", ".xml"))]
    cure = f"Unpack it, and add {networks[0][:100]}." if networks else "Give a zip of `reid model export`."
    raise ReidError(f"{called} holds no {CARD_NAME}, so it is no model. {cure}")


def _check_weights(folder: Path, called: str) -> None:
    """That the PyTorch weights, which a GPU runs, are there as a whole. Whether they are those of the ONNX file is
    checked when a model is exported."""
    import safetensors

    if not (folder / WEIGHTS_NAME).is_file():
        return
    try:
        with safetensors.safe_open(folder / WEIGHTS_NAME, framework="numpy") as weights:
            weights.keys()
    except (OSError, ValueError, safetensors.SafetensorError) as error:
        raise Damaged(f"{WEIGHTS_NAME} in {called} cannot be read. Export the model again.") from error


def write_onnx(folder: Path, file: Path) -> Path:
    """Copy the ONNX file, for any batch, and put its card beside it, `FILE.json`; returns that.

    The card says what the file takes: size, mean, standard deviation, interpolation.
    """
    card = ModelCard.read(folder)
    if network_file(folder).name == IR_NAME:
        raise ReidError(f"The model {card.name} is kept as an OpenVINO IR, not as ONNX. Export it to a .zip.")
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
    run = openvino_runner(network_file(folder), preprocessing)
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
