"""Lets timm be imported where torchvision's compiled operators do not fit the installed torch.

PyPI's torchvision is built for CUDA. Beside a CPU build of torch its `_C` library cannot load, and importing
torchvision (timm does) fails with "operator torchvision::nms does not exist". Declaring the two operators' signatures
before the first import is enough: nothing here calls them. Import this module before timm or torchvision.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch

_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def _operators_load() -> bool:
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return True  # no torchvision: nothing to cure
    libraries = list(Path(spec.origin).parent.glob("_C*.so")) + list(Path(spec.origin).parent.glob("_C*.pyd"))
    try:
        for library in libraries:
            torch.ops.load_library(str(library))  # type: ignore[no-untyped-call]
    except OSError:
        return False
    return bool(libraries)


def _declare_operators() -> torch.library.Library | None:
    if _operators_load():
        return None
    library: torch.library.Library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for name in ("nms", "qnms"):
        library.define(name + _SIGNATURE)  # type: ignore[no-untyped-call]
    return library


DECLARED = _declare_operators()  # kept for the life of the process: the operators vanish with the object
