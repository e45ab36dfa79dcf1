"""Several processes that train one network: who this process is, and what the processes tell each other.

`torchrun` starts them and says in the environment who each is; without it there is one process and nothing is sent.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
import torch.distributed.nn.functional
from torch import nn

from reid_core.errors import ReidError

PATIENCE = timedelta(hours=6)  # for the first process to measure, write or fetch what all are waiting for
T = TypeVar("T")


@dataclass(frozen=True)
class Team:
    """`rank` is this process's number from 0 of `size`; `local` its number on this machine, which is its GPU's."""

    rank: int = 0
    size: int = 1
    local: int = 0

    @property
    def first(self) -> bool:
        """Whether this process writes files and speaks to people."""
        return self.rank == 0


def team() -> Team:
    if not (dist.is_available() and dist.is_initialized()):
        return Team()
    return Team(dist.get_rank(), dist.get_world_size(), int(os.environ.get("LOCAL_RANK", "0")))


@contextmanager
def together() -> Iterator[Team]:
    """Joins the other processes where `torchrun` started several: gloo between CPUs, nccl between GPUs."""
    if int(os.environ.get("WORLD_SIZE", "1")) < 2 or dist.is_initialized():
        yield team()
        return
    on_gpu = torch.cuda.is_available()
    if on_gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("cpu:gloo,cuda:nccl" if on_gpu else "gloo", timeout=PATIENCE)
    try:
        yield team()
    finally:
        dist.destroy_process_group()


def from_first(make: Callable[[], T]) -> T:
    """What `make` returns in the first process, in all of them. Raises ReidError in all where it does in the first."""
    if team().size == 1:
        return make()
    told: list[Any] = [None, None]
    if team().first:
        try:
            told[0] = make()
        except ReidError as error:
            told[1] = error
    dist.broadcast_object_list(told, src=0, device=torch.device("cpu"))
    if told[1]:
        raise told[1]
    return told[0]


def of_all(value: T) -> list[T]:
    """The value of each process, in their order."""
    if team().size == 1:
        return [value]
    values: list[Any] = [None] * team().size
    dist.all_gather_object(values, value)
    return values


def any_of(*questions: bool) -> list[bool]:
    """For each question, whether some process says yes."""
    if team().size == 1:
        return list(questions)
    answers = torch.tensor(questions, dtype=torch.int32)
    dist.all_reduce(answers, dist.ReduceOp.MAX)
    return [bool(answer) for answer in answers]


def gather_embeddings(embeddings: torch.Tensor) -> torch.Tensor:
    """(B, D) of each process → (size · B, D) in all; gradients find their way back to the process they belong to.

    Every process computes the whole loss, so what comes back is `size` times the gradient; DistributedDataParallel
    divides by `size`.
    """
    if team().size == 1:
        return embeddings
    with warnings.catch_warnings():
        # Its successor has another name in each release of PyTorch, this one works in all.
        warnings.simplefilter("ignore", FutureWarning)
        return torch.cat(torch.distributed.nn.functional.all_gather(embeddings))  # type: ignore[no-untyped-call]


def gather_labels(labels: torch.Tensor) -> torch.Tensor:
    """(B,) of each process → (size · B,) in all."""
    if team().size == 1:
        return labels
    parts = [torch.empty_like(labels) for _ in range(team().size)]
    dist.all_gather(parts, labels.contiguous())
    return torch.cat(parts)


def average_gradients(weights: Iterable[nn.Parameter]) -> None:
    """Of weights outside of the network, such as a loss's: alike in all processes but for rounding."""
    if team().size == 1:
        return
    for weight in weights:
        if weight.grad is not None:
            dist.all_reduce(weight.grad)
            weight.grad /= team().size


def own_share(batch: Sequence[T]) -> Sequence[T]:
    """This process's slice of a batch. Raises ReidError where the batch cannot be divided into equal ones."""
    here = team()
    each, rest = divmod(len(batch), here.size)
    if rest:
        raise ReidError(
            f"A batch of {len(batch)} crops cannot be shared equally by {here.size} processes. "
            f"Use --batch-size {max(1, each) * here.size}, and as many crops at least."
        )
    return batch[here.rank * each : (here.rank + 1) * each]


def shared(network: nn.Module, *, all_used: bool) -> nn.Module:
    """The network with gradients averaged over the processes; weights start as the first process's."""
    if team().size == 1:
        return network
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else None
    return nn.parallel.DistributedDataParallel(network, device_ids=devices, find_unused_parameters=not all_used)
