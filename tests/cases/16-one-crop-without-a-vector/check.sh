#!/bin/sh
# Six of seven crops are embedded; the seventh is named with its reason, once and whenever it is asked for again.
. "$(dirname "$0")/../said.sh"
LEFT='black\.png: the model gives it no direction; left out'
said "1 file left out: +$LEFT"
said '6 crops embedded by unit .*0 before, 1 left out\. rc=0'
said 'unit \(1 without a usable vector\)'
unsaid 'damaged'
WS=$(ls -d "$TMPDIR"/tmp.*)
again=$("$REID" index g --model unit --json --workspace "$WS") || FAILED=1
echo "$again" | "$PYTHON" -c '
import json, sys
report = json.load(sys.stdin)
assert (report["added"], report["already"]) == (0, 6), report
(item,) = report["skipped"]
assert item == {"path": "black.png", "reason": "the model gives it no direction; left out"}, item
' || FAILED=1
found=$("$REID" search "$CASE/crops/111.jpg" --gallery g --model unit --top 10 --json --workspace "$WS") || FAILED=1
echo "$found" | "$PYTHON" -c '
import json, sys
answer = json.load(sys.stdin)
assert (answer["searched"], answer["not_indexed"]) == (6, 0), answer
assert {hit["path"] for hit in answer["hits"]} <= {f"{n}.jpg" for n in (111, 112, 211, 212, 311, 312)}, answer
' || FAILED=1
! "$REID" search "$CASE/crops/black.png" --gallery g --model unit --workspace "$WS" >"$OUT/black.txt" 2>&1 || FAILED=1
grep -q 'gives .*black.png no usable vector' "$OUT/black.txt" || { cat "$OUT/black.txt"; FAILED=1; }
finish
