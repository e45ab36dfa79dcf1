"""What comes into a workspace: folders, archives, tables, uploads, the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["Preview", "build_demo", "import_dataset", "preview"]

if TYPE_CHECKING:
    from reid_core.workspace.imports.demo import build_demo
    from reid_core.workspace.imports.importing import import_dataset
    from reid_core.workspace.imports.previewing import Preview, preview
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "demo": ("build_demo",),
            "importing": ("import_dataset",),
            "previewing": (
                "Preview",
                "preview",
            ),
        },
    )
