// The timeline of hit_timeline.py: a row for each camera, a mark for each hit, and a span of time brushed over it.
// The span's two ends are sliders: arrow keys move them, Enter filters, Escape or Delete lets all times through.

/**
 * @typedef {[from: number, to: number]} Span  seconds
 * @typedef {{ id: number, time: number, row: number, share: number, title: string, verdict: string | null }} Hit
 * @typedef {{ hits: Hit[], cameras: string[], range: Span, brushed: Span | null, clock: boolean, untimed: number,
 *   label: string, taken: number }} Data
 * @typedef {{ brushed: { span: Span | null }, opened: { crop: number } }} Events
 * @typedef {ReturnType<typeof skeleton> & { data: Data, tell: Tell<Events>, width: number, text: string }} Line
 */

const LEFT = 116, RIGHT = 14, ROW = 22, TOP = 6, AXIS = 24; // pixels
const STEPS = 100; // of the whole span, that an arrow key moves an end by
const MINUTE = 60, HOUR = 3600, DAY = 86400; // seconds
const ROUND = [
  1, 2, 5, 10, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
  HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY,
]; // seconds between the marks of the axis
/** @type {WeakMap<Element, Line>} */
const lines = new WeakMap(); // root element -> its state

/** @param {Component<Data, Did>} component */
export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".timeline");
  let line = lines.get(root);
  if (!line) {
    const fresh = (line = /** @type {Line} */ (skeleton(root)));
    lines.set(root, fresh);
    new ResizeObserver(() => draw(fresh)).observe(root);
  }
  line.tell = teller(root, data.taken, setStateValue);
  if (line.text !== JSON.stringify(data.brushed)) {
    line.text = JSON.stringify(data.brushed);
    line.span = data.brushed ? [...data.brushed] : null;
  }
  line.data = data;
  draw(line);
}

/** @param {HTMLElement} root */
function skeleton(root) {
  const svg = root.appendChild(made("svg"));
  svg.setAttribute("role", "group");
  const foot = root.appendChild(document.createElement("div"));
  foot.className = "foot";
  const words = foot.appendChild(document.createElement("span"));
  words.setAttribute("role", "status");
  const clear = foot.appendChild(document.createElement("button"));
  const line = { root, svg, words, clear, span: /** @type {Span | null} */ (null) };
  Object.assign(clear, { type: "button", textContent: "All times", onclick: () => filter(/** @type {Line} */ (line), null) });
  svg.onpointerdown = (event) => brush(/** @type {Line} */ (line), event);
  return line;
}

/** @param {Line} line @param {Span | null} span */
function filter(line, span) {
  line.span = span;
  draw(line);
  line.tell("brushed", { span });
}

/** @param {Line} line @param {number} time */
const x = (line, time) => LEFT + ((time - line.data.range[0]) / extent(line)) * (line.width - LEFT - RIGHT);
/** @param {Line} line */
const extent = (line) => Math.max(1e-6, line.data.range[1] - line.data.range[0]);
/** @param {Line} line @param {number} at */
const time = (line, at) => line.data.range[0] + Math.min(1, Math.max(0, (at - LEFT) / (line.width - LEFT - RIGHT))) * extent(line);

/** @param {Line} line */
function draw(line) {
  const { data, svg } = line;
  if (!data) return;
  line.width = Math.max(280, line.root.clientWidth);
  const height = TOP + ROW * data.cameras.length + AXIS;
  const focused = line.root.getRootNode().activeElement?.dataset?.end;
  svg.setAttribute("viewBox", `0 0 ${line.width} ${height}`);
  svg.setAttribute("width", String(line.width));
  svg.setAttribute("height", String(height));
  svg.setAttribute("aria-label", data.label);
  svg.replaceChildren();
  data.cameras.forEach((camera, row) => {
    const y = TOP + ROW * (row + 0.5);
    svg.append(made("line", { x1: LEFT, x2: line.width - RIGHT, y1: y, y2: y, class: "rule" }));
    svg.append(made("text", { x: 0, y: y + 4, class: "camera" }, camera.length > 16 ? `${camera.slice(0, 15)}…` : camera));
  });
  ticks(line, height);
  for (const hit of data.hits) {
    const y = TOP + ROW * (hit.row + 0.5);
    const mark = svg.appendChild(made("line", {
      x1: x(line, hit.time), x2: x(line, hit.time), y1: y - 7, y2: y + 7, class: `hit ${hit.verdict ?? ""}`, "stroke-opacity": 0.4 + 0.6 * hit.share,
    }));
    mark.appendChild(made("title", {}, hit.title));
    mark.dataset.id = String(hit.id);
  }
  if (line.span) shade(line, line.span, height);
  for (const end of /** @type {const} */ ([0, 1])) handle(line, end, height);
  if (focused !== undefined) svg.querySelector(`[data-end="${focused}"]`)?.focus();
  line.clear.hidden = !line.span;
  const [first, last] = line.span ?? [-Infinity, Infinity];
  const inSpan = data.hits.filter((hit) => hit.time >= first && hit.time <= last).length;
  line.words.textContent = line.span
    ? `${word(line, line.span[0])} to ${word(line, line.span[1])}${inSpan < data.hits.length ? `: ${inSpan} of these ${data.hits.length}` : ""}`
    : data.untimed ? `${data.untimed} without a time are not shown` : "Drag over the marks to keep a span of time";
}

/** @param {Line} line @param {Span} span @param {number} height */
function shade(line, [from, to], height) {
  for (const [left, right] of [[LEFT, x(line, from)], [x(line, to), line.width - RIGHT]]) {
    line.svg.append(made("rect", { x: left, y: 0, width: Math.max(0, right - left), height: height - AXIS, class: "outside" }));
  }
}

/** @param {Line} line @param {0 | 1} end @param {number} height */
function handle(line, end, height) {
  const at = line.span ? line.span[end] : line.data.range[end];
  const grip = line.svg.appendChild(made("rect", { x: x(line, at) - 3, y: 1, width: 6, height: height - AXIS - 2, rx: 3, class: "grip", tabindex: 0 }));
  grip.dataset.end = String(end);
  grip.setAttribute("role", "slider");
  grip.setAttribute("aria-label", end ? "Until" : "From");
  grip.setAttribute("aria-valuemin", "0");
  grip.setAttribute("aria-valuemax", String(STEPS));
  grip.setAttribute("aria-valuenow", String(Math.round((STEPS * (at - line.data.range[0])) / extent(line))));
  grip.setAttribute("aria-valuetext", word(line, at));
  grip.onkeydown = (event) => {
    const by = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 })[event.key];
    if (by) move(line, end, at + (by * (event.shiftKey ? 10 : 1) * extent(line)) / STEPS);
    else if (event.key === "Enter") line.tell("brushed", { span: line.span });
    else if (["Escape", "Delete", "Backspace"].includes(event.key)) filter(line, null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
}

/** @param {Line} line @param {0 | 1} end @param {number} to */
function move(line, end, to) {
  /** @type {Span} */
  const span = line.span ?? [...line.data.range];
  span[end] = Math.min(line.data.range[1], Math.max(line.data.range[0], to));
  if (span[0] > span[1]) span[end ? 0 : 1] = span[end];
  line.span = span;
  draw(line);
}

/** @param {Line} line @param {PointerEvent} event */
function brush(line, event) {
  if (event.button) return;
  const area = line.svg.getBoundingClientRect();
  /** @param {PointerEvent} event */
  const at = ({ clientX }) => time(line, ((clientX - area.left) * line.width) / area.width);
  const { end: grip, id: clicked } = /** @type {SVGElement} */ (event.target).dataset;
  const began = at(event), before = line.span;
  line.svg.setPointerCapture(event.pointerId);
  line.svg.onpointermove = (moved) => {
    if (grip !== undefined) move(line, grip === "0" ? 0 : 1, at(moved));
    else { line.span = [Math.min(began, at(moved)), Math.max(began, at(moved))]; draw(line); }
  };
  line.svg.onpointerup = (ended) => {
    line.svg.onpointermove = line.svg.onpointerup = null;
    const moved = Math.abs(ended.clientX - event.clientX) > 3;
    if (moved) line.tell("brushed", { span: line.span });
    else {
      line.span = before;
      draw(line);
      if (clicked !== undefined) line.tell("opened", { crop: Number(clicked) });
    }
  };
}

/** @param {Line} line @param {number} height */
function ticks(line, height) {
  const room = Math.max(2, Math.floor((line.width - LEFT - RIGHT) / 110));
  const step = ROUND.find((seconds) => extent(line) / seconds <= room) ?? Math.ceil(extent(line) / room / 604800) * 604800;
  for (let at = Math.ceil(line.data.range[0] / step) * step; at <= line.data.range[1]; at += step) {
    const beside = Math.min(x(line, at) - LEFT, line.width - RIGHT - x(line, at));
    const anchor = beside > 30 ? "middle" : x(line, at) < line.width / 2 ? "start" : "end";
    line.svg.append(made("line", { x1: x(line, at), x2: x(line, at), y1: height - AXIS, y2: height - AXIS + 4, class: "rule" }));
    line.svg.append(made("text", { x: x(line, at), y: height - 6, class: "tick", "text-anchor": anchor }, word(line, at)));
  }
}

// A date where times name one, else hours, minutes and seconds into the recording.
/** @param {Line} line @param {number} seconds */
function word(line, seconds) {
  if (!line.data.clock) {
    const whole = Math.round(seconds);
    return `${Math.floor(whole / 3600)}:${String(Math.floor(whole / 60) % 60).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
  }
  const stamp = new Date(1000 * seconds).toISOString();
  if (extent(line) > 3 * 86400) return stamp.slice(0, 10);
  const clock = stamp.slice(11, extent(line) > 1800 ? 16 : 19);
  return extent(line) > 86400 ? `${stamp.slice(5, 10)} ${clock}` : clock;
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag @param {Record<string, string | number>} [attributes] @param {string} [text]
 */
function made(tag, attributes = {}, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  if (text) element.textContent = text;
  return element;
}
