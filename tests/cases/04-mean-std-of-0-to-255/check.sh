# A mean of 0 to 255 is refused with the values to give, and what is right stays right; the card next to it is read.
. "$(dirname "$0")/../said.sh"
said 'Mean 123\.675,116\.28,103\.53 is on the scale of 0 to 255'
said '--mean 0\.485,0\.456,0\.406 --std 0\.229,0\.224,0\.225'
said 'rc=1'
unsaid 'Added wrong'
said 'Added right'
said ' 99\.0 %'
# The card that `model export` wrote next to the file: preprocessing from there, so the figure is that of the model.
WS=$OUT/ws
"$REID" model export synthetic "$OUT/net.onnx" --workspace "$WS" >/dev/null 2>&1
"$REID" model add "$OUT/net.onnx" --name beside --workspace "$WS" >"$OUT/beside.txt" 2>&1
grep -q 'From net.onnx.json, the card next to it: size 128x64; mean 0.5,0.5,0.5; std 0.5,0.5,0.5' "$OUT/beside.txt" \
    || { cat "$OUT/beside.txt"; echo 'the card next to it was not read'; FAILED=1; }
"$REID" model add "$OUT/net.onnx" --name given --mean 0.4,0.4,0.4 --json --workspace "$WS" >"$OUT/given.json" 2>/dev/null
"$PYTHON" - "$OUT/given.json" <<'CHECK' || FAILED=1
import json, sys
taken = json.load(open(sys.argv[1]))["preprocessing"]
assert taken["mean"] == [0.4, 0.4, 0.4] and taken["std"] == [0.5, 0.5, 0.5] and taken["height"] == 128, taken
CHECK
finish
