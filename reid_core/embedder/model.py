"""A model on disk: a folder with `card.json`, `weights.safetensors` and `model.onnx`.

Large tensors are stored as float16, in the ONNX file too (cast back to float32 when it is opened), so both files hold
the same numbers. A third-party embedder has no `weights.safetensors`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import shutil
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from reid_core.embedder.card import CARD_NAME, ModelCard
from reid_core.errors import ReidError
from reid_core.temporary import temporary_folder

if TYPE_CHECKING:
    import onnx
    import torch

    from reid_core.embedder.network import EmbeddingNetwork

WEIGHTS_NAME = "weights.safetensors"
ONNX_NAME = "model.onnx"
SHIPPED_MODELS = Path(__file__).resolve().parents[2] / "assets" / "models"
SYNTHETIC = "synthetic"  # trained on drawn people only
BEST_FIRST = ("market", SYNTHETIC)  # of the shipped ones, by mAP on people that neither has seen (README)


def model_id(folder: Path) -> str:
    """16 hexadecimal digits that change whenever the vectors could: hash of the decisive card and of both files.

    Both, because a GPU runs the weights and a CPU the ONNX file.
    """
    card = ModelCard.read(folder)
    files = [file for file in (folder / WEIGHTS_NAME, folder / ONNX_NAME) if file.is_file()]
    if not files:
        raise ReidError(f"The model {folder} has neither {WEIGHTS_NAME} nor {ONNX_NAME}. Restore it or train again.")
    stamps = [(file, file.stat()) for file in files]
    return _hash(card.identity(), tuple((file, stat.st_mtime_ns, stat.st_size) for file, stat in stamps))


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
    size = (card.preprocessing.height, card.preprocessing.width)
    try:
        network = EmbeddingNetwork(Architecture(**card.architecture), size)
    except (TypeError, ValueError, AttributeError, RuntimeError) as error:  # a card can hold any keys and values
        raise ReidError(
            f"The architecture on the card of the model {folder} cannot be built ({_first_line(error)}). "
            "Restore it or train again."
        ) from error
    try:
        state = safetensors.torch.load_file(folder / WEIGHTS_NAME)
    except (OSError, safetensors.SafetensorError) as error:
        raise ReidError(
            f"The weights of the model {folder} cannot be read ({_first_line(error)}). Restore it or train again."
        ) from error
    try:
        network.load_state_dict({name: t.float() if t.is_floating_point() else t for name, t in state.items()})
    except RuntimeError as error:
        raise ReidError(f"The weights of the model {folder} do not fit its card. Restore it or train again.") from error
    return network.eval()


def add_onnx(file: Path, folder: Path, card: ModelCard) -> ModelCard:
    """Make a model folder of a third-party ONNX embedder; returns its card with the embedding size found by running it.

    Raises ReidError when the file is not an embedder: one picture input, one (B, D) output. Tensors that it keeps in
    files beside it are stored inside the copy, and it is the copy that is tried.
    """
    from reid_core.embedder.runtime import output_size

    if not file.is_file():
        raise ReidError(f"There is no file {file}.")
    if folder.exists():
        raise _taken(folder)
    with temporary_folder(folder) as temporary:
        _copy_as_one_file(file, temporary / ONNX_NAME)
        size = output_size(temporary / ONNX_NAME, card.preprocessing, called=file.name)
        card = dataclasses.replace(card, embedding_size=size)
        card.write(temporary)
        try:
            temporary.rename(folder)
        except OSError as error:
            if folder.exists():  # since the look above: the same name was added at the same time
                raise _taken(folder) from error
            raise
    return card


def _taken(folder: Path) -> ReidError:
    return ReidError(f"There is a model {folder.name} already. Choose another name with --name.")


def _copy_as_one_file(file: Path, copy: Path) -> None:
    """Copy an ONNX file and the tensors that it keeps in files beside it (the format's "external data") into one."""
    import onnx
    from google.protobuf.message import DecodeError, EncodeError

    try:
        graph = onnx.load(file, format="protobuf", load_external_data=False)
    except (OSError, DecodeError) as error:
        raise ReidError(f"{file.name} is not an ONNX model that can be read. Export it again.") from error
    if not graph.graph.node:  # as of an empty file, and of other bytes that happen to parse
        raise ReidError(f"{file.name} is not an ONNX model: it has no operations. Export it again.")
    try:
        onnx.load_external_data_for_model(graph, str(file.absolute().parent))
    except (OSError, ValueError, onnx.checker.ValidationError) as error:
        raise ReidError(
            f"{file.name} keeps tensors in a file beside it that cannot be read ({_first_line(error)}). "
            "Put that file back beside it, or export the model as one file."
        ) from error
    try:
        onnx.save(graph, copy)
    except (ValueError, EncodeError) as error:
        raise ReidError(
            f"{file.name} cannot be stored as one ONNX file, which holds 2 GB at most. Use a smaller model."
        ) from error


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
