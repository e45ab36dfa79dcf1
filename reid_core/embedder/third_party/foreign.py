"""Files in which people hold models that are not run here: what each is, and how an ONNX file is made of it."""

from __future__ import annotations

from pathlib import Path

from reid_core.errors import NotThere, ReidError

PYTORCH = (
    "holds PyTorch weights, which are not run without the code of their network. Export to ONNX where that code is: "
    "torch.onnx.export(network.eval(), torch.zeros(2, 3, HEIGHT, WIDTH), 'NAME.onnx', input_names=['images'], "
    "dynamic_axes={'images': {0: 'batch'}}); then add NAME.onnx"
)
_TENSORRT = (
    "is a TensorRT engine, built for one kind of GPU and one version of TensorRT. Add the ONNX file that it was built "
    "from; weights alone are exported to ONNX where their network's code is"
)
_TENSORFLOW = (
    "is a TensorFlow model. Export it to ONNX with tf2onnx: python -m tf2onnx.convert {option} --output NAME.onnx; "
    "then add NAME.onnx"
)
_CORE_ML = (
    "is a Core ML model, which runs on Apple's systems only. Export the network that it was converted from to ONNX "
    "(from PyTorch: torch.onnx.export), and add that"
)
_NCNN = "is an ncnn model. Add the ONNX file that it was converted from, or export the network to ONNX again"
_PADDLE = "is a Paddle model. Export it to ONNX with paddle2onnx, and add that"
_CAFFE = "is a Caffe model. Export it to ONNX (caffe2onnx does), and add that"
_CHIP = "is compiled for one kind of chip. Add the ONNX file that it was compiled from"
_PICKLE = (
    "is a Python pickle, which can hold code and is not opened. Export the network to ONNX where its code is (from "
    "PyTorch: torch.onnx.export), and add that"
)
_TF_GRAPH = _TENSORFLOW.format(option="--graphdef FILE.pb --inputs NAME:0 --outputs NAME:0 (--saved-model FOLDER)")
_TFLITE = _TENSORFLOW.replace("TensorFlow", "TensorFlow Lite").format(option="--tflite FILE.tflite")
_KERAS = (
    "is a Keras model. Export it to ONNX: model.export('NAME.onnx', format='onnx') in Keras 3, or "
    "python -m tf2onnx.convert --saved-model FOLDER --output NAME.onnx; then add NAME.onnx"
)
_BY_ENDING = {
    **dict.fromkeys((".pth", ".pt", ".ckpt", ".safetensors", ".tar", ".torchscript", ".ptl", ".pt2", ".jit"), PYTORCH),
    **dict.fromkeys((".engine", ".trt", ".plan"), _TENSORRT),
    **dict.fromkeys((".tflite", ".lite"), _TFLITE),
    **dict.fromkeys((".pb", ".pbtxt", ".meta"), _TF_GRAPH),
    **dict.fromkeys((".h5", ".hdf5", ".keras"), _KERAS),
    **dict.fromkeys((".mlpackage", ".mlmodel", ".mlmodelc"), _CORE_ML),
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), _PICKLE),
    **dict.fromkeys((".param", ".mnn"), _NCNN),
    **dict.fromkeys((".pdmodel", ".pdiparams", ".pdparams"), _PADDLE),
    **dict.fromkeys((".caffemodel", ".prototxt"), _CAFFE),
    **dict.fromkeys((".rknn", ".hef", ".om", ".blob", ".dlc", ".kmodel"), _CHIP),
}
_LFS = "is no model but a pointer of Git LFS, three lines of text. Fetch the file itself: git lfs pull"
_PAGE = "is a web page, not a model: what was saved is the page with the link. Download the file itself"
_BY_CONTENT = (  # where in the file, what stands there, and what that makes it
    (0, b"version https://git-lfs", _LFS),
    (0, b"<!doctype html", _PAGE),
    (0, b"<html", _PAGE),
    (0, b"ftrt", _TENSORRT),
    (0, b"ptrt", _TENSORRT),
    (4, b"tfl3", _TFLITE),
    (0, b"\x89hdf", _KERAS),
    (0, b"\x80\x02", _PICKLE),
    (0, b"\x80\x04", _PICKLE),
    (0, b"pk\x03\x04", "is a zip. If it is one of `reid model export`, or of PyTorch (.pth), name it so"),
)


def refuse_foreign(file: Path) -> None:
    """Raises ReidError, with what to do, for a file or folder that is missing, or of a kind that is not run here."""
    advice = _BY_ENDING.get(file.suffix.lower())
    if not file.exists():
        raise NotThere(f"There is no file {file}.")
    if file.suffix.lower() == ".bin":
        advice = _advice_for_bin(file)
    if file.suffix.lower() in (".data", ".onnx_data"):
        network = file.with_name(file.name.removesuffix("_data")) if "_data" in file.suffix else file.with_suffix("")
        advice = f"holds weights of an ONNX model. Give {network.name}, and leave both next to each other"
    if advice is not None:
        raise ReidError(f"{file.name} {advice}.")
    if file.is_dir():
        if (file / "saved_model.pb").is_file():
            raise ReidError(f"{file.name} {_TF_GRAPH}.")
        raise ReidError(f"{file.name} is a folder. Give the model's file in it: .onnx, .xml or .zip.")
    if not file.is_file():
        raise ReidError(f"{file.name} is no file with content. Give an .onnx, .xml or .zip file.")
    if (found := what_it_is(file)) is not None and file.suffix.lower() != ".zip":
        raise ReidError(f"{file.name} {found}.")


def what_it_is(file: Path) -> str | None:
    """The advice for a file by its first bytes; None where they are not those of a kind that is known."""
    try:
        with file.open("rb") as opened:
            first = opened.read(64)
    except OSError as error:
        raise ReidError(f"{file} cannot be read ({error.strerror}).") from error
    start = first.lower()
    if not start.strip():
        return "is empty. Export or download it again" if not first else None
    if first[5:9] == b"\0\0\0{":
        return PYTORCH  # safetensors: eight bytes of a length, then JSON
    return next((advice for place, bytes_, advice in _BY_CONTENT if start[place:].startswith(bytes_)), None)


def _advice_for_bin(file: Path) -> str:
    described = file.with_suffix(".xml")
    if described.is_file():
        return f"holds the weights of an OpenVINO model. Give {described.name}, which lies next to it"
    start = b""
    if file.is_file():
        with file.open("rb") as opened:
            start = opened.read(4)
    if start[:2] in (b"PK", b"\x80\x02"):
        return PYTORCH
    if file.with_suffix(".param").is_file():
        return _NCNN
    return (
        f"may hold the weights of an OpenVINO model, but {described.name}, which describes it, is not next to it. Give "
        "the .xml file; PyTorch weights are exported to ONNX where their network's code is"
    )
