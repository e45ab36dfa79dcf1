#!/bin/sh
# Each of the 48 query pictures lies in the gallery under another name, and the report names all of them.
. "$(dirname "$0")/../said.sh"
said 'rc=0 '
said 'likeliest reason: 48 label suspicious\.'
said '48 pictures are in this gallery under more than one label'
WS=$(ls -d "$TMPDIR"/tmp.*)
"$REID" evaluate g --model market --report "$OUT/r.json" --workspace "$WS" >/dev/null || FAILED=1
"$PYTHON" - "$OUT/r.json" <<'PYTHON' || FAILED=1
import json, sys
report = json.load(open(sys.argv[1]))["reports"][0]
failures = report["failures"]
assert len(failures) == 48, len(failures)
for one in failures:
    assert one["reasons"][0] == "label suspicious", one
    assert int(one["other_identity"]) == int(one["identity"]) % 12 + 1, one  # the copy's name, as make_table.py gives it
    assert one["other_similarity"] > 0.999, one
PYTHON
finish
