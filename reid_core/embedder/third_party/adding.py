"""Networks that were made elsewhere become models: copied into a folder of their own, and tried before they stay."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reid_core.embedder.card import LARGEST_VECTOR, ModelCard, Preprocessing
from reid_core.embedder.preprocessing import Three, as_option
from reid_core.embedder.third_party.copying import CURE, Stated, copy_and_try, memory_for, size_of
from reid_core.embedder.third_party.foreign import refuse_foreign
from reid_core.embedder.third_party.trial import Tried, try_network
from reid_core.errors import ReidError
from reid_core.json_text import checked
from reid_core.own_process import in_own_process
from reid_core.temporary import temporary_folder

SECONDS = 300.0  # that a trial may take


@dataclass(frozen=True)
class Added:
    """The card of a model that was added, what was `taken` from its file, in words, and a `warning`, or ""."""

    card: ModelCard
    taken: tuple[str, ...] = ()
    warning: str = ""


@dataclass(frozen=True)
class _Answer:
    """What came back of a trial, which a file that has taken it over may have written."""

    size: int
    warning: str
    preprocessing: Mapping[str, object] = field(default_factory=dict)
    taken: Sequence[object] = ()


def add_network(file: Path, folder: Path, card: ModelCard, *, stated: Stated | None = None, output: str = "") -> Added:
    """Make a model folder of a third-party embedder, an ONNX file or an OpenVINO IR (.xml, with its .bin).

    The card's embedding size is found by running it; where it states one (above 0), that must be it. `output` names
    the embedding among several. Tensors that an ONNX file keeps in files beside it are stored inside the copy, and it
    is the copy that is tried, in a process of its own with bounded memory and time.

    Raises ReidError when the file is no such network, or no embedder: one picture input, one vector for each picture.
    """
    stated = stated or Stated()
    refuse_foreign(file)
    refuse_other_scale(card.preprocessing)
    with making(folder) as temporary:
        given = (file.absolute(), temporary, card.preprocessing, stated, output)
        found = _bounded(copy_and_try, *given, file=file, called=file.name)
        if card.embedding_size not in (0, found.size):
            raise ReidError(
                f"{file.name} gives vectors of {found.size} numbers, and the card that is given with it says "
                f"{card.embedding_size}: it is that of another model. Take it away, and say --size, --mean and --std."
            )
        preprocessing = Preprocessing.from_dict(found.preprocessing)
        card = dataclasses.replace(card, embedding_size=found.size, preprocessing=preprocessing)
        card.write(temporary)
    return Added(card, tuple(map(str, found.taken)), found.warning)


def try_model(network: Path, card: ModelCard, called: str) -> str:
    """Try a model folder's network as its card says; returns a warning, or "". Raises ReidError as `add_network`."""
    refuse_other_scale(card.preprocessing)
    given = (network, card.preprocessing, called, bool(card.architecture))
    found = _bounded(try_network, *given, file=network, called=called)
    if found.size != card.embedding_size:
        raise ReidError(
            f"{called} gives vectors of {found.size} numbers, its card says {card.embedding_size}. Export it again."
        )
    return found.warning


def refuse_other_scale(preprocessing: Preprocessing) -> None:
    """Raises ReidError for a mean or std that is of bytes: pixels go in as 0 to 1."""
    mean, std = preprocessing.mean, preprocessing.std
    if all(-1 <= value <= 2 for value in mean) and max(std) <= 2:
        return
    if min(mean) < -1:
        raise ReidError(f"Mean {as_option(mean)} is not that of pixels of 0 to 1. Give the mean of training, above 0.")
    if max(*mean, *std) > 512:
        raise ReidError(
            f"Mean {as_option(mean)} and std {as_option(std)} are not those of pixels. Give those of 0 to 1."
        )
    at_fault = ("Mean", mean) if max(mean) > 2 else ("Std", std)
    scaled_mean = mean if max(mean) <= 2 else _over_255(mean)
    scaled_std = std if max(std) < 1 else _over_255(std)
    raise ReidError(
        f"{at_fault[0]} {as_option(at_fault[1])} is on the scale of 0 to 255; pixels go in as 0 to 1. "
        f"Give --mean {as_option(scaled_mean)} --std {as_option(scaled_std)}, or add --range 255."
    )


def _over_255(three: Three) -> Three:
    red, green, blue = (float(f"{value / 255:.3g}") for value in three)
    return red, green, blue


@contextmanager
def making(folder: Path) -> Iterator[Path]:
    """A temporary folder, which takes the place of `folder` when the block ends well, and goes when it does not.

    Raises ReidError when there is something in that place.
    """
    taken = ReidError(f"There is a model {folder.name} already. Choose another name with --name.")
    with temporary_folder(folder) as temporary:
        yield temporary
        if folder.exists():
            raise taken
        try:
            temporary.rename(folder)
        except OSError as error:
            if folder.exists():  # since the look above: the same name was added at the same time
                raise taken from error
            raise


def _bounded(function: Callable[..., Tried], *arguments: object, file: Path, called: str) -> _Answer:
    unusable = f"{called} ends the program that runs it. {CURE}"
    try:
        found = in_own_process(function, *arguments, memory=memory_for(size_of(file)), seconds=SECONDS)
        answer = checked(_Answer(**found))
        usable = 1 <= answer.size <= LARGEST_VECTOR and all(isinstance(words, str) for words in answer.taken)
    except MemoryError as error:
        raise ReidError(f"{called} needs more than {error} of memory for a few pictures. {CURE}") from error
    except TimeoutError as error:
        raise ReidError(f"{called} needs longer than {SECONDS:,.0f} s for a few pictures. {CURE}") from error
    except (ChildProcessError, TypeError) as error:  # TypeError: of an answer that is not that of a trial
        raise ReidError(unusable) from error
    if not usable:
        raise ReidError(unusable)
    return answer
