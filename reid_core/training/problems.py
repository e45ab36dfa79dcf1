"""What ends a training early, as sentences: a full disk, too little memory, a loss that is no number."""

from __future__ import annotations

import errno
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn

from reid_core.errors import ReidError

_FULL = {errno.ENOSPC: "is full", errno.EDQUOT: "has no room left for you", errno.EFBIG: "takes no larger files"}


@contextmanager
def disk_problems(folder: Path) -> Iterator[None]:
    """A full disk becomes a ReidError that names it."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise ReidError(
            f"The disk that holds {folder} {_FULL[error.errno]}. The last checkpoint is kept: make room, then go on "
            f"with `reid train --resume {folder.name}`."
        ) from error


def is_out_of_memory(error: Exception) -> bool:
    text = str(error).lower()
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and ("can't allocate memory" in text or "not enough memory" in text)
    )


def out_of_memory(network: nn.Module, images: torch.Tensor, batch_size: int) -> ReidError:
    """Says the largest batch that fits, found by halving this process's `images` until a step on them goes through."""
    tried = len(images) // 2
    while tried > 1 and not _fits(network, images[:tried]):
        tried //= 2
    fits = batch_size * tried // len(images)
    if tried > 1:
        advice = f"{fits} fit: use --batch-size {fits} --accumulation {math.ceil(batch_size / fits)}"
    else:
        advice = "Not even 2 fit: use a smaller --backbone, or --height and --width"
    return ReidError(f"A batch of {batch_size} crops does not fit into memory. {advice}. The last checkpoint is kept.")


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
        f"{what} at {where}. Lower --learning-rate or set --gradient-clip 1; the last checkpoint, from before, is kept."
    )


def is_finite(network: nn.Module) -> bool:
    return all(bool(weight.isfinite().all()) for weight in network.parameters())
