"""What a checkpoint needs beside weights: the state of every source of random numbers."""

from __future__ import annotations

import io
import random
from typing import Any

import numpy as np
import torch


def random_states() -> dict[str, Any]:
    """Of this process: PyTorch's on the CPU and on its GPU, numpy's and Python's, as `torch.load` takes them safely."""
    numpy: dict[str, Any] = np.random.get_state(legacy=False)
    keys, position = numpy["state"]["key"], numpy["state"]["pos"]
    states: dict[str, Any] = {"torch": torch.get_rng_state(), "python": random.getstate()}
    states["numpy"] = (torch.from_numpy(keys.astype(np.int64)), int(position), numpy["has_gauss"], numpy["gauss"])
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state()
    return states


def restore_random_states(states: dict[str, Any]) -> None:
    torch.set_rng_state(states["torch"].cpu())
    version, internal, gauss = states["python"]
    random.setstate((version, tuple(internal), gauss))
    keys, position, has_gauss, gauss = states["numpy"]
    np.random.set_state(("MT19937", keys.numpy().astype(np.uint32), position, has_gauss, gauss))
    if torch.cuda.is_available() and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"].cpu())


def as_bytes(content: dict[str, Any]) -> bytes:
    """A checkpoint as the bytes of its file; in memory first, so that a full disk is an OSError and nothing else."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()
