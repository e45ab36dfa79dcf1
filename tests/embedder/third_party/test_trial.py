"""A network that finds all pictures alike is refused, and what would mend it is said; an untrained one is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from reid_core.embedder.card import ModelCard
from reid_core.embedder.model import SHIPPED_MODELS
from reid_core.embedder.network import Architecture, EmbeddingNetwork
from reid_core.embedder.preprocessing import AS_BYTES, IMAGENET, Preprocessing
from reid_core.embedder.third_party.adding import refuse_other_scale
from reid_core.embedder.third_party.trial import SUSPECT, drawn_pictures, try_network
from reid_core.errors import ReidError

HEIGHT, WIDTH = 64, 32
OF_BYTES = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))  # ImageNet's mean and std, times 255


def _stripes(
    folder: Path, *, bias: float = 0.0, inside: bool = False, constant: bool = False, unit: bool = False
) -> Path:
    """Mean colours of eight stripes times a matrix; `inside` normalises bytes first, as FastReID's files do."""
    matrix = np.random.default_rng(7).normal(size=(24, 16)).astype(np.float32)
    weights = {"matrix": matrix * (0 if constant else 1), "bias": np.full(16, bias, np.float32)}
    nodes, first = [], "images"
    if inside:
        for operation, name, values in (("Sub", "mean", OF_BYTES[0]), ("Div", "std", OF_BYTES[1])):
            weights[name] = np.array(values, np.float32).reshape(1, 3, 1, 1)
            nodes.append(helper.make_node(operation, [first, name], [f"less_{name}"]))
            first = f"less_{name}"
    nodes += [
        helper.make_node("AveragePool", [first], ["means"], kernel_shape=[8, WIDTH], strides=[8, WIDTH]),
        helper.make_node("Flatten", ["means"], ["flat"]),
        helper.make_node("MatMul", ["flat", "matrix"], ["product"]),
        helper.make_node("LpNormalization", ["product"], ["unit"], axis=1, p=2),
        helper.make_node("Add", ["unit" if unit else "product", "bias"], ["vectors"]),
    ]
    graph = helper.make_graph(
        nodes,
        "stripes",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 3, HEIGHT, WIDTH])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", 16])],
        [numpy_helper.from_array(values, name) for name, values in weights.items()],
    )
    file = folder / "theirs.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), file)
    return file


def test_a_network_that_sees_is_taken_without_a_word(tmp_path: Path) -> None:
    assert try_network(_stripes(tmp_path), Preprocessing(HEIGHT, WIDTH)) == {"size": 16, "warning": ""}


def test_one_that_normalises_inside_is_refused_with_what_it_needs(tmp_path: Path) -> None:
    file = _stripes(tmp_path, inside=True)
    with pytest.raises(ReidError, match=r"similarities are 0\.99\d+ or more, with mean 0\.485.*--range 255"):
        try_network(file, Preprocessing(HEIGHT, WIDTH))
    assert try_network(file, Preprocessing(HEIGHT, WIDTH, *AS_BYTES))["warning"] == ""


def test_one_that_gets_pixels_on_the_scale_of_bytes_is_refused_with_the_scale_of_training(tmp_path: Path) -> None:
    with pytest.raises(ReidError, match=r"tells them apart with .*--mean 0\.485,0\.456,0\.406 --std 0\.229"):
        try_network(_stripes(tmp_path), Preprocessing(HEIGHT, WIDTH, *OF_BYTES))


def test_one_that_has_collapsed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReidError, match=r"0\.99999 or more.*Check --mean and --std.*collapsed"):
        try_network(_stripes(tmp_path, bias=1e4), Preprocessing(HEIGHT, WIDTH))
    with pytest.raises(ReidError, match="every picture the same vector"):
        try_network(_stripes(tmp_path, bias=1.0, constant=True), Preprocessing(HEIGHT, WIDTH))


def _with_head(folder: Path, size: int, *heads: str) -> Path:
    """The network of stripes with a layer of `size` classes, and other layers, after it."""
    model = onnx.load(_stripes(folder))
    head = np.random.default_rng(3).normal(size=(16, size)).astype(np.float32)
    model.graph.initializer.append(numpy_helper.from_array(head, "head"))
    model.graph.node.append(helper.make_node("MatMul", ["vectors", "head"], ["answer"]))
    last = "answer"
    for kind in heads:
        model.graph.node.append(helper.make_node(kind, [last], [kind]))
        last = kind
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info(last, TensorProto.FLOAT, ["batch", size]))
    onnx.save(model, folder / "head.onnx")
    return folder / "head.onnx"


def test_the_answers_of_a_classifier_are_no_embedding(tmp_path: Path) -> None:
    with pytest.raises(
        ReidError, match=r"head\.onnx gives probabilities, .* Export the network without its classifier"
    ):
        try_network(_with_head(tmp_path, 40, "Softmax"), Preprocessing(HEIGHT, WIDTH))
    with pytest.raises(ReidError, match=r"head\.onnx gives one number for each picture"):
        try_network(_with_head(tmp_path, 1), Preprocessing(HEIGHT, WIDTH))


def test_vectors_as_long_as_a_data_set_has_classes_are_warned_of(tmp_path: Path) -> None:
    warning = try_network(_with_head(tmp_path, 751), Preprocessing(HEIGHT, WIDTH))["warning"]
    assert "751 numbers, as many as Market-1501 has people to train on" in warning
    assert try_network(_with_head(tmp_path, 768), Preprocessing(HEIGHT, WIDTH))["warning"] == ""
    assert try_network(_with_head(tmp_path, 751), Preprocessing(HEIGHT, WIDTH), trained_so=True)["warning"] == ""


def test_one_that_is_nearly_so_on_every_scale_is_taken_with_a_warning(tmp_path: Path) -> None:
    """As untrained networks are: unit vectors to which a common one is added, 12 times as long."""
    found = try_network(_stripes(tmp_path, bias=3.0, unit=True), Preprocessing(HEIGHT, WIDTH))
    assert "as an untrained network does" in found["warning"]
    assert found["size"] == 16


@pytest.mark.parametrize("backbone", ["tf_efficientnet_lite0", "resnet18", "mobilenetv4_conv_small"])
def test_untrained_networks_are_taken(tmp_path: Path, backbone: str) -> None:
    torch.manual_seed(0)
    network = EmbeddingNetwork(Architecture(backbone), (HEIGHT, WIDTH)).eval()
    file = tmp_path / "untrained.onnx"
    shape = torch.zeros(2, 3, HEIGHT, WIDTH)
    axes = {"images": {0: "batch"}, "vectors": {0: "batch"}}
    torch.onnx.export(network, (shape,), str(file), input_names=["images"], output_names=["vectors"],
                      dynamic_axes=axes, dynamo=False)  # fmt: skip
    found = try_network(file, Preprocessing(HEIGHT, WIDTH), "untrained.onnx")
    assert found["warning"] == "" or "as an untrained network does" in found["warning"]


@pytest.mark.parametrize("name", ["market", "synthetic"])
def test_shipped_models_are_far_from_suspect(name: str) -> None:
    folder = SHIPPED_MODELS / name
    card = ModelCard.read(folder)
    assert try_network(folder / "model.onnx", card.preprocessing) == {"size": card.embedding_size, "warning": ""}
    from reid_core.embedder.inference import Embedder

    vectors = Embedder(folder, "cpu").embed_pixels(drawn_pictures(card.preprocessing))
    assert (vectors @ vectors.T).min() < SUSPECT / 2


def test_a_mean_of_bytes_is_refused_with_the_values_to_give() -> None:
    with pytest.raises(ReidError, match=r"Mean 123\.675,116\.28,103\.53 is on the scale of 0 to 255") as raised:
        refuse_other_scale(Preprocessing(mean=OF_BYTES[0], std=OF_BYTES[1]))
    assert "--mean 0.485,0.456,0.406 --std 0.229,0.224,0.225" in str(raised.value)


@pytest.mark.parametrize(
    ("mean", "std", "said"),
    [
        ((127.5,) * 3, (127.5,) * 3, "--mean 0.5,0.5,0.5 --std 0.5,0.5,0.5"),
        ((123.675, 116.28, 103.53), IMAGENET[1], "--std 0.229,0.224,0.225"),  # only the mean was given
        ((123.675, 116.28, 103.53), (1.0,) * 3, "--std 0.00392,0.00392,0.00392"),  # Caffe's way
        ((0.0,) * 3, (255.0,) * 3, "Std 255,255,255 is on the scale of 0 to 255.*--mean 0,0,0 --std 1,1,1"),
        ((-123.675, -116.28, -103.53), (1.0,) * 3, "above 0"),
        ((5e4,) * 3, (1.0,) * 3, "not those of pixels"),
    ],
)  # fmt: skip
def test_other_values_of_bytes(mean: tuple[float, float, float], std: tuple[float, float, float], said: str) -> None:
    with pytest.raises(ReidError, match=said):
        refuse_other_scale(Preprocessing(mean=mean, std=std))


@pytest.mark.parametrize("scale", [IMAGENET, AS_BYTES, ((0.5,) * 3, (0.5,) * 3), ((0.0,) * 3, (1.0,) * 3)])
def test_usual_values_are_taken(scale: tuple[tuple[float, float, float], tuple[float, float, float]]) -> None:
    refuse_other_scale(Preprocessing(256, 128, *scale))
