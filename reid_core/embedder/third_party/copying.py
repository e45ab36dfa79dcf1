"""A network's file copied into a model's folder, and tried there: what `adding` runs in a process of its own.

The file is parsed here for the first time, so whatever is wrong with it may end this process.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from reid_core.embedder.model import IR_NAME, ONNX_NAME
from reid_core.embedder.preprocessing import AS_BYTES, Preprocessing
from reid_core.embedder.third_party.trial import Tried, try_network
from reid_core.errors import ReidError
from reid_core.own_process import bound_memory

if TYPE_CHECKING:
    import onnx
    import openvino

LEAST_MEMORY = 3 * 2**30  # bytes that a trial may take whatever the file's size
MEMORY_PER_BYTE = 8  # of the file: it is parsed, copied, and compiled
MEMORY_PER_PROCESSOR = 2**24  # for the stacks of its threads
CURE = "Export it again, with a batch axis of any length."


class Settled(Tried):
    """What a trial found, the `preprocessing` that it was made with, as on a card, and what of that was `taken` from
    the file, in words."""

    preprocessing: dict[str, object]
    taken: list[str]


@dataclass(frozen=True)
class Stated:
    """What of a preprocessing the user or a card stated. The rest is taken from the file where that says it."""

    size: bool = True
    normalisation: bool = True
    colours: bool = True


def memory_for(size: int) -> int:
    """The bytes of memory that the trial of a network may take whose files have `size` bytes: no more than is free."""
    wanted = LEAST_MEMORY + MEMORY_PER_BYTE * size + MEMORY_PER_PROCESSOR * (os.cpu_count() or 1)
    return min(wanted, psutil.virtual_memory().available)


def size_of(file: Path) -> int:
    """The bytes of a network's file, with those of an IR's weights."""
    return sum(part.stat().st_size for part in {file, _weights_of(file)} if part.is_file())


def copy_and_try(file: Path, folder: Path, preprocessing: Preprocessing, stated: Stated, output: str) -> Settled:
    """Copy the network into the folder, and try it. Raises ReidError when it is no network, or no embedder."""
    kept = copy_network(file, folder, output)
    candidates, taken = _settle(kept, preprocessing, stated, file.name)
    failed: ReidError | None = None
    for candidate in candidates:
        try:
            found = try_network(kept, candidate, file.name)
        except ReidError as error:
            failed = failed or error
        else:
            return {**found, "preprocessing": candidate.to_dict(), "taken": taken}
    raise failed or ReidError(f"{file.name} cannot be run. {CURE}")


def copy_network(file: Path, folder: Path, output: str | None) -> Path:
    """Copy an ONNX file or an OpenVINO IR into the folder as one network, and give the copy.

    `output` is the one of its outputs that is kept, "" the only one; None keeps all. Raises ReidError when the file is
    no network.
    """
    return _copy_ir(file, folder, output) if _is_ir(file) else _copy_onnx(file, folder / ONNX_NAME, output)


def _settle(
    kept: Path, preprocessing: Preprocessing, stated: Stated, name: str
) -> tuple[list[Preprocessing], list[str]]:
    """What the file says of its input, put in where nothing else was stated; two ways where it leaves the layout open.

    Whatever is wrong with the file is said where it is tried.
    """
    from reid_core.openvino_networks import read_network

    model = read_network(kept, name)
    shape = model.input(0).partial_shape if len(model.inputs) == 1 else None
    if shape is None or shape.rank.is_dynamic or shape.rank.get_length() != 4:
        return [preprocessing], []
    sides = [side.get_length() if side.is_static else None for side in shape]
    layouts = [preprocessing.layout, "nhwc" if preprocessing.layout == "nchw" else "nchw"]
    if sides[3] == 3 and sides[1] != 3:
        layouts = ["nhwc"]
    elif sides[1] is not None or sides[3] is not None:
        layouts = ["nchw"]
    taken = []
    height, width = sides[1:3] if layouts[0] == "nhwc" else sides[2:4]
    if not stated.size and len(layouts) == 1:
        size = (height or preprocessing.height, width or preprocessing.width)
        if size != (preprocessing.height, preprocessing.width):
            preprocessing = dataclasses.replace(preprocessing, height=size[0], width=size[1])
            taken.append(f"size {size[0]}x{size[1]}")
    if layouts == ["nhwc"]:
        taken.append("colours last (NHWC)")
    preprocessing = _with_conversion(model, preprocessing, stated, taken)
    as_bytes = (preprocessing.mean, preprocessing.std) == AS_BYTES
    if model.input(0).element_type.to_string() == "u8" and (as_bytes or not stated.normalisation):
        preprocessing = dataclasses.replace(preprocessing, mean=AS_BYTES[0], std=AS_BYTES[1], input_type="uint8")
        taken.append("bytes as they are (uint8)")
    elif preprocessing.input_type == "uint8":  # said by a card, and not so
        preprocessing = dataclasses.replace(preprocessing, input_type="float")
    return [dataclasses.replace(preprocessing, layout=layout) for layout in layouts], taken


def _with_conversion(
    model: openvino.Model, preprocessing: Preprocessing, stated: Stated, taken: list[str]
) -> Preprocessing:
    """What an IR says that its converter has built into it: normalisation, and colours in the order of OpenCV."""
    if not stated.normalisation:
        numbers = [*_numbers(model, "mean_values"), *(value - 1 for value in _numbers(model, "scale_values"))]
        if any(numbers):
            preprocessing = dataclasses.replace(preprocessing, mean=AS_BYTES[0], std=AS_BYTES[1])
            taken.append("pixels of 0 to 255 as they are, since it normalises inside")
    if not stated.colours and _conversion(model, "reverse_input_channels").lower() == "true":
        preprocessing = dataclasses.replace(preprocessing, colours="bgr")
        taken.append("colours in the order blue, green, red")
    return preprocessing


def _numbers(model: openvino.Model, parameter: str) -> list[float]:
    """Those of "data[123.675,116.28,103.53]"; of other texts, and where there are none, nothing."""
    inside = re.search(r"\[([-\d.,eE+ ]{1,200})\]", _conversion(model, parameter))
    try:
        return [float(part) for part in inside[1].split(",")] if inside else []
    except ValueError:
        return []


def _conversion(model: openvino.Model, parameter: str) -> str:
    path = ["conversion_parameters", parameter]
    try:
        return str(model.get_rt_info(path).value) if model.has_rt_info(path) else ""
    except RuntimeError:
        return ""


def _is_ir(file: Path) -> bool:
    return file.suffix.lower() == ".xml"


def _weights_of(file: Path) -> Path:
    return file.with_suffix(".bin") if _is_ir(file) else file


def _copy_ir(file: Path, folder: Path, output: str | None) -> Path:
    """Copy an IR and its weights; of several outputs the chosen one alone is kept."""
    import openvino

    from reid_core.embedder.third_party.fitting import output_names
    from reid_core.openvino_networks import read_network

    weights, kept = _weights_of(file), folder / IR_NAME
    if not weights.is_file():
        raise ReidError(f"{file.name} has no {weights.name} next to it, which holds its weights. Put that file there.")
    with file.open("rb") as opened:
        if b"<net" not in opened.read(4096):
            raise ReidError(f"{file.name} is not an OpenVINO model. Give the .xml file that its converter wrote.")
    model = read_network(file, file.name)
    names = output_names(model)
    chosen = _chosen(names, output, file.name)
    if chosen is None:
        shutil.copyfile(file, kept)
        shutil.copyfile(weights, kept.with_suffix(".bin"))
        return kept
    for place, result in enumerate(model.get_results()):
        if place != chosen:
            model.remove_result(result)
    openvino.save_model(model, kept, compress_to_fp16=False)
    return kept


def _copy_onnx(file: Path, copy: Path, output: str | None) -> Path:
    """Copy an ONNX file and the tensors that it keeps in files beside it (the format's "external data") into one."""
    import onnx
    from google.protobuf.message import DecodeError, EncodeError

    try:
        graph = onnx.load(file, format="protobuf", load_external_data=False)
    except (OSError, DecodeError) as error:
        raise ReidError(f"{file.name} is not an ONNX model that can be read. Export it again.") from error
    if not graph.graph.node:  # as of an empty file, and of other bytes that happen to parse
        raise ReidError(f"{file.name} is not an ONNX model: it has no operations. Export it again.")
    chosen = _chosen([one.name for one in graph.graph.output], output, file.name)
    if chosen is not None:
        only = graph.graph.output[chosen]
        del graph.graph.output[:]
        graph.graph.output.append(only)
    if beside := _size_beside(graph, file.parent):
        bound_memory(memory_for(size_of(file) + beside))
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
    return copy


def _size_beside(model: onnx.ModelProto, folder: Path) -> int:
    """The bytes of the files that the model's tensors are kept in, by the names that it gives."""
    from onnx.external_data_helper import ExternalDataInfo, uses_external_data

    names = {ExternalDataInfo(one).location for one in model.graph.initializer if uses_external_data(one)}
    size = 0
    for name in names:
        with contextlib.suppress(OSError, ValueError):  # it is refused where it is read
            size += (folder / name).stat().st_size
    return size


def _chosen(names: list[str], output: str | None, called: str) -> int | None:
    """The place of the output to keep; None where there is nothing to leave out."""
    if output is None:
        return None
    shown = ", ".join(repr(name[:60]) for name in names[:12]) + (", …" if len(names) > 12 else "")
    if output and output not in names:
        raise ReidError(f"{called} has no output {output!r}. It has: {shown}.")
    if len(names) > 1 and not output:
        likely = next((name for name in names if re.search("emb|feat|vec", name, re.IGNORECASE)), names[-1])
        raise ReidError(
            f"{called} has {len(names)} outputs ({shown}). Say which is the embedding with --output {likely[:60]} "
            "or another of these."
        )
    return names.index(output) if len(names) > 1 else None


def _first_line(error: Exception) -> str:
    return (str(error).strip().partition("\n")[0] or type(error).__name__)[:160].rstrip(" .")
