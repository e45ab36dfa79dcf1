"""Whether a network that OpenVINO has read is an embedder, by its inputs and outputs, and of how many pictures."""

from __future__ import annotations

import math
from typing import Any

from reid_core.embedder.card import LARGEST_VECTOR, Preprocessing
from reid_core.errors import ReidError

MOST_AT_ONCE = 64  # pictures that a file may insist on
MOST_TENSOR_BYTES = 2**30  # of one result inside a network, for two pictures; a ResNet-50 at 512 x 256 makes 64 MB


def fit(ov: Any, model: Any, name: str, preprocessing: Preprocessing) -> int:
    """Refuse what is no embedder by its inputs and outputs, and give its input the shape of any batch of pictures.

    Returns 0; or, of a file that states how many pictures it takes and can be run with no other number, that.
    """
    shape = model.input(0).partial_shape if len(model.inputs) == 1 else None
    if shape is None or shape.rank.is_dynamic or shape.rank.get_length() != 4:
        raise ReidError(f"{name} does not take one batch of pictures; an embedder has one input (B, 3, H, W).")
    _check_input_type(model.input(0).element_type, name, preprocessing)
    _check_sides(shape, name, preprocessing)
    if len(model.outputs) != 1:
        outputs = " or ".join(output_names(model))
        raise ReidError(f"{name} has {len(model.outputs)} outputs. Say which is the embedding: --output {outputs}.")

    def pictures(count: int) -> Any:
        sides = (preprocessing.height, preprocessing.width)
        return ov.PartialShape([count, *sides, 3] if preprocessing.layout == "nhwc" else [count, 3, *sides])

    stated = shape[0].get_length() if shape[0].is_static else 0
    # Where all sizes are known, as for two pictures, those that do not fit each other are found. With a batch of any
    # length they may not be, and on some processors running such a file ends the process.
    tried = model.clone()
    try:
        tried.reshape({tried.input(0): pictures(2)})
        any_batch = _batch_of(tried) in (2, None)
    except RuntimeError:
        if not stated:
            raise
        any_batch = False
    fixed = 0 if any_batch or not stated else stated
    if fixed > MOST_AT_ONCE:
        raise ReidError(f"{name} takes {fixed:,} pictures at once and no fewer. Export it for one, or for any number.")
    if fixed:
        tried = model.clone()
        tried.reshape({tried.input(0): pictures(fixed)})
    _check_sizes(tried, name)
    _check_output(tried.output(0).partial_shape, name)
    wanted = pictures(fixed or -1)
    if shape != wanted:
        model.reshape({model.input(0): wanted})
    return fixed


def output_names(model: Any) -> list[str]:
    """What each output is called; where it has no name, as its node is."""
    return [
        output.any_name if output.names else output.get_node().input_value(0).get_node().friendly_name
        for output in model.outputs
    ]


def _check_input_type(kind: Any, name: str, preprocessing: Preprocessing) -> None:
    if preprocessing.input_type == "uint8" and kind.to_string() != "u8":
        raise ReidError(f"{name} takes {kind.to_string()} numbers, not the bytes that its card says.")
    if preprocessing.input_type == "float" and kind.to_string() == "u8":
        raise ReidError(
            f"{name} takes u8 numbers: the bytes of a picture, which it normalises inside. Leave --mean and --std out."
        )
    if preprocessing.input_type == "float" and not kind.is_real():
        raise ReidError(
            f"{name} takes {kind.to_string()} numbers; an embedder takes normalised floating-point pictures, or bytes."
        )


def _check_sides(shape: Any, name: str, preprocessing: Preprocessing) -> None:
    """That the file states no other height, width or number of colours."""
    if preprocessing.layout == "nhwc":
        _, height, width, channels = shape
    else:
        _, channels, height, width = shape
    if channels.is_static and channels.get_length() != 3:
        raise ReidError(f"{name} takes {channels.get_length()} channels; an embedder takes red, green and blue.")
    for side, given, side_name in ((height, preprocessing.height, "height"), (width, preprocessing.width, "width")):
        if side.is_static and side.get_length() != given:
            raise ReidError(
                f"{name} takes pictures of {side_name} {side.get_length()}, not {given}. "
                "Give --size HEIGHTxWIDTH as it was trained."
            )


def _batch_of(model: Any) -> int | None:
    """How many rows its output has; None where that is not known before it runs."""
    shape = model.output(0).partial_shape
    if shape.rank.is_dynamic or shape.rank.get_length() == 0 or shape[0].is_dynamic:
        return None
    return int(shape[0].get_length())


def _check_sizes(model: Any, name: str) -> None:
    """Refuse a network that promises tensors no machine need hold for a few pictures, before one is made."""
    for operation in model.get_ops():
        if operation.get_type_name() == "Constant":
            continue
        for output in operation.outputs():
            if output.partial_shape.is_static:
                shape = [side.get_length() for side in output.partial_shape]
                if math.prod(shape) * output.element_type.size > MOST_TENSOR_BYTES:
                    raise ReidError(
                        f"{name} makes {' x '.join(f'{side:,}' for side in shape)} numbers of a few pictures, which "
                        "is more memory than an embedder needs. Export it again."
                    )


def _check_output(shape: Any, name: str) -> None:
    """(B, D), whatever axes of length 1 there are besides, as in (B, D, 1, 1)."""
    if shape.rank.is_dynamic:
        return
    sides = list(shape)[1:]
    long = [side for side in sides if side.is_static and side.get_length() != 1]
    if not sides or len(long) > 1:
        raise ReidError(
            f"{name} does not give one vector per picture but an array of shape {shape}; an embedder's output is "
            "(B, D). Export it with its pooling, and with the embedding alone."
        )
    if long and long[0].get_length() > LARGEST_VECTOR:
        raise ReidError(
            f"{name} gives vectors of {long[0].get_length():,} numbers; at most {LARGEST_VECTOR:,} are used."
        )
