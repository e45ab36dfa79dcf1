"""What test_distributed starts by torchrun: a training on a network without batch statistics."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from torch import nn

from reid_core.embedder.network import Architecture, EmbeddingNetwork
from reid_core.records import Records
from reid_core.signals import StopRequest
from reid_core.training import session
from reid_core.training.crops.data import TrainingData
from reid_core.training.distributed import together
from reid_core.training.loop import Progress, train
from reid_core.training.run import Run


class WithoutStatistics(EmbeddingNetwork):
    """A layer norm in place of the batch norm; its backbone, test_vit, has none."""

    def __init__(self, architecture: Architecture, size: tuple[int, int]) -> None:
        super().__init__(architecture, size)
        self.neck = nn.LayerNorm(self.embedding_size)  # type: ignore[assignment]


def main(folder: Path, pictures: Path, stop_at: int) -> None:
    setattr(session, "EmbeddingNetwork", WithoutStatistics)  # noqa: B010
    setattr(session, "save_model", lambda *given: None)  # noqa: B010  (it would need the network of the card)
    table = pd.read_parquet(pictures / "crops.parquet")
    data = TrainingData(Records(table), [(pictures, path) for path in table["path"]], "a test")
    run, stop = Run(folder), StopRequest()

    def request(progress: Progress) -> None:
        stop.requested = progress.step == stop_at

    with together():
        train(run, run.state(), data, stop=stop, on_step=request)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
