"""Training crops: who trains and who validates, and the PyTorch data set that reads, resizes and augments.

Every random choice is drawn from (seed, epoch, crop), so a run that was stopped goes on with the same pictures, however
many workers load them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch.utils.data import DataLoader, Dataset

from reid_core.embedder.card import Preprocessing
from reid_core.errors import NamesCrops, ReidError
from reid_core.images import BadImage
from reid_core.picture_reader import PictureReader
from reid_core.records import Records
from reid_core.training.crops.augmentation import augment
from reid_core.training.crops.division import divide_rows
from reid_core.training.distributed import of_all
from reid_core.training.recipe import Recipe


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Labelled crops: `records` say who and where, `crops` (one per row) which folder or zip to read and which path.

    `together` are pairs of identities that somebody told apart: they are drawn into the same batches.
    """

    records: Records
    crops: list[tuple[Path, str]]
    description: str
    terms: str = "not stated"
    together: tuple[tuple[str, str], ...] = ()

    def rows(self, *splits: str) -> pd.DataFrame:
        table = self.records.table.assign(crop=pd.Series(self.crops, dtype=object))
        return table[table["split"].isin(splits)]


def divide(data: TrainingData, recipe: Recipe, fold: tuple[int, int] | None = None) -> TrainingData:
    """Training crops only, a seeded share of their identities turned into validation queries and gallery.

    With a fold, such as (2, 5), these are the second of five parts of the identities, which share nobody and differ by
    one identity at most; the recipe's share then says nothing. Query and gallery crops of the data set are dropped
    here: nothing below this line sees a test identity.
    """
    rows, records = divide_rows(data.rows("train"), recipe, data.description, fold)
    return dataclasses.replace(data, records=records, crops=list(rows["crop"]))


def fingerprint(crops: pd.DataFrame) -> str:
    """Of who is trained on and where the pictures lie.

    Raises ReidError when the processes of one training do not see the same crops.
    """
    places = [
        (identity, str(folder), path) for identity, (folder, path) in zip(crops["identity"], crops["crop"], strict=True)
    ]
    names = hashlib.sha256(repr([(identity, path) for identity, _, path in places]).encode()).hexdigest()
    if len(set(of_all(names))) > 1:  # folders may differ from machine to machine, crops may not
        raise ReidError("The processes of this training do not see the same crops. Give each machine the same gallery.")
    return hashlib.sha256(repr(places).encode()).hexdigest()


class CropReader:
    """Prepared pixels of crops, each a folder or zip and a path in it."""

    def __init__(self, crops: Sequence[tuple[Path, str]], preprocessing: Preprocessing) -> None:
        self.crops = crops
        self.preprocessing = preprocessing
        self._pictures = PictureReader()
        self._process = os.getpid()

    def __len__(self) -> int:
        return len(self.crops)

    def pixels(self, row: int) -> npt.NDArray[np.uint8]:
        """(height, width, 3) bytes. Raises NamesCrops when it can no longer be read."""
        if self._process != os.getpid():  # a forked worker must not share an archive's file position
            self._pictures, self._process = PictureReader(), os.getpid()
        folder, path = self.crops[row]
        try:
            return self.preprocessing.resize(self._pictures.picture(str(folder), path))
        except BadImage as error:
            raise NamesCrops(
                f"The training crop {path} in {folder}: {error}. Bring it back and resume the run, or start a new one, "
                "which leaves out what is gone."
            ) from error


class TrainingCrops(Dataset[tuple[torch.Tensor, int]]):
    """Item `(epoch, row, time)` → (augmented (H, W, 3) bytes, class); `time` counts a crop's earlier uses."""

    def __init__(self, reader: CropReader, classes: npt.NDArray[np.int64], recipe: Recipe) -> None:
        self.reader = reader
        self.classes = classes
        self.recipe = recipe

    def __len__(self) -> int:
        return len(self.reader)

    def __getitem__(self, item: tuple[int, int, int]) -> tuple[torch.Tensor, int]:
        epoch, row, time = item
        random = np.random.default_rng((self.recipe.seed, epoch, row, *([time] if time else [])))
        return torch.from_numpy(augment(self.reader.pixels(row), self.recipe, random)), int(self.classes[row])


def batch_items(batches: Sequence[npt.NDArray[np.int64]], epoch: int) -> list[list[tuple[int, int, int]]]:
    """Items of `TrainingCrops`, batch by batch, of a whole epoch: a crop that comes again is augmented anew."""
    uses: Counter[int] = Counter()
    items: list[list[tuple[int, int, int]]] = []
    for batch in batches:
        items.append([])
        for row in batch.tolist():
            items[-1].append((epoch, row, uses[row]))
            uses[row] += 1
    return items


def load(
    data: TrainingCrops, items: Sequence[Sequence[tuple[int, int, int]]], *, workers: int
) -> Generator[tuple[torch.Tensor, torch.Tensor], None, None]:
    """(B, H, W, 3) bytes and (B,) int64 classes of each batch, in order; `workers` processes read ahead, or none does.

    Close it where it is left early.
    """
    if not workers:
        yield from _read_between_steps(data, items)
        return
    # A generator of its own: a loader draws a seed, and a run that goes on in mid-epoch makes one loader more.
    generator, on_gpu = torch.Generator(), torch.cuda.is_available()
    batches = [list(batch) for batch in items]
    loader = DataLoader(data, batch_sampler=batches, num_workers=workers, pin_memory=on_gpu, generator=generator)
    yield from loader


def _read_between_steps(
    data: TrainingCrops, items: Sequence[Sequence[tuple[int, int, int]]]
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Each batch is read by all cores when it is asked for.

    A step on the processor keeps all cores busy and waits for the slowest: a thread that reads ahead beside it holds
    it up for longer than the reading takes in between.
    """
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for batch in items:
            pictures, classes = zip(*threads.map(data.__getitem__, batch), strict=True)
            yield torch.stack(pictures), torch.tensor(classes)


def network_input(pixels: torch.Tensor, preprocessing: Preprocessing) -> torch.Tensor:
    """(B, H, W, 3) RGB bytes → (B, 3, H, W) float32 in channels-last layout: the numbers that `normalise` gives for an
    input of floats, channels first, the only one that networks of PyTorch have here."""
    B, H, W, _ = pixels.shape
    # By whole rows: an operation over three numbers at a time would take three times as long.
    scale, shift = (torch.from_numpy(part).to(pixels.device).repeat(W) for part in preprocessing.scale_and_shift())
    rows = pixels.view(B, H, W * 3).float().mul_(scale).sub_(shift)
    images = rows.view(B, H, W, 3)
    if preprocessing.colours == "bgr":
        images = images.flip(-1)
    return images.permute(0, 3, 1, 2)
