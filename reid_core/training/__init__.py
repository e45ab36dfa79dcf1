"""Recipes, batches, losses, the loop, and the run folder that it fills."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["Recipe", "Run", "create_loss", "get_recipe", "parse_losses", "read_recipe"]

if TYPE_CHECKING:
    from reid_core.training.loss_text import parse_losses
    from reid_core.training.losses import create_loss
    from reid_core.training.recipe import Recipe, get_recipe
    from reid_core.training.recipe_file import read_recipe
    from reid_core.training.run import Run
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "loss_text": ("parse_losses",),
            "losses": ("create_loss",),
            "recipe": ("Recipe", "get_recipe"),
            "recipe_file": ("read_recipe",),
            "run": ("Run",),
        },
    )
