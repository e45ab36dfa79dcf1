"""What ends a training early, as sentences: a full disk, too little memory, a loss that is no number."""

from __future__ import annotations

import errno
import math
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn

from reid_core.errors import ReidError

_FULL = {errno.ENOSPC: "is full", errno.EDQUOT: "has no room left for you", errno.EFBIG: "takes no larger files"}

# oneDNN, which computes convolutions on a processor, says only that it could not make something, and means memory.
_NO_MEMORY = (
    "can't allocate memory",
    "not enough memory",
    "could not create a primitive",
    "could not create a memory",
    "could not execute a primitive",
)


@contextmanager
def disk_problems(folder: Path) -> Iterator[None]:
    """A full disk becomes a ReidError that names it."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise ReidError(
            f"The disk that holds {folder} {_FULL[error.errno]}. Make room, then go on with "
            f"`reid train --resume {folder.name}`."
        ) from error


def is_out_of_memory(error: Exception) -> bool:
    text = str(error).lower()
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and any(words in text for words in _NO_MEMORY)
    )


def out_of_memory(network: nn.Module, images: torch.Tensor, batch_size: int, error: BaseException) -> ReidError:
    """Says the largest batch that fits, found by halving this process's `images` until a step on them goes through.

    The calls that `error` ended are forgotten: they hold the memory that was too little.
    """
    traceback.clear_frames(error.__traceback__)
    network.zero_grad(set_to_none=True)
    tried = len(images) // 2
    while tried > 1 and not _fits(network, images[:tried]):
        tried //= 2
    fits = batch_size * tried // len(images)
    if tried > 1:
        advice = f"{fits} fit: use --batch-size {fits} --accumulation {math.ceil(batch_size / fits)}"
    else:
        advice = "Not even 2 fit: use a smaller --backbone, or --height and --width"
    return ReidError(f"A batch of {batch_size} crops does not fit into memory. {advice}, in a new run.")


def _fits(network: nn.Module, images: torch.Tensor) -> bool:
    try:
        network(images).float().sum().backward()
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        return False
    finally:
        network.zero_grad(set_to_none=True)
    return True


def not_finite(what: str, where: str) -> ReidError:
    return ReidError(
        f"{what} at {where}. Resumed, it comes to the same: make a new run with a lower --learning-rate or "
        "--gradient-clip 1."
    )


def is_finite(network: nn.Module) -> bool:
    return all(bool(weight.isfinite().all()) for weight in network.parameters())
