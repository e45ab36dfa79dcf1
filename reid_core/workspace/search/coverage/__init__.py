"""What a search looked at: cameras, times, and what is missing, so that "not found" means something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["Coverage", "filter_of", "in_words", "sentence"]

if TYPE_CHECKING:
    from reid_core.workspace.search.coverage.coverage import Coverage
    from reid_core.workspace.search.coverage.measuring import filter_of
    from reid_core.workspace.search.coverage.saying import in_words, sentence
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "coverage": ("Coverage",),
            "measuring": ("filter_of",),
            "saying": ("in_words", "sentence"),
        },
    )
