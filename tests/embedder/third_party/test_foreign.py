"""Files that are no network that runs here: each is named for what it is, with the way to one that does."""

from __future__ import annotations

from pathlib import Path

import pytest

from reid_core.embedder.third_party.foreign import refuse_foreign
from reid_core.errors import ReidError


def _advice(file: Path, content: bytes = b"\x00\x01\x02") -> str:
    file.write_bytes(content)
    with pytest.raises(ReidError, match=rf"^{file.name} ") as raised:
        refuse_foreign(file)
    return str(raised.value)


@pytest.mark.parametrize("name", ["a.pth", "a.pt", "a.ckpt", "a.safetensors", "a.pth.tar", "A.PTH"])
def test_pytorch_weights_are_exported_to_onnx(tmp_path: Path, name: str) -> None:
    said = _advice(tmp_path / name)
    assert "PyTorch weights" in said
    assert "Export to ONNX" in said
    assert "torch.onnx.export" in said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.engine", "TensorRT"), ("a.trt", "TensorRT"), ("a.plan", "TensorRT"), ("a.tflite", "tf2onnx"),
        ("a.pb", "tf2onnx"), ("a.h5", "Keras"), ("a.keras", "Keras"), ("a.mlmodel", "Core ML"), ("a.pkl", "pickle"),
        ("a.caffemodel", "Caffe"), ("a.pdmodel", "paddle2onnx"), ("a.rknn", "chip"), ("a.bin", "a.xml"),
    ],
)  # fmt: skip
def test_each_kind_has_its_way(tmp_path: Path, name: str, said: str) -> None:
    advice = _advice(tmp_path / name)
    assert said in advice
    assert "ONNX" in advice


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"PK\x03\x04archive/data.pkl", "zip"),
        (b"\x89HDF\r\n\x1a\n", "Keras"),
        (b"\x1c\x00\x00\x00TFL3", "TensorFlow Lite"),
        (b"\x40\x00\x00\x00\x00\x00\x00\x00{\"a\":", "PyTorch"),
        (b"\x80\x02}q\x00", "pickle"),
        (b"", "empty"),
    ],
)  # fmt: skip
def test_what_is_named_onnx_and_is_not_is_known_by_its_bytes(tmp_path: Path, content: bytes, said: str) -> None:
    assert said in _advice(tmp_path / "theirs.onnx", content)


def test_weights_of_an_ir_name_the_file_to_give(tmp_path: Path) -> None:
    (tmp_path / "net.xml").write_text("<net/>")
    assert "Give net.xml, which lies next to it" in _advice(tmp_path / "net.bin")


def test_folders_and_missing_files_are_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "net.mlpackage").mkdir()
    (tmp_path / "plain").mkdir()
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").touch()
    for name, said in (
        ("net.mlpackage", "Core ML"), ("plain", "is a folder"), ("saved", "tf2onnx"), ("none.onnx", "There is no file"),
        ("none.pth", "There is no file"),
    ):  # fmt: skip
        with pytest.raises(ReidError, match=said):
            refuse_foreign(tmp_path / name)


def test_networks_and_zips_are_let_through(tmp_path: Path) -> None:
    for name, content in (
        ("a.onnx", b"\x08\x09\x12"),
        ("a.xml", b'<?xml version="1.0"?>\n<net'),
        ("a.zip", b"PK\x03\x04"),
    ):
        (tmp_path / name).write_bytes(content)
        refuse_foreign(tmp_path / name)


@pytest.mark.parametrize("name", ["net.onnx.data", "net.onnx_data"])
def test_weights_beside_an_onnx_file_name_that_file(tmp_path: Path, name: str) -> None:
    assert "Give net.onnx," in _advice(tmp_path / name)
