"""A model on disk: a folder with `card.json`, `weights.safetensors` and `model.onnx`.

Large tensors are stored as float16, in the ONNX file too (cast back to float32 when it is opened), so both files hold
the same numbers. A third-party embedder has no `weights.safetensors`; one that came as an OpenVINO IR has `model.xml`
and `model.bin` instead of `model.onnx`.
"""

from __future__ import annotations

import hashlib
import io
import shutil
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from reid_core.embedder.card import CARD_NAME, ModelCard
from reid_core.errors import Damaged, ReidError
from reid_core.packaging.installed import APP
from reid_core.temporary import temporary_folder

if TYPE_CHECKING:
    import onnx
    import torch

    from reid_core.embedder.network import EmbeddingNetwork

WEIGHTS_NAME = "weights.safetensors"
ONNX_NAME = "model.onnx"
IR_NAME, IR_WEIGHTS_NAME = "model.xml", "model.bin"
SHIPPED_MODELS = APP / "assets" / "models"
SYNTHETIC = "synthetic"  # trained on drawn people only
BEST_FIRST = ("market", SYNTHETIC)  # of the shipped ones, by mAP on people that neither has seen (README)


def model_id(folder: Path) -> str:
    """16 hexadecimal digits that change whenever the vectors could: hash of the decisive card and of the files.

    All of them, because a GPU runs the weights and a CPU the ONNX file. Raises ReidError when the model is damaged.
    """
    card = ModelCard.read(folder)
    names = (WEIGHTS_NAME, ONNX_NAME, IR_NAME, IR_WEIGHTS_NAME)
    files = [folder / name for name in names if (folder / name).is_file()]
    if not files:
        raise Damaged(f"The model {folder} has neither {WEIGHTS_NAME} nor {ONNX_NAME}. Restore it or train again.")
    try:
        stamps = [(file, file.stat()) for file in files]
        return _hash(card.identity(), tuple((file, stat.st_mtime_ns, stat.st_size) for file, stat in stamps))
    except OSError as error:
        raise Damaged(f"The model {folder} cannot be read ({error.strerror}). Restore it or train again.") from error


def network_file(folder: Path) -> Path:
    """What is run of a model folder without PyTorch, whether it is there or not."""
    return folder / (IR_NAME if (folder / IR_NAME).is_file() else ONNX_NAME)


@lru_cache(maxsize=256)
def _hash(decisive: bytes, files: tuple[tuple[Path, int, int], ...]) -> str:
    """Of files with their times and sizes, kept until one changes: a page asks for every id each time it is drawn."""
    digest = hashlib.sha256(decisive)
    for path, _changed, _size in files:
        with path.open("rb") as file:
            while block := file.read(2**20):
                digest.update(block)
    return digest.hexdigest()[:16]


def save_model(folder: Path, network: EmbeddingNetwork, card: ModelCard) -> None:
    """Write the whole folder beside its final place and rename it: it is there complete or not at all.

    An existing model of that name is replaced.
    """
    import safetensors.torch

    rounded = {name: _halved(tensor).contiguous() for name, tensor in network.state_dict().items()}
    with temporary_folder(folder) as temporary:
        # Not its save_file, which says a full disk in an error of its own.
        (temporary / WEIGHTS_NAME).write_bytes(safetensors.torch.save(rounded))
        card.write(temporary)
        _export_onnx(temporary)
        if folder.exists():
            shutil.rmtree(folder)
        temporary.rename(folder)


def load_network(folder: Path) -> EmbeddingNetwork:
    """The PyTorch network of a model folder, in evaluation mode, float32. Raises ReidError where it is damaged."""
    import safetensors.torch

    from reid_core.embedder.network import Architecture, EmbeddingNetwork

    card = ModelCard.read(folder)
    if not (folder / WEIGHTS_NAME).is_file():
        raise ReidError(
            f"The model {card.name} is an ONNX file without PyTorch weights; it can search, not be trained."
        )
    if (card.preprocessing.layout, card.preprocessing.input_type) != ("nchw", "float"):
        raise Damaged(
            f"The card of the model {folder} says another input than its PyTorch network takes. Restore it or train "
            "again."
        )
    size = (card.preprocessing.height, card.preprocessing.width)
    try:
        network = EmbeddingNetwork(Architecture(**card.architecture), size)
    except (TypeError, ValueError, AttributeError, RuntimeError) as error:  # a card can hold any keys and values
        raise Damaged(
            f"The architecture on the card of the model {folder} cannot be built ({_first_line(error)}). "
            "Restore it or train again."
        ) from error
    try:
        state = safetensors.torch.load_file(folder / WEIGHTS_NAME)
    except (OSError, safetensors.SafetensorError) as error:
        raise Damaged(
            f"The weights of the model {folder} cannot be read ({_first_line(error)}). Restore it or train again."
        ) from error
    try:
        network.load_state_dict({name: t.float() if t.is_floating_point() else t for name, t in state.items()})
    except RuntimeError as error:
        raise ReidError(f"The weights of the model {folder} do not fit its card. Restore it or train again.") from error
    return network.eval()


def _first_line(error: Exception) -> str:
    return (str(error).strip().partition("\n")[0] or type(error).__name__)[:160].rstrip(" .")


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
            # As it is trained, in evaluation mode: kernels with their normalisation folded in would be rounded twice.
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=False,
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
