"""Networks that were made elsewhere become models: copied into a folder of their own, and tried before they stay."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reid_core.embedder.card import ModelCard, Preprocessing
from reid_core.embedder.foreign import refuse_foreign
from reid_core.embedder.model import IR_NAME, ONNX_NAME
from reid_core.embedder.own_process import in_own_process
from reid_core.embedder.preprocessing import AS_BYTES, Three, as_option
from reid_core.embedder.trial import try_network
from reid_core.errors import ReidError
from reid_core.temporary import temporary_folder

LEAST_MEMORY = 3 * 2**30  # bytes that a trial may take whatever the file's size
MEMORY_PER_BYTE = 8  # of the file: it is parsed, copied, and compiled
MEMORY_PER_PROCESSOR = 2**24  # for the stacks of its threads
SECONDS = 300.0  # that a trial may take
_CURE = "Export it again, with a batch axis of any length."


@dataclass(frozen=True)
class Stated:
    """What of a preprocessing the user or a card stated. The rest is taken from the file where that says it."""

    size: bool = True
    normalisation: bool = True
    colours: bool = True


@dataclass(frozen=True)
class Added:
    """The card of a model that was added, what was `taken` from its file, in words, and a `warning`, or ""."""

    card: ModelCard
    taken: tuple[str, ...] = ()
    warning: str = ""


def add_network(file: Path, folder: Path, card: ModelCard, *, stated: Stated | None = None, output: str = "") -> Added:
    """Make a model folder of a third-party embedder, an ONNX file or an OpenVINO IR (.xml, with its .bin).

    The card's embedding size is found by running it; where it states one (above 0), that must be it. `output` names
    the embedding among several. Tensors that an ONNX file keeps in files beside it are stored inside the copy, and it
    is the copy that is tried, in a process of its own with bounded memory and time.

    Raises ReidError when the file is no such network, or no embedder: one picture input, one vector for each picture.
    """
    stated = stated or Stated()
    refuse_foreign(file)
    refuse_other_scale(card.preprocessing)
    with making(folder) as temporary:
        given = (file.absolute(), temporary, card.preprocessing, stated, output)
        found = _bounded(_copy_and_try, *given, file=file, called=file.name)
        if card.embedding_size not in (0, found["size"]):
            raise ReidError(
                f"{file.name} gives vectors of {found['size']} numbers, and the card that is given with it says "
                f"{card.embedding_size}: it is that of another model. Take it away, and say --size, --mean and --std."
            )
        preprocessing = Preprocessing.from_dict(found["preprocessing"])
        card = dataclasses.replace(card, embedding_size=int(found["size"]), preprocessing=preprocessing)
        card.write(temporary)
    return Added(card, tuple(map(str, found["taken"])), str(found["warning"]))


def try_model(network: Path, card: ModelCard, called: str) -> str:
    """Try a model folder's network as its card says; returns a warning, or "". Raises ReidError as `add_network`."""
    refuse_other_scale(card.preprocessing)
    found = _bounded(_try, network, card.preprocessing, called, file=network, called=called)
    if found["size"] != card.embedding_size:
        raise ReidError(
            f"{called} gives vectors of {found['size']} numbers, its card says {card.embedding_size}. Export it again."
        )
    return str(found["warning"])


def refuse_other_scale(preprocessing: Preprocessing) -> None:
    """Raises ReidError for a mean or std that is of bytes: pixels go in as 0 to 1."""
    mean, std = preprocessing.mean, preprocessing.std
    if all(-1 <= value <= 2 for value in mean) and max(std) <= 2:
        return
    if min(mean) < -1:
        raise ReidError(f"Mean {as_option(mean)} is not that of pixels of 0 to 1. Give the mean of training, above 0.")
    if max(*mean, *std) > 512:
        raise ReidError(
            f"Mean {as_option(mean)} and std {as_option(std)} are not those of pixels. Give those of 0 to 1."
        )
    at_fault = ("Mean", mean) if max(mean) > 2 else ("Std", std)
    scaled_mean = mean if max(mean) <= 2 else _over_255(mean)
    scaled_std = std if max(std) < 1 else _over_255(std)
    raise ReidError(
        f"{at_fault[0]} {as_option(at_fault[1])} is on the scale of 0 to 255; pixels go in as 0 to 1. "
        f"Give --mean {as_option(scaled_mean)} --std {as_option(scaled_std)}, or add --range 255."
    )


def _over_255(three: Three) -> Three:
    red, green, blue = (float(f"{value / 255:.3g}") for value in three)
    return red, green, blue


@contextmanager
def making(folder: Path) -> Iterator[Path]:
    """A temporary folder, which takes the place of `folder` when the block ends well, and goes when it does not.

    Raises ReidError when there is something in that place.
    """
    taken = ReidError(f"There is a model {folder.name} already. Choose another name with --name.")
    with temporary_folder(folder) as temporary:
        yield temporary
        if folder.exists():
            raise taken
        try:
            temporary.rename(folder)
        except OSError as error:
            if folder.exists():  # since the look above: the same name was added at the same time
                raise taken from error
            raise


def _bounded(function: Any, *arguments: Any, file: Path, called: str) -> Any:
    around = [file, *file.parent.glob(f"{_glob_text(file.stem)}*")]  # with the tensors that it keeps in other files
    size = sum(path.stat().st_size for path in set(around) if path.is_file())
    memory = LEAST_MEMORY + MEMORY_PER_BYTE * size + MEMORY_PER_PROCESSOR * (os.cpu_count() or 1)
    return in_own_process(function, *arguments, memory=memory, seconds=SECONDS, called=called, cure=_CURE)


def _glob_text(text: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", text)


# --- in the process of its own ---


def _try(network: Path, preprocessing: Preprocessing, called: str) -> dict[str, Any]:
    return try_network(network, preprocessing, called)


def _copy_and_try(
    file: Path, folder: Path, preprocessing: Preprocessing, stated: Stated, output: str
) -> dict[str, Any]:
    kept = _copy_ir(file, folder, output) if _is_ir(file) else _copy_onnx(file, folder / ONNX_NAME, output)
    candidates, taken = _settle(kept, preprocessing, stated, file.name)
    failed: ReidError | None = None
    for candidate in candidates:
        try:
            found = try_network(kept, candidate, file.name)
        except ReidError as error:
            failed = failed or error
        else:
            return {**found, "preprocessing": candidate.to_dict(), "taken": taken}
    raise failed or ReidError(f"{file.name} cannot be run. {_CURE}")


def _settle(
    kept: Path, preprocessing: Preprocessing, stated: Stated, name: str
) -> tuple[list[Preprocessing], list[str]]:
    """What the file says of its input, put in where nothing else was stated; two ways where it leaves the layout open.

    Whatever is wrong with the file is said where it is tried.
    """
    from reid_core.embedder.runtime import read_network

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


def _with_conversion(model: Any, preprocessing: Preprocessing, stated: Stated, taken: list[str]) -> Preprocessing:
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


def _numbers(model: Any, parameter: str) -> list[float]:
    """Those of "data[123.675,116.28,103.53]"; of other texts, and where there are none, nothing."""
    inside = re.search(r"\[([-\d.,eE+ ]{1,200})\]", _conversion(model, parameter))
    try:
        return [float(part) for part in inside[1].split(",")] if inside else []
    except ValueError:
        return []


def _conversion(model: Any, parameter: str) -> str:
    path = ["conversion_parameters", parameter]
    try:
        return str(model.get_rt_info(path).value) if model.has_rt_info(path) else ""
    except RuntimeError:
        return ""


def _is_ir(file: Path) -> bool:
    return file.suffix.lower() == ".xml"


def _copy_ir(file: Path, folder: Path, output: str) -> Path:
    """Copy an IR and its weights; of several outputs the chosen one alone is kept."""
    import openvino

    from reid_core.embedder.fitting import output_names
    from reid_core.embedder.runtime import read_network

    weights, kept = file.with_suffix(".bin"), folder / IR_NAME
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


def _copy_onnx(file: Path, copy: Path, output: str) -> Path:
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


def _chosen(names: list[str], output: str, called: str) -> int | None:
    """The place of the output to keep; None where there is nothing to leave out."""
    shown = ", ".join(repr(name[:60]) for name in names[:12]) + (", …" if len(names) > 12 else "")
    if output and output not in names:
        raise ReidError(f"{called} has no output {output!r}. It has: {shown}.")
    if len(names) > 1 and not output:
        raise ReidError(
            f"{called} has {len(names)} outputs ({shown}). Say which is the embedding with --output {names[-1][:60]} "
            "or another of these."
        )
    return names.index(output) if len(names) > 1 else None


def _first_line(error: Exception) -> str:
    return (str(error).strip().partition("\n")[0] or type(error).__name__)[:160].rstrip(" .")
