# Each form is taken and gives the right vectors, or the way is named.
"$PYTHON" "$CASE/make_models.py" "$OUT"
. "$(dirname "$0")/../said.sh"
for name in plain-onnx nhwc-onnx b-d-1-1-onnx uint8-onnx ir-xml; do said "Added $name "; done
said "two-outputs.onnx has 2 outputs \('logits', 'y'\).*--output y"
said 'ir.bin holds the weights of an OpenVINO model. Give ir.xml'
said 'osnet.pth holds PyTorch weights.*Export to ONNX'
unsaid 'not an ONNX model that can be read'
WS=$(ls -d "$TMPDIR"/tmp.* | head -n 1) # that of run.sh
"$REID" model add "$OUT/two-outputs.onnx" --output y --workspace "$WS" >/dev/null 2>&1
"$REID" model add "$OUT/plain.onnx" --name bgr --bgr --range 255 --workspace "$WS" >/dev/null 2>&1
printf 'ftrt' >"$OUT/osnet.engine"
"$REID" model add "$OUT/osnet.engine" --name plain-onnx --workspace "$WS" 2>&1 | grep -q 'TensorRT engine.*ONNX' \
    || { echo 'an engine is not told what to give'; FAILED=1; }
"$PYTHON" - "$WS" <<'CHECK' || FAILED=1
import sys
from pathlib import Path
import numpy as np
from reid_core.embedder.inference import Embedder

random = np.random.default_rng(0)
matrix = random.normal(size=(96, 16)).astype(np.float32)  # as make_models.py draws it
pictures = np.random.default_rng(1).integers(0, 256, (3, 256, 128, 3), dtype=np.uint8)

def expected(pixels):
    means = pixels.reshape(3, 8, 32, 4, 32, 3).mean(axis=(2, 4)).transpose(0, 3, 1, 2).reshape(3, 96)
    vectors = means @ matrix
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

normalised = (pictures / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
wanted = {name: normalised for name in ("plain-onnx", "nhwc-onnx", "b-d-1-1-onnx", "ir-xml", "two-outputs")}
wanted |= {"uint8-onnx": pictures.astype(float), "bgr": pictures[..., ::-1].astype(float)}
for name, pixels in wanted.items():
    found = Embedder(Path(sys.argv[1]) / "models" / name, "cpu").embed_pixels(pictures)
    assert np.abs(found - expected(pixels)).max() < 2e-3, (name, np.abs(found - expected(pixels)).max())
CHECK
finish
