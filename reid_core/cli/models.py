"""Commands that take models in and out: model add, model export."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reid_core.cli.shared.console import print_json, say, warn
from reid_core.cli.shared.options import JsonOption, WorkspaceOption, app, open_workspace, three_numbers, whole_numbers
from reid_core.errors import ReidError

if TYPE_CHECKING:
    from reid_core.embedder.card import ModelCard, Preprocessing
    from reid_core.embedder.third_party.adding import Added
    from reid_core.embedder.third_party.copying import Stated

model_app = typer.Typer(no_args_is_help=True, help="Embedders that were made elsewhere.")
app.add_typer(model_app, name="model", rich_help_panel="Models")


@model_app.command("add")
def model_add(
    file: Annotated[
        Path,
        typer.Argument(help="ONNX file or OpenVINO IR (.xml) that takes pictures and gives vectors (B, D); or a zip."),
    ],
    name: Annotated[str | None, typer.Option(help="Name of the model; default: the file's.")] = None,
    size: Annotated[
        str | None, typer.Option(help="Height x width of its input; default: the file's, or 256x128.")
    ] = None,
    mean: Annotated[str | None, typer.Option(help="Mean of red, green, blue (of 0 to 1); default: ImageNet's.")] = None,
    std: Annotated[str | None, typer.Option(help="Standard deviation of each; default: ImageNet's.")] = None,
    range_: Annotated[
        int | None,
        typer.Option(
            "--range",
            help="1 or 255: what white is, where mean and std are said of 0 to 255. Without them pixels of "
            "0 to 255 go in as they are, for a network that normalises inside.",
        ),
    ] = None,
    bgr: Annotated[
        bool | None, typer.Option("--bgr/--rgb", help="It takes blue first, as OpenCV does; mean and std stay R, G, B.")
    ] = None,
    interpolation: Annotated[str | None, typer.Option(help="bilinear (default) or bicubic.")] = None,
    output: Annotated[str, typer.Option(help="Which of several outputs is the embedding.")] = "",
    trained_on: Annotated[str | None, typer.Option(help="What it was trained on, for its card.")] = None,
    terms: Annotated[str | None, typer.Option(help="What it may be used for, for its card.")] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Add a third-party embedder, or a model that was exported as a zip, whose card says the rest.

    What is not said is read from the card that `reid model export` writes next to an ONNX file, if that is there. The
    model is tried on drawn pictures first.
    """
    from reid_core.embedder.exchange import add_zip
    from reid_core.embedder.model import model_id
    from reid_core.embedder.third_party.adding import add_network
    from reid_core.embedder.third_party.foreign import refuse_foreign
    from reid_core.workspace.catalogue.rows import check_name

    given = {
        "size": size, "mean": mean, "std": std, "range": range_, "bgr": bgr, "interpolation": interpolation,
        "output": output or None, "trained_on": trained_on, "terms": terms,
    }  # fmt: skip
    given = {option: value for option, value in given.items() if value is not None}
    refuse_foreign(file)
    name = name or file.stem
    check_name(name, "model")
    notes: list[str] = []
    if file.suffix.lower() == ".zip":
        if given:
            unused = ", ".join(f"--{option.replace('_', '-')}" for option in given)
            raise ReidError(f"The card in {file.name} says how its pictures are prepared. Leave out {unused}.")
        folder = open_workspace(workspace).models_folder / name
        added = add_zip(file, folder)
    else:
        card, stated = _described(file, name, given, notes)
        folder = open_workspace(workspace).models_folder / name
        added = add_network(file, folder, card, stated=stated, output=output)
    _say_added(name, model_id(folder), added, notes, json)


def _say_added(name: str, id: str, added: Added, notes: list[str], json: bool) -> None:
    if added.taken:
        notes.append(f"From the file itself: {'; '.join(added.taken)}.")
    card = added.card
    if json:
        values: dict[str, Any] = {"name": name, "id": id, "embedding_size": card.embedding_size}
        values |= {"preprocessing": card.preprocessing.to_dict(), "notes": notes, "warning": added.warning or None}
        print_json(values)
        return
    for note in notes:
        say(note)
    say(f"Added {name} ({id}): vectors of {card.embedding_size} numbers. Pictures: {card.preprocessing.describe()}.")
    if added.warning:
        warn(f"Warning: {added.warning}")


def _described(file: Path, name: str, given: dict[str, Any], notes: list[str]) -> tuple[ModelCard, Stated]:
    """The card of a network's file by what was given, and what the card next to it says; adds to `notes` what was
    taken from that. And which parts of the preprocessing were stated by either."""
    from reid_core.embedder.card import ModelCard, Preprocessing
    from reid_core.embedder.third_party.card_beside import card_beside
    from reid_core.embedder.third_party.copying import Stated

    try:
        beside, note = card_beside(file)
    except ReidError as error:
        if not {"size", "mean", "std"} <= given.keys():
            raise
        beside, note = None, f"Not read: {error}"
    if note:
        notes.append(note)
    preprocessing = _preprocessing(Preprocessing() if beside is None else beside.preprocessing, given)
    stated = Stated(
        size=beside is not None or "size" in given,
        normalisation=beside is not None or bool({"mean", "std", "range"} & given.keys()),
        colours=beside is not None or "bgr" in given,
    )
    words = {key: given[key] for key in ("trained_on", "terms") if key in given}
    if beside is None:
        return ModelCard(name, 0, preprocessing, **words), stated
    taken = [f"{part} {value}" for part, value in _parts(beside.preprocessing).items() if part not in _given(given)]
    taken += [key.replace("_", " ") for key in ("trained_on", "terms") if key not in given]
    if taken:
        notes.append(f"From {file.name}.json, the card next to it: {'; '.join(taken)}.")
    return dataclasses.replace(beside, name=name, preprocessing=preprocessing, **words), stated


def _preprocessing(base: Preprocessing, given: dict[str, Any]) -> Preprocessing:
    """`base` with what was given in place of its own."""
    from reid_core.embedder.preprocessing import AS_BYTES

    white = given.get("range", 1)
    if white not in (1, 255):
        raise ReidError(f"--range {white} is not known; pixels go in as 0 to 1, or as 0 to 255.")
    if white == 255 and "mean" in given and 0 < max(three_numbers(given["mean"], "--mean")) <= 1:
        raise ReidError(
            f"--mean {given['mean']} is said of pixels of 0 to 1. Leave --range 255 out, or give that of 255."
        )
    changes: dict[str, Any] = {}
    for number, (option, fallback) in enumerate((("mean", base.mean), ("std", base.std))):
        stated = three_numbers(given[option], f"--{option}") if option in given else None
        if white == 255:
            changes[option] = AS_BYTES[number] if stated is None else tuple(value / 255 for value in stated)
        else:
            changes[option] = fallback if stated is None else stated
    if "size" in given:
        changes["height"], changes["width"] = whole_numbers(given["size"], "--size", "x", 2)
    if "bgr" in given:
        changes["colours"] = "bgr" if given["bgr"] else "rgb"
    if "interpolation" in given:
        changes["interpolation"] = given["interpolation"]
    if base.input_type == "uint8" and {"mean", "std"} & given.keys():
        changes["input_type"] = "float"  # as the file has it is settled there
    return dataclasses.replace(base, **changes)


def _parts(preprocessing: Preprocessing) -> dict[str, str]:
    from reid_core.embedder.preprocessing import as_option

    parts = {
        "size": f"{preprocessing.height}x{preprocessing.width}",
        "mean": as_option(preprocessing.mean),
        "std": as_option(preprocessing.std),
    }
    if preprocessing.interpolation != "bilinear":
        parts["interpolation"] = preprocessing.interpolation
    if preprocessing.colours != "rgb":
        parts["colours"] = preprocessing.colours
    return parts


def _given(given: dict[str, Any]) -> set[str]:
    """The parts of a preprocessing that were given as options."""
    parts = set(given)
    return parts | ({"mean", "std"} if "range" in parts else set()) | ({"colours"} if "bgr" in parts else set())


@model_app.command("export")
def model_export(
    name: Annotated[str, typer.Argument(help="Name of a model or run, or a model's id or folder.")],
    file: Annotated[
        Path, typer.Argument(help="FILE.zip: the whole model. FILE.onnx: the network, its card beside it.")
    ],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write a model as one zip, or as ONNX with its card; that ONNX and PyTorch agree is checked and said."""
    from reid_core.embedder.exchange import parity, write_onnx, zip_model
    from reid_core.embedder.model import model_id
    from reid_core.files import by_umask_of_user, write_atomically

    folder = open_workspace(workspace).find_model(name)
    kind = file.suffix.lower()
    if kind not in (".zip", ".onnx"):
        raise ReidError(f"{file} must end with .zip (the whole model) or .onnx (the network alone).")
    checked = parity(folder)
    if kind == ".onnx":
        with by_umask_of_user():
            beside = write_onnx(folder, file)
    else:
        content = zip_model(folder)
        try:
            with by_umask_of_user():
                write_atomically(file, lambda opened: opened.write(content))
        except OSError as error:
            raise ReidError(f"{file} cannot be written ({error.strerror}). Choose another place.") from error
    if json:
        agreed = None if checked is None else {"difference": checked.difference, "cosine": checked.cosine}
        print_json({"file": str(file), "id": model_id(folder), "parity": agreed})
        return
    if checked is None:
        say("It has no PyTorch weights to compare the ONNX file with.")
    else:
        batches = ", ".join(map(str, checked.batches))
        say(
            f"ONNX and PyTorch agree on batches of {batches} random pictures: largest difference "
            f"{checked.difference:.1e}, smallest cosine {checked.cosine:.7f}."
        )
    say(f"Wrote {file}" + (f" and {beside}." if kind == ".onnx" else "."))
