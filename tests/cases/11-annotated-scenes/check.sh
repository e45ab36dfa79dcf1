#!/bin/sh
# Frames are refused by the file that holds their boxes, and nothing comes in; also out of a zip.
. "$(dirname "$0")/../said.sh"
said '== mot Error: .*whole frames, not crops of one person: MOT17/train/MOT17-02-FRCNN/gt/gt.txt .*cut the people out first'
said '== coco Error: .*whole frames.*_annotations.coco.json'
said '== csv Error: .*whole frames.*_annotations.csv \(columns xmin, ymin, xmax, ymax\)'
said '== cvat Error: .*whole frames.*annotations.xml'
said 'Boxes are not read yet'
unsaid 'crops added'
for n in mot coco csv cvat; do
  (cd "$CASE" && "$PYTHON" -m zipfile -c "$OUT/$n.zip" $n)
  "$REID" import "$OUT/$n.zip" --gallery $n --workspace "$OUT/ws" >"$OUT/$n.txt" 2>&1
  ended=$?
  [ $ended -eq 1 ] || { echo "$n.zip ended with $ended"; FAILED=1; }
  grep -q 'whole frames, not crops' "$OUT/$n.txt" || { cat "$OUT/$n.txt"; FAILED=1; }
done
"$REID" import "$CASE/coco" --gallery whole --format flat --workspace "$OUT/ws" | grep -q '2 crops added' || FAILED=1
finish
