"""A model on disk: a folder with `card.json`, `weights.safetensors` and `model.onnx`.

Large tensors are stored as float16, in the ONNX file too (cast back to float32 when it is opened), so both files hold
the same numbers. A third-party embedder has no `weights.safetensors`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import shutil
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from reid_core.embedder.card import CARD_NAME, ModelCard
from reid_core.errors import ReidError

if TYPE_CHECKING:
    import onnx
    import torch

    from reid_core.embedder.network import EmbeddingNetwork

WEIGHTS_NAME = "weights.safetensors"
ONNX_NAME = "model.onnx"


def model_id(folder: Path) -> str:
    """16 hexadecimal digits that change whenever the vectors could: hash of the weights and of the decisive card."""
    card = ModelCard.read(folder)
    weights = folder / WEIGHTS_NAME if (folder / WEIGHTS_NAME).is_file() else folder / ONNX_NAME
    if not weights.is_file():
        raise ReidError(f"The model {folder} has neither {WEIGHTS_NAME} nor {ONNX_NAME}. Restore it or train again.")
    stat = weights.stat()
    return _hash(weights, card.identity(), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=256)
def _hash(weights: Path, decisive: bytes, changed: int, size: int) -> str:
    """Kept until the file changes: a page asks for every model's id each time it is drawn."""
    digest = hashlib.sha256(decisive)
    with weights.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()[:16]


def save_model(folder: Path, network: EmbeddingNetwork, card: ModelCard) -> None:
    """Write the whole folder beside its final place and rename it: it is there complete or not at all.

    An existing model of that name is replaced.
    """
    import safetensors.torch

    rounded = {name: _halved(tensor).contiguous() for name, tensor in network.state_dict().items()}
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        safetensors.torch.save_file(rounded, temporary / WEIGHTS_NAME)
        card.write(temporary)
        _export_onnx(temporary)
        if folder.exists():
            shutil.rmtree(folder)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def load_network(folder: Path) -> EmbeddingNetwork:
    """The PyTorch network of a model folder, in evaluation mode, float32."""
    import safetensors.torch

    from reid_core.embedder.network import Architecture, EmbeddingNetwork

    card = ModelCard.read(folder)
    if not (folder / WEIGHTS_NAME).is_file():
        raise ReidError(
            f"The model {card.name} is an ONNX file without PyTorch weights; it can search, not be trained."
        )
    size = (card.preprocessing.height, card.preprocessing.width)
    network = EmbeddingNetwork(Architecture(**card.architecture), size)
    state = safetensors.torch.load_file(folder / WEIGHTS_NAME)
    try:
        network.load_state_dict({name: t.float() if t.is_floating_point() else t for name, t in state.items()})
    except RuntimeError as error:
        raise ReidError(f"The weights of the model {folder} do not fit its card. Restore it or train again.") from error
    return network.eval()


def add_onnx(file: Path, folder: Path, card: ModelCard) -> ModelCard:
    """Make a model folder of a third-party ONNX embedder; returns its card with the embedding size found by running it.

    Raises ReidError when the file is not an embedder: one picture input, one (B, D) output.
    """
    from reid_core.embedder.runtime import output_size

    if not file.is_file():
        raise ReidError(f"There is no file {file}.")
    if folder.exists():
        raise ReidError(f"There is a model {folder.name} already. Choose another name with --name.")
    card = dataclasses.replace(card, embedding_size=output_size(file, card.preprocessing))
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}")
    temporary.mkdir(parents=True)
    try:
        shutil.copyfile(file, temporary / ONNX_NAME)
        card.write(temporary)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return card


def is_model(folder: Path) -> bool:
    return (folder / CARD_NAME).is_file()


def _halved(tensor: torch.Tensor) -> torch.Tensor:
    """float16 for matrices and kernels; vectors stay: a running variance can exceed what float16 holds."""
    return tensor.half() if tensor.is_floating_point() and tensor.ndim > 1 else tensor


def _export_onnx(folder: Path) -> None:
    import warnings

    import onnx
    import torch

    from reid_core.embedder.network import UnitLength

    card = ModelCard.read(folder)
    shape = (2, 3, card.preprocessing.height, card.preprocessing.width)
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of this exporter: 0.6 s where the new one takes 10
        torch.onnx.export(
            UnitLength(load_network(folder)).eval(),
            (torch.zeros(shape),),
            buffer,  # type: ignore[arg-type]
            input_names=["images"],
            output_names=["embeddings"],
            dynamic_axes={"images": {0: "batch"}, "embeddings": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )
    graph = onnx.load_from_string(buffer.getvalue())
    _store_halves(graph)
    onnx.save(graph, folder / ONNX_NAME)


def _store_halves(graph: onnx.ModelProto) -> None:
    """Keep large float32 constants as float16 with a Cast behind each: half the file, float32 arithmetic."""
    import numpy as np
    import onnx
    from onnx import numpy_helper

    casts = []
    for constant in graph.graph.initializer:
        values = numpy_helper.to_array(constant)
        if values.dtype != np.float32 or values.ndim < 2:
            continue
        name = constant.name
        constant.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
        casts.append(onnx.helper.make_node("Cast", [f"{name}_half"], [name], to=onnx.TensorProto.FLOAT))
    for position, cast in enumerate(casts):
        graph.graph.node.insert(position, cast)
