"""Training crops: who trains and who validates, batches, augmentation, inspection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reid_core.packaging.public_names import imported_when_asked

__all__ = ["TrainingData", "augment", "divide", "epoch_batches", "inspect_crops"]

if TYPE_CHECKING:
    from reid_core.training.crops.augmentation import augment
    from reid_core.training.crops.data import TrainingData, divide
    from reid_core.training.crops.inspection import inspect_crops
    from reid_core.training.crops.samplers import epoch_batches
else:
    __getattr__ = imported_when_asked(
        __name__,
        {
            "augmentation": ("augment",),
            "data": (
                "TrainingData",
                "divide",
            ),
            "inspection": ("inspect_crops",),
            "samplers": ("epoch_batches",),
        },
    )
