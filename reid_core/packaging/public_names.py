"""What a package's `__init__` offers is imported when it is first asked for (PEP 562).

So `from reid_core.training import create_loss` works, and `import reid_core.training.recipe` does not wait for PyTorch.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def imported_when_asked(package: str, places: Mapping[str, Sequence[str]]) -> Callable[[str], Any]:
    """The package's `__getattr__`. `places` are the modules in it, such as "metrics", and the names that each gives."""
    module_of = {name: module for module, names in places.items() for name in names}

    def __getattr__(name: str) -> Any:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{package}.{module_of[name]}"), name)
        setattr(sys.modules[package], name, value)  # the next time it is found without asking
        return value

    return __getattr__
