# For check.sh: run the case once, and look up what it printed. Lines are joined, since a terminal folds them.
# Usage: . "$(dirname "$0")/../said.sh"; said 'regular expression'; unsaid 'regular expression'; end with `finish`.
sh "$CASE/run.sh" >"$OUT/said.txt" 2>&1 </dev/null || true
cat "$OUT/said.txt"
SAID=$(tr -s '\n ' '  ' <"$OUT/said.txt")
FAILED=0
said() { printf '%s' "$SAID" | grep -Eq -- "$1" || { echo "NOT SAID: $1"; FAILED=1; }; }
unsaid() { ! printf '%s' "$SAID" | grep -Eq -- "$1" || { echo "SAID, AND SHOULD NOT BE: $1"; FAILED=1; }; }
finish() { unsaid 'Traceback'; exit $FAILED; }
