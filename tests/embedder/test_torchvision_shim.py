from __future__ import annotations

import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)


def test_timm_imports_after_the_shim_whatever_torchvision_was_built_for() -> None:
    ended = _run("import reid_core.embedder.torchvision_shim, timm, torchvision.transforms.v2; print(timm.__version__)")
    assert ended.returncode == 0, ended.stderr


def test_operators_are_declared_only_where_torchvisions_own_do_not_load() -> None:
    ended = _run(
        "import reid_core.embedder.torchvision_shim as shim\n"
        "import torch\n"
        "assert hasattr(torch.ops.torchvision, 'nms')\n"
        "print(shim.DECLARED is None, shim._operators_load())"
    )
    assert ended.returncode == 0, ended.stderr
    own_operators, load = ended.stdout.split()
    assert own_operators == load


def test_a_torchvision_whose_library_cannot_load_is_cured_and_keeps_the_declaration() -> None:
    ended = _run(
        "import torch\n"
        "def refuse(path): raise OSError('undefined symbol')\n"
        "torch.ops.load_library = refuse\n"
        "import reid_core.embedder.torchvision_shim as shim\n"
        "assert shim.DECLARED is not None\n"
        "schema = torch.ops.torchvision.nms.default._schema\n"
        "assert [a.name for a in schema.arguments] == ['dets', 'scores', 'iou_threshold'], schema\n"
        "import timm"
    )
    assert ended.returncode == 0, ended.stderr
