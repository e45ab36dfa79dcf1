#!/bin/sh
# The figures stand, and the line right under them says what they are not.
. "$(dirname "$0")/../said.sh"
LINE='No crop says its camera: matches of the same moment count, so these figures are higher than those across cameras\.'
said "100\.0 % .* 1 +3 $LINE"
WS=$(ls -d "$TMPDIR"/tmp.*)
"$REID" evaluate g --model synthetic --report "$OUT/r.html" --report "$OUT/r.csv" --workspace "$WS" >/dev/null || FAILED=1
for file in "$OUT/r.html" "$OUT/r.csv"; do
    grep -q "$LINE" "$file" || { echo "NOT IN $file"; FAILED=1; }
done
finish
