// What point_map.js fetches, and shows around its points: the tools, the legend, what is known of a crop; its geometry.

const TOOLS = [["move", "Move", "Drag to move (M)"], ["lasso", "Lasso", "Draw around crops (L)"], ["box", "Box", "Draw a box (B)"]];
const LISTED = 60; // groups in the legend
const KEPT_BUFFERS = 8;
const buffers = new Map(); // address -> promise of its bytes

function load(address) {
  if (!buffers.has(address)) {
    const promise = fetch(address).then((answer) => {
      if (!answer.ok) throw new Error(`${answer.status}`);
      return answer.arrayBuffer();
    });
    promise.catch(() => buffers.delete(address));
    buffers.set(address, promise);
    if (buffers.size > KEPT_BUFFERS) buffers.delete(buffers.keys().next().value);
  }
  return buffers.get(address);
}

function append(parent, tag, name = "", words) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (words !== undefined) made.textContent = words;
  parent.append(made);
  return made;
}

function appendButton(parent, words, act, name = "") {
  const made = append(parent, "button", name, words);
  made.type = "button";
  made.onclick = act;
  return made;
}

// `acts` are [words, title, what to do]; returns the buttons of the tools by name.
function drawTools(stage, take, acts) {
  const bar = append(stage, "div", "tools"), tools = {};
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", "Tools of the map");
  for (const [name, words, title] of TOOLS) {
    tools[name] = appendButton(bar, words, () => take(name));
    tools[name].title = title;
  }
  for (const [words, title, act] of acts) {
    const button = appendButton(bar, words, act);
    button.title = title;
    button.setAttribute("aria-label", title);
  }
  return tools;
}

// `turn(code)` isolates a group or lets it go again, `all()` lets all go.
function drawLegend(legend, colour, palette, isolated, turn, all) {
  const { names, counts, ends, title, total } = colour;
  const buttons = [...legend.querySelectorAll("button")];
  const focused = buttons.indexOf(legend.getRootNode().activeElement), scrolled = legend.scrollTop;
  legend.replaceChildren();
  append(legend, "b", "", title);
  if (ends) {
    append(legend, "i", "scale").style.background = `linear-gradient(90deg, ${SCALE.map((value) => `rgb(${value})`).join(", ")})`;
    const words = append(legend, "div", "ends");
    ends.forEach((end) => append(words, "span", "", end));
    return;
  }
  if (isolated.size) appendButton(legend, "Show all", all, "all");
  const list = append(legend, "ul");
  names.slice(0, LISTED).forEach((name, code) => {
    const button = appendButton(append(list, "li"), undefined, () => turn(code));
    button.setAttribute("aria-pressed", String(isolated.has(code)));
    button.classList.toggle("off", isolated.size > 0 && !isolated.has(code));
    append(button, "i").style.background = `rgb(${palette.slice(4 * code, 4 * code + 3)})`;
    append(button, "span", "", name);
    append(button, "em", "", counts[code].toLocaleString("en"));
  });
  if (total > LISTED) append(legend, "p", "", `and ${(total - LISTED).toLocaleString("en")} more`);
  legend.scrollTop = scrolled;
  if (focused >= 0) [...legend.querySelectorAll("button")][focused]?.focus({ preventScroll: true });
}

// `pin(row)` goes to a neighbour, `acts` are [words, what to do]; without acts it is only pointed at.
function drawTip(tip, crop, pin, acts) {
  tip.replaceChildren();
  tip.classList.toggle("pinned", acts.length > 0);
  const head = append(tip, "div", "crop"), picture = append(head, "img");
  picture.src = crop.picture;
  picture.alt = crop.title;
  const facts = append(head, "dl");
  for (const [name, value] of crop.facts) { append(facts, "dt", "", name); append(facts, "dd", "", value); }
  if (crop.neighbours.length) append(tip, "p", "", "Most alike to the model");
  const strip = append(tip, "ul");
  for (const other of crop.neighbours) {
    const item = appendButton(append(strip, "li"), undefined, () => pin(other.row));
    item.title = `${other.title}, similarity ${other.similarity.toFixed(3)}`;
    item.classList.toggle("other", other.same === false);
    if (!acts.length) item.tabIndex = -1;
    const small = append(item, "img");
    small.src = other.picture;
    small.alt = other.title;
    append(item, "span", "", other.similarity.toFixed(2));
  }
  if (!acts.length) return;
  const row = append(tip, "div", "acts");
  for (const [words, act] of acts) appendButton(row, words, act);
}

function savePicture(canvases, ground, name) {
  const picture = document.createElement("canvas"), first = canvases[0];
  picture.width = first.width;
  picture.height = first.height;
  const context = picture.getContext("2d"), ratio = first.width / first.clientWidth;
  context.fillStyle = ground;
  context.fillRect(0, 0, picture.width, picture.height);
  for (const canvas of canvases) {
    if (!canvas.hidden) context.drawImage(canvas, 0, 0, canvas.clientWidth * ratio, canvas.clientHeight * ratio);
  }
  picture.toBlob((blob) => {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
}

// --- geometry ---

function dot(axis, places, row) {
  return axis[0] * places[3 * row] + axis[1] * places[3 * row + 1] + axis[2] * places[3 * row + 2];
}

// Right, up and towards the eye, as somebody sees a map of three dimensions who has turned it by two angles, in radians.
function axesOf([a, b]) {
  return [
    [Math.cos(a), 0, Math.sin(a)],
    [Math.sin(a) * Math.sin(b), Math.cos(b), -Math.cos(a) * Math.sin(b)],
    [-Math.sin(a) * Math.cos(b), Math.sin(b), Math.cos(a) * Math.cos(b)],
  ];
}

// The row of each of the first groups that is nearest to the group's mean: one in two parts is named in one of them.
function middlesOf(places, codes, dimensions, groups) {
  const sums = Array.from({ length: groups }, () => Array(dimensions + 1).fill(0)), found = Array(groups).fill(null);
  for (let row = 0; row < codes.length; row++) {
    const sum = sums[codes[row]];
    if (!sum) continue;
    for (let axis = 0; axis < dimensions; axis++) sum[axis] += places[row * dimensions + axis];
    sum[dimensions] += 1;
  }
  const best = Array(groups).fill(Infinity);
  for (let row = 0; row < codes.length; row++) {
    const sum = sums[codes[row]];
    if (!sum) continue;
    let away = 0;
    for (let axis = 0; axis < dimensions; axis++) away += (places[row * dimensions + axis] - sum[axis] / sum[dimensions]) ** 2;
    if (away < best[codes[row]]) { best[codes[row]] = away; found[codes[row]] = row; }
  }
  return found;
}

function spread(pointers) {
  const [[x1, y1], [x2, y2]] = [...pointers.values()];
  return { x: (x1 + x2) / 2, y: (y1 + y2) / 2, apart: Math.max(1, Math.hypot(x1 - x2, y1 - y2)) };
}

function bounded(region) {
  const xs = region.corners.map((corner) => corner[0]), ys = region.corners.map((corner) => corner[1]);
  return { ...region, left: Math.min(...xs), right: Math.max(...xs), low: Math.min(...ys), high: Math.max(...ys) };
}

// By the even-odd rule, as the server has it.
function within(x, y, region) {
  if (x < region.left || x > region.right || y < region.low || y > region.high) return false;
  const corners = region.corners;
  let odd = false;
  for (let here = 0, last = corners.length - 1; here < corners.length; last = here++) {
    const [x1, y1] = corners[here], [x2, y2] = corners[last];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) odd = !odd;
  }
  return odd;
}
