"""A detector's network on the CPU, by OpenVINO: bytes of a picture in, its outputs by name.

Scaling of values, order of colours and layout are part of the compiled graph.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from reid_core.errors import ReidError
from reid_core.openvino_networks import openvino_core, read_network, reason_of
from reid_core.video.detection.card import Input
from reid_core.video.detection.formats import Outputs, Port, Signature
from reid_core.video.detection.placing import Pixels

CELL = 32  # pixels of the coarsest cells: an input has whole ones
CURE = "Export it again for one picture at a time."


def signature_of(model: Any, metadata: dict[str, str] | None = None) -> Signature:
    """The ports of an `openvino.Model`, and the metadata of its file."""
    return Signature(
        tuple(_port(port, number) for number, port in enumerate(model.inputs)),
        tuple(_port(port, number) for number, port in enumerate(model.outputs)),
        metadata or {},
    )


def compiled(file: Path, taken: Input, called: str, threads: int) -> Callable[[Pixels], Outputs]:
    """A function from the input's RGB bytes (height, width, 3) to the outputs, in float32, safe from many threads.

    Raises ReidError, which calls the file `called`, here and when it runs, where it cannot be run.
    """
    ov, core = openvino_core()
    model = read_network(file, called)
    names = [port.name for port in signature_of(model).outputs]
    options = {
        "INFERENCE_PRECISION_HINT": "f32",  # on newer CPUs the default is bfloat16, which moves boxes
        "NUM_STREAMS": 1,
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
    }
    try:
        place = _shape(model, taken, called)
        network = core.compile_model(_with_preprocessing(ov, model, place, taken), "CPU", options)
        request = network.create_infer_request()
    except RuntimeError as error:
        raise _cannot_run(called, error) from error
    sizes = [port for number, port in enumerate(network.inputs) if number != place]
    given = {port: np.array([[taken.width, taken.height]], _numpy_type(port)) for port in sizes}
    lock = threading.Lock()

    def run(pixels: Pixels) -> Outputs:
        with lock:
            try:
                request.infer({network.inputs[place]: pixels[None], **given})
                found = [np.array(request.get_output_tensor(number).data) for number in range(len(names))]
            except RuntimeError as error:
                raise _cannot_run(called, error) from error
        return {name: values.astype(np.float32, copy=False) for name, values in zip(names, found, strict=True)}

    return run


def _port(port: Any, number: int) -> Port:
    shape = port.partial_shape
    lengths = None if shape.rank.is_dynamic else tuple(one.get_length() if one.is_static else None for one in shape)
    return Port(min(port.names, default=str(number)), lengths)


def _shape(model: Any, taken: Input, called: str) -> int:
    """Give the model the card's input size, one picture at a time; the place of the input that takes the picture."""
    signature = signature_of(model)
    if signature.picture is None:
        raise ReidError(f"{called} has no input that takes one picture in three colours. {CURE}")
    place = signature.inputs.index(signature.picture)
    shapes = {port: [1, 2] for number, port in enumerate(model.inputs) if number != place}
    wanted = (1, 3, taken.height, taken.width)
    if any(port.partial_shape.is_dynamic for port in model.inputs) or signature.picture.shape != wanted:
        model.reshape({model.inputs[place]: list(wanted), **shapes})
    return place


def _with_preprocessing(ov: Any, model: Any, place: int, taken: Input) -> Any:
    """The model with its preprocessing in front: it takes (1, height, width, 3) RGB bytes."""
    from openvino.preprocess import PrePostProcessor

    steps = PrePostProcessor(model)
    picture = steps.input(place)
    picture.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    picture.model().set_layout(ov.Layout("NCHW"))
    if model.inputs[place].element_type.is_real():
        picture.preprocess().convert_element_type(ov.Type.f32)
        if any(taken.mean):
            picture.preprocess().mean(list(taken.mean))
        if any(one != 1 for one in taken.std):
            picture.preprocess().scale(list(taken.std))
    if taken.colours == "bgr":
        picture.preprocess().reverse_channels()
    return steps.build()


def _numpy_type(port: Any) -> Any:
    return port.element_type.to_dtype()


def _cannot_run(called: str, error: RuntimeError) -> ReidError:
    return ReidError(f"{called} cannot be run ({reason_of(error)}). {CURE}")


def stood_on_end(taken: Input, width: int, height: int) -> Input:
    """The input for a picture of that size: of an upright one a lying input stands on end, where it `reshapes`."""
    if taken.reshapes and (height > width) != (taken.height > taken.width) and taken.height != taken.width:
        return dataclasses.replace(taken, width=taken.height, height=taken.width)
    return taken


def half_of(taken: Input) -> Input:
    """The input of half that size, up to whole cells of the network."""
    width, height = (-(-side // (2 * CELL)) * CELL for side in (taken.width, taken.height))
    return dataclasses.replace(taken, width=width, height=height)
