"""A moving average of the weights, which often finds a better network than the last step (Polyak & Juditsky, 1992)."""

from __future__ import annotations

import copy

import torch
from torch import nn


class MovingAverage:
    """`network` is a copy whose weights and running statistics follow the original's, a share of the way each step.

    In step t (from 1) it keeps min(decay, (1 + t) / (10 + t)) of what it has, so that the start is soon forgotten.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        keep = min(self.decay, (1 + step) / (10 + step))
        own = self.network.state_dict()
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                own[name].lerp_(value, 1 - keep)
            else:
                own[name].copy_(value)
