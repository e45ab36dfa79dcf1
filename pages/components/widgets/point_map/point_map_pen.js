// What is drawn with a pen over the points of point_map.js: rings, lines, names of groups, regions.

const WRONG = "#c0453a"; // lines to crops of other people
const NAMED = 60, SMALLEST = 400; // groups of which some are named: those of more than one crop in so many

function paintOver(view, width, height, ratio, size) {
  const pen = view.over.getContext("2d"), ink = view.dark ? "#e5eaeb" : "#14191c";
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const ring = ([x, y], radius, line) => {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.lineWidth = line;
    pen.strokeStyle = ink;
    pen.stroke();
  };
  const lines = (from, to) => {
    pen.globalAlpha = 0.75;
    for (const other of to) {
      if (other.row >= view.count) continue;
      pen.beginPath();
      pen.moveTo(...from);
      pen.lineTo(...view.toScreen(other.row));
      pen.lineWidth = 0.8 + 2.4 * Math.max(0, other.similarity) ** 3;
      pen.strokeStyle = other.same === false ? WRONG : ink;
      pen.stroke();
    }
    pen.globalAlpha = 1;
  };
  const shown = view.pinned !== null ? view.crops.get(view.pinned) : null;
  if (shown) lines(view.toScreen(view.pinned), shown.neighbours);
  if (view.lines) {
    const { row, place, to } = view.lines, [across, down] = view.axes();
    const from = row !== null ? view.toScreen(row) : view.dimensions === 3 ? view.onScreen(dot(across, place, 0), dot(down, place, 0)) : view.onScreen(...place);
    lines(from, to);
    for (const other of to) if (other.row < view.count) ring(view.toScreen(other.row), size / 2 + 2.5, 1.2);
    ring(from, 9, 2.2);
    ring(from, 4, 2.2);
  }
  const many = view.marks.length > 40;
  pen.globalAlpha = many ? 0.4 : 1;
  for (const row of view.marks) if (row < view.count) ring(view.toScreen(row), size / 2 + 3, many ? 1 : 1.5);
  pen.globalAlpha = 1;
  nameGroups(view, pen, ink, width, height);
  if (view.pinned !== null) ring(view.toScreen(view.pinned), size / 2 + 5, 2.4);
  if (view.hover !== null) ring(view.toScreen(view.hover), size / 2 + 3, 1.6);
  const fromHere = view.region && (view.dimensions === 2 || `${view.turn}` === view.region.turn); // not once it is turned
  const corners = view.drawing ?? (fromHere ? view.region.corners.map((corner) => view.onScreen(...corner)) : null);
  if (!corners || corners.length < 2) return;
  pen.beginPath();
  corners.forEach((corner, place) => (place ? pen.lineTo(...corner) : pen.moveTo(...corner)));
  pen.closePath();
  pen.setLineDash([5, 4]);
  pen.lineWidth = 1.4;
  pen.strokeStyle = ink;
  pen.stroke();
  pen.setLineDash([]);
  pen.globalAlpha = 0.06;
  pen.fillStyle = ink;
  pen.fill();
  pen.globalAlpha = 1;
}

// The names of the largest groups at their middles, where there is room for them.
function nameGroups(view, pen, ink, width, height) {
  const { names, counts, ends, greys } = view.data.colour, ground = view.dark ? "#0f1315" : "#f6f7f7", taken = [];
  if (ends) return;
  view.middles ??= middlesOf(view.places, view.codes, view.dimensions, Math.min(names.length, NAMED));
  pen.font = "600 11px 'IBM Plex Sans', sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  view.middles.forEach((row, code) => {
    if (row === null || greys.includes(code) || view.dimmed[row] || counts[code] * SMALLEST < view.count) return;
    const [x, y] = view.toScreen(row);
    const name = names[code].length > 18 ? `${names[code].slice(0, 17)}…` : names[code], half = pen.measureText(name).width / 2 + 3, line = y - 15;
    const box = [x - half, line - 8, x + half, line + 8];
    if (box[0] < 0 || box[1] < 44 || box[2] > width || box[3] > height) return;
    if (taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) return;
    taken.push(box);
    pen.lineWidth = 4;
    pen.strokeStyle = ground;
    pen.strokeText(name, x, line);
    pen.fillStyle = ink;
    pen.fillText(name, x, line);
  });
}
