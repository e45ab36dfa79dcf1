// What stages share on which somebody draws by mouse or by key: places are shares of a picture's sides, arrow keys move
// what is drawn, with Shift they change its size. Put before a component's own script.

/** @typedef {[left: number, top: number, width: number, height: number]} Box  each of 0 to 1 */

const STEP = 0.01; // share of a side that an arrow key moves by
/** @type {Record<string, Point>} */
const ARROWS = { arrowleft: [-1, 0], arrowright: [1, 0], arrowup: [0, -1], arrowdown: [0, 1] };

/** @type {(point: Point) => Point} */
const bounded = ([x, y]) => [Math.max(0, Math.min(1, x)), Math.max(0, Math.min(1, y))];

// Where the pointer is on that element, or at its nearest edge.
/** @param {Element} element @param {PointerEvent} event */
function shareOf(element, event) {
  const area = element.getBoundingClientRect();
  return bounded([(event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height]);
}

// The box moved into the picture.
/** @type {(box: Box) => Box} */
function inside([left, top, width, height]) {
  const [w, h] = [Math.min(1, width), Math.min(1, height)];
  return [Math.max(0, Math.min(1 - w, left)), Math.max(0, Math.min(1 - h, top)), w, h];
}

// The box after an arrow key: moved, or with `size` wider or higher at its right and lower side, and never out of the
// picture.
/** @param {Box} box @param {Point} step @param {boolean} size @param {number} least  share of a side @returns {Box} */
function nudged([left, top, width, height], [x, y], size, least) {
  if (!size) return inside([left + x * STEP, top + y * STEP, width, height]);
  /** @type {(from: number, long: number) => number} */
  const fitted = (from, long) => Math.max(least, Math.min(1 - from, long));
  return [left, top, x ? fitted(left, width + x * STEP) : width, y ? fitted(top, height + y * STEP) : height];
}

/** @param {ParentNode} parent @param {string} words @param {() => void} act @param {string} [key] */
function button(parent, words, act, key = "") {
  const item = add(parent, "button", "", words);
  Object.assign(item, { type: "button", onclick: act });
  if (key) {
    item.setAttribute("aria-keyshortcuts", key === "Esc" ? "Escape" : key);
    add(item, "kbd", "", key);
  }
  return item;
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {ParentNode} parent @param {Tag} tag @param {string} [name] @param {string} [text]
 */
function add(parent, tag, name = "", text = "") {
  const item = document.createElement(tag);
  if (name) item.className = name;
  if (text) item.append(text);
  parent.append(item);
  return item;
}

