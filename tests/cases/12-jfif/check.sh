#!/bin/sh
# .jfif and .jpe are JPEG; what is left out is named; a recording is not called a broken archive.
. "$(dirname "$0")/../said.sh"
said 'Gallery g: 4 crops added'
said 'Gallery g2: 2 crops added'
unsaid 'holds no pictures'
mkdir -p "$OUT/mixed/anna" "$OUT/mixed/ben"
cp "$CASE/people/anna/12.jfif" "$OUT/mixed/anna/1.jpe"
cp "$CASE/people/anna/12.jfif" "$OUT/mixed/ben/1.JFIF"
cp "$CASE/people/ben/4.jpg" "$OUT/mixed/ben/2.jp2"
cp "$CASE/people/ben/4.jpg" "$OUT/mixed/ben/3.pgm"
mkfifo "$OUT/mixed/ben/pipe.jpg"
ln -s loop.jpg "$OUT/mixed/ben/loop.jpg"
"$PYTHON" -m zipfile -c "$OUT/mixed/in.zip" "$CASE/people/ben/4.jpg"
"$REID" import "$OUT/mixed" --gallery m --workspace "$OUT/ws" >"$OUT/mixed.txt" 2>&1
for words in 'Gallery m: 3 crops added' '4 files left out' 'ben/2.jp2: JP2' 'pipe.jpg: it is a named pipe' \
  'loop.jpg: it is a link that leads in a circle' 'in.zip: it is an archive'; do
  grep -q "$words" "$OUT/mixed.txt" || { echo "NOT SAID: $words"; cat "$OUT/mixed.txt"; FAILED=1; }
done
head -c 4000 /dev/zero >"$OUT/walk.mp4"
"$REID" import "$OUT/walk.mp4" --gallery v --workspace "$OUT/ws" >"$OUT/video.txt" 2>&1 && FAILED=1
grep -q 'Recordings come in with .reid video.' "$OUT/video.txt" || FAILED=1
grep -q zip "$OUT/video.txt" && FAILED=1
"$PYTHON" - <<'PYTHON' || FAILED=1
from pages.components.imports.source import KINDS
from pages.components.search.photo import PICTURES

assert {"jfif", "jpe"} <= set(KINDS) & set(PICTURES)
PYTHON
finish
