"""Retrace's library: find one person again across cameras that do not overlap.

Each package offers what a script needs by its own name: `reid_core.datasets`, `embedder`, `retrieval`, `evaluation`,
`projection`, `training`, `workspace`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__version__ = "0.1.0"

__all__ = ["Embedder", "Records", "ReidError", "StopRequest", "__version__", "open_workspace", "read_dataset"]

if TYPE_CHECKING:
    from reid_core.datasets import read_dataset
    from reid_core.embedder.inference import Embedder
    from reid_core.errors import ReidError
    from reid_core.records import Records
    from reid_core.signals import StopRequest
    from reid_core.workspace.opening import open_workspace
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "datasets": ("read_dataset",),
            "embedder.inference": ("Embedder",),
            "errors": ("ReidError",),
            "records": ("Records",),
            "signals": ("StopRequest",),
            "workspace.opening": ("open_workspace",),
        },
    )
