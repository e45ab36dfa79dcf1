"""What a run keeps of verdicts: a file in its folder, so that it learns the same when it goes on."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reid_core.errors import Damaged
from reid_core.files import write_atomically
from reid_core.json_text import read_json
from reid_core.records import plural

FILE = "verdicts.json"


@dataclass(frozen=True)
class VerdictLabels:
    """What one run takes from verdicts on its gallery.

    `labels` are identities by crop id, for training; `pairs` identities that are drawn together; `confirmed` and
    `rejected` the crops of each case, by its number. `left_out` says how many crops were not used, by why.
    """

    labels: dict[int, str] = field(default_factory=dict)
    pairs: tuple[tuple[str, str], ...] = ()
    confirmed: dict[int, tuple[int, ...]] = field(default_factory=dict)
    rejected: dict[int, tuple[int, ...]] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    def describe(self) -> str:
        """ "Verdicts: 4 crops take a label or lose it, 3 pairs of identities are drawn together, ..."."""
        parts = [
            f"{plural(len(self.labels), 'crop')} trained under a label from a verdict",
            f"{plural(len(self.pairs), 'pair')} of identities drawn together",
        ]
        parts += [f"{plural(count, 'crop')} left out: {why}" for why, count in self.left_out.items()]
        return f"Verdicts: {'; '.join(parts)}."


def write(folder: Path, labels: VerdictLabels) -> None:
    text = json.dumps(dataclasses.asdict(labels), indent=1)
    write_atomically(folder / FILE, lambda file: file.write(text.encode()))


def read(folder: Path) -> VerdictLabels | None:
    """None where the run does not learn from verdicts. Raises ReidError when the file is damaged."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        values = read_json(path.read_bytes())
        by_case = {name: _by_number(values[name], tuple) for name in ("confirmed", "rejected")}
        pairs = tuple((str(one), str(other)) for one, other in values["pairs"])
        return VerdictLabels(_by_number(values["labels"], str), pairs, **by_case, left_out=dict(values["left_out"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(f"{path} cannot be read ({error}). Start a new run.") from error


def forget(folder: Path, ids: Callable[[], Collection[int]], knows: Callable[[str], bool]) -> None:
    """Take out the crops that are not among the gallery's `ids` any more, and people whom it no longer `knows`.

    Raises OSError when the file cannot be written.
    """
    try:
        labels = read(folder)
    except Damaged:
        (folder / FILE).unlink(missing_ok=True)
        return
    if labels is None:
        return
    there = ids()

    def named(label: str) -> bool:
        """Whether a label may stay: the gallery has that person, or it was made for a verdict and names none."""
        if knows(label) or label.startswith(("case ", "investigation ")):  # as older runs call it
            return True
        return label.startswith("not ") and named(label.removeprefix("not ").rpartition(": ")[0])

    def left(by_case: Mapping[int, tuple[int, ...]]) -> dict[int, tuple[int, ...]]:
        return {key: tuple(crop for crop in crops if crop in there) for key, crops in by_case.items()}

    kept = {crop: label for crop, label in labels.labels.items() if crop in there and named(label)}
    pairs = tuple(pair for pair in labels.pairs if all(map(named, pair)))
    changed = dataclasses.replace(
        labels, labels=kept, pairs=pairs, confirmed=left(labels.confirmed), rejected=left(labels.rejected)
    )
    if changed != labels:
        write(folder, changed)


def crops_in(labels: VerdictLabels) -> set[int]:
    """Every crop that it names."""
    by_case = (*labels.confirmed.values(), *labels.rejected.values())
    return {*labels.labels, *(crop for crops in by_case for crop in crops)}


def _by_number(values: Mapping[str, Any], kind: type) -> dict[int, Any]:
    return {int(key): kind(value) for key, value in values.items()}
