#!/bin/sh
# The people of annotated frames come in, cut out of them: three of each sequence or video, once in each frame.
. "$(dirname "$0")/../said.sh"
said '12 boxes of people in 4 frames'
said '6 boxes of people in 2 frames'
said 'MOT17: .* crops, 6 identities, 2 cameras'
said 'COCO: .* crops, 3 identities, 1 camera'
said 'table of boxes: 6 gallery crops, 1 camera'
said 'CVAT: .* crops, 3 identities, 1 camera'
said 'Gallery mot: 12 crops added'
for n in coco csv cvat; do said "Gallery $n: 6 crops added"; done
unsaid 'whole frames'
unsaid 'Please check: 3 people'
for n in mot coco csv cvat; do
  (cd "$CASE" && "$PYTHON" -m zipfile -c "$OUT/$n.zip" $n)
  "$REID" import "$OUT/$n.zip" --gallery $n-of-zip --workspace "$OUT/ws" >"$OUT/$n.txt" 2>&1
  grep -Eq ': (6|12) crops added' "$OUT/$n.txt" || { cat "$OUT/$n.txt"; FAILED=1; }
done
find "$OUT/ws/originals" -type f -name 'track-3.jpg' | grep -q 'MOT17-04-FRCNN/img1/000002.jpg/' || FAILED=1
"$REID" import "$CASE/coco" --gallery whole --format flat --workspace "$OUT/ws" | grep -q '2 crops added' || FAILED=1
finish
